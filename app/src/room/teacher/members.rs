//! Who is in the class, and what a teacher can do about each.

use leptos::prelude::*;
use signaling::UserId;

use crate::room::action::RoomAction;
use crate::room::call::CallButtons;
use crate::room::lists::{More, NameOf, rows};
use crate::room::live::Live;
use crate::room::portion::{List, Row};
use crate::room::tap::Tap;
use crate::room::text::Text;

/// Who is in the class.
#[component]
pub fn Here() -> impl IntoView {
    let live = expect_context::<Live>();
    let chip = |row: Row| view! { <MemberChip user=row.user is_teacher=row.seq == 1 /> };
    view! {
        <section class="here" aria-labelledby="here-title">
            <h2 id="here-title">
                "Here "
                <span class="hint">
                    <Text words=move || format!("{} joined", live.students()) />
                </span>
            </h2>
            <ul class="members">{rows(move || live.here(), chip)}</ul>
            <More list=List::Here />
        </section>
    }
}

#[component]
fn MemberChip(user: UserId, is_teacher: bool) -> impl IntoView {
    let live = expect_context::<Live>();
    let is_online = move || live.is_online(user);
    let status = move || if is_online() { "connected" } else { "not connected" };
    let (id, title_id) = (format!("member-{user}"), format!("member-{user}-name"));
    let (opens, closes, labelled_by) = (id.clone(), id.clone(), title_id.clone());
    let in_dialog = id.clone();
    let is_me = user == live.me;
    let name = live.name_of(user);
    view! {
        <li>
            <button class="chip" type="button" popovertarget=opens class:away=move || !is_online()>
                <span class="dot" aria-hidden="true"></span>
                <NameOf user />
                {is_teacher.then(|| view! { <span class="hint">"teacher"</span> })}
                <span class="unseen">
                    <Text words=move || format!(", {}", status()) />
                </span>
            </button>
            <div id=id class="dialog" popover="auto" role="dialog" aria-labelledby=labelled_by>
                <h3 id=title_id>
                    <bdi translate="no">{name}</bdi>
                </h3>
                {if is_me {
                    view! { <p>"This is you."</p> }.into_any()
                } else if is_teacher {
                    view! {
                        <p>"A teacher of this class, like you."</p>
                        <div class="choices">
                            <CallButtons who=user dialog=in_dialog.clone() />
                        </div>
                        <div class="choices">
                            <Tap action=RoomAction::MakeStudent who=user words="Make a student" />
                            <Tap action=RoomAction::Remove who=user class="destroys" words="Remove from class" />
                        </div>
                    }
                        .into_any()
                } else {
                    view! {
                        <div class="choices">
                            <Tap action=RoomAction::CallOn who=user class="primary" words="Invite to speak" />
                            <Tap action=RoomAction::MakeTeacher who=user words="Make a co-teacher" />
                        </div>
                        <div class="choices">
                            <CallButtons who=user dialog=in_dialog.clone() />
                        </div>
                        <p class="warning">
                            "Removing takes them off every list and closes the class on their phone. "
                            "They can join again with the code, unless the class is locked."
                        </p>
                        <div class="choices">
                            <button class="quiet" type="button" popovertarget=closes popovertargetaction="hide">
                                "Keep"
                            </button>
                            <Tap action=RoomAction::Remove who=user class="destroys" words="Remove from class" />
                        </div>
                    }
                        .into_any()
                }}
            </div>
        </li>
    }
}
