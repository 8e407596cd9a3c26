//! The names of people as the pages of the history tell them.

use std::collections::HashMap;
use std::sync::Arc;

use classroom::history::Chronicle;
use leptos::prelude::*;
use signaling::event::MemberJoined;
use signaling::{Event, EventKind, Role, UserId};

use crate::words::{apart, count, said};

/// The names of everybody who is or was in a class, each told apart from those that look like it,
/// and what they are, or were at last.
#[derive(Debug, Clone, Default)]
pub struct Names(Arc<HashMap<UserId, (String, Role)>>);

impl Names {
    /// Those of a chronicle.
    pub fn of(chronicle: &Chronicle) -> Self {
        let people = chronicle.people().iter();
        let named = people.map(|person| (person.user, (person.told_apart(), person.role)));
        Self(Arc::new(named.collect()))
    }

    /// Follows a log by one event.
    pub fn follow(&mut self, event: &Event) {
        match &event.kind {
            EventKind::MemberJoined(MemberJoined { user_id, name, role, alike }) => {
                let named = (name.told_apart(*alike), *role);
                Arc::make_mut(&mut self.0).insert(*user_id, named);
            }
            EventKind::MemberChanged(changed) => {
                if let Some((_, role)) = Arc::make_mut(&mut self.0).get_mut(&changed.user_id) {
                    *role = changed.role;
                }
            }
            _ => {}
        }
    }

    /// What somebody is, or was at last.
    pub fn role(&self, user: UserId) -> Option<Role> {
        self.0.get(&user).map(|(_, role)| *role)
    }

    /// Somebody's name.
    pub fn get(&self, user: UserId) -> &str {
        self.0.get(&user).map_or_else(|| said::somebody(), |(name, _)| name.as_str())
    }

    /// All of them, in no order.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(|(name, _)| name.as_str())
    }

    /// Somebody's name, to be kept.
    pub fn name(&self, user: UserId) -> String {
        self.get(user).to_owned()
    }

    /// Somebody's name for the middle of a sentence, where no element keeps its writing direction
    /// from the rest.
    pub fn in_words(&self, user: UserId) -> String {
        apart(self.get(user))
    }

    /// Names, one after the other, each kept apart from the writing direction of the others; of
    /// more than `most` the first, and a link to the first of those that are left out.
    pub fn list(
        &self,
        users: &[UserId],
        most: usize,
        rest: impl FnOnce(UserId) -> String,
    ) -> AnyView {
        let names: Vec<String> = users.iter().take(most).map(|user| self.name(*user)).collect();
        let last = names.len().saturating_sub(1);
        let names = names
            .into_iter()
            .enumerate()
            .map(|(place, name)| {
                view! {
                    <bdi>{name}</bdi>
                    {(place < last).then_some(", ")}
                }
            })
            .collect_view();
        match users.get(most) {
            Some(next) => {
                let more = count::more(users.len() - most);
                count::names_and_more(names, view! { <a href=rest(*next)>{more}</a> })
            }
            None => names.into_any(),
        }
    }
}

/// The first of some names, for the middle of a sentence.
pub fn named(names: &[String], most: usize) -> String {
    names.iter().take(most).map(|name| apart(name)).collect::<Vec<_>>().join(", ")
}
