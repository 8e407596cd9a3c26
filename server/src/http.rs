//! The HTTP API, under `/api/v1`, as the contract has it: its routes. Each handler reads one request,
//! asks the engine, and answers.

mod body;
mod caller;
pub(crate) mod connections;
mod description;
mod devices;
mod ends;
mod events;
pub(crate) mod forward;
pub(crate) mod forwarder;
mod groups;
mod idempotency;
mod integrated;
mod integration;
mod invitations;
pub(crate) mod listen;
mod metrics;
mod origin;
mod other_sites;
pub(crate) mod pace;
mod performing;
mod probe;
pub(crate) mod reach;
mod rendering;
pub(crate) mod reply;
mod verb;
mod voice;

use axum::Router;
use axum::extract::State;
use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, get, on};
use http::Method;

pub use self::body::bodies_in_time;
use self::description as told;
use self::description::Operation;
pub use self::description::description;
pub use self::forward::forwarding;
pub use self::metrics::serve_metrics;
pub use self::origin::same_origin;
pub use self::probe::{Forwarded, Probe};
pub use self::rendering::in_turn;
use crate::engine::Engine;
use crate::error::Error;

/// A request that the API answers: a method, and a path under `/api/v1`.
pub type Route = (Method, &'static str);

fn at<H: Handler<T, Engine>, T: 'static>(
    method: Method,
    path: &'static str,
    handler: H,
    operation: Operation,
) -> Entry {
    // Every method that stands in the table below has its filter.
    let filter = MethodFilter::try_from(method.clone()).expect("a method that axum knows");
    ((method, path), on(filter, handler), operation)
}

/// The path of what is done with an invitation.
macro_rules! invitation {
    ($verb:literal) => {
        concat!("/groups/{group}/invitations/{invitation}", $verb)
    };
}

/// A route, what answers it, and what the description of the API says of it.
type Entry = (Route, MethodRouter<Engine>, Operation);

/// Whatever the API answers, and by which handler; [`routes`] tells it to those who ask, and
/// [`description`] in the words of OpenAPI.
fn table() -> Vec<Entry> {
    const READ: Method = Method::GET;
    const ACT: Method = Method::POST;
    const CHANGE: Method = Method::PATCH;
    const REMOVE: Method = Method::DELETE;
    vec![
        at(ACT, "/groups", groups::create_group, told::create_group()),
        at(ACT, "/join", groups::join, told::join()),
        at(READ, "/groups/{group}", groups::snapshot, told::snapshot()),
        at(CHANGE, "/groups/{group}", groups::change_group, told::change_group()),
        at(READ, "/groups/{group}/events", events::events, told::follow()),
        at(ACT, "/groups/{group}/invite", invitations::invite, told::invite()),
        at(
            ACT,
            "/groups/{group}/inviteInGroup",
            invitations::invite_in_group,
            told::invite_in_group(),
        ),
        at(ACT, "/groups/{group}/perform", performing::perform, told::perform()),
        at(ACT, "/groups/{group}/undo", performing::undo, told::undo()),
        at(ACT, "/groups/{group}/joinCode", groups::renew_join_code, told::renew_join_code()),
        at(ACT, "/groups/{group}/handover", groups::hand_over, told::hand_over()),
        at(CHANGE, "/groups/{group}/members/{member}", groups::change_role, told::change_role()),
        at(REMOVE, "/groups/{group}/members/{member}", groups::leave, told::leave()),
        at(READ, "/groups/{group}/members", integrated::list_own_members, told::list_own_members()),
        at(ACT, "/groups/{group}/members", integrated::bring_in, told::bring_in()),
        at(READ, "/groups/{group}/devices", devices::list_devices, told::list_devices()),
        at(REMOVE, "/groups/{group}/devices/{device}", devices::end_device, told::end_device()),
        at(READ, "/deadLetters", integrated::list_dead_letters, told::list_dead_letters()),
        at(
            ACT,
            "/deadLetters/{deadLetter}/deliver",
            integrated::deliver_again,
            told::deliver_again(),
        ),
        at(REMOVE, "/deadLetters/{deadLetter}", integrated::forget_letter, told::forget_letter()),
        at(ACT, "/groups/{group}/end", groups::end, told::end()),
        at(
            READ,
            "/groups/{group}/invitations",
            invitations::list_invitations,
            told::list_invitations(),
        ),
        at(READ, invitation!(""), invitations::get_invitation, told::get_invitation()),
        at(CHANGE, invitation!(""), invitations::modify_invitation, told::modify_invitation()),
        at(ACT, invitation!("/cancel"), invitations::cancel, told::cancel()),
        at(ACT, invitation!("/accept"), invitations::accept, told::accept()),
        at(ACT, invitation!("/reject"), invitations::reject, told::reject()),
        at(ACT, invitation!("/finish"), invitations::finish, told::finish()),
        at(ACT, invitation!("/clear"), invitations::clear, told::clear()),
        at(ACT, invitation!("/ringing"), ends::ringing, told::ringing()),
        at(ACT, invitation!("/relay"), ends::relay, told::relay()),
        at(ACT, invitation!("/keepAlive"), ends::keep_alive, told::keep_alive()),
        at(READ, invitation!("/iceServers"), ends::ice_servers, told::ice_servers()),
        at(ACT, "/groups/{group}/voice", voice::join, told::join_voice()),
        at(REMOVE, "/groups/{group}/voice/{session}", voice::leave, told::leave_voice()),
        at(ACT, invitation!("/media"), voice::join_call, told::join_call()),
        at(REMOVE, invitation!("/media/{session}"), voice::leave_call, told::leave_call()),
    ]
}

/// Every route of the API, for what must hold of all of them.
pub fn routes() -> impl Iterator<Item = Route> {
    table().into_iter().map(|(route, ..)| route)
}

/// The API, by its routes.
pub fn api(engine: Engine) -> Router {
    let routes = table()
        .into_iter()
        .fold(Router::new(), |routes, ((_, path), handler, _)| routes.route(path, handler));
    let mut routes = routes
        .fallback(async || Error::NoSuchPath)
        // Of these routes themselves, so that what is laid around them is around it too.
        .method_not_allowed_fallback(async || Error::NoSuchMethod);
    if let Some(layer) = other_sites::allowing(&engine.shared.allowed_origins) {
        routes = routes.layer(layer);
    }
    Router::new()
        .nest("/api/v1", routes)
        .route("/livez", get(async || "ok"))
        .route("/healthz", get(health))
        .route("/readyz", get(health))
        .route("/probe", get(probe::probe))
        .method_not_allowed_fallback(async || Error::NoSuchMethod)
        .layer(bodies_in_time(engine.clone()))
        .with_state(engine)
}

async fn health(State(engine): State<Engine>) -> Result<&'static str, Error> {
    engine.check().await?;
    Ok("ok")
}
