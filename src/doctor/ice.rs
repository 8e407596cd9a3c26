//! The STUN and TURN servers: whether they answer as a browser would ask, and take the credentials that
//! browsers are given.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use server::IceConfig;
use signaling::UserId;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::UdpSocket;
use tokio::time::timeout;

use super::finding::Finding;
use super::http::{Broken, addresses, connect};
use super::machine_time::{instant, now};
use super::stun::{Credential, Id, Method, Reply, length, reply, request};
use super::tls::secure;
use crate::options::Options;

const STUN: &str = "STUN";
const TURN: &str = "TURN";
/// The times that an answer over UDP is waited for, before the request is sent again or given up.
const WAITS: [Duration; 3] =
    [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];
/// How long an answer over a connection is waited for.
const WAIT: Duration = Duration::from_secs(4);
/// The longest answer that is read, in bytes.
const LONGEST: usize = 2_048;

/// A finding for each server.
pub async fn look(options: &Options, ice: Option<&IceConfig>, deadline: Duration) -> Vec<Finding> {
    let (stun, turn) = (&options.stun_servers, &options.turn_servers);
    if stun.is_empty() && turn.is_empty() {
        let is_carried = options.voice_listen.is_some();
        return vec![if is_carried {
            Finding::ok(STUN, "no servers; calls go over this one where no other way is found")
        } else {
            Finding::warn(STUN, "no servers, so calls between two networks mostly fail")
                .advise("name one by --stun-server, or carry calls here by --voice-listen")
        }];
    }
    let late = |check, url: &str| {
        Finding::fail(check, format!("{url} was not done within {} s", deadline.as_secs()))
    };
    let asked = stun.iter().map(async |url| {
        timeout(deadline, stun_server(url)).await.unwrap_or_else(|_| late(STUN, url))
    });
    let relays = turn.iter().map(async |url| {
        timeout(deadline, turn_server(url, ice)).await.unwrap_or_else(|_| late(TURN, url))
    });
    let (mut findings, relays) =
        futures::join!(futures::future::join_all(asked), futures::future::join_all(relays));
    findings.extend(relays);
    findings
}

async fn stun_server(url: &str) -> Finding {
    let began = instant();
    let asked = async {
        let mut way = Way::to(url).await?;
        way.ask(Method::Binding, None).await
    };
    match asked.await {
        Ok(Reply::Done(Some(seen))) => {
            let (millis, ip) = (began.elapsed().as_millis(), seen.ip());
            Finding::ok(STUN, format!("{url} answers within {millis} ms, and sees {ip}"))
        }
        Ok(Reply::Done(None)) => Finding::fail(STUN, format!("{url} answers without an address"))
            .advise("name another server by --stun-server"),
        Ok(Reply::Refused { code, reason, .. }) => {
            Finding::fail(STUN, format!("{url} refuses: {code} {reason}"))
                .advise("let it answer everybody, or name another one by --stun-server")
        }
        Err(said) => Finding::fail(STUN, format!("{url}: {said}")).advise(
            "see that it runs, and that firewalls on both sides let UDP through; or name another",
        ),
    }
}

async fn turn_server(url: &str, ice: Option<&IceConfig>) -> Finding {
    let began = instant();
    let failed = |said: String| {
        Finding::fail(TURN, format!("{url}: {said}"))
            .advise("see that it runs, and that firewalls on both sides let it through")
    };
    let mut way = match Way::to(url).await {
        Ok(way) => way,
        Err(said) => return failed(said),
    };
    let (realm, nonce) = match way.ask(Method::Allocate, None).await {
        Ok(Reply::Refused { code: 401, realm: Some(realm), nonce, .. }) => (realm, nonce),
        Ok(Reply::Done(_)) => {
            return Finding::fail(TURN, format!("{url} relays for everybody"))
                .advise("have it ask for credentials: coturn's `use-auth-secret`");
        }
        Ok(Reply::Refused { code, reason, .. }) => {
            return failed(format!("it says {code} {reason}"));
        }
        Err(said) => return failed(said),
    };
    let Some(ice) = ice else {
        return Finding::warn(TURN, format!("{url} answers; its secret was not tried"))
            .advise("see to the configuration first");
    };
    let (_, username, password) = ice.credential_for(UserId::from_bytes([0; 16]), now());
    let credential =
        Credential { username: &username, password: &password, realm: &realm, nonce: &nonce };
    match way.ask(Method::Allocate, Some(&credential)).await {
        Ok(Reply::Done(relayed)) => {
            // It would end by itself in ten minutes.
            let _ = way.ask(Method::Release, Some(&credential)).await;
            let millis = began.elapsed().as_millis();
            relays(url, millis, relayed)
        }
        Ok(Reply::Refused { code: 401, .. }) => {
            Finding::fail(TURN, format!("{url} answers, and does not take the secret")).advise(
                "give both the same: HANDUP_TURN_SECRET here, `use-auth-secret` and \
                 `static-auth-secret` there; and let both clocks be right",
            )
        }
        Ok(Reply::Refused { code, reason, .. }) => Finding::fail(
            TURN,
            format!("{url} takes the secret, and does not relay: {code} {reason}"),
        )
        .advise("see its log and its quotas"),
        Err(said) => failed(said),
    }
}

fn relays(url: &str, millis: u128, relayed: Option<SocketAddr>) -> Finding {
    let Some(relayed) = relayed else {
        return Finding::fail(TURN, format!("{url} relays at no address")).advise("see its log");
    };
    let ip = relayed.ip();
    let is = format!("{url} takes the secret, and relays at {ip} ({millis} ms)");
    let is_inner = match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_unspecified(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unspecified(),
    };
    if is_inner {
        Finding::warn(TURN, is).advise(
            "that is an inner address: where people come from outside, tell it the outer one (coturn's \
             `external-ip`)",
        )
    } else {
        Finding::ok(TURN, is)
    }
}

/// The way to a server: by datagrams, or over a connection.
enum Way {
    Datagrams(UdpSocket),
    Connection(Box<dyn Connection>),
}

trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

impl Way {
    /// The way to the server of a URL such as `turn:turn.example:3478?transport=tcp`.
    async fn to(url: &str) -> Result<Self, String> {
        let (scheme, rest) = url.split_once(':').ok_or("it is no address")?;
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let is_secure = matches!(scheme, "stuns" | "turns");
        let (host, port) = host_and_port(place, if is_secure { 5_349 } else { 3_478 })?;
        let is_udp = match query {
            "" => !is_secure,
            "transport=udp" if is_secure => {
                return Err("DTLS is not tried; see by a call".to_owned());
            }
            "transport=udp" => true,
            "transport=tcp" => false,
            _ => return Err(format!("nobody knows what {query} is")),
        };
        if is_udp {
            let addresses = addresses(host, port).await.map_err(words)?;
            let address = addresses.first().ok_or("its name has no address")?;
            let any = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
            let socket = UdpSocket::bind(any).await.map_err(|error| error.to_string())?;
            socket.connect(address).await.map_err(|error| error.to_string())?;
            return Ok(Self::Datagrams(socket));
        }
        let stream = connect(host, port).await.map_err(words)?;
        if !is_secure {
            return Ok(Self::Connection(Box::new(stream)));
        }
        let secured = timeout(WAIT, secure(stream, host)).await;
        let secured = secured.map_err(|_| "no secure connection in time".to_owned())?;
        Ok(Self::Connection(Box::new(
            secured.map_err(|said| format!("no secure connection: {said}"))?,
        )))
    }

    /// Asks, and reads the answer.
    async fn ask(
        &mut self,
        method: Method,
        credential: Option<&Credential<'_>>,
    ) -> Result<Reply, String> {
        let id = fresh_id();
        let asked = request(method, id, credential);
        match self {
            Self::Datagrams(socket) => by_datagrams(socket, &asked, method, id).await,
            Self::Connection(connection) => {
                let answered = timeout(WAIT, over_connection(connection, &asked)).await;
                let answered = answered.map_err(|_| "no answer".to_owned())?;
                let message = answered.map_err(|error| error.to_string())?;
                reply(&message, method, id).ok_or_else(|| "the answer is none of STUN".to_owned())
            }
        }
    }
}

async fn by_datagrams(
    socket: &UdpSocket,
    asked: &[u8],
    method: Method,
    id: Id,
) -> Result<Reply, String> {
    let mut buffer = [0; LONGEST];
    for wait in WAITS {
        socket.send(asked).await.map_err(|error| error.to_string())?;
        let answered = timeout(wait, async {
            loop {
                let length = socket.recv(&mut buffer).await.map_err(|error| error.to_string())?;
                // What is no answer to this may be one to the request before.
                if let Some(reply) = reply(&buffer[..length], method, id) {
                    return Ok(reply);
                }
            }
        });
        if let Ok(answered) = answered.await {
            return answered;
        }
    }
    Err("no answer".to_owned())
}

async fn over_connection(
    connection: &mut dyn Connection,
    asked: &[u8],
) -> std::io::Result<Vec<u8>> {
    connection.write_all(asked).await?;
    connection.flush().await?;
    let mut head = [0; 20];
    connection.read_exact(&mut head).await?;
    let whole = length(head).filter(|length| *length <= LONGEST).unwrap_or(head.len());
    let mut message = head.to_vec();
    message.resize(whole, 0);
    connection.read_exact(&mut message[head.len()..]).await?;
    Ok(message)
}

fn words(broken: Broken) -> String {
    match broken {
        Broken::Name(said) => format!("nobody knows its name: {said}"),
        Broken::Connection(said) | Broken::Tls(said) | Broken::Http(said) => said,
    }
}

fn host_and_port(place: &str, usual: u16) -> Result<(&str, u16), String> {
    let is_alone = place.ends_with(']') || !place.contains(':');
    let Some((host, port)) = place.rsplit_once(':').filter(|_| !is_alone) else {
        return Ok((place, usual));
    };
    let port = port.parse().map_err(|_| format!("{port} is no port"))?;
    Ok((host, port))
}

/// An id that no other request has.
fn fresh_id() -> Id {
    let random = server::new_user_id();
    let mut id = Id::default();
    id.copy_from_slice(&random.as_bytes()[..12]);
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_has_its_port_or_the_usual_one() {
        assert_eq!(host_and_port("stun.example", 3_478), Ok(("stun.example", 3_478)));
        assert_eq!(host_and_port("stun.example:19302", 3_478), Ok(("stun.example", 19_302)));
        assert_eq!(host_and_port("[2001:db8::1]", 3_478), Ok(("[2001:db8::1]", 3_478)));
        assert_eq!(host_and_port("[2001:db8::1]:5", 3_478), Ok(("[2001:db8::1]", 5)));
        assert!(host_and_port("stun.example:", 3_478).is_err());
    }
}
