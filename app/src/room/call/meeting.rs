//! A call among several: that it rings, who is in it, and what one can do. Its sound and pictures are a
//! script (`meeting.js`), which puts them into the places that are made here.

use call::{Answer, CallMove, GroupCall, Media, Offer, RING_SECONDS};
use leptos::html::Section;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Serialize;
use signaling::wire::{Data, Empty, InviteInGroup, OptionalData};
use signaling::{Answers, Code, InviteId, InviteeList, Problem, Timeout, UserId, json};

use super::calling::Calling;
use super::desk::to_json;
use super::ring::Ringer;
use super::tab::fresh_name;
use crate::room::changing::While;
use crate::room::lists::rows;
use crate::room::live::Live;
use crate::room::net;
use crate::room::portion::Row;
use crate::room::reactive::{Derived, Source};
use crate::words::{apart, call as words};

/// Under which name a tab keeps the call that it has answered, through a reload.
const KEPT: &str = "handup-meeting";

/// How a call stands, for this page.
#[derive(Clone, PartialEq, Eq)]
enum Stage {
    Free,
    /// It rings here.
    Rung(InviteId),
    /// This page is in it, or places it; whether anybody has answered.
    Here(InviteId, Media, bool),
    /// Another page of the member's is in it.
    Elsewhere(InviteId),
}

/// What there is of a call among several.
#[component]
pub fn Meeting(calling: Calling) -> impl IntoView {
    let live = expect_context::<Live>();
    let meeting = Derived::new(move |_| live.group.with(|group| GroupCall::with(group, live.me)));
    // Which call is this page's.
    let own = Source::new(kept());
    Effect::new(move |_| {
        if let Some((whom, media)) = calling.wish_for_several.get() {
            calling.wish_for_several.set(None);
            spawn_local(place(live, own, whom, media));
        }
    });
    let stage = Derived::new(move |_| {
        meeting.with(|call| match call {
            None => Stage::Free,
            Some(call) if call.ringing.contains(&live.me) => Stage::Rung(call.invite_id),
            Some(call) if own.get() == Some(call.invite_id) => {
                Stage::Here(call.invite_id, call.media, call.goes_on())
            }
            Some(call) => Stage::Elsewhere(call.invite_id),
        })
    });
    // Another page of the member's has taken the call over.
    let moved = window_event_listener_untyped("handup-moved", move |_| {
        if let Ok(Some(storage)) = window().session_storage() {
            let _ = storage.remove_item(KEPT);
        }
        own.set(None);
    });
    on_cleanup(move || moved.remove());
    let ringer = StoredValue::new_local(Ringer::default());
    Effect::new(move |_| {
        let rings = matches!(stage.get(), Stage::Rung(_));
        ringer.with_value(|ringer| if rings { ringer.start() } else { ringer.stop() });
    });
    move || match stage.get() {
        Stage::Free => ().into_any(),
        Stage::Rung(invite_id) => rung(live, meeting, own, invite_id).into_any(),
        // What is connected is made anew with each call that goes on.
        Stage::Here(invite_id, media, goes_on) => {
            view! { <Here meeting invite_id media goes_on /> }.into_any()
        }
        Stage::Elsewhere(invite_id) => elsewhere(live, own, invite_id).into_any(),
    }
}

fn kept() -> Option<InviteId> {
    let storage = window().session_storage().ok().flatten()?;
    storage.get_item(KEPT).ok().flatten()?.parse().ok()
}

fn keep(own: Source<Option<InviteId>>, invite_id: InviteId) {
    if let Ok(Some(storage)) = window().session_storage() {
        let _ = storage.set_item(KEPT, &invite_id.to_string());
    }
    own.set(Some(invite_id));
}

fn path(live: Live, rest: &str) -> String {
    let group = live.group.with_untracked(|group| group.id);
    format!("/api/v1/groups/{group}{rest}")
}

/// Asks for something, and says why it came to nothing.
async fn ask(live: Live, path: String, body: &impl Serialize) -> Option<String> {
    let told = net::post(&path, &to_json(body)).await;
    let sentence = match told {
        Ok((200 | 201 | 204, text)) => return Some(text),
        Ok((_, text)) => match json::read::<Problem>(&text).ok().map(|it| it.code) {
            Some(Code::Full) => words::several_full(),
            Some(Code::HasOne) => words::engaged(),
            Some(Code::NotPermitted) => words::off(),
            Some(Code::TooFast) => words::too_fast(),
            // Somebody was first, and the class tells of it.
            Some(Code::Invitation) => return None,
            _ => words::offline(),
        },
        Err(_) => words::offline(),
    };
    live.trouble.set(Some(sentence.to_owned()));
    None
}

async fn place(live: Live, own: Source<Option<InviteId>>, whom: Vec<UserId>, media: Media) {
    let body = InviteInGroup {
        invitee_list: InviteeList::Members(whom).into(),
        data: Offer { media, room: fresh_name() }.to_data(),
        timeout: Timeout::new(RING_SECONDS).unwrap_or_default(),
        answers: Answers::Each,
    };
    let Some(text) = ask(live, path(live, "/inviteInGroup"), &body).await else { return };
    #[derive(serde::Deserialize)]
    struct Placed {
        #[serde(rename = "inviteID")]
        invite_id: InviteId,
    }
    if let Ok(Placed { invite_id }) = json::read(&text) {
        keep(own, invite_id);
    }
}

fn names(live: Live, users: &[UserId]) -> String {
    let name = |user: &UserId| apart(&live.name_of(*user));
    users.iter().map(name).collect::<Vec<_>>().join(", ")
}

fn rung(
    live: Live,
    meeting: Derived<Option<GroupCall>>,
    own: Source<Option<InviteId>>,
    invite_id: InviteId,
) -> impl IntoView {
    let verb = move |verb: &str| path(live, &format!("/invitations/{invite_id}/{verb}"));
    let answer = move |_| {
        spawn_local(async move {
            let data = Answer { device: fresh_name() }.to_data();
            if ask(live, verb("accept"), &OptionalData { data }).await.is_some() {
                keep(own, invite_id);
            }
        });
    };
    let decline = move |_| {
        spawn_local(async move {
            ask(live, verb("reject"), &Empty {}).await;
        });
    };
    let title = move || {
        meeting.with(|call| {
            let Some(call) = call else { return String::new() };
            let mut others = call.people();
            others.extend(&call.ringing);
            others.retain(|user| *user != live.me && *user != call.caller);
            let caller = apart(&live.name_of(call.caller));
            if others.is_empty() {
                words::several_come_in_alone(&caller)
            } else {
                words::several_come_in(&caller, &names(live, &others))
            }
        })
    };
    view! {
        <section class="meeting rung" aria-label=words::panel()>
            <p class="call-title" role="alert" translate="no">
                {title}
            </p>
            <div class="choices">
                <button class="primary" type="button" on:click=answer>
                    {words::answer()}
                </button>
                <button class="quiet" type="button" on:click=decline>
                    {words::decline()}
                </button>
            </div>
        </section>
    }
}

fn elsewhere(live: Live, own: Source<Option<InviteId>>, invite_id: InviteId) -> impl IntoView {
    view! {
        <section class="meeting" aria-label=words::panel()>
            <p>{words::several_elsewhere()}</p>
            <div class="choices">
                <button class="quiet" type="button" on:click=move |_| keep(own, invite_id)>
                    {words::several_here()}
                </button>
                {hang_up(live, invite_id)}
            </div>
        </section>
    }
}

fn hang_up(live: Live, invite_id: InviteId) -> AnyView {
    let leave = move |_| {
        spawn_local(async move {
            let data = CallMove::LeaveCall { invite_id }.to_data();
            ask(live, path(live, "/perform"), &Data { data }).await;
        });
    };
    view! {
        <button class="destroys" type="button" on:click=leave>
            {words::hang_up()}
        </button>
    }
    .into_any()
}

/// A call that this page is in.
#[component]
fn Here(
    meeting: Derived<Option<GroupCall>>,
    invite_id: InviteId,
    media: Media,
    goes_on: bool,
) -> impl IntoView {
    let live = expect_context::<Live>();
    let section = NodeRef::<Section>::new();
    let has_pictures = media == Media::Video;
    Effect::new(move |_| {
        if let Some(section) = section.get().filter(|_| goes_on) {
            let group = live.group.with_untracked(|group| group.id.to_string());
            let me = live.me.to_string();
            net::join_meeting(&group, &invite_id.to_string(), &me, has_pictures, &section);
        }
    });
    let people = move || {
        let people = meeting.with(|call| call.as_ref().map(GroupCall::people).unwrap_or_default());
        live.names.track();
        people.into_iter().map(|user| Row::of(user, false)).collect()
    };
    let is_caller = move || meeting.with(|it| it.as_ref().is_some_and(|it| it.caller == live.me));
    let ringing =
        move || meeting.with(|it| it.as_ref().map(|it| it.ringing.clone()).unwrap_or_default());
    let stop = move |_| {
        spawn_local(async move {
            ask(live, path(live, &format!("/invitations/{invite_id}/cancel")), &Empty {}).await;
        });
    };
    // Which of them there is something to do for, the script says.
    let does = [
        ("hear", "primary", words::tap_to_hear()),
        ("mute", "quiet", words::mute()),
        ("unmute", "quiet", words::unmute()),
        ("camera-off", "quiet", words::camera_off()),
        ("camera-on", "quiet", words::camera_on()),
    ];
    let button = |(does, class, words): (&'static str, &'static str, &'static str)| {
        view! {
            <button class=class type="button" data-does=does hidden>
                {words}
            </button>
        }
    };
    let tile = move |row: Row| {
        view! {
            <li data-who=row.user.to_string()>
                <bdi translate="no">{live.name_of(row.user)}</bdi>
            </li>
        }
    };
    view! {
        <section
            class="meeting"
            node_ref=section
            class:with-pictures=has_pictures
            aria-label=words::panel()
        >
            <ul>{rows(people, tile)}</ul>
            <p class="meeting-says" role="status">
                <span data-says="lost" hidden>
                    {words::lost()}
                </span>
                <span data-says="no-device" hidden>
                    {words::several_no_device()}
                </span>
            </p>
            <While so=move || !ringing().is_empty()>
                <p class="hint" translate="no">
                    {move || words::several_rings(&names(live, &ringing()))}
                </p>
            </While>
            <div class="choices">
                {does.map(button).collect_view()}
                <While so=move || is_caller() && !ringing().is_empty()>
                    <button class="quiet" type="button" on:click=stop>
                        {words::several_stop_ringing()}
                    </button>
                </While>
                {hang_up(live, invite_id)}
            </div>
        </section>
    }
}
