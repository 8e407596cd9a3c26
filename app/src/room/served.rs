//! The server-rendered parts of a room, for which a browser has no code: they are fetched again when what
//! they show has changed.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::live::Live;
use super::net;
use super::reactive::Derived;

/// How often it is tried.
const TRIES: usize = 5;
/// How long after a try that failed the next one comes.
const PAUSE: Duration = Duration::from_secs(2);

/// Fetches anew what the server alone can make.
pub fn renew() {
    spawn_local(async {
        for _ in 0..TRIES {
            if net::serve_anew().await.is_ok() {
                return;
            }
            net::pause(PAUSE).await;
        }
    });
}

/// Does so whenever the class's name or a setting has changed.
pub fn follow_settings(live: Live) {
    let said = Derived::new(move |_| {
        live.group.with(|group| (group.settings.clone(), group.name.clone()))
    });
    Effect::new(move |is_known: Option<()>| {
        said.track();
        if is_known.is_some() {
            renew();
        }
    });
}
