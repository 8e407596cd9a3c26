//! Accepting connections, with the limits that `axum::serve` has not: shares of what may be open,
//! deadlines for headers, for idleness and for writes that do not move, no delay for small packets,
//! and an end for streams on shutdown.
//!
//! A connection on which a live stream is asked for is taken out of hyper's hands: it never answers
//! anything else, so it needs no buffers of its own, and a commit goes to all of them from the same
//! bytes.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{ConnectInfo, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::engine::Engine;
use crate::error::{Error, PROBLEM_TYPE};
use crate::http::connections::{Connection, Connections};
use crate::http::pace::Paced;
use crate::identity::jitter;
use crate::live::outlet;
use crate::live::relay::Relay;
use crate::live::stream::LiveStream;

/// How long requests in flight are waited for on shutdown.
const GRACE: Duration = Duration::from_secs(3);
/// How many connections are told at once that there are too many; more are closed without a word.
const TURNED_AWAY: usize = 256;
/// How long somebody who is turned away may take to ask and to hear it.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How many connections wait to be accepted: a school comes back at once after a restart.
const BACKLOG: u32 = 4_096;

/// Listens on an address; port 0 picks one.
///
/// # Errors
/// When the address cannot be used.
pub fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// A live stream on its way from the handler that opened it to the connection it was asked for on,
/// as an extension of the response that begins it. Only [`serve`] sends it.
#[derive(Clone)]
pub(crate) struct Handed(Arc<Mutex<Option<Followed>>>);

/// What is sent on a connection from then on.
pub(crate) enum Followed {
    /// A stream of this server's.
    Live(LiveStream),
    /// Another server's, head and all.
    Relayed(Relay),
}

impl Handed {
    pub fn over(live: LiveStream) -> Self {
        Self(Arc::new(Mutex::new(Some(Followed::Live(live)))))
    }

    pub fn relay(relay: Relay) -> Self {
        Self(Arc::new(Mutex::new(Some(Followed::Relayed(relay)))))
    }

    fn take(&self) -> Option<Followed> {
        self.0.lock().take()
    }
}

impl IntoResponse for Handed {
    /// A response without an end: its body is what the connection makes of the extension.
    fn into_response(self) -> Response {
        let no_end = futures::stream::pending::<Result<Bytes, Infallible>>();
        let mut response = Response::new(Body::from_stream(no_end));
        response.extensions_mut().insert(self);
        response
    }
}

/// Serves the router on the listener until the engine is to stop, and then until requests in flight
/// are answered, or three seconds are over.
pub async fn serve(listener: TcpListener, router: Router, engine: Engine) {
    let (bounds, stopping) = (engine.bounds(), engine.stopping().clone());
    if let Ok(address) = listener.local_addr() {
        engine.is_listening_on(address);
    }
    let open = Connections::new(bounds.connections, bounds.connections_of_network);
    let mut builder = http1::Builder::new();
    // Its own deadline for headers is one for idleness as well, so it is behind those of `Paced`. Without
    // one it would not wait for the next head where those can end it.
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.idle_timeout + bounds.header_timeout)
        .max_buf_size(bounds.header_bytes);
    let (connections, turned_away) = (TaskTracker::new(), TaskTracker::new());
    loop {
        let (stream, address) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of descriptors, most likely: wait for some to come back.
                    tracing::error!(%error, "accepting a connection failed; trying again");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            () = stopping.cancelled() => break,
        };
        let peer = address.ip();
        let Some(connection) = open.admit((!engine.is_proxy(peer)).then_some(peer)) else {
            if turned_away.len() < TURNED_AWAY {
                turned_away.spawn(turn_away(stream));
            }
            continue;
        };
        let connection = Arc::new(connection);
        let write_timeout = bounds.write_timeout;
        prepare(&stream, write_timeout);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(write_timeout));
        let (header_timeout, idle_timeout) = (bounds.header_timeout, bounds.idle_timeout);
        let stream =
            Paced::new(Box::pin(stream), Arc::clone(&connection), header_timeout, idle_timeout);
        let attended = attend(
            stream,
            address,
            router.clone(),
            builder.clone(),
            stopping.clone(),
            Arc::clone(&connection),
        );
        let (streams, its_own) = (connections.clone(), Arc::clone(&connection));
        let relays_until = stopping.clone();
        let task = connections.spawn(async move {
            if let Some((stream, head, followed)) = attended.await {
                // A task of its own: that of the connection is large, and is let go of.
                streams.spawn(async move {
                    match followed {
                        Followed::Live(live) => {
                            outlet::run(live, stream, head, write_timeout).await;
                        }
                        Followed::Relayed(relay) => {
                            relay.run(stream, write_timeout, relays_until).await;
                        }
                    }
                    drop(its_own);
                });
            }
        });
        connection.is_of(task.abort_handle());
    }
    drop(listener);
    connections.close();
    let _ = tokio::time::timeout(GRACE, connections.wait()).await;
}

/// Answers one request without looking at it: to come back a little later.
async fn turn_away(mut stream: TcpStream) {
    let said = async {
        let mut asked = [0; 4_096];
        if stream.read(&mut asked).await? == 0 {
            return Ok(());
        }
        stream.write_all(&too_many()).await?;
        stream.shutdown().await?;
        // Closing with something unread would take the answer back.
        while stream.read(&mut asked).await? > 0 {}
        std::io::Result::Ok(())
    };
    // Whoever is too slow for that hears nothing.
    let _ = tokio::time::timeout(LAST_WORDS, said).await;
}

/// What a request is answered with that does not get as far as the router.
fn refusal(error: Error) -> Response {
    let mut response = error.into_response();
    for (name, value) in [GUARD_TYPE, GUARD_POLICY] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// What keeps a browser from making more of a refusal than the text that it is.
const GUARD_TYPE: (HeaderName, &str) = (header::X_CONTENT_TYPE_OPTIONS, "nosniff");
const GUARD_POLICY: (HeaderName, &str) =
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");

/// Whether a request names the server as HTTP asks for, once.
fn names_its_host(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let is_host = |host: &HeaderValue| {
        host.to_str().is_ok_and(|host| host.parse::<http::uri::Authority>().is_ok())
    };
    hosts.next().is_some_and(is_host) && hosts.next().is_none()
}

/// A body that tells its connection when it has come whole.
struct Arriving {
    body: Incoming,
    connection: Arc<Connection>,
}

impl HttpBody for Arriving {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if matches!(frame, Poll::Ready(None)) || self.body.is_end_stream() {
            self.connection.has_asked();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A body that tells its connection when it has gone out whole.
struct Leaving {
    body: Body,
    connection: Arc<Connection>,
}

impl HttpBody for Leaving {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.connection.is_answered();
    }
}

fn too_many() -> Vec<u8> {
    let problem = Error::TooManyConnections.problem();
    let body = serde_json::to_string(&problem).unwrap_or_default();
    let (_, content_type) = PROBLEM_TYPE;
    let guards = [GUARD_TYPE, GUARD_POLICY].map(|(name, value)| format!("{name}: {value}\r\n"));
    format!(
        "HTTP/1.1 503 Service Unavailable\r\nretry-after: {}\r\ncontent-type: {content_type}\r\n\
         cache-control: no-store\r\n{}connection: close\r\ncontent-length: {}\r\n\r\n{body}",
        2 + jitter(8),
        guards.concat(),
        body.len()
    )
    .into_bytes()
}

/// Answers the requests on a connection, until it ends or one asks for a live stream: then tells
/// how that begins.
async fn attend(
    stream: Paced<Pin<Box<TimeoutStream<TcpStream>>>>,
    address: SocketAddr,
    router: Router,
    builder: http1::Builder,
    stopping: CancellationToken,
    connection: Arc<Connection>,
) -> Option<(TcpStream, Bytes, Followed)> {
    let asked: Mutex<Option<(Bytes, Followed)>> = Mutex::new(None);
    let asked_for = &|| asked.lock();
    let asking = &connection;
    let service = hyper::service::service_fn(|request: hyper::Request<Incoming>| {
        asking.answers();
        let reads_on = request.method() == Method::GET;
        let is_whole = request.body().is_end_stream();
        if is_whole {
            asking.has_asked();
        }
        let names_its_host = names_its_host(request.headers());
        let mut request: Request = request.map(|body| {
            if is_whole {
                Body::empty()
            } else {
                Body::new(Arriving { body, connection: Arc::clone(asking) })
            }
        });
        request.extensions_mut().insert(ConnectInfo::<SocketAddr>(address));
        let answered = names_its_host.then(|| router.clone().oneshot(request));
        async move {
            let mut response: Response = match answered {
                Some(answered) => answered.await?,
                None => refusal(Error::NoHost),
            };
            let handed = response.extensions_mut().remove::<Handed>().filter(|_| reads_on);
            if let Some(followed) = handed.and_then(|handed| handed.take()) {
                asking.has_asked();
                let head = match &followed {
                    Followed::Live(live) => head(response.headers(), live),
                    // It comes with its own.
                    Followed::Relayed(_) => Bytes::new(),
                };
                *asked_for() = Some((head, followed));
                std::future::pending::<()>().await;
            }
            let connection = Arc::clone(asking);
            Ok::<Response, Infallible>(response.map(|body| Body::new(Leaving { body, connection })))
        }
    });
    let mut connection = builder.serve_connection(TokioIo::new(stream), service);
    let mut stopped = pin!(stopping.cancelled());
    let mut is_stopping = false;
    let asked_at_last = poll_fn(|context| {
        if !is_stopping && stopped.as_mut().poll(context).is_ready() {
            is_stopping = true;
            Pin::new(&mut connection).graceful_shutdown();
        }
        // A connection that breaks is the client's matter.
        let ended = Pin::new(&mut connection).poll(context).is_ready();
        match asked_for().take() {
            Some(asked) => Poll::Ready(Some(asked)),
            None if ended => Poll::Ready(None),
            None => Poll::Pending,
        }
    });
    let (head, followed) = asked_at_last.await?;
    let stream = connection.into_parts().io.into_inner().into_inner();
    Some((taken_over(stream.get_ref()).ok()?, head, followed))
}

/// The socket without what its connection needed around it.
fn taken_over(stream: &TcpStream) -> std::io::Result<TcpStream> {
    let socket = stream.as_fd().try_clone_to_owned()?;
    TcpStream::from_std(socket.into())
}

/// The beginning of a response whose body goes on until the connection is closed.
fn head(headers: &HeaderMap, live: &LiveStream) -> Bytes {
    let mut head = b"HTTP/1.1 200 OK\r\nconnection: close\r\n".to_vec();
    head.extend_from_slice(format!("date: {}\r\n", live.date()).as_bytes());
    for (name, value) in headers {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head.into()
}

fn prepare(stream: &TcpStream, write_timeout: Duration) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let user_timeout = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(write_timeout));
    if let Err(error) = user_timeout {
        tracing::debug!(%error, "cannot set TCP_USER_TIMEOUT");
    }
}
