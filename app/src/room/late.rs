//! Lazy loading of what a sheet shows: its code is fetched when the sheet is first opened.

use leptos::html::Div;
use leptos::prelude::*;
#[cfg(feature = "browser")]
use web_sys::HtmlDivElement;

#[cfg(feature = "browser")]
use super::fetched::NotFetched;
#[cfg(feature = "browser")]
use super::live::Live;
#[cfg(feature = "browser")]
use super::net;
#[cfg(feature = "browser")]
use super::reactive::Source;

/// The place in a sheet for what is loaded lazily.
#[derive(Clone, Copy)]
pub struct Late {
    place: NodeRef<Div>,
    #[cfg(feature = "browser")]
    is_fetched: Source<bool>,
}

impl Late {
    /// A place with nothing in it yet.
    pub fn new() -> Self {
        Self {
            place: NodeRef::new(),
            #[cfg(feature = "browser")]
            is_fetched: Source::new(false),
        }
    }

    /// The place, for the element that is it.
    pub const fn place(self) -> NodeRef<Div> {
        self.place
    }

    /// Fetches what fills the place, once, and says so in the page where it cannot be fetched: then it is
    /// tried again when the sheet is opened again.
    #[cfg(feature = "browser")]
    pub fn fill<F>(self, live: Live, fill: impl FnOnce(HtmlDivElement) -> F)
    where
        F: Future<Output = Result<(), NotFetched>> + 'static,
    {
        let Some(place) = self.place.get_untracked() else { return };
        if self.is_fetched.get_untracked() {
            return;
        }
        self.is_fetched.set(true);
        let filled = fill(place);
        leptos::task::spawn_local(async move {
            if filled.await.is_err() {
                self.is_fetched.set(false);
                let sentence = crate::words::live::list_not_opened();
                live.trouble.set(Some(sentence.to_owned()));
            }
        });
    }

    /// Does so at once in a browser that knows no sheets: it shows all that is in them.
    #[cfg(feature = "browser")]
    pub fn where_all_is_shown(self, fill: impl Fn() + 'static) {
        Effect::new(move |_| {
            if self.place.get().is_some() && !net::has_sheets() {
                fill();
            }
        });
    }
}
