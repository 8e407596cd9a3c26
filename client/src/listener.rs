//! Listeners: a callback for each event, by the names that the SDKs of chat services use.

use signaling::event::{
    GroupChanged, GroupEnded, InvitationCancelled, InvitationCleared, InvitationModified,
    InvitationTimeout, InviteeAccepted, InviteeFinished, InviteeModified, InviteeRejected,
    MemberChanged, MemberJoined, MemberLeft, Performed, ReceiveNewInvitation, Undone,
};
use signaling::wire::{JoinCodeChanged, Relay, Ringing, StatusChange, VoiceChange};
use signaling::{EventKind, Group, Snapshot};

use crate::news::News;
use crate::{Error, Following};

/// Whoever is told what happens in a group. Each callback gets the group as it is after the event, and
/// does nothing unless it is written.
pub trait Listener {
    /// The group as it stands: at first, and whenever events may have been missed.
    fn on_snapshot(&mut self, _group: &Group, _snapshot: &Snapshot) {}

    /// Somebody invites. Whether oneself is invited, `group` knows: by one's part in the invitation.
    fn on_receive_new_invitation(&mut self, _group: &Group, _event: &ReceiveNewInvitation) {}

    /// An invitee accepted.
    fn on_invitee_accepted(&mut self, _group: &Group, _event: &InviteeAccepted) {}

    /// An invitee declined.
    fn on_invitee_rejected(&mut self, _group: &Group, _event: &InviteeRejected) {}

    /// Pending parts were closed.
    fn on_invitation_cancelled(&mut self, _group: &Group, _event: &InvitationCancelled) {}

    /// The deadline passed for those still pending.
    fn on_invitation_timeout(&mut self, _group: &Group, _event: &InvitationTimeout) {}

    /// The `data` of an invitation changed.
    fn on_invitation_modified(&mut self, _group: &Group, _event: &InvitationModified) {}

    /// What an acceptance began goes on by other terms.
    fn on_invitee_modified(&mut self, _group: &Group, _event: &InviteeModified) {}

    /// What an acceptance began has ended.
    fn on_invitee_finished(&mut self, _group: &Group, _event: &InviteeFinished) {}

    /// A closed invitation is told in snapshots no more.
    fn on_invitation_cleared(&mut self, _group: &Group, _event: &InvitationCleared) {}

    /// Several things were done as one.
    fn on_performed(&mut self, _group: &Group, _event: &Performed) {}

    /// What was performed was taken back.
    fn on_undone(&mut self, _group: &Group, _event: &Undone) {}

    /// Somebody joined.
    fn on_member_joined(&mut self, _group: &Group, _event: &MemberJoined) {}

    /// A member's role changed.
    fn on_member_changed(&mut self, _group: &Group, _event: &MemberChanged) {}

    /// A member left or was removed.
    fn on_member_left(&mut self, _group: &Group, _event: &MemberLeft) {}

    /// The group's name or settings changed.
    fn on_group_changed(&mut self, _group: &Group, _event: &GroupChanged) {}

    /// The group is over.
    fn on_group_ended(&mut self, _group: &Group, _event: &GroupEnded) {}

    /// Who came or went.
    fn on_user_status_changed(&mut self, _group: &Group, _event: &StatusChange) {}

    /// An invitee's device shows an invitation of one's own.
    fn on_invitee_ringing(&mut self, _group: &Group, _event: &Ringing) {}

    /// A word from the other end of a one-to-one invitation.
    fn on_relay(&mut self, _group: &Group, _event: &Relay) {}

    /// Who is heard.
    fn on_voice(&mut self, _group: &Group, _event: &VoiceChange) {}

    /// The code that joins the group changed; for teachers.
    fn on_join_code_changed(&mut self, _group: &Group, _event: &JoinCodeChanged) {}
}

impl Following {
    /// Tells a listener everything, until the end.
    ///
    /// # Errors
    /// As of [`next`](Self::next).
    pub async fn tell(mut self, listener: &mut impl Listener) -> Result<(), Error> {
        while let Some(news) = self.next().await {
            let news = news?;
            if let Some(group) = self.group() {
                tell(listener, group, &news);
            }
        }
        Ok(())
    }
}

/// Tells a listener one piece of news, in a group that has taken it.
fn tell(listener: &mut impl Listener, group: &Group, news: &News) {
    let event = match news {
        News::Snapshot(snapshot) => return listener.on_snapshot(group, snapshot),
        News::Status(event) => return listener.on_user_status_changed(group, event),
        News::Ringing(event) => return listener.on_invitee_ringing(group, event),
        News::Relay(event) => return listener.on_relay(group, event),
        News::Voice(event) => return listener.on_voice(group, event),
        News::JoinCode(event) => return listener.on_join_code_changed(group, event),
        News::Event(event) => event,
    };
    match &event.kind {
        EventKind::ReceiveNewInvitation(event) => listener.on_receive_new_invitation(group, event),
        EventKind::InviteeAccepted(event) => listener.on_invitee_accepted(group, event),
        EventKind::InviteeRejected(event) => listener.on_invitee_rejected(group, event),
        EventKind::InvitationCancelled(event) => listener.on_invitation_cancelled(group, event),
        EventKind::InvitationTimeout(event) => listener.on_invitation_timeout(group, event),
        EventKind::InvitationModified(event) => listener.on_invitation_modified(group, event),
        EventKind::InviteeModified(event) => listener.on_invitee_modified(group, event),
        EventKind::InviteeFinished(event) => listener.on_invitee_finished(group, event),
        EventKind::InvitationCleared(event) => listener.on_invitation_cleared(group, event),
        EventKind::Performed(event) => listener.on_performed(group, event),
        EventKind::Undone(event) => listener.on_undone(group, event),
        EventKind::MemberJoined(event) => listener.on_member_joined(group, event),
        EventKind::MemberChanged(event) => listener.on_member_changed(group, event),
        EventKind::MemberLeft(event) => listener.on_member_left(group, event),
        EventKind::GroupChanged(event) => listener.on_group_changed(group, event),
        EventKind::GroupEnded(event) => listener.on_group_ended(group, event),
    }
}
