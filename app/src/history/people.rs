//! Hands against turns, student by student: a table in which each row carries its own bars. No
//! scores and no ranking: the order is that of the names.

use classroom::history::{Person, Waits};
use leptos::prelude::*;
use signaling::{Role, UserId};

use super::names::Names;
use super::order::Order;
use super::portions::{NAMES, PEOPLE};
use super::read::HistoryPage;
use super::spot::{Spot, Who};
use super::times::{spoke, took};
use super::viewer::Viewer;
use crate::ui::pager::Steps;
use crate::ui::table::{Column, Table};
use crate::words::{count, figure, people as words};

fn columns(who: &'static str) -> Vec<Column> {
    vec![
        Column::Words(who),
        Column::Picture(words::picture()),
        Column::Number(figure::hands()),
        Column::Number(figure::turns()),
        Column::Number(figure::spoke()),
        Column::Number(figure::passed()),
    ]
}

impl Who {
    fn includes(self, person: &Person) -> bool {
        let is_student = person.role == Role::Student;
        match self {
            Self::Students => is_student || person.hands + person.turns > 0,
            Self::NeverCalled => is_student && person.hands > 0 && person.called == 0,
            Self::NeverRaised => is_student && person.hands == 0,
            Self::Teachers => !is_student,
        }
    }

    /// Whom the table shows, where it is not everybody.
    fn words(self) -> Option<&'static str> {
        match self {
            Self::Students => None,
            Self::NeverCalled => Some(words::only_never_called()),
            Self::NeverRaised => Some(words::only_never_raised()),
            Self::Teachers => Some(words::only_teachers()),
        }
    }
}

/// The students of a class, and what each did.
#[component]
pub fn People(page: HistoryPage, viewer: Viewer, spot: Spot) -> impl IntoView {
    let chronicle = &page.chronicle;
    let mut people: Vec<&Person> = chronicle.people().iter().collect();
    let order = Order::of_reader();
    people.sort_by(|one, other| {
        let names = order.compare(one.name.as_str(), other.name.as_str());
        names.then(one.joined_at.cmp(&other.joined_at))
    });
    let students: Vec<&Person> =
        people.iter().copied().filter(|person| Who::Students.includes(person)).collect();
    let most = students.iter().map(|it| it.hands.max(it.turns)).max().unwrap_or(0).max(1);
    people.retain(|person| spot.who.includes(person));
    let first = spot.people.min(people.len().saturating_sub(1)) / PEOPLE * PEOPLE;
    let next = people.len().min(first + PEOPLE);
    let idle: Vec<UserId> = people
        .iter()
        .skip(first)
        .take(PEOPLE)
        .filter(|person| spot.who == Who::Students && did_nothing(person))
        .map(|person| person.user)
        .collect();
    let rows = people
        .iter()
        .skip(first)
        .take(PEOPLE)
        .map(|person| {
            let address = viewer.person(chronicle.id(), person.user);
            let name = person.told_apart();
            let is_like_teacher = chronicle.is_like_teacher(person);
            let time = spoke(chronicle.spoke_millis(person, page.now));
            let did = words::did(
                &count::hands(person.hands as usize),
                &count::turns(person.turns as usize),
            );
            view! {
                <tr class:idle=spot.who == Who::Students && did_nothing(person)>
                    <th scope="row">
                        <a href=address>
                            <bdi>{name}</bdi>
                        </a>
                        {is_like_teacher
                            .then(|| view! { <span class="hint">" " {words::like_teacher()}</span> })}
                        {person.left_at.map(|_| view! { <span class="hint">" " {words::gone()}</span> })}
                    </th>
                    <td class="picture">{bars(person, most)} <span class="did">{did}</span></td>
                    <td class="number" data-label=figure::hands()>{person.hands}</td>
                    <td class="number" data-label=figure::turns()>{person.turns}</td>
                    <td class="number" data-label=figure::spoke()>{time}</td>
                    <td class="number" data-label=figure::passed()>{person.passes}</td>
                </tr>
            }
        })
        .collect_view();
    let only = spot.who.words().map(|only| {
        view! {
            <p class="hint">
                {only} " " <a href=spot.table(Who::Students, 0)>{words::show_all()}</a>
            </p>
        }
    });
    let nobody = if chronicle.people().iter().any(|person| Who::Students.includes(person)) {
        words::nobody_among()
    } else {
        words::nobody()
    };
    let is_empty = people.is_empty();
    let who = if spot.who == Who::Teachers { words::teacher() } else { words::student() };
    let portion = count::portion(first + 1, next, people.len());
    let earlier = (first > 0).then(|| spot.table(spot.who, first - PEOPLE));
    let later = (next < people.len()).then(|| spot.table(spot.who, next));
    view! {
        <section class="people" aria-labelledby="people-title">
            <h2 id="people-title">{words::title()}</h2>
            {only}
            {is_empty.then(|| view! { <p class="nobody">{nobody}</p> })}
            {(!is_empty)
                .then(|| {
                    view! {
                        <p class="keys">
                            <span class="key">
                                <svg class="swatch" viewBox="0 0 16 10" aria-hidden="true"><rect class="hand-bar" x="1" y="1" width="14" height="8" rx="2" /></svg>
                                {words::key_hands()}
                            </span>
                            <span class="key">
                                <svg class="swatch" viewBox="0 0 16 10" aria-hidden="true"><rect class="turn-bar" x="1" y="1" width="14" height="8" rx="2" /></svg>
                                {words::key_turns()}
                            </span>
                        </p>
                        <Table class="people-table stack" columns=columns(who)>{rows}</Table>
                    }
                })}
            {(!idle.is_empty()).then(|| idle_line(&idle, &page.names, spot))}
            <Steps
                of=words::pages()
                before=earlier.map(|address| (address, words::previous()))
                words=portion
                after=later.map(|address| (address, words::more()))
            />
        </section>
    }
}

fn bars(person: &Person, most: u32) -> impl IntoView + use<> {
    let width = |number: u32| (f64::from(number) * 200.0 / f64::from(most)).round();
    view! {
        <svg class="bars" viewBox="0 0 200 20" preserveAspectRatio="none" aria-hidden="true">
            <rect class="hand-bar" x="0" y="1" height="7" width=width(person.hands) />
            <rect class="turn-bar" x="0" y="12" height="7" width=width(person.turns) />
        </svg>
    }
}

fn did_nothing(person: &Person) -> bool {
    person.hands + person.turns == 0
}

/// Who neither raised a hand nor spoke, as the one line that a phone has for them.
fn idle_line(idle: &[UserId], names: &Names, spot: Spot) -> impl IntoView + use<> {
    let rest = |_| spot.table(Who::NeverRaised, 0);
    let named = names.list(idle, NAMES, rest);
    view! {
        <p class="idle-line">
            {words::neither(named)} " "
            <a href=spot.table(Who::NeverRaised, 0)>{words::show_them()}</a>
        </p>
    }
}

/// What one would look for in the table: who was never called, who never raised a hand, and how long
/// it took to hands and turns.
#[component]
pub fn Sentences(page: HistoryPage, spot: Spot) -> impl IntoView {
    let people = page.chronicle.people().iter();
    let people: Vec<&Person> = people.filter(|person| Who::Students.includes(person)).collect();
    let names = &page.names;
    let sentence = |class: &'static str, who: Who, say: fn(usize, AnyView) -> AnyView| {
        let users: Vec<UserId> =
            people.iter().filter(|person| who.includes(person)).map(|person| person.user).collect();
        let names = names.list(&users, NAMES, |_| spot.table(who, NAMES));
        (!users.is_empty()).then(|| view! { <p class=class>{say(users.len(), names)}</p> })
    };
    let never_called = sentence("never-called", Who::NeverCalled, words::never_called);
    let never_raised = sentence("never-raised", Who::NeverRaised, words::never_raised);
    let Waits { to_first_hand, to_first_turn, between_turns } = page.chronicle.summary().waits;
    let waits = [
        to_first_hand.map(|it| words::to_first_hand(&took(it.cast_signed()))),
        to_first_turn.map(|it| words::to_first_turn(&took(it.cast_signed()))),
        between_turns.map(|it| words::between_turns(&took(it.cast_signed()))),
    ];
    let waits: Vec<String> = waits.into_iter().flatten().collect();
    let waited = (!waits.is_empty())
        .then(|| view! { <p class="waited">{words::waits(&waits.join(" · "))}</p> });
    view! {
        <div class="sentences">
            {never_called} {never_raised} {waited}
        </div>
    }
}
