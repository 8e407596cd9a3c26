//! A group read as a lesson: the rounds, the hands, the turns.

use signaling::{
    Answers, Group, Invitation, InviteId, InviteeState, Place, Sorted, Timestamp, UserId,
};

use crate::terms::Terms;
use crate::{ASK_ANYTIME, Among, Operation, Phases, Reason, Tally, Undo, Wait, Why};

/// How far a round has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It can be answered.
    Open,
    /// Its time is up.
    TimeUp,
    /// A teacher has closed it.
    Closed,
    /// The first hand has taken it.
    Taken,
}

/// A round of hands: one that can be answered, or the last one, until it is cleared or followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// The invitation that asks.
    pub invite_id: InviteId,
    /// Who asks.
    pub inviter: UserId,
    /// The question, when there is one.
    pub question: Option<String>,
    /// When it was asked.
    pub since: Timestamp,
    /// When it times out, when it does.
    pub expires_at: Option<Timestamp>,
    /// What everybody does before hands can go up.
    pub phases: Phases,
    /// Whether the first hand takes it.
    pub first: bool,
    /// How far it has come.
    pub phase: Phase,
    /// Whose hand took it.
    pub winner: Option<UserId>,
}

impl Round {
    /// What everybody does at a moment, before hands can go up; none once they can, or it is over.
    pub fn wait(&self, now: Timestamp) -> Option<Wait> {
        self.phases.wait(self.since, now).filter(|_| self.phase == Phase::Open)
    }

    /// When everybody begins to talk with a neighbour.
    pub fn pairs_at(&self) -> Timestamp {
        self.since.plus_seconds(self.phases.pairs_after())
    }

    /// When hands can go up.
    pub fn opens_at(&self) -> Timestamp {
        self.phases.opens_at(self.since)
    }
}

/// What makes a hand a raised one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandSource {
    /// The student accepted this round.
    Round(InviteId),
    /// The student asked unprompted.
    Ask(InviteId),
}

impl HandSource {
    /// Whether it is the answer to a round.
    pub const fn is_round(&self) -> bool {
        matches!(self, Self::Round(_))
    }
}

/// A raised hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hand {
    /// Whose.
    pub user: UserId,
    /// Since when.
    pub since: Timestamp,
    /// The event that raised it: the order of the list.
    pub seq: u64,
    /// What holds it up; more than one when several rounds were accepted.
    pub sources: Vec<HandSource>,
    /// Whether it was raised unprompted, while a question stands that it does not answer.
    pub own_question: bool,
    /// Whether its student was called and declined, or was passed over, and has kept the place.
    pub passed: bool,
    /// Whether it was a teacher who passed over them.
    pub skipped: bool,
}

impl Hand {
    /// Whether it answers a round.
    pub fn answers_a_round(&self) -> bool {
        self.sources.iter().any(HandSource::is_round)
    }
}

/// A student who is invited to speak and has not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invited {
    /// Who is invited.
    pub user: UserId,
    /// The invitation to speak.
    pub invite_id: InviteId,
    /// Since when.
    pub since: Timestamp,
    /// Why them, when they were picked.
    pub why: Option<Why>,
    /// Of whom they were picked.
    pub among: Option<Among>,
}

/// Somebody who has the floor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Who speaks.
    pub user: UserId,
    /// The invitation whose acceptance gave the floor.
    pub invite_id: InviteId,
    /// Whose acceptance it was: the speaker's, or that of the teacher who took an unprompted hand.
    pub part_of: UserId,
    /// Since when.
    pub since: Timestamp,
    /// Why them, when they were picked.
    pub why: Option<Why>,
    /// How many seconds it may last; none without a limit.
    pub limit: Option<u32>,
    /// Whether a teacher has muted them: they are heard again when they say so themselves.
    pub muted: bool,
}

impl Turn {
    /// Until when it may last; none without a limit.
    pub fn until(&self) -> Option<Timestamp> {
        Some(self.since.plus_seconds(self.limit?))
    }
}

/// What matters most to one student right now; one thing at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// They are invited to speak.
    Invited(Invited),
    /// They have the floor.
    Speaking(Turn),
    /// Their hand is up: the place in the list, from 1, and how many hands there are.
    HandUp {
        /// The place, from 1.
        place: usize,
        /// How many hands are up.
        of: usize,
    },
    /// They are asked and have not answered.
    Asked(Round),
    /// They may raise a hand: unprompted, or anew in a round that is still open.
    MayRaise,
    /// Nothing can be done until a teacher asks.
    Waiting,
}

/// Somebody who was called and declined, or was passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Declined {
    user: UserId,
    /// By which event.
    seq: u64,
    /// Whether a teacher has passed over them.
    skipped: bool,
}

/// A group as the classroom reads it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lesson {
    /// The rounds that can still be answered, oldest first.
    pub rounds: Vec<Round>,
    /// The question that stands on every screen: the newest, until it is cleared or followed.
    pub question: Option<Round>,
    /// The raised hands, in the one order in which the server took them.
    pub hands: Vec<Hand>,
    /// Those invited to speak and still silent, oldest first.
    pub invited: Vec<Invited>,
    /// Those who have the floor, oldest first.
    pub speaking: Vec<Turn>,
    /// What was done last and can be taken back.
    pub undo: Option<Undo>,
    /// Who declined the floor, or was passed over.
    declined: Vec<Declined>,
}

/// Which members' hands were found up already, so that in a class of thousands nobody's is looked
/// for among all.
struct Raised<'a> {
    group: &'a Group,
    /// By the place of a member among the members, the place of their hand among the hands.
    hands: Vec<Option<usize>>,
}

impl Lesson {
    /// Reads the group's live invitations. One-to-one invitations are nobody else's to see and so
    /// no part of the lesson.
    pub fn of(group: &Group) -> Self {
        let mut lesson = Self::of_those(group, group.live());
        // A hand is a student's.
        lesson.hands.retain(|hand| !group.is_teacher(hand.user));
        for hand in &mut lesson.hands {
            hand.own_question = lesson.question.is_some() && !hand.answers_a_round();
            let has_declined = |it: &&Declined| it.user == hand.user && it.seq > hand.seq;
            let last = lesson.declined.iter().filter(has_declined).max_by_key(|it| it.seq);
            hand.passed = last.is_some();
            hand.skipped = last.is_some_and(|it| it.skipped);
        }
        lesson.undo = Undo::of(group);
        if group.ended {
            lesson.question = None;
            lesson.undo = None;
            lesson.declined.clear();
        }
        lesson
    }

    /// The turns that go on, and nothing else of the lesson: that is asked with each hand, for which
    /// what nobody has accepted is not read.
    pub(crate) fn turns_of(group: &Group) -> Vec<Turn> {
        let gives_turns = |it: &&Invitation| {
            let goes_on = it.in_state(InviteeState::Accepted).next().is_some();
            let operation = goes_on.then(|| Operation::read(&it.data)).flatten();
            matches!(operation, Some(Operation::Speaking { .. } | Operation::SpeechApplication))
        };
        Self::of_those(group, group.live().filter(gives_turns)).speaking
    }

    /// What these live invitations make of the lesson, with what holds up the hands of teachers as
    /// well, for taking it down.
    pub(crate) fn of_those<'a>(
        group: &Group,
        invitations: impl Iterator<Item = &'a Invitation>,
    ) -> Self {
        let mut lesson = Self::default();
        let mut raised = Raised { group, hands: vec![None; group.members().len()] };
        for invitation in invitations.filter(|invitation| invitation.group_id.is_some()) {
            match Operation::read(&invitation.data) {
                Some(Operation::HandRaising { question, phases }) => {
                    lesson.round(&mut raised, invitation, question, phases);
                }
                Some(Operation::Speaking { why, among, .. }) => {
                    lesson.turns(group, invitation, why, among);
                }
                Some(Operation::SpeechApplication) => lesson.ask(&mut raised, invitation),
                None => {}
            }
        }
        // By cached keys of one type, all three share the code that sorts.
        lesson.hands.sort_by_cached_key(|hand| hand.seq.cast_signed());
        lesson.invited.sort_by_cached_key(|invited| invited.since.as_millis());
        lesson.speaking.sort_by_cached_key(|turn| turn.since.as_millis());
        lesson
    }

    /// Only a teacher asks the class; a student's own invitation asks nobody for hands.
    fn round(
        &mut self,
        raised: &mut Raised<'_>,
        invitation: &Invitation,
        question: Option<String>,
        phases: Phases,
    ) {
        let is_shown = invitation.open || invitation.stays;
        if is_shown && raised.group.is_teacher(invitation.inviter) {
            let round = Round {
                invite_id: invitation.invite_id,
                inviter: invitation.inviter,
                question,
                since: invitation.place().at,
                expires_at: invitation.expires_at,
                phases,
                first: invitation.answers == Answers::First,
                phase: phase(invitation),
                winner: invitation.taker(),
            };
            if invitation.open {
                self.rounds.push(round.clone());
            }
            self.question = Some(round);
        }
        for part in invitation.parts().iter().filter(|p| p.state == InviteeState::Accepted) {
            let source = HandSource::Round(invitation.invite_id);
            self.raise(raised, part.user_id, part.place(), source);
        }
    }

    /// Only a teacher gives the floor; a student's own invitation to teachers gives none.
    fn turns(
        &mut self,
        group: &Group,
        invitation: &Invitation,
        why: Option<Why>,
        among: Option<Among>,
    ) {
        let invite_id = invitation.invite_id;
        let by_teacher = group.is_teacher(invitation.inviter);
        let parts = invitation.parts().iter();
        for part in parts.filter(|part| by_teacher || !group.is_teacher(part.user_id)) {
            let (user, since) = (part.user_id, part.place().at);
            match part.state {
                InviteeState::Pending => {
                    self.invited.push(Invited { user, invite_id, since, why, among });
                }
                InviteeState::Accepted => {
                    let (part_of, terms) = (user, Terms::of(part));
                    let (limit, muted) = (terms.limit_in(group), terms.muted);
                    let turn = Turn { user, invite_id, part_of, since, why, limit, muted };
                    self.speaking.push(turn);
                }
                InviteeState::Rejected => {
                    let skipped = part.reason.as_deref() == Some(Reason::Skipped.text());
                    self.declined.push(Declined { user, seq: part.seq, skipped });
                }
                InviteeState::Cancelled | InviteeState::TimedOut | InviteeState::Finished => {}
            }
        }
    }

    fn ask(&mut self, raised: &mut Raised<'_>, invitation: &Invitation) {
        let (user, invite_id) = (invitation.inviter, invitation.invite_id);
        let taken = invitation.parts().iter().find(|part| part.state == InviteeState::Accepted);
        if let Some(part) = taken {
            let terms = Terms::of(part);
            self.speaking.push(Turn {
                user,
                invite_id,
                part_of: part.user_id,
                since: part.place().at,
                why: None,
                limit: terms.limit_in(raised.group),
                muted: terms.muted,
            });
        } else if invitation.open {
            let source = HandSource::Ask(invite_id);
            self.raise(raised, user, invitation.place(), source);
        }
    }

    fn raise(
        &mut self,
        raised: &mut Raised<'_>,
        user: UserId,
        Place { seq, at: since }: Place,
        source: HandSource,
    ) {
        let place = raised.group.place(user);
        let known = place.and_then(|place| raised.hands[place]);
        match known.and_then(|hand| self.hands.get_mut(hand)) {
            Some(hand) => {
                hand.sources.push(source);
                (hand.seq, hand.since) = (hand.seq, hand.since).min((seq, since));
            }
            None => {
                if let Some(place) = place {
                    raised.hands[place] = Some(self.hands.len());
                }
                let sources = vec![source];
                let (own_question, passed, skipped) = (false, false, false);
                self.hands.push(Hand { user, since, seq, sources, own_question, passed, skipped });
            }
        }
    }

    /// This student's raised hand.
    pub fn hand(&self, user: UserId) -> Option<&Hand> {
        self.hands.iter().find(|hand| hand.user == user)
    }

    /// This student's open invitation to speak.
    pub fn invited(&self, user: UserId) -> Option<&Invited> {
        self.invited.iter().find(|invited| invited.user == user)
    }

    /// This member's turn, while they have the floor.
    pub fn turn(&self, user: UserId) -> Option<&Turn> {
        self.speaking.iter().find(|turn| turn.user == user)
    }

    /// Who was called and has declined, or was passed over: since their hand went up, or without one.
    pub(crate) fn passed(&self) -> Sorted<UserId> {
        let mut passed: Sorted<UserId> =
            self.declined.iter().map(|declined| declined.user).collect();
        for hand in self.hands.iter().filter(|hand| !hand.passed) {
            passed.remove(&hand.user);
        }
        passed
    }

    /// Whether hands cannot go up yet: everybody thinks, or talks with a neighbour.
    pub fn waits(&self, now: Timestamp) -> bool {
        self.rounds.iter().any(|round| round.wait(now).is_some())
    }

    /// The one turn that goes on; none when none does, or several.
    pub const fn one_turn(&self) -> Option<&Turn> {
        match self.speaking.as_slice() {
            [turn] => Some(turn),
            _ => None,
        }
    }

    /// The question that stands on every screen, whether or not it can still be answered.
    pub const fn round_now(&self) -> Option<&Round> {
        self.question.as_ref()
    }

    /// Whom *Next* calls: whoever took the question that stands, while their hand is up; else the
    /// first who is connected and has not passed; else the first.
    pub fn hero(&self, is_online: impl Fn(UserId) -> bool) -> Option<&Hand> {
        let of_winner = self.hand_of_winner();
        let ready = || self.hands.iter().find(|hand| !hand.passed && is_online(hand.user));
        of_winner.or_else(ready).or_else(|| self.hands.first())
    }

    /// The same where whoever had the fewest turns is next.
    pub fn fair_hero(&self, tally: &Tally, is_online: impl Fn(UserId) -> bool) -> Option<UserId> {
        let of_winner = self.hand_of_winner().map(|hand| hand.user);
        let ready = self.hands.iter().filter(|hand| !hand.passed && is_online(hand.user));
        let fair = || tally.fair(ready.map(|hand| hand.user)).map(|(user, _)| user);
        of_winner.or_else(fair).or_else(|| Some(self.hero(is_online)?.user))
    }

    fn hand_of_winner(&self) -> Option<&Hand> {
        let winner = self.question.as_ref().and_then(|round| round.winner);
        winner.and_then(|user| self.hand(user)).filter(|hand| !hand.passed)
    }

    /// The newest round in which this student has not answered.
    pub fn asked(&self, group: &Group, user: UserId) -> Option<&Round> {
        self.rounds
            .iter()
            .rev()
            .find(|round| state_in(group, round, user) == Some(InviteeState::Pending))
    }

    /// The newest open round that this student answered and could answer anew. What is left of a
    /// buzzer is for those who have not answered.
    pub(crate) fn answered(&self, group: &Group, user: UserId) -> Option<&Round> {
        self.rounds.iter().rev().find(|round| {
            !round.first
                && matches!(
                    state_in(group, round, user),
                    Some(InviteeState::Rejected | InviteeState::Finished)
                )
        })
    }

    /// What matters most to this student right now.
    pub fn standing(&self, group: &Group, user: UserId) -> Standing {
        if let Some(invited) = self.invited(user) {
            return Standing::Invited(invited.clone());
        }
        if let Some(turn) = self.turn(user) {
            return Standing::Speaking(turn.clone());
        }
        if let Some(place) = self.hands.iter().position(|hand| hand.user == user) {
            return Standing::HandUp { place: place + 1, of: self.hands.len() };
        }
        if let Some(round) = self.asked(group, user) {
            return Standing::Asked(round.clone());
        }
        if group.is_student(user)
            && (group.settings.is_on(ASK_ANYTIME) || self.answered(group, user).is_some())
        {
            return Standing::MayRaise;
        }
        Standing::Waiting
    }
}

fn state_in(group: &Group, round: &Round, user: UserId) -> Option<InviteeState> {
    Some(group.invitation(round.invite_id)?.part(user)?.state)
}

fn phase(invitation: &Invitation) -> Phase {
    if invitation.open {
        return Phase::Open;
    }
    match invitation.closed {
        Some(InviteeState::TimedOut) => Phase::TimeUp,
        _ if invitation.taken_by.is_some() => Phase::Taken,
        Some(InviteeState::Accepted) => Phase::Taken,
        Some(
            InviteeState::Pending
            | InviteeState::Rejected
            | InviteeState::Cancelled
            | InviteeState::Finished,
        )
        | None => Phase::Closed,
    }
}
