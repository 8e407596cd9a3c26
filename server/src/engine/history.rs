//! History: classes by age and name, the projection of each log, and the logs themselves in stretches.
//!
//! The projection is lazy, and writes do not maintain it: a class is read when somebody asks for it or
//! when it has gone quiet, from its last checkpoint.

use std::sync::Arc;

use futures::Stream;
use futures::stream::try_unfold;
use signaling::{Event, EventKind, GroupId, Name, Role, UserId};
use tokio::sync::mpsc;

use crate::engine::Engine;
use crate::error::Error;
use crate::identity::Token;
use crate::limits::weight::BYTES_OF_ROW;
use crate::store::classes::{Checkpoint, ClassFilter, ClassRow, Place};
use crate::store::put::Put;
use crate::writer::chores::Chore;

/// How many events are read at once: few enough that nobody notices who works beside.
const STRETCH: u32 = 500;
/// What was read is written down when it is at least so many events more than before.
const WORTH_KEEPING: u64 = 500;
/// The longest state that is kept, in bytes: the writer writes it, and others wait for that. The
/// largest class with all hands up fits in. Of a longer one only the figures are kept, and the log is
/// read from its beginning each time.
const KEPT_STATE: usize = 4 << 20;
/// The most classes that a browser is reminded of, of those that go on and of those that are over.
const CLASSES_OF_ONE: u32 = 20;

impl Engine {
    /// The next classes after a place, newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn classes(
        &self,
        filter: &ClassFilter,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<ClassRow>, Error> {
        Ok(self.shared.store.classes(filter, after, limit).await?)
    }

    /// How many classes there are, and how many events their logs hold.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn totals(&self, filter: &ClassFilter) -> Result<(u64, u64), Error> {
        Ok(self.shared.store.totals(filter).await?)
    }

    /// One class, ended or not.
    ///
    /// # Errors
    /// When there is no such class.
    pub async fn class(&self, group_id: GroupId) -> Result<ClassRow, Error> {
        self.shared.store.class(group_id).await?.ok_or(Error::NoSuchGroup)
    }

    /// The application's figures of a class, as of its last event.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn summary(&self, class: &ClassRow) -> Result<String, Error> {
        let version = self.shared.application.reading_version();
        match self.shared.store.summary(class, version).await? {
            Some(summary) => Ok(summary),
            None => Ok(self.read(class).await?.reading.summary),
        }
    }

    /// What the application made of a class, as of its last event.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn reading(&self, class: &ClassRow) -> Result<String, Error> {
        Ok(self.read(class).await?.reading.state)
    }

    async fn read(&self, class: &ClassRow) -> Result<Checkpoint, Error> {
        let kept = self.kept(class).await?;
        let kept_seq = kept.as_ref().map_or(0, |read| read.seq);
        let read = self.read_on(class, kept).await?;
        let is_over = class.ended_at.is_some() && read.seq > kept_seq;
        if is_over || read.seq >= kept_seq + WORTH_KEEPING {
            // It is a cache: nobody waits for it, and when it cannot be kept it is made again.
            self.chore_some_time(Chore::Put(Put::Checkpoint(class.group_id, read.to_keep())));
        }
        Ok(read)
    }

    async fn kept(&self, class: &ClassRow) -> Result<Option<Checkpoint>, Error> {
        let version = self.shared.application.reading_version();
        Ok(self.shared.store.checkpoint(class, version).await?)
    }

    async fn read_on(
        &self,
        class: &ClassRow,
        kept: Option<Checkpoint>,
    ) -> Result<Checkpoint, Error> {
        let application = &self.shared.application;
        let kept = kept.filter(|read| !read.reading.state.is_empty());
        let taken_up = kept.and_then(|read| {
            let reader = application.log_reader(class.group_id, Some(&read.reading.state))?;
            Some((reader, read.seq))
        });
        // What cannot be taken up is of another time: from the beginning, then.
        let begun = || Some((application.log_reader(class.group_id, None)?, 0));
        let Some((mut reader, mut seq)) = taken_up.or_else(begun) else {
            return Ok(Checkpoint::default());
        };
        loop {
            let events = self.shared.store.events(class.group_id, seq, class.seq, STRETCH).await?;
            let Some(last) = events.last() else { break };
            seq = last.seq;
            for event in &events {
                reader.read(event);
            }
            tokio::task::yield_now().await;
        }
        let version = application.reading_version();
        Ok(Checkpoint { seq, edition: class.edition, version, reading: reader.reading() })
    }

    /// Reads a class once it has gone quiet, so that the list of classes finds it read.
    pub(crate) fn read_what_went_quiet(&self, mut quiet: mpsc::UnboundedReceiver<GroupId>) {
        let shared = Arc::downgrade(&self.shared);
        // Nobody waits for it.
        self.renders().spawn(async move {
            while let Some(group_id) = quiet.recv().await {
                let Some(shared) = shared.upgrade() else { break };
                let engine = Self { shared };
                if let Ok(class) = engine.class(group_id).await
                    && let Err(error) = engine.keep_reading(&class).await
                {
                    error.log();
                }
            }
        });
    }

    /// Reads a class and keeps what was read.
    ///
    /// # Errors
    /// When the store cannot be read, or written.
    pub async fn keep_reading(&self, class: &ClassRow) -> Result<(), Error> {
        let kept = self.kept(class).await?;
        if kept.as_ref().is_some_and(|read| read.seq == class.seq) {
            return Ok(());
        }
        let read = self.read_on(class, kept).await?;
        self.chore(Chore::Put(Put::Checkpoint(class.group_id, read.to_keep()))).await
    }

    /// How many rows reading a class as of its last event comes to: the events that were not read
    /// yet, and what came of the others.
    pub(crate) async fn rows_to_read(&self, class: &ClassRow) -> Result<u32, Error> {
        let version = self.shared.application.reading_version();
        let (seq, bytes) =
            self.shared.store.checkpoint_size(class, version).await?.unwrap_or_default();
        let rows = class.seq.saturating_sub(seq) + bytes / BYTES_OF_ROW as u64;
        Ok(u32::try_from(rows).unwrap_or(u32::MAX))
    }

    /// The events of a class before one that are about who is in it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn member_events(&self, group_id: GroupId, before: u64) -> Result<Vec<Event>, Error> {
        Ok(self.shared.store.member_events(group_id, before).await?)
    }

    /// The events of a class from one to another, both included, in stretches that each are read
    /// by themselves: no reader holds the file for longer than one takes.
    pub fn log(
        &self,
        group_id: GroupId,
        from: u64,
        through: u64,
    ) -> impl Stream<Item = Result<Vec<Event>, Error>> + Send + use<> {
        let history = self.shared.store.clone();
        try_unfold(from.saturating_sub(1), move |after| {
            let history = history.clone();
            async move {
                let events = history.events(group_id, after, through, STRETCH).await?;
                Ok(events.last().map(|event| event.seq).map(|last| (events, last)))
            }
        })
    }

    /// How many devices hold a credential of the member.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn count_devices(&self, group_id: GroupId, user: UserId) -> Result<u32, Error> {
        let devices = self.shared.store.devices(group_id, user).await?;
        Ok(u32::try_from(devices.len()).unwrap_or(u32::MAX))
    }

    /// Whom the token stands for in a class that may be over, and their role; none when they are
    /// not in it any more. No room is opened for it.
    ///
    /// # Errors
    /// When there is no such class, or the token stands for nobody in it.
    pub async fn member_of(
        &self,
        group_id: GroupId,
        token: &Token,
    ) -> Result<(UserId, Option<Role>), Error> {
        match self.user_of(group_id, token.hash()).await? {
            Some(user) => Ok((user, self.membership(group_id, user).await?.map(|(_, role)| role))),
            None => Err(self.why_not(group_id, token.hash()).await?),
        }
    }

    /// The name and the role of somebody in a class; none when they are not in it any more.
    async fn membership(
        &self,
        group_id: GroupId,
        user: UserId,
    ) -> Result<Option<(Name, Role)>, Error> {
        let mut membership = None;
        for event in self.shared.store.person_events(group_id, user).await? {
            match event.kind {
                EventKind::MemberJoined(joined) => membership = Some((joined.name, joined.role)),
                EventKind::MemberChanged(changed) => {
                    membership = membership.map(|(name, _)| (name, changed.role));
                }
                EventKind::MemberLeft(_) => membership = None,
                _ => {}
            }
        }
        Ok(membership)
    }

    /// The classes in which a browser's token stands for somebody, newest first, with the name and
    /// the role they have there: those that go on, or those that are over.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn classes_of(
        &self,
        token: &Token,
        are_over: bool,
    ) -> Result<Vec<(ClassRow, Name, Role)>, Error> {
        let mut classes = Vec::new();
        let Some(held) = self.held(token.hash()).await? else { return Ok(classes) };
        let found = self.shared.store.classes_of(held, are_over, CLASSES_OF_ONE).await?;
        for (class, user) in found {
            if let Some((name, role)) = self.membership(class.group_id, user).await? {
                classes.push((class, name, role));
            }
        }
        Ok(classes)
    }
}

impl Checkpoint {
    /// As much of it as is kept.
    fn to_keep(&self) -> Self {
        let mut kept = self.clone();
        if kept.reading.state.len() > KEPT_STATE {
            kept.reading.state.clear();
        }
        kept
    }
}
