//! Tables and figures.

use leptos::prelude::*;

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
    columns: Vec<Column>,
    children: Children,
) -> impl IntoView {
    let heads = columns
        .into_iter()
        .map(|column| {
            let (class, words, is_seen) = match column {
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
