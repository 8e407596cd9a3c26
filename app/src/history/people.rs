//! Hands against turns, student by student: a table in which each row carries its own bars. No
//! scores and no ranking: the order is that of the names.

use classroom::history::{Chronicle, Person};
use leptos::prelude::*;
use signaling::{Role, Timestamp, UserId};

use super::read::Viewer;
use super::times::spoke;
use super::words::{Names, count};
use super::{Column, Table};

/// The students of a class, and what each did.
#[component]
pub fn People(chronicle: Chronicle, viewer: Viewer, now: Timestamp) -> impl IntoView {
    let names = Names::of(&chronicle);
    let mut people: Vec<Person> = chronicle
        .people()
        .iter()
        .filter(|person| person.role == Role::Student || person.hands + person.turns > 0)
        .cloned()
        .collect();
    people.sort_by_key(|person| (person.name.as_str().to_lowercase(), person.joined_at));
    let most = people.iter().map(|person| person.hands.max(person.turns)).max().unwrap_or(0).max(1);
    let sentences = sentences(&people, &names).into_any();
    let rows = people
        .iter()
        .map(|person| {
            let address = viewer.person(chronicle.id(), person.user);
            let name = person.name.to_string();
            let time = spoke(chronicle.spoke_millis(person, now));
            view! {
                <tr>
                    <th scope="row">
                        <a href=address>
                            <bdi>{name}</bdi>
                        </a>
                        {person.left_at.map(|_| view! { <span class="hint">" gone"</span> })}
                    </th>
                    <td class="picture">{bars(person, most)}</td>
                    <td class="number" data-label="Hands">{person.hands}</td>
                    <td class="number" data-label="Turns">{person.turns}</td>
                    <td class="number" data-label="Spoke">{time}</td>
                    <td class="number" data-label="Passed">{person.passes}</td>
                </tr>
            }
        })
        .collect_view();
    let is_empty = people.is_empty();
    view! {
        <section class="people" aria-labelledby="people-title">
            <h2 id="people-title">"Hands and turns"</h2>
            {sentences}
            {is_empty.then(|| view! { <p class="nobody">"Nobody joined this class."</p> })}
            {(!is_empty)
                .then(|| {
                    view! {
                        <p class="keys">
                            <span class="key">
                                <span class="swatch of-hand" aria-hidden="true"></span>
                                "hands raised"
                            </span>
                            <span class="key">
                                <span class="swatch of-turn" aria-hidden="true"></span>
                                "turns to speak"
                            </span>
                        </p>
                        <Table class="people-table stack" columns=&[Column::Words("Student"), Column::Picture("Picture"), Column::Number("Hands"), Column::Number("Turns"), Column::Number("Spoke"), Column::Number("Passed")]>{rows}</Table>
                    }
                })}
        </section>
    }
}

fn bars(person: &Person, most: u32) -> impl IntoView + use<> {
    let width = |number: u32| f64::from(number) * 200.0 / f64::from(most);
    view! {
        <svg class="bars" viewBox="0 0 200 20" preserveAspectRatio="none" aria-hidden="true">
            <rect class="hand-bar" x="0" y="1" height="8" width=width(person.hands) />
            <rect class="turn-bar" x="0" y="11" height="8" width=width(person.turns) />
        </svg>
    }
}

/// What one would look for in the picture.
fn sentences(people: &[Person], names: &Names) -> impl IntoView + use<> {
    let who = |is: fn(&Person) -> bool| -> Vec<UserId> {
        people
            .iter()
            .filter(|person| person.role == Role::Student && is(person))
            .map(|person| person.user)
            .collect()
    };
    let never_called = who(|person| person.hands > 0 && person.called == 0);
    let never_raised = who(|person| person.hands == 0);
    let mut turns: Vec<u32> = people.iter().map(|person| person.turns).collect();
    turns.sort_unstable_by(|one, other| other.cmp(one));
    let all: u32 = turns.iter().sum();
    let top: u32 = turns.iter().take(3).sum();
    let share = (all > 0 && turns.len() > 3).then(|| {
        let percent = (f64::from(top) * 100.0 / f64::from(all)).round();
        format!("The three who spoke most often had {percent} % of all turns.")
    });
    view! {
        <div class="sentences">
            {(!never_called.is_empty())
                .then(|| {
                    let words = count(
                        never_called.len(),
                        "student raised a hand and was never called: ",
                        "students raised a hand and were never called: ",
                    );
                    view! { <p class="never-called">{words} {names.list(&never_called)} "."</p> }
                })}
            {(!never_raised.is_empty())
                .then(|| {
                    let words = count(
                        never_raised.len(),
                        "student never raised a hand: ",
                        "students never raised a hand: ",
                    );
                    view! { <p class="never-raised">{words} {names.list(&never_raised)} "."</p> }
                })}
            {share.map(|share| view! { <p class="share-of-turns">{share}</p> })}
        </div>
    }
}
