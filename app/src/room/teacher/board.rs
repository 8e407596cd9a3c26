//! The teacher's room as a whole.

use leptos::prelude::*;

use super::asking::Asking;
use super::hands::Hands;
use super::members::Here;
use super::menu::ClassMenu;
use super::speaking::{Silent, Speaking};
use crate::room::heading::Heading;
use crate::room::live::Live;
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
    let here = move || words::students_here(live.students_online());
    view! {
        <Heading>
            {children()}
            <p class="head-count">
                <Text words=here />
            </p>
            <ClassMenu />
        </Heading>
        <main class="board">
            <Notice />
            <Asking question />
            <Hands />
            <div class="beside">
                <Speaking />
                <Silent />
                <Here />
            </div>
        </main>
    }
}
