//! Liveness of one-to-one invitations, and of what others began among several: whether one rings, and whether
//! all ends of an accepted one still give signs of life. Not logged. An end that is silent for as long as the application allows
//! is gone; after a restart everybody has that long again.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

use signaling::{Application, Group, Invitation, InviteId, InviteeState, UserId};
use tokio::time::Instant;

/// An accepted invitation of which all ends have to give signs of life.
#[derive(Debug)]
struct Watch {
    silence: Duration,
    /// Who is at each end, and when they were heard last.
    ends: Vec<(UserId, Instant)>,
}

/// The liveness of one group's invitations, as of the last commit.
#[derive(Debug, Default)]
pub(crate) struct Liveness {
    ringing: HashSet<InviteId>,
    watches: HashMap<InviteId, Watch>,
    /// When each end will have been silent for too long.
    due: BTreeSet<(Instant, InviteId, UserId)>,
    /// How many of the watches allow for so long a silence.
    silences: BTreeMap<Duration, usize>,
}

/// Who has to give signs of life, and how often; none when nobody has.
fn watched(
    group: &Group,
    invitation: &Invitation,
    application: &dyn Application,
) -> Option<(Vec<UserId>, Duration)> {
    let ends = if invitation.group_id.is_some() {
        application.ends(group, invitation)
    } else {
        let callee = invitation.in_state(InviteeState::Accepted).next()?;
        vec![invitation.inviter, callee]
    };
    if ends.is_empty() {
        return None;
    }
    let silence = Duration::from_secs(application.silence(&invitation.data)?.into());
    Some((ends, silence))
}

impl Liveness {
    /// Takes over how the whole group stands.
    pub fn follow_all(&mut self, group: &Group, application: &dyn Application, now: Instant) {
        let known = self.watches.keys().chain(&self.ringing).copied();
        let all: BTreeSet<InviteId> = known.chain(group.live().map(|it| it.invite_id)).collect();
        self.follow(group, all, application, now);
    }

    /// Takes over how some invitations stand: who has to give signs of life from now on, and who
    /// not.
    pub fn follow(
        &mut self,
        group: &Group,
        invitations: impl IntoIterator<Item = InviteId>,
        application: &dyn Application,
        now: Instant,
    ) {
        for invite_id in invitations {
            let invitation = group.invitation(invite_id);
            match invitation.and_then(|invitation| watched(group, invitation, application)) {
                Some((users, silence)) => self.watch(invite_id, users, silence, now),
                None => self.let_go(invite_id),
            }
            if !invitation.is_some_and(|invitation| invitation.open) {
                self.ringing.remove(&invite_id);
            }
        }
    }

    fn watch(&mut self, invite_id: InviteId, users: Vec<UserId>, silence: Duration, now: Instant) {
        let known = self.watches.get(&invite_id).filter(|watch| watch.silence == silence);
        let known = known.map(|watch| watch.ends.clone()).unwrap_or_default();
        if known.iter().map(|(user, _)| user).eq(&users) {
            return;
        }
        self.let_go(invite_id);
        // Who was there already has been heard when they were.
        let heard_at = |user| known.iter().find(|(end, _)| *end == user).map_or(now, |(_, at)| *at);
        let ends: Vec<_> = users.into_iter().map(|user| (user, heard_at(user))).collect();
        self.due.extend(ends.iter().map(|(user, at)| (*at + silence, invite_id, *user)));
        *self.silences.entry(silence).or_default() += 1;
        self.watches.insert(invite_id, Watch { silence, ends });
    }

    fn let_go(&mut self, invite_id: InviteId) {
        let Some(Watch { silence, ends }) = self.watches.remove(&invite_id) else { return };
        for (user, heard_at) in ends {
            self.due.remove(&(heard_at + silence, invite_id, user));
        }
        if let Some(count) = self.silences.get_mut(&silence) {
            *count -= 1;
        }
        self.silences.retain(|_, count| *count > 0);
    }

    /// An end is there.
    pub fn heard(&mut self, invite_id: InviteId, user: UserId, now: Instant) {
        let Some(Watch { silence, ends }) = self.watches.get_mut(&invite_id) else { return };
        if let Some((_, heard_at)) = ends.iter_mut().find(|(end, _)| *end == user) {
            self.due.remove(&(*heard_at + *silence, invite_id, user));
            *heard_at = now;
            self.due.insert((now + *silence, invite_id, user));
        }
    }

    /// The ends that have been silent for too long.
    pub fn silent(&self, now: Instant) -> Vec<(InviteId, UserId)> {
        let silent = self.due.iter().take_while(|(at, ..)| *at <= now);
        let mut silent: Vec<_> = silent.map(|(_, invite_id, user)| (*invite_id, *user)).collect();
        silent.sort_unstable();
        silent
    }

    /// The moment at which the next end will have been silent for too long.
    pub fn next_silence(&self) -> Option<Instant> {
        self.due.first().map(|(at, ..)| *at)
    }

    /// The shortest silence by which something could be over, of the group as it was taken over and
    /// with what has become of some invitations since.
    pub fn shortest_silence(
        &self,
        group: &Group,
        since: impl IntoIterator<Item = InviteId>,
        application: &dyn Application,
    ) -> Option<Duration> {
        let mut silences = self.silences.clone();
        let since: BTreeSet<InviteId> = since.into_iter().collect();
        for invite_id in since {
            if let Some(count) =
                self.watches.get(&invite_id).and_then(|watch| silences.get_mut(&watch.silence))
            {
                *count -= 1;
            }
            let invitation = group.invitation(invite_id);
            let watched = invitation.and_then(|it| watched(group, it, application));
            if let Some((_, silence)) = watched {
                *silences.entry(silence).or_default() += 1;
            }
        }
        silences.into_iter().find(|(_, count)| *count > 0).map(|(silence, _)| silence)
    }

    /// An invitation is being shown; tells whether that is new.
    pub fn ring(&mut self, invite_id: InviteId) -> bool {
        self.ringing.insert(invite_id)
    }

    /// The invitations that are being shown.
    pub fn ringing(&self) -> impl Iterator<Item = InviteId> {
        self.ringing.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use signaling::{Command, Event, GroupId, Name, Settings, Timeout, Timestamp, act};

    use super::*;
    use crate::clock::monotonic;

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
        let create = Command::Create {
            name: name("4B"),
            user: ADA,
            teacher: name("Ada"),
            settings: Settings::default(),
        };
        does(&mut group, create);
        does(&mut group, Command::Join { user: CLEO, name: name("Cleo"), alike: None });
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
        let (mut group, mut signs, start) = (called("20"), Liveness::default(), monotonic());
        let at = |seconds| start + Duration::from_secs(seconds);
        signs.follow_all(&group, &Watched, start);
        assert_eq!(signs.next_silence(), None, "nothing was accepted");
        accept(&mut group);
        let twenty = Some(Duration::from_secs(20));
        assert_eq!(signs.shortest_silence(&group, [], &Watched), None);
        assert_eq!(signs.shortest_silence(&group, [CALL], &Watched), twenty);
        signs.follow(&group, [CALL], &Watched, at(5));
        assert_eq!(signs.shortest_silence(&group, [], &Watched), twenty);
        signs.heard(CALL, CLEO, at(15));
        signs.follow_all(&group, &Watched, at(16));
        assert_eq!(signs.shortest_silence(&group, [CALL], &Watched), twenty);
        let mut over = group.clone();
        does(&mut over, Command::End { actor: ADA });
        assert_eq!(signs.shortest_silence(&over, [CALL], &Watched), None, "it is over by then");
        assert_eq!(signs.next_silence(), Some(at(25)));
        assert_eq!(signs.silent(at(24)), []);
        assert_eq!(signs.silent(at(25)), [(CALL, ADA)]);
        assert_eq!(signs.silent(at(35)), [(CALL, ADA), (CALL, CLEO)]);
        signs.heard(CALL, ADA, at(34));
        assert_eq!(signs.silent(at(35)), [(CALL, CLEO)], "it has come back in time");
    }

    #[test]
    fn nothing_is_watched_that_needs_no_sign_of_life_or_is_over() {
        let now = monotonic();
        for (data, ends) in [("", 0), ("20", 2)] {
            let (mut group, mut signs) = (called(data), Liveness::default());
            accept(&mut group);
            signs.follow(&group, [CALL], &Watched, now);
            assert_eq!(signs.due.len(), ends);
            let end = Command::End { actor: ADA };
            does(&mut group, end);
            signs.follow(&group, [CALL], &Watched, now);
            assert_eq!((signs.watches.len(), signs.next_silence()), (0, None));
            assert!(signs.silences.is_empty());
        }
    }

    #[test]
    fn an_invitation_rings_until_it_is_answered() {
        let (mut group, mut signs) = (called("20"), Liveness::default());
        assert!(signs.ring(CALL));
        assert!(!signs.ring(CALL), "a second device is no news");
        signs.follow(&group, [CALL], &Watched, monotonic());
        assert!(signs.ringing().eq([CALL]));
        accept(&mut group);
        signs.follow(&group, [CALL], &Watched, monotonic());
        assert!(signs.ringing().next().is_none());
    }
}
