//! A link that is shown to others, and its QR code.

use crate::words::share;
use leptos::prelude::*;
use qrcode::QrCode;
use qrcode::render::svg::Color;
use server::Link;

/// The QR code of a link, as large as its place allows, or why there is none: phones take the
/// addresses that a machine has for itself for their own.
#[component]
pub fn Qr(
    /// What the code says.
    link: Link,
) -> impl IntoView {
    if link.is_for_others {
        let svg = qr_svg(&link.url);
        view! { <div class="qr" role="img" aria-label=share::qr() inner_html=svg></div> }.into_any()
    } else {
        let listen = view! { <code>"--listen 0.0.0.0:3000"</code> };
        let public_url = view! { <code>"--public-url"</code> };
        view! {
            <p class="no-qr">{share::no_qr(listen, public_url)}</p>
        }
        .into_any()
    }
}

fn qr_svg(text: &str) -> String {
    QrCode::new(text).map_or_else(
        |_| String::new(),
        |code| {
            let svg = code
                .render::<Color<'_>>()
                .min_dimensions(480, 480)
                .dark_color(Color("#16191c"))
                .light_color(Color("#ffffff"))
                .build();
            svg.split_once("?>").map_or(svg.clone(), |(_, svg)| svg.to_owned())
        },
    )
}
