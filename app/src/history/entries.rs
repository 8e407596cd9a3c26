//! What stands on the page of one invitation, in its order, and where that page is: its texts, and
//! everybody's part. What is too long or too many for a page about more than this one leads there.

use classroom::history::{Kind, Part, Record};
use signaling::{InviteeState, UserId};

/// Something on the page of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// What was asked.
    Question,
    /// The application's string.
    Data,
    /// What that was before a change.
    Change(usize),
    /// The application's string that came with the cancel.
    Closing,
    /// A part.
    Part(usize),
}

/// The parts of an invitation that are somebody's to see on their page: their own, or all when they
/// invited. All of them without a name.
pub fn parts(record: &Record, only: Option<UserId>) -> impl Iterator<Item = (usize, &Part)> {
    let is_shown = move |part: &Part| only.is_none_or(|it| it == part.user || it == record.inviter);
    record.parts.iter().enumerate().filter(move |(_, part)| is_shown(part))
}

/// What came with a part. What its inviter said in closing the invitation for all is told with that.
pub fn said<'a>(record: &'a Record, part: &'a Part) -> impl Iterator<Item = &'a String> {
    let is_closing = part.state == InviteeState::Cancelled && part.data == record.close_data;
    part.data.iter().filter(move |_| !is_closing).chain(&part.end_data)
}

/// Everything on the page of an invitation. The parts in a round come in the order in which the
/// overview lists them: the hands as they went up, then who raised none.
pub fn entries(record: &Record, only: Option<UserId>) -> Vec<Entry> {
    let mut entries = Vec::new();
    entries.extend(record.question.as_ref().map(|_| Entry::Question));
    entries.extend((!record.data.is_empty()).then_some(Entry::Data));
    entries.extend((0..record.changes.len()).map(Entry::Change));
    entries.extend(record.close_data.as_ref().map(|_| Entry::Closing));
    let mut parts: Vec<(usize, &Part)> = parts(record, only).collect();
    if record.kind == Kind::Round {
        parts.sort_by_key(|(_, part)| match part.state {
            InviteeState::Accepted | InviteeState::Finished => (0, part.settled_seq),
            InviteeState::Rejected => (1, 0),
            InviteeState::TimedOut => (2, 0),
            InviteeState::Cancelled => (3, 0),
            InviteeState::Pending => (4, 0),
        });
    }
    entries.extend(parts.into_iter().map(|(place, _)| Entry::Part(place)));
    entries
}

/// Where invitations stand whole for whoever looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// The address of the page above them.
    pub base: String,
    /// Whose parts alone stand there; everybody's when it names nobody.
    pub only: Option<UserId>,
}

impl Whole {
    /// Where an invitation begins.
    pub fn invitation(&self, record: &Record) -> String {
        format!("{}/invitation/{}", self.base, record.seq)
    }

    /// Where something of an invitation stands.
    pub fn entry(&self, record: &Record, entry: Entry) -> String {
        let place = entries(record, self.only).iter().position(|it| *it == entry).unwrap_or(0);
        format!("{}?from={place}", self.invitation(record))
    }

    /// Where somebody's part in an invitation stands.
    pub fn part(&self, record: &Record, user: UserId) -> String {
        let place = record.parts.iter().position(|part| part.user == user).unwrap_or(0);
        self.entry(record, Entry::Part(place))
    }
}
