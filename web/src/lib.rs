//! What the server serves: the pages, the exports, the API and the files of the site, in one router.
//!
//! It is a library so that tests and fuzz targets drive the router that ships.

mod assets;

use app::{App, Zone, exports, shell};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, HOST, REFERER};
use axum::http::uri::Authority;
use axum::http::{Method, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use leptos::config::LeptosOptions;
use leptos::context::provide_context;
use leptos_axum::{LeptosRoutes, generate_route_list};
use server::{Answered, Engine};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;

/// What is logged without `RUST_LOG`: warnings, and who signs in and the like.
pub const DEFAULT_LOG_FILTER: &str = "warn,security=info,str0m=error";

/// The largest form a page takes, in bytes.
const MAX_FORM_BYTES: usize = 64 * 1_024;

/// What the pages are rendered with.
#[derive(Clone)]
struct Pages {
    engine: Engine,
    leptos: LeptosOptions,
}

impl axum::extract::FromRef<Pages> for LeptosOptions {
    fn from_ref(pages: &Pages) -> Self {
        pages.leptos.clone()
    }
}

/// The router of the server: everything that it answers, with what guards it.
pub fn router(engine: Engine, zone: Zone) -> Router {
    let leptos =
        LeptosOptions::builder().output_name("handup").site_pkg_dir(assets::place()).build();
    let pages = Pages { engine: engine.clone(), leptos: leptos.clone() };
    let context = {
        let (engine, zone) = (engine.clone(), zone.clone());
        move || {
            provide_context(engine.clone());
            provide_context(zone.clone());
        }
    };
    let rendered = Router::new()
        .leptos_routes_with_context(&pages, generate_route_list(App), context, move || {
            shell(leptos.clone())
        })
        .fallback(not_found)
        .with_state(pages)
        .layer(from_fn_with_state(engine.clone(), own_referrer))
        .layer(from_fn_with_state(engine.clone(), own_forms))
        .layer(RequestBodyLimitLayer::new(MAX_FORM_BYTES))
        .layer(server::bodies_in_time(engine.clone()))
        .layer(CompressionLayer::new())
        // Around all that makes a page, its compression too.
        .layer(from_fn_with_state(engine.clone(), page_in_turn))
        .layer(from_fn(asset_first))
        // Files that were not packed when they were built; it leaves alone what is packed.
        .layer(CompressionLayer::new());
    let is_https = engine.is_https();
    // One layer for all of them: the router puts each of its layers in a box for every request.
    let around_all = ServiceBuilder::new()
        .layer(from_fn_with_state(engine.clone(), log_request))
        .map_response(move |mut response: axum::http::Response<_>| {
            assets::guard_headers(is_https, response.headers_mut());
            response
        })
        .layer(CatchPanicLayer::new());
    let whole = rendered
        .merge(exports(engine.clone(), zone))
        .merge(server::api(engine.clone()))
        .layer(around_all);
    // What another server answers comes with all of this already.
    server::forwarding(whole, &engine)
}

/// Refuses forms of other sites: to a person in a page, which says where this one is.
async fn own_forms(
    State(engine): State<Engine>,
    request: Request,
    next: axum::middleware::Next,
) -> Response {
    let accept = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok());
    let is_person = accept.is_some_and(|accept| accept.contains("text/html"));
    let refused = match server::same_origin(State(engine.clone()), request, next).await {
        Ok(response) => return response,
        Err(refused) => refused,
    };
    if is_person {
        app::other_address_page(engine.public_url(), assets::place())
    } else {
        refused.into_response()
    }
}

/// Leptos leads a form that cannot be read back to where it came from. Only this site may be that.
async fn own_referrer(
    State(engine): State<Engine>,
    mut request: Request,
    next: axum::middleware::Next,
) -> Response {
    let is_own = {
        let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
        let from = text(REFERER).and_then(|referrer| referrer.parse::<Uri>().ok());
        let authority = from.as_ref().and_then(|from| from.authority()).map(Authority::as_str);
        let public = engine.public_url().and_then(|url| url.split_once("://"));
        let public = public.map(|(_, authority)| authority);
        authority.is_some() && (authority == text(HOST) || authority == public)
    };
    if !is_own {
        request.headers_mut().remove(REFERER);
    }
    next.run(request).await
}

/// Has a page rendered in the turn of whoever asks for it, or tells them to wait.
async fn page_in_turn(
    State(engine): State<Engine>,
    request: Request,
    next: axum::middleware::Next,
) -> Response {
    let made = server::in_turn(&engine, request, next).await;
    made.unwrap_or_else(|error| app::wait_page(error, assets::place()))
}

/// Answers with a file of the site's own, which costs nothing to make.
async fn asset_first(request: Request, next: axum::middleware::Next) -> Response {
    match assets::find(request.uri().path(), request.headers()) {
        Some(asset) if request.method() == Method::GET || request.method() == Method::HEAD => asset,
        _ => next.run(request).await,
    }
}

async fn not_found(State(pages): State<Pages>, request: Request) -> Response {
    let Pages { engine, leptos } = pages;
    let render = leptos_axum::render_app_async_with_context(
        move || provide_context(engine.clone()),
        move || shell(leptos.clone()),
    );
    render(request).await.into_response()
}

/// Writes one line a request. A path can hold a join code, so what is written is the route.
async fn log_request(
    State(engine): State<Engine>,
    request: Request,
    next: axum::middleware::Next,
) -> Response {
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<axum::extract::MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let address = engine.client_address(request.extensions(), request.headers());
    let response = next.run(request).await;
    let status = response.status().as_u16();
    tracing::info!(%method, route, status, %address, "request");
    let answered = Answered { method: counted(&method), route, status };
    engine.count_answer(&answered, response.extensions());
    response
}

/// A method as metrics name it: it may be any word of a stranger's.
fn counted(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}
