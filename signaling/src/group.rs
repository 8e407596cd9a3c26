//! The group as an aggregate, and the one fold that brings it up to date.

use crate::event::{
    InvitationCancelled, InvitationTimeout, InviteeAccepted, InviteeFinished, InviteeRejected,
    MemberJoined, ReceiveNewInvitation,
};
use crate::invitation::{Accepted, Closing, Ends};
use crate::live::{Live, Said, said_in};
use crate::sorted::Sorted;
use crate::{
    Alike, Answers, Event, EventKind, GroupId, Invitation, InviteId, Invitee, InviteeList,
    InviteeState, Member, Name, Performed, Place, Role, Roll, Settings, Timestamp, UserId, json,
};

/// A class: its members, its settings and its invitations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The group's id.
    pub id: GroupId,
    /// Its name; none before its first event.
    pub name: Option<Name>,
    /// Its settings.
    pub settings: Settings,
    /// The last event applied.
    pub seq: u64,
    /// Whether it has ended.
    pub ended: bool,
    /// What somebody performed last that can be taken back as one, unless it was.
    pub performed: Option<Performed>,
    /// What was taken back last, by the number of its event.
    pub(crate) undone: Option<u64>,
    members: Roll<Member>,
    invitations: Sorted<InviteId, Box<Invitation>>,
    live: Live,
}

impl Group {
    /// A group in which nothing has happened.
    pub fn new(id: GroupId) -> Self {
        Self {
            id,
            name: None,
            settings: Settings::default(),
            seq: 0,
            ended: false,
            performed: None,
            undone: None,
            members: Roll::default(),
            invitations: Sorted::default(),
            live: Live::default(),
        }
    }

    pub(crate) fn restore(
        mut self,
        members: Roll<Member>,
        invitations: impl IntoIterator<Item = Invitation>,
    ) -> Self {
        self.members = members;
        for invitation in invitations {
            let invite_id = invitation.invite_id;
            self.invitations.insert(invite_id, Box::new(invitation));
            self.index(invite_id);
        }
        self
    }

    /// The members, in the order in which they joined.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The member with this id.
    pub fn member(&self, user: UserId) -> Option<&Member> {
        self.members.of(user)
    }

    /// The place of this member among the members.
    pub fn place(&self, user: UserId) -> Option<usize> {
        self.members.place(user)
    }

    /// The members of one role, in the order in which they joined.
    pub fn with_role(&self, role: Role) -> impl Iterator<Item = &Member> + Clone {
        self.members.iter().filter(move |member| member.role == role)
    }

    /// Whether this is a member who is a teacher.
    pub fn is_teacher(&self, user: UserId) -> bool {
        self.member(user).is_some_and(|member| member.role == Role::Teacher)
    }

    /// Whether this is a member who is a student.
    pub fn is_student(&self, user: UserId) -> bool {
        self.member(user).is_some_and(|member| member.role == Role::Student)
    }

    /// Whether this is a student whose name looks like that of a teacher who is here.
    pub fn is_like_teacher(&self, user: UserId) -> bool {
        let first = |member: &Member| Alike::first(member.user_id, member.alike);
        self.member(user).filter(|member| member.role == Role::Student).is_some_and(|member| {
            self.with_role(Role::Teacher).any(|teacher| first(teacher) == first(member))
        })
    }

    /// The invitation with this id, live or not.
    pub fn invitation(&self, invite_id: InviteId) -> Option<&Invitation> {
        self.invitations.get(&invite_id).map(Box::as_ref)
    }

    /// All invitations that the group still holds, live or not, in no order that means something.
    pub fn invitations(&self) -> impl Iterator<Item = &Invitation> {
        self.invitations.values().map(Box::as_ref)
    }

    /// How many of them there are.
    pub fn count_invitations(&self) -> usize {
        self.invitations.len()
    }

    /// The live invitations, in the order in which they were made.
    pub fn live(&self) -> impl Iterator<Item = &Invitation> {
        self.live.in_order().filter_map(|invite_id| self.invitation(invite_id))
    }

    /// The live invitations that can still be answered and ask everyone of a role.
    pub fn live_to_everyone(&self, role: Role) -> impl ExactSizeIterator<Item = InviteId> {
        self.live.to_everyone(role)
    }

    /// How many live invitations there are.
    pub fn count_live(&self) -> usize {
        self.live.count()
    }

    /// How many live invitations somebody has made.
    pub fn count_live_of(&self, inviter: UserId) -> usize {
        self.live.count_of(inviter)
    }

    /// How many members, live invitations and parts in these there are to go through.
    pub fn count_rows(&self) -> usize {
        self.members().len() + self.live.count() + self.live.parts()
    }

    /// How many bytes of JSON the `data` of the live invitations and of their parts comes to.
    pub const fn count_words(&self) -> usize {
        self.live.words()
    }

    /// How many of these bytes somebody has said: the `data` of their invitations and of their
    /// answers. What came with an end counts for the inviter.
    pub fn count_words_of(&self, user: UserId) -> usize {
        self.live.words_of(user)
    }

    /// How many parts all invitations have together, live or not.
    pub fn count_parts(&self) -> usize {
        self.invitations.values().map(|invitation| invitation.parts().len()).sum()
    }

    /// The next moment at which something times out.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.live.next_deadline()
    }

    /// The invitations of which the deadline has come by this moment, its timeout event not written,
    /// the earliest first.
    pub(crate) fn due(&self, now: Timestamp) -> impl Iterator<Item = &Invitation> {
        self.live.due(now).filter_map(|invite_id| self.invitation(invite_id))
    }

    /// Gives a member the name that one knows them by: one's own, of which others are told less.
    pub fn rename(&mut self, user: UserId, name: Name, alike: Option<Alike>) {
        if let Some(member) = self.members.of_mut(user) {
            (member.name, member.alike) = (name, alike);
        }
    }

    /// Lets go of an invitation to which nothing can happen any more. Whoever still wants to answer
    /// for it must not.
    pub fn forget(&mut self, invite_id: InviteId) {
        if self.invitation(invite_id).is_some_and(|invitation| !invitation.is_live()) {
            self.invitations.remove(&invite_id);
        }
    }

    fn index(&mut self, invite_id: InviteId) {
        if let Some(invitation) = self.invitations.get(&invite_id) {
            let role = self.members.of(invitation.inviter).map(|inviter| inviter.role);
            self.live.follow(invitation, role);
        }
    }

    /// Changes an invitation in a way that tells what words it added.
    fn change(&mut self, invite_id: InviteId, change: impl FnOnce(&mut Invitation) -> Said) {
        if let Some(invitation) = self.invitations.get_mut(&invite_id) {
            let said = change(invitation);
            if invitation.invitee_list != InviteeList::Everyone {
                let is_pending = invitation.in_state(InviteeState::Pending).next().is_some();
                invitation.open = is_pending;
            }
            if self.live.contains(invitation) {
                for (user, more) in said {
                    self.live.say(user, more);
                }
            }
            self.index(invite_id);
        }
    }

    /// Whoever has come to hold a role is invited by the open invitations to everyone of that role, also
    /// when they were before and had to go with another role.
    fn include(&mut self, user: UserId, role: Role, at: Timestamp, seq: u64) {
        let inviters: Vec<UserId> = self.with_role(role.invites()).map(|m| m.user_id).collect();
        let to_everyone: Vec<InviteId> = self.live.to_everyone(role).collect();
        for invite_id in to_everyone {
            if let Some(invitation) = self.invitations.get_mut(&invite_id)
                && !invitation.is_due(at)
                && invitation.inviter != user
                && inviters.contains(&invitation.inviter)
            {
                match invitation.parts_mut().of_mut(user) {
                    Some(part) if part.went_with_role() => *part = Invitee::pending(user, at, seq),
                    Some(_) => {}
                    None => {
                        invitation.parts_mut().push(Invitee::pending(user, at, seq));
                        self.live.add_part();
                    }
                }
            }
        }
    }
}

/// Brings parts from one state into another; tells what words that added.
fn settle(
    invitation: &mut Invitation,
    event: &Event,
    whom: &InviteeList,
    from: InviteeState,
    to: InviteeState,
    reason: Option<&str>,
    data: &str,
) -> Said {
    let inviter = invitation.inviter;
    let mut said = Said::new();
    let mut settle = |part: &mut Invitee| {
        if part.state == from {
            said.extend(said_in(inviter, part).map(|(user, words)| (user, -words)));
            if to == InviteeState::Finished {
                let (Place { seq, at }, data) = (part.place(), part.data.take());
                part.accepted = Some(Box::new(Accepted { seq, at, data }));
            }
            part.place = None;
            part.state = to;
            part.at = event.at;
            part.seq = event.seq;
            part.reason = reason.map(str::to_owned);
            part.data = (!data.is_empty()).then(|| data.to_owned());
            said.extend(said_in(inviter, part));
        }
    };
    let parts = invitation.parts_mut();
    match whom {
        InviteeList::Everyone => parts.iter_mut().for_each(&mut settle),
        InviteeList::Members(users) => {
            for user in users {
                parts.of_mut(*user).map(&mut settle);
            }
        }
    }
    said
}

/// Folds an event into the group. An event that was folded already changes nothing.
pub fn apply(group: &mut Group, event: &Event) {
    use InviteeState::{Cancelled, Finished, Pending, Rejected, TimedOut};

    if event.seq <= group.seq {
        return;
    }
    group.seq = event.seq;
    match &event.kind {
        EventKind::ReceiveNewInvitation(new) => open(group, event, new),
        EventKind::InviteeAccepted(InviteeAccepted { invite_id, invitee, data, by: _, place }) => {
            group.change(*invite_id, |invitation| {
                let whom = InviteeList::Members(vec![*invitee]);
                if invitation.answers == Answers::First {
                    let closing = Closing { by: Some(*invitee), ..Closing::default() };
                    close(invitation, event, InviteeState::Accepted, closing);
                }
                let state = InviteeState::Accepted;
                let said = settle(invitation, event, &whom, Pending, state, None, data);
                if let Some(part) = invitation.parts_mut().of_mut(*invitee)
                    && part.seq == event.seq
                {
                    part.place = *place;
                }
                said
            });
        }
        EventKind::InviteeRejected(InviteeRejected { invite_id, invitee, data, reason, by: _ }) => {
            group.change(*invite_id, |invitation| {
                let whom = InviteeList::Members(vec![*invitee]);
                settle(invitation, event, &whom, Pending, Rejected, reason.as_deref(), data)
            });
        }
        EventKind::InvitationCancelled(InvitationCancelled {
            invite_id,
            inviter: _,
            invitee_list,
            data,
            reason,
            by,
        }) => {
            group.change(*invite_id, |invitation| {
                let before = invitation.count_closing_words();
                if *invitee_list == InviteeList::Everyone {
                    let data = (!data.is_empty()).then(|| data.clone());
                    let closing = Closing { at: event.at, by: *by, reason: reason.clone(), data };
                    close(invitation, event, Cancelled, closing);
                }
                let more = invitation.count_closing_words() - before;
                let reason = reason.as_deref();
                let mut said =
                    settle(invitation, event, invitee_list, Pending, Cancelled, reason, data);
                said.push((invitation.inviter, more.cast_signed()));
                said
            });
        }
        EventKind::InvitationTimeout(InvitationTimeout { invite_id, invitee_list }) => {
            group.change(*invite_id, |invitation| {
                close(invitation, event, TimedOut, Closing::default());
                settle(invitation, event, invitee_list, Pending, TimedOut, None, "")
            });
        }
        EventKind::InvitationModified(modified) => {
            if let Some(at) = modified.expires_at
                && let Some(invitation) = group.invitations.get_mut(&modified.invite_id)
            {
                group.live.forget_deadline(invitation);
                invitation.expires_at = Some(at);
            }
            group.change(modified.invite_id, |invitation| {
                let before = json::length(&invitation.data);
                invitation.data.clone_from(&modified.data);
                let more = json::length(&invitation.data).cast_signed() - before.cast_signed();
                vec![(invitation.inviter, more)]
            });
        }
        EventKind::InviteeFinished(InviteeFinished { invite_id, invitee, by: _, reason, data }) => {
            group.change(*invite_id, |invitation| {
                let whom = InviteeList::Members(vec![*invitee]);
                let from = InviteeState::Accepted;
                settle(invitation, event, &whom, from, Finished, Some(reason), data)
            });
        }
        EventKind::InviteeModified(modified) => {
            group.change(modified.invite_id, |invitation| {
                if let Some(part) = invitation.parts_mut().of_mut(modified.invitee) {
                    part.terms = Some(modified.data.clone());
                }
                Said::new()
            });
        }
        EventKind::InvitationCleared(cleared) => {
            group.change(cleared.invite_id, |invitation| {
                invitation.stays = false;
                invitation.ends.cleared = event.seq;
                Said::new()
            });
        }
        EventKind::Performed(performed) => {
            group.performed = Some(Performed::of(event, performed));
        }
        EventKind::Undone(undone) => {
            group.undone = Some(undone.performed);
            group.performed.take_if(|performed| performed.seq == undone.performed);
        }
        EventKind::MemberJoined(MemberJoined { user_id, name, role, alike }) => {
            let (name, alike) = (name.clone(), *alike);
            let joined = Place { seq: event.seq, at: event.at };
            group.members.push(Member { user_id: *user_id, name, role: *role, alike, joined });
            group.include(*user_id, *role, event.at, event.seq);
        }
        EventKind::MemberChanged(changed) => {
            if let Some(member) = group.members.of_mut(changed.user_id) {
                member.role = changed.role;
                if let Some(name) = &changed.name {
                    member.name.clone_from(name);
                    member.alike = None;
                }
                group.include(changed.user_id, changed.role, event.at, event.seq);
            }
        }
        EventKind::MemberLeft(left) => {
            group.members.remove(left.user_id);
        }
        EventKind::GroupChanged(changed) => {
            group.name = Some(changed.name.clone());
            group.settings = changed.settings.clone();
            for told in changed.members.iter().flatten() {
                if let Some(member) = group.members.of_mut(told.user_id) {
                    member.name.clone_from(&told.name);
                    member.alike = told.alike;
                }
            }
        }
        EventKind::GroupEnded(_) => group.ended = true,
    }
}

/// An invitation can be answered no more, by anybody.
fn close(invitation: &mut Invitation, event: &Event, by: InviteeState, closing: Closing) {
    invitation.open = false;
    if invitation.closed.is_none() {
        invitation.closed = Some(by);
        invitation.closing = Some(Box::new(Closing { at: event.at, ..closing }));
        invitation.ends.closed = event.seq;
    }
}

fn open(group: &mut Group, event: &Event, new: &ReceiveNewInvitation) {
    let invitees: Vec<UserId> = match &new.invitee_list {
        InviteeList::Members(members) => members.clone(),
        InviteeList::Everyone => {
            let role = group.member(new.inviter).map(|inviter| inviter.role.invites());
            let is_invited = |m: &&Member| Some(m.role) == role && m.user_id != new.inviter;
            group.members.iter().filter(is_invited).map(|m| m.user_id).collect()
        }
    };
    let invitation = Invitation {
        invite_id: new.invite_id,
        group_id: new.group_id,
        inviter: new.inviter,
        invitee_list: new.invitee_list.clone(),
        seq: event.seq,
        data: new.data.clone(),
        timeout: new.timeout,
        answers: new.answers,
        created_at: event.at,
        expires_at: new.expires_at,
        open: true,
        closed: None,
        closing: None,
        stays: new.stays == Some(true),
        restores: new.restores,
        place: new.place,
        taken_by: new.taken_by,
        by_student: group.is_student(new.inviter),
        ends: Ends::default(),
        invitees: Some(
            invitees.into_iter().map(|user| Invitee::pending(user, event.at, event.seq)).collect(),
        ),
    };
    group.invitations.insert(new.invite_id, Box::new(invitation));
    group.index(new.invite_id);
}
