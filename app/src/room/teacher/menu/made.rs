//! The server-rendered parts of the class's menu.

use call::STUDENTS_MAY_CALL;
use classroom::{ASK_ANYTIME, END_BY_ITSELF, SAME_ROOM, TURN_STARTS_AT_ONCE, VOICE};
use leptos::prelude::*;
use signaling::NamesShown;

use crate::room::action::RoomAction;
use crate::room::device::AnotherDevice;
use crate::room::live::Live;
use crate::room::tap::Tap;
use crate::room::teacher::choice::choice;
use crate::room::teacher::limit::speaking_limit;
use crate::room::teacher::rename::Rename;
use crate::room::teacher::switch::switch;
use crate::ui::confirm::Confirm;
use crate::words::{code, menu, room as words};

/// What of names is shown.
fn shown_words(names: NamesShown) -> &'static str {
    match names {
        NamesShown::Full => menu::full_names(),
        NamesShown::First => menu::first_names(),
        NamesShown::Initials => menu::initials(),
        NamesShown::Numbers => menu::numbers(),
    }
}

/// When hands go up, how long turns are, whose names are seen, and who may come in.
pub fn hands_and_joining(live: Live) -> impl IntoView {
    view! {
        <h3>{menu::of_hands()}</h3>
        {switch(
            live,
            menu::anytime(),
            |settings| settings.is_on(ASK_ANYTIME),
            [RoomAction::OpenFloor, RoomAction::CloseFloor],
        )}
        {switch(
            live,
            menu::turns_start_at_once(),
            |settings| settings.is_on(TURN_STARTS_AT_ONCE),
            [RoomAction::TurnsStart, RoomAction::TurnsWait],
        )}
        {speaking_limit(live)}
        {switch(
            live,
            menu::turns_end(),
            |settings| settings.is_on(END_BY_ITSELF),
            [RoomAction::TurnsEnd, RoomAction::TurnsGoOn],
        )}
        {choice(
            live,
            menu::names_shown(),
            (RoomAction::ShowNames, "names"),
            NamesShown::ALL.map(|it| (it.word().to_owned(), shown_words(it).to_owned())).to_vec(),
            |settings| settings.names.word().to_owned(),
        )}
        <h3>{menu::of_joining()}</h3>
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
    }
}

/// Whether the class is heard, and by whom; and whether students may call.
pub fn voice_and_calls(live: Live) -> impl IntoView {
    let voice = live.carries_voices.then(|| {
        view! {
            <h3>{menu::of_voice()}</h3>
            {switch(
                live,
                menu::voice(),
                |settings| settings.is_on(VOICE),
                [RoomAction::VoiceOn, RoomAction::VoiceOff],
            )}
            {switch(
                live,
                menu::same_room(),
                |settings| settings.is_on(SAME_ROOM),
                [RoomAction::SameRoom, RoomAction::Apart],
            )}
        }
    });
    view! {
        {voice}
        <h3>{menu::of_calls()}</h3>
        {switch(
            live,
            menu::students_may_call(),
            |settings| settings.is_on(STUDENTS_MAY_CALL),
            [RoomAction::AllowCalls, RoomAction::ForbidCalls],
        )}
    }
}

/// What happened so far.
pub fn class(live: Live) -> impl IntoView {
    let history = live.group.with_untracked(|group| format!("/class/{}/history", group.id));
    view! {
        <h3>{menu::of_class()}</h3>
        <a class="button row" href=history>
            {menu::history()}
        </a>
    }
}

/// The class's name, another device, leaving and ending.
pub fn ways_out() -> impl IntoView {
    view! {
        <Rename />
        <AnotherDevice />
        <div class="ways-out">
            <Confirm
                id="leave"
                opens=menu::leave()
                class="row"
                title=menu::leave_title()
                means=menu::leave_teacher()
                keep=menu::stay()
            >
                <Tap action=RoomAction::Leave class="destroys" plain=true words=menu::leave() />
            </Confirm>
            <Confirm
                id="end-class"
                opens=menu::end()
                class="row ends"
                title=menu::end_title()
                means=menu::ending()
                keep=menu::keep_going()
            >
                // What happened in figures and the next class are on the page that the server answers.
                <Tap action=RoomAction::EndClass class="destroys" plain=true words=menu::end() />
            </Confirm>
        </div>
    }
}
