//! The address where voices are carried.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, UdpSocket};

use server::VoiceListening;

use super::finding::Finding;

const CHECK: &str = "voice";

/// None where no voices are carried.
pub fn look(
    listen: Option<SocketAddr>,
    address: Option<SocketAddr>,
    is_running: bool,
) -> Option<Finding> {
    let listen = listen?;
    let reached_at = match (VoiceListening { listen, address }).advertised(listen) {
        Ok(reached_at) => reached_at,
        Err(error) => return Some(Finding::fail(CHECK, error.to_string())),
    };
    let taken = UdpSocket::bind(listen).and_then(|_| TcpListener::bind(listen)).map(drop);
    Some(match taken {
        Ok(()) if is_running => {
            Finding::warn(CHECK, format!("the server runs, and carries no voices on {listen}"))
                .advise("start it again with --voice-listen")
        }
        Ok(()) => Finding::ok(CHECK, format!("{listen} is free; {}", reached(reached_at))),
        Err(error) if error.kind() == ErrorKind::AddrInUse && is_running => {
            Finding::ok(CHECK, format!("the server has {listen}; {}", reached(reached_at)))
        }
        Err(error) => Finding::fail(CHECK, format!("cannot listen on {listen}: {error}"))
            .advise("name an address of this machine and a port that is free, for UDP and TCP"),
    })
}

fn reached(address: SocketAddr) -> String {
    format!("browsers send to {address} by UDP and TCP, which the firewall has to let in")
}
