//! What happened in class, afterwards: the pages for an administrator, for a class's teachers, and
//! for a student what is stored about themselves. They are made on the server alone and need no
//! script.

mod class;
mod entries;
mod export;
mod invitation;
mod mine;
mod order;
mod people;
mod person;
mod pictures;
mod portions;
mod read;
mod recorded;
mod rounds;
#[cfg(test)]
mod sizes;
mod spot;
mod times;
mod words;

use leptos::prelude::*;
use leptos_meta::Title;

pub use self::class::ClassPage;
pub use self::export::{ExportPage, export_routes, exports, filter as class_filter};
pub use self::invitation::{InvitationPage, MyInvitationPage};
pub use self::mine::MyDataPage;
pub use self::person::PersonPage;
pub use self::read::zone;
use self::spot::Spot;
pub use self::times::Zone;
pub use self::words::{count, named};
use crate::pages::Brand;
use crate::trouble::Trouble;

/// The frame of a page that tells something.
#[component]
pub fn Told(
    /// Where one came from: an address, and what is there.
    #[prop(optional)]
    back: Option<(String, String)>,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="told">
            <Brand>
                {back
                    .map(|(address, words)| {
                        view! {
                            <nav aria-label="Back">
                                <a class="back-link" href=address>
                                    <bdi>{words}</bdi>
                                </a>
                            </nav>
                        }
                    })}
            </Brand>
            <main>{children()}</main>
        </div>
    }
}

/// What is shown instead of what one may not see, or what is not there.
pub fn refused(trouble: Trouble) -> impl IntoView {
    crate::actions::ssr::set_status(trouble.status());
    let (address, words) = match trouble {
        Trouble::NotAdmin => ("/admin", "Sign in"),
        Trouble::NoSuchClass | Trouble::NoSuchPerson => ("/admin", "All classes"),
        _ => ("/", "To the start"),
    };
    view! {
        <Title text="Nothing to see here" />
        <Told>
            <section class="card one">
                <h1>"There is nothing to see here"</h1>
                <p>{trouble.to_string()}</p>
                <a class="button primary" href=address>
                    {words}
                </a>
            </section>
        </Told>
    }
}

/// A figure with its words.
#[component]
pub fn Figure(
    /// What is counted.
    words: &'static str,
    /// How many.
    #[prop(into)]
    value: String,
) -> impl IntoView {
    view! {
        <div class="figure">
            <dt>{words}</dt>
            <dd>{value}</dd>
        </div>
    }
}

/// Asks once before what cannot be undone, in a dialog that says what will happen.
#[component]
pub fn Sure(
    /// Tells this dialog from others.
    id: &'static str,
    /// The words on the button that opens it.
    opens: &'static str,
    /// The question.
    title: String,
    /// What will happen.
    means: String,
    /// Where the form goes.
    action: &'static str,
    /// The words on the button that does it.
    does: &'static str,
    /// What the form says.
    children: Children,
) -> impl IntoView {
    let title_id = format!("{id}-title");
    let labelled_by = title_id.clone();
    view! {
        <button class="quiet would-destroy" type="button" popovertarget=id>
            {opens}
        </button>
        <div id=id class="dialog" popover="auto" role="dialog" aria-labelledby=labelled_by>
            <h2 id=title_id>{title}</h2>
            <p>{means}</p>
            <form method="post" action=action>
                {children()}
                <div class="choices">
                    <button
                        class="quiet"
                        type="button"
                        popovertarget=id
                        popovertargetaction="hide"
                        autofocus
                    >
                        "Keep"
                    </button>
                    <button class="destroys">{does}</button>
                </div>
            </form>
        </div>
    }
}

/// The way to the pages of a list before and after this one, when there are any: of each its address
/// and what it is called.
#[component]
pub fn Steps(
    /// What they are pages of.
    of: &'static str,
    before: Option<(String, &'static str)>,
    /// Where one is.
    words: String,
    after: Option<(String, &'static str)>,
) -> impl IntoView {
    let link = |step: Option<(String, &'static str)>, rel: &'static str| {
        step.map(|(address, words)| {
            view! {
                <a class="button quiet" rel=rel href=address>
                    {words}
                </a>
            }
        })
    };
    (before.is_some() || after.is_some()).then(|| {
        view! {
            <nav class="pager" aria-label=of>
                {link(before, "prev")} <span class="hint">{words}</span> {link(after, "next")}
            </nav>
        }
    })
}

/// The way to the other rounds of a class.
#[component]
pub fn Pager(told: read::Told, spot: Spot) -> impl IntoView {
    let (before, after) = told.neighbours;
    let rounds = told.chronicle.rounds();
    let words = match told.rounds {
        (_, 0) => "Before the first round".to_owned(),
        (first, last) if first == last => format!("Round {last} of {rounds}"),
        (first, last) => format!("Rounds {} to {last} of {rounds}", first.max(1)),
    };
    let step = |from: Option<u64>, words| from.map(|from| (spot.rounds(from), words));
    view! {
        <Steps
            of="Parts of this class"
            before=step(before, "Earlier")
            words
            after=step(after, "Later")
        />
    }
}

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub enum Column {
    /// Words.
    Words(&'static str),
    /// A number, at the end of its cell.
    Number(&'static str),
    /// A number whose head is for ears alone.
    Place(&'static str),
    /// A picture of what stands beside it.
    Picture(&'static str),
}

/// A table with its heads; the rows are its children.
#[component]
pub fn Table(
    /// How it looks.
    class: &'static str,
    /// What it is about, where no heading says so.
    #[prop(optional)]
    caption: Option<AnyView>,
    /// Its columns.
    columns: &'static [Column],
    children: Children,
) -> impl IntoView {
    let heads = columns
        .iter()
        .map(|column| {
            let (class, words, is_seen) = match *column {
                Column::Words(words) => ("", words, true),
                Column::Number(words) => ("number", words, true),
                Column::Place(words) => ("number", words, false),
                Column::Picture(words) => ("picture", words, false),
            };
            view! {
                <th scope="col" class=class>
                    <span class:unseen=!is_seen>{words}</span>
                </th>
            }
        })
        .collect_view();
    view! {
        <div class="scroll">
            <table class=class>
                {caption.map(|caption| view! { <caption>{caption}</caption> })}
                <thead>
                    <tr>{heads}</tr>
                </thead>
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
}
