//! What concerns the class as a whole.

use call::STUDENTS_MAY_CALL;
use classroom::ASK_ANYTIME;
use leptos::prelude::*;

use crate::room::action::RoomAction;
use crate::room::device::AnotherDevice;
use crate::room::live::Live;
use crate::room::signs::SignsMenu;
use crate::room::tap::Tap;
use crate::room::text::Text;
use crate::ui::confirm::Confirm;
use crate::words::room as words;

/// The menu of the class.
#[component]
pub fn ClassMenu() -> impl IntoView {
    let live = expect_context::<Live>();
    let settings = Memo::new(move |_| live.group.with(|group| group.settings.clone()));
    let history = live.group.with_untracked(|group| format!("/class/{}/history", group.id));
    view! {
        <button class="quiet" type="button" popovertarget="class-menu">
            {words::menu()}
        </button>
        <div id="class-menu" class="dialog menu" popover="auto" role="dialog" aria-label=words::menu()>
            {choice(
                move || settings.with(|it| it.is_on(ASK_ANYTIME)),
                (RoomAction::CloseFloor, words::anytime(), words::anytime_off()),
                (RoomAction::OpenFloor, words::when_asked(), words::anytime_on()),
            )}
            {choice(
                move || settings.with(|it| it.locked),
                (RoomAction::Unlock, words::locked(), words::unlock()),
                (RoomAction::Lock, words::unlocked(), words::lock()),
            )}
            {choice(
                move || settings.with(|it| it.is_on(STUDENTS_MAY_CALL)),
                (RoomAction::ForbidCalls, words::calls_allowed(), words::forbid_calls()),
                (RoomAction::AllowCalls, words::calls_forbidden(), words::allow_calls()),
            )}
            <p>{words::about_history()}</p>
            <a class="button quiet" href=history>
                {words::history()}
            </a>
            <p>{words::about_device()}</p>
            <AnotherDevice />
            <SignsMenu />
            <p>{words::about_leaving()}</p>
            <div class="choices">
                <Confirm
                    id="leave"
                    opens=words::leave()
                    class="quiet"
                    title=words::leave_title()
                    means=words::leave_teacher()
                    keep=words::stay()
                >
                    <Tap action=RoomAction::Leave class="destroys" plain=true words=words::leave() />
                </Confirm>
                <Confirm
                    id="end-class"
                    opens=words::end()
                    class="destroys"
                    title=words::end_title()
                    means=words::ending()
                    keep=words::keep_going()
                >
                    <Tap action=RoomAction::EndClass class="destroys" plain=true words=words::end() />
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
        let (action, state, does) = if is_so.get() { so } else { not_so };
        view! {
            <p>
                <Text words=move || state.to_owned() />
            </p>
            <Tap action words=does />
        }
    };
    now.into_any()
}
