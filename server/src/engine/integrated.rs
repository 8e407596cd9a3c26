//! What integrations do: begin classes, bring members in under ids of their own, act on their behalf,
//! and look at what their webhooks have not taken.

use std::net::IpAddr;
use std::sync::Arc;

use signaling::wire::{DeadLetter, OwnMember};
use signaling::{Command, GroupId, Name, Rejection, Role, UserId};

use crate::engine::Engine;
use crate::engine::groups::Joined;
use crate::engine::sessions::Session;
use crate::error::Error;
use crate::identity::{Token, new_user_id};
use crate::integrations::{Integration, IntegrationKey};
use crate::limits::weight;
use crate::live::room::Room;
use crate::store::integrations as kept;
use crate::store::integrations::Progress;
use crate::writer::job::{Admission, SideEffect};

/// How many dead letters are listed at once.
const LETTERS: u32 = 100;

/// Somebody who was brought in.
pub(crate) struct BroughtIn {
    pub user_id: UserId,
    /// Whether they were in the class already.
    pub was_in: bool,
}

impl Engine {
    /// The names of the programs that may begin classes by a key.
    pub fn integrations(&self) -> impl Iterator<Item = &str> {
        self.shared.integrations.names()
    }

    /// The integration whose key this is.
    pub(crate) fn integration(&self, key: &IntegrationKey) -> Option<Arc<Integration>> {
        self.shared.integrations.with_key(key).cloned()
    }

    /// The room of a class that an integration has begun.
    pub(crate) async fn integrated_room(
        &self,
        integration: &Integration,
        group_id: GroupId,
    ) -> Result<Arc<Room>, Error> {
        let room = match self.shared.rooms.get(group_id) {
            Some(room) => room,
            None => {
                // Only whose class it is can have it read.
                let whose = self.shared.store.integration_of(group_id).await?;
                if whose.as_ref() != Some(&integration.name) {
                    let is_there = self.shared.store.has_group(group_id).await?;
                    return Err(if is_there { Error::OtherGroup } else { Error::NoSuchGroup });
                }
                self.room(group_id).await?
            }
        };
        if room.integration() == Some(&integration.name) {
            Ok(room)
        } else {
            Err(Error::OtherGroup)
        }
    }

    /// The member on whose behalf an integration acts: `whom` is its own id for them, or their `userID`.
    ///
    /// # Errors
    /// When the class is not the integration's, or nobody in it is called so.
    pub(crate) async fn on_behalf(
        &self,
        integration: &Integration,
        group_id: GroupId,
        whom: &str,
    ) -> Result<Session, Error> {
        let room = self.integrated_room(integration, group_id).await?;
        let user = match self.shared.store.member_of_own_id(group_id, whom).await? {
            Some(user) => user,
            None => whom.parse().map_err(|_| Rejection::NoSuchMember)?,
        };
        if room.with_group(|group| group.member(user).is_none()) {
            return Err(Rejection::NoSuchMember.into());
        }
        Ok(Session { room, user, device: None })
    }

    /// Brings somebody into a class under an id of the integration's: as a new member, or as who they are
    /// in it already. `token` stands for them as well from then on.
    ///
    /// # Errors
    /// When the class is locked, full or over, or too many come in from this address.
    pub(crate) async fn bring_in(
        &self,
        room: &Room,
        address: IpAddr,
        (id, name, role): (String, Name, Option<Role>),
        token: &Token,
    ) -> Result<BroughtIn, Error> {
        let group_id = room.id();
        // Of two requests that bring in the same one, the second finds them there.
        let _in_turn = self.shared.bringing_in.of(group_id).lock().await;
        let known = self.shared.store.member_of_own_id(group_id, &id).await?;
        let known = known.filter(|user| room.with_group(|group| group.member(*user).is_some()));
        let coming = room.with_group(|group| weight::of_coming(group, Role::Student));
        self.shared.limits.join(address, weight::EVENT + weight::ADMISSION + coming)?;
        self.shared.limits.change(group_id, 0)?;
        let user_id = known.unwrap_or_else(new_user_id);
        let admission = Admission { token: token.hash(), instead_of: None };
        let mut effects = vec![SideEffect::Admit { admission, user: user_id }];
        let command = match known {
            Some(_) => None,
            None => {
                effects.push(SideEffect::OwnId { id, user: user_id });
                Some(Command::Join { user: user_id, name, alike: None })
            }
        };
        self.submit(group_id, command, effects, None).await?;
        if let Some(role) = role {
            self.appoint(room, user_id, role).await?;
        }
        Ok(BroughtIn { user_id, was_in: known.is_some() })
    }

    /// Gives a member the role that the integration says they have.
    async fn appoint(&self, room: &Room, user: UserId, role: Role) -> Result<(), Error> {
        let teacher = room.with_group(|group| {
            let other = group.member(user).is_some_and(|member| member.role != role);
            let teacher = group.with_role(Role::Teacher).next().map(|it| it.user_id);
            teacher.filter(|_| other)
        });
        let Some(actor) = teacher else { return Ok(()) };
        let command = Command::ChangeRole { actor, user, role };
        self.submit(room.id(), Some(command), Vec::new(), None).await.map(drop)
    }

    /// The members of a class that were brought in under own ids, in the order of these.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) async fn own_members(&self, room: &Room) -> Result<Vec<OwnMember>, Error> {
        let ids = self.shared.store.own_ids(room.id()).await?;
        let told = room.look(|group, is_online| {
            let told = |(id, user_id): (String, UserId)| {
                let member = group.member(user_id)?;
                let (name, role) = (member.name.clone(), member.role);
                Some(OwnMember { id, user_id, name, role, online: is_online(user_id) })
            };
            ids.into_iter().filter_map(told).collect()
        });
        Ok(told)
    }

    /// Begins a class of an integration's.
    ///
    /// # Errors
    /// As of [`Self::create_group`].
    pub(crate) async fn create_integrated_group(
        &self,
        address: IpAddr,
        integration: &Integration,
        (name, teacher, teacher_id): (Name, Name, Option<String>),
        token: &Token,
    ) -> Result<Joined, Error> {
        self.shared.limits.begin(address)?;
        let of = |user| {
            let begun_by = SideEffect::Integrated(integration.name.clone());
            let own = teacher_id.map(|id| SideEffect::OwnId { id, user });
            std::iter::once(begun_by).chain(own).collect()
        };
        self.begin(name, teacher, self.settings_of_new_class(), None, token.into(), of).await
    }

    /// What the webhook of an integration has not taken, the oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) async fn dead_letters(
        &self,
        integration: &Integration,
    ) -> Result<Vec<DeadLetter>, Error> {
        let letters = self.shared.store.dead_letters(&integration.name, LETTERS).await?;
        let told = |letter: kept::DeadLetter| DeadLetter {
            dead_letter_id: format!("{}-{}", letter.group_id, letter.first),
            group_id: letter.group_id,
            first_seq: letter.first,
            last_seq: letter.last,
            failure: letter.failure,
            at: letter.at,
        };
        Ok(letters.into_iter().map(told).collect())
    }

    async fn dead_letter(
        &self,
        integration: &Integration,
        id: &str,
    ) -> Result<kept::DeadLetter, Error> {
        let named = id.rsplit_once('-').and_then(|(group, first)| {
            Some((group.parse::<GroupId>().ok()?, first.parse::<u32>().ok()?))
        });
        let (group_id, first) = named.ok_or(Error::NoSuchLetter)?;
        let found = self.shared.store.dead_letter(group_id, u64::from(first)).await?;
        let (whose, letter) = found.ok_or(Error::NoSuchLetter)?;
        if whose == integration.name { Ok(letter) } else { Err(Error::NoSuchLetter) }
    }

    /// Delivers a dead letter once more, and forgets it when it is taken.
    ///
    /// # Errors
    /// When there is no such letter, no webhook, or it is not taken.
    pub(crate) async fn deliver_again(
        &self,
        integration: &Integration,
        id: &str,
    ) -> Result<(), Error> {
        let letter = self.dead_letter(integration, id).await?;
        let webhook = integration.webhook.as_ref();
        let webhook = webhook.ok_or(Error::NotDelivered("there is no webhook".to_owned()))?;
        self.redeliver(&letter, webhook).await
    }

    /// Forgets a dead letter.
    ///
    /// # Errors
    /// When there is no such letter.
    pub(crate) async fn forget_letter(
        &self,
        integration: &Integration,
        id: &str,
    ) -> Result<(), Error> {
        let letter = self.dead_letter(integration, id).await?;
        self.note_delivery(letter.group_id, Progress::Settled(letter.first)).await
    }
}
