//! What devices at the two ends of one-to-one invitations tell of themselves and nobody writes
//! down: that one is being shown, and that an end of an accepted one is still there. An end that
//! gives no sign of life for as long as the application allows is gone. After a restart everybody
//! has that long again.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use signaling::{Application, Group, InviteId, InviteeState, UserId};
use tokio::time::Instant;

#[derive(Debug)]
struct End {
    heard_at: Instant,
    silence: Duration,
}

/// The signs of one group's ends, as of the last commit.
#[derive(Debug, Default)]
pub(crate) struct Signs {
    ringing: HashSet<InviteId>,
    ends: HashMap<(InviteId, UserId), End>,
}

/// The ends of accepted invitations that have to give signs of life, and how often.
fn watched<'a>(
    group: &'a Group,
    application: &'a dyn Application,
) -> impl Iterator<Item = (InviteId, UserId, Duration)> + 'a {
    let between_two = group.live().filter(|invitation| invitation.group_id.is_none());
    between_two.flat_map(move |invitation| {
        let callee = invitation.in_state(InviteeState::Accepted).next();
        let silence = callee.and_then(|_| application.silence(&invitation.data));
        let silence = silence.map(|seconds| Duration::from_secs(seconds.into()));
        let ends = [Some(invitation.inviter), callee].into_iter().flatten();
        ends.filter_map(move |user| Some((invitation.invite_id, user, silence?)))
    })
}

/// The shortest silence by which something of the group as it stands could be over.
pub(crate) fn shortest_silence(group: &Group, application: &dyn Application) -> Option<Duration> {
    watched(group, application).map(|(_, _, silence)| silence).min()
}

impl Signs {
    /// Takes over how the group stands: who has to give signs of life from now on, and who not.
    pub fn follow(&mut self, group: &Group, application: &dyn Application, now: Instant) {
        let mut before = std::mem::take(&mut self.ends);
        for (invite_id, user, silence) in watched(group, application) {
            let end = before.remove(&(invite_id, user));
            let end = end.unwrap_or(End { heard_at: now, silence });
            self.ends.insert((invite_id, user), end);
        }
        self.ringing.retain(|id| group.invitation(*id).is_some_and(|invitation| invitation.open));
    }

    /// An end is there.
    pub fn heard(&mut self, invite_id: InviteId, user: UserId, now: Instant) {
        if let Some(end) = self.ends.get_mut(&(invite_id, user)) {
            end.heard_at = now;
        }
    }

    /// The ends that have been silent for too long.
    pub fn silent(&self, now: Instant) -> Vec<(InviteId, UserId)> {
        let is_silent = |end: &End| now.saturating_duration_since(end.heard_at) >= end.silence;
        let silent = self.ends.iter().filter(|(_, end)| is_silent(end)).map(|(who, _)| *who);
        let mut silent: Vec<_> = silent.collect();
        silent.sort_unstable();
        silent
    }

    /// The moment at which the next end will have been silent for too long.
    pub fn next_silence(&self) -> Option<Instant> {
        self.ends.values().map(|end| end.heard_at + end.silence).min()
    }

    /// An invitation is being shown; tells whether that is new.
    pub fn ring(&mut self, invite_id: InviteId) -> bool {
        self.ringing.insert(invite_id)
    }

    /// Whether an invitation is being shown.
    pub fn rings(&self, invite_id: InviteId) -> bool {
        self.ringing.contains(&invite_id)
    }
}

#[cfg(test)]
mod tests {
    use signaling::{Command, Event, GroupId, Name, Timeout, Timestamp, act};

    use super::*;

    const ADA: UserId = UserId::from_bytes([1; 16]);
    const CLEO: UserId = UserId::from_bytes([2; 16]);
    const CALL: InviteId = InviteId::from_bytes([3; 16]);

    struct Watched;

    impl Application for Watched {
        fn finish_reason(&self, _: &str) -> Option<&'static str> {
            None
        }

        fn follow(&self, _: &Group, _: &Event) -> Vec<Command> {
            Vec::new()
        }

        fn silence(&self, data: &str) -> Option<u32> {
            data.parse().ok()
        }
    }

    fn does(group: &mut Group, command: Command) {
        act(group, Timestamp::default(), command, &Watched).expect("it is allowed");
    }

    fn called(data: &str) -> Group {
        let mut group = Group::new(GroupId::from_bytes([9; 16]));
        let name = |text| Name::new(text).expect("a name");
        let create = Command::Create { name: name("4B"), user: ADA, teacher: name("Ada") };
        does(&mut group, create);
        does(&mut group, Command::Join { user: CLEO, name: name("Cleo") });
        let (data, timeout) = (data.to_owned(), Timeout::NEVER);
        let invite = Command::Invite { actor: ADA, invite_id: CALL, invitee: CLEO, data, timeout };
        does(&mut group, invite);
        group
    }

    fn accept(group: &mut Group) {
        let data = String::new();
        does(group, Command::Accept { actor: CLEO, invite_id: CALL, data });
    }

    #[test]
    fn an_end_is_gone_when_it_was_silent_for_as_long_as_the_application_says() {
        let (mut group, mut signs, start) = (called("20"), Signs::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        signs.follow(&group, &Watched, start);
        assert_eq!(signs.next_silence(), None, "nothing was accepted");
        accept(&mut group);
        signs.follow(&group, &Watched, at(5));
        assert_eq!(shortest_silence(&group, &Watched), Some(Duration::from_secs(20)));
        signs.heard(CALL, CLEO, at(15));
        signs.follow(&group, &Watched, at(16));
        assert_eq!(signs.next_silence(), Some(at(25)));
        assert_eq!(signs.silent(at(24)), []);
        assert_eq!(signs.silent(at(25)), [(CALL, ADA)]);
        assert_eq!(signs.silent(at(35)), [(CALL, ADA), (CALL, CLEO)]);
        signs.heard(CALL, ADA, at(34));
        assert_eq!(signs.silent(at(35)), [(CALL, CLEO)], "it has come back in time");
    }

    #[test]
    fn nothing_is_watched_that_needs_no_sign_of_life_or_is_over() {
        let now = Instant::now();
        for (data, ends) in [("", 0), ("20", 2)] {
            let (mut group, mut signs) = (called(data), Signs::default());
            accept(&mut group);
            signs.follow(&group, &Watched, now);
            assert_eq!(signs.ends.len(), ends);
            let end = Command::End { actor: ADA };
            does(&mut group, end);
            signs.follow(&group, &Watched, now);
            assert_eq!((signs.ends.len(), signs.next_silence()), (0, None));
        }
    }

    #[test]
    fn an_invitation_rings_until_it_is_answered() {
        let (mut group, mut signs) = (called("20"), Signs::default());
        assert!(signs.ring(CALL));
        assert!(!signs.ring(CALL), "a second device is no news");
        signs.follow(&group, &Watched, Instant::now());
        assert!(signs.rings(CALL));
        accept(&mut group);
        signs.follow(&group, &Watched, Instant::now());
        assert!(!signs.rings(CALL));
    }
}
