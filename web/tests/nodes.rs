//! Pages and forms where several servers serve one database: any of them answers for any class. Without a
//! PostgreSQL to try this has nothing to do; `cargo xtask test` starts one.

#[expect(dead_code, reason = "nobody looks at what is stored, nor copies it")]
#[path = "../../server/tests/http/support/database.rs"]
mod database;

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;

use app::Zone;
use axum::http::header::{ACCEPT, CONTENT_TYPE, COOKIE, LOCATION, ORIGIN};
use classroom::APPLICATIONS;
use database::Place;
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use server::{Engine, Node, Token, enter_name};
use web::router;

const SOMEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));

/// One of the servers, as browsers reach it.
struct Server {
    engine: Engine,
    origin: String,
    browser: Client,
}

impl Server {
    async fn start(place: &Place, folder: &Path) -> Self {
        let listen = "127.0.0.1:0".parse().expect("an address");
        let listener = server::listen(listen).expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("its address"));
        let mut config = place.config(folder);
        config.node = Some(Node {
            address: origin.parse().expect("an address"),
            secret: "what all nodes of a test know".parse().expect("a secret"),
        });
        let engine = Engine::open(config, Arc::new(APPLICATIONS)).await.expect("the database");
        let router = router(engine.clone(), Zone::named("UTC").expect("a zone"));
        tokio::spawn(server::serve(listener, router, engine.clone()));
        let browser = Client::builder().no_proxy().redirect(Policy::none()).build();
        Self { engine, origin, browser: browser.expect("a client") }
    }

    async fn look(&self, path: &str, cookie: &str) -> Response {
        let page = self.browser.get(format!("{}{path}", self.origin)).header(ACCEPT, "text/html");
        page.header(COOKIE, cookie).send().await.expect("a page")
    }

    async fn submit(&self, path: &str, cookie: &str, form: String) -> Response {
        let sent = self.browser.post(format!("{}{path}", self.origin)).header(ACCEPT, "text/html");
        let sent = sent.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let sent = sent.header(ORIGIN, &self.origin).header(COOKIE, cookie);
        sent.body(form).send().await.expect("an answer")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_server_shows_every_class_and_takes_its_forms() {
    let place = Place::new().await;
    if matches!(place, Place::Files) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (first, second) =
        (Server::start(&place, folder.path()).await, Server::start(&place, folder.path()).await);
    let name = |text| enter_name(text).expect("a name");
    let teacher = Token::new();
    let begun =
        first.engine.create_group(SOMEWHERE, name("Canary Class"), name("Tilda"), None, &teacher);
    let begun = begun.await.expect("a class");
    let (group, code) = (begun.group_id, begun.join_code.as_str().to_owned());
    let cookie = format!("handup={}", teacher.reveal());
    // What is asked for first by the second one is at home there, and the first one has it forwarded.
    for server in [&second, &first] {
        for path in ["", "/history", "/history/export.json"] {
            let page = server.look(&format!("/class/{group}{path}"), &cookie).await;
            assert_eq!(page.status(), StatusCode::OK, "{path} at {}", server.origin);
            assert!(page.text().await.expect("a text").contains("Tilda"), "{path}");
        }
        let page = server.look(&format!("/join/{code}"), "").await;
        assert!(page.text().await.expect("a text").contains("Canary Class"));
    }
    for (server, who) in [(&first, "Ada"), (&second, "Bo")] {
        let browser = format!("handup-form={}", Token::new().reveal());
        let joined = server.submit("/do/join", &browser, format!("code={code}&name={who}")).await;
        let leads_to = joined.headers()[LOCATION].to_str().expect("a path").to_owned();
        assert!(leads_to.starts_with(&format!("/class/{group}")), "{leads_to}");
        let asked =
            server.submit("/do/act", &cookie, format!("group={group}&deed=ask&question={who}"));
        let leads_to = asked.await.headers()[LOCATION].to_str().expect("a path").to_owned();
        assert!(!leads_to.contains("problem"), "{leads_to}");
    }
    for server in [&first, &second] {
        let page = server.look(&format!("/class/{group}"), &cookie).await;
        let page = page.text().await.expect("a text");
        assert!(page.contains("Ada") && page.contains("Bo"), "both have joined");
    }
    // No client's word counts for where it comes from, nor is what it made up passed on.
    let forged = first.browser.get(format!("{}/class/{group}", first.origin));
    let forged = forged.header("handup-node", "1 00").header(COOKIE, &cookie).send().await;
    assert_eq!(forged.expect("a page").status(), StatusCode::OK);
}
