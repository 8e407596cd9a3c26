//! The picture of the first page: the list on a laptop and a student's phone, as they look in class.
//! It is drawn in the colours of the style sheet, so it is right in both themes.

use leptos::prelude::*;

use crate::words::landing;

/// The picture, with what it shows in words.
#[component]
pub fn Picture() -> impl IntoView {
    let row = |place: &'static str, name: &'static str, y: u32| {
        view! {
            <circle class="disc" cx="48" cy=y r="15" />
            <text class="middle" x="48" y=y + 6>
                {place}
            </text>
            <text x="76" y=y + 6>
                {name}
            </text>
        }
    };
    view! {
        <svg class="scene" viewBox="0 0 520 330" role="img" aria-label=landing::picture()>
            <rect class="paper" x="2" y="2" width="420" height="296" rx="16" />
            <text class="strong" x="26" y="40">
                {landing::picture_class()}
            </text>
            <text class="middle soft" x="352" y="40">
                {landing::picture_code()}
            </text>
            <path class="rule" d="M3 60H421" />
            <rect class="marigold" x="26" y="76" width="48" height="48" rx="12" />
            <path
                class="hand-line"
                transform="translate(33 83)"
                d="M11.5 15.5V8a1.75 1.75 0 0 1 3.5 0v6.5m0-.5V6a1.75 1.75 0 0 1 3.5 0v8m0 0V8A1.75 1.75 0 0 1 22 8v9.5M11.5 15.5V13A1.75 1.75 0 0 0 8 13v6c0 5 3 7.5 7.2 7.5S22 24 22 19.5V16"
            />
            <text class="sum" x="88" y="117">
                "3"
            </text>
            <rect class="hero-row" x="20" y="138" width="384" height="60" rx="12" />
            {row("1", landing::picture_first(), 168)}
            <rect class="go" x="232" y="147" width="96" height="42" rx="10" />
            <text class="middle on-ink" x="280" y="174">
                {landing::picture_next()}
            </text>
            {row("2", landing::picture_second(), 226)}
            {row("3", landing::picture_third(), 268)}
            <rect class="mobile" x="364" y="92" width="152" height="234" rx="24" />
            <text class="middle on-hand is-up" x="440" y="134">
                {landing::picture_up()}
            </text>
            <text class="middle on-hand own-place" x="440" y="234">
                "2"
            </text>
            <text class="middle on-hand" x="440" y="276">
                {landing::picture_of()}
            </text>
        </svg>
    }
}
