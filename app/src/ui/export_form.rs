//! The form that begins an export: one button, and beside it the choice of a format.

use leptos::prelude::*;

use crate::words::export;

/// The form.
#[component]
pub fn ExportForm(
    /// The page of the export.
    page: String,
    /// What else its address says.
    fields: Vec<(&'static str, String)>,
) -> impl IntoView {
    let fields = fields
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| view! { <input type="hidden" name=name value=value /> })
        .collect_view();
    view! {
        <form class="export" method="get" action=page>
            {fields}
            <div class="field">
                <label for="format">{export::format()}</label>
                <select id="format" name="format">
                    <option value="csv">{export::csv()}</option>
                    <option value="json">{export::json()}</option>
                </select>
            </div>
            <button class="quiet">{export::button()}</button>
        </form>
    }
}
