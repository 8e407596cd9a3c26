//! Pages and large answers in the render queue, in the turn of whoever asks for them.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

use super::origin::is_safe;
use crate::engine::Engine;
use crate::error::Error;
use crate::identity::cookies::Presented;
use crate::render_queue::Asking;

/// The largest snapshot, in rows, that is made where the request is answered: what is larger waits
/// in the render queue.
pub(super) const MADE_AT_ONCE: u32 = 250;

/// Has a page rendered in the turn of whoever asks for it.
///
/// # Errors
/// When too much waits already.
pub async fn in_turn(engine: &Engine, request: Request, next: Next) -> Result<Response, Error> {
    if !is_safe(request.method()) {
        return Ok(next.run(request).await);
    }
    // A member who is too fast is refused before anything is made for them.
    let group = request.uri().path().split('/').find_map(|part| part.parse().ok());
    let address = engine.client_address(request.extensions(), request.headers());
    if let Some(session) = engine.cookies().presented_by_admin(request.headers())
        && request.uri().path().starts_with("/admin")
        && engine.is_admin(&session).await?
    {
        let asking = Asking::of_administrator(&session);
        return engine.renders().respond(asking, next.run(request)).await;
    }
    let credential = engine.cookies().presented(request.headers());
    let token = credential.as_ref().map(Presented::token);
    let asking = engine.asking(group, token, address).await?;
    engine.renders().respond(asking, next.run(request)).await
}

/// Answers with what goes through so many rows: where those are many, in the render queue.
pub(super) async fn answer_with_rows(
    engine: &Engine,
    asking: Asking,
    rows: u32,
    make: impl FnOnce() -> Response + Send + 'static,
) -> Result<Response, Error> {
    if rows <= MADE_AT_ONCE {
        return Ok(make());
    }
    engine.renders().respond(asking, async move { make() }).await
}
