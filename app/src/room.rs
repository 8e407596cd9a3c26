//! The class room: the one part of a page that a browser brings to life. It renders the same on the
//! server and in the browser, from the same fold of the same events.
//!
//! The browser does not hydrate what the server sent, but makes the room anew beside it and lets it take
//! the place in one go (`page.js`). What the server sent may have been changed on its way: password
//! managers put elements beside fields, phones make links of figures, translations replace texts. Who
//! hydrates such a tree panics or follows another one than the reader sees.

mod action;
mod beginning;
mod call;
mod changing;
mod clock;
#[cfg(feature = "ssr")]
mod cut;
#[cfg(feature = "ssr")]
mod device;
#[cfg(feature = "browser")]
mod fetched;
#[cfg(feature = "browser")]
mod follow;
#[cfg(feature = "browser")]
mod form;
mod heading;
mod hero;
mod icon;
mod inside;
mod join;
mod late;
mod lists;
mod live;
mod microphone;
#[cfg(feature = "browser")]
mod net;
mod notice;
mod portion;
mod reactive;
mod screen;
#[cfg(feature = "browser")]
mod served;
mod sheet;
mod signs;
#[cfg(all(test, feature = "ssr"))]
mod sizes;
mod student;
#[cfg(feature = "browser")]
mod tally;
mod tap;
mod teacher;
mod text;
mod view;
mod wake;
mod words;

#[cfg(feature = "ssr")]
pub use self::action::RoomAction;
#[cfg(feature = "ssr")]
pub use self::beginning::Beginning;
#[cfg(feature = "ssr")]
pub use self::clock::duration;
#[cfg(feature = "ssr")]
pub use self::cut::cut;
#[cfg(feature = "ssr")]
pub use self::join::spoken;
#[cfg(feature = "ssr")]
pub use self::portion::{Counts, List};
#[cfg(feature = "ssr")]
pub use self::signs::Keys;
#[cfg(feature = "ssr")]
pub use self::wake::RoomFrom;
#[cfg(feature = "browser")]
pub use self::wake::wake;
