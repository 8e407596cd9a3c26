//! Calls, as far as every room has them: who may be called, which call one is in, and where its
//! panel goes. Everything else is code of its own that a browser fetches when there is a call.

#[cfg(feature = "browser")]
mod desk;
#[cfg(feature = "browser")]
mod devices;
#[cfg(feature = "browser")]
mod line;
#[cfg(feature = "browser")]
mod panel;
#[cfg(feature = "browser")]
mod ring;
#[cfg(feature = "browser")]
mod tab;

use call::{Call, Media, STUDENTS_MAY_CALL};
use leptos::html::Div;
use leptos::prelude::*;
use signaling::{InviteId, Relay, Role, UserId};

use super::lists::{List, rows};
use super::{Connection, Live};

/// The call that this page's member is in, and what they want.
#[derive(Clone, Copy)]
pub(crate) struct Calling {
    /// The call that one is in, places, or is being called by.
    pub call: Memo<Option<Call>>,
    /// The invitation that is being shown at its other end.
    #[cfg_attr(not(feature = "browser"), expect(dead_code, reason = "only a browser is told"))]
    pub ringing: RwSignal<Option<InviteId>>,
    /// Whom one wants to call.
    pub wish: RwSignal<Option<(UserId, Media)>>,
    /// What the other end has said and nobody has heard yet.
    #[cfg_attr(not(feature = "browser"), expect(dead_code, reason = "only a browser is told"))]
    pub words: RwSignal<Vec<Relay>>,
}

/// The most words that wait to be heard: nobody hears them before the code for calls is there.
#[cfg(feature = "browser")]
const WAITING_WORDS: usize = 100;

impl Calling {
    pub fn new(live: Live) -> Self {
        Self {
            call: Memo::new(move |_| live.group.with(|group| Call::with(group, live.me))),
            ringing: RwSignal::new(None),
            wish: RwSignal::new(None),
            words: RwSignal::new(Vec::new()),
        }
    }

    /// Takes in what the other end says.
    #[cfg(feature = "browser")]
    pub fn hear(self, word: Relay) {
        self.words.update(|words| {
            if words.len() < WAITING_WORDS {
                words.push(word);
            }
        });
    }
}

/// The buttons that call somebody. There are none where nobody can call: without a live page, or
/// in a call.
#[component]
pub fn CallButtons(
    /// Whom they call.
    who: UserId,
    /// Whether the buttons say whom.
    #[prop(optional)]
    by_name: bool,
    /// The dialog that they are in, to be closed by them.
    #[prop(optional)]
    dialog: Option<String>,
) -> impl IntoView {
    let live = expect_context::<Live>();
    let calling = expect_context::<Calling>();
    let can = Memo::new(move |_| {
        live.connection.get() == Connection::Live && calling.call.with(Option::is_none)
    });
    let name = live.name_of(who);
    let wish = move |media| calling.wish.set(Some((who, media)));
    let button = move |words: String, media, dialog: Option<String>| {
        view! {
            <button
                class="quiet"
                type="button"
                popovertarget=dialog
                popovertargetaction="hide"
                data-live=""
                on:click=move |_| wish(media)
            >
                {words}
            </button>
        }
    };
    move || {
        can.get().then(|| {
            let (voice, video) = if by_name {
                (format!("Call {name}"), format!("Video call {name}"))
            } else {
                ("Call".to_owned(), "Video call".to_owned())
            };
            let voice = button(voice, Media::Audio, dialog.clone());
            (voice, button(video, Media::Video, dialog.clone()))
        })
    }
}

/// The teachers whom a student may call, where that is allowed.
#[component]
pub fn CallTeachers() -> impl IntoView {
    let live = expect_context::<Live>();
    let teachers = move || {
        let may_call = live.group.with(|group| group.settings.is_on(STUDENTS_MAY_CALL));
        let mut teachers = if may_call { live.with_role(Role::Teacher) } else { Vec::new() };
        teachers.truncate(List::Here.rows(false));
        teachers
    };
    rows(teachers, |row| view! { <CallButtons who=row.user by_name=true /> })
}

/// Where the panel of a call goes, once there is one.
#[component]
pub fn CallPlace() -> impl IntoView {
    let place = NodeRef::<Div>::new();
    #[cfg(feature = "browser")]
    begin_when_needed(expect_context::<Live>(), expect_context::<Calling>(), place);
    view! { <div class="call-place" node_ref=place></div> }
}

/// Fetches the code for calls when the first one begins.
#[cfg(feature = "browser")]
fn begin_when_needed(live: Live, calling: Calling, place: NodeRef<Div>) {
    use std::cell::Cell;
    use std::rc::Rc;

    let has_begun = Rc::new(Cell::new(false));
    let again = RwSignal::new(());
    Effect::new(move |_| {
        again.track();
        let is_needed = calling.call.with(Option::is_some) || calling.wish.with(Option::is_some);
        let Some(place) = place.get().filter(|_| is_needed) else { return };
        if has_begun.replace(true) {
            return;
        }
        let has_begun = Rc::clone(&has_begun);
        leptos::task::spawn_local(async move {
            if panel::open(live, calling, place).await.is_err() {
                has_begun.set(false);
                calling.wish.set(None);
                let sentence = "The call could not be opened. Check your connection, or reload \
                                this page, and try again.";
                live.trouble.set(Some(sentence.to_owned()));
                // Whoever is called is still being called.
                set_timeout(move || again.set(()), std::time::Duration::from_secs(3));
            }
        });
    });
}
