### Every sentence that a person reads, in English: the reference for other languages.
###
### The first word of an identifier names the page or part of a page. A comment says of a variable when it
### is a (Number) or an (Element) of the page, such as a name or a link; every other one is text. `build.rs`
### makes a typed function of each message: `room-raise-hand` is `words::room::raise_hand()`.

## The class room. These come with its page.

room-somebody-who-left = Somebody who left
room-you = { " " }(you)
room-not-a-teacher = not a teacher
room-not-connected = not connected
room-from-the-first = From the first
room-more = More
# $first (Number), $last (Number), $all (Number)
room-portion = { $first } to { $last } of { $all }
room-nobody = nobody
room-raised = Raised
room-speaking = Speaking
room-question-label = Question, if you like
room-seconds = { $seconds ->
    [one] 1 second
   *[other] { $seconds } seconds
}
room-minutes = { $minutes ->
    [one] 1 minute
   *[other] { $minutes } minutes
}
room-ask = Ask for hands
room-asking = Asking for hands
room-stop-asking = Stop asking
# $students (Number)
room-students-here = { $students } here
room-raised-hands = Raised hands:{ " " }
room-invited = invited…
room-lower = Lower
room-invited-to-speak = Invited to speak
room-cancel = Cancel
room-end-turn = End turn
# What a button is called where its words alone do not tell whom it is about.
room-about = { $action }: { $name }
room-status-connected = , connected
room-status-not-connected = , not connected
room-teacher = teacher
room-this-is-you = This is you.
room-teacher-like-you = A teacher of this class, like you.
room-make-student = Make a student
room-removing = Removing takes them off every list and closes the class on their phone. They can join again with the code, unless the class is locked.
room-keep = Keep
room-my-data = My data
room-raise-hand = Raise hand
room-not-now = Not now
room-lower-hand = Lower hand
room-sending = Sending…
room-speak = Speak
room-pass = Pass, keep place
room-just-pass = Pass
room-done = I’m done
room-starting = connecting…
room-slow = following slowly
room-reconnecting = Reconnecting… The list may be old.
room-reconnecting-hand = Reconnecting… your hand stays up.
room-reload = Reload
room-ended-title = Class is over.
room-removed-title = You left the class list.
room-join-with-code = Join with a code
room-to-start = To the start
room-standing-speaking = You are speaking.
room-standing-alone = Your hand is up. You are the only one.
# $of (Number)
room-standing-place = Your hand is up. You are { NUMBER($place, type: "ordinal") ->
    [one] { $place }st
    [two] { $place }nd
    [few] { $place }rd
   *[other] { $place }th
} of { $of }.
room-standing-think = Think first. Hands open together.
room-standing-pair = Talk with your neighbour. Then hands open together.
room-not-yet = Raise hand: not yet
room-standing-quick = Quick: the first hand takes it.
room-standing-asked = Who wants to answer?
room-standing-may-raise = Raise your hand whenever you like.
room-standing-may-still-raise = You can still raise your hand.
room-standing-over = The class is over.
room-standing-waiting = You can raise a hand when your teacher asks.
room-standing-up = Your hand is up.
room-you-were-first = You were first.
room-calls-on-you = { $name } calls on you.
# $speakers (Number)
room-speaking-now = { $speakers ->
    [one] { $name } is speaking.
   *[other] { $speakers } students are speaking.
}
# What stands in the place of the place.
room-you-are-next = Next
# $speaking: the sentence that says who speaks.
room-then-you = { $speaking } Then you.
# $hands (Number)
room-place-of = of { $hands }
room-hands-are-up = { $hands ->
    [one] 1 hand is up.
   *[other] { $hands } hands are up.
}
# $place (Number), $speaking: the sentence that says who speaks.
room-you-were-skipped = You were passed over. You keep place { $place }. { $speaking }
# $place (Number), $speaking: the sentence that says who speaks.
room-you-passed = You passed. You keep place { $place }. { $speaking }
room-raised-by = { $name } raised your hand.
room-lowered-by = { $name } lowered your hand.
room-was-first = { $name } was first.
room-round-time-up = Time is up.
room-round-closed = Closed.
room-round-taken = The first hand took it.
room-close = Close
room-announce-no-hands = No hands up.
room-announce-hands = { $hands ->
    [one] One hand up: { $first }.
   *[other] { $hands } hands up. First: { $first }.
}
room-announce-speaking = Speaking: { $names }.
room-call = Call
room-video-call = Video call
room-call-name = Call { $name }
room-video-call-name = Video call { $name }

# What the teacher's room says of the question that stands, and of asking the next one.
room-options = Options
room-no-limit = none
room-first-hand-only = First hand only
room-new-question = New question
room-time-is-up = Time is up
room-closed = Closed
room-first-hand = First: { $name }
room-ask-again = Ask again
room-think = Think
room-pair = Talk in pairs
room-open-now = Open now
room-next-phase = Next phase
room-more-time = +30 s
room-think-for = think { $time }
room-think-pair-share = Think, pair, share
room-clear = Clear
# What stands in the rows of raised hands.
# $students (Number)
room-of-students = of { $students } here
room-all-hands = All hands
room-lower-all = Lower all
room-next-hand = Next
room-pick = Pick
room-pick-title = Pick who speaks
room-pick-fair = Fair pick
room-pick-hand = Random hand
room-pick-of-all = Of everybody here
room-pick-fair-of-all = Fair pick of all
room-pick-student = Random student
room-pick-again = Pick again
room-fair-order = Fair order
room-fair-order-means = Whoever had the fewest turns is next.
# Why somebody was picked, and how many turns they had: beside their name, for teachers.
room-no-turn-yet = no turn yet
# $turns (Number)
room-so-many-turns = { $turns ->
    [one] 1 turn
   *[other] { $turns } turns
}
# $turns (Number)
room-fewest-turns = fewest turns: { $turns }
room-longest-since = longest since a turn
room-first-up = first hand
room-drawn = drawn at random
# The same, to the one who was picked.
room-your-no-turn-yet = You have had no turn yet.
room-your-fewest-turns = You have had the fewest turns.
room-your-longest-since = Your last turn was the longest ago.
room-your-first-up = Your hand was up first.
room-your-drawn = You were drawn at random.
room-start-turn = Start turn
room-skip = Skip
room-not-answering = not answering
room-invite = Invite
room-invite-to-speak = Invite to speak: { $name }
room-passed = passed
room-skipped = passed over
room-own-question = own question
room-is-next = next
# What was done last and can be taken back.
room-undo = Undo
room-hand-lowered = { $name }’s hand lowered.
room-hands-lowered = { $hands ->
    [one] 1 hand lowered.
   *[other] { $hands } hands lowered.
}
room-earlier-hands-lowered = { $hands ->
    [one] 1 earlier hand lowered.
   *[other] { $hands } earlier hands lowered.
}
room-turn-ended = { $name }’s turn ended.
room-called-next = { $name } called.
room-stopped-asking = Stopped asking.
room-question-cleared = Question cleared.
# Who is in the class.
room-class = Class
# $here (Number), $joined (Number)
room-here-and-joined = { $here } here, { $joined } joined
# $spoken (Number)
room-have-spoken = { $spoken ->
    [one] 1 has spoken.
   *[other] { $spoken } have spoken.
}
room-all-raised = All have raised a hand.
# $silent (Number)
room-no-hand-so-far = { $silent ->
    [one] 1 has not raised a hand yet.
   *[other] { $silent } have not raised a hand yet.
}
# $hands (Number), $turns (Number)
room-hands-and-turns = So far: hands { $hands }, turns { $turns }
room-speaks = speaking
room-has-hand-up = hand up
room-hand-down = Hand down
room-is-connected = connected
# $place (Number), $of (Number)
room-hand-up-at = Hand up, { $place } of { $of } · { $connected }
room-stands-so = { $state } · { $connected }
room-make-co-teacher = Make co-teacher
room-co-teacher-title = Make { $name } a co-teacher?
room-co-teacher-means = The phone of { $name } turns into this room at once, with everything that you can do here.
room-student-title = Make { $name } a student again?
room-student-means = { $name } can raise a hand then, and cannot teach any more.
room-remove = Remove
room-remove-title = Remove { $name } from the class?
# The menu of the class.
room-menu = Menu
# $names: those who are heard, one after the other.
room-heard = Heard: { $names }
room-mute = Mute
room-muted = muted
room-limit-of-turn = Limit of this turn
room-your-own-question = With a question of your own.
room-short-seconds = { $seconds } s
room-short-minutes = { $minutes } min
room-over-by = over by { $time }
room-lock = Lock the class
room-unlock = Unlock the class
room-see-what-happened = See what happened

## How students come in, as a teacher's room shows it

code-show = Show how to join
# Stands before the code, for a screen reader.
code-show-this = Show how to join:{ " " }
code-title = Join this class
code-copy = Copy link
code-copied = The link is copied.
code-renew = New code
code-renew-title = Make a new code?
code-about-renewing = The old one stops working. Whoever is in stays in.
code-keep = Keep this one

## The dialog for another device

device-title = Another device
device-is-projected = Is your screen on the projector?
device-who-scans = Whoever scans this teaches this class.
device-show = Show link
device-keep = Not now

## The page for the projector

screen-open = Projector
screen-move-here = Move this window to the projector.
screen-dark = Dark
screen-full = Full screen
screen-back = Back to the class
screen-first = First: { $name }
screen-time-up = Time is up
screen-closed = Closed
# $number (Number)
screen-more = and { $number } more

## What a live page alone says

live-your-turn = Your turn
live-find-name = Find a name
live-everybody = All
live-tap-names = Tap names
live-call-several = Call several
live-call-all-teachers = Call all teachers
live-several-hands = Raised hands
live-several-teachers = Teachers
# $count (Number)
live-several-chosen = { $count } of 7 chosen
live-prepared = Prepared questions
live-prepared-here = One a line. They are at hand where you ask, and kept in this browser alone.
live-nobody-found = Nobody here is called that.
# $students (Number)
live-so-many-away = Away { $students }
# $students (Number)
live-so-many-without-hand = No hand yet { $students }
# $students (Number)
live-so-many-without-turn = No turn yet { $students }
live-offline = That didn’t get through. Check your connection and tap again.
live-call-not-opened = The call could not be opened. Check your connection, or reload this page, and try again.
live-list-not-opened = The list could not be opened. Check your connection, and open it again.

## Menus and options, which the server alone makes

menu-leave = Leave
menu-leave-title = Leave the class?
menu-leave-teacher = It goes on with your co-teacher. You can come back with the code, as a student.
menu-leave-student = Your hand comes down, and your name leaves the list.
menu-leave-class = Leave the class
menu-stay = Stay
menu-end = End the class
menu-end-title = End the class?
menu-ending = Every hand comes down, every turn ends, and the class closes on every phone. It cannot be opened again.
menu-keep-going = Keep going
menu-see-list = See the list
menu-r-raises = Key R raises your hand
menu-list-title = The list
menu-close-list = Close the list
menu-time-limit = Time limit
menu-kept-for-class = Kept for this class.
menu-think-first = Think first
menu-no-think = off
menu-of-hands = Hands
menu-of-joining = Join
menu-of-calls = Calls
menu-of-voice = Voice
menu-voice = Whoever speaks is heard
menu-same-room = We are in one room
menu-of-class = This class
menu-anytime = Hands at any time
menu-turns-start-at-once = Turn starts at once
menu-speaking-limit = Speaking limit
menu-rename = Rename
menu-rename-title = Another name for the class
menu-keep-name = Keep the name
menu-turns-end = Turns end by themselves
menu-names-shown = Names others see
menu-full-names = Full
menu-first-names = First name
menu-initials = Initials
menu-numbers = Numbers
menu-students-may-call = Students may call
menu-history = What happened

## Calls

call-panel = Call
call-with = Call with { $name }
call-video-with = Video call with { $name }
call-allow-microphone = Allow the microphone, if your browser asks.
call-allow-camera = Allow the microphone and the camera, if your browser asks.
call-sound-only = Go on with sound only
call-try-again = Try again
call-cancel = Cancel
call-hang-up = Hang up
call-decline = Decline
call-ringing = Ringing…
call-calling = Calling…
call-stop = Stop calling
call-comes-in = { $name } calls you.
call-comes-in-video = { $name } calls you, with video.
call-answer = Answer
call-answer-sound-only = Answer with sound only
call-elsewhere-calling = Calling from another tab or device
call-elsewhere-answered = Answered elsewhere
call-elsewhere-talking = In a call on another tab or device
call-close = Close
call-lasted = It lasted { $time }.
call-end-other = End that call
call-connecting = Connecting…
call-lost = Connection lost. Trying again…
call-no-picture = No picture from the other end
call-device-stopped = Your microphone or camera has stopped. Check it, then reload this page.
call-muted-there = { " " }Muted at the other end.
call-mute = Mute
call-unmute = Unmute
call-camera-off = Camera off
call-camera-on = Camera on
call-own-picture = You
call-their-picture = The other end
call-tap-to-hear = Tap to hear
call-title = { $name } calls
call-camera-refused = Your browser may not use the camera. Allow it beside the address of this page, or go on with sound only.
call-microphone-refused = Your browser may not use the microphone. Allow it beside the address of this page, then try again.
call-no-camera = No camera was found. Plug one in, or go on with sound only.
call-no-microphone = No microphone was found. Plug one in, then try again.
call-device-in-use = The microphone or camera is in use by another program. Close that one, then try again.
call-insecure = Calls need a secure address, one that begins with https. Ask whoever runs Handup.
call-offline = That didn’t get through. Check your connection and try again.
call-ended = The call has ended.
call-ended-with = The call with { $name } has ended.
call-busy = { $name } is in another call.
call-declined = { $name } declined.
call-declined-elsewhere = Declined on another tab or device.
call-no-answer = { $name } didn’t answer.
call-missed = You missed a call from { $name }.
call-stopped = { $name } stopped calling.
call-left = { $name } left the class.
call-failed = You and { $name } could not be connected. Try again, or from another network.
call-connection-lost = The connection with { $name } was lost.
call-off = Calls are off in this class. Raise your hand instead.
call-engaged = You are in a call already.
call-gone = { $name } is not in the class any more.
# $others: the names of others who are rung or in it.
call-several-come-in = { $name } calls you, with { $others }.
call-several-come-in-alone = { $name } calls you.
call-several-rings = Ringing: { $names }
call-several-stop-ringing = Stop ringing
call-several-elsewhere = You are in this call on another tab or device.
call-several-here = Go on here
call-several-full = A call holds at most eight people.
call-several-no-device = The others do not hear you: this page has no microphone. Allow it beside the address of this page, then reload.
call-too-fast = That was too many tries. Wait a few seconds, then try again.

## Why something that a person did came to nothing, and what to do. These come with the class room's page too.

trouble-no-such-code = That code doesn't match a class. Check it with your teacher.
trouble-locked = The class is locked, so nobody new can join. Ask your teacher to open it.
trouble-full = The class is full. Ask your teacher what to do.
trouble-class-name-empty = Give your class a name, like “Biology 9B”.
trouble-class-name-long = That name is too long. Keep it to 64 characters.
trouble-name-empty = Type your name, so that the class knows who you are.
trouble-name-long = That name is too long for the list. Keep it to 64 characters.
trouble-name-strange = That name holds characters that can't be shown. Type it again.
trouble-question-long = That question is too long. Shorten it and ask again.
trouble-settled = That was already settled. The list shows how things stand now.
trouble-too-early = Hands cannot go up yet. Think until the time is over, then raise yours.
trouble-nobody-to-pick = There is nobody to pick. Whoever has passed, speaks or is not connected is not picked.
trouble-floor-closed = Hands are not being taken right now. Wait until your teacher asks.
trouble-not-allowed = Only a teacher of this class can do that.
trouble-last-teacher = A class needs a teacher. Make somebody a co-teacher first, or end the class.
trouble-ended = This class has ended.
trouble-not-here = You are not in this class any more. Join again with the code.
trouble-no-cookie = Your browser sent no cookie of Handup, so nothing was done. Allow cookies for this site, then try again.
trouble-cookie-lost = Your browser had lost the cookie of this page, so nothing was done. It has a new one: try again.
trouble-other-address = That form was sent from a page of another address, so nothing was done.
trouble-other-person = This browser goes on as somebody else in this class. Reload the page to see as whom.
trouble-link-used = This link was used already or is too old. Get a new one in your class, in the menu, under “Another device”.
trouble-nothing-kept = Nothing is kept for you here. It may have been erased or deleted, or you joined in another browser.
trouble-not-admin = Only an administrator sees this. Sign in first.
trouble-wrong-password = That password is not right. Try again.
trouble-password-short = That password is too short. Use 12 characters or more.
trouble-password-long = That password is too long. Keep it to 256 characters.
trouble-link-over = This link was used already or is an old one. The server prints a new one when it starts, as long as no password is set.
trouble-no-such-class = That class is not there. It may have been deleted.
trouble-no-such-person = That person is not in this class and never was.
trouble-no-such-invitation = That is not in this class and never was.
trouble-days-strange = Type a whole number of days, from 1 to 36 500, or leave it empty.
trouble-too-fast = That was too many tries. Wait a few seconds, then try again.
trouble-busy = The server has much to do. Wait a few seconds, then try again.
trouble-class-used-up = This class has used up its room on the server. End it, and begin a new one.
trouble-failed = Something went wrong on our side. Look at the list, then try again.

## What several pages have

# The language that all of this is written in, by its BCP 47 tag.
page-lang = en
page-what-is-stored = What is stored
page-to-start = To the start
page-back = Back
page-back-to-class = Back to the class
page-all-classes = All classes
page-sign-in = Sign in
page-nothing-title = Nothing to see here
page-nothing = There is nothing to see here
# $address (Element)
page-right-address = The address of this Handup is { $address }.
page-not-found-title = Not found
page-not-found = There is nothing here
page-check-link = Check the link, or begin again.
page-wait-title = Wait a moment
page-try-again = Try again
page-not-from-here = Not from here
page-go-to = Go to { $address }
page-code-label = Class code
page-code-hint = Six letters and digits, from your teacher’s screen.
page-next = Next
page-join-your-class = Join your class
page-keep = Keep

## The page that the class room is on

share-qr = QR code of the link
# $listen (Element), $public-url (Element)
share-no-qr = No other device can open this address: it is this machine’s own. Start Handup with { $listen }, or say with { $public-url } where others reach it.
# $reload (Element): a link.
share-not-live-notice = This page is not live in your browser. { $reload } to see what is new.
share-reload = Reload

## Instead of the class room

outside-class-over = Class is over
outside-not-in-class = You are not in this class
outside-not-on-this-device = This page belongs to a class that you are not in on this device.
outside-join-with-code = Join with a code
outside-figures = { $students }, { $hands }, { $turns }.
outside-see = See what happened
outside-student-after = You can still see what is stored about you.

## Sounds and keys of a teacher's page

signs-group = Sound and keys
signs-hand = Sound for a new hand
signs-time = Sound when time is up
signs-title = Count in tab title
signs-keys = Keyboard shortcuts
signs-clicker = Clicker says Next
signs-list = Keys
signs-close = Close
signs-key-next = Next
signs-key-end = End turn
signs-key-ask = Ask for hands
signs-key-stop = Stop asking
signs-key-lower = Lower the first hand
signs-key-fair = Fair pick
signs-key-random = Random hand
signs-key-undo = Undo
signs-key-invite = Invite that row
signs-key-join = Show how to join
signs-key-projector = Projector
signs-key-class = Class
signs-key-list = This list

## Joining

join-title = Join a class
# $teachers (Element)
join-with = with { $teachers }
join-name-label = Your first name
join-name-hint = The class sees it.
join-code-letters = Codes never have 0, O, 1, I or L.
join-button = Join the class
# $name (Element)
join-known = You are here as { $name }.
# $name (Element)
join-go-on-as = Go on as { $name }
join-somebody-else = I’m somebody else

## The first page

landing-promise = Hands up, in one fair order.
landing-about = A shared list of raised hands for your classroom. A code and a first name are enough.
landing-start-title = Start a class
landing-code-label = Have a code?
landing-join = Join
landing-one-order = One order for everybody, live on every screen
landing-no-account = A name, no account, nothing to install
landing-picture = A list of three hands on a laptop; a phone says: your hand is up, 2 of 3.
landing-picture-class = Biology 9B
landing-picture-code = K7P-4MX
landing-picture-first = Aaliyah
landing-picture-second = Mei
landing-picture-third = Tariq
landing-picture-next = Next
landing-picture-up = Your hand is up.
landing-picture-of = of 3
landing-classes-title = Your classes
landing-on-now = on now
# $name (Element)
landing-as-whom-and-when = as { $name }, { $when }
landing-go-back = Go back
landing-go-back-to = Go back to { $class }
landing-again = Teach it again
landing-again-about = Teach it again: { $class }
landing-happened = What happened
landing-happened-about = What happened in { $class }
landing-stored = What is stored about you
landing-stored-about = What is stored about you in { $class }
# $operator (Element)
landing-run-by = Run by { $operator }
landing-administrators = For administrators

## Starting a class

start-title = Start a class
start-class-label = Class name
start-teacher-label = Your name
start-button = Start the class

## What is stored

stored-what = For each class: its name, the names that people give themselves, who raised a hand and when, who spoke and for how long, what was asked, and who called whom. No account, no e-mail, no address, nothing of your phone, and nothing that is said.
stored-who = Everybody in a class sees its names and hands. Its teachers and the administrator of this Handup can read what happened in it; a student can read what is stored about themselves.
# The days are those after the end of a class.
stored-until = A class is deleted with everything in it { $days } after its end.
stored-until-deleted = A class is kept until the administrator deletes it.
stored-erase = To have your name erased earlier, ask whoever runs this Handup.
stored-cookies = Your browser keeps a cookie that says which classes you are in, and one that guards forms. Questions that a teacher prepares, and switches of sounds and keys, stay in the browser too.
stored-shared-nothing = Nothing is shared with others.
# The programs are listed by their names: moodle, timetable.
stored-shared = Nothing is shared with others, but for classes that another program has begun: { $programs }. Each is told what happens in its own classes: the names, the hands, the turns and the calls.

## Going on with another device

handover-title = Go on with another device
handover-used = This link is used up
# $class (Element)
handover-open = Open this link there to teach { $class }. It works once, within fifteen minutes. Keep it from your students.
handover-warning = Is your screen on the projector? Whoever scans this teaches this class.
handover-teach = Teach this class from this device as well.
handover-button = Go on here

## Days and times

date-day = { $day } { $month } { $year }
date-day-and-time = { $day } { $month } { $year }, { $time }
date-short-day-and-time = { $day } { $month }, { $time }
date-short-day-with-seconds = { $day } { $month } { $time }
date-january = Jan
date-february = Feb
date-march = Mar
date-april = Apr
date-may = May
date-june = Jun
date-july = Jul
date-august = Aug
date-september = Sep
date-october = Oct
date-november = Nov
date-december = Dec

## So many of something

count-classes = { $classes ->
    [one] 1 class
   *[other] { $classes } classes
}
count-days = { $days ->
    [one] 1 day
   *[other] { $days } days
}
count-people = { $people ->
    [one] 1 person
   *[other] { $people } people
}
count-invitations = { $invitations ->
    [one] 1 invitation
   *[other] { $invitations } invitations
}
count-students = { $students ->
    [one] 1 student
   *[other] { $students } students
}
count-hands = { $hands ->
    [one] 1 hand
   *[other] { $hands } hands
}
count-turns = { $turns ->
    [one] 1 turn
   *[other] { $turns } turns
}
# $number (Number)
count-more = { $number } more
# $first (Number), $last (Number), $all (Number)
count-portion = { $first } to { $last } of { $all }
# $names (Element), $more (Element): a link to those that are left out.
count-names-and-more = { $names } and { $more }
# $names (Element), $number (Number)
count-names-and-so-many = { $names } and { $number } more

## The administrator's pages

admin-title = Administration
admin-no-password = No password has been set yet. Open the set-up link that the server printed when it started, or configure a password.
admin-about = This opens what happened in every class of this school: who was there, who raised a hand, who spoke. Teachers find their own classes on the first page.
admin-password = Password
admin-set-up-title = Set up the administration
admin-choose-password = Choose a password. Whoever has it can read what happened in every class of this server.
admin-new-password = New password
# $characters (Number)
admin-password-hint = At least { $characters } characters. A few words are good.
admin-set-password = Set the password
admin-sign-out = Sign out
admin-class-deleted = The class is deleted.
admin-setting-saved = The setting is saved.
admin-pages = Pages of the list
admin-newest = Newest
admin-older = Older
admin-class-name = Class name
admin-from = From
admin-until = Until
admin-search = Search
admin-show-all = Show all
admin-newest-first = { $classes }, newest first. Times are those of { $zone }.
admin-no-match = No class matches. Try a shorter name or other days.
admin-no-classes = There are no classes yet. They appear here as soon as a teacher starts one.
admin-class = Class
admin-teacher = Teacher
admin-when = When
admin-state = Which
admin-all-states = All
admin-on-now = On now
admin-over = Over
admin-quiet-for = quiet for { $time }
# $minutes (Number)
admin-minutes = { $minutes } min
# $hours (Number)
admin-hours = { $hours } h
admin-class-of = { $teacher }, { $day }
admin-tab-classes = Classes
admin-tab-keeping = Keeping
admin-tab-access = Access
admin-access-title = Who sees all this
admin-about-access = Whoever has the administrator’s password sees every class: who was there, who raised a hand, who spoke, and what was asked. Teachers see their own classes alone.
admin-about-password = A new password is set in the configuration, by --admin-password-hash. It signs everybody out.
admin-to = to { $ended }
admin-kept-until = kept until { $day }
admin-keeping-title = How long classes are kept
admin-kept-for-ever = Classes are kept until somebody deletes them.
admin-kept-for = A class is deleted { $days } after it ended.
admin-forgotten = One in which nothing happens for { $days } ends by itself.
admin-days-label = Days after the end
admin-save = Save
admin-days-hint = Leave it empty to keep them for ever.
admin-delete-now = Delete { $classes } now?
admin-deleting = { $classes } ended more than { $days } ago and will be deleted in the next minutes, with everything that is known of them. That cannot be undone. From then on every class goes { $days } after its end.
admin-keep-them = Keep them
admin-delete = Delete { $classes }

## Figures of a class and of a person

figure-students = Students
figure-rounds = Rounds
figure-hands = Hands
figure-turns = Turns
figure-spoken = Spoken
figure-spoke = Spoke
figure-passed = Passed
figure-not-now = Not now
figure-ran-out = Ran out

## What happened in a class

class-goes-on = Began { $began }, goes on
class-from-to = { $began } to { $ended }
class-by-itself = { $days ->
    [one] The class ended by itself, after 1 day without anything happening.
   *[other] The class ended by itself, after { $days } days without anything happening.
}
class-erased = The name and the data are erased. The counts stay as they were.
class-title = { $class }: what happened
# $teachers (Element)
class-about = { $when }. With { $teachers }. Times are those of { $zone }.
class-deleted-on = This class will be deleted on { $day }.
class-figures = The class in figures
class-delete = Delete the class
class-delete-title = Delete this class?
class-deleting = “{ $class }” and everything that is known of it will be gone: names, hands, turns. It cannot be brought back; export it first if you may need it.
class-deleting-goes-on = “{ $class }” and everything that is known of it will be gone: names, hands, turns. It is still going on, and will end for everybody. It cannot be brought back; export it first if you may need it.
class-on-this-page = On this page
class-rounds-title = Round by round
class-nothing = Nobody was asked for hands, and nobody raised one.
class-earlier = Earlier
class-later = Later
class-parts = Parts of this class
class-before-first-round = Before the first round
# $round (Number), $rounds (Number)
class-round-of = Round { $round } of { $rounds }
# $first (Number), $last (Number), $rounds (Number)
class-rounds-of = Rounds { $first } to { $last } of { $rounds }

## The students of a class

people-title = Hands and turns
people-student = Student
people-teacher = Teacher
people-picture = Picture
people-like-teacher = named like a teacher
people-gone = gone
people-show-all = Show all students
people-only-never-called = Students who raised a hand and were never called.
people-only-never-raised = Students who never raised a hand.
people-only-teachers = The teachers.
people-nobody-among = Nobody is among them.
people-nobody = Nobody joined this class.
people-key-hands = hands raised
people-key-turns = turns to speak
people-pages = Pages of the table
people-previous = Previous
people-more = More
# $students (Number), $names (Element)
people-never-called = { $students ->
    [one] 1 student raised a hand and was never called: { $names }.
   *[other] { $students } students raised a hand and were never called: { $names }.
}
# $names (Element)
people-never-raised = { $students ->
    [one] 1 student never raised a hand: { $names }.
   *[other] { $students } students never raised a hand: { $names }.
}
people-waits = Waiting, as medians: { $times }.
people-to-first-hand = question to first hand { $time }
people-to-first-turn = question to first turn { $time }
people-between-turns = turn to turn { $time }
people-did = { $hands } · { $turns }
# $names (Element)
people-neither = No hand and no turn: { $names }.
people-show-them = Show them in the table

## The lesson as a picture

picture-title = The lesson in time
# $round (Number)
picture-round = Round { $round }
picture-hand-up = hand up
picture-speaking = speaking
picture-open = a round was open
picture-label = Hands and turns of each student along time. The tables of the rounds below say the same in words.
# $students (Number)
picture-left-out = { $students } more students are in the rounds below.

## One person, and what is stored about oneself

person-download = Download it, as JSON
person-in-class = { $name } in { $class }
person-like-teacher = The name looks like a teacher’s.
person-erase = Erase name and data
person-erase-title = Erase this person’s name and data?
person-erasing = The name “{ $name }” and every text they sent in this class will be gone. How often they raised a hand and spoke stays, without a name. It cannot be brought back.
person-erasing-here = The name “{ $name }” and every text they sent in this class will be gone. How often they raised a hand and spoke stays, without a name. They are still in the class and will be removed from it. It cannot be brought back.
person-erase-button = Erase
person-teacher = Teacher
person-student = Student
person-joined = { $role }, joined { $joined }
person-joined-and-left = { $role }, joined { $joined }, { $why } { $left }
person-figures = In figures
person-records-title = Everything recorded
person-no-records = Nothing in this part of the class.
person-stored-title = What is stored about you
# $name (Element), $class (Element)
person-stored-as = Your name in this class is { $name }. The class is { $class }.
person-did = You raised your hand { $hands } and spoke { $turns }, { $time } in all.
person-did-raise = You raised your hand { $hands } and have not spoken yet.
person-did-nothing = You have not raised your hand or spoken yet.
person-once = once
person-twice = twice
# $times (Number)
person-times = { $times } times
person-stored-what = What
person-what = { $membership }. You are signed in on { $devices ->
    [one] one device
   *[other] { $devices } devices
}. Beside that there is what stands below, and nothing else: no address, no e-mail, nothing of your phone. Times are those of { $zone }.
person-stored-until = Until when
person-deleted-on = It is deleted on { $day }.
person-kept-until-deleted = Until it is deleted with the class, or erased.
person-stored-who-deletes = Who can delete it
person-ask-to-erase = To have it erased, ask your school: whoever runs Handup there can do it.

## One round

round-title = Round { $round }, { $time }
# $round (Number)
round-continued = Round { $round }, continued
round-before-first = Before the first round
round-at = { $what }, { $time }
round-did = { $hands }, { $turns }
round-recorded = Everything recorded
round-more = More
# $asked (Number)
round-asked = { $asked } asked
round-raised = { $hands ->
    [one] 1 hand raised
   *[other] { $hands } hands raised
}
round-first-after = the first after { $time }
# $teacher (Element)
round-by = By { $teacher }, { $terms }. { $figures }.
round-raised-title = Raised a hand
round-place = Place
round-name = Name
round-after = After
# $teacher (Element)
round-raised-by = by { $teacher }
round-hand-down = Hand down
round-not-now = Not now
round-ran-out = Let it run out
round-was-closed = Had not answered when it was closed
round-pending = Not answered yet
# $people (Number)
round-who = { $what } ({ $people }):
round-invited-title = Invited to speak
round-invited = Invited
round-answer = Answer
round-spoke = Spoke
round-turn-over = Turn over
# $name (Element)
round-time-by = { $time } by { $name }
round-answer-after = { $answer }, after { $time }
round-answer-spoke = spoke
round-answer-passed = passed
round-answer-accepted = accepted
round-answer-declined = declined
round-taken = taken by { $name }, spoke { $time }, { $over }
round-still-up = still up
round-why-by = { $why } by { $name }
round-goes-on = goes on
round-asks-title = Raised a hand without being asked
round-ask-raised = Raised
round-ask-fate = What came of it
round-others-title = Calls and other invitations
round-what = What
round-who-head = Who
round-when = When
round-lasted = Lasted
# $one (Element), $other (Element)
round-two = { $one } and { $other }

## One invitation with all that is recorded of it

record-invited = Invited
record-state = State
record-asked = Asked
record-settled = Answered or closed
record-over = Over
record-reason = Reason
record-data = Data
record-data-of-end = Data of the end
record-before = Before { $time }
record-before-colon = Before { $time }:
record-one-to-one = { $what }, one-to-one
# $name (Element)
record-caption = { $what }, { $time } by { $name }, { $terms }
# $name (Element)
record-about = { $time } by { $name }, { $terms }. Times are those of { $zone }.
# $name (Element)
record-about-one-to-one = { $time } by { $name }, one-to-one, { $terms }. Times are those of { $zone }.
record-terms-closed = { $terms }. { $closed }
record-all-of-it = All of it, with { $people }
record-closed = Closed { $time }
record-closed-why = Closed { $time }, { $why }
record-after = { $state }, after { $time }
# $name (Element)
record-over-by = { $time } by { $name }
record-lasted = , lasted { $time }
record-as-stored = As stored
record-more = More
record-everything = Everything recorded
# $part (Number), $parts (Number)
record-part-of = Part { $part } of { $parts }
record-parts = Parts of this invitation
record-in-class = { $what } in { $class }

## States, reasons and kinds

said-somebody = Somebody
said-video-call = Video call
said-round = Ask for hands
said-again = Hand raised again
said-floor = Invitation to speak
said-ask = Hand raised without being asked
said-call = Call
said-other = Other invitation
said-pending = not answered yet
said-accepted = accepted, goes on
said-rejected = declined
said-cancelled = cancelled
said-timed-out = ran out of time
said-finished = accepted, over
said-lowered = hand lowered
said-called-on = called on to speak
said-followed = lowered for a new question
said-skipped = passed over
said-picked-again = somebody else was picked
said-undone = taken back
said-spoke = turn over
said-time-was-up = time was up
said-ended = ended
said-answered-elsewhere = another was first
said-left = left the class
said-removed = removed from the class
said-role-changed = role changed
said-class-ended = the class ended
said-forgotten = forgotten
said-disconnected = connection lost
said-hung-up = hung up
said-busy = in another call
said-crossed = they called each other
said-failed = could not be connected
said-call-rings = rings
said-call-answered = answered
said-call-lost = answered, connection lost
said-call-failed = failed: no connection
said-call-declined = declined
said-call-busy = busy: in another call
said-call-no-answer = no answer
said-call-cancelled = cancelled
said-call-crossed = answered in the call of the other
said-no-answer-yet = no answer yet
said-taken-back = taken back
said-no-answer = no answer
said-no-limit = no time limit
said-minutes-to-answer = { $minutes ->
    [one] 1 minute to answer
   *[other] { $minutes } minutes to answer
}
said-seconds-to-answer = { $seconds ->
    [one] 1 second to answer
   *[other] { $seconds } seconds to answer
}
said-first-takes-it = { $time }, the first to accept takes it

## Exports

export-title = Export
export-format = Format
export-csv = CSV, for a spreadsheet
export-json = JSON, for a program
export-button = Export
export-lessons = Each lesson in figures, as CSV
export-of-matches = Everything recorded in the classes that match.
export-of-all = Everything recorded in all classes.
export-about = Your browser saves the file while it is being made. This is how far it is:
export-frame = How far the export is
# $link (Element)
export-by-hand = If nothing is saved, { $link }.
export-start-by-hand = start it by hand
export-progress = Progress
export-starting = Starting…
# $rows (Number)
export-done = Done: { $rows } rows.
export-stopped = Stopped before the end. Export once more.
# $rows (Number)
export-so-far = { $rows } rows so far…

## The bar by which one hears the class and is heard.

voice-label = Voice
voice-connecting = Connecting…
voice-listening = You hear the class.
voice-not-listening = You do not hear the class on this device.
voice-listen = Listen
voice-stop-listening = Stop listening
voice-tap-to-hear = Tap to hear the class
voice-lost = No sound. Connecting again…
voice-full = No sound: as many are connected as this server carries.
voice-on = Your microphone is on.
voice-off = Your microphone is off.
voice-asking = Allow this page to use your microphone.
voice-muted = A teacher has muted you.
voice-unmute = Be heard again
voice-turn-on = Microphone on
voice-turn-off = Microphone off
voice-unheard = The class does not hear you.
voice-blocked = Your browser does not let this page use the microphone. Allow it in the settings of the page, then tap Microphone on. You can still hear.
voice-missing = There is no microphone that this page can use. You can still hear.
voice-insecure = Browsers allow a microphone only on pages opened by https. You can still hear.
voice-unsupported = This browser cannot hear the class. Try another one.
voice-device = Microphone
voice-test = Test microphone
voice-testing = Say something: the bar shows what your microphone hears.
voice-level = Level
voice-sound = Sound
