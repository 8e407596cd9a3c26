//! The command `handup healthy`: asks a server whether it can serve. An image without a shell has no other
//! program that could.

use std::net::SocketAddr;
use std::time::Duration;

use http::Uri;
use http::uri::PathAndQuery;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use crate::listener::from_here;

/// How long the server may take: longer than it waits for its database.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// Asks the server at `origin`, or the one that listens on this address of this machine.
pub async fn ask(origin: Option<Uri>, listens_on: SocketAddr) -> Result<(), String> {
    let mut asked = match origin {
        Some(origin) => origin,
        None => origin_of(listens_on)?,
    }
    .into_parts();
    asked.path_and_query = Some(PathAndQuery::from_static("/readyz"));
    let asked = Uri::from_parts(asked).map_err(|error| format!("this is no address: {error}"))?;
    let client = Client::builder(TokioExecutor::new()).build_http::<String>();
    let answer = tokio::time::timeout(ANSWERS_WITHIN, client.get(asked.clone())).await;
    let answer = answer
        .map_err(|_| format!("{asked} has not answered for {} s", ANSWERS_WITHIN.as_secs()))?
        .map_err(|error| format!("{asked} does not answer: {}", causes(&error)))?;
    if !answer.status().is_success() {
        return Err(format!("{asked} answers {}: it cannot serve now", answer.status()));
    }
    println!("{asked} answers {}", answer.status());
    Ok(())
}

/// Where a server is reached from its own machine.
fn origin_of(listens_on: SocketAddr) -> Result<Uri, String> {
    let reached = from_here(listens_on).ok_or_else(|| {
        "the server has picked its port: say where it is, such as `handup healthy \
         http://127.0.0.1:3000`"
            .to_owned()
    })?;
    let origin = format!("http://{reached}");
    origin.parse().map_err(|error| format!("{origin} is no address: {error}"))
}

/// An error with what has led to it.
fn causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_asked_where_its_own_machine_reaches_it() {
        let origin = |address: &str| {
            origin_of(address.parse().expect("an address")).map(|origin| origin.to_string())
        };
        assert_eq!(origin("0.0.0.0:3000"), Ok("http://127.0.0.1:3000/".to_owned()));
        assert_eq!(origin("[::]:80"), Ok("http://[::1]:80/".to_owned()));
        assert_eq!(origin("192.0.2.1:3000"), Ok("http://192.0.2.1:3000/".to_owned()));
        assert!(origin("127.0.0.1:0").is_err());
    }
}
