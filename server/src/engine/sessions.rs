//! Who asks: the member, browser or stranger that a token stands for.

use std::net::IpAddr;
use std::sync::Arc;

use signaling::{GroupId, Role, UserId};

use crate::engine::Engine;
use crate::error::Error;
use crate::identity::tokens::{BrowserId, GRACE_SECONDS, Held};
use crate::identity::{Entrance, Token, TokenHash};
use crate::limits::weight;
use crate::live::room::Room;
use crate::render_queue::{Asker, Asking, Party};
use crate::store::put::Put;
use crate::writer::chores::Chore;
use crate::writer::job::{Admission, SideEffect};

/// A member who has shown their credential.
#[derive(Clone)]
pub struct Session {
    /// The room of their group.
    pub room: Arc<Room>,
    /// Who they are.
    pub user: UserId,
    /// The browser by which they are it; none where an integration acts on their behalf.
    pub(crate) device: Option<BrowserId>,
}

impl Session {
    /// The member's role; none when they are gone.
    pub fn role(&self) -> Option<Role> {
        self.room.with_group(|group| group.member(self.user).map(|member| member.role))
    }
}

impl Engine {
    /// The member of the group for whom the token stands.
    ///
    /// # Errors
    /// When there is no such group, or the token stands for nobody in it.
    pub async fn session(&self, group_id: GroupId, token: &Token) -> Result<Session, Error> {
        let hash = token.hash();
        let room = match self.shared.rooms.get(group_id) {
            Some(room) => Some(room),
            None => self.first_room(group_id, hash).await?,
        };
        if let Some(room) = room
            && let Some((user, device)) = self.holder(&room, hash).await?
        {
            return Ok(Session { room, user, device: Some(device) });
        }
        Err(self.why_not(group_id, hash).await?)
    }

    /// The room of a group that is not in memory, for one of its members. After a restart a whole
    /// class comes at once: who comes first reads the group, and the others wait for it and read
    /// nothing.
    async fn first_room(
        &self,
        group_id: GroupId,
        hash: TokenHash,
    ) -> Result<Option<Arc<Room>>, Error> {
        let _in_turn = self.shared.loading.of(group_id).lock().await;
        if let Some(room) = self.shared.rooms.get(group_id) {
            return Ok(Some(room));
        }
        // Only who belongs to the group can have it read.
        match self.user_of(group_id, hash).await? {
            Some(_) => Ok(Some(self.room(group_id).await?)),
            None => Ok(None),
        }
    }

    /// For whom the token stands in a group, by the store: no room is opened for it.
    pub(crate) async fn user_of(
        &self,
        group_id: GroupId,
        hash: TokenHash,
    ) -> Result<Option<UserId>, Error> {
        let Some(held) = self.held(hash).await? else { return Ok(None) };
        Ok(held.stands_for(&self.shared.store.memberships(held.browser, group_id).await?))
    }

    /// The member for whom the token stands in a room, and the browser whose token it is.
    async fn holder(
        &self,
        room: &Room,
        hash: TokenHash,
    ) -> Result<Option<(UserId, BrowserId)>, Error> {
        let Some(held) = self.held(hash).await? else { return Ok(None) };
        if let Some(user) = room.holder(held) {
            return Ok(Some((user, held.browser)));
        }
        // It may have come along with its browser while the room was in memory.
        for found in self.shared.store.memberships(held.browser, room.id()).await? {
            room.admit(held.browser, found);
        }
        Ok(room.holder(held).map(|user| (user, held.browser)))
    }

    /// As whom else the token's browser may go on in the group: every member as whom it has come in,
    /// but the one for whom the token stands.
    ///
    /// # Errors
    /// When there is no such group.
    pub async fn others(&self, group_id: GroupId, token: &Token) -> Result<Vec<UserId>, Error> {
        let Some(held) = self.held(token.hash()).await? else { return Ok(Vec::new()) };
        let memberships = self.shared.store.memberships(held.browser, group_id).await?;
        if memberships.is_empty() {
            return Ok(Vec::new());
        }
        let room = self.room(group_id).await?;
        // Some may have come along with their browser while the room was in memory.
        for found in memberships {
            room.admit(held.browser, found);
        }
        Ok(room.others(held))
    }

    /// Goes on in the group as another of those as whom the browser has come in, by `entrance`. The
    /// others stay in.
    ///
    /// # Errors
    /// When the browser has not come in as that member, they are gone, or too many come in from this
    /// address.
    pub async fn go_on_as(
        &self,
        address: IpAddr,
        group_id: GroupId,
        user: UserId,
        entrance: Entrance<'_>,
    ) -> Result<(), Error> {
        let before = entrance.instead_of.ok_or(Error::NotSignedIn)?;
        if !self.others(group_id, before).await?.contains(&user) {
            return Err(Error::NotSignedIn);
        }
        self.shared.limits.join(address, weight::ADMISSION)?;
        let admission = self.admission(entrance).await?;
        self.submit(group_id, None, vec![SideEffect::Admit { admission, user }], None).await?;
        Ok(())
    }

    /// What a token stands for, while it is good. With that it is used: the token that it replaced
    /// has no long life any more.
    pub(crate) async fn held(&self, hash: TokenHash) -> Result<Option<Held>, Error> {
        let known = match self.shared.tokens.get(hash) {
            Some(held) => Some(held),
            None => {
                let stored = self.shared.store.token(hash).await?;
                self.shared.tokens.learn(stored.map(|held| (hash, held)));
                self.shared.tokens.get(hash)
            }
        };
        let now = self.now();
        let Some(held) = known.filter(|held| !held.has_ended(now)) else { return Ok(None) };
        if held.replaces.is_some()
            && let Some(token) = self.shared.tokens.take_replaced(hash)
        {
            let ends_at = now.plus_seconds(GRACE_SECONDS);
            self.shared.tokens.end(token, ends_at);
            self.chore_some_time(Chore::Put(Put::Replaced { token, by: hash, ends_at }));
        }
        Ok(Some(held))
    }

    /// What the writer has to know of somebody who comes in. The token that their browser came with
    /// is used by that.
    pub(super) async fn admission(&self, entrance: Entrance<'_>) -> Result<Admission, Error> {
        let instead_of = entrance.instead_of.map(Token::hash);
        if let Some(before) = instead_of {
            self.held(before).await?;
        }
        Ok(Admission { token: entrance.token.hash(), instead_of })
    }

    /// Who asks for a page, of a class or of none, and with whom they share what is made for them.
    /// A member is charged for a look.
    ///
    /// # Errors
    /// When the member is too fast, or the store cannot be read.
    pub(crate) async fn asking(
        &self,
        group_id: Option<GroupId>,
        token: Option<&Token>,
        address: IpAddr,
    ) -> Result<Asking, Error> {
        let stranger = Asking::of_stranger(address);
        let Some(token) = token else { return Ok(stranger) };
        let Some(held) = self.held(token.hash()).await? else { return Ok(stranger) };
        let known = Asking { asker: Asker::Browser(token.hash()), ..stranger };
        let Some(group_id) = group_id else { return Ok(known) };
        let member = match self.shared.rooms.get(group_id) {
            Some(room) => room.holder(held),
            None => self.user_of(group_id, token.hash()).await?,
        };
        let Some(user) = member else { return Ok(known) };
        self.shared.limits.look(group_id, user)?;
        Ok(Asking { party: Party::Class(group_id), ..known })
    }

    pub(crate) async fn why_not(&self, group_id: GroupId, hash: TokenHash) -> Result<Error, Error> {
        if !self.shared.store.has_group(group_id).await? {
            return Ok(Error::NoSuchGroup);
        }
        let is_elsewhere = match self.held(hash).await? {
            Some(held) => self.shared.store.is_elsewhere(held, group_id).await?,
            None => false,
        };
        Ok(if is_elsewhere { Error::OtherGroup } else { Error::NotSignedIn })
    }
}
