//! What concerns the class as a whole: a sheet of switches and of ways out.

use call::STUDENTS_MAY_CALL;
use classroom::{ASK_ANYTIME, END_BY_ITSELF, SAME_ROOM, TURN_STARTS_AT_ONCE, VOICE};
use leptos::prelude::*;
use signaling::NamesShown;

use super::choice::choice;
use super::limit::speaking_limit;
use super::prepared::PreparedQuestions;
use super::rename::Rename;
use super::several::CallSeveral;
use super::switch::switch;
use crate::room::action::RoomAction;
use crate::room::device::AnotherDevice;
use crate::room::icon::{Icon, MENU};
use crate::room::live::Live;
use crate::room::sheet::SheetTitle;
use crate::room::signs::SignsMenu;
use crate::room::tap::Tap;
use crate::ui::confirm::Confirm;
use crate::words::{code, room as words};

/// The sheet's id.
const SHEET: &str = "class-menu";

/// What of names is shown.
fn shown_words(names: NamesShown) -> &'static str {
    match names {
        NamesShown::Full => words::full_names(),
        NamesShown::First => words::first_names(),
        NamesShown::Initials => words::initials(),
        NamesShown::Numbers => words::numbers(),
    }
}

/// Whether the class is heard, and by whom.
fn voice(live: Live) -> AnyView {
    view! {
        <h3>{words::menu_voice()}</h3>
        {switch(
            live,
            words::voice(),
            |settings| settings.is_on(VOICE),
            [RoomAction::VoiceOn, RoomAction::VoiceOff],
        )}
        {switch(
            live,
            words::same_room(),
            |settings| settings.is_on(SAME_ROOM),
            [RoomAction::SameRoom, RoomAction::Apart],
        )}
    }
    .into_any()
}

/// The button of the menu, and the menu.
#[component]
pub fn ClassMenu() -> impl IntoView {
    let live = expect_context::<Live>();
    let history = live.group.with_untracked(|group| format!("/class/{}/history", group.id));
    view! {
        <button
            class="icon"
            type="button"
            popovertarget=SHEET
            aria-label=words::menu()
            title=words::menu
        >
            <Icon path=MENU />
        </button>
        <div id=SHEET class="dialog panel" popover="auto" role="dialog" aria-labelledby="menu-title">
            <SheetTitle sheet=SHEET id="menu-title" title=words::menu />
            <h3>{words::menu_hands()}</h3>
            {switch(
                live,
                words::anytime(),
                |settings| settings.is_on(ASK_ANYTIME),
                [RoomAction::OpenFloor, RoomAction::CloseFloor],
            )}
            {switch(
                live,
                words::turns_start_at_once(),
                |settings| settings.is_on(TURN_STARTS_AT_ONCE),
                [RoomAction::TurnsStart, RoomAction::TurnsWait],
            )}
            {speaking_limit(live)}
            {switch(
                live,
                words::turns_end(),
                |settings| settings.is_on(END_BY_ITSELF),
                [RoomAction::TurnsEnd, RoomAction::TurnsGoOn],
            )}
            {choice(
                live,
                words::names_shown(),
                (RoomAction::ShowNames, "names"),
                NamesShown::ALL.map(|it| (it.word().to_owned(), shown_words(it).to_owned())).to_vec(),
                |settings| settings.names.word().to_owned(),
            )}
            <h3>{words::menu_joining()}</h3>
            {switch(
                live,
                words::lock(),
                |settings| settings.locked,
                [RoomAction::Lock, RoomAction::Unlock],
            )}
            <Confirm
                id="new-code"
                opens=code::renew()
                class="row"
                title=code::renew_title()
                means=code::about_renewing()
                keep=code::keep()
            >
                <Tap action=RoomAction::RenewCode class="destroys" words=code::renew() />
            </Confirm>
            <SignsMenu />
            {live.carries_voices.then(|| voice(live))}
            <h3>{words::menu_calls()}</h3>
            {switch(
                live,
                words::students_may_call(),
                |settings| settings.is_on(STUDENTS_MAY_CALL),
                [RoomAction::AllowCalls, RoomAction::ForbidCalls],
            )}
            {live.carries_voices.then(|| view! { <CallSeveral dialog=SHEET /> })}
            <h3>{words::menu_class()}</h3>
            <a class="button row" href=history>
                {words::history()}
            </a>
            <PreparedQuestions />
            <Rename />
            <AnotherDevice />
            <div class="ways-out">
                <Confirm
                    id="leave"
                    opens=words::leave()
                    class="row"
                    title=words::leave_title()
                    means=words::leave_teacher()
                    keep=words::stay()
                >
                    <Tap action=RoomAction::Leave class="destroys" plain=true words=words::leave() />
                </Confirm>
                <Confirm
                    id="end-class"
                    opens=words::end()
                    class="row ends"
                    title=words::end_title()
                    means=words::ending()
                    keep=words::keep_going()
                >
                    // What happened in figures and the next class are on the page that the server answers.
                    <Tap action=RoomAction::EndClass class="destroys" plain=true words=words::end() />
                </Confirm>
            </div>
        </div>
    }
}
