//! What a log must be like, written down once more and apart from the server's own rules: numbers
//! without a gap, one end for each part, no deadline early or twice, nothing before a deadline that
//! has passed, and everything in it that was answered.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;

use crate::client::{Event, Member};

/// What an answer has promised.
#[derive(Debug, Clone)]
pub enum Promise {
    /// The event of this number is this one.
    Event {
        /// Its number.
        seq: u64,
        /// Its name.
        name: &'static str,
        /// The invitation it is about.
        invite: String,
        /// Whose part it settles, where it is one member's.
        user: Option<String>,
        /// What its data holds, where it has to.
        mark: Option<String>,
    },
    /// Somebody is a member, and came once.
    Joined(String),
    /// Somebody has left or was removed, once.
    Left(String),
    /// With the event of this number the class has this name, and takes nobody new or does.
    Changed {
        /// Its number.
        seq: u64,
        /// The name.
        name: String,
        /// Whether nobody new may join.
        locked: bool,
    },
    /// By this event somebody had come to hold this role.
    Role {
        /// Its number.
        seq: u64,
        /// Whose role.
        user: String,
        /// Whether it is a teacher's.
        is_teacher: bool,
    },
    /// The class has ended.
    Ended,
}

/// Where somebody stands in an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Pending,
    Accepted,
    Over,
}

#[derive(Debug)]
struct Invitation {
    inviter: String,
    by_teacher: bool,
    everyone: bool,
    is_between_two: bool,
    takes_first: bool,
    expires_at: Option<String>,
    /// An invitation to everyone that was cancelled, taken or has timed out.
    is_closed: bool,
    has_timed_out: bool,
    parts: BTreeMap<String, Part>,
}

impl Invitation {
    /// Whoever has the right role is invited by an invitation to everyone.
    fn ask(&mut self, user: &str, roles: &HashMap<String, bool>) {
        if self.everyone && roles.get(user) == Some(&!self.by_teacher) {
            self.parts.entry(user.to_owned()).or_insert(Part::Pending);
        }
    }

    fn is_open(&self) -> bool {
        !self.is_closed && (self.everyone || self.parts.values().any(|it| *it == Part::Pending))
    }
}

/// A class as its log tells it.
#[derive(Default)]
pub struct Log {
    /// The last event that was read.
    pub seq: u64,
    /// Timeouts so far: the deadline, and when it fired.
    pub timeouts: Vec<(String, String)>,
    /// Whether the class is over.
    pub has_ended: bool,
    /// What is wrong.
    pub wrongs: Vec<String>,
    events: Vec<(&'static str, Value)>,
    roles: HashMap<String, bool>,
    is_locked: bool,
    joined: HashMap<String, u32>,
    left: HashMap<String, u32>,
    invitations: HashMap<String, Invitation>,
    marks: HashSet<String>,
    pairs: HashMap<u64, [String; 2]>,
    last_at: String,
}

const NAMES: [&str; 12] = [
    "onReceiveNewInvitation",
    "onInviteeAccepted",
    "onInviteeRejected",
    "onInvitationCancelled",
    "onInvitationTimeout",
    "onInvitationModified",
    "onInviteeFinished",
    "onMemberJoined",
    "onMemberChanged",
    "onMemberLeft",
    "onGroupChanged",
    "onGroupEnded",
];

/// Where the event of this number is in a log.
fn place(seq: u64) -> usize {
    usize::try_from(seq.wrapping_sub(1)).unwrap_or(usize::MAX)
}

fn text(body: &Value, field: &str) -> String {
    body[field].as_str().unwrap_or_default().to_owned()
}

fn list(body: &Value) -> Option<Vec<String>> {
    let members = body["inviteeList"].as_array()?;
    Some(members.iter().filter_map(|user| user.as_str().map(str::to_owned)).collect())
}

impl Log {
    /// Reads the next event, in the log of somebody who sees all of it.
    pub fn read(&mut self, event: &Event) {
        let body: Value = serde_json::from_str(&event.text).unwrap_or_default();
        if event.seq != self.seq + 1 || body["seq"] != event.seq {
            self.wrongs.push(format!("after {} comes {}", self.seq, event.seq));
        }
        self.seq = event.seq;
        let Some(name) = NAMES.into_iter().find(|name| *name == event.name) else {
            self.wrongs.push(format!("{}: no event is called {}", event.seq, event.name));
            return;
        };
        let at = text(&body, "at");
        if at < self.last_at {
            self.wrongs.push(format!("{} is older than the one before", event.seq));
        }
        self.last_at.clone_from(&at);
        if self.has_ended {
            self.wrongs.push(format!("{} comes after the end", event.seq));
        }
        // However long the server was down, and however late it is: what is due comes first.
        let is_passed = |it: &Invitation| {
            it.is_open() && it.expires_at.as_ref().is_some_and(|deadline| *deadline <= at)
        };
        let skips = name != "onInvitationTimeout" && self.invitations.values().any(is_passed);
        match self.follow(name, &body, &at) {
            Err(wrong) => self.wrongs.push(format!("{} {name}: {wrong}", event.seq)),
            Ok(()) if skips => {
                self.wrongs.push(format!("{} {name}: a deadline has passed before it", event.seq));
            }
            Ok(()) => {}
        }
        self.events.push((name, body));
    }

    fn follow(&mut self, name: &str, body: &Value, at: &str) -> Result<(), String> {
        let user = text(body, "userID");
        match name {
            "onMemberJoined" => {
                *self.joined.entry(user.clone()).or_default() += 1;
                self.roles.insert(user, body["role"] == "teacher");
                if self.is_locked {
                    return Err("the class is locked".to_owned());
                }
                return Ok(());
            }
            "onMemberLeft" => {
                *self.left.entry(user.clone()).or_default() += 1;
                self.roles.remove(&user);
                return Ok(());
            }
            "onMemberChanged" => {
                self.roles.insert(user, body["role"] == "teacher");
                return Ok(());
            }
            "onGroupEnded" => {
                self.has_ended = true;
                return Ok(());
            }
            "onGroupChanged" => {
                self.is_locked = body["settings"]["locked"] == true;
                return Ok(());
            }
            _ => {}
        }
        let id = text(body, "inviteID");
        if name == "onReceiveNewInvitation" {
            return self.invited(id, body);
        }
        let invitation = self.invitations.get_mut(&id).ok_or("no such invitation")?;
        if invitation.is_between_two {
            let other = invitation.parts.keys().next().cloned().unwrap_or_default();
            self.pairs.insert(self.seq, [invitation.inviter.clone(), other]);
        }
        let invitee = text(body, "invitee");
        match name {
            "onInviteeAccepted" | "onInviteeRejected" => {
                invitation.ask(&invitee, &self.roles);
                if !invitation.is_open() {
                    return Err("the invitation is closed".to_owned());
                }
                if invitation.expires_at.as_ref().is_some_and(|deadline| at >= &**deadline) {
                    return Err("the deadline has passed".to_owned());
                }
                let part = invitation.parts.get_mut(&invitee).ok_or("they are not invited")?;
                if *part != Part::Pending {
                    return Err("their part has ended".to_owned());
                }
                *part = if name == "onInviteeAccepted" { Part::Accepted } else { Part::Over };
                if invitation.takes_first && name == "onInviteeAccepted" {
                    // Whoever is left is told in an event of its own, which closes it.
                    let taken = invitation.parts.values().filter(|it| **it == Part::Accepted);
                    if taken.count() > 1 {
                        return Err("it was taken before".to_owned());
                    }
                }
            }
            "onInviteeFinished" => {
                let part = invitation.parts.get_mut(&invitee).ok_or("they are not invited")?;
                if *part != Part::Accepted {
                    return Err("nothing of theirs was accepted".to_owned());
                }
                *part = Part::Over;
            }
            "onInvitationCancelled" | "onInvitationTimeout" => {
                let is_timeout = name == "onInvitationTimeout";
                if !invitation.is_open() {
                    return Err("the invitation was closed before".to_owned());
                }
                if is_timeout {
                    let deadline = invitation.expires_at.clone().ok_or("it has no deadline")?;
                    if at < &*deadline {
                        return Err(format!("it is early: {at} before {deadline}"));
                    }
                    if std::mem::replace(&mut invitation.has_timed_out, true) {
                        return Err("it has timed out before".to_owned());
                    }
                    self.timeouts.push((deadline, at.to_owned()));
                }
                let closed = list(body);
                let whole = closed.is_none();
                // Whoever comes to hold the role again is asked again.
                let goes_with_role = body["reason"] == "roleChanged" && invitation.everyone;
                for user in closed.unwrap_or_default() {
                    invitation.ask(&user, &self.roles);
                    let part = invitation.parts.get_mut(&user).ok_or("they are not invited")?;
                    if *part != Part::Pending {
                        return Err(format!("the part of {user} had ended"));
                    }
                    *part = Part::Over;
                    if goes_with_role {
                        invitation.parts.remove(&user);
                    }
                }
                if whole {
                    invitation.is_closed = true;
                    invitation.parts.retain(|_, part| *part != Part::Pending);
                } else if is_timeout && invitation.is_open() {
                    return Err("it leaves somebody pending".to_owned());
                }
            }
            "onInvitationModified" if !invitation.is_open() => {
                return Err("the invitation is closed".to_owned());
            }
            _ => {}
        }
        Ok(())
    }

    fn invited(&mut self, id: String, body: &Value) -> Result<(), String> {
        let inviter = text(body, "inviter");
        let by_teacher = *self.roles.get(&inviter).ok_or("the inviter is no member")?;
        let invitees = list(body);
        let everyone = invitees.is_none();
        let parts = invitees.unwrap_or_default().into_iter().map(|user| (user, Part::Pending));
        let parts: BTreeMap<String, Part> = parts.collect();
        let is_between_two = body["groupID"].is_null();
        if is_between_two {
            let other = parts.keys().next().cloned().unwrap_or_default();
            self.pairs.insert(self.seq, [inviter.clone(), other]);
        }
        let invitation = Invitation {
            inviter,
            by_teacher,
            everyone,
            is_between_two,
            takes_first: body["answers"] == "first",
            expires_at: body["expiresAt"].as_str().map(str::to_owned),
            is_closed: false,
            has_timed_out: false,
            parts,
        };
        if self.invitations.insert(id, invitation).is_some() {
            return Err("the same invitation comes twice".to_owned());
        }
        // Two invitations with one mark are one request that took effect twice.
        if !self.marks.insert(text(body, "data")) {
            return Err("one request has made two invitations".to_owned());
        }
        Ok(())
    }

    /// Whether a member may see an event of the log.
    pub fn is_visible(&self, seq: u64, user: &str) -> bool {
        self.pairs.get(&seq).is_none_or(|pair| pair.iter().any(|end| end == user))
    }

    /// What was promised and is not in the log.
    pub fn broken(&self, promises: &[Promise]) -> Vec<String> {
        promises.iter().filter_map(|promise| self.breaks(promise)).collect()
    }

    fn breaks(&self, promise: &Promise) -> Option<String> {
        let once = |counts: &HashMap<String, u32>, user: &str| counts.get(user) == Some(&1);
        let is_kept = match promise {
            Promise::Joined(user) => once(&self.joined, user),
            Promise::Left(user) => once(&self.left, user),
            Promise::Ended => self.has_ended,
            Promise::Changed { seq, name, locked } => {
                self.events.get(place(*seq)).is_some_and(|(found, body)| {
                    *found == "onGroupChanged"
                        && body["name"] == name.as_str()
                        && body["settings"]["locked"] == *locked
                })
            }
            Promise::Role { seq, user, is_teacher } => {
                let until = self.events.get(..=place(*seq)).unwrap_or_default();
                let mut changes = until.iter().rev().filter(|(name, body)| {
                    *name == "onMemberChanged" && body["userID"] == user.as_str()
                });
                let role = changes.next().map(|(_, body)| body["role"] == "teacher");
                role == Some(*is_teacher)
            }
            Promise::Event { seq, name, invite, user, mark } => {
                self.events.get(place(*seq)).is_some_and(|(found, body)| {
                    found == name
                        && body["inviteID"] == invite.as_str()
                        && user.as_ref().is_none_or(|user| body["invitee"] == user.as_str())
                        && mark.as_ref().is_none_or(|mark| text(body, "data").contains(mark))
                })
            }
        };
        (!is_kept).then(|| format!("lost: {promise:?} (the log ends with {})", self.seq))
    }

    /// Invitations whose deadline was before this moment and that are still open.
    pub fn overdue(&self, moment: &str) -> Vec<String> {
        let late = |it: &&Invitation| {
            it.is_open() && it.expires_at.as_ref().is_some_and(|deadline| &**deadline < moment)
        };
        let late = self.invitations.values().filter(late);
        late.map(|it| format!("{:?} has not fired", it.expires_at)).collect()
    }

    /// What a member's snapshot tells otherwise than the log up to it.
    pub fn differs(&self, snapshot: &Value, member: &Member) -> Vec<String> {
        let mut wrongs = Vec::new();
        let members: BTreeSet<&str> = array(&snapshot["members"], "userID");
        let expected: BTreeSet<&str> = self.roles.keys().map(String::as_str).collect();
        if members != expected {
            wrongs.push(format!("the snapshot has members {members:?}, the log {expected:?}"));
        }
        let accepted = |parts: &Value| -> BTreeSet<String> {
            let parts = parts.as_array().into_iter().flatten();
            let accepted = parts.filter(|part| part["state"] == "accepted");
            accepted.map(|part| text(part, "userID")).collect()
        };
        let told: BTreeMap<String, BTreeSet<String>> = snapshot["invitations"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|it| (text(it, "inviteID"), accepted(&it["invitees"])))
            .collect();
        let mut expected = BTreeMap::new();
        for (id, it) in &self.invitations {
            let has_accepted = it.parts.iter().filter(|(_, part)| **part == Part::Accepted);
            let has_accepted: BTreeSet<String> =
                has_accepted.map(|(user, _)| user.clone()).collect();
            let sees = !it.is_between_two
                || it.inviter == member.user
                || it.parts.contains_key(&member.user);
            if sees && (it.is_open() || !has_accepted.is_empty()) {
                expected.insert(id.clone(), has_accepted);
            }
        }
        if told != expected {
            wrongs.push(format!("the snapshot has {told:?}, the log {expected:?}"));
        }
        wrongs
    }
}

fn array<'a>(list: &'a Value, field: &str) -> BTreeSet<&'a str> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(|item| item[field].as_str()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(events: &[(&str, Value)]) -> Log {
        let mut log = Log::default();
        for (place, (name, body)) in events.iter().enumerate() {
            let seq = place as u64 + 1;
            let mut body = body.clone();
            body["seq"] = seq.into();
            if body["at"].is_null() {
                body["at"] = json!("2026-01-01T08:00:00.000Z");
            }
            log.read(&Event { seq, name: (*name).to_owned(), text: body.to_string() });
        }
        log
    }

    fn class() -> Vec<(&'static str, Value)> {
        let invited = json!({
            "inviteID": "i", "inviter": "t", "groupID": "g", "inviteeList": "*", "data": "",
            "expiresAt": "2026-01-01T08:00:01.000Z", "answers": "each",
        });
        vec![
            ("onMemberJoined", json!({ "userID": "t", "role": "teacher" })),
            ("onMemberJoined", json!({ "userID": "s", "role": "student" })),
            ("onReceiveNewInvitation", invited),
        ]
    }

    const ACCEPTED: &str = "onInviteeAccepted";
    const TIMEOUT: &str = "onInvitationTimeout";

    fn with(more: &[(&'static str, Value)]) -> Log {
        read(&[class(), more.to_vec()].concat())
    }

    #[test]
    fn a_log_that_is_well_has_nothing_wrong() {
        let accepted = (ACCEPTED, json!({ "inviteID": "i", "invitee": "s" }));
        let late = json!({ "inviteID": "i", "inviteeList": "*", "at": "2026-01-01T08:00:01.000Z" });
        let log = with(&[accepted, (TIMEOUT, late)]);
        assert_eq!(log.wrongs, Vec::<String>::new());
        assert_eq!(log.overdue("2026-01-01T09:00:00.000Z"), Vec::<String>::new());
    }

    #[test]
    fn what_happens_twice_early_or_too_late_is_wrong() {
        let accepted = (ACCEPTED, json!({ "inviteID": "i", "invitee": "s" }));
        let at = |seconds: &str| format!("2026-01-01T08:00:{seconds}Z");
        let timeout = |seconds: &str| {
            (TIMEOUT, json!({ "inviteID": "i", "inviteeList": "*", "at": at(seconds) }))
        };
        let too_late = json!({ "inviteID": "i", "invitee": "s", "at": at("01.000") });
        for more in [
            vec![accepted.clone(), accepted],
            vec![timeout("00.999")],
            vec![timeout("01.000"), timeout("01.000")],
            vec![(ACCEPTED, too_late)],
            vec![(ACCEPTED, json!({ "inviteID": "i", "invitee": "t" }))],
            vec![("onInviteeFinished", json!({ "inviteID": "i", "invitee": "s" }))],
            vec![class()[2].clone()],
            vec![("onMemberLeft", json!({ "userID": "s", "at": at("01.000") }))],
            vec![
                ("onGroupChanged", json!({ "settings": { "locked": true } })),
                ("onMemberJoined", json!({ "userID": "u", "role": "student" })),
            ],
        ] {
            assert_eq!(with(&more).wrongs.len(), 1, "{more:?}");
        }
    }

    #[test]
    fn a_gap_is_wrong_and_so_is_a_deadline_that_never_fires() {
        let mut log = with(&[]);
        assert_eq!(log.overdue("2026-01-01T08:00:02.000Z").len(), 1);
        log.read(&Event { seq: 5, name: "onGroupEnded".to_owned(), text: r#"{"seq":5}"#.into() });
        assert!(log.wrongs[0].contains("after 3 comes 5"), "{:?}", log.wrongs);
    }

    #[test]
    fn what_was_promised_and_is_not_there_is_missed() {
        let log = with(&[(ACCEPTED, json!({ "inviteID": "i", "invitee": "s", "data": "mark" }))]);
        let promise = |seq, user: &str, mark: &str| Promise::Event {
            seq,
            name: ACCEPTED,
            invite: "i".to_owned(),
            user: Some(user.to_owned()),
            mark: Some(mark.to_owned()),
        };
        assert_eq!(log.broken(&[promise(4, "s", "mark")]), Vec::<String>::new());
        let lost = [promise(3, "s", "mark"), promise(4, "t", "mark"), promise(4, "s", "other")];
        assert_eq!(log.broken(&lost).len(), 3);
        assert_eq!(log.broken(&[promise(5, "s", "mark"), Promise::Ended]).len(), 2);
        assert_eq!(log.broken(&[Promise::Left("s".to_owned())]).len(), 1);

        let log = with(&[
            ("onGroupChanged", json!({ "name": "4C", "settings": { "locked": true } })),
            ("onMemberChanged", json!({ "userID": "s", "role": "teacher" })),
        ]);
        let changed = |seq, locked| Promise::Changed { seq, name: "4C".to_owned(), locked };
        let role = |seq, is_teacher| Promise::Role { seq, user: "s".to_owned(), is_teacher };
        assert_eq!(log.broken(&[changed(4, true), role(5, true)]), Vec::<String>::new());
        let lost = [changed(4, false), changed(5, true), role(4, true), role(5, false)];
        assert_eq!(log.broken(&lost).len(), 4);
    }
}
