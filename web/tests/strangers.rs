//! What strangers, members of other classes and pages of other sites get of every page, form and
//! file there is. The lists of them are the router's own: one that is added and of which it is not
//! said here how it is asked for fails these tests.

#[expect(dead_code, reason = "nobody looks at what is stored, nor copies it")]
#[path = "../../server/tests/http/support/database.rs"]
mod database;

use std::convert::Infallible;
use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use app::{App, RoomAction, Zone, export_routes};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::header::{
    ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, HOST,
    HeaderMap, LOCATION, REFERER, RETRY_AFTER, SET_COOKIE,
};
use axum::http::{HeaderName, HeaderValue, Method, Request, StatusCode};
use call::{Media, Offer};
use classroom::{APPLICATIONS, Operation};
use leptos::server_fn::axum::server_fn_paths;
use leptos_axum::generate_route_list;
use server::{ClassFilter, Config, Engine, Integration, IntegrationKey, Token, new_invite_id};
use signaling::{
    Answers, Command, GroupId, InviteId, InviteeList, Name, Role, SettingsChange, Timeout, UserId,
};
use tempfile::TempDir;
use tower::ServiceExt;

use database::Place;
use web::{DEFAULT_LOG_FILTER, router};

/// Words that stand in one class alone, so that one sees whence they came.
const CLASS: &str = "Canary Class";
const TEACHER: &str = "Tilda Canary";
const STUDENT: &str = "Ada Canary";
const QUESTION: &str = "What does the canary sing?";
const PASSWORD: &str = "correct horse battery";

/// A class as these tests need it: two people who are in it, and one who was.
struct Class {
    group: GroupId,
    code: String,
    teacher: Token,
    teacher_id: UserId,
    student: Token,
    student_id: UserId,
    removed: Token,
    invite: InviteId,
    /// The event that began it.
    event: u64,
}

struct School {
    _folder: TempDir,
    engine: Engine,
    router: Router,
    class: Class,
    other: Class,
    admin: Token,
}

/// Each caller comes from an address of their own, so that no limit is met.
static NEXT: AtomicU8 = AtomicU8::new(1);

fn somewhere() -> IpAddr {
    IpAddr::from([192, 0, 2, NEXT.fetch_add(1, Ordering::Relaxed)])
}

fn name(text: &str) -> Name {
    Name::new(text).expect("a name")
}

impl Class {
    async fn begin(engine: &Engine, words: [&str; 4]) -> Self {
        let [class, teacher, student, question] = words;
        let tokens = [Token::new(), Token::new(), Token::new()];
        let [of_teacher, of_student, of_removed] = tokens;
        let begun =
            engine.create_group(somewhere(), name(class), name(teacher), None, &of_teacher).await;
        let begun = begun.expect("a class");
        let (group, code) = (begun.group_id, begun.join_code.as_str().to_owned());
        let mut joined = Vec::new();
        for (who, token) in [(student, &of_student), ("Gone", &of_removed)] {
            let it = engine.join(somewhere(), &code, name(who), None, token).await;
            joined.push(it.expect("a student").user_id);
        }
        let [student_id, removed_id] = joined[..] else { panic!("two have joined") };
        let invite = new_invite_id();
        let data = Operation::asks(Some(question.to_owned())).to_data();
        let actor = begun.user_id;
        for command in [
            Command::InviteInGroup {
                actor,
                invite_id: invite,
                invitee_list: InviteeList::Everyone,
                data,
                timeout: Timeout::default(),
                answers: Answers::default(),
            },
            Command::Accept { actor: student_id, invite_id: invite, data: String::new() },
            Command::Leave { actor, user: removed_id },
        ] {
            engine.command(group, somewhere(), command).await.expect("it is done");
        }
        let room = engine.room(group).await.expect("the class is there");
        let event = room.with_group(|group| group.invitation(invite).map(|it| it.seq));
        let event = event.expect("the invitation");
        let (teacher, student, removed) = (of_teacher, of_student, of_removed);
        let teacher_id = actor;
        Self { group, code, teacher, teacher_id, student, student_id, removed, invite, event }
    }
}

/// What came back.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn header(&self, name: impl axum::http::header::AsHeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

type Headers = Vec<(HeaderName, String)>;

/// A browser with this member's cookie.
fn member(token: &Token) -> Headers {
    vec![(COOKIE, format!("handup={}", token.reveal()))]
}

fn admin(token: &Token) -> Headers {
    vec![(COOKIE, format!("handup-admin={}", token.reveal()))]
}

/// The cookie of a browser that has been on the page of a form, at any address.
fn of_form(browser: &Token) -> (HeaderName, String) {
    let browser = browser.reveal();
    (COOKIE, format!("handup-form={browser}; __Host-handup-form={browser}"))
}

fn fetched_by(site: &str) -> (HeaderName, String) {
    (HeaderName::from_static("sec-fetch-site"), site.to_owned())
}

/// The value of a cookie that an answer gives; its name goes on with the id of the Handup.
fn given(answer: &Answer, name: &str) -> Option<String> {
    let mut cookies = answer.headers.get_all(SET_COOKIE).iter();
    let found = cookies.find_map(|cookie| {
        let (given, value) = cookie.to_str().ok()?.split_once('=')?;
        let id = given.strip_prefix(name)?.strip_prefix('-')?;
        (id.len() == 8 && id.bytes().all(|digit| digit.is_ascii_hexdigit())).then_some(value)
    });
    Some(found?.split(';').next().unwrap_or_default().to_owned())
}

impl School {
    async fn open() -> Self {
        Self::open_at(None).await
    }

    async fn open_at(public_url: Option<&str>) -> Self {
        let public_url = public_url.map(str::to_owned);
        Self::open_with(|config| config.public_url = public_url).await
    }

    async fn open_with(configure: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let application = Arc::new(APPLICATIONS);
        let mut config = Place::new().await.config(folder.path());
        configure(&mut config);
        let engine = Engine::open(config, application).await.expect("the database");
        let router = router(engine.clone(), Zone::named("UTC").expect("a zone"));
        let class = Class::begin(&engine, [CLASS, TEACHER, STUDENT, QUESTION]).await;
        let other = Class::begin(&engine, ["Other", "Otto", "Olga", "Which?"]).await;
        let link = engine.begin_set_up().await.expect("the store").expect("a link");
        let opened = engine.set_up(&link, PASSWORD.to_owned()).await.expect("the store");
        let admin = opened.expect("a password").expect("a session");
        Self { _folder: folder, engine, router, class, other, admin }
    }

    async fn send(&self, method: Method, path: &str, headers: &Headers, body: String) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let mut request = request.body(Body::from(body)).expect("a request");
        request.headers_mut().entry(HOST).or_insert(HeaderValue::from_static("handup.test"));
        let peer = SocketAddr::new(somewhere(), 4_711);
        request.extensions_mut().insert(ConnectInfo(peer));
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (head, body) = response.into_parts();
        // A live stream has no end; its head is all that is asked for here.
        let is_live = head.headers.get(CONTENT_TYPE).is_some_and(|it| it == "text/event-stream");
        let bytes = if is_live { Vec::new() } else { whole(body).await };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: head.status, headers: head.headers, text }
    }

    async fn look(&self, path: &str, headers: &Headers) -> Answer {
        self.send(Method::GET, path, headers, String::new()).await
    }

    /// Sends a form as a browser without a script does, from a page of this site, which has given it
    /// a cookie.
    async fn submit(&self, path: &str, headers: &Headers, body: String) -> Answer {
        let mut headers = headers.clone();
        let knows_browser = |(name, value): &(HeaderName, String)| {
            *name == COOKIE && value.contains("handup-form=")
        };
        if !headers.iter().any(knows_browser) {
            headers.push(of_form(&Token::new()));
        }
        headers.push((CONTENT_TYPE, "application/x-www-form-urlencoded".to_owned()));
        headers.push((ACCEPT, "text/html".to_owned()));
        if !headers.iter().any(|(name, _)| name == "sec-fetch-site") {
            headers.push(fetched_by("same-origin"));
        }
        self.send(Method::POST, path, &headers, body).await
    }

    /// A path with what it names filled in.
    fn path(&self, pattern: &str) -> String {
        let parts = pattern.split('/').map(|part| match part {
            "{group}" => self.class.group.to_string(),
            "{member}" => self.class.student_id.to_string(),
            "{invitation}" => self.class.invite.to_string(),
            "{event}" => self.class.event.to_string(),
            "{code}" => self.class.code.clone(),
            "{token}" => "A".repeat(43),
            "{session}" => "1".to_owned(),
            "{device}" => "0123456789abcdef".to_owned(),
            "{deadLetter}" => format!("{}-1", self.class.group),
            part if part.contains('{') => panic!("what stands for {part} in {pattern}?"),
            part => part.to_owned(),
        });
        parts.collect::<Vec<_>>().join("/")
    }

    /// Every page and file there is, by its pattern.
    fn pages(&self) -> Vec<String> {
        let pages = generate_route_list(App);
        let pages = pages.iter().map(|page| page.path().to_owned());
        let pages: Vec<String> = pages.chain(export_routes().map(str::to_owned)).collect();
        assert!(pages.len() > 15, "{pages:?}");
        pages
    }

    /// Whoever is no member of the class: with which headers they come.
    fn strangers(&self) -> Vec<(&'static str, Headers)> {
        vec![
            ("nobody", Headers::new()),
            ("a teacher of another class", member(&self.other.teacher)),
            ("a student of another class", member(&self.other.student)),
            ("somebody who was removed", member(&self.class.removed)),
            ("somebody with a token of their own making", member(&Token::new())),
            ("an administrator of their own making", admin(&Token::new())),
            ("a teacher who says to be the administrator", admin(&self.class.teacher)),
            ("an administrator who says to be a member", member(&self.admin)),
        ]
    }

    fn log_of_the_class(&self) -> impl Future<Output = (u64, String)> {
        let (engine, group) = (self.engine.clone(), self.class.group);
        async move {
            let room = engine.room(group).await.expect("the class is there");
            (room.with_group(|group| group.seq), room.join_code().as_str().to_owned())
        }
    }
}

async fn whole(body: Body) -> Vec<u8> {
    to_bytes(body, usize::MAX).await.expect("a whole body").to_vec()
}

/// What is sent to each form to be right in itself.
fn form(path: &str, school: &School) -> String {
    let Class { group, code, student_id, .. } = &school.class;
    match path {
        "/do/start" => "name=Mine&teacher=Mallory".to_owned(),
        "/do/start-again" => format!("group={group}"),
        "/do/join" => format!("code={code}&name=Mallory"),
        "/do/act" => format!("group={group}&deed=lowerAll"),
        "/do/take-over" => format!("token={}", "A".repeat(43)),
        "/do/sign-in" => format!("password={PASSWORD}"),
        "/do/sign-out" => String::new(),
        "/do/set-up" => format!("token={}&password=another+password", "A".repeat(43)),
        "/do/keep-days" => "days=1&sure=yes".to_owned(),
        "/do/delete-class" => format!("group={group}"),
        "/do/erase-person" => format!("group={group}&member={student_id}"),
        _ => panic!("what is sent to the form {path}?"),
    }
}

/// Everything that the room's form takes.
fn deeds() -> impl Iterator<Item = &'static str> {
    RoomAction::ALL.iter().map(|action| action.word())
}

fn forms() -> Vec<&'static str> {
    let forms: Vec<_> = server_fn_paths().collect();
    assert!(forms.iter().all(|(_, method)| *method == Method::POST), "{forms:?}");
    forms.into_iter().map(|(path, _)| path).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_or_file_tells_a_stranger_anything_of_a_class() {
    let school = School::open().await;
    for pattern in school.pages() {
        let path = school.path(&pattern);
        for (who, headers) in school.strangers() {
            let answer = school.look(&path, &headers).await;
            for word in [STUDENT, QUESTION] {
                assert!(!answer.text.contains(word), "{who} reads {word} at {pattern}");
            }
            // Whoever has the code may see what it joins, and who teaches it.
            if !pattern.contains("{code}") {
                assert!(!answer.text.contains(TEACHER), "{who} reads of the teacher at {pattern}");
                let tells = answer.text.contains(CLASS) || answer.text.contains(&school.class.code);
                assert!(!tells, "{who} reads of the class at {pattern}: {}", answer.text);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_and_file_of_a_class_tells_its_own_people_of_it() {
    let school = School::open().await;
    for pattern in school.pages() {
        let viewer = match &*pattern {
            page if page.starts_with("/admin") => admin(&school.admin),
            "/class/{group}/me" => member(&school.class.student),
            _ => member(&school.class.teacher),
        };
        let answer = school.look(&school.path(&pattern), &viewer).await;
        let is_public =
            ["/", "/start", "/stored", "/join", "/handover/{token}", "/admin/set-up/{token}"];
        // These say nothing of a class, not to its own people either.
        let is_bare = ["/export/progress", "/admin/export", "/class/{group}/tally.json"];
        if !is_public.contains(&&*pattern) && !is_bare.contains(&&*pattern) {
            assert!(answer.text.contains(CLASS), "{pattern}: {}", answer.text);
        }
        let expected = match pattern.rsplit('.').next() {
            Some("csv") => "text/csv; charset=utf-8",
            Some("json") => "application/json",
            _ => "text/html; charset=utf-8",
        };
        assert_eq!(answer.header(CONTENT_TYPE).to_ascii_lowercase(), expected, "{pattern}");
        let is_dead_link = answer.status == StatusCode::GONE && pattern.ends_with("{token}");
        assert!(answer.status.is_success() || is_dead_link, "{pattern}: {}", answer.status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_student_reads_nothing_that_is_the_teachers() {
    let school = School::open().await;
    let of_teachers = school
        .pages()
        .into_iter()
        .filter(|page| page.starts_with("/admin") || page.starts_with("/class/{group}/history"));
    for pattern in of_teachers.collect::<Vec<_>>() {
        let answer = school.look(&school.path(&pattern), &member(&school.class.student)).await;
        for word in [CLASS, TEACHER, STUDENT, QUESTION] {
            assert!(!answer.text.contains(word), "a student reads {word} at {pattern}");
        }
    }
    let spoken = school.class.code.split_at(3);
    // What a projector shows is for those who teach; a student gets their own room there.
    for room in ["/class/{group}", "/class/{group}/screen"] {
        let page = school.look(&school.path(room), &member(&school.class.student)).await;
        assert!(page.text.contains(QUESTION));
        for code in [school.class.code.clone(), format!("{}-{}", spoken.0, spoken.1)] {
            assert!(!page.text.contains(&code), "a student's page shows the code: {room}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_an_invitation_tells_of_it_whom_it_concerns() {
    let school = School::open().await;
    let Class { group, code, teacher, teacher_id, student, student_id, event, .. } = &school.class;
    let (bo, co_teacher) = (Token::new(), Token::new());
    let mut joined = Vec::new();
    for (who, token) in [("Bo", &bo), ("Co", &co_teacher)] {
        let it = school.engine.join(somewhere(), code, name(who), None, token).await;
        joined.push(it.expect("they have joined").user_id);
    }
    let (actor, user, invite_id) = (*teacher_id, joined[1], new_invite_id());
    let timeout = Timeout::default();
    let data = "the essay".to_owned();
    for command in [
        Command::ChangeRole { actor, user, role: Role::Teacher },
        Command::Invite { actor, invite_id, invitee: *student_id, data, timeout },
    ] {
        school.engine.command(*group, somewhere(), command).await.expect("it is done");
    }
    let (private, _) = school.log_of_the_class().await;
    let look = async |place: &str, event: u64, viewer: &Headers| {
        let prefix = if place == "admin" { "/admin/class" } else { "/class" };
        let suffix = if place == "admin" { String::new() } else { format!("/{place}") };
        let path = format!("{prefix}/{group}{suffix}/invitation/{event}");
        let answer = school.look(&path, viewer).await;
        (answer.status, answer.text)
    };
    // The round, of which each student sees what is theirs.
    let (status, text) = look("me", *event, &member(&bo)).await;
    assert_eq!(status, StatusCode::OK);
    assert!(text.contains(QUESTION) && text.contains("Bo") && !text.contains(STUDENT));
    let (_, text) = look("history", *event, &member(teacher)).await;
    assert!(text.contains("Bo") && text.contains(STUDENT));
    // What goes on between two.
    let admin = admin(&school.admin);
    for (place, viewer, expected, knows) in [
        ("me", &member(student), StatusCode::OK, true),
        ("me", &member(teacher), StatusCode::OK, true),
        ("history", &member(teacher), StatusCode::OK, true),
        ("history", &member(&co_teacher), StatusCode::OK, false),
        ("me", &member(&co_teacher), StatusCode::NOT_FOUND, false),
        ("me", &member(&bo), StatusCode::NOT_FOUND, false),
        ("history", &member(student), StatusCode::FORBIDDEN, false),
        ("admin", &admin, StatusCode::OK, true),
    ] {
        let (status, text) = look(place, private, viewer).await;
        assert_eq!((status, text.contains("the essay")), (expected, knows), "{place} {viewer:?}");
    }
    let (status, _) = look("history", private + 1, &member(teacher)).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "nothing began there");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_shows_the_secret_it_was_asked_with() {
    let school = School::open().await;
    for pattern in school.pages() {
        for (cookie, token) in [
            (member(&school.class.teacher), &school.class.teacher),
            (admin(&school.admin), &school.admin),
        ] {
            let answer = school.look(&school.path(&pattern), &cookie).await;
            assert!(!answer.text.contains(token.reveal()), "{pattern}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_form_does_anything_to_a_class_for_a_stranger() {
    let school = School::open().await;
    let before = school.log_of_the_class().await;
    for path in forms().into_iter().filter(|path| *path != "/do/join") {
        for (who, headers) in school.strangers() {
            let answer = school.submit(path, &headers, form(path, &school)).await;
            assert_eq!(school.log_of_the_class().await, before, "{who} at {path}");
            let told = [&answer.text, answer.header(LOCATION)].concat();
            assert!(!told.contains(CLASS) && !told.contains(&school.class.code), "{who} at {path}");
        }
    }
    for deed in deeds() {
        let body = format!("{}&who={}", form("/do/act", &school), school.class.student_id);
        let body = body.replace("lowerAll", deed);
        for (who, headers) in school.strangers() {
            school.submit("/do/act", &headers, body.clone()).await;
            assert_eq!(school.log_of_the_class().await, before, "{who} may {deed}");
        }
    }
    assert_eq!(school.engine.keep_days().await.expect("the store"), None);
    assert!(school.engine.is_admin(&school.admin).await.expect("the store"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_student_is_not_told_by_a_refusal_who_is_in_a_call() {
    let school = School::open().await;
    let Class { group, code, teacher_id, student_id, .. } = &school.class;
    let bo = Token::new();
    let joined = school.engine.join(somewhere(), code, name("Bo"), None, &bo).await;
    let bo_id = joined.expect("a student").user_id;
    let call = Offer { media: Media::Audio, room: String::new() };
    let call = Command::Invite {
        actor: *teacher_id,
        invite_id: new_invite_id(),
        invitee: *student_id,
        data: call.to_data(),
        timeout: Timeout::default(),
    };
    school.engine.command(*group, somewhere(), call).await.expect("it rings");
    let mut told = Vec::new();
    for who in [*teacher_id, *student_id, bo_id] {
        let body = format!("group={group}&deed=endCall&who={who}");
        let answer = school.submit("/do/act", &member(&bo), body).await;
        told.push((answer.status, answer.header(LOCATION).to_owned()));
    }
    assert!(told[0].1.contains("problem=not-allowed"), "{told:?}");
    assert!(told.iter().all(|it| *it == told[0]), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_is_refused_when_another_site_sends_it() {
    let school = School::open().await;
    let origin = |origin: &str| (HeaderName::from_static("origin"), origin.to_owned());
    let both = [member(&school.class.teacher), admin(&school.admin)];
    let both = both.map(|mut it| it.remove(0).1).join("; ");
    let before = school.log_of_the_class().await;
    for path in forms() {
        for from in [
            vec![],
            vec![fetched_by("cross-site")],
            vec![fetched_by("same-site")],
            vec![origin("https://evil.example")],
            vec![origin("null")],
            vec![fetched_by("cross-site"), origin("http://handup.test")],
        ] {
            let mut headers = vec![(COOKIE, both.clone())];
            headers.push((CONTENT_TYPE, "application/x-www-form-urlencoded".to_owned()));
            headers.extend(from.clone());
            let answer = school.send(Method::POST, path, &headers, form(path, &school)).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {from:?}");
            assert!(!answer.headers.contains_key(SET_COOKIE), "{path} {from:?}");
        }
    }
    assert_eq!(school.log_of_the_class().await, before);
    assert!(school.engine.is_admin(&school.admin).await.expect("the store"));
    // The very same from a page of this site is done.
    let headers = vec![(COOKIE, both)];
    school.submit("/do/act", &headers, form("/do/act", &school)).await;
    assert_ne!(school.log_of_the_class().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_or_page_that_is_refused_for_haste_says_when_to_come_back() {
    // All of them from one address, which a proxy tells.
    let proxies = vec!["192.0.2.0/24".parse().expect("a network")];
    let school = School::open_with(|config| config.trusted_proxies = proxies).await;
    let from = || (HeaderName::from_static("x-forwarded-for"), "198.51.100.1".to_owned());
    let sign_in = "password=not+the+right+one".to_owned();
    let join = "code=222222&name=Mallory".to_owned();
    for (path, body, wrong) in [("/do/sign-in", sign_in, 10), ("/do/join", join, 60)] {
        let live = vec![
            from(),
            of_form(&Token::new()),
            (CONTENT_TYPE, "application/x-www-form-urlencoded".to_owned()),
            fetched_by("same-origin"),
        ];
        for _ in 0..wrong {
            let answer = school.send(Method::POST, path, &live, body.clone()).await;
            assert_ne!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
            assert_eq!(answer.header(RETRY_AFTER), "", "{path}");
        }
        let answer = school.send(Method::POST, path, &live, body.clone()).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
        let seconds: u64 = answer.header(RETRY_AFTER).parse().expect("seconds");
        assert!((1..=10).contains(&seconds), "{path}: {seconds}");

        let plain = school.submit(path, &vec![from()], body).await;
        assert_eq!(plain.status, StatusCode::SEE_OTHER, "{path}");
        assert!(plain.header(LOCATION).contains("problem=too-fast"), "{path}");
        assert_eq!(plain.header(RETRY_AFTER), "", "whoever is led on waits for nothing");
    }
    let page = school.look("/join/222222", &vec![from()]).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(page.header(RETRY_AFTER), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_who_looks_at_pages_or_takes_exports_too_often_waits_and_others_do_not() {
    let school = School::open().await;
    let class = &school.class;
    // Somebody who has looked at nothing yet: what others have used up comes back with time, and a
    // fast machine leaves none.
    let other = Token::new();
    let joined = school.engine.join(somewhere(), &class.code, name("Other"), None, &other).await;
    joined.expect("a student");
    let file = school.path("/class/{group}/history/export.json");
    let mut exports = 0;
    let refused = loop {
        let answer = school.look(&file, &member(&class.teacher)).await;
        if answer.status != StatusCode::OK {
            break answer;
        }
        exports += 1;
        assert!(exports < 1_000, "it goes on");
    };
    assert!(exports >= 20, "{exports}");
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.header(RETRY_AFTER), "1");

    for (page, (viewer, id)) in [
        ("/class/{group}", (&class.student, class.student_id)),
        ("/class/{group}/history", (&class.teacher, class.teacher_id)),
    ] {
        let page = school.path(page);
        let mut tries = 0;
        let refused = loop {
            // What comes back meanwhile is used up again.
            while school.engine.may_look_at(class.group, id, 50).is_ok() {}
            let answer = school.look(&page, &member(viewer)).await;
            if answer.status == StatusCode::TOO_MANY_REQUESTS {
                break answer;
            }
            tries += 1;
            assert!(tries < 100, "{page} is shown");
        };
        assert!(!refused.header(RETRY_AFTER).is_empty(), "{page}");
        assert!(!refused.text.contains(QUESTION), "{page}");
        let room = school.look(&school.path("/class/{group}"), &member(&other)).await;
        assert!(room.text.contains(QUESTION), "others go on");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_drips_is_given_up() {
    let body_deadline = Duration::from_millis(300);
    let school = School::open_with(|config| config.bounds.body_deadline = body_deadline).await;
    let drops = tokio::time::interval(Duration::from_millis(10));
    let dripping = futures::stream::unfold(drops, async |mut drops| {
        drops.tick().await;
        Some((Ok::<_, Infallible>("a"), drops))
    });
    let request = Request::post("/do/join")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
        .extension(ConnectInfo(SocketAddr::new(somewhere(), 4_711)))
        .body(Body::from_stream(dripping));
    let answering = school.router.clone().oneshot(request.expect("a request"));
    let answer = tokio::time::timeout(Duration::from_secs(30), answering).await;
    let status = answer.expect("it ends").expect("an answer").status();
    assert!(!status.is_success(), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_leads_to_this_site_only() {
    let school = School::open().await;
    let hostile = ["//evil.example", "https://evil.example", "/\\evil.example", "\r\nX-Evil: 1"];
    let fields = ["name", "teacher", "code", "ticket", "group", "deed", "who", "token", "password"];
    let mut led = 0;
    for path in forms() {
        for value in hostile {
            let hostile = form_urlencoded(&fields.map(|field| (field, value)));
            for body in [hostile, form(path, &school), String::new()] {
                for mut headers in [Headers::new(), member(&school.class.teacher)] {
                    headers.push((REFERER, format!("https://evil.example/{}", value.len())));
                    let answer = school.submit(path, &headers, body.clone()).await;
                    let location = answer.header(LOCATION);
                    led += usize::from(!location.is_empty());
                    let is_own = location.is_empty()
                        || location.starts_with('/')
                            && !location.starts_with("//")
                            && !location.starts_with("/\\");
                    assert!(is_own, "{path} leads to {location}");
                    assert!(!answer.headers.contains_key("x-evil"));
                }
            }
        }
    }
    assert!(led > 50, "{led} redirects were seen");
}

fn form_urlencoded(pairs: &[(&str, &str)]) -> String {
    let escaped = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let pairs = pairs.iter().map(|(name, value)| format!("{name}={}", escaped(value)));
    pairs.collect::<Vec<_>>().join("&")
}

#[tokio::test(flavor = "multi_thread")]
async fn no_refusal_repeats_the_secret_it_refuses() {
    let school = School::open().await;
    let unknown = Token::new();
    for token in [&school.other.teacher, &school.class.removed, &unknown] {
        let bearer = vec![(AUTHORIZATION, format!("Bearer {}", token.reveal()))];
        for (method, path) in server::routes() {
            let path = school.path(&format!("/api/v1{path}"));
            for headers in [bearer.clone(), member(token)] {
                let answer = school.send(method.clone(), &path, &headers, String::new()).await;
                assert!(answer.status.is_client_error(), "{method} {path}: {}", answer.status);
                let told = format!("{} {:?}", answer.text, answer.headers);
                assert!(!told.contains(token.reveal()), "{method} {path}: {told}");
            }
        }
        for path in ["/do/take-over", "/do/set-up"] {
            let body = format!("token={}&password=another+password", token.reveal());
            let mut headers = member(token);
            headers.extend([
                (CONTENT_TYPE, "application/x-www-form-urlencoded".to_owned()),
                fetched_by("same-origin"),
            ]);
            let answer = school.send(Method::POST, path, &headers, body).await;
            assert!(!answer.text.contains(token.reveal()), "{path}: {}", answer.text);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_answers_a_method_that_it_is_not_for() {
    let school = School::open().await;
    let paths = school.pages().into_iter().chain(forms().into_iter().map(str::to_owned));
    let api: Vec<(Method, &str)> = server::routes().collect();
    let of_api = api.iter().map(|(_, path)| format!("/api/v1{path}"));
    for pattern in paths.chain(of_api).collect::<Vec<_>>() {
        for method in [Method::TRACE, Method::OPTIONS, Method::PUT, Method::CONNECT] {
            let origin = (HeaderName::from_static("origin"), "https://evil.example".to_owned());
            let mut headers = member(&school.class.teacher);
            headers.extend([origin, fetched_by("same-origin")]);
            let path = school.path(&pattern);
            let answer = school.send(method.clone(), &path, &headers, String::new()).await;
            let status = answer.status;
            assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{method} {pattern}");
            assert!(!answer.headers.contains_key("access-control-allow-origin"));
        }
    }
}

/// The directives of a policy: of each its name and what it allows.
fn directives(policy: &str) -> Vec<(&str, Vec<&str>)> {
    let directives = policy.split(';').map(|directive| {
        let mut words = directive.split_whitespace();
        (words.next().unwrap_or_default(), words.collect())
    });
    directives.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_headers_that_guard_it() {
    let school = School::open().await;
    let api = server::routes().map(|(method, path)| (method, format!("/api/v1{path}")));
    let mut all: Vec<(Method, String)> =
        school.pages().into_iter().map(|page| (Method::GET, page)).chain(api).collect();
    all.extend(forms().into_iter().map(|path| (Method::POST, path.to_owned())));
    for path in ["/healthz", "/probe", "/nothing/here", "/api/v1/nothing", "/favicon.ico"] {
        all.extend([Method::GET, Method::DELETE].map(|method| (method, path.to_owned())));
    }
    for (method, pattern) in all {
        let path = school.path(&pattern);
        for viewer in [Headers::new(), member(&school.class.teacher), admin(&school.admin)] {
            let answer = school.send(method.clone(), &path, &viewer, String::new()).await;
            let what = format!("{method} {pattern} {}", answer.status);
            for (name, expected) in [
                ("x-content-type-options", "nosniff"),
                ("referrer-policy", "same-origin"),
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-resource-policy", "same-origin"),
            ] {
                assert_eq!(answer.header(name), expected, "{name} of {what}");
            }
            let features = answer.header("permissions-policy");
            for feature in ["camera=(self)", "microphone=(self)", "geolocation=()"] {
                assert!(features.contains(feature), "{feature} of {what}: {features}");
            }
            let in_own_frame = pattern == "/export/progress";
            let frame = if in_own_frame { "SAMEORIGIN" } else { "DENY" };
            assert_eq!(answer.header("x-frame-options"), frame, "{what}");
            let is_asset = pattern.starts_with("/favicon");
            let is_kept = is_asset && answer.status == StatusCode::OK;
            assert_eq!(answer.header(CACHE_CONTROL) == "no-store", !is_kept, "{what}");
            assert!(!answer.headers.contains_key("access-control-allow-origin"), "{what}");
            let policy = answer.header(CONTENT_SECURITY_POLICY);
            let directives = directives(policy);
            let allows = |name: &str| {
                let found = directives.iter().find(|(it, _)| *it == name);
                found.map(|(_, sources)| sources.join(" "))
            };
            assert_eq!(allows("default-src").as_deref(), Some("'none'"), "{what}: {policy}");
            assert_eq!(allows("base-uri").as_deref(), Some("'none'"), "{what}: {policy}");
            assert_eq!(allows("object-src").as_deref(), Some("'none'"), "{what}: {policy}");
            let is_page = answer.header(CONTENT_TYPE).starts_with("text/html") && !in_own_frame;
            let forms = if is_page { "'self'" } else { "'none'" };
            assert_eq!(allows("form-action").as_deref(), Some(forms), "{what}: {policy}");
            let ancestors = if in_own_frame { "'self'" } else { "'none'" };
            assert_eq!(allows("frame-ancestors").as_deref(), Some(ancestors), "{what}: {policy}");
            assert!(!policy.contains("unsafe-inline"), "{what}: {policy}");
            assert!(!policy.contains("'unsafe-eval'"), "{what}: {policy}");
            assert!(!policy.contains('*') && !policy.contains("http"), "{what}: {policy}");
            let is_room = ["/class/{group}", "/class/{group}/screen"].contains(&&*pattern);
            assert_eq!(policy.contains("'wasm-unsafe-eval'"), is_room, "{what}: {policy}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pages_scripts_carry_a_nonce_that_no_other_answer_has() {
    let school = School::open().await;
    let room = school.path("/class/{group}");
    let mut nonces = Vec::new();
    for _ in 0..3 {
        let answer = school.look(&room, &member(&school.class.teacher)).await;
        let policy = answer.header(CONTENT_SECURITY_POLICY);
        let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next());
        let nonce = nonce.expect("a nonce").to_owned();
        assert!(nonce.len() >= 22, "at least 128 bits: {nonce}");
        let scripts: Vec<_> = answer.text.match_indices("<script").collect();
        assert!(!scripts.is_empty());
        for (at, _) in scripts {
            let tag = answer.text[at..].split('>').next().unwrap_or_default();
            let runs = !tag.contains("type=\"application/json\"");
            assert!(!runs || tag.contains(&format!("nonce=\"{nonce}\"")), "{tag}");
        }
        assert!(!answer.text.contains(" style=\""), "the policy lets no style of an element in");
        assert!(!answer.text.contains(" onclick="), "nor any handler");
        assert!(!nonces.contains(&nonce));
        nonces.push(nonce);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn over_https_browsers_are_told_to_come_back_so_and_cookies_to_stay_so() {
    let plain = School::open().await;
    assert_eq!(plain.look("/", &Headers::new()).await.header("strict-transport-security"), "");
    let school = School::open_at(Some("https://handup.example")).await;
    let page = school.look("/", &Headers::new()).await;
    assert_eq!(page.header("strict-transport-security"), "max-age=31536000");
    for (path, name) in [("/do/start", "__Host-handup"), ("/do/sign-in", "__Host-handup-admin")] {
        let answer = school.submit(path, &Headers::new(), form(path, &school)).await;
        let cookie = answer.header(SET_COOKIE);
        assert!(given(&answer, name).is_some(), "{path}: {cookie}");
        for attribute in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
            assert!(cookie.contains(attribute), "{path} {attribute}");
        }
        assert!(!cookie.contains("Domain"));
    }
    // Without the prefix a cookie may be somebody else's, set by a neighbouring host.
    let planted = school.look(&school.path("/class/{group}"), &member(&school.class.teacher)).await;
    assert!(!planted.text.contains(CLASS));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_that_was_planted_is_not_taken_on() {
    let school = School::open().await;
    let planted = Token::new();
    let code = &school.class.code;
    let start = "name=Mine&teacher=Mallory".to_owned();
    for (path, body) in [("/do/start", start), ("/do/join", format!("code={code}&name=Bo"))] {
        let answer = school.submit(path, &member(&planted), body).await;
        let cookie = given(&answer, "handup").expect("a cookie");
        assert_ne!(cookie, planted.reveal(), "{path}");
    }
    assert!(school.engine.session(school.class.group, &planted).await.is_err());

    let headers = admin(&planted);
    let answer = school.submit("/do/sign-in", &headers, form("/do/sign-in", &school)).await;
    let cookie = given(&answer, "handup-admin").expect("a cookie");
    assert_ne!(cookie, planted.reveal());
    assert!(!school.engine.is_admin(&planted).await.expect("the store"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_noted_on_a_shared_machine_opens_nothing_that_others_come_into_on_it() {
    let school = School::open().await;
    let (engine, class) = (&school.engine, &school.class);
    let teacher = engine.session(class.group, &class.teacher).await.expect("the teacher");
    let link = engine.hand_over(&teacher, somewhere()).await.expect("a link").token;
    let noted = &school.other.student;
    let deeds = [
        ("/do/take-over", format!("token={}", link.reveal())),
        ("/do/start", "name=Physics&teacher=Ms+Meitner".to_owned()),
    ];
    let mut known = noted.clone();
    for (path, body) in deeds {
        let answer = school.submit(path, &member(&known), body).await;
        let cookie = given(&answer, "handup").expect("another cookie");
        known = Token::from_text(&cookie).expect("a token");
        let group = answer.header("location").rsplit('/').next().and_then(|id| id.parse().ok());
        let group = group.expect("the way to the class");
        let session = engine.session(group, &known).await.expect("they are in");
        assert_eq!(session.role(), Some(Role::Teacher), "{path}");
        assert!(engine.session(group, noted).await.is_err(), "{path}: it opens the class");
        // Nobody loses what they were in.
        let student = engine.session(school.other.group, &known).await.expect("they are still in");
        assert_eq!(student.user, school.other.student_id, "{path}");
    }
    assert!(engine.session(class.group, &known).await.is_ok(), "from one to the next");
    // Whoever is not let in keeps what they have.
    let answer = school.submit("/do/join", &member(&known), "code=222222&name=Bo".into()).await;
    assert_eq!(answer.header(SET_COOKIE), "");

    let code = &class.code;
    let body = format!("code={code}&name=Bo");
    let answer = school.submit("/do/join", &member(noted), body).await;
    assert!(given(&answer, "handup").is_some());
    assert!(engine.session(class.group, noted).await.is_err(), "it opens the class");
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_ends_the_session_that_the_browser_had() {
    let school = School::open().await;
    let headers = admin(&school.admin);
    let wrong = "password=not+the+right+one".to_owned();
    school.submit("/do/sign-in", &headers, wrong).await;
    assert!(school.engine.is_admin(&school.admin).await.expect("the store"));
    let answer = school.submit("/do/sign-in", &headers, form("/do/sign-in", &school)).await;
    assert!(given(&answer, "handup-admin").is_some());
    assert!(!school.engine.is_admin(&school.admin).await.expect("the store"));
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_the_session_on_the_server_and_takes_the_cookie_away() {
    let school = School::open().await;
    let answer = school.submit("/do/sign-out", &admin(&school.admin), String::new()).await;
    let cookie = answer.header(SET_COOKIE);
    assert_eq!(given(&answer, "handup-admin").as_deref(), Some(""), "{cookie}");
    assert!(cookie.contains("Max-Age=0"), "{cookie}");
    let page = school.look("/admin", &admin(&school.admin)).await;
    assert!(page.text.contains("Sign in") && !page.text.contains(CLASS));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_a_download_of_its_own_type_and_holds_no_secret() {
    let school = School::open().await;
    let files = export_routes().filter(|path| path.contains("export."));
    for pattern in files {
        let viewer = match pattern {
            path if path.starts_with("/admin") => admin(&school.admin),
            _ => member(&school.class.teacher),
        };
        let answer = school.look(&school.path(pattern), &viewer).await;
        let is_csv = pattern.ends_with(".csv");
        let expected = if is_csv { "text/csv; charset=utf-8" } else { "application/json" };
        assert_eq!(answer.header(CONTENT_TYPE), expected, "{pattern}");
        let disposition = answer.header("content-disposition");
        assert!(disposition.starts_with("attachment; filename=\"handup-"), "{disposition}");
        assert!(answer.text.contains(QUESTION), "{pattern}");
        let class = &school.class;
        for token in [&class.teacher, &class.student, &class.removed, &school.admin] {
            assert!(!answer.text.contains(token.reveal()), "{pattern}");
        }
        assert!(!answer.text.contains(&class.code), "{pattern}");
    }
}

/// What all threads have logged, while this is what they log into.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("the log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn who_signs_in_or_fails_to_stands_in_the_log_without_being_asked_for() {
    let lines = Lines::default();
    let writer = lines.clone();
    let log = tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(DEFAULT_LOG_FILTER))
        .with_ansi(false)
        .with_writer(move || writer.clone());
    let _here = tracing::subscriber::set_default(log.finish());
    let school = School::open().await;
    let sign_in = async |password: &str| {
        school.submit("/do/sign-in", &Headers::new(), format!("password={password}")).await
    };
    sign_in("not+the+right+one").await;
    sign_in(PASSWORD).await;
    school.submit("/do/sign-out", &admin(&school.admin), String::new()).await;
    let text = String::from_utf8_lossy(&lines.0.lock().expect("the log")).into_owned();
    let told: Vec<&str> = text.lines().filter(|line| line.contains(" security: ")).collect();
    let expected = ["password was set", "a wrong", "signed in address=192.0.2.", "signed out"];
    assert_eq!(told.len(), expected.len(), "{text}");
    for (line, part) in told.into_iter().zip(expected) {
        assert!(line.contains(part) && line.contains("INFO"), "{part} in {line}");
        let at = line.split(' ').next().unwrap_or_default();
        assert!(at.contains('T') && at.ends_with('Z'), "a moment of UTC: {line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_line_of_the_log_holds_a_secret_or_a_name() {
    let lines = Lines::default();
    let writer = lines.clone();
    let log = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone());
    // Other tests of this program log here as well, which does no harm.
    tracing::subscriber::set_global_default(log.finish()).expect("no log was begun before");

    let school = School::open().await;
    let class = &school.class;
    let mut secrets: Vec<String> = [&class.teacher, &class.student, &class.removed, &school.admin]
        .map(|token| token.reveal().to_owned())
        .into();
    secrets.extend([class.code.clone(), PASSWORD.to_owned(), PASSWORD.replace(' ', "+")]);
    secrets.extend([STUDENT, TEACHER, QUESTION, CLASS].map(str::to_owned));
    let hand_over = form("/do/act", &school).replace("lowerAll", "handOver");
    let led = school.submit("/do/act", &member(&class.teacher), hand_over).await;
    let link = led.header(LOCATION).strip_prefix("/handover/").expect("a link").to_owned();
    school.look(&format!("/handover/{link}"), &Headers::new()).await;
    school.submit("/do/take-over", &Headers::new(), format!("token={link}")).await;
    secrets.push(link);
    for pattern in school.pages() {
        for viewer in [member(&class.teacher), admin(&school.admin), member(&class.student)] {
            school.look(&school.path(&pattern), &viewer).await;
        }
    }
    for (method, path) in server::routes() {
        let path = school.path(&format!("/api/v1{path}"));
        let header = vec![(AUTHORIZATION, format!("Bearer {}", class.student.reveal()))];
        let body = format!("{{\"joinCode\":\"{}\",\"name\":\"{STUDENT}\"}}", class.code);
        school.send(method, &path, &header, body).await;
    }
    for path in forms() {
        school.submit(path, &member(&class.teacher), form(path, &school)).await;
    }
    let text = String::from_utf8_lossy(&lines.0.lock().expect("the log")).into_owned();
    assert!(text.contains("/do/act") && text.contains("/join/{code}"), "requests were logged");
    for secret in secrets {
        let line = text.lines().find(|line| line.contains(&secret));
        assert_eq!(line, None, "{secret}");
    }
}

/// Whoever opens the form on a shared tablet, notes what it shows and leaves it for the next one.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_join_form_shows_opens_nothing_without_the_browser_that_it_was_given_to() {
    let school = School::open().await;
    let Class { group, code, teacher, .. } = &school.class;
    let page = school.look(&format!("/join/{code}"), &Headers::new()).await;
    let of_browser = given(&page, "handup-form").expect("a cookie");
    let (_, ticket) = page.text.split_once("name=\"ticket\" value=\"").expect("a ticket");
    let ticket = ticket.split('"').next().expect("its end");
    assert!(!page.text.contains(&of_browser), "the page shows no more than a half");

    let body = format!("code={code}&name=Ben&ticket={ticket}");
    let tablet: Headers = vec![(COOKIE, format!("handup-form={of_browser}"))];
    let joined = async |headers: &Headers| {
        let answer = school.submit("/do/join", headers, body.clone()).await;
        let token = Token::from_text(&given(&answer, "handup")?)?;
        Some(school.engine.session(*group, &token).await.expect("a session").user)
    };
    let ben = joined(&tablet).await.expect("Ben is in");
    assert_eq!(joined(&tablet).await, Some(ben), "a form that is sent twice");
    let noted = joined(&Headers::new()).await.expect("somebody else is in");
    assert_ne!(noted, ben);
    let other_tablet = || vec![(COOKIE, format!("handup-form={}", Token::new().reveal()))];
    assert_ne!(joined(&other_tablet()).await, Some(ben));

    let actor = school.class.teacher_id;
    let appoint = Command::ChangeRole { actor, user: ben, role: Role::Teacher };
    let settings = SettingsChange::lock(true);
    let lock = Command::ChangeGroup { actor, name: None, settings };
    for command in [appoint, lock] {
        school.engine.command(*group, somewhere(), command).await.expect("it is done");
    }
    for headers in [Headers::new(), other_tablet()] {
        let answer = school.submit("/do/join", &headers, body.clone()).await;
        assert!(answer.header(LOCATION).contains("problem=locked"), "{}", answer.header(LOCATION));
        assert_eq!(given(&answer, "handup"), None);
    }
    let remove = Command::Leave { actor, user: ben };
    school.engine.command(*group, somewhere(), remove).await.expect("a removal");
    school.engine.erase_person(*group, ben).await.expect("they are erased");
    for headers in [tablet, Headers::new()] {
        let answer = school.submit("/do/join", &headers, body.clone()).await;
        assert_eq!(given(&answer, "handup"), None, "nobody is brought back through the lock");
    }
    let room = school.engine.session(*group, teacher).await.expect("the teacher").room;
    assert!(room.with_group(|group| group.member(ben).is_none()));
}

/// How many there are of what a form can make, as the file has it.
#[derive(Debug, PartialEq, Eq)]
struct Made {
    classes: u64,
    members: usize,
    sessions: bool,
}

impl School {
    async fn made(&self) -> Made {
        let every = ClassFilter::default();
        let (classes, _) = self.engine.totals(&every).await.expect("the store");
        let room = self.engine.room(self.class.group).await.expect("the class");
        let members = room.with_group(|group| group.members().len());
        Made { classes, members, sessions: self.engine.has_admin().await.expect("the store") }
    }

    /// Sends a form without any cookie, and goes where that leads, without one again.
    async fn submit_without_cookies(&self, path: &str, body: String) -> Answer {
        let headers = vec![
            (CONTENT_TYPE, "application/x-www-form-urlencoded".to_owned()),
            (ACCEPT, "text/html".to_owned()),
            fetched_by("same-origin"),
        ];
        let led = self.send(Method::POST, path, &headers, body).await;
        assert_eq!(led.status, StatusCode::SEE_OTHER, "{path}");
        self.look(led.header(LOCATION), &Headers::new()).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_keeps_no_cookie_is_told_so_and_nothing_is_made() {
    for public_url in [None, Some("https://handup.example")] {
        let school = School::open_at(public_url).await;
        let class = &school.class;
        let teacher = school.engine.session(class.group, &class.teacher).await.expect("a session");
        let link = school.engine.hand_over(&teacher, somewhere()).await.expect("a link").token;
        let take_over = format!("token={}", link.reveal());
        let before = school.made().await;
        for (path, body) in [
            ("/do/join", form("/do/join", &school)),
            ("/do/start", form("/do/start", &school)),
            ("/do/take-over", take_over.clone()),
            ("/do/sign-in", form("/do/sign-in", &school)),
        ] {
            for _ in 0..3 {
                let page = school.submit_without_cookies(path, body.clone()).await;
                assert!(page.status.is_success(), "{path}: {}", page.status);
                let alert = page.text.split_once("role=\"alert\"").expect("it is told").1;
                assert!(alert.contains("Allow cookies"), "{path}: {alert}");
                let address = alert.contains("href=\"https://handup.example/");
                assert_eq!(address, public_url.is_some(), "{path}: {alert}");
            }
            let live = vec![
                (CONTENT_TYPE, "application/x-www-form-urlencoded".to_owned()),
                fetched_by("same-origin"),
            ];
            let refused = school.send(Method::POST, path, &live, body).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
        }
        assert_eq!(school.made().await, before);
        let code = format!("/join/{}", class.code);
        let page = school.submit_without_cookies("/do/join", form("/do/join", &school)).await;
        let way = format!("href=\"https://handup.example{code}\"");
        assert_eq!(page.text.contains(&way), public_url.is_some(), "{}", page.text);
        let taken = school.submit("/do/take-over", &Headers::new(), take_over).await;
        assert!(taken.header(LOCATION).starts_with("/class/"), "the link is as good as before");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_up_link_is_not_used_up_by_a_browser_that_keeps_no_cookie() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = Place::new().await.config(folder.path());
    let engine = Engine::open(config, Arc::new(APPLICATIONS)).await.expect("the database");
    let link = engine.begin_set_up().await.expect("the store").expect("a link");
    let router = router(engine.clone(), Zone::named("UTC").expect("a zone"));
    let set_up = Request::post("/do/set-up")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(ACCEPT, "text/html")
        .header(HOST, "handup.test")
        .header("sec-fetch-site", "same-origin")
        .extension(ConnectInfo(SocketAddr::new(somewhere(), 4_711)))
        .body(Body::from(format!("token={}&password=another+password", link.reveal())));
    let answer = router.oneshot(set_up.expect("a request")).await.expect("an answer");
    let location = answer.headers()[LOCATION].to_str().expect("text");
    assert!(location.contains("problem=no-cookie"), "{location}");
    assert!(!engine.has_admin().await.expect("the store"));
    assert!(engine.may_set_up(&link), "it is as good as before");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_has_lost_a_forms_cookie_gets_another_and_goes_on() {
    let school = School::open().await;
    let headers = vec![
        (CONTENT_TYPE, "application/x-www-form-urlencoded".to_owned()),
        (ACCEPT, "text/html".to_owned()),
        fetched_by("same-origin"),
    ];
    let body = form("/do/join", &school);
    let led = school.send(Method::POST, "/do/join", &headers, body.clone()).await;
    let kept = vec![(COOKIE, format!("handup-form={}", given(&led, "handup-form").expect("one")))];
    let page = school.look(led.header(LOCATION), &kept).await;
    assert!(page.text.contains("try again") && !page.text.contains("Allow cookies"));
    assert!(page.text.contains("value=\"Mallory\""), "what was typed is there");
    let joined = school.submit("/do/join", &kept, body).await;
    assert_eq!(joined.header(LOCATION), format!("/class/{}", school.class.group));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_starts_a_class_starts_one_however_often_it_is_sent() {
    let school = School::open().await;
    let page = school.look("/start", &Headers::new()).await;
    let of_browser = given(&page, "handup-form").expect("a cookie");
    let (_, ticket) = page.text.split_once("name=\"ticket\" value=\"").expect("a ticket");
    let ticket = ticket.split('"').next().expect("its end");
    let body = format!("name=Mine&teacher=Mallory&ticket={ticket}");
    let browser: Headers = vec![(COOKIE, format!("handup-form={of_browser}"))];
    let before = school.made().await.classes;
    let start = async || {
        let answer = school.submit("/do/start", &browser, body.clone()).await;
        let token =
            given(&answer, "handup").and_then(|it| Token::from_text(&it)).expect("a cookie");
        let group = answer.header(LOCATION).rsplit('/').next().and_then(|it| it.parse().ok());
        let group: GroupId = group.expect("the way to the class");
        let session = school.engine.session(group, &token).await.expect("they are in");
        assert_eq!(session.role(), Some(Role::Teacher));
        (group, session.user)
    };
    let (one, other) = tokio::join!(start(), start());
    assert_eq!(one, other);
    assert_eq!(start().await, one);
    assert_eq!(school.made().await.classes, before + 1);
    let elsewhere = school.submit("/do/start", &Headers::new(), body.clone()).await;
    assert_ne!(elsewhere.header(LOCATION), format!("/class/{}", one.0), "another browser's own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_class_is_begun_again_by_its_teachers_alone() {
    let school = School::open().await;
    let body = form("/do/start-again", &school);
    let before = school.made().await.classes;
    let student = member(&school.class.student);
    let refused = school.submit("/do/start-again", &student, body.clone()).await;
    assert_eq!(refused.header(LOCATION), "/?problem=not-allowed");
    assert_eq!(school.made().await.classes, before);
    let teacher = member(&school.class.teacher);
    let begun = school.submit("/do/start-again", &teacher, body).await;
    assert!(begun.header(LOCATION).starts_with("/class/"), "{}", begun.header(LOCATION));
    assert_eq!(school.made().await.classes, before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_an_address_that_is_not_the_sites_own_says_which_is() {
    let school = School::open_at(Some("https://handup.example")).await;
    let headers = vec![
        (CONTENT_TYPE, "application/x-www-form-urlencoded".to_owned()),
        (ACCEPT, "text/html".to_owned()),
        (HOST, "192.0.2.7:3000".to_owned()),
        (HeaderName::from_static("origin"), "http://192.0.2.7:3000".to_owned()),
    ];
    let before = school.made().await;
    let page = school.send(Method::POST, "/do/join", &headers, form("/do/join", &school)).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.header(CONTENT_TYPE).starts_with("text/html"), "{}", page.text);
    assert!(page.text.contains("href=\"https://handup.example/\""), "{}", page.text);
    assert_eq!(school.made().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_handups_on_one_host_keep_their_people_in_one_browser() {
    let schools = [School::open().await, School::open().await];
    let mut jar = Headers::new();
    for school in &schools {
        let page = school.look("/start", &jar).await;
        let start = school.submit("/do/start", &jar, form("/do/start", school)).await;
        let sign_in = school.submit("/do/sign-in", &jar, form("/do/sign-in", school)).await;
        let mut names = Vec::new();
        for answer in [&page, &start, &sign_in] {
            for cookie in answer.headers.get_all(SET_COOKIE) {
                let pair = cookie.to_str().expect("text").split(';').next().expect("a pair");
                names.push(pair.split('=').next().unwrap_or_default().to_owned());
                let name = &format!("{}=", names[names.len() - 1]);
                jar.retain(|(_, known)| !known.starts_with(name));
                jar.push((COOKIE, pair.to_owned()));
            }
        }
        assert_eq!(names.len(), 3, "{names:?}");
    }
    for school in &schools {
        let here = school.look("/", &jar).await;
        assert!(here.text.contains("Your classes"), "the class is known");
        let group = here.text.split_once("href=\"/class/").expect("a link").1;
        let group = group.split('"').next().expect("its end");
        let room = school.look(&format!("/class/{group}"), &jar).await;
        assert_eq!(room.status, StatusCode::OK, "the teacher is in");
        assert!(school.look("/admin", &jar).await.text.contains(CLASS));
    }
}

/// The token in the cookie that an answer gives a member's browser.
fn token_of(answer: &Answer) -> Token {
    let given = given(answer, "handup").expect("a cookie");
    Token::from_text(&given).expect("a token")
}

#[tokio::test(flavor = "multi_thread")]
async fn several_people_of_a_class_share_a_browser() {
    let school = School::open().await;
    let (engine, Class { group, code, teacher_id, .. }) = (&school.engine, &school.class);
    let user = async |token: &Token| engine.session(*group, token).await.expect("a session").user;
    let page = async |token: &Token| {
        let page = school.look(&format!("/join/{code}"), &member(token)).await;
        page.text.replace("<!>", "")
    };
    let join = async |token: &Token, fields: &str| {
        let body = format!("code={code}&{fields}");
        school.submit("/do/join", &member(token), body).await
    };
    let is_here = async |who: UserId| {
        let room = engine.room(*group).await.expect("the class");
        room.with_group(|group| group.member(who).is_some())
    };
    let ada_first = token_of(&join(&Token::new(), "name=Ada").await);
    let ada = user(&ada_first).await;
    let told = page(&ada_first).await;
    assert!(
        told.contains("You are here as <strong><bdi translate=\"no\">Ada</bdi></strong>"),
        "{told}"
    );
    // A form from before leads in as who one is.
    let again = join(&ada_first, "name=Ada").await;
    assert_eq!(again.header(LOCATION), format!("/class/{group}"));
    assert_eq!(given(&again, "handup"), None);

    let wrong = join(&ada_first, "name=&person=else").await;
    assert!(wrong.header(LOCATION).contains("person=else"), "{}", wrong.header(LOCATION));
    let with_ben = token_of(&join(&ada_first, "name=Ben&person=else").await);
    let ben = user(&with_ben).await;
    assert_ne!(ben, ada);
    assert!(is_here(ada).await, "nobody was taken out");
    let told = page(&with_ben).await;
    assert!(
        told.contains("You are here as <strong><bdi translate=\"no\">Ben</bdi></strong>"),
        "{told}"
    );
    assert!(told.contains(&format!("value=\"{ada}\"")), "the way back to Ada");

    let with_ada = token_of(&join(&with_ben, &format!("person={ada}")).await);
    assert_eq!(user(&with_ada).await, ada);
    // Nobody becomes whom their browser has not come in as.
    for other in [*teacher_id, school.class.student_id, school.other.student_id] {
        let refused = join(&with_ada, &format!("person={other}")).await;
        assert_eq!(given(&refused, "handup"), None);
        assert!(refused.header(LOCATION).contains("problem="), "{}", refused.header(LOCATION));
    }
    // Who goes takes nobody along, and their page becomes nobody else's by itself.
    let with_ben = token_of(&join(&with_ada, &format!("person={ben}")).await);
    assert_eq!(user(&with_ben).await, ben);
    let leave = Command::Leave { actor: ben, user: ben };
    engine.command(*group, somewhere(), leave).await.expect("Ben goes");
    assert!(engine.session(*group, &with_ben).await.is_err());
    assert!(is_here(ada).await);
    let back = join(&with_ben, &format!("person={ben}")).await;
    assert_eq!(given(&back, "handup"), None, "Ben is gone");
    let told = page(&with_ben).await;
    assert!(!told.contains("You are here as"));
    assert!(told.contains("Go on as <bdi translate=\"no\">Ada</bdi>"), "{told}");
    let with_ada = token_of(&join(&with_ben, &format!("person={ada}")).await);
    assert_eq!(user(&with_ada).await, ada);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_does_nothing_as_somebody_else_than_it_shows() {
    let school = School::open().await;
    let Class { group, student, student_id, teacher_id, .. } = &school.class;
    let before = school.log_of_the_class().await;
    let act = async |me: UserId| {
        let body = format!("group={group}&deed=lowerHand&me={me}");
        school.submit("/do/act", &member(student), body).await
    };
    let refused = act(*teacher_id).await;
    assert!(refused.header(LOCATION).contains("problem=other-person"));
    assert_eq!(school.log_of_the_class().await, before);
    act(*student_id).await;
    assert_ne!(school.log_of_the_class().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deed_that_no_page_of_ours_asks_for_is_refused_in_words() {
    let school = School::open().await;
    let Class { group, student, .. } = &school.class;
    let before = school.log_of_the_class().await;
    let script = vec![(ACCEPT, "application/json".to_owned())];
    for deed in ["", "raisehand", "lowerAll%20", "dance"] {
        let body = format!("group={group}&deed={deed}");
        let page = school.submit("/do/act", &member(student), body.clone()).await;
        let back = page.header(LOCATION);
        assert!(back.starts_with(&format!("/class/{group}?problem=failed")), "{deed}: {back}");
        let stranger = school.submit("/do/act", &script, body).await;
        assert!(stranger.status.is_client_error(), "{deed}: {}", stranger.status);
    }
    assert_eq!(school.log_of_the_class().await, before);
}

/// Whoever adds a route says what it costs, and what holds it.
#[tokio::test(flavor = "multi_thread")]
async fn every_route_stands_in_the_table_of_costs() {
    let school = School::open().await;
    let document = include_str!("../../docs/SECURITY.md");
    let (_, table) = document.split_once("| route | at worst | held by |").expect("the table");
    let (table, _) = table.split_once("\n\n").expect("its end");
    let routes = server::routes().map(|(method, path)| format!("`{method} {path}`"));
    let pages = school.pages().into_iter().map(|path| format!("`{path}`"));
    let forms = forms().into_iter().map(|path| format!("`{path}`"));
    for route in routes.chain(pages).chain(forms) {
        assert!(table.contains(&route), "what does {route} cost?");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_what_is_stored_names_the_programs_that_are_told_of_classes() {
    let shared = |page: &str| page.contains("classes that another program has begun");
    let nobody = School::open().await.look("/stored", &Vec::new()).await;
    assert!(nobody.text.contains("Nothing is shared with others.") && !shared(&nobody.text));
    let programs = ["moodle", "timetable"]
        .map(|name| Integration::new(name, &IntegrationKey::new(), None))
        .into_iter()
        .collect();
    let school = School::open_with(|config| config.integrations = programs).await;
    let page = school.look("/stored", &Vec::new()).await;
    assert!(shared(&page.text) && page.text.contains("moodle, timetable"), "{}", page.text);
    assert!(!page.text.contains("Nothing is shared with others."));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_about_somebody_tells_of_nobody_else() {
    let school = School::open().await;
    let path = school.path("/class/{group}/me/data.json");
    let own = school.look(&path, &member(&school.class.student)).await;
    assert_eq!(own.status, StatusCode::OK);
    let told: serde_json::Value = serde_json::from_str(&own.text).expect("JSON");
    let class = &told["classes"][0];
    assert_eq!(class["person"]["name"], STUDENT);
    let me = &class["person"]["userID"];
    assert!(me.is_string() && class["person"]["alike"].is_null());
    let invitations = class["invitations"].as_array().expect("invitations");
    assert!(!invitations.is_empty());
    for part in invitations.iter().flat_map(|it| it["parts"].as_array().expect("parts")) {
        assert_eq!(&part["userID"], me, "{part}");
    }
    assert!(!own.text.contains(TEACHER) && !own.text.contains("Gone"), "{}", own.text);
    let of_teacher = school.look(&path, &member(&school.class.teacher)).await;
    assert!(of_teacher.text.contains(TEACHER) && !of_teacher.text.contains(STUDENT));
}
