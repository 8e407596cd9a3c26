### Every sentence that a person reads, in English: the reference for other languages.
###
### The first word of an identifier names the page or part of a page. A comment says of a variable when it
### is a (Number) or an (Element) of the page, such as a name or a link; every other one is text. `build.rs`
### makes a typed function of each message: `room-raise-hand` is `words::room::raise_hand()`.

## The class room. These come with its page.

room-somebody-who-left = Somebody who left
room-you = (you)
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
room-time-label = Time
room-no-limit = no limit
room-seconds = { $seconds ->
    [one] 1 second
   *[other] { $seconds } seconds
}
room-minutes = { $minutes ->
    [one] 1 minute
   *[other] { $minutes } minutes
}
room-first-takes-it = First hand takes it
room-ask = Ask for hands
room-asking = Asking for hands
room-asking-first = Asking: the first hand takes it
room-stop-asking = Stop asking
# $students (Number)
room-students-here = { $students } here
# $students (Number)
room-students-joined = { $students } joined
room-here = Here
room-raised-hands = Raised hands:
# $students (Number)
room-of-students = of { $students }
room-lower-all = Lower all
room-no-hands-up = No hands are up.
room-invite = Invite to speak
room-invited = invited…
room-lower = Lower
room-invited-to-speak = Invited to speak
room-cancel = Cancel
room-nobody-speaks = Nobody is speaking.
room-end-turn = End turn
# What a button is called where its words alone do not tell whom it is about.
room-about = { $action }: { $name }
room-status-connected = , connected
room-status-not-connected = , not connected
room-teacher = teacher
room-this-is-you = This is you.
room-teacher-like-you = A teacher of this class, like you.
room-make-student = Make a student
room-make-co-teacher = Make a co-teacher
room-remove = Remove from class
room-removing = Removing takes them off every list and closes the class on their phone. They can join again with the code, unless the class is locked.
room-keep = Keep
room-menu = Class
room-anytime = Students may raise a hand at any time.
room-anytime-off = Only when I ask
room-when-asked = Hands go up only when you ask.
room-anytime-on = Allow at any time
room-locked = The class is locked: nobody new can join.
room-unlock = Unlock the class
room-unlocked = Anybody with the code can join.
room-lock = Lock the class
room-calls-allowed = Students may call you, one at a time.
room-forbid-calls = No calls from students
room-calls-forbidden = Students cannot call you.
room-allow-calls = Let students call me
room-about-history = Who raised a hand, who spoke, and for how long.
room-history = What happened in class
room-about-device = Teach from another device as well.
room-device = Another device
room-about-leaving = Leave the class to your co-teacher, or end it for everybody.
room-leave = Leave
room-leave-title = Leave the class?
room-leave-teacher = It goes on with your co-teacher. You can come back with the code, as a student.
room-leave-student = Your hand comes down, and your name leaves the list.
room-leave-class = Leave the class
room-stay = Stay
room-end = End the class
room-end-title = End the class?
room-ending = Every hand comes down, every turn ends, and the class closes on every phone. It cannot be opened again.
room-keep-going = Keep going
room-my-data = My data
room-raise-hand = Raise hand
room-not-now = Not now
room-lower-hand = Lower hand
room-speak = Speak
room-pass = Pass
room-done = I’m done
room-starting = connecting…
room-live = live
room-slow = following slowly
room-reconnecting = Reconnecting…
room-reconnecting-hand = Reconnecting… your hand stays up.
room-over = class over
room-removed = not in class
room-ended-title = The class has ended.
room-removed-title = You are not in this class any more.
room-to-start = To the start
room-standing-invited = You are invited to speak.
room-standing-speaking = You are speaking.
room-standing-alone = Your hand is up. You are the only one.
# $of (Number)
room-standing-place = Your hand is up. You are { NUMBER($place, type: "ordinal") ->
    [one] { $place }st
    [two] { $place }nd
    [few] { $place }rd
   *[other] { $place }th
} of { $of }.
room-standing-quick = Quick: the first hand takes it.
room-standing-asked = Who wants to answer?
room-standing-may-raise = Raise your hand whenever you like.
room-standing-over = The class is over.
room-standing-waiting = Hands are down. Wait until your teacher asks.
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

## What a live page alone says

live-offline = That didn’t get through. Check your connection and tap again.
live-call-not-opened = The call could not be opened. Check your connection, or reload this page, and try again.

## Calls

call-panel = Call
# $name (Element)
call-with = Call with { $name }
# $name (Element)
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
# $name (Element)
call-comes-in = { $name } calls you.
# $name (Element)
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
call-muted-there = Muted at the other end.
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
trouble-floor-closed = Hands are not being taken right now. Wait until your teacher asks.
trouble-not-allowed = Only a teacher of this class can do that.
trouble-last-teacher = A class needs a teacher. Make somebody a co-teacher first, or end the class.
trouble-ended = This class has ended.
trouble-not-here = You are not in this class any more. Join again with the code.
trouble-no-cookie = Your browser sent no cookie of Handup, so nothing was done. Allow cookies for this site, then try again.
trouble-cookie-lost = Your browser had lost the cookie of this page, so nothing was done. It has a new one: try again.
trouble-other-address = That form was sent from a page of another address, so nothing was done.
trouble-other-person = This browser goes on as somebody else in this class. Reload the page to see as whom.
trouble-link-used = This link was used already or is too old. Get a new one in your class, under “Class”.
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

page-to-start = To the start
page-back = Back
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

## The page that the class room is on

share-class-over = Class is over
share-not-in-class = You are not in this class
share-summary = QR and link
share-nobody-code = Nobody is here yet. Show this code.
share-nobody-code-or-qr = Nobody is here yet. Show this code or QR.
share-new-code = New code
share-about-new-code = The old one stops working. Whoever is in stays in.
share-qr = QR code of the link
# $listen (Element), $public-url (Element)
share-no-qr = No other device can open this address: it is this machine’s own. Start Handup with { $listen }, or say with { $public-url } where others reach it.
# What stands in the place of “live” where no script runs.
share-not-live = not live
# $reload (Element): a link.
share-not-live-notice = This page is not live in your browser. { $reload } to see what is new.
share-reload = Reload

## Joining

join-title = Join a class
join-name-label = Your name
join-button = Join the class
# $name (Element)
join-known = You are in this class as { $name }.
# $name (Element)
join-go-on-as = Go on as { $name }
join-somebody-else = Somebody else?

## The start

landing-promise = Hands up, in one fair order.
landing-about = Everybody in class sees the same list, live. Nothing to install and no account: a name is enough.
landing-start-title = Start a class
landing-class-label = Class name
landing-teacher-label = Your name, as the class knows you
landing-start = Start the class
landing-back-title = Go back to a class
landing-over-title = Classes that are over
# $class (Element), $name (Element)
landing-class-as = { $class } as { $name }
# $class (Element), $name (Element)
landing-class-happened = { $class }: what happened, as { $name }, { $day }
# $class (Element), $name (Element)
landing-class-stored = { $class }: what is stored about { $name }, { $day }

## Going on with another device

handover-title = Go on with another device
handover-used = This link is used up
# $class (Element)
handover-open = Open this link there to teach { $class }. It works once, within fifteen minutes. Keep it from your students.
handover-teach = Teach this class from this device as well.
handover-button = Go on here
