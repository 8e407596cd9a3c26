//! Where the files are, and who gets them.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use classroom::history::Chronicle;
use serde::Deserialize;
use server::{Asking, ClassRow, Engine, Error};
use signaling::{GroupId, Rejection, Role, UserId};

use super::format::Format;
use super::lessons::lessons_csv;
use super::progress::{Runs, progress};
use super::stream::Export;
use super::tally::tally;
use crate::admin::search::class_filter;
use crate::history::viewer::Viewer;
use crate::zone::Zone;

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
    state: Option<String>,
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

fn of_lessons(as_admin: bool) -> MethodRouter<Exports> {
    get(move |State(exports): State<Exports>, headers, Path(group): Path<String>| {
        lessons(exports, headers, group, as_admin)
    })
}

fn of_own() -> MethodRouter<Exports> {
    get(|State(exports): State<Exports>, headers, Path(group): Path<String>| {
        own(exports, headers, group)
    })
}

fn of_tally() -> MethodRouter<Exports> {
    get(|State(exports): State<Exports>, headers, Path(group): Path<String>| async move {
        tally(&exports.engine, &headers, &group).await
    })
}

fn of_progress() -> MethodRouter<Exports> {
    get(|State(exports): State<Exports>, Query(asked): Query<Asked>| async move {
        progress(asked.run.and_then(|ticket| exports.runs.find(&ticket)))
    })
}

/// Where each file is; [`export_routes`] tells it to those who ask.
fn table() -> [(&'static str, MethodRouter<Exports>); 11] {
    [
        ("/admin/export.csv", of_all(Format::Csv)),
        ("/admin/export.json", of_all(Format::Json)),
        ("/admin/class/{group}/export.csv", of_one(Format::Csv, true)),
        ("/admin/class/{group}/export.json", of_one(Format::Json, true)),
        ("/class/{group}/history/export.csv", of_one(Format::Csv, false)),
        ("/class/{group}/history/export.json", of_one(Format::Json, false)),
        ("/class/{group}/history/lessons.csv", of_lessons(false)),
        ("/admin/class/{group}/lessons.csv", of_lessons(true)),
        ("/class/{group}/me/data.json", of_own()),
        ("/class/{group}/tally.json", of_tally()),
        ("/export/progress", of_progress()),
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
    let [name, from, until, state] =
        [&asked.name, &asked.from, &asked.until, &asked.state].map(text);
    let filter = class_filter(&zone, &name, &from, &until, &state);
    let (_, total) = engine.totals(&filter).await?;
    let run = runs.begin(asked.run, total);
    file(Export::of_all(engine, zone, format, filter, run), format, asking, "classes")
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
    let (viewer, asking, class) = whose(&engine, &headers, &group, as_admin).await?;
    if let Viewer::Teacher(user) = viewer {
        engine.may_export(class.group_id, user, class.seq)?;
    }
    let run = runs.begin(asked.run, class.seq);
    let name = file_name(&class.name);
    let export = Export::of_class(engine, zone, format, viewer, class, run);
    file(export, format, asking, &name)
}

/// The class of which somebody asks for a file, when they may have it, and who they are.
async fn whose(
    engine: &Engine,
    headers: &HeaderMap,
    group: &str,
    as_admin: bool,
) -> Result<(Viewer, Asking, ClassRow), Error> {
    let no_such = |_| Error::NoSuchGroup;
    let (viewer, asking) = if as_admin {
        (Viewer::Admin, signed_in_as_admin(engine, headers).await?)
    } else {
        let group = group.parse().map_err(no_such)?;
        match member(engine, headers, group).await? {
            (user, Role::Teacher, asking) => (Viewer::Teacher(user), asking),
            (_, Role::Student, _) => return Err(Rejection::TeachersOnly.into()),
        }
    };
    Ok((viewer, asking, engine.class(group.parse().map_err(no_such)?).await?))
}

/// The member of a class who asks.
async fn member(
    engine: &Engine,
    headers: &HeaderMap,
    group: GroupId,
) -> Result<(UserId, Role, Asking), Error> {
    let presented = engine.cookies().presented(headers).ok_or(Error::NotSignedIn)?;
    let token = presented.token();
    let (user, role) = engine.member_of(group, token).await?;
    Ok((user, role.ok_or(Error::NotSignedIn)?, Asking::of_member(group, token)))
}

/// What is stored about a member, for themselves.
async fn own(exports: Exports, headers: HeaderMap, group: String) -> Result<Response, Error> {
    let Exports { engine, zone, .. } = exports;
    let group = group.parse().map_err(|_| Error::NoSuchGroup)?;
    let (me, _, asking) = member(&engine, &headers, group).await?;
    let class = engine.class(group).await?;
    engine.may_export(group, me, class.seq)?;
    let name = format!("{}-me", file_name(&class.name));
    file(Export::of_own(engine, zone, me, class), Format::Json, asking, &name)
}

async fn lessons(
    exports: Exports,
    headers: HeaderMap,
    group: String,
    as_admin: bool,
) -> Result<Response, Error> {
    let Exports { engine, zone, .. } = exports;
    let (viewer, asking, class) = whose(&engine, &headers, &group, as_admin).await?;
    if let Viewer::Teacher(user) = viewer {
        engine.may_look_back(&class, user).await?;
    }
    let name = format!("{}-lessons", file_name(&class.name));
    let (reader, class) = (engine.clone(), Some(class));
    let made = engine.made_in_turn(asking, class, move |class| {
        let (engine, zone) = (reader.clone(), zone.clone());
        async move {
            let Some(class) = class else { return Ok(None) };
            let state = engine.reading(&class).await.inspect_err(Error::log)?;
            let held = Chronicle::restore(&state).map(|it| it.lessons()).unwrap_or_default();
            Ok(Some((Bytes::from(lessons_csv(&class, &held, &zone)), None)))
        }
    })?;
    Ok(download(Body::from_stream(made), Format::Csv, &name))
}

/// A class's name as far as it may stand in that of a file.
fn file_name(class: &str) -> String {
    let name: String = class
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "class" } else { name }.to_owned()
}

fn file(export: Export, format: Format, asking: Asking, name: &str) -> Result<Response, Error> {
    Ok(download(Body::from_stream(export.stream(asking)?), format, name))
}

fn download(body: Body, format: Format, name: &str) -> Response {
    let disposition = format!("attachment; filename=\"handup-{name}.{}\"", format.ending());
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(CONTENT_DISPOSITION, disposition);
    }
    response
}
