//! The server: composes the engine, the classroom and the pages, and serves them.

mod assets;
mod file;
mod options;
#[cfg(test)]
mod strangers;
#[cfg(test)]
mod typed;

use std::io::{BufRead, IsTerminal};
use std::process::ExitCode;
use std::sync::Arc;

use app::{App, Zone, exports, shell};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, HOST, REFERER};
use axum::http::uri::Authority;
use axum::http::{Method, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use clap::Parser;
use classroom::APPLICATIONS;
use leptos::config::LeptosOptions;
use leptos::context::provide_context;
use leptos_axum::{LeptosRoutes, generate_route_list};
use server::{Config, Engine, HashError, IceConfig, hash_password};
use tokio::signal::unix::{SignalKind, signal};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;

use crate::options::{Instead, Options};

/// Pages of large classes are large for a moment. The allocator of the C library keeps what they took
/// for good, this one gives it back: after twenty seconds of pages of a class of 6 000, 107 MiB stayed
/// where there had been 34.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The largest form a page takes, in bytes.
const MAX_FORM_BYTES: usize = 64 * 1_024;

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    options.log_format.start();
    let done = match &options.command {
        Some(Instead::HashPassword) => print_hash(),
        Some(Instead::Backup { file }) => file::back_up(&options.database, file).await,
        Some(Instead::Check { file }) => file::check(file).await,
        None => run(options).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("handup: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Reads a password, unseen where somebody types it, and prints its hash.
fn print_hash() -> Result<(), String> {
    let cannot = |error| format!("cannot read a password: {error}");
    let password = if std::io::stdin().is_terminal() {
        rpassword::prompt_password("Password: ").map_err(cannot)?
    } else {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map_err(cannot)?;
        line.trim_end_matches(['\r', '\n']).to_owned()
    };
    println!("{}", hash_password(&password).map_err(|error| error.to_string())?);
    Ok(())
}

async fn run(options: Options) -> Result<(), String> {
    let Options {
        listen,
        database,
        public_url,
        trusted_proxies,
        admin_password_hash,
        time_zone,
        end_still_classes_after,
        stun_servers,
        turn_servers,
        turn_secret,
        bounds,
        log_format: _,
        command: _,
    } = options;
    // Each stream is a descriptor, and a shell gives a thousand.
    let files = rlimit::increase_nofile_limit(u64::MAX)
        .map_err(|error| format!("cannot tell how many files may be open: {error}"))?;
    if turn_servers.is_empty() != turn_secret.is_none() {
        return Err("--turn-server and --turn-secret go together".to_owned());
    }
    let admin_password_hash = admin_password_hash
        .map(|hash| hash.parse())
        .transpose()
        .map_err(|error: HashError| format!("--admin-password-hash is wrong: {error}"))?;
    let config = Config {
        database: database.clone(),
        public_url,
        trusted_proxies,
        admin_password_hash,
        ice: IceConfig {
            stun: stun_servers,
            turn: turn_servers,
            turn_secret: turn_secret.unwrap_or_default(),
        },
        still_days: end_still_classes_after,
        bounds: bounds.within(files),
    };
    let engine =
        Engine::open(config, Arc::new(APPLICATIONS)).await.map_err(|error| error.to_string())?;
    let set_up = engine.begin_set_up().await.map_err(|error| error.to_string())?;
    let listener =
        server::listen(listen).map_err(|error| format!("cannot listen on {listen}: {error}"))?;
    let address =
        listener.local_addr().map_err(|error| format!("cannot listen on {listen}: {error}"))?;
    engine.is_listening_on(address);
    stop_on_signal(&engine)?;
    let router = router(engine.clone(), time_zone.unwrap_or_else(Zone::of_machine));
    let database = database.canonicalize().unwrap_or(database);
    println!("data in {}", database.display());
    if let Some(token) = set_up {
        let reached = server::address_for_others(address).unwrap_or(address);
        let origin = engine.public_url().map_or_else(|| format!("http://{reached}"), str::to_owned);
        println!("set the administrator's password: {origin}/admin/set-up/{}", token.reveal());
    }
    if engine.public_url().is_none()
        && let Some(others) = server::address_for_others(address)
    {
        println!("phones in the same network open http://{others}");
    }
    println!("listening on http://{address}");
    server::serve(listener, router, engine).await;
    Ok(())
}

fn stop_on_signal(engine: &Engine) -> Result<(), String> {
    let no_signals = |error| format!("cannot wait for signals: {error}");
    let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
    let stopping = engine.stopping().clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        stopping.cancel();
    });
    Ok(())
}

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

fn router(engine: Engine, zone: Zone) -> Router {
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
    rendered.merge(exports(engine.clone(), zone)).merge(server::api(engine)).layer(around_all)
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
    response
}
