//! The teacher's room as a whole: bar, question, floor, hands, class, in this order at every size.

use leptos::prelude::*;

use super::asking::Asking;
use super::class::Class;
use super::floor::Floor;
use super::hands::Hands;
use super::menu::ClassMenu;
use super::next::Next;
use super::prepared::Prepared;
use super::undo::Toast;
use crate::room::call::MeetingPlace;
use crate::room::heading::Heading;
use crate::room::live::Live;
use crate::room::microphone::{Heard, VoiceBar};
use crate::room::notice::Notice;
use crate::room::text::Text;
use crate::words::room as words;

/// The teacher's room. Its children are how students come in.
#[component]
pub fn TeacherRoom(
    /// The question that was typed and not taken.
    question: String,
    /// How students come in.
    children: Children,
) -> impl IntoView {
    let live = expect_context::<Live>();
    #[cfg(feature = "browser")]
    crate::room::tally::follow(live);
    let next = Next::of(live);
    provide_context(Prepared::of(live.group.with_untracked(|group| group.id), live.me));
    let here = move || words::students_here(live.students_online());
    view! {
        <Heading>
            {children()}
            <p class="head-count">
                <Text words=here />
            </p>
            <ClassMenu />
        </Heading>
        <VoiceBar />
        <Heard />
        <MeetingPlace />
        <main class="board">
            <Notice />
            <Toast />
            <Asking question next />
            <Floor />
            <Hands next />
            <Class />
        </main>
    }
}
