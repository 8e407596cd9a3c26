//! A selective forwarding unit (SFU) for the voices of a class: who may be heard, is told from outside;
//! what they send goes on to everybody who listens, as it came, without being decoded or kept.
//!
//! [`Sfu`] does no I/O: datagrams, offers and moments come in as arguments, and what is to be sent
//! comes out. [`Voice`] is the handle to a task that has the sockets and drives one.

mod board;
mod demultiplex;
mod framing;
mod handle;
mod net;
mod refused;
mod room_id;
mod seats;
mod session;
mod sfu;
mod slots;
mod timeline;

pub use self::framing::{Deframer, NotFramed};
pub use self::handle::{Listening, NotListening, Voice};
pub use self::refused::Refused;
pub use self::room_id::RoomId;
pub use self::seats::SEATS;
pub use self::session::SessionId;
pub use self::sfu::{Datagram, Joined, Limits, Output, Sfu};
pub use self::slots::SLOTS;
