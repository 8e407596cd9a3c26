//! What is in a room: that of a student, of a teacher, or the projector's view.

use leptos::prelude::*;

use super::join::{CodeButton, JoinPanel, ProjectorLink};
use super::screen::Screen;
use super::student::StudentRoom;
use super::teacher::TeacherRoom;

/// What is in a room, and how to make it, of the question that was typed and not taken and of what the
/// server alone can make. A browser fetches what only teachers have when it is a teacher's: which it
/// is must not be asked here.
#[derive(Clone, Copy)]
pub struct Inside {
    /// Whether it is a teacher's.
    pub is_teachers: bool,
    /// Whether it is for a projector.
    pub is_screen: bool,
    /// Makes it.
    pub make: fn(String, Option<AnyView>) -> AnyView,
}

/// What a student has.
pub fn students() -> Inside {
    let make = |_, _| view! { <StudentRoom /> }.into_any();
    Inside { is_teachers: false, is_screen: false, make }
}

/// What a teacher has.
pub fn teachers() -> Inside {
    Inside { is_teachers: true, is_screen: false, make: room }
}

/// The class as all see it from their seats.
pub fn screen() -> Inside {
    let make = |_, served| view! { <Screen>{served}</Screen> }.into_any();
    Inside { is_teachers: true, is_screen: true, make }
}

fn room(question: String, served: Option<AnyView>) -> AnyView {
    view! {
        <TeacherRoom question>
            <CodeButton />
            <JoinPanel>{served}</JoinPanel>
            <ProjectorLink />
        </TeacherRoom>
    }
    .into_any()
}
