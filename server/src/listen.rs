//! Accepting connections, with the limits that `axum::serve` has not: a deadline for headers, one
//! for writes that do not move, no delay for small packets, and an end for streams on shutdown.
//!
//! A connection on which a live stream is asked for is taken out of hyper's hands: it never answers
//! anything else, so it needs no buffers of its own, and a commit goes to all of them from the same
//! bytes.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, Method};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::bounds::Bounds;
use crate::error::{Error, PROBLEM_TYPE};
use crate::fanout;
use crate::identity::jitter;
use crate::stream::LiveStream;

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
pub(crate) struct Handed(Arc<Mutex<Option<LiveStream>>>);

impl Handed {
    pub fn over(live: LiveStream) -> Self {
        Self(Arc::new(Mutex::new(Some(live))))
    }

    fn take(&self) -> Option<LiveStream> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Serves the router on the listener until `stopping` is cancelled, and then until requests in
/// flight are answered, or three seconds are over.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    bounds: Bounds,
    stopping: CancellationToken,
) {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.header_timeout)
        .max_buf_size(bounds.header_bytes);
    let (connections, turned_away) = (TaskTracker::new(), TaskTracker::new());
    loop {
        let (stream, address) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of descriptors, most likely: wait for some to come back.
                    tracing::error!(%error, "accept failed");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            () = stopping.cancelled() => break,
        };
        if connections.len() >= bounds.connections {
            if turned_away.len() < TURNED_AWAY {
                turned_away.spawn(turn_away(stream));
            }
            continue;
        }
        let write_timeout = bounds.write_timeout;
        prepare(&stream, write_timeout);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(write_timeout));
        let connection = attend(stream, address, router.clone(), builder.clone(), stopping.clone());
        let streams = connections.clone();
        connections.spawn(async move {
            if let Some((stream, head, live)) = connection.await {
                // A task of its own: that of the connection is large, and is let go of.
                streams.spawn(fanout::run(live, stream, head, write_timeout));
            }
        });
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

fn too_many() -> Vec<u8> {
    let problem = Error::TooManyConnections.problem();
    let body = serde_json::to_string(&problem).unwrap_or_default();
    let (_, content_type) = PROBLEM_TYPE;
    format!(
        "HTTP/1.1 503 Service Unavailable\r\nretry-after: {}\r\ncontent-type: {content_type}\r\n\
         cache-control: no-store\r\nx-content-type-options: nosniff\r\n\
         content-security-policy: default-src 'none'; frame-ancestors 'none'\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n{body}",
        2 + jitter(8),
        body.len()
    )
    .into_bytes()
}

/// Answers the requests on a connection, until it ends or one asks for a live stream: then tells
/// how that begins.
async fn attend(
    stream: TimeoutStream<TcpStream>,
    address: SocketAddr,
    router: Router,
    builder: http1::Builder,
    stopping: CancellationToken,
) -> Option<(TcpStream, Bytes, LiveStream)> {
    let asked: Mutex<Option<(Bytes, LiveStream)>> = Mutex::new(None);
    let asked_for = &|| asked.lock().unwrap_or_else(PoisonError::into_inner);
    let service = hyper::service::service_fn(|request: hyper::Request<Incoming>| {
        let reads_on = request.method() == Method::GET;
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo::<SocketAddr>(address));
        let answered = router.clone().oneshot(request);
        async move {
            let mut response: Response = answered.await?;
            let handed = response.extensions_mut().remove::<Handed>().filter(|_| reads_on);
            if let Some(live) = handed.and_then(|handed| handed.take()) {
                *asked_for() = Some((head(response.headers(), &live), live));
                std::future::pending::<()>().await;
            }
            Ok::<Response, Infallible>(response)
        }
    });
    let mut connection = builder.serve_connection(TokioIo::new(Box::pin(stream)), service);
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
    let (head, live) = asked_at_last.await?;
    let stream = connection.into_parts().io.into_inner();
    Some((taken_over(stream.get_ref()).ok()?, head, live))
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
