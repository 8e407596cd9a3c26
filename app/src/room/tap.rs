//! A button of the room: a form of its own that does one thing.

use leptos::prelude::*;
use signaling::{InviteId, UserId};

use super::action::RoomAction;
use super::icon::Icon;
use super::live::Live;
use super::text::Text;
use crate::words::room as said;

/// Where the room's forms go.
pub const ACT: &str = "/do/act";

/// One button that does one thing, as a form of its own.
#[component]
pub fn Tap(
    /// What it does.
    action: RoomAction,
    /// About whom.
    #[prop(optional)]
    who: Option<UserId>,
    /// Which turn it ends as well.
    #[prop(optional_no_strip)]
    ends: Option<InviteId>,
    /// What it takes back, by its number.
    #[prop(optional)]
    seq: Option<u64>,
    /// How it looks.
    #[prop(default = "quiet")]
    class: &'static str,
    /// What it is called where the words alone do not tell whom it is about.
    #[prop(optional, into)]
    label: Option<String>,
    /// The key that presses it.
    #[prop(optional_no_strip)]
    key: Option<&'static str>,
    /// What is drawn on it in the place of the words.
    #[prop(optional)]
    icon: Option<&'static str>,
    /// Whom it is about, where there is room to say it.
    #[prop(optional, into)]
    whom: Option<String>,
    /// Whether the dialog that it is in stays open.
    #[prop(optional)]
    stays: bool,
    /// Whether a tap that does not get through is kept, and sent later.
    #[prop(optional)]
    kept: bool,
    /// Whether the answer is a new page.
    #[prop(optional)]
    plain: bool,
    /// The words on it.
    words: &'static str,
) -> impl IntoView {
    let live = expect_context::<Live>();
    let group = live.group.with_untracked(|group| group.id);
    let title = icon.map(|_| words);
    let shown = match icon {
        Some(path) => view! { <Icon path /> }.into_any(),
        None if kept => {
            let is_sending = move || live.sending.with(|it| it.as_deref() == Some(action.word()));
            let shown = move || if is_sending() { said::sending() } else { words };
            view! { <Text words=move || shown().to_owned() /> }.into_any()
        }
        None => view! { <Text words=move || words.to_owned() /> }.into_any(),
    };
    let whom =
        whom.map(|name| view! { <span class="whom" dir="auto" translate="no">{name}</span> });
    view! {
        <form
            class="tap"
            method="post"
            action=ACT
            data-plain=plain.then_some("")
            data-kept=kept.then_some("")
            data-stays=stays.then_some("")
        >
            <input type="hidden" name="group" value=group.to_string() />
            {who.map(|who| view! { <input type="hidden" name="who" value=who.to_string() /> })}
            {ends.map(|ends| view! { <input type="hidden" name="ends" value=ends.to_string() /> })}
            {seq.map(|seq| view! { <input type="hidden" name="seq" value=seq.to_string() /> })}
            <button
                class=class
                name="deed"
                value=action.word()
                aria-label=label
                title=title
                data-key=key
            >
                {shown}
                {whom}
            </button>
        </form>
    }
}
