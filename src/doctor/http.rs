//! One request over HTTP/1.1, step by step, so that the step that fails is told: the name, the connection,
//! TLS, the answer.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use http::{HeaderMap, Request, StatusCode, Uri};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::tls::secure;
use crate::listener::from_here;

/// How long each step may take.
const STEP: Duration = Duration::from_secs(4);

/// Where somebody is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub is_https: bool,
    /// As it stands in a URL.
    pub host: String,
    pub port: u16,
}

/// The step that failed, and what was said of it.
#[derive(Debug)]
pub enum Broken {
    /// Nobody knows the name.
    Name(String),
    /// Nothing answers there.
    Connection(String),
    /// There is no secure connection.
    Tls(String),
    /// What answers does not speak HTTP.
    Http(String),
}

/// What somebody answered.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Incoming,
}

impl Target {
    /// The server of an origin, such as `https://handup.example`.
    pub fn of_origin(origin: &str) -> Option<Self> {
        let uri: Uri = origin.parse().ok()?;
        let is_https = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if is_https { 443 } else { 80 });
        Some(Self { is_https, host: uri.host()?.to_owned(), port })
    }

    /// The server that listens there, as this machine reaches it; none where any port is taken.
    pub fn of_listener(listen: SocketAddr) -> Option<Self> {
        let reached = from_here(listen)?;
        let host = match reached.ip() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        Some(Self { is_https: false, host, port: reached.port() })
    }

    /// Whether only this machine reaches it.
    pub fn is_local(&self) -> bool {
        let ip: Option<IpAddr> = self.host.trim_matches(['[', ']']).parse().ok();
        self.host == "localhost" || ip.is_some_and(|ip| ip.is_loopback())
    }

    fn authority(&self) -> String {
        let usual = if self.is_https { 443 } else { 80 };
        if self.port == usual { self.host.clone() } else { format!("{}:{}", self.host, self.port) }
    }
}

/// A connection to a name and port.
pub async fn connect(host: &str, port: u16) -> Result<TcpStream, Broken> {
    let connecting = async {
        let addresses = addresses(host, port).await?;
        let mut said = None;
        for address in &addresses {
            match timeout(STEP, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => said = Some(format!("{address}: {error}")),
                Err(_) => said = Some(format!("{address}: no answer")),
            }
        }
        Err(Broken::Connection(said.unwrap_or_else(|| "it has no address".to_owned())))
    };
    let late = || Broken::Connection("no address answers in time".to_owned());
    timeout(STEP * 2, connecting).await.unwrap_or_else(|_| Err(late()))
}

/// The addresses of a name.
pub async fn addresses(host: &str, port: u16) -> Result<Vec<SocketAddr>, Broken> {
    let host = host.trim_matches(['[', ']']);
    let found = timeout(STEP, lookup_host((host, port))).await;
    let found = found.map_err(|_| Broken::Name("no answer in time".to_owned()))?;
    Ok(found.map_err(|error| Broken::Name(error.to_string()))?.collect())
}

/// Asks for a path.
pub async fn get(target: &Target, path: &str) -> Result<Answer, Broken> {
    let stream = connect(&target.host, target.port).await?;
    let request = Request::get(path)
        .header(http::header::HOST, target.authority())
        .header(http::header::USER_AGENT, concat!("handup-doctor/", env!("CARGO_PKG_VERSION")))
        .body(Empty::<Bytes>::new())
        .map_err(|error| Broken::Http(error.to_string()))?;
    if target.is_https {
        let secured = timeout(STEP, secure(stream, &target.host)).await;
        let secured = secured.map_err(|_| Broken::Tls("no answer in time".to_owned()))?;
        ask(secured.map_err(Broken::Tls)?, request).await
    } else {
        ask(stream, request).await
    }
}

async fn ask(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<Empty<Bytes>>,
) -> Result<Answer, Broken> {
    let asking = async {
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        sender.send_request(request).await
    };
    let answer = timeout(STEP, asking).await;
    let answer = answer.map_err(|_| Broken::Http("no answer in time".to_owned()))?;
    let (head, body) = answer.map_err(|error| Broken::Http(error.to_string()))?.into_parts();
    Ok(Answer { status: head.status, headers: head.headers, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_what_a_url_or_a_listener_says() {
        let of = |origin: &str| Target::of_origin(origin).expect("a target");
        assert_eq!(of("https://handup.example").port, 443);
        assert_eq!(of("http://192.0.2.1:3000").authority(), "192.0.2.1:3000");
        assert_eq!(of("https://handup.example").authority(), "handup.example");
        assert!(of("http://[::1]:3000").is_local() && !of("http://192.0.2.1").is_local());
        let listening = |text: &str| Target::of_listener(text.parse().expect("an address"));
        assert_eq!(listening("0.0.0.0:3000"), Some(of("http://127.0.0.1:3000")));
        assert_eq!(listening("[::]:3000"), Some(of("http://[::1]:3000")));
        assert_eq!(listening("127.0.0.1:0"), None);
    }
}
