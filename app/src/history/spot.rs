//! Where on a class's page one is, as its address says it.

use crate::request::query;

/// Whom the table of the students shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Who {
    /// The students, and whoever else raised a hand or spoke.
    #[default]
    Students,
    /// Those who raised a hand and were never called.
    NeverCalled,
    /// Those who never raised a hand.
    NeverRaised,
    /// The teachers.
    Teachers,
}

impl Who {
    const SOME: [Self; 3] = [Self::NeverCalled, Self::NeverRaised, Self::Teachers];

    /// The word for it in an address.
    const fn key(self) -> &'static str {
        match self {
            Self::Students => "",
            Self::NeverCalled => "never-called",
            Self::NeverRaised => "never-raised",
            Self::Teachers => "teachers",
        }
    }
}

/// What of a class's page is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spot {
    /// The event at which the rounds begin.
    pub from: Option<u64>,
    /// Whom the table shows.
    pub who: Who,
    /// How many of them come before its first row.
    pub people: usize,
}

impl Spot {
    /// The spot in the address of the page.
    pub fn of_page() -> Self {
        let who = query("who");
        Self {
            from: query("from").parse().ok(),
            who: Who::SOME.into_iter().find(|it| it.key() == who).unwrap_or_default(),
            people: query("people").parse().unwrap_or(0),
        }
    }

    /// Where the page shows this.
    pub fn address(self) -> String {
        let from = self.from.map(|from| format!("from={from}"));
        let who = (self.who != Who::Students).then(|| format!("who={}", self.who.key()));
        let people = (self.people > 0).then(|| format!("people={}", self.people));
        let fields: Vec<String> = from.into_iter().chain(who).chain(people).collect();
        format!("?{}", fields.join("&"))
    }

    /// Where the page shows others in its table.
    pub fn table(self, who: Who, people: usize) -> String {
        format!("{}#people-title", Self { who, people, ..self }.address())
    }

    /// Where the page shows other rounds.
    pub fn rounds(self, from: u64) -> String {
        Self { from: Some(from), ..self }.address()
    }
}
