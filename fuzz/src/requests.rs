//! Whole requests, to the API and to the pages as they are served.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::{Mutex, PoisonError};

use app::{App, Zone, export_routes};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use classroom::{APPLICATIONS, Operation};
use leptos::server_fn::axum::server_fn_paths;
use leptos_axum::generate_route_list;
use server::{Config, Cookies, Engine, Presented, Token, new_invite_id};
use signaling::{
    Answers, Command, GroupId, InviteId, InviteeList, Name, Snapshot, Timeout, UserId,
};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// After so many requests a member is too fast; others begin anew with another class.
const MOST: usize = 800;
/// The most requests in one input.
const AT_ONCE: usize = 8;

/// The headers that anything reads, each by a letter.
const HEADERS: [&str; 14] = [
    "authorization",
    "cookie",
    "last-event-id",
    "idempotency-key",
    "x-forwarded-for",
    "accept",
    "content-type",
    "sec-fetch-site",
    "origin",
    "host",
    "referer",
    "if-none-match",
    "content-length",
    "range",
];

/// A server with a class in it.
struct World {
    engine: Engine,
    router: Router,
    routes: Vec<(Method, String)>,
    group: GroupId,
    teacher: Token,
    student: Token,
    student_id: UserId,
    invite: InviteId,
    /// An administrator's session; only where there are pages for one.
    admin: Option<Token>,
    asked: usize,
    /// Dropped before the folder that its tasks write into.
    runtime: Runtime,
    _folder: TempDir,
}

/// Which half of the server is asked.
#[derive(Clone, Copy)]
enum Half {
    Api,
    Pages,
}

fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    folder.expect("a folder")
}

/// Sets the administrator's password, as whoever has the server's link does.
async fn sign_in(engine: &Engine) -> Option<Token> {
    let link = engine.begin_set_up().await.expect("the store")?;
    let session = engine.set_up(&link, "correct horse battery".to_owned()).await;
    session.expect("the store").expect("a password")
}

impl World {
    fn begin(half: Half) -> Self {
        let folder = folder();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let file = folder.path().join("handup.sqlite3");
        let (teacher, student) = (Token::new(), Token::new());
        let invite = new_invite_id();
        let (engine, group, student_id) = runtime.block_on(async {
            let application = Arc::new(APPLICATIONS);
            let mut config = Config::on(&file);
            config.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
            let engine = Engine::open(config, application).await.expect("the database");
            let here = IpAddr::from([192, 0, 2, 1]);
            let name = |text| Name::new(text).expect("a name");
            let begun =
                engine.create_group(here, name("4B"), name("Ms Noether"), None, &teacher).await;
            let begun = begun.expect("a class");
            let joined =
                engine.join(here, begun.join_code.as_str(), name("Ada"), None, &student).await;
            let ask = Command::InviteInGroup {
                actor: begun.user_id,
                invite_id: invite,
                invitee_list: InviteeList::Everyone,
                data: Operation::asks(None).to_data(),
                timeout: Timeout::NEVER,
                answers: Answers::default(),
            };
            engine.command(begun.group_id, here, ask).await.expect("a round");
            (engine, begun.group_id, joined.expect("a student").user_id)
        });
        let routes: Vec<(Method, String)> = match half {
            Half::Api => {
                let routes =
                    server::routes().map(|(method, path)| (method, format!("/api/v1{path}")));
                routes.collect()
            }
            Half::Pages => {
                let _inside = runtime.enter();
                let pages = generate_route_list(App);
                let pages: Vec<String> = pages.iter().map(|page| page.path().to_owned()).collect();
                let read = pages.into_iter().chain(export_routes().map(str::to_owned));
                let mut routes: Vec<_> = read.map(|path| (Method::GET, path)).collect();
                routes.extend(server_fn_paths().map(|(path, method)| (method, path.to_owned())));
                routes.sort_by(|one, other| one.1.cmp(&other.1));
                routes
            }
        };
        let zone = Zone::named("UTC").expect("a zone");
        let router = {
            let _inside = runtime.enter();
            web::router(engine.clone(), zone)
        };
        let asked = 0;
        let admin = match half {
            Half::Api => None,
            Half::Pages => runtime.block_on(sign_in(&engine)),
        };
        Self {
            engine,
            router,
            routes,
            group,
            teacher,
            student,
            student_id,
            invite,
            admin,
            asked,
            runtime,
            _folder: folder,
        }
    }

    fn is_used_up(&self) -> bool {
        let room = self.runtime.block_on(self.engine.room(self.group));
        let is_over = room.map_or(true, |room| {
            room.with_group(|group| group.ended || group.members().len() != 2)
        });
        let is_signed_out = self.admin.as_ref().is_some_and(|admin| {
            !self.runtime.block_on(self.engine.is_admin(admin)).unwrap_or_default()
        });
        is_over || is_signed_out || self.asked > MOST
    }

    /// What the input's control characters stand for: what cannot be guessed.
    fn spelled(&self, bytes: &[u8]) -> Vec<u8> {
        let mut spelled = Vec::with_capacity(bytes.len());
        for byte in bytes {
            match byte {
                1 => spelled.extend_from_slice(self.teacher.reveal().as_bytes()),
                2 => spelled.extend_from_slice(self.student.reveal().as_bytes()),
                3 => spelled.extend_from_slice(self.group.to_string().as_bytes()),
                4 => spelled.extend_from_slice(self.student_id.to_string().as_bytes()),
                5 => spelled.extend_from_slice(self.invite.to_string().as_bytes()),
                6 => spelled.extend(self.admin.iter().flat_map(|it| it.reveal().bytes())),
                other => spelled.push(*other),
            }
        }
        spelled
    }

    /// The request that the input means: a line with the route, lines with headers, an empty line,
    /// the body. A route is its letter, and what stands in the place of ids, or is the query.
    fn request(&self, input: &[u8]) -> Option<Request<Body>> {
        let (head, body) = match input.windows(2).position(|pair| pair == b"\n\n") {
            Some(end) => (&input[..end], &input[end + 2..]),
            None => (input, &[][..]),
        };
        let mut lines = head.split(|byte| *byte == b'\n');
        let (route, rest) = lines.next()?.split_first()?;
        let (method, pattern) = self.routes.get(usize::from(route.checked_sub(b'A')?))?;
        let rest = String::from_utf8(self.spelled(rest)).ok()?;
        let (own, query) =
            rest.split_once('?').map_or((&*rest, None), |(own, query)| (own, Some(query)));
        let known = |name: &str| match name {
            "{group}" => self.group.to_string(),
            "{member}" => self.student_id.to_string(),
            "{invitation}" => self.invite.to_string(),
            _ => self.teacher.reveal().to_owned(),
        };
        let path = pattern.split('/').map(|part| match part.starts_with('{') {
            true if own.is_empty() => known(part),
            true => own.to_owned(),
            false => part.to_owned(),
        });
        let path = path.collect::<Vec<_>>().join("/");
        let target = query.map_or_else(|| path.clone(), |query| format!("{path}?{query}"));
        let mut request = Request::builder().method(method).uri(target).body(Body::empty()).ok()?;
        for line in lines {
            let Some((header, value)) = line.split_first() else { continue };
            let place = usize::from(header.wrapping_sub(b'a'));
            let (Some(name), Ok(value)) =
                (HEADERS.get(place), HeaderValue::from_bytes(&self.spelled(value)))
            else {
                continue;
            };
            request.headers_mut().append(HeaderName::from_static(name), value);
        }
        *request.body_mut() = Body::from(self.spelled(body));
        let peer = SocketAddr::from(([127, 0, 0, 1], 4_711));
        request.extensions_mut().insert(ConnectInfo(peer));
        Some(request)
    }

    fn send(&mut self, request: Request<Body>) -> (StatusCode, HeaderMap, Vec<u8>) {
        self.asked += 1;
        let router = self.router.clone();
        self.runtime.block_on(async move {
            let response = router.oneshot(request).await.expect("an answer");
            let (head, body) = response.into_parts();
            let is_live =
                head.headers.get(CONTENT_TYPE).is_some_and(|it| it == "text/event-stream");
            let body = if is_live {
                Vec::new()
            } else {
                to_bytes(body, usize::MAX).await.expect("a whole body").to_vec()
            };
            (head.status, head.headers, body)
        })
    }
}

fn in_world(kept: &Mutex<Option<World>>, half: Half, work: impl FnOnce(&mut World)) {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.as_ref().is_none_or(World::is_used_up) {
        // The old one's tasks end before the next one's begin.
        *kept = None;
        *kept = Some(World::begin(half));
    }
    if let Some(world) = &mut *kept {
        work(world);
    }
}

/// Requests to the API, with a blank line and a full stop between them. Whatever they are, the
/// server does not fail, refuses with a problem, and what it has in memory can be written and read.
pub fn api(bytes: &[u8]) {
    static WORLD: Mutex<Option<World>> = Mutex::new(None);
    in_world(&WORLD, Half::Api, |world| {
        for input in split(bytes) {
            let Some(request) = world.request(input) else { continue };
            let (status, headers, body) = world.send(request);
            assert!(!status.is_server_error(), "{status}: {}", String::from_utf8_lossy(&body));
            if status.is_client_error() {
                let content_type = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
                assert_eq!(content_type, Some(&b"application/problem+json"[..]), "{status}");
                let problem: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
                assert_eq!(problem["status"], status.as_u16());
            }
            assert!(!headers.contains_key("set-cookie"));
        }
        let (engine, group) = (world.engine.clone(), world.group);
        let room = world.runtime.block_on(async move { engine.room(group).await });
        let room = room.expect("the class is there");
        // The student may have left.
        if let Some(snapshot) = room.snapshot(world.student_id, world.engine.now(), false) {
            let text = serde_json::to_string(&snapshot).expect("a snapshot is JSON");
            let again: Snapshot = serde_json::from_str(&text).expect("what is written can be read");
            assert_eq!(serde_json::to_string(&again).ok(), Some(text));
        }
    });
}

/// The same for pages, forms and files: they do not fail, and lead nowhere but to this site.
pub fn pages(bytes: &[u8]) {
    static WORLD: Mutex<Option<World>> = Mutex::new(None);
    in_world(&WORLD, Half::Pages, |world| {
        for input in split(bytes) {
            let Some(mut request) = world.request(input) else { continue };
            // The program takes the referrers of other sites away (`own_referrer`).
            request.headers_mut().remove("referer");
            let is_form = request.method() == Method::POST;
            if is_form {
                // Whoever sends a form has been on its page.
                let of_form = format!("handup-form={}", world.student.reveal());
                let of_form = HeaderValue::try_from(of_form).expect("a header");
                request.headers_mut().append("cookie", of_form);
            }
            let (status, headers, body) = world.send(request);
            // Leptos says by 500 that a form cannot be read.
            let is_unread = is_form && status == StatusCode::INTERNAL_SERVER_ERROR;
            assert!(
                !status.is_server_error() || is_unread,
                "{status}: {}",
                String::from_utf8_lossy(&body)
            );
            if let Some(location) = headers.get(LOCATION) {
                let location = location.as_bytes();
                let is_own = location.starts_with(b"/")
                    && !location.starts_with(b"//")
                    && !location.starts_with(b"/\\");
                assert!(is_own, "{}", String::from_utf8_lossy(location));
            }
        }
    });
}

fn split(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(bytes);
    let requests = std::iter::from_fn(move || {
        let bytes = rest?;
        let end = bytes.windows(3).position(|it| it == b"\n.\n");
        rest = end.map(|end| &bytes[end + 3..]);
        Some(end.map_or(bytes, |end| &bytes[..end]))
    });
    requests.take(AT_ONCE)
}

/// Who somebody is and where they come from, of headers alone.
pub fn headers(bytes: &[u8]) {
    static WORLD: Mutex<Option<World>> = Mutex::new(None);
    let mut headers = HeaderMap::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let Some((header, value)) = line.split_first() else { continue };
        let place = usize::from(header.wrapping_sub(b'a'));
        if let (Some(name), Ok(value)) = (HEADERS.get(place), HeaderValue::from_bytes(value)) {
            headers.append(HeaderName::from_static(name), value);
        }
    }
    for https in [false, true] {
        let cookies = Cookies::new("0a1b2c3d", https);
        let found = cookies.presented(&headers);
        let found = found.as_ref().map(Presented::token).cloned();
        for token in [found, cookies.presented_by_admin(&headers)].into_iter().flatten() {
            assert_eq!(token.reveal().len(), 43, "a token is 256 bits");
        }
    }
    let mut kept = WORLD.lock().unwrap_or_else(PoisonError::into_inner);
    let world = kept.get_or_insert_with(|| World::begin(Half::Api));
    for peer in [IpAddr::from([127, 0, 0, 1]), IpAddr::from([198, 51, 100, 7])] {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::new(peer, 4_711)));
        let client = world.engine.client_address(&extensions, &headers);
        if !peer.is_loopback() {
            assert_eq!(client, peer, "nobody else is believed");
        } else if client != peer {
            let named = headers.get_all("x-forwarded-for").iter();
            let named =
                named.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
            let mut named = named.map(str::trim).map(|named| {
                let with_port = || named.parse::<SocketAddr>().ok().map(|address| address.ip());
                let bare = named.trim_start_matches('[').trim_end_matches(']');
                bare.parse::<IpAddr>().ok().or_else(with_port)
            });
            assert!(named.any(|named| named == Some(client)), "{client} was named by nobody");
        }
    }
}
