//! Beginning and joining groups, and commands to them.

use std::net::IpAddr;
use std::sync::Arc;

use signaling::{Command, GroupId, Name, Role, Settings, SettingsChange, UserId};
use tokio::sync::oneshot;

use crate::engine::Engine;
use crate::engine::sessions::Session;
use crate::error::Error;
use crate::identity::{Entrance, JoinCode, Ticket, new_group_id, new_user_id};
use crate::limits::weight;
use crate::live::room::Room;
use crate::writer::job::{Job, Key, SideEffect, Verdict};
use crate::writer::reply::Reply;

/// Somebody who has just come to be a member.
pub struct Joined {
    /// The group.
    pub group_id: GroupId,
    /// Who they are in it.
    pub user_id: UserId,
    /// The code that joins the group.
    pub join_code: JoinCode,
}

impl Engine {
    /// Begins a group; its teacher comes in by `entrance`. Two requests with the same `ticket`, a
    /// form that was sent twice within two minutes, begin one.
    ///
    /// # Errors
    /// When groups are begun too fast from this address, the commit failed, or whom the form made a
    /// teacher is gone.
    pub async fn create_group(
        &self,
        address: IpAddr,
        name: Name,
        teacher: Name,
        ticket: Option<Ticket<'_>>,
        entrance: impl Into<Entrance<'_>>,
    ) -> Result<Joined, Error> {
        self.shared.limits.begin(address)?;
        let settings = self.settings_of_new_class();
        self.begin(name, teacher, settings, ticket, entrance.into(), |_| Vec::new()).await
    }

    pub(super) fn settings_of_new_class(&self) -> Settings {
        Settings::of_new_class(self.shared.application.settings())
    }

    /// Begins a group like another one that this member teaches or taught: with its name, their name
    /// and its settings, but open to everybody with the new code. Otherwise as [`Self::create_group`].
    ///
    /// # Errors
    /// The same, or the member is no teacher of that group.
    pub async fn begin_again(
        &self,
        address: IpAddr,
        (group_id, user): (GroupId, UserId),
        ticket: Option<Ticket<'_>>,
        entrance: impl Into<Entrance<'_>>,
    ) -> Result<Joined, Error> {
        self.shared.limits.begin(address)?;
        let room = self.room(group_id).await?;
        let of_before = room.with_group(|group| {
            let teacher = group.member(user).filter(|it| it.role == Role::Teacher)?;
            let settings = group.settings.changed(&SettingsChange::lock(false));
            Some((group.name.clone()?, teacher.name.clone(), settings))
        });
        let (name, teacher, settings) = of_before.ok_or(Error::NotSignedIn)?;
        self.begin(name, teacher, settings, ticket, entrance.into(), |_| Vec::new()).await
    }

    /// Begins a group; `beside` is what is written beside it, of its teacher.
    pub(super) async fn begin(
        &self,
        name: Name,
        teacher: Name,
        settings: Settings,
        ticket: Option<Ticket<'_>>,
        entrance: Entrance<'_>,
        beside: impl FnOnce(UserId) -> Vec<SideEffect>,
    ) -> Result<Joined, Error> {
        let (group_id, user_id) = (new_group_id(), new_user_id());
        let command = Command::Create { name, user: user_id, teacher, settings };
        let admission = self.admission(entrance).await?;
        let admit = SideEffect::Admit { admission, user: user_id };
        let mut effects = vec![SideEffect::Begin(JoinCode::new()), admit];
        effects.extend(ticket.map(|ticket| SideEffect::Ticket(ticket.hash())));
        effects.extend(beside(user_id));
        let (_, room) = self.submit(group_id, Some(command), effects, None).await?;
        Ok(Joined { group_id: room.id(), user_id, join_code: room.join_code() })
    }

    /// The group that a code joins. Wrong codes are counted against the address.
    ///
    /// # Errors
    /// When no class has the code, or too many wrong ones came from this address.
    pub async fn group_of_code(&self, address: IpAddr, code: &str) -> Result<GroupId, Error> {
        let code = JoinCode::from_text(code).ok_or(Error::NoSuchGroup)?;
        self.shared.limits.may_try_code(address)?;
        let found = self.shared.store.group_of_code(&code).await?;
        // Of those that were tried at once, no more are told than one after the other.
        self.shared.limits.may_try_code(address)?;
        found.ok_or_else(|| {
            self.shared.limits.wrong_code(address);
            Error::NoSuchGroup
        })
    }

    /// Joins the group of the code as a student, who comes in by `entrance`. Two requests with the
    /// same `ticket`, a form that was sent twice within two minutes, join as one student.
    ///
    /// # Errors
    /// When no class has the code, the class takes nobody, or whom the form made a student is gone.
    pub async fn join(
        &self,
        address: IpAddr,
        code: &str,
        name: Name,
        ticket: Option<Ticket<'_>>,
        entrance: impl Into<Entrance<'_>>,
    ) -> Result<Joined, Error> {
        let group_id = self.group_of_code(address, code).await?;
        let coming = self.shared.rooms.get(group_id);
        let coming = coming
            .map_or(0, |room| room.with_group(|group| weight::of_coming(group, Role::Student)));
        self.shared.limits.join(address, weight::EVENT + weight::ADMISSION + coming)?;
        let user_id = new_user_id();
        let command = Command::Join { user: user_id, name, alike: None };
        let admission = self.admission(entrance.into()).await?;
        let mut effects = vec![SideEffect::Admit { admission, user: user_id }];
        effects.extend(JoinCode::from_text(code).map(SideEffect::ByCode));
        effects.extend(ticket.map(|ticket| SideEffect::Ticket(ticket.hash())));
        let (_, room) = self.submit(group_id, Some(command), effects, None).await?;
        Ok(Joined { group_id, user_id, join_code: room.join_code() })
    }

    /// The room of a group, read back when it is not in memory.
    ///
    /// # Errors
    /// When there is no such group.
    pub async fn room(&self, group_id: GroupId) -> Result<Arc<Room>, Error> {
        if let Some(room) = self.shared.rooms.get(group_id) {
            return Ok(room);
        }
        let (_, room) = self.submit(group_id, None, Vec::new(), None).await?;
        Ok(room)
    }

    /// Has a command decided, committed and published.
    ///
    /// # Errors
    /// When the rules refuse it, or the commit failed.
    pub async fn command(
        &self,
        group_id: GroupId,
        address: IpAddr,
        command: Command,
    ) -> Result<(), Error> {
        self.may_change(group_id, address, &command, None)?;
        let command = self.with_presence(group_id, command);
        self.submit(group_id, Some(command), Vec::new(), None).await.map(drop)
    }

    /// The same for a request that may name an Idempotency-Key: a repeated one gets the first
    /// answer again, a refusal included.
    pub(crate) async fn keyed_command(
        &self,
        group_id: GroupId,
        address: IpAddr,
        command: Command,
        key: Option<Key>,
    ) -> Result<Reply, Error> {
        self.may_change(group_id, address, &command, key.as_ref())?;
        let command = self.with_presence(group_id, command);
        let effects = match command {
            Command::RenewJoinCode { .. } => vec![SideEffect::JoinCode(JoinCode::new())],
            _ => Vec::new(),
        };
        let (reply, _) = self.submit(group_id, Some(command), effects, key).await?;
        Ok(reply)
    }

    /// The command, with what it is to know of who is connected.
    fn with_presence(&self, group_id: GroupId, mut command: Command) -> Command {
        if let Command::Perform { here, .. } = &mut command
            && let Some(room) = self.shared.rooms.get(group_id)
        {
            *here = room.online();
        }
        command
    }

    fn may_change(
        &self,
        group_id: GroupId,
        address: IpAddr,
        command: &Command,
        key: Option<&Key>,
    ) -> Result<(), Error> {
        let room = self.shared.rooms.get(group_id);
        let ends = weight::only_ends(command);
        let (words, told, ended) = room.map_or((0, None, 0), |room| {
            room.with_group(|group| {
                let words = weight::of_command(group, command);
                let ended = if ends { weight::of_end(group, command) } else { 0 };
                (words, weight::of_answer(group, command), ended)
            })
        });
        if let Some((actor, parts)) = told {
            self.may_look_at(group_id, actor, parts)?;
        }
        let words = words + key.map_or(0, |_| weight::KEY);
        if ends {
            // Whoever has written too much may still end things.
            let _ = self.shared.limits.write(address, ended + words);
        } else {
            self.shared.limits.write(address, weight::EVENT + words)?;
        }
        self.shared.limits.change(group_id, words)
    }

    /// Gives the class a new code; the old one is dead.
    ///
    /// # Errors
    /// When the member is no teacher.
    pub async fn renew_join_code(&self, session: &Session, address: IpAddr) -> Result<(), Error> {
        let command = Command::RenewJoinCode { actor: session.user };
        self.keyed_command(session.room.id(), address, command, None).await.map(drop)
    }

    /// Ends a class that was forgotten, unless something has happened since this event.
    pub(crate) async fn end_forgotten_class(
        &self,
        group_id: GroupId,
        seq: u64,
    ) -> Result<(), Error> {
        let end = Command::EndForgotten { seq };
        self.submit(group_id, Some(end), Vec::new(), None).await.map(drop)
    }

    pub(super) async fn submit(
        &self,
        group_id: GroupId,
        command: Option<Command>,
        effects: Vec<SideEffect>,
        key: Option<Key>,
    ) -> Verdict {
        let (reply, answered) = oneshot::channel();
        let job = Job { group_id, command, effects, key, reply };
        self.shared.jobs.send(job).await.map_err(|_| Error::Stopping)?;
        answered.await.map_err(|_| Error::Stopping)?
    }
}
