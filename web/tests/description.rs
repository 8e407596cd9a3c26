//! The description of the API is whole, is the one that lies in docs/, and is what the server does.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use app::Zone;
use classroom::APPLICATIONS;
use serde_json::{Value, json};
use server::{Config, Engine, Token, description, enter_name};
use signaling::{Application, Code, EventKind};
use tokio::process::Command;
use web::router;

const SOMEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));

fn told() -> Value {
    description(&APPLICATIONS.settings())
}

#[test]
fn the_description_in_the_docs_is_that_of_the_routes() {
    let document: Value =
        serde_json::from_str(include_str!("../../docs/openapi.json")).expect("it is JSON");
    let is_it = document == told();
    assert!(is_it, "make it anew: `cargo xtask run -- openapi > docs/openapi.json`");
}

#[test]
fn every_route_event_and_code_is_described() {
    let told = told();
    let mut ids = BTreeSet::new();
    for (method, path) in server::routes() {
        let operation = &told["paths"][path][method.as_str().to_ascii_lowercase()];
        let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path}"));
        assert!(ids.insert(id.to_owned()), "two operations are {id}");
        assert!(operation["summary"].as_str().is_some_and(|it| it.ends_with('.')), "{id}");
        let responses = operation["responses"].as_object().expect("responses");
        assert!(responses.keys().any(|status| status.starts_with('2')), "{id} answers nothing");
        assert!(responses.contains_key("503"), "{id}");
    }
    let events = &told["components"]["schemas"]["Events"]["properties"];
    for name in EventKind::NAMES.iter().chain(&["snapshot", "onVoice", "onRelay"]) {
        assert!(events[*name].is_object(), "{name}");
    }
    let text = told["components"]["responses"].to_string();
    for code in Code::ALL.map(u16::from) {
        assert!(text.contains(&code.to_string()), "no answer has {code}");
    }
}

/// All `$ref` of a document.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                if let (true, Some(reference)) = (name == "$ref", field.as_str()) {
                    found.insert(reference.to_owned());
                }
                references(field, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn whatever_it_refers_to_is_there() {
    let told = told();
    let mut found = BTreeSet::new();
    references(&told, &mut found);
    assert!(found.len() > 20, "{found:?}");
    for reference in found {
        let path = reference.strip_prefix('#').expect("a place in the document");
        assert!(told.pointer(path).is_some(), "{reference} is nowhere");
    }
}

/// Thousands of requests, right and wrong, made from the description: no answer outside it, no failure of
/// the server. Without Schemathesis this has nothing to do; `cargo xtask test` installs it.
#[tokio::test(flavor = "multi_thread")]
async fn no_answer_is_outside_the_description() {
    let Some(schemathesis) = std::env::var_os("SCHEMATHESIS") else {
        eprintln!("skipped: SCHEMATHESIS does not say where Schemathesis is");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("handup.sqlite3");
    let config = Config::on(database);
    let engine = Engine::open(config, Arc::new(APPLICATIONS)).await.expect("the database");
    let listener = server::listen("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let api = format!("http://{}/api/v1", listener.local_addr().expect("its address"));
    let router = router(engine.clone(), Zone::named("UTC").expect("a zone"));
    tokio::spawn(server::serve(listener, router, engine.clone()));

    let name = |text| enter_name(text).expect("a name");
    let (teacher, student) = (Token::new(), Token::new());
    let begun = engine.create_group(SOMEWHERE, name("4B"), name("Ms Noether"), None, &teacher);
    let begun = begun.await.expect("a class");
    let joined = engine.join(SOMEWHERE, begun.join_code.as_str(), name("Ada"), None, &student);
    let joined = joined.await.expect("a student");
    let group = begun.group_id;
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let round = client
        .post(format!("{api}/groups/{group}/inviteInGroup"))
        .bearer_auth(teacher.reveal())
        .body(json!({ "inviteeList": "*", "data": "", "timeout": 0 }).to_string())
        .send()
        .await
        .expect("an answer");
    let round: Value = serde_json::from_str(&round.text().await.expect("a text")).expect("JSON");
    let settings = format!(
        "[parameters]\ngroup = \"{group}\"\nmember = \"{}\"\ninvitation = {}\n",
        joined.user_id, round["inviteID"],
    );
    std::fs::write(folder.path().join("schemathesis.toml"), settings).expect("it is written");
    for token in [&teacher, &student] {
        let done = Command::new(&schemathesis)
            .args(["run", concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json")])
            .args(["--url", &api, "--header", &format!("Authorization: Bearer {}", token.reveal())])
            // A stream does not end, and an offer is nothing to be made up; an end ends all.
            .args([
                "--exclude-path-regex",
                "/(events|voice|media)$",
                "--exclude-operation-id",
                "end",
            ])
            // What is well-formed the rules may refuse all the same.
            .args(["--exclude-checks", "positive_data_acceptance"])
            .args(["--rate-limit", "80/s", "--max-examples", "10", "--no-color"])
            .current_dir(folder.path())
            .output()
            .await
            .expect("it runs");
        let told = String::from_utf8_lossy(&done.stdout);
        assert!(done.status.success(), "{told}\n{}", String::from_utf8_lossy(&done.stderr));
    }
}
