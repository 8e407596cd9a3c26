//! What concerns the class as a whole.

use call::STUDENTS_MAY_CALL;
use classroom::ASK_ANYTIME;
use leptos::prelude::*;

use crate::room::action::RoomAction;
use crate::room::live::Live;
use crate::room::tap::Tap;
use crate::room::text::Text;
use crate::ui::confirm::Confirm;

/// The menu of the class.
#[component]
pub fn ClassMenu() -> impl IntoView {
    let live = expect_context::<Live>();
    let settings = Memo::new(move |_| live.group.with(|group| group.settings.clone()));
    let history = live.group.with_untracked(|group| format!("/class/{}/history", group.id));
    view! {
        <button class="quiet" type="button" popovertarget="class-menu">
            "Class"
        </button>
        <div id="class-menu" class="dialog menu" popover="auto" role="dialog" aria-label="Class">
            {choice(
                move || settings.with(|it| it.is_on(ASK_ANYTIME)),
                (RoomAction::CloseFloor, "Students may raise a hand at any time.", "Only when I ask"),
                (RoomAction::OpenFloor, "Hands go up only when you ask.", "Allow at any time"),
            )}
            {choice(
                move || settings.with(|it| it.locked),
                (RoomAction::Unlock, "The class is locked: nobody new can join.", "Unlock the class"),
                (RoomAction::Lock, "Anybody with the code can join.", "Lock the class"),
            )}
            {choice(
                move || settings.with(|it| it.is_on(STUDENTS_MAY_CALL)),
                (RoomAction::ForbidCalls, "Students may call you, one at a time.", "No calls from students"),
                (RoomAction::AllowCalls, "Students cannot call you.", "Let students call me"),
            )}
            <p>"Who raised a hand, who spoke, and for how long."</p>
            <a class="button quiet" href=history>
                "What happened in class"
            </a>
            <p>"Teach from another device as well."</p>
            <Tap action=RoomAction::HandOver plain=true words="Another device" />
            <p>"Leave the class to your co-teacher, or end it for everybody."</p>
            <div class="choices">
                <Confirm
                    id="leave"
                    opens="Leave"
                    class="quiet"
                    title="Leave the class?"
                    means="It goes on with your co-teacher. You can come back with the code, as a student."
                    keep="Stay"
                >
                    <Tap action=RoomAction::Leave class="destroys" plain=true words="Leave" />
                </Confirm>
                <Confirm
                    id="end-class"
                    opens="End the class"
                    class="destroys"
                    title="End the class?"
                    means="Every hand comes down, every turn ends, and the class closes on every phone. It cannot be opened again."
                    keep="Keep going"
                >
                    <Tap action=RoomAction::EndClass class="destroys" plain=true words="End the class" />
                </Confirm>
            </div>
        </div>
    }
}

/// How something is set, and the way to set it otherwise: for each the action, how it is now, and the
/// words on the button.
fn choice(
    is_so: impl Fn() -> bool + Send + Sync + 'static,
    so: (RoomAction, &'static str, &'static str),
    not_so: (RoomAction, &'static str, &'static str),
) -> AnyView {
    let is_so = Memo::new(move |_| is_so());
    let now = move || {
        let (action, state, words) = if is_so.get() { so } else { not_so };
        view! {
            <p>
                <Text words=move || state.to_owned() />
            </p>
            <Tap action words />
        }
    };
    now.into_any()
}
