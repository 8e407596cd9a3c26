//! Those who want more than their part get less, and others notice nothing.

use std::time::Duration;

use futures::future::join_all;
use serde_json::json;
use server::Bounds;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::support::{Class, GroupInvitation, Member, Server, within_patience};

/// A connection as anybody can open one, whose own end holds little of what is not read.
async fn connect(server: &Server) -> TcpStream {
    let address = server.origin().strip_prefix("http://").expect("plain http");
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(16 * 1_024).expect("a small buffer");
    socket.connect(address.parse().expect("an address")).await.expect("a connection")
}

/// Everything until the server closes the connection.
async fn until_closed(connection: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // Closing with something unread resets the connection, after what was said.
    let _ = within_patience("the end", connection.read_to_end(&mut answer)).await;
    String::from_utf8(answer).expect("text")
}

/// Opens a member's stream on a connection that then reads nothing.
async fn stream_unread(server: &Server, member: &Member) -> TcpStream {
    let mut connection = connect(server).await;
    let ask = format!(
        "GET /api/v1/groups/{}/events HTTP/1.1\r\nhost: handup\r\nauthorization: Bearer {}\r\n\r\n",
        member.group, member.token
    );
    connection.write_all(ask.as_bytes()).await.expect("it is sent");
    connection
}

#[tokio::test]
async fn headers_that_do_not_come_to_an_end_are_given_up() {
    let bounds = Bounds { header_timeout: Duration::from_millis(300), ..Bounds::default() };
    let server = Server::start_within(bounds).await;
    let mut silent = connect(&server).await;
    let mut slow = connect(&server).await;
    slow.write_all(b"GET /healthz HTTP/1.1\r\nhost: handup\r\nx: ").await.expect("it is sent");
    let mut dripping = connect(&server).await;
    // On a connection that has had a request before, the next head has no more time.
    let mut kept = connect(&server).await;
    ask_on(&mut kept).await;
    kept.write_all(b"GET /healthz HTTP/1.1\r\nx: ").await.expect("it is sent");
    let drips = async {
        let mut drops = tokio::time::interval(Duration::from_millis(10));
        let _ = dripping.write_all(b"GET /healthz HTTP/1.1\r\nhost: handup\r\nx: ").await;
        while dripping.write_all(b"x").await.is_ok() {
            drops.tick().await;
        }
    };
    within_patience("the end of it", drips).await;
    for connection in [&mut silent, &mut slow, &mut kept] {
        assert!(!until_closed(connection).await.contains(" 200 "));
    }
    Class::start(&server).await;
}

const ASK: &str = "GET /healthz HTTP/1.1\r\nhost: handup\r\n\r\n";

/// Sends a request on a connection and reads its whole answer, after which the connection is idle.
async fn ask_on(connection: &mut TcpStream) {
    connection.write_all(ASK.as_bytes()).await.expect("it is sent");
    let mut answer = Vec::new();
    let answered = async {
        while !answer.ends_with(b"\r\n\r\nok") {
            answer.push(connection.read_u8().await.expect("an answer"));
        }
    };
    within_patience("an answer", answered).await;
    assert!(answer.starts_with(b"HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn a_connection_is_idle_for_longer_than_a_head_may_take() {
    let header_timeout = Duration::from_millis(200);
    let server = Server::start_within(Bounds { header_timeout, ..Bounds::default() }).await;
    let mut kept = connect(&server).await;
    for _ in 0..3 {
        ask_on(&mut kept).await;
        // Of a head that begins now the time is over when its connection ends.
        let mut slow = connect(&server).await;
        slow.write_all(b"GET ").await.expect("it is sent");
        until_closed(&mut slow).await;
    }
    ask_on(&mut kept).await;
    assert!(Bounds::default().idle_timeout > Duration::from_secs(60), "nginx keeps its for 60 s");
}

#[tokio::test]
async fn a_connection_that_stays_idle_is_given_up() {
    let idle_timeout = Duration::from_millis(200);
    let server = Server::start_within(Bounds { idle_timeout, ..Bounds::default() }).await;
    let mut idle = connect(&server).await;
    ask_on(&mut idle).await;
    let rest = until_closed(&mut idle).await;
    assert!(rest.is_empty(), "{rest}");
}

const WITH_COOKIE: &str = "GET /healthz HTTP/1.1\r\nhost: handup\r\ncookie: handup=";

#[tokio::test]
async fn headers_that_are_too_long_are_refused() {
    let server = Server::start().await;
    let mut connection = connect(&server).await;
    let longest = Bounds::default().header_bytes;
    let ask = format!("{WITH_COOKIE}{}", "a".repeat(longest - WITH_COOKIE.len()));
    connection.write_all(ask.as_bytes()).await.expect("it is sent");
    let answer = until_closed(&mut connection).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

#[tokio::test]
async fn a_million_bytes_of_cookie_are_refused_and_others_go_on() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let mut reader = bo.listen().await;
    let ask = format!("{WITH_COOKIE}{}\r\n\r\n", "a".repeat(1_000_000));
    let attack = async || {
        let mut connection = connect(&server).await;
        // The server does not wait for the end of it, and reads none of what is over its bound:
        // whoever still sends when it closes has the connection reset, with or without the answer.
        let _ = connection.write_all(ask.as_bytes()).await;
        let answer = until_closed(&mut connection).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");
    };
    let others = async {
        for _ in 0..20 {
            let invitation = GroupInvitation::to([&ada]);
            let invite = class.teacher.invite_in_group(invitation).await;
            ada.accept(&invite).await.with_status(200);
        }
        assert_eq!(reader.take(40).await.len(), 40);
    };
    let attacks = join_all((0..50).map(|_| attack()));
    tokio::join!(attacks, others);
}

#[tokio::test]
async fn a_body_that_stands_still_is_given_up() {
    let bounds = Bounds { body_timeout: Duration::from_millis(300), ..Bounds::default() };
    let server = Server::start_within(bounds).await;
    let mut connection = connect(&server).await;
    let ask =
        "POST /api/v1/join HTTP/1.1\r\nhost: handup\r\ncontent-length: 50\r\n\r\n{\"joinCode\":";
    connection.write_all(ask.as_bytes()).await.expect("it is sent");
    let answer = until_closed(&mut connection).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test]
async fn a_body_that_drips_is_given_up_though_it_never_stands_still() {
    let bounds = Bounds { body_deadline: Duration::from_millis(300), ..Bounds::default() };
    let server = Server::start_within(bounds).await;
    let (mut reading, mut writing) = connect(&server).await.into_split();
    let ask = "POST /api/v1/join HTTP/1.1\r\nhost: handup\r\ncontent-length: 60000\r\n\r\n{";
    writing.write_all(ask.as_bytes()).await.expect("it is sent");
    let dripping = async {
        let mut drops = tokio::time::interval(Duration::from_millis(10));
        // It goes on until the server has closed the connection.
        while writing.write_all(b" ").await.is_ok() {
            drops.tick().await;
        }
    };
    let answered = async {
        let mut status = [0; 12];
        reading.read_exact(&mut status).await.expect("an answer");
        assert_eq!(&status, b"HTTP/1.1 408");
    };
    let both = async { tokio::join!(answered, dripping) };
    within_patience("the end of it", both).await;
}

#[tokio::test]
async fn a_member_opens_as_many_streams_as_they_may_and_others_still_can() {
    let bounds = Bounds { streams_of_member: 3, ..Bounds::default() };
    let server = Server::start_within(bounds).await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut stream = ada.stream().await;
        stream.snapshot().await;
        open.push(stream);
    }
    let refused = ada.get("/events").await;
    refused.refused(429, 7008);
    assert_eq!(refused.header("retry-after"), "10");
    bo.stream().await.snapshot().await;
    ada.accept(&class.teacher.invite_in_group(GroupInvitation::to([&ada])).await).await;

    drop(open.pop());
    let again = async { while ada.get("/events").open().await.status() != 200 {} };
    within_patience("a place for another", again).await;
}

#[tokio::test]
async fn who_comes_when_everybody_is_here_is_told_to_come_back() {
    let bounds = Bounds { connections: 4, connections_of_network: 4, ..Bounds::default() };
    let server = Server::start_within(bounds).await;
    let class = Class::start(&server).await;
    let mut here = Vec::new();
    // A program's own connection that is idle gives way to them.
    for _ in 0..4 {
        let mut connection = stream_unread(&server, &class.teacher).await;
        let mut answer = [0; 12];
        within_patience("an answer", connection.read_exact(&mut answer)).await.expect("bytes");
        assert_eq!(&answer, b"HTTP/1.1 200");
        here.push(connection);
    }
    let ask = "GET /healthz HTTP/1.1\r\nhost: handup\r\n\r\n";
    let mut late = connect(&server).await;
    late.write_all(ask.as_bytes()).await.expect("it is sent");
    let answer = until_closed(&mut late).await;
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    for header in [
        "retry-after: ",
        "content-type: application/problem+json",
        "cache-control: no-store",
        "x-content-type-options: nosniff",
        "content-security-policy: default-src 'none'; frame-ancestors 'none'",
    ] {
        assert!(head.contains(&format!("\r\n{header}")), "{header} in {head}");
    }
    let problem: serde_json::Value = serde_json::from_str(body).expect("a problem");
    assert_eq!(problem["status"], 503);

    drop(here.pop());
    let in_at_last = async {
        loop {
            let mut connection = connect(&server).await;
            let _ = connection.write_all(ask.as_bytes()).await;
            let mut answer = [0; 12];
            if connection.read_exact(&mut answer).await.is_ok() && &answer == b"HTTP/1.1 200" {
                break;
            }
        }
    };
    within_patience("a place", in_at_last).await;
}

#[tokio::test]
async fn whoever_never_sends_a_whole_request_gives_way_to_who_comes() {
    let bounds = Bounds { connections: 8, connections_of_network: 8, ..Bounds::default() };
    let server = Server::start_within(bounds).await;
    let class = Class::start(&server).await;
    let mut stream = class.teacher.listen().await;
    let half_sent: &[&[u8]] = &[
        b"",
        b"GET / HTTP/1.1\r\nhost: a\r\nx: ",
        b"POST /api/v1/join HTTP/1.1\r\nhost: a\r\ncontent-length: 900\r\n\r\n{\"joinCode\":",
    ];
    let mut held = Vec::new();
    for half in half_sent.iter().cycle().take(60) {
        let mut connection = connect(&server).await;
        connection.write_all(half).await.expect("it is sent");
        held.push(connection);
        let mut whole = connect(&server).await;
        let ask = b"GET /healthz HTTP/1.1\r\nhost: handup\r\n\r\n";
        whole.write_all(ask).await.expect("it is sent");
        let mut answer = [0; 12];
        within_patience("an answer", whole.read_exact(&mut answer)).await.expect("bytes");
        assert_eq!(&answer, b"HTTP/1.1 200");
    }
    class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    assert_eq!(stream.take(1).await.len(), 1, "who is at work goes on");
}

#[tokio::test]
async fn a_request_names_the_server_once() {
    let server = Server::start().await;
    for (hosts, status) in [
        ("host: handup\r\n", "200"),
        ("host: [::1]:3000\r\n", "200"),
        ("", "400"),
        ("host: handup\r\nhost: handup\r\n", "400"),
        ("host: handup\r\nHost: other\r\n", "400"),
        ("host: a b\r\n", "400"),
        ("host: \r\n", "400"),
        ("host: /\r\n", "400"),
    ] {
        let mut connection = connect(&server).await;
        let ask = format!("GET /healthz HTTP/1.1\r\n{hosts}connection: close\r\n\r\n");
        connection.write_all(ask.as_bytes()).await.expect("it is sent");
        let answer = until_closed(&mut connection).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{hosts:?}: {answer}");
        if status == "400" {
            assert!(answer.contains("\"code\":6017"), "{hosts:?}: {answer}");
            assert!(answer.contains("\r\nx-content-type-options: nosniff\r\n"), "{answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_takes_nothing_is_given_up_and_holds_up_nobody() {
    let bounds = Bounds { write_timeout: Duration::from_millis(500), ..Bounds::default() };
    let server = Server::start_within(bounds).await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let mut reader = bo.listen().await;
    let paused = stream_unread(&server, &ada).await;
    let long = "🙋".repeat(3_000);
    // More than the sockets' buffers hold.
    let storm = async {
        for _ in 0..400 {
            let invitation = GroupInvitation::to([&bo]).saying(&long);
            let invite = class.teacher.invite_in_group(invitation).await;
            class.teacher.cancel(&invite).await.with_status(200);
        }
    };
    let (events, ()) = tokio::join!(reader.take(800), storm);
    assert!(events.is_sorted_by(|one, next| one.seq() + 1 == next.seq()), "nothing is missing");
    let gone = async {
        loop {
            let snapshot = bo.snapshot().await;
            let members = snapshot["members"].as_array().expect("members").clone();
            let ada = members.iter().find(|member| member["userID"] == ada.id.as_str());
            if ada.expect("Ada")["online"] == json!(false) {
                break;
            }
        }
    };
    within_patience("the reader to be given up", gone).await;
    drop(paused);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_streams_end_when_the_server_stops_and_come_back_spread_over_time() {
    // A machine that is busy with other tests sends a thousand requests slowly.
    let bounds = Bounds { header_timeout: Duration::from_secs(60), ..Bounds::default() };
    let mut server = Server::start_within(bounds).await;
    let class = Class::start(&server).await;
    let students = class.students(1_000).await;
    let streams = students.iter().map(async |student| {
        let mut connection = stream_unread(&server, student).await;
        let mut beginning = Vec::new();
        let retry = loop {
            let read = within_patience("a beginning", connection.read_buf(&mut beginning)).await;
            read.expect("bytes");
            let text = String::from_utf8_lossy(&beginning);
            let told = text.split_once("\nretry: ").and_then(|(_, rest)| rest.split_once('\n'));
            if let Some((millis, _)) = told {
                break millis.parse::<u32>().expect("milliseconds");
            }
        };
        (connection, retry)
    });
    let streams = join_all(streams).await;
    let mut spread: Vec<u32> = streams.iter().map(|(_, retry)| *retry).collect();
    spread.sort_unstable();
    spread.dedup();
    assert!(spread.len() > 500, "{} different times", spread.len());
    assert!(spread[spread.len() - 1] - spread[0] > 1_500, "{spread:?}");

    let ends = streams.into_iter().map(|(mut connection, _)| async move {
        let mut rest = Vec::new();
        connection.read_to_end(&mut rest).await.is_ok()
    });
    let (_, ended) = tokio::join!(server.stop(), join_all(ends));
    assert!(ended.iter().all(|ended| *ended), "a stream was cut off");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_and_reads_no_answer_is_given_up() {
    let bounds = Bounds { write_timeout: Duration::from_millis(500), ..Bounds::default() };
    let server = Server::start_within(bounds).await;
    let class = Class::start(&server).await;
    class.students(200).await;
    let Member { group, token, .. } = &class.teacher;
    let ask = format!(
        "GET /api/v1/groups/{group} HTTP/1.1\r\nhost: handup\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    let mut connection = connect(&server).await;
    let given_up = async { while connection.write_all(ask.as_bytes()).await.is_ok() {} };
    within_patience("the server to close", given_up).await;
    class.teacher.snapshot().await;
}
