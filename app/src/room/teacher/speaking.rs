//! Who speaks, and who is invited to and has not answered.

use leptos::prelude::*;

use crate::room::action::RoomAction;
use crate::room::clock::Since;
use crate::room::lists::{Away, More, NameOf, rows};
use crate::room::live::Live;
use crate::room::portion::List;
use crate::room::tap::Tap;
use crate::words::room as words;

/// Who is invited to speak and has not answered.
#[component]
pub fn Silent() -> impl IntoView {
    let live = expect_context::<Live>();
    let is_any = move || live.count(List::Invited) > 0;
    view! {
        <Show when=is_any>
            <section class="silent" aria-labelledby="silent-title">
                <h2 id="silent-title">{words::invited_to_speak()}</h2>
                <ul>
                    {rows(
                        move || live.invited(),
                        move |invited| {
                            view! {
                                <li class="line">
                                    <NameOf user=invited.user />
                                    <Away user=invited.user />
                                    <Since moment=invited.since />
                                    <Tap
                                        action=RoomAction::CancelCall
                                        who=invited.user
                                        label=words::about(words::cancel(), &live.name_of(invited.user))
                                        words=words::cancel()
                                    />
                                </li>
                            }
                        },
                    )}
                </ul>
                <More list=List::Invited />
            </section>
        </Show>
    }
}

/// Who speaks.
#[component]
pub fn Speaking() -> impl IntoView {
    let live = expect_context::<Live>();
    let nobody = move || live.lesson.with(|lesson| lesson.speaking.is_empty());
    view! {
        <section class="floor" aria-labelledby="floor-title">
            <h2 id="floor-title">{words::speaking()}</h2>
            <Show when=nobody>
                <p class="nobody">{words::nobody_speaks()}</p>
            </Show>
            <ul class="speaking">
                {rows(
                    move || live.speaking(),
                    move |turn| {
                        view! {
                            <li class="turn line">
                                <NameOf user=turn.user />
                                <Away user=turn.user />
                                <Since moment=turn.since />
                                <Tap
                                    action=RoomAction::EndTurn
                                    who=turn.user
                                    class="primary"
                                    label=words::about(words::end_turn(), &live.name_of(turn.user))
                                    words=words::end_turn()
                                />
                            </li>
                        }
                    },
                )}
            </ul>
            <More list=List::Speaking />
        </section>
    }
}
