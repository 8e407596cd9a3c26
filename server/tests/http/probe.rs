//! The probe, by which `handup doctor` sees how requests come.

use serde_json::Value;

use crate::support::{Server, within_patience};

async fn ask(server: &Server, forwarded_for: Option<&str>) -> reqwest::Response {
    let mut request = reqwest::Client::new().get(format!("{}/probe", server.origin()));
    if let Some(client) = forwarded_for {
        request = request.header("x-forwarded-for", client);
    }
    within_patience("the head of a probe", request.send()).await.expect("an answer")
}

/// What the first event says, and how many follow it.
async fn told(server: &Server, forwarded_for: Option<&str>) -> (Value, usize) {
    let answer = ask(server, forwarded_for).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    assert_eq!(answer.headers()["x-accel-buffering"], "no");
    let text = within_patience("the end of a probe", answer.text()).await.expect("a text");
    let mut events = text.split("\n\n");
    let first = events.next().expect("an event");
    let data = first.strip_prefix("event: probe\ndata: ").expect("the first event");
    let ticks = events.filter(|event| event.starts_with("event: tick")).count();
    (serde_json::from_str(data).expect("JSON"), ticks)
}

#[tokio::test]
async fn a_probe_tells_whoever_asks_how_their_request_came() {
    let mut server = Server::start().await;
    let (direct, ticks) = told(&server, None).await;
    assert_eq!(
        (&direct["address"], &direct["forwarded"]),
        (&"127.0.0.1".into(), &"nothing".into())
    );
    assert_eq!(ticks, 4);
    assert!(direct["id"].as_str().is_some_and(|id| id.len() == 8), "{direct}");
    assert_eq!(direct.as_object().map(serde_json::Map::len), Some(3), "nothing else: {direct}");
    let (ignored, _) = told(&server, Some("192.0.2.7")).await;
    assert_eq!(
        (&ignored["address"], &ignored["forwarded"]),
        (&"127.0.0.1".into(), &"ignored".into())
    );

    server
        .restart_configured(|config| {
            config.trusted_proxies = vec!["127.0.0.1/32".parse().expect("a network")];
        })
        .await;
    let (believed, _) = told(&server, Some("192.0.2.7")).await;
    assert_eq!(
        (&believed["address"], &believed["forwarded"]),
        (&"192.0.2.7".into(), &"believed".into())
    );
    assert_eq!(believed["id"], direct["id"], "it is the database's");
    let (silent, _) = told(&server, None).await;
    assert_eq!(silent["forwarded"], "nothingFromProxy");
}

#[tokio::test]
async fn probes_are_limited_by_address() {
    let mut server = Server::start().await;
    server
        .restart_configured(|config| {
            config.trusted_proxies = vec!["127.0.0.1/32".parse().expect("a network")];
        })
        .await;
    let mut under_way = Vec::new();
    let refused = loop {
        let answer = ask(&server, Some("192.0.2.7")).await;
        if answer.status() != 200 {
            break answer;
        }
        under_way.push(answer);
        assert!(under_way.len() < 100, "nobody is told to wait");
    };
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key("retry-after"));
    assert!(under_way.len() >= 10);
    assert_eq!(ask(&server, Some("192.0.2.8")).await.status(), 200, "others are answered");
}
