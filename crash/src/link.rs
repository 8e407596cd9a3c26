//! A link of a network between two programs: what passes on it can be held back without a word, as by a
//! firewall that drops packets, and passes later.
//!
//! It stands for namespaces and packet filters, for which one has to be root: either end sees a connection
//! that is open and says nothing.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;

use crate::Result;

/// How much is taken from one end before the other has taken it, in bytes.
const BUFFER: usize = 64 * 1_024;

/// Where a link leads.
#[derive(Debug, Clone)]
pub enum Target {
    /// A port.
    Tcp(SocketAddr),
    /// A Unix socket.
    Unix(std::path::PathBuf),
}

/// A port from which all that comes is passed on. It is closed when this is dropped.
pub struct Link {
    /// Where it is reached.
    pub address: SocketAddr,
    target: Arc<Mutex<Target>>,
    is_silent: watch::Sender<bool>,
    listening: tokio::task::AbortHandle,
}

impl Link {
    /// Opens a link to somewhere, which need not be there yet.
    ///
    /// # Errors
    /// When there is no port left.
    pub async fn to(target: Target) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (is_silent, silence) = watch::channel(false);
        let target = Arc::new(Mutex::new(target));
        let leads_to = Arc::clone(&target);
        let listening = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let (target, silence) = (locked(&leads_to).clone(), silence.clone());
                // That an end goes away is the ends' matter.
                tokio::spawn(async move { drop(pass(near, target, silence).await) });
            }
        });
        Ok(Self { address, target, is_silent, listening: listening.abort_handle() })
    }

    /// Leads those who connect from now on elsewhere.
    pub fn lead_to(&self, target: Target) {
        *locked(&self.target) = target;
    }

    /// Holds back whatever comes from now on, either way, or lets it pass.
    pub fn silence(&self, is_silent: bool) {
        self.is_silent.send_replace(is_silent);
    }
}

fn locked(target: &Mutex<Target>) -> MutexGuard<'_, Target> {
    target.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Link {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Passes on what comes on a connection, for as long as both ends are open.
async fn pass(near: TcpStream, target: Target, mut silence: watch::Receiver<bool>) -> Result<()> {
    near.set_nodelay(true)?;
    silence.wait_for(|is_silent| !is_silent).await?;
    match target {
        Target::Tcp(address) => {
            let far = TcpStream::connect(address).await?;
            far.set_nodelay(true)?;
            let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
            either(near_in, near_out, far_in, far_out, silence).await
        }
        Target::Unix(path) => {
            let far = UnixStream::connect(path).await?;
            let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
            either(near_in, near_out, far_in, far_out, silence).await
        }
    }
}

async fn either(
    near_in: impl AsyncReadExt + Unpin,
    near_out: impl AsyncWriteExt + Unpin,
    far_in: impl AsyncReadExt + Unpin,
    far_out: impl AsyncWriteExt + Unpin,
    silence: watch::Receiver<bool>,
) -> Result<()> {
    tokio::select! {
        there = one_way(near_in, far_out, silence.clone()) => there,
        back = one_way(far_in, near_out, silence) => back,
    }
}

/// Passes on one way, and the end too: whoever goes away during a silence is missed only after it.
async fn one_way(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut silence: watch::Receiver<bool>,
) -> Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let length = from.read(&mut buffer).await;
        silence.wait_for(|is_silent| !is_silent).await?;
        match length? {
            0 => return Ok(()),
            length => to.write_all(&buffer[..length]).await?,
        }
    }
}
