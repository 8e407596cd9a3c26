//! How often everybody in a class has raised a hand and spoken: for its teachers; a student gets their
//! own share of it.

use axum::Json;
use axum::http::HeaderMap;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use classroom::Tally;
use server::{Engine, Error};

/// How many parts of invitations are gone through at the cost of one row that is shown.
const PARTS_A_ROW: usize = 16;

/// The tally as JSON.
///
/// # Errors
/// When whoever asks is no member, or asks too often.
pub(super) async fn tally(
    engine: &Engine,
    headers: &HeaderMap,
    group: &str,
) -> Result<Response, Error> {
    let group = group.parse().map_err(|_| Error::NoSuchGroup)?;
    let presented = engine.cookies().presented(headers).ok_or(Error::NotSignedIn)?;
    let session = engine.session(group, presented.token()).await?;
    let rows =
        session.room.with_group(|group| group.members().len() + group.count_parts() / PARTS_A_ROW);
    let rows = u32::try_from(rows).unwrap_or(u32::MAX);
    engine.may_look_at(group, session.user, rows)?;
    let tally = session.room.with_group(|group| {
        let mut tally = Tally::of(group);
        if !group.is_teacher(session.user) {
            tally.members.retain(|share| share.user == session.user);
        }
        tally
    });
    Ok(([(CACHE_CONTROL, "no-store")], Json(tally)).into_response())
}
