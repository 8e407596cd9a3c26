//! The class room: the one part of a page that a browser brings to life. It renders the same on the
//! server and in the browser, from the same fold of the same events.
//!
//! The browser does not hydrate what the server sent, but makes the room anew beside it and lets it take
//! the place in one go (`page.js`). What the server sent may have been changed on its way: password
//! managers put elements beside fields, phones make links of figures, translations replace texts. Who
//! hydrates such a tree panics or follows another one than the reader sees.

mod call;
pub(crate) mod clock;
#[cfg(feature = "ssr")]
pub(crate) mod cut;
#[cfg(feature = "browser")]
mod follow;
pub(crate) mod lists;
#[cfg(feature = "browser")]
mod page;
#[cfg(all(test, feature = "ssr"))]
mod sizes;
mod student;
mod teacher;
mod text;
mod words;

use std::collections::BTreeSet;

use classroom::Lesson;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use signaling::{Group, Member, Role, Snapshot, Timestamp, UserId};

use self::call::{CallPlace, Calling};
use self::lists::{Counts, List, Row};
use self::student::StudentRoom;
use self::teacher::TeacherRoom;
use self::text::Text;
use self::words::{NOT_LIVE, announcement, connection_words};

/// How current the page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "browser"), expect(dead_code, reason = "only a browser connects"))]
pub enum Connection {
    /// The page is as the server rendered it, and nothing more is known yet.
    Starting,
    /// Every event is shown as it comes.
    Live,
    /// No stream comes through; the page asks for the class every few seconds.
    Slow,
    /// The stream is down; what is shown may be old.
    Reconnecting,
    /// The class is over.
    Ended,
    /// The member is not in the class any more.
    Removed,
}

/// The class as this page knows it.
#[derive(Clone, Copy)]
pub(crate) struct Live {
    me: UserId,
    group: RwSignal<Group>,
    lesson: Memo<Lesson>,
    online: RwSignal<BTreeSet<UserId>>,
    now: RwSignal<Timestamp>,
    connection: RwSignal<Connection>,
    trouble: RwSignal<Option<String>>,
    /// How far the log had come when the last deed got through; the stream must soon be there.
    #[cfg_attr(not(feature = "browser"), expect(dead_code, reason = "only a browser follows"))]
    deed_done: RwSignal<Option<u64>>,
    /// The code that joins the class, as the page shows it to a teacher.
    #[cfg_attr(not(feature = "browser"), expect(dead_code, reason = "only a browser follows"))]
    code: StoredValue<Option<String>>,
    /// What was there when the page came; only what is newer may move.
    first_seq: u64,
    /// From which row on each list is shown.
    from: StoredValue<Vec<usize>>,
    /// How many rows more were asked for.
    more: RwSignal<[usize; List::ALL.len()]>,
    /// How many there are of everything, while the page has but a part of the class.
    counts: RwSignal<Option<Counts>>,
}

impl Live {
    fn new(beginning: Beginning) -> Self {
        let Beginning { mut snapshot, me, problem: trouble, from, counts, .. } = beginning;
        let code = snapshot.join_code.take();
        let (now, first_seq) = (snapshot.now, snapshot.seq);
        let online = online_in(&snapshot);
        let group = RwSignal::new(Group::from(snapshot));
        Self {
            me,
            group,
            lesson: Memo::new(move |_| group.with(Lesson::of)),
            online: RwSignal::new(online),
            now: RwSignal::new(now),
            connection: RwSignal::new(Connection::Starting),
            trouble: RwSignal::new(trouble),
            deed_done: RwSignal::new(None),
            code: StoredValue::new(code),
            first_seq,
            from: StoredValue::new(from),
            more: RwSignal::new([0; List::ALL.len()]),
            counts: RwSignal::new(counts),
        }
    }

    /// Whether the page has all of the class.
    fn is_whole(self) -> bool {
        self.counts.with(Option::is_none)
    }

    /// The same at this moment; nothing follows it.
    fn is_whole_now(self) -> bool {
        self.counts.with_untracked(Option::is_none)
    }

    /// From which row on a list is shown.
    fn from(self, list: List) -> usize {
        self.from.with_value(|from| from.get(list as usize).copied().unwrap_or(0))
    }

    /// Before which row the shown part of a list ends.
    fn until(self, list: List) -> usize {
        let rows = list.rows(self.is_whole());
        self.from(list) + rows + self.more.with(|more| more[list as usize])
    }

    fn show_more(self, list: List) {
        self.more.update(|more| more[list as usize] += list.rows(true));
    }

    /// How many rows a list has, shown or not.
    fn count(self, list: List) -> usize {
        let counted = self.counts.with(|counts| Some(counts.as_ref()?.lists[list as usize]));
        counted.unwrap_or_else(|| match list {
            List::Hands => self.lesson.with(|lesson| lesson.hands.len()),
            List::Invited => self.lesson.with(|lesson| lesson.invited.len()),
            List::Speaking => self.lesson.with(|lesson| lesson.speaking.len()),
            List::Here => self.group.with(|group| group.members().len()),
        })
    }

    /// The rows of a list that are shown.
    fn portion(self, list: List, rows: Vec<Row>) -> Vec<Row> {
        let (from, until) = (self.from(list), self.until(list));
        match self.counts.with(|counts| counts.as_ref().map(|counts| counts.place)) {
            None => rows.into_iter().skip(from).take(until - from).collect(),
            // The page has these rows alone, and one's own hand wherever it is.
            Some(place) => {
                let is_shown = |row: &Row| {
                    list != List::Hands || row.user != self.me || (from < place && place <= until)
                };
                rows.into_iter().filter(is_shown).take(until - from).collect()
            }
        }
    }

    /// A member's name, as it is told from those that look like it. Names never change, so nothing
    /// follows this.
    fn name_of(self, user: UserId) -> String {
        self.group.with_untracked(|group| match group.member(user) {
            Some(member) => member.name.told_apart(member.alike),
            None => "Somebody who left".to_owned(),
        })
    }

    fn is_online(self, user: UserId) -> bool {
        self.online.with(|online| online.contains(&user))
    }

    fn hands(self) -> Vec<Row> {
        let rows = self.lesson.with(|lesson| lesson.hands.iter().map(Row::from).collect());
        self.portion(List::Hands, rows)
    }

    fn invited(self) -> Vec<Row> {
        let rows = self.lesson.with(|lesson| lesson.invited.iter().map(Row::from).collect());
        self.portion(List::Invited, rows)
    }

    fn speaking(self) -> Vec<Row> {
        let rows = self.lesson.with(|lesson| lesson.speaking.iter().map(Row::from).collect());
        self.portion(List::Speaking, rows)
    }

    fn with_role(self, role: Role) -> Vec<Row> {
        let row = |m: &Member| Row::of(m.user_id, role == Role::Teacher);
        self.group.with(|group| group.with_role(role).map(row).collect())
    }

    /// Who is in the class, its teachers first.
    fn here(self) -> Vec<Row> {
        let rows = if self.is_whole() {
            let mut rows = self.with_role(Role::Teacher);
            rows.extend(self.with_role(Role::Student));
            rows
        } else {
            let row = |m: &Member| Row::of(m.user_id, m.role == Role::Teacher);
            let shown = self.count(List::Here).saturating_sub(self.from(List::Here));
            self.group.with(|group| group.members().iter().take(shown).map(row).collect())
        };
        self.portion(List::Here, rows)
    }

    fn students(self) -> usize {
        let counted = self.counts.with(|counts| Some(counts.as_ref()?.students));
        counted.unwrap_or_else(|| self.group.with(|it| it.with_role(Role::Student).count()))
    }

    /// One's own place among the hands, when it is this one among those that the page has.
    fn place(self, place: usize) -> usize {
        self.counts.with(|counts| counts.as_ref().map_or(place, |counts| counts.place))
    }

    /// How many students are connected.
    fn students_online(self) -> usize {
        let counted = self.counts.with(|counts| Some(counts.as_ref()?.online));
        counted.unwrap_or_else(|| {
            self.online.with(|online| {
                self.group.with(|group| {
                    let students = group.with_role(Role::Student);
                    students.filter(|student| online.contains(&student.user_id)).count()
                })
            })
        })
    }
}

fn online_in(snapshot: &Snapshot) -> BTreeSet<UserId> {
    let mut online = BTreeSet::new();
    // Collecting them would sort them first, for which there is no other code in the browser.
    online.extend(snapshot.members.iter().filter(|m| m.online).map(|member| member.user_id));
    online
}

/// What a room begins with.
#[derive(Clone, Serialize, Deserialize)]
pub struct Beginning {
    /// The class as the member may see it.
    pub snapshot: Snapshot,
    /// The member.
    pub me: UserId,
    /// What the last form came to, when it came to nothing.
    pub problem: Option<String>,
    /// The question that was typed into that form.
    pub question: String,
    /// From which row on each list is shown.
    pub from: Vec<usize>,
    /// How many there are of everything, where the snapshot is but a part of the class.
    pub counts: Option<Counts>,
}

/// The element that carries the beginning to the browser, in an attribute.
const BEGINNING: &str = "beginning";

/// A room and its beginning. Children are how students come in; for teachers.
#[component]
pub fn RoomFrom(
    /// What it begins with.
    beginning: Beginning,
    /// How students come in; for teachers.
    children: Children,
) -> impl IntoView {
    let json = serde_json::to_string(&beginning).unwrap_or_default();
    view! {
        <template id=BEGINNING data-json=json></template>
        // What a page says whose script has not come or has broken (`plain.js`).
        <template id="not-live" data-label=NOT_LIVE>
            <NotLive />
        </template>
        <Room beginning>{children()}</Room>
    }
}

/// Makes the room in the browser, in the place of the one that the server sent.
#[cfg(feature = "browser")]
pub fn wake() {
    let document = document();
    let Some(element) = document.get_element_by_id(BEGINNING) else { return };
    let json = element.get_attribute("data-json").unwrap_or_default();
    // Names are not to lie about when the class is over.
    element.remove();
    let Ok(beginning) = signaling::json::read::<Beginning>(&json) else { return };
    let Ok(place) = document.create_element("div") else { return };
    let made = wasm_bindgen::JsCast::unchecked_into::<web_sys::HtmlElement>(place.clone());
    leptos::mount::mount_to(made, move || view! { <Room beginning /> }).forget();
    page::take_place(&place);
    page::guard();
}

/// The room of one member: a teacher's or a student's.
#[component]
fn Room(
    /// What it begins with.
    mut beginning: Beginning,
    /// How students come in; for teachers. In the browser it is taken from what the server sent.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let (me, question) = (beginning.me, std::mem::take(&mut beginning.question));
    let mut members = beginning.snapshot.members.iter();
    let role = members.find(|member| member.user_id == me).map(|member| member.role);
    let is_teacher = role == Some(Role::Teacher);
    let live = Live::new(beginning);
    let calling = Calling::new(live);
    provide_context(live);
    provide_context(calling);
    #[cfg(feature = "browser")]
    follow::start(live, calling, role);
    let room = if is_teacher {
        view! {
            <TeacherRoom question>
                <div class="served">{children.map(|children| children())}</div>
            </TeacherRoom>
        }
        .into_any()
    } else {
        view! { <StudentRoom /> }.into_any()
    };
    view! {
        <div
            class="room"
            class:teacher=is_teacher
            class:student=!is_teacher
            class:empty=move || live.students() == 0
            data-connection=move || words::connection_key(live.connection.get())
            on:submit=move |event| send(live, event)
        >
            <noscript>
                <NotLive />
            </noscript>
            {room}
            <CallPlace />
            <p class="unseen" role="status" aria-live="polite">
                <Text words=move || announcement(live) />
            </p>
            <Parted />
        </div>
    }
}

/// What a page says that does not follow the class.
#[component]
fn NotLive() -> impl IntoView {
    view! {
        <p class="notice">
            "This page is not live in your browser. " <a href="?">"Reload"</a>
            " to see what is new."
        </p>
    }
}

#[cfg(feature = "browser")]
fn send(live: Live, event: leptos::ev::SubmitEvent) {
    follow::send(live, &event);
}

#[cfg(not(feature = "browser"))]
fn send(_: Live, _: leptos::ev::SubmitEvent) {}

/// The class's name and how current the page is.
#[component]
fn Heading(
    /// What stands beside the name.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let live = expect_context::<Live>();
    let name = move || {
        let name = live.group.with(|group| group.name.as_ref().map(ToString::to_string));
        name.unwrap_or_default()
    };
    view! {
        <header class="bar">
            <h1>
                <bdi translate="no">
                    <Text words=name />
                </bdi>
            </h1>
            <p class="connection">
                <span class="dot" aria-hidden="true"></span>
                <Text words=move || connection_words(live).to_owned() />
            </p>
            {children.map(|children| children())}
        </header>
    }
}

/// A question that is asked.
#[component]
fn Question(
    /// The question.
    words: String,
) -> impl IntoView {
    view! {
        <p class="words">
            <bdi>
                <Text words=move || words.clone() />
            </bdi>
        </p>
    }
}

/// What the last tap came to, when it came to nothing.
#[component]
fn Notice() -> impl IntoView {
    let live = expect_context::<Live>();
    move || {
        live.trouble.get().map(|sentence| {
            view! {
                <p class="problem wide" role="alert">
                    <Text words=move || sentence.clone() />
                </p>
            }
        })
    }
}

/// Covers the room once there is nothing more to do in it.
#[component]
fn Parted() -> impl IntoView {
    let live = expect_context::<Live>();
    let title = move || match live.connection.get() {
        Connection::Ended => Some("The class has ended."),
        Connection::Removed => Some("You are not in this class any more."),
        Connection::Starting | Connection::Live | Connection::Slow | Connection::Reconnecting => {
            None
        }
    };
    move || {
        title().map(|title| {
            view! {
                <div class="parted" role="alertdialog" aria-modal="true" aria-labelledby="parted-title">
                    <div class="card one">
                        <h2 id="parted-title">{title}</h2>
                        <a class="button primary" href="/">
                            "To the start"
                        </a>
                    </div>
                </div>
            }
        })
    }
}

/// One button that does one thing, as a form of its own.
#[component]
fn Tap(
    /// What it does.
    deed: &'static str,
    /// About whom.
    #[prop(optional)]
    who: Option<UserId>,
    /// How it looks.
    #[prop(default = "quiet")]
    class: &'static str,
    /// What it is called where the words alone do not tell whom it is about.
    #[prop(optional, into)]
    label: Option<String>,
    /// Whether the answer is a new page.
    #[prop(optional)]
    plain: bool,
    /// The words on it.
    words: &'static str,
) -> impl IntoView {
    let live = expect_context::<Live>();
    let group = live.group.with_untracked(|group| group.id);
    view! {
        <form class="tap" method="post" action=crate::actions::ACT data-plain=plain.then_some("")>
            <input type="hidden" name="group" value=group.to_string() />
            {who.map(|who| view! { <input type="hidden" name="who" value=who.to_string() /> })}
            <button class=class name="deed" value=deed aria-label=label>
                <Text words=move || words.to_owned() />
            </button>
        </form>
    }
}

/// Asks once before what cannot be undone, in a dialog that says what will happen.
#[component]
fn Confirm(
    /// Tells this dialog from others.
    id: &'static str,
    /// The words on the button that opens it.
    opens: &'static str,
    /// How that button looks.
    class: &'static str,
    /// The question.
    title: &'static str,
    /// What will happen.
    means: &'static str,
    /// The words on the way back.
    keep: &'static str,
    /// What is done.
    deed: &'static str,
    /// The words on the button that does it.
    does: &'static str,
) -> impl IntoView {
    let title_id = format!("{id}-title");
    let labelled_by = title_id.clone();
    view! {
        <button class=class type="button" popovertarget=id>
            {opens}
        </button>
        <div id=id class="dialog" popover="auto" role="dialog" aria-labelledby=labelled_by>
            <h2 id=title_id>{title}</h2>
            <p>{means}</p>
            <div class="choices">
                <button class="quiet" type="button" popovertarget=id popovertargetaction="hide">
                    {keep}
                </button>
                <Tap deed class="destroys" plain=true words=does />
            </div>
        </div>
    }
}
