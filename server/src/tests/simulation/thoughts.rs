//! What somebody might do next who looks at the page of a class, now and then of a moment ago or what they
//! may not.

use std::collections::BTreeSet;

use call::{Offer, STUDENTS_MAY_CALL};
use classroom::{
    ASK_ANYTIME, Among, END_BY_ITSELF, FAIR_ORDER, How, Lesson, Move, Operation, SPEAKING_LIMIT,
    TURN_STARTS_AT_ONCE,
};
use signaling::{
    Answers, Command, FinishWhom, Group, InviteId, InviteeList, Name, NamesShown, Role,
    STUDENTS_INVITE_STUDENTS, SettingsChange, Timeout, UserId,
};

use super::model::Model;

/// What somebody would do.
pub enum Thought {
    Verb(Command),
    Ring(InviteId),
    Look(InviteId),
    KeepAlive(InviteId),
    Relay(InviteId),
}

/// Whoever thinks of it: the chance by which they do, and what is true of their class.
pub struct Mind<'a> {
    pub random: &'a mut fastrand::Rng,
    /// How many things have got a name so far.
    pub named: &'a mut u64,
    /// None before anything has happened in it.
    pub model: Option<&'a Model>,
}

/// Sixteen bytes that are nobody else's.
pub fn fresh(random: &mut fastrand::Rng, named: &mut u64) -> [u8; 16] {
    *named += 1;
    let number = u128::from(*named) | (u128::from(random.u64(..)) << 64);
    number.to_be_bytes()
}

impl Mind<'_> {
    fn chance(&mut self, thousandths: u32) -> bool {
        thousandths > 0 && self.random.u32(..1_000) < thousandths
    }

    fn pick(&mut self, count: usize) -> Option<usize> {
        (count > 0).then(|| self.random.usize(..count))
    }

    fn fresh(&mut self) -> [u8; 16] {
        fresh(self.random, self.named)
    }

    /// An invitation on the page, or any that ever was, those between two others included.
    fn some_invitation(&mut self, actor: UserId, page: &Group) -> Option<InviteId> {
        let model = self.model?;
        let strange: Vec<InviteId> =
            model.invitations.keys().copied().filter(|it| !model.may_know(actor, *it)).collect();
        if let Some(place) = self.pick(strange.len())
            && self.chance(120)
        {
            return Some(strange[place]);
        }
        let theirs: Vec<InviteId> = page
            .live()
            .filter(|it| it.part(actor).is_some() || it.inviter == actor)
            .map(|it| it.invite_id)
            .collect();
        if let Some(place) = self.pick(theirs.len())
            && !self.chance(300)
        {
            return Some(theirs[place]);
        }
        let live: Vec<InviteId> = page.live().map(|it| it.invite_id).collect();
        if let Some(place) = self.pick(live.len())
            && !self.chance(100)
        {
            return Some(live[place]);
        }
        let all: Vec<InviteId> = model.invitations.keys().copied().collect();
        self.pick(all.len()).map(|place| all[place])
    }

    /// Something that a member might do, who looks at this page.
    pub fn think_of(&mut self, actor: UserId, role: Role, page: &Group) -> Option<Thought> {
        let is_teacher = role == Role::Teacher;
        let members: Vec<UserId> = page.members().iter().map(|member| member.user_id).collect();
        let somebody = members[self.random.usize(..members.len())];
        let fresh = InviteId::from_bytes(self.fresh());
        let word = format!("w{}", self.named);
        let seconds = [0, 1, 2, 3, 5, 30][self.random.usize(..6)];
        let timeout = Timeout::new(seconds).unwrap_or_default();
        let invite_id = self.some_invitation(actor, page);
        let data = if self.random.bool() { word.clone() } else { String::new() };
        // Who is the only teacher looks for another: much happens between teachers alone.
        let is_alone = is_teacher && page.with_role(Role::Teacher).count() == 1;
        if is_alone && members.len() > 2 && self.chance(220) {
            let role = Role::Teacher;
            return Some(Thought::Verb(Command::ChangeRole { actor, user: somebody, role }));
        }
        // What a teacher does as one, and its undo.
        if is_teacher
            && self.chance(220)
            && let Some(command) = self.think_of_move(actor, page, &word, timeout, fresh)
        {
            return Some(Thought::Verb(command));
        }
        let call = || Offer {
            room: word.clone(),
            ..Offer::read(r#"{"operation":"call"}"#).expect("a call")
        };
        let command = match self.random.u32(..100) {
            0..12 => {
                let (operation, invitee_list) = match self.random.u32(..3) {
                    _ if !is_teacher => (Operation::SpeechApplication, InviteeList::Everyone),
                    0 => (Operation::CALL, InviteeList::Members(vec![somebody])),
                    _ => {
                        let question = Some(word.clone());
                        (Operation::asks(question), InviteeList::Everyone)
                    }
                };
                let answers = match self.random.u32(..3) {
                    0 => Answers::First,
                    _ if !is_teacher => Answers::First,
                    _ => Answers::Each,
                };
                let data = operation.to_data();
                Command::InviteInGroup {
                    actor,
                    invite_id: fresh,
                    invitee_list,
                    data,
                    timeout,
                    answers,
                }
            }
            12..15 => {
                let invitee_list = InviteeList::Members(
                    members.iter().copied().filter(|_| self.random.bool()).collect(),
                );
                let (answers, data) = (Answers::First, word);
                Command::InviteInGroup {
                    actor,
                    invite_id: fresh,
                    invitee_list,
                    data,
                    timeout,
                    answers,
                }
            }
            15..22 => Command::Invite {
                actor,
                invite_id: fresh,
                invitee: somebody,
                data: if self.chance(800) { call().to_data() } else { word },
                timeout,
            },
            22..50 => Command::Accept { actor, invite_id: invite_id?, data },
            50..56 => Command::Reject { actor, invite_id: invite_id?, data, reason: None },
            56..62 => Command::Cancel { actor, invite_id: invite_id?, data, reason: None },
            62..72 => {
                let whom = match self.random.u32(..4) {
                    0 => FinishWhom::Unnamed,
                    1 => FinishWhom::Member(somebody),
                    _ => FinishWhom::Member(actor),
                };
                // A teacher may end what goes on between two others.
                let between = self.model?.between_others(actor);
                match between.first().filter(|_| is_teacher && self.chance(400)) {
                    Some((invite_id, other)) => {
                        let whom = match whom {
                            FinishWhom::Unnamed => whom,
                            FinishWhom::Member(_) => FinishWhom::Member(*other),
                        };
                        let invite_id = *invite_id;
                        Command::Finish { actor, invite_id, whom, reason: None, data }
                    }
                    None => {
                        Command::Finish { actor, invite_id: invite_id?, whom, reason: None, data }
                    }
                }
            }
            72..75 => {
                let invite_id = invite_id?;
                let is_call =
                    page.invitation(invite_id).is_some_and(|it| it.data.contains("\"call\""));
                let data = if is_call { call().to_data() } else { word };
                Command::Modify { actor, invite_id, data, expires_at: None }
            }
            75..78 => {
                let some = |random: &mut fastrand::Rng, often: u32| {
                    (random.u32(..100) < 50).then(|| random.u32(..100) < often)
                };
                let locked = some(self.random, 15);
                let switches = [
                    ASK_ANYTIME,
                    TURN_STARTS_AT_ONCE,
                    FAIR_ORDER,
                    END_BY_ITSELF,
                    STUDENTS_INVITE_STUDENTS,
                    STUDENTS_MAY_CALL,
                ];
                let switches = switches
                    .into_iter()
                    .filter_map(|switch| Some((switch, some(self.random, 80)?)))
                    .collect();
                let limit = self.random.u32(..8);
                let amounts = (limit < 5).then_some((SPEAKING_LIMIT, limit)).into_iter().collect();
                let names = self.random.u32(..8);
                let names = NamesShown::ALL.get(names as usize).copied();
                let settings = SettingsChange { locked, names, switches, amounts };
                let name = self.random.bool().then(|| Name::new(&word).ok()).flatten();
                Command::ChangeGroup { actor, name, settings }
            }
            78..79 => Command::RenewJoinCode { actor },
            79..82 => {
                let role = if self.random.bool() { Role::Teacher } else { Role::Student };
                Command::ChangeRole { actor, user: somebody, role }
            }
            82..83 => {
                let user = if is_teacher { somebody } else { actor };
                Command::Leave { actor, user }
            }
            83 if self.chance(60) => Command::End { actor },
            // As the server does by itself, with what it has read a while ago.
            83 if self.chance(20) => Command::EndForgotten { seq: page.seq },
            83..86 => return Some(Thought::Ring(invite_id?)),
            86..89 => return Some(Thought::Look(invite_id?)),
            89..95 => return Some(Thought::KeepAlive(invite_id?)),
            _ => return Some(Thought::Relay(invite_id?)),
        };
        Some(Thought::Verb(command))
    }
}

impl Mind<'_> {
    /// What a teacher's page offers, now and then of a moment ago or by somebody who may not.
    fn think_of_move(
        &mut self,
        actor: UserId,
        page: &Group,
        word: &str,
        timeout: Timeout,
        fresh: InviteId,
    ) -> Option<Command> {
        let lesson = Lesson::of(page);
        let hands: Vec<UserId> = lesson.hands.iter().map(|hand| hand.user).collect();
        let students: Vec<UserId> = page.with_role(Role::Student).map(|it| it.user_id).collect();
        let somebody = self.pick(students.len()).map(|place| students[place]);
        let hand = self.pick(hands.len()).map(|place| hands[place]).or(somebody);
        let called = lesson.invited.first().map(|invited| invited.user).or(somebody);
        let turn = lesson.one_turn();
        let it = match self.random.u32(..28) {
            0..3 => {
                let question = Some(word.to_owned());
                let mut some = |most| Timeout::new(self.random.u32(..most)).unwrap_or_default();
                let (think, pair) = (some(4), some(3));
                Move::Ask { question, timeout, first: self.random.bool(), think, pair }
            }
            3 => Move::StopAsking {},
            4 => Move::Clear {},
            5..8 => {
                let (ends, waits) = (turn.map(|turn| turn.invite_id), self.random.bool());
                Move::Next { student: hand?, ends, waits }
            }
            8 => Move::StartTurn { student: called? },
            9 => Move::Skip { student: called? },
            10 => Move::EndTurn { student: turn.map(|turn| turn.user).or(somebody)? },
            11..13 => Move::Lower { student: hand? },
            13 => Move::LowerAll {},
            14 => {
                let invite_id = lesson.invited.first()?.invite_id;
                let (accepts, data) = (self.random.bool(), word.to_owned());
                let invitee = called?;
                return Some(Command::AnswerFor {
                    actor,
                    invite_id,
                    invitee,
                    accepts,
                    data,
                    reason: None,
                });
            }
            16..19 => {
                let how = if self.random.bool() { How::Fair } else { How::Random };
                let among = if self.random.bool() { Among::Hands } else { Among::Everybody };
                Move::Pick { how, among, ends: turn.map(|turn| turn.invite_id) }
            }
            22 => Move::Raise { student: somebody? },
            20 => Move::NextPhase { ends: None },
            21 => {
                let seconds = Timeout::new(2).unwrap_or_default();
                let student = turn.map(|turn| turn.user).filter(|_| self.random.bool());
                Move::MoreTime { seconds, student }
            }
            23 => {
                let seconds = Timeout::new(self.random.u32(..5)).unwrap_or_default();
                Move::LimitTurn { student: turn.map(|turn| turn.user).or(somebody)?, seconds }
            }
            19 => Move::PickAgain { student: called? },
            15 => {
                let live: Vec<InviteId> = page.live().map(|it| it.invite_id).collect();
                let invite_id = self.pick(live.len()).map(|place| live[place])?;
                return Some(Command::Clear { actor, invite_id });
            }
            _ => {
                let performed = page.performed.as_ref().map(|performed| performed.seq)?;
                return Some(Command::Undo { actor, performed, fresh });
            }
        };
        let here: BTreeSet<UserId> =
            students.into_iter().filter(|_| self.random.u32(..4) > 0).collect();
        Some(Command::Perform { actor, data: it.to_data(), fresh, here })
    }
}
