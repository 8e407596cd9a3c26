//! A file that is made while it is sent: class by class, and stretch by stretch of their logs.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::Bytes;
use classroom::history::{InOrder, Record};
use futures::{Stream, TryStreamExt};
use server::{Asking, ClassFilter, ClassRow, Engine, Error, Place};
use signaling::{Event, UserId};

use super::csv::Csv;
use super::format::Format;
use super::json::Json;
use super::own::Own;
use super::progress::Run;
use super::writer::{AT_ONCE, Context, Rest, Writer};
use crate::history::names::Names;
use crate::history::viewer::Viewer;
use crate::zone::Zone;

/// How many classes are looked up at once.
const CLASSES: u32 = 200;

/// How many events are read for a piece that tells little.
const EVENTS_AT_ONCE: usize = 2_000;

type Log = Pin<Box<dyn Stream<Item = Result<Vec<Event>, Error>> + Send>>;

/// A class of which a part is written.
struct InHand {
    class: ClassRow,
    told: InOrder,
    names: Names,
    log: Log,
    /// Events that were read and not yet told.
    events: std::vec::IntoIter<Event>,
    /// Records that were told and not yet written.
    records: VecDeque<Record>,
    rest: Option<Rest>,
    is_log_over: bool,
}

enum Stage {
    Before,
    Within,
    After,
}

/// A file that is being made.
pub struct Export {
    engine: Engine,
    zone: Zone,
    viewer: Viewer,
    writer: Box<dyn Writer>,
    filter: ClassFilter,
    /// More classes are to be looked up after this one; none when there are no more.
    after: Option<Option<Place>>,
    waiting: VecDeque<ClassRow>,
    in_hand: Option<InHand>,
    stage: Stage,
    run: Arc<Run>,
}

impl Export {
    /// All classes that a search means, for an administrator.
    pub fn of_all(
        engine: Engine,
        zone: Zone,
        format: Format,
        filter: ClassFilter,
        run: Arc<Run>,
    ) -> Self {
        let after = Some(None);
        Self { filter, after, ..Self::of(engine, zone, format, Viewer::Admin, run) }
    }

    /// One class, as far as this viewer may read it.
    pub fn of_class(
        engine: Engine,
        zone: Zone,
        format: Format,
        viewer: Viewer,
        class: ClassRow,
        run: Arc<Run>,
    ) -> Self {
        let waiting = VecDeque::from([class]);
        Self { waiting, ..Self::of(engine, zone, format, viewer, run) }
    }

    /// What one class has about a member, for themselves.
    pub fn of_own(engine: Engine, zone: Zone, me: UserId, class: ClassRow) -> Self {
        let (viewer, run) = (Viewer::Teacher(me), Arc::default());
        let export = Self::of_class(engine, zone, Format::Json, viewer, class, run);
        Self { writer: Box::new(Own::of(me)), ..export }
    }

    fn of(engine: Engine, zone: Zone, format: Format, viewer: Viewer, run: Arc<Run>) -> Self {
        Self {
            engine,
            zone,
            viewer,
            writer: match format {
                Format::Csv => Box::new(Csv),
                Format::Json => Box::<Json>::default(),
            },
            filter: ClassFilter::default(),
            after: None,
            waiting: VecDeque::new(),
            in_hand: None,
            stage: Stage::Before,
            run,
        }
    }

    /// The file, each piece of it made in the turn of whoever asks.
    pub fn stream(
        self,
        asking: Asking,
    ) -> Result<impl Stream<Item = Result<Bytes, Error>> + Send, Error> {
        self.engine.clone().made_in_turn(asking, self, |mut export| async move {
            let bytes = export.next().await.inspect_err(Error::log)?;
            Ok(bytes.map(|bytes| (bytes, export)))
        })
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            let mut bytes = Vec::new();
            match self.stage {
                Stage::Before => {
                    self.stage = Stage::Within;
                    self.writer.begin(&mut bytes);
                }
                Stage::Within => match self.in_hand.take() {
                    Some(in_hand) => self.go_on(in_hand, &mut bytes).await?,
                    None => match self.next_class().await? {
                        Some(class) => self.begin(class, &mut bytes),
                        None => {
                            self.stage = Stage::After;
                            self.run.is_done.store(true, Ordering::Relaxed);
                            self.writer.end(&mut bytes);
                        }
                    },
                },
                Stage::After => return Ok(None),
            }
            if !bytes.is_empty() {
                return Ok(Some(bytes.into()));
            }
        }
    }

    async fn next_class(&mut self) -> Result<Option<ClassRow>, Error> {
        if self.waiting.is_empty()
            && let Some(after) = self.after.take()
        {
            let found = self.engine.classes(&self.filter, after, CLASSES).await?;
            self.after = found.last().map(|class| Some(class.place()));
            self.waiting = found.into();
        }
        Ok(self.waiting.pop_front())
    }

    fn begin(&mut self, class: ClassRow, bytes: &mut Vec<u8>) {
        self.writer.begin_class(&class, bytes);
        let log: Log = Box::pin(self.engine.log(class.group_id, 1, class.seq));
        self.in_hand = Some(InHand {
            told: InOrder::new(class.group_id),
            names: Names::default(),
            log,
            events: Vec::new().into_iter(),
            records: VecDeque::new(),
            rest: None,
            is_log_over: false,
            class,
        });
    }

    /// Writes until it is enough to be sent, or the class is done.
    async fn go_on(&mut self, mut it: InHand, bytes: &mut Vec<u8>) -> Result<(), Error> {
        let now = self.engine.now();
        let mut read = 0;
        while bytes.len() < AT_ONCE && read < EVENTS_AT_ONCE {
            if let Some(rest) = it.rest.take() {
                let (class, names, zone) = (&it.class, &it.names, &self.zone);
                let written = self.writer.record(rest, &Context { class, names, zone, now }, bytes);
                self.run.rows.fetch_add(written.rows as u64, Ordering::Relaxed);
                it.rest = written.rest;
            } else if let Some(record) = it.records.pop_front() {
                it.rest = Some(Rest { record: self.viewer.may_read(record), parts: 0 });
            } else if let Some(event) = it.events.next() {
                read += 1;
                self.run.done.fetch_add(1, Ordering::Relaxed);
                it.names.follow(&event);
                it.records.extend(it.told.tell(&event));
            } else if it.is_log_over {
                self.writer.end_class(it.told.chronicle(), bytes);
                return Ok(());
            } else if let Some(events) = it.log.try_next().await? {
                it.events = events.into_iter();
            } else {
                it.is_log_over = true;
                it.records.extend(it.told.finish());
            }
        }
        if bytes.is_empty() {
            self.writer.pause(bytes);
        }
        self.in_hand = Some(it);
        Ok(())
    }
}
