//! The page of a class: around the room what the server alone knows, how students come in.

use classroom::{AskedBefore, Tally};
use leptos::prelude::*;
use leptos_meta::Title;
use server::{Error, Link};
use signaling::{GroupId, Role, Snapshot, UserId};

use super::outside::outside;
use super::share::Share;
use crate::failure::{Failure, status};
use crate::request::{engine, headers, param, query};
use crate::response::{report, set_status};
use crate::room::{Beginning, Counts, Keys, List, RoomFrom, cut};
use crate::trouble::Trouble;
use crate::ui::problem::trouble;
use crate::visitor::session;

/// The furthest place in a list that an address can name.
const MAX_PLACE: usize = 1_000_000;

/// What a member's page of their class is made of.
#[derive(Debug, Clone)]
pub(crate) struct RoomView {
    /// The class as the member may see it, or as much of it as the page shows.
    pub snapshot: Snapshot,
    /// How many there are of everything, where that is but a part.
    pub counts: Option<Counts>,
    /// What teachers asked before; for a teacher.
    pub before: AskedBefore,
    /// How often everybody has raised a hand and spoken; for a teacher.
    pub tally: Tally,
    /// Whether the server carries voices.
    pub carries_voices: bool,
    /// Who the member is.
    pub me: UserId,
    /// The code that joins the class.
    pub code: String,
    /// The link that joins the class.
    pub link: Link,
}

/// The page of a class, for its teachers and its students.
#[component]
pub fn RoomPage() -> impl IntoView {
    class_page(false)
}

/// The page of a class, for a projector or not. Whoever is no teacher gets what they get anywhere.
pub fn class_page(is_screen: bool) -> impl IntoView {
    let group = param("group");
    let problem = trouble();
    let question = query("question");
    // A place in a list that is none is its beginning.
    let place = |list: List| query(list.key()).parse().unwrap_or(0).min(MAX_PLACE);
    let from = List::ALL.map(place).to_vec();
    // As everywhere, no closure around it: Leptos would call one three times, and make all of it anew.
    view! {
        <Suspense>
            {Suspend::new(async move {
                match found(&group, &from, is_screen).await {
                    Ok(room) => in_class(room, problem, question, from, is_screen).into_any(),
                    Err(trouble) => outside(&group, trouble).await.into_any(),
                }
            })}
        </Suspense>
    }
}

pub(crate) fn in_class(
    room: RoomView,
    problem: Option<Trouble>,
    question: String,
    from: Vec<usize>,
    is_screen: bool,
) -> impl IntoView {
    let RoomView { mut snapshot, counts, before, tally, carries_voices, me, code, link } = room;
    let name = snapshot.name.as_ref().map(ToString::to_string).unwrap_or_default();
    let is_teacher = snapshot.members.iter().any(|m| m.user_id == me && m.role == Role::Teacher);
    // By it a live page knows when its code is an old one.
    snapshot.join_code = is_teacher.then(|| code.clone());
    let problem = problem.map(|problem| problem.sentence().to_owned());
    let beginning =
        Beginning { snapshot, me, problem, question, before, tally, carries_voices, from, counts };
    view! {
        <Title text=name />
        <RoomFrom beginning is_screen=is_screen && is_teacher>
            {is_teacher.then(|| view! { <Share code link /> })}
        </RoomFrom>
        {is_teacher.then(|| view! { <Keys /> })}
    }
}

async fn found(group: &str, from: &[usize], is_screen: bool) -> Result<RoomView, Trouble> {
    let found = match group.parse() {
        Ok(group) => read(group, from, is_screen).await,
        Err(_) => Err(Trouble::NotHere.into()),
    };
    found.map_err(|failure| {
        let trouble = match report(failure) {
            Trouble::NoSuchCode => Trouble::NotHere,
            trouble => trouble,
        };
        set_status(status(trouble));
        trouble
    })
}

async fn read(group: GroupId, from: &[usize], is_screen: bool) -> Result<RoomView, Failure> {
    let session = session(group).await?;
    let engine = engine()?;
    // Most of them are gone through and not shown.
    let rows = session.room.rows_of_snapshot() / 4;
    let user = session.user;
    engine.may_look_at(group, user, rows)?;
    session.room.looked(user);
    let now = engine.now();
    let is_teacher = session.role() == Some(Role::Teacher);
    let cut = session.room.look(|group, online| {
        let before = if is_teacher { AskedBefore::of(group) } else { AskedBefore::default() };
        group.member(user).map(|_| (cut(group, user, now, online, from), before))
    });
    let ((mut snapshot, counts), before) = cut.ok_or(Error::NotSignedIn)?;
    session.room.tell_names(user, is_screen, &mut snapshot.members);
    // A page of a part of the class fetches it once it is awake.
    let tally = if is_teacher && counts.is_none() {
        session.room.with_group(Tally::of)
    } else {
        Tally::default()
    };
    let code = session.room.join_code();
    Ok(RoomView {
        snapshot,
        counts,
        before,
        tally,
        carries_voices: engine.carries_voices().is_some(),
        me: user,
        code: code.as_str().to_owned(),
        link: engine.join_link(&headers(), &code),
    })
}
