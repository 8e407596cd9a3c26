//! `handup doctor` as whoever runs a server meets it: the real program beside real servers, behind a real
//! nginx, with a real TURN server.

mod beside;
mod doctor;
mod document;
mod servers;

use std::net::{TcpListener, UdpSocket};

use doctor::Doctor;
use document::{Proxy, lines_for};
use servers::{Coturn, Handup, Nginx, free_port};

#[test]
fn before_anything_runs_it_says_what_is_there_and_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let listen = format!("127.0.0.1:{}", free_port());
    let seen = Doctor::in_folder(folder.path()).with(&["--listen", &listen]).look();
    assert!(seen.is_well, "{}", seen.text);
    seen.says("ok", "configuration", "go together");
    seen.says("ok", "database", "handup.sqlite3 holds nothing yet");
    seen.says("ok", "durability", "journal_mode=wal synchronous=full");
    seen.says("ok", "disk", "a sync takes");
    seen.says("warn", "server", &format!("nothing answers on http://{listen}"));
    seen.says("warn", "public URL", "none is set");
    seen.says("warn", "STUN", "no servers");
    seen.advises("public URL", "--public-url https://");
    let left = std::fs::read_dir(folder.path()).expect("the folder").count();
    assert_eq!(left, 0, "nothing was made");
}

#[test]
fn what_does_not_go_together_is_said_as_the_server_says_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let seen = Doctor::in_folder(folder.path())
        .with(&["--listen", "127.0.0.1:0", "--turn-server", "turn:127.0.0.1:9"])
        .with(&["--voice-listen", "0.0.0.0:0"])
        .look();
    assert!(!seen.is_well, "{}", seen.text);
    seen.says("FAIL", "configuration", "--turn-server and --turn-secret go together");
    seen.says("FAIL", "voice", "say with --voice-address");
    seen.says("warn", "server", "takes any port");
}

#[test]
fn a_server_and_the_lines_for_nginx_are_found_well() {
    let port = free_port();
    let url = format!("http://127.0.0.1:{port}");
    let handup = Handup::start(&["--public-url", &url, "--trusted-proxy", "127.0.0.1"]);
    let Some(_nginx) = Nginx::start(port, handup.address(), "") else { return };
    let seen = Doctor::of(&handup).look();
    assert!(seen.is_well, "{}", seen.text);
    seen.says("ok", "database", "handup.sqlite3, schema ");
    seen.says("ok", "database", &format!("intact; served by process {}", handup.process()));
    seen.says("ok", "server", "runs, and answers");
    seen.says("ok", "public URL", &format!("{url} answers within "));
    seen.says("ok", "public URL", "it is this Handup");
    seen.says("ok", "proxy", "trusted; a request from here counts to 127.0.0.1");
    seen.says("ok", "streams", "come through at once");
    seen.says("ok", "clock", "as the server's answer has it");

    let json = Doctor::of(&handup).look_for_a_program();
    assert_eq!(json["failed"], 0);
    let checks = json["checks"].as_array().expect("checks");
    let streams = checks.iter().find(|it| it["check"] == "streams").expect("the streams");
    assert_eq!(streams["state"], "ok");
}

#[test]
fn the_lines_of_the_document_make_each_proxy_a_good_one() {
    for proxy in [Proxy::Nginx, Proxy::Caddy] {
        let port = free_port();
        let url = format!("https://localhost:{port}");
        let handup = Handup::start(&["--public-url", &url, "--trusted-proxy", "127.0.0.1"]);
        let Some(running) = proxy.start(&lines_for(proxy), port, &handup.address()) else {
            continue;
        };
        let seen = Doctor::of(&handup).trusting(&running.certificate()).look();
        assert!(seen.is_well, "{proxy:?}: {}", seen.text);
        seen.says("ok", "public URL", "it is this Handup");
        seen.says("ok", "https", "the certificate is good");
        seen.says("ok", "proxy", "trusted; a request from here counts to 127.0.0.1");
        seen.says("ok", "streams", "come through at once");
    }
}

#[test]
fn a_proxy_that_holds_streams_back_is_found_out() {
    let port = free_port();
    let url = format!("http://127.0.0.1:{port}");
    let handup = Handup::start(&["--public-url", &url, "--trusted-proxy", "127.0.0.1"]);
    let lines = "proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;";
    let Some(_nginx) = Nginx::start(port, handup.address(), lines) else { return };
    let seen = Doctor::of(&handup).look();
    assert!(!seen.is_well, "{}", seen.text);
    seen.says("ok", "public URL", "it is this Handup");
    seen.says("FAIL", "streams", "are held back");
    seen.advises("streams", "proxy_buffering off;");
}

#[test]
fn a_proxy_that_is_not_trusted_is_found_out() {
    let port = free_port();
    let url = format!("http://127.0.0.1:{port}");
    let handup = Handup::start(&["--public-url", &url]);
    let Some(_nginx) = Nginx::start(port, handup.address(), "") else { return };
    let seen = Doctor::of(&handup).look();
    assert!(!seen.is_well, "{}", seen.text);
    seen.says("FAIL", "proxy", "the proxy at 127.0.0.1 is not trusted");
    seen.advises("proxy", "--trusted-proxy 127.0.0.1");
    seen.says("ok", "streams", "come through at once");

    let all = Doctor::of(&handup).with(&["--trusted-proxy", "0.0.0.0/0"]).look();
    all.says("FAIL", "proxy", "--trusted-proxy 0.0.0.0/0 trusts clients too");
}

#[test]
fn a_certificate_is_looked_at_as_browsers_do() {
    let port = free_port();
    let url = format!("https://localhost:{port}");
    let handup = Handup::start(&["--public-url", &url, "--trusted-proxy", "127.0.0.1"]);
    let Some(nginx) = Nginx::start_with_tls(port, handup.address()) else { return };
    let strange = Doctor::of(&handup).look();
    assert!(!strange.is_well, "{}", strange.text);
    strange.says("FAIL", "public URL", &format!("no browser would open {url}"));
    strange.advises("public URL", "a certificate for this name");

    let trusted = Doctor::of(&handup).trusting(&nginx.certificate()).look();
    assert!(trusted.is_well, "{}", trusted.text);
    trusted.says("ok", "public URL", "it is this Handup");
    trusted.says("ok", "https", "the certificate is good");
    trusted.says("ok", "proxy", "trusted; a request from here counts to 127.0.0.1");
}

#[test]
fn a_public_url_that_leads_elsewhere_is_found_out() {
    let (handup, other) = (Handup::start(&[]), Handup::start(&[]));
    let url = |address: String| format!("http://{address}");
    let at_other = url(other.address());
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a port");
    let nobody_there = url(nobody.local_addr().expect("its address").to_string());
    drop(nobody);
    for (public_url, found, to_do) in [
        (&*at_other, "leads to another Handup", "lead the name or the proxy here"),
        (&*nobody_there, "nothing answers at", "start the server"),
        ("http://handup.invalid", "nobody knows the name", "make a record for it"),
    ] {
        let seen = Doctor::of(&handup).with(&["--public-url", public_url]).look();
        assert!(!seen.is_well, "{}", seen.text);
        seen.says("ok", "server", "runs, and answers");
        seen.says("FAIL", "public URL", found);
        seen.advises("public URL", to_do);
        seen.says("warn", "proxy", "no request came through, so");
    }
    let there = Doctor::in_folder(handup.folder()).with(&["--listen", &other.address()]).look();
    there.says("FAIL", "server", "another Handup listens on");

    let port = free_port();
    let (url, gone) = (format!("http://127.0.0.1:{port}"), format!("127.0.0.1:{}", free_port()));
    let Some(_nginx) = Nginx::start(port, gone, "") else { return };
    let seen = Doctor::of(&handup).with(&["--public-url", &url]).look();
    seen.says("FAIL", "public URL", "502 Bad Gateway: the proxy does not reach Handup");
}

#[test]
fn stun_and_turn_servers_are_asked_as_browsers_ask() {
    let folder = tempfile::tempdir().expect("a folder");
    let silent = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let silent = format!("stun:{}", silent.local_addr().expect("its address"));
    let doctor = || Doctor::in_folder(folder.path()).with(&["--listen", "127.0.0.1:0"]);
    let seen = doctor().with(&["--stun-server", &silent]).look();
    assert!(!seen.is_well, "{}", seen.text);
    seen.says("FAIL", "STUN", &silent);
    seen.advises("STUN", "firewalls");

    let Some(coturn) = Coturn::start("north") else { return };
    let (stun, turn) = (coturn.url("stun"), coturn.url("turn"));
    let by_tcp = format!("{turn}?transport=tcp");
    let servers = ["--stun-server", &*stun, "--turn-server", &*turn, "--turn-server", &*by_tcp];
    let right = doctor().with(&servers).with(&["--turn-secret", "north"]).look();
    assert!(right.is_well, "{}", right.text);
    right.says("ok", "STUN", "sees 127.0.0.1");
    right.says("warn", "TURN", &format!("{turn} takes the secret, and relays at 127.0.0.1"));
    right.says("warn", "TURN", &format!("{by_tcp} takes the secret, and relays at 127.0.0.1"));
    right.advises("TURN", "external-ip");

    let wrong = doctor().with(&servers).with(&["--turn-secret", "south"]).look();
    assert!(!wrong.is_well, "{}", wrong.text);
    wrong.says("FAIL", "TURN", &format!("{turn} answers, and does not take the secret"));
    wrong.advises("TURN", "static-auth-secret");
    assert!(!wrong.text.contains("south"), "no secret is printed: {}", wrong.text);
}

#[test]
fn what_is_wrong_with_the_database_is_said_and_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let doctor = || Doctor::in_folder(folder.path()).with(&["--listen", "127.0.0.1:0"]);
    std::fs::write(folder.path().join("letter.txt"), "Dear parents, ".repeat(400)).expect("a file");
    let other = doctor().with(&["--database", "letter.txt"]).look();
    assert!(!other.is_well, "{}", other.text);
    other.says("FAIL", "database", "it is no SQLite database; name another file");
    let nowhere = doctor().with(&["--database", "none/handup.sqlite3"]).look();
    nowhere.says("FAIL", "database", "its folder is not there");
    nowhere.says("FAIL", "disk", "cannot write in the folder none");
    let secret = "postgres://handup:hunter2@127.0.0.1:9/handup";
    let gone = doctor().with_env("HANDUP_DATABASE", secret).look();
    gone.says("FAIL", "database", "it does not answer; see that PostgreSQL runs there");
    assert!(!gone.text.contains("hunter2"), "no password is printed: {}", gone.text);
}
