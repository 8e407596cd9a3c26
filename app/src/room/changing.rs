//! Parts of a room that change, their type erased: for each type a browser fetches the code once more that
//! makes, moves and replaces such a part, 3 KB of a student's room (measured with `cargo xtask weigh`).

use leptos::prelude::*;

use super::reactive::Derived;

/// A part that is made anew whenever what it reads has changed.
pub fn changing<V: IntoView + 'static>(view: impl Fn() -> V + Send + 'static) -> AnyView {
    part(Box::new(move || view().into_any()))
}

/// The same of a part that is not always there.
pub fn sometimes<V: IntoView + 'static>(view: impl Fn() -> Option<V> + Send + 'static) -> AnyView {
    part(Box::new(move || view().map(IntoAny::into_any).into_any()))
}

#[inline(never)]
fn part(view: Box<dyn Fn() -> AnyView + Send>) -> AnyView {
    (move || view()).into_any()
}

/// Shows something while something is so, and keeps it meanwhile.
#[component]
pub fn While(
    /// Whether it is so.
    so: impl Fn() -> bool + Send + Sync + 'static,
    /// What is shown.
    children: ChildrenFn,
) -> impl IntoView {
    let is_so = Derived::new(move |_| so());
    sometimes(move || is_so.get().then(|| children()))
}
