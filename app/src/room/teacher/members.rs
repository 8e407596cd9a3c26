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
use crate::words::room as words;

/// Who is in the class.
#[component]
pub fn Here() -> impl IntoView {
    let live = expect_context::<Live>();
    let chip = |row: Row| view! { <MemberChip user=row.user is_teacher=row.seq == 1 /> };
    view! {
        <section class="here" aria-labelledby="here-title">
            <h2 id="here-title">
                {words::here()}
                <span class="hint">
                    <Text words=move || words::students_joined(live.students()) />
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
    let status =
        move || if is_online() { words::status_connected() } else { words::status_not_connected() };
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
                {is_teacher.then(|| view! { <span class="hint">{words::teacher()}</span> })}
                <span class="unseen">
                    <Text words=move || status().to_owned() />
                </span>
            </button>
            <div id=id class="dialog" popover="auto" role="dialog" aria-labelledby=labelled_by>
                <h3 id=title_id>
                    <bdi translate="no">{name}</bdi>
                </h3>
                {if is_me {
                    view! { <p>{words::this_is_you()}</p> }.into_any()
                } else if is_teacher {
                    view! {
                        <p>{words::teacher_like_you()}</p>
                        <div class="choices">
                            <CallButtons who=user dialog=in_dialog.clone() />
                        </div>
                        <div class="choices">
                            <Tap action=RoomAction::MakeStudent who=user words=words::make_student() />
                            <Tap action=RoomAction::Remove who=user class="destroys" words=words::remove() />
                        </div>
                    }
                        .into_any()
                } else {
                    view! {
                        <div class="choices">
                            <Tap action=RoomAction::CallOn who=user class="primary" words=words::invite() />
                            <Tap action=RoomAction::MakeTeacher who=user words=words::make_co_teacher() />
                        </div>
                        <div class="choices">
                            <CallButtons who=user dialog=in_dialog.clone() />
                        </div>
                        <p class="warning">{words::removing()}</p>
                        <div class="choices">
                            <button class="quiet" type="button" popovertarget=closes popovertargetaction="hide">
                                {words::keep()}
                            </button>
                            <Tap action=RoomAction::Remove who=user class="destroys" words=words::remove() />
                        </div>
                    }
                        .into_any()
                }}
            </div>
        </li>
    }
}
