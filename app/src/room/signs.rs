//! What a page tells without being looked at, and how it is told something without a pointer: sounds,
//! the title of its tab, what a screen reader hears, keys.

#[cfg(feature = "ssr")]
mod keys;
mod menu;
mod voice;

#[cfg(feature = "ssr")]
pub use self::keys::Keys;
pub use self::menu::SignsMenu;
pub use self::voice::Voice;
