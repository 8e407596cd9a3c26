//! The public URL: whether its name leads here, and to this Handup.

use http::StatusCode;

use super::finding::Finding;
use super::http::Broken;
use super::probed::{NotProbed, Probed};
use super::running::Running;

const CHECK: &str = "public URL";

pub fn look(
    url: Option<&str>,
    probed: Option<&Result<Probed, NotProbed>>,
    running: &Running,
) -> Finding {
    let (Some(url), Some(probed)) = (url, probed) else {
        return Finding::warn(
            CHECK,
            "none is set, so links are as each browser reached the server",
        )
        .advise("say where people reach it, with --public-url https://…");
    };
    match probed {
        Ok(probed) if !running.may_be(&probed.probe.id) => {
            Finding::fail(CHECK, format!("{url} leads to another Handup, with another database"))
                .advise("lead the name or the proxy here, or stop the other one")
        }
        Ok(probed) => {
            let millis = probed.took.as_millis();
            let is_this = if running.id.is_some() { ", and it is this Handup" } else { "" };
            Finding::ok(CHECK, format!("{url} answers within {millis} ms{is_this}"))
        }
        Err(NotProbed::Broken(broken)) => is_broken(url, broken),
        Err(NotProbed::Status(
            status @ (StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT),
        )) => {
            Finding::fail(CHECK, format!("{url} answers {status}: the proxy does not reach Handup"))
                .advise("start the server, and have the proxy lead to its --listen")
        }
        Err(NotProbed::Status(StatusCode::TOO_MANY_REQUESTS)) => {
            Finding::warn(CHECK, format!("{url} asks to wait a moment"))
                .advise("look again in a minute")
        }
        Err(NotProbed::Status(status)) => no_handup(url, &format!("it answers {status}")),
        Err(NotProbed::NoHandup) => no_handup(url, "it answers otherwise"),
    }
}

fn no_handup(url: &str, said: &str) -> Finding {
    Finding::fail(
        CHECK,
        format!("{url} leads to something that is no Handup of this release: {said}"),
    )
    .advise("have the proxy pass on every path to this server's --listen")
}

fn is_broken(url: &str, broken: &Broken) -> Finding {
    match broken {
        Broken::Name(said) => {
            Finding::fail(CHECK, format!("nobody knows the name in {url}: {said}"))
                .advise("make a record for it in the DNS, or correct --public-url")
        }
        Broken::Connection(said) => {
            Finding::fail(CHECK, format!("nothing answers at {url}: {said}")).advise(
                "start the server and what is in front of it, and open the port in the firewall",
            )
        }
        Broken::Tls(said) => Finding::fail(CHECK, format!("no browser would open {url}: {said}"))
            .advise(
                "give the proxy a certificate for this name, with its chain, that browsers trust",
            ),
        Broken::Http(said) => {
            Finding::fail(CHECK, format!("what answers at {url} speaks no HTTP: {said}"))
                .advise("see that scheme and port are right, and that the proxy leads to --listen")
        }
    }
}
