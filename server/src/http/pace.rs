//! How long a connection may be idle, and how long the head of a request may take. Idle is between two
//! requests: a proxy that keeps connections must be the one to end them, for a request that meets
//! their end is lost. A head's time is counted from its first byte.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::clock::monotonic;
use crate::http::connections::Connection;

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// The first byte of the connection.
    Beginning,
    /// The rest of a head.
    Head,
    /// Another request.
    Idle,
}

/// A stream that fails to be read once its client has been waited for too long.
pub(crate) struct Paced<S> {
    stream: S,
    connection: Arc<Connection>,
    header_timeout: Duration,
    idle_timeout: Duration,
    /// None while a request is answered.
    wait: Option<Wait>,
    end: Pin<Box<Sleep>>,
}

impl<S> Paced<S> {
    pub fn new(
        stream: S,
        connection: Arc<Connection>,
        header_timeout: Duration,
        idle_timeout: Duration,
    ) -> Self {
        let end = Box::pin(sleep(header_timeout));
        let wait = Some(Wait::Beginning);
        Self { stream, connection, header_timeout, idle_timeout, wait, end }
    }

    pub fn into_inner(self) -> S {
        self.stream
    }

    fn wait_for(&mut self, wait: Wait) {
        let time = if wait == Wait::Idle { self.idle_timeout } else { self.header_timeout };
        self.wait = Some(wait);
        self.end.as_mut().reset(monotonic() + time);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.connection.has_answered() {
            this.wait = None;
        }
        let had = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(context, buffer);
        if this.connection.is_answering() {
            // How long a body may take is for who reads it.
            return read;
        }
        if read.is_ready() {
            if buffer.filled().len() > had && this.wait != Some(Wait::Head) {
                this.wait_for(Wait::Head);
            }
            return read;
        }
        if this.wait.is_none() {
            this.wait_for(Wait::Idle);
        }
        this.end.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
