//! Everything recorded, as a file: CSV for a spreadsheet, JSON for a program. A file is made while
//! it is being sent, class by class and stretch by stretch of their logs, so its length costs no
//! memory; the page that began it shows how far it has come, without a script.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFRESH,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use classroom::history::{InOrder, Kind, Part, Record, Summary};
use futures::{Stream, TryStreamExt};
use leptos::prelude::*;
use leptos_meta::{Meta, Title};
use serde::{Deserialize, Serialize};
use server::{Asking, ClassFilter, ClassRow, Engine, Error, Place, Presented};
use signaling::{Event, GroupId, Rejection, Role, Timestamp, reasons};

use crate::admin::search::class_filter;
use crate::failure::Failure;
use crate::history::viewer::{Viewer, viewer};
use crate::history::words::Names;
use crate::request::{address, engine, param, path, query};
use crate::trouble::Trouble;
use crate::ui::frame::{Wide, refused};
use crate::visitor::{is_admin, ticket};
use crate::zone::Zone;

/// How many classes are looked up at once.
const CLASSES: u32 = 200;
/// About how many bytes are sent at once.
const AT_ONCE: usize = 32 * 1_024;
/// How many exports are remembered for the pages that show them.
const REMEMBERED: usize = 64;

// ---- What is in a file -------------------------------------------------------------------------

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    Json,
}

impl Format {
    const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
        }
    }
}

/// The columns of the CSV: one row for each part of each invitation. A number is whole: where one
/// country writes a decimal point another reads thousands. Beside each moment stands what a
/// spreadsheet takes for one, in the time zone of the server.
const COLUMNS: [&str; 36] = [
    "class",
    "class_id",
    "round",
    "kind",
    "question",
    "one_to_one",
    "invited_by",
    "asked_at",
    "asked_at_local",
    "time_limit_s",
    "answers",
    "closed_at",
    "closed_at_local",
    "person",
    "person_role",
    "state",
    "answered_or_closed_at",
    "answered_or_closed_at_local",
    "seconds_to_answer",
    "milliseconds_to_answer",
    "seconds_since_round",
    "milliseconds_since_round",
    "over_at",
    "over_at_local",
    "seconds_lasted",
    "milliseconds_lasted",
    "ended_by",
    "reason",
    "data",
    "answer_data",
    "end_data",
    "person_id",
    "invited_by_id",
    "invitation_id",
    "media",
    "outcome",
];

/// How many digits of a number spreadsheets keep.
const EXACT_DIGITS: usize = 15;

/// A mark by which spreadsheets know UTF-8.
const BOM: &str = "\u{feff}";

/// A cell of somebody's words that no spreadsheet takes for anything else. It is no formula, nor is
/// any part of it: some read the file by semicolons or tabs, as their country has it, and find
/// cells where none were written. It is no number, time or date either, which would stand there as
/// another one: a class 9E2 as 900, a student 007 as 7.
fn harmless(cell: &str) -> String {
    if is_read_anew(cell) {
        return format!("'{cell}");
    }
    const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    const BREAK: [char; 5] = [';', '\t', '\r', '\n', '\0'];
    let mut safe = String::with_capacity(cell.len() + 1);
    let mut is_start = true;
    for (place, c) in cell.chars().enumerate() {
        if is_start && FORMULA.contains(&c) || place == 0 && BREAK[1..].contains(&c) {
            safe.push('\'');
        }
        // Quotes are the writer's: what follows them may be the start of a cell as well.
        is_start = BREAK.contains(&c) || is_start && c == '"';
        safe.push(c);
    }
    safe
}

/// Whether a spreadsheet makes a number, a time or a date of these words that is not written as
/// they are.
fn is_read_anew(cell: &str) -> bool {
    let cell = cell.trim();
    let is_digits = |c: char| c.is_ascii_digit();
    let is_number_as_it_is = cell.chars().all(is_digits)
        && cell.len() <= EXACT_DIGITS
        && (cell == "0" || !cell.starts_with('0'));
    cell.contains(is_digits)
        && cell.starts_with(|c: char| is_digits(c) || c == '.' || c == ',')
        && cell.chars().all(|c| is_digits(c) || " .,:/-+eE%".contains(c))
        && !is_number_as_it_is
}

/// A value of the wire in its own word.
fn word(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(_) | Err(_) => String::new(),
    }
}

/// A moment for a program, and for a spreadsheet.
fn moment(at: Option<Timestamp>, zone: &Zone) -> [String; 2] {
    at.map(|at| [at.to_string(), zone.spreadsheet(at)]).unwrap_or_default()
}

/// A length of time in whole seconds, and in milliseconds.
fn length(millis: Option<i64>) -> [String; 2] {
    millis
        .map(|millis| [(millis + 500) / 1_000, millis].map(|it| it.to_string()))
        .unwrap_or_default()
}

/// An invitation whose rows are being written.
struct Rows {
    record: Record,
    /// How many of them are written.
    written: usize,
}

impl Rows {
    /// Writes the next rows, until they are enough to be sent; true when there are no more.
    fn write(
        &mut self,
        bytes: &mut Vec<u8>,
        class: &ClassRow,
        names: &Names,
        zone: &Zone,
        now: Timestamp,
    ) -> bool {
        let record = &self.record;
        let [asked_at, asked_at_local] = moment(Some(record.asked_at), zone);
        let [closed_at, closed_at_local] = moment(record.closed_at, zone);
        let common = [
            harmless(&class.name),
            class.group_id.to_string(),
            record.round.to_string(),
            word(record.kind),
            harmless(record.question.as_deref().unwrap_or_default()),
            record.is_private.to_string(),
            harmless(&names.name(record.inviter)),
            asked_at,
            asked_at_local,
            record.timeout.seconds().to_string(),
            word(record.answers),
            closed_at,
            closed_at_local,
        ];
        let data = harmless(&record.data);
        let of_record = [
            record.inviter.to_string(),
            record.invite_id.to_string(),
            word(record.media),
            word(record.call_outcome()),
        ];
        let row = |bytes: &mut Vec<u8>, part: Option<&Part>| {
            let cells = part.map(|part| cells(record, part, names, zone, now)).unwrap_or_default();
            let [of_state @ .., answer, end, id] = &cells;
            let cells =
                common.iter().chain(of_state).chain([&data, answer, end, id]).chain(&of_record);
            let mut csv = csv::WriterBuilder::new().buffer_capacity(512).from_writer(bytes);
            // Writing into memory does not fail.
            let _ = csv.write_record(cells);
        };
        if record.parts.is_empty() {
            row(bytes, None);
        }
        for part in record.parts.iter().skip(self.written) {
            row(bytes, Some(part));
            self.written += 1;
            if bytes.len() > AT_ONCE {
                break;
            }
        }
        self.written >= record.parts.len()
    }
}

/// The cells of one part: what it came to, the strings that came with it, and whose it is.
fn cells(record: &Record, part: &Part, names: &Names, zone: &Zone, now: Timestamp) -> [String; 18] {
    let is_asked = matches!(record.kind, Kind::Round | Kind::Again);
    let since_round = record.round_at.filter(|_| is_asked && part.answered_after().is_some());
    let since_round = since_round.and_then(|round| Some(part.settled_at?.millis_since(round)));
    let [settled_at, settled_at_local] = moment(part.settled_at, zone);
    let [seconds_to_answer, millis_to_answer] = length(part.answered_after());
    let [seconds_since_round, millis_since_round] = length(since_round);
    let [ended_at, ended_at_local] = moment(part.ended_at, zone);
    let [seconds_lasted, millis_lasted] = length(record.lasted(part, now));
    [
        harmless(&names.name(part.user)),
        names.role(part.user).map(word).unwrap_or_default(),
        word(part.state),
        settled_at,
        settled_at_local,
        seconds_to_answer,
        millis_to_answer,
        seconds_since_round,
        millis_since_round,
        ended_at,
        ended_at_local,
        seconds_lasted,
        millis_lasted,
        part.ended_by.map(|by| harmless(&names.name(by))).unwrap_or_default(),
        harmless(part.reason.as_deref().unwrap_or_default()),
        harmless(part.data.as_deref().unwrap_or_default()),
        harmless(part.end_data.as_deref().unwrap_or_default()),
        part.user.to_string(),
    ]
}

/// What stands of a class before its invitations, and what after them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Head<'a> {
    #[serde(rename = "classID")]
    class_id: GroupId,
    name: &'a str,
    created_at: Timestamp,
    ended_at: Option<Timestamp>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tail<'a> {
    /// Why the class ended, as its last event says.
    end_reason: Option<&'static str>,
    summary: Summary,
    people: &'a [classroom::history::Person],
}

// ---- Making it as it is sent -------------------------------------------------------------------

type Log = Pin<Box<dyn Stream<Item = Result<Vec<Event>, Error>> + Send>>;

struct InHand {
    class: ClassRow,
    told: InOrder,
    names: Names,
    log: Log,
    /// Events that were read and not yet told.
    events: std::vec::IntoIter<Event>,
    /// Records that were told and not yet written.
    records: VecDeque<Record>,
    rows: Option<Rows>,
    is_log_over: bool,
    is_empty: bool,
}

enum Stage {
    Before,
    Within,
    After,
}

struct Export {
    engine: Engine,
    zone: Zone,
    viewer: Viewer,
    format: Format,
    filter: ClassFilter,
    /// More classes are to be looked up after this one; none when there are no more.
    after: Option<Option<Place>>,
    waiting: VecDeque<ClassRow>,
    in_hand: Option<InHand>,
    stage: Stage,
    is_first_class: bool,
    run: Arc<Run>,
}

impl Export {
    /// The file, each piece of it made in the turn of whoever asks.
    fn stream(
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
            match self.stage {
                Stage::Before => {
                    self.stage = Stage::Within;
                    return Ok(Some(match self.format {
                        Format::Csv => format!("{BOM}{}\r\n", COLUMNS.join(",")).into(),
                        Format::Json => "{\"classes\":[".into(),
                    }));
                }
                Stage::Within => {}
                Stage::After => return Ok(None),
            }
            let mut bytes = Vec::new();
            match self.in_hand.take() {
                Some(in_hand) => self.go_on(in_hand, &mut bytes).await?,
                None => match self.next_class().await? {
                    Some(class) => self.begin(class, &mut bytes),
                    None => {
                        self.stage = Stage::After;
                        self.run.is_done.store(true, Ordering::Relaxed);
                        if self.format == Format::Json {
                            bytes.extend_from_slice(b"]}");
                        }
                    }
                },
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
        if self.format == Format::Json {
            let head = Head {
                class_id: class.group_id,
                name: &class.name,
                created_at: class.created_at,
                ended_at: class.ended_at,
            };
            if !std::mem::take(&mut self.is_first_class) {
                bytes.push(b',');
            }
            let _ = serde_json::to_writer(&mut *bytes, &head);
            // The object goes on with what is known at the end of the log.
            bytes.pop();
            bytes.extend_from_slice(b",\"invitations\":[");
        }
        let log: Log = Box::pin(self.engine.log(class.group_id, 1, class.seq));
        self.in_hand = Some(InHand {
            told: InOrder::new(class.group_id),
            names: Names::default(),
            log,
            events: Vec::new().into_iter(),
            records: VecDeque::new(),
            rows: None,
            is_log_over: false,
            is_empty: true,
            class,
        });
    }

    /// Writes until it is enough to be sent, or the class is done.
    async fn go_on(&mut self, mut it: InHand, bytes: &mut Vec<u8>) -> Result<(), Error> {
        let now = self.engine.now();
        while bytes.len() < AT_ONCE {
            if let Some(mut rows) = it.rows.take() {
                let before = rows.written;
                let is_done = rows.write(bytes, &it.class, &it.names, &self.zone, now);
                let written =
                    (rows.written - before).max(usize::from(rows.record.parts.is_empty()));
                self.run.rows.fetch_add(written as u64, Ordering::Relaxed);
                it.rows = (!is_done).then_some(rows);
            } else if let Some(record) = it.records.pop_front() {
                let record = self.viewer.may_read(record);
                if self.format == Format::Csv {
                    it.rows = Some(Rows { record, written: 0 });
                } else {
                    if !std::mem::take(&mut it.is_empty) {
                        bytes.push(b',');
                    }
                    // Writing into memory does not fail.
                    let _ = serde_json::to_writer(&mut *bytes, &record);
                    if let Some(outcome) = record.call_outcome() {
                        bytes.pop();
                        bytes.extend_from_slice(b",\"outcome\":");
                        let _ = serde_json::to_writer(&mut *bytes, &outcome);
                        bytes.push(b'}');
                    }
                    let rows = record.parts.len().max(1) as u64;
                    self.run.rows.fetch_add(rows, Ordering::Relaxed);
                }
            } else if let Some(event) = it.events.next() {
                self.run.done.fetch_add(1, Ordering::Relaxed);
                it.names.follow(&event);
                it.records.extend(it.told.tell(&event));
            } else if it.is_log_over {
                if self.format == Format::Json {
                    let chronicle = it.told.chronicle();
                    let is_forgotten = chronicle.forgotten_millis().is_some();
                    let end = if is_forgotten { reasons::FORGOTTEN } else { reasons::ENDED };
                    let tail = Tail {
                        end_reason: chronicle.has_ended().then_some(end),
                        summary: chronicle.summary(),
                        people: chronicle.people(),
                    };
                    bytes.extend_from_slice(b"],");
                    let start = bytes.len();
                    let _ = serde_json::to_writer(&mut *bytes, &tail);
                    // The object began with the class's name.
                    bytes.remove(start);
                }
                return Ok(());
            } else if let Some(events) = it.log.try_next().await? {
                it.events = events.into_iter();
            } else {
                it.is_log_over = true;
                it.records.extend(it.told.finish());
            }
        }
        self.in_hand = Some(it);
        Ok(())
    }
}

// ---- How far it has come -----------------------------------------------------------------------

/// One export, as far as it has come; in events, for how many there are is known beforehand.
#[derive(Default)]
struct Run {
    total: u64,
    done: AtomicU64,
    rows: AtomicU64,
    is_done: AtomicBool,
}

/// The newest exports, by the tickets of the pages that began them.
#[derive(Default)]
struct Runs(Mutex<VecDeque<(String, Arc<Run>)>>);

impl Runs {
    fn begin(&self, ticket: Option<String>, total: u64) -> Arc<Run> {
        let run = Arc::new(Run { total, ..Run::default() });
        if let Some(ticket) = ticket.filter(|ticket| ticket.len() <= 64) {
            let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            runs.push_back((ticket, Arc::clone(&run)));
            while runs.len() > REMEMBERED {
                runs.pop_front();
            }
        }
        run
    }

    fn find(&self, ticket: &str) -> Option<Arc<Run>> {
        let runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        runs.iter().find(|(it, _)| it == ticket).map(|(_, run)| Arc::clone(run))
    }
}

/// A page for the frame on the export's page: it loads itself anew until the export is done.
async fn progress(State(exports): State<Exports>, Query(asked): Query<Asked>) -> Response {
    let run = asked.run.and_then(|ticket| exports.runs.find(&ticket));
    let (words, value, is_over) = match run {
        None => ("Starting…".to_owned(), 0.0, false),
        Some(run) => {
            let rows = run.rows.load(Ordering::Relaxed);
            #[expect(clippy::cast_precision_loss, reason = "it is shown in per cent")]
            let value = run.done.load(Ordering::Relaxed) as f64 / run.total.max(1) as f64;
            if run.is_done.load(Ordering::Relaxed) {
                (format!("Done: {rows} rows."), 1.0, true)
            } else if Arc::strong_count(&run) <= 2 {
                // Only the list and this page know of it: nobody sends it any more.
                ("Stopped before the end. Export once more.".to_owned(), value, true)
            } else {
                (format!("{rows} rows so far…"), value.min(1.0), false)
            }
        }
    };
    let percent = (value * 100.0).round();
    let page = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>Progress</title>\
         <link rel=\"stylesheet\" href=\"/pkg/handup.css\"></head>\
         <body class=\"progress\"><label>{words} \
         <progress max=\"100\" value=\"{percent}\">{percent} %</progress></label></body></html>"
    );
    let frame = [
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; \
             object-src 'none'; style-src 'self'",
        ),
        (X_FRAME_OPTIONS, "SAMEORIGIN"),
        (CACHE_CONTROL, "no-store"),
    ];
    if is_over {
        (frame, Html(page)).into_response()
    } else {
        (frame, [(REFRESH, "1")], Html(page)).into_response()
    }
}

// ---- The way to it -----------------------------------------------------------------------------

#[derive(Clone)]
struct Exports {
    engine: Engine,
    zone: Zone,
    runs: Arc<Runs>,
}

/// What the address of an export says.
#[derive(Debug, Deserialize)]
struct Asked {
    name: Option<String>,
    from: Option<String>,
    until: Option<String>,
    run: Option<String>,
}

fn of_all(format: Format) -> MethodRouter<Exports> {
    get(move |State(exports): State<Exports>, headers, Query(asked)| async move {
        all(exports, headers, asked, format).await
    })
}

fn of_one(format: Format, as_admin: bool) -> MethodRouter<Exports> {
    get(move |State(exports): State<Exports>, headers, Path(group): Path<String>, Query(asked)| {
        one(exports, headers, group, asked, format, as_admin)
    })
}

/// Where each file is; [`export_routes`] tells it to those who ask.
fn table() -> [(&'static str, MethodRouter<Exports>); 7] {
    [
        ("/admin/export.csv", of_all(Format::Csv)),
        ("/admin/export.json", of_all(Format::Json)),
        ("/admin/class/{group}/export.csv", of_one(Format::Csv, true)),
        ("/admin/class/{group}/export.json", of_one(Format::Json, true)),
        ("/class/{group}/history/export.csv", of_one(Format::Csv, false)),
        ("/class/{group}/history/export.json", of_one(Format::Json, false)),
        ("/export/progress", get(progress)),
    ]
}

/// The path of every file, for what must hold of all of them.
pub fn export_routes() -> impl Iterator<Item = &'static str> {
    table().into_iter().map(|(path, _)| path)
}

/// The routes of the files themselves.
pub fn exports(engine: Engine, zone: Zone) -> Router {
    let exports = Exports { engine, zone, runs: Arc::default() };
    let routes = table()
        .into_iter()
        .fold(Router::new(), |routes, (path, handler)| routes.route(path, handler));
    routes.with_state(exports)
}

async fn signed_in_as_admin(engine: &Engine, headers: &HeaderMap) -> Result<Asking, Error> {
    let token = engine.cookies().presented_by_admin(headers).ok_or(Error::NotSignedIn)?;
    let is_admin = engine.is_admin(&token).await?;
    is_admin.then(|| Asking::of_administrator(&token)).ok_or(Error::NotSignedIn)
}

async fn all(
    exports: Exports,
    headers: HeaderMap,
    asked: Asked,
    format: Format,
) -> Result<Response, Error> {
    let Exports { engine, zone, runs } = exports;
    let asking = signed_in_as_admin(&engine, &headers).await?;
    let text = |field: &Option<String>| field.clone().unwrap_or_default();
    let filter = class_filter(&zone, &text(&asked.name), &text(&asked.from), &text(&asked.until));
    let (_, total) = engine.totals(&filter).await?;
    let export = Export {
        zone,
        viewer: Viewer::Admin,
        format,
        filter,
        after: Some(None),
        waiting: VecDeque::new(),
        in_hand: None,
        stage: Stage::Before,
        is_first_class: true,
        run: runs.begin(asked.run, total),
        engine,
    };
    file(export, asking, "classes")
}

async fn one(
    exports: Exports,
    headers: HeaderMap,
    group: String,
    asked: Asked,
    format: Format,
    as_admin: bool,
) -> Result<Response, Error> {
    let Exports { engine, zone, runs } = exports;
    let no_such = |_| Error::NoSuchGroup;
    let (viewer, asking) = if as_admin {
        (Viewer::Admin, signed_in_as_admin(&engine, &headers).await?)
    } else {
        let group = group.parse().map_err(no_such)?;
        let presented = engine.cookies().presented(&headers).ok_or(Error::NotSignedIn)?;
        let (Presented::Bearer(token) | Presented::Cookie(token)) = presented;
        match engine.member_of(group, &token).await? {
            (user, Some(Role::Teacher)) => {
                let events = engine.class(group).await?.seq;
                engine.may_export(group, user, events)?;
                (Viewer::Teacher(user), Asking::of_member(group, &token))
            }
            (_, Some(Role::Student)) => return Err(Rejection::NotPermitted.into()),
            (_, None) => return Err(Error::NotSignedIn),
        }
    };
    let class = engine.class(group.parse().map_err(no_such)?).await?;
    let run = runs.begin(asked.run, class.seq);
    one_for(engine, zone, run, class, viewer, asking, format)
}

fn one_for(
    engine: Engine,
    zone: Zone,
    run: Arc<Run>,
    class: ClassRow,
    viewer: Viewer,
    asking: Asking,
    format: Format,
) -> Result<Response, Error> {
    let name: String = class
        .name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .collect();
    let export = Export {
        zone,
        viewer,
        format,
        filter: ClassFilter::default(),
        after: None,
        run,
        waiting: VecDeque::from([class]),
        in_hand: None,
        stage: Stage::Before,
        is_first_class: true,
        engine,
    };
    file(export, asking, name.trim_matches('-'))
}

fn file(export: Export, asking: Asking, name: &str) -> Result<Response, Error> {
    let format = export.format;
    let name = if name.is_empty() { "class" } else { name };
    let disposition = format!("attachment; filename=\"handup-{name}.{}\"", format.ending());
    let mut response = Response::new(Body::from_stream(export.stream(asking)?));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

// ---- The page that begins one ------------------------------------------------------------------

/// The page of an export: the download begins by itself, and the page shows how far it is.
#[component]
pub fn ExportPage() -> impl IntoView {
    let group = param("group");
    let here = path();
    let format = if query("format") == "json" { Format::Json } else { Format::Csv };
    let fields: HashMap<&str, String> =
        ["name", "from", "until"].into_iter().map(|field| (field, query(field))).collect();
    view! {
        <Suspense>
            {Suspend::new(async move {
                match may_export(&group, &here).await {
                    Ok((back, words)) => begun(&here, back, words, format, &fields).into_any(),
                    Err(failure) => refused(failure).into_any(),
                }
            })}
        </Suspense>
    }
}

async fn may_export(group: &str, here: &str) -> Result<(String, String), Failure> {
    let as_admin = here.starts_with("/admin/");
    if group.is_empty() {
        let engine = engine()?;
        let is_admin = as_admin && is_admin(&engine).await?;
        let back = ("/admin".to_owned(), "All classes".to_owned());
        return if is_admin { Ok(back) } else { Err(Trouble::NotAdmin.into()) };
    }
    let (_, viewer, class) = viewer(group, as_admin).await?;
    Ok((viewer.class(class.group_id), class.name))
}

fn begun(
    here: &str,
    back_to: String,
    words: String,
    format: Format,
    fields: &HashMap<&str, String>,
) -> impl IntoView + use<> {
    let run = ticket();
    let mut asked: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    asked.push(("run", &run));
    let download = address(&format!("{here}.{}", format.ending()), &asked);
    let progress = address("/export/progress", &[("run", &run)]);
    let back = (back_to, words);
    view! {
        <Title text="Export" />
        <Meta http_equiv="refresh" content=format!("0; url={download}") />
        <Wide back>
            <section class="card one">
                <h1>"Export"</h1>
                <p>"Your browser saves the file while it is being made. This is how far it is:"</p>
                <iframe class="export-progress" src=progress title="How far the export is"></iframe>
                <p class="hint">
                    "If nothing is saved, " <a href=download>"start it by hand"</a> "."
                </p>
            </section>
        </Wide>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (cell, expected) in [
            ("=cmd()", "'=cmd()"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@x", "'@x"),
            ("\t=1", "'\t'=1"),
            ("\r\nAda", "'\r\nAda"),
            ("＝1", "'＝1"),
            ("\0=1", "'\0'=1"),
            ("Ada;=cmd()", "Ada;'=cmd()"),
            ("Ada;\"\"=cmd()", "Ada;\"\"'=cmd()"),
            ("\"=cmd()", "\"'=cmd()"),
            ("Ada\t+1", "Ada\t'+1"),
            ("Ada\n@x", "Ada\n'@x"),
            ("Ada; Bo -1", "Ada; Bo -1"),
            ("{\"x\":-1}", "{\"x\":-1}"),
            ("Ada = 1", "Ada = 1"),
            ("", ""),
        ] {
            assert_eq!(harmless(cell), expected);
        }
    }

    #[test]
    fn no_words_are_read_as_another_number_time_or_date() {
        for cell in [
            "9E2",
            "007",
            "1.304",
            "1,5",
            "3/4",
            "1-2",
            "12:30",
            "5%",
            "1 000",
            ".5",
            "1e-3",
            "2026-11-28",
            "1234567890123456",
        ] {
            assert_eq!(harmless(cell), format!("'{cell}"));
        }
        for cell in ["9", "0", "42", "123456789012345", "9B", "B9", "9 B", "3/4 of it", "e", "..."]
        {
            assert_eq!(harmless(cell), cell);
        }
    }

    #[test]
    fn moments_and_lengths_of_time() {
        assert_eq!(word(Kind::Round), "round");
        for (millis, [seconds, exact]) in [
            (1_304, ["1", "1304"]),
            (1_500, ["2", "1500"]),
            (0, ["0", "0"]),
            (61_499, ["61", "61499"]),
        ] {
            assert_eq!(length(Some(millis)), [seconds, exact]);
        }
        assert_eq!(length(None), ["", ""]);
        let at = "2026-07-01T23:32:10.900Z".parse().ok();
        let zone = Zone::named("Europe/Berlin").expect("a zone");
        assert_eq!(moment(at, &zone), ["2026-07-01T23:32:10.900Z", "2026-07-02 01:32:10"]);
        assert_eq!(moment(None, &zone), ["", ""]);
    }
}
