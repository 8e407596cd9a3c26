//! Metrics: what Prometheus is told of a server at work.

use std::collections::BTreeMap;

use crate::support::{Class, GroupInvitation, Server, within_patience};

/// Metrics by their names and labels.
async fn told(address: std::net::SocketAddr) -> BTreeMap<String, f64> {
    let answer = reqwest::get(format!("http://{address}/metrics")).await.expect("an answer");
    let content_type = answer.headers()["content-type"].to_str().expect("a text").to_owned();
    assert!(content_type.starts_with("application/openmetrics-text"), "{content_type}");
    let text = answer.text().await.expect("a text");
    assert!(text.ends_with("# EOF\n"), "{text}");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let read = |line: &str| {
        let (name, value) = line.rsplit_once(' ').expect("a value");
        (name.to_owned(), value.parse().expect("a number"))
    };
    lines.map(read).collect()
}

#[tokio::test]
async fn metrics_count_what_a_class_does_and_name_nobody() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let listener = server::listen("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(server::serve_metrics(listener, server.engine().clone()));
    let ada = class.join("Ada").await;
    let mut stream = ada.listen().await;
    let round = class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    ada.accept(&round).await.with_status(200);
    stream.until("onInviteeAccepted").await;
    let told = told(address).await;
    let value = |name: &str| told.get(name).copied().unwrap_or_else(|| panic!("{name}: {told:?}"));
    assert!((value("handup_groups") - 1.0).abs() < 0.1);
    assert!((value("handup_streams") - 1.0).abs() < 0.1);
    assert!((value("handup_store_up") - 1.0).abs() < 0.1);
    assert!(value("handup_commit_seconds_count") >= 4.0, "each change is in a commit");
    assert!(value("handup_commit_events_sum") >= 5.0);
    assert!(value("handup_streams_sent_bytes_total") > 500.0);
    for name in told.keys() {
        for secret in [&class.teacher.group, &ada.id, &ada.token, &class.join_code, &round.id] {
            assert!(!name.contains(secret.as_str()), "{name}");
        }
    }
}

#[tokio::test]
async fn who_only_asks_whether_it_lives_is_answered_without_the_store() {
    let server = Server::start().await;
    for path in ["/livez", "/readyz", "/healthz"] {
        let answer =
            within_patience(path, reqwest::get(format!("{}{path}", server.origin()))).await;
        assert_eq!(answer.expect("an answer").status(), 200, "{path}");
    }
}

#[tokio::test]
async fn the_dashboard_and_the_alerts_name_metrics_that_there_are() {
    let server = Server::start().await;
    let refused = axum::response::IntoResponse::into_response(server::Error::TooManyStreams);
    let answered = server::Answered { method: "GET", route: "/".to_owned(), status: 429 };
    server.engine().count_answer(&answered, refused.extensions());
    let told = server.engine().told_metrics().await;
    assert!(told.contains("handup_refused_total{limit=\"streams\"} 1"), "{told}");
    let documents = [
        include_str!("../../../docs/metrics/grafana.json"),
        include_str!("../../../docs/metrics/alerts.yml"),
        include_str!("../../../docs/METRICS.md"),
    ];
    let is_of_name = |letter: char| letter.is_ascii_lowercase() || letter == '_';
    for document in documents {
        let mut names = 0;
        for (place, _) in document.match_indices("handup_") {
            let name: String = document[place..].chars().take_while(|it| is_of_name(*it)).collect();
            let family = ["_total", "_bucket", "_sum", "_count"]
                .iter()
                .find_map(|end| name.strip_suffix(end))
                .unwrap_or(&name);
            assert!(told.contains(&format!("# HELP {family} ")), "there is no {name}");
            names += 1;
        }
        assert!(names > 5, "{names} names");
    }
}
