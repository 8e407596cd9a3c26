//! A client of Handup's API, on the types that the server itself speaks.
//!
//! [`Handup`] begins a group or joins one, which makes a [`Member`]. A member has the verbs of
//! invitations by their names, each repeated safely where an answer is lost, and follows the group:
//! as [`News`] one after the other, or through a [`Listener`] with a callback for each event. A program that
//! has people of its own brings them in as an [`Integration`].
//!
//! ```no_run
//! # async fn example() -> Result<(), handup_client::Error> {
//! use handup_client::{Answers, Handup, InviteeList, Timeout};
//!
//! let handup = Handup::at("http://127.0.0.1:3000")?;
//! let teacher = handup.create_group("Biology 9B", "Ms Park").await?;
//! let code = teacher.credential().join_code.clone().unwrap_or_default();
//! let ada = handup.join(&code, "Ada").await?;
//!
//! let asks = r#"{"operation":"hand_raising","question":"Why is the sky blue?"}"#;
//! let minute = Timeout::new(60).expect("it is within a day");
//! let round = teacher.invite_in_group(InviteeList::Everyone, asks, minute, Answers::Each).await?;
//! ada.accept(round.invitation.invite_id, "").await?;
//! # Ok(())
//! # }
//! ```

mod error;
mod follow;
mod handup;
mod integration;
mod listener;
mod member;
mod news;
mod retry;

pub use signaling::event;
pub use signaling::wire;
pub use signaling::{
    Answers, Event, EventKind, Group, GroupId, Invitation, InviteId, Invitee, InviteeList,
    InviteeState, Name, Problem, Role, Snapshot, Timeout, Timestamp, UserId,
};

pub use self::error::Error;
pub use self::follow::Following;
pub use self::handup::Handup;
pub use self::integration::Integration;
pub use self::listener::Listener;
pub use self::member::Member;
pub use self::news::News;
pub use self::retry::Retry;
