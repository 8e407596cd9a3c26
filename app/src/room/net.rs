//! What the room has the browser do for it: requests and forms, the clock, waiting (`page.js`, `press.js`).

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, HtmlElement, SubmitEvent};

/// What the server answered.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub text: String,
    /// The body's tag; empty when it has none.
    pub tag: String,
}

#[wasm_bindgen(module = "/src/room/press.js")]
extern "C" {
    /// Guards what can be pressed, and the focus, for as long as the page lives.
    pub fn guard();
}

#[wasm_bindgen(module = "/src/room/page.js")]
extern "C" {
    /// Puts the room that was made into this element in the place of the one in the page.
    #[wasm_bindgen(js_name = takePlace)]
    pub fn take_place(made: &Element);

    /// Whether the browser opens and closes sheets; all that is in one is shown where it does not.
    #[wasm_bindgen(js_name = hasSheets)]
    pub fn has_sheets() -> bool;

    #[wasm_bindgen(catch, js_name = ask)]
    async fn ask_for(
        path: &str,
        method: &str,
        body: Option<&str>,
        tag: &str,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_name = sendForm)]
    fn send_form(event: &SubmitEvent, me: &str) -> Option<js_sys::Promise>;

    /// Presses a button of a form once more.
    #[wasm_bindgen(js_name = pressAgain)]
    pub fn press_again(button: &HtmlElement);

    /// Fetches the script of the bar by which one hears the class and is heard, and starts it.
    #[wasm_bindgen(js_name = startVoice)]
    pub fn start_voice(group: &str, me: &str);

    /// Fetches the script of calls among several, and connects this page to one: what it shows is shown in
    /// the element, for as long as that is in the page.
    #[wasm_bindgen(js_name = joinMeeting)]
    pub fn join_meeting(group: &str, invitation: &str, me: &str, video: bool, place: &HtmlElement);

    /// Fetches anew what the server alone can make of the page.
    #[wasm_bindgen(catch, js_name = serveAnew)]
    pub async fn serve_anew() -> Result<JsValue, JsValue>;
}

fn answer(told: JsValue) -> Answer {
    let told: js_sys::Array = told.unchecked_into();
    let text = |at| told.get(at).as_string().unwrap_or_default();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a status fits")]
    let status = told.get(0).as_f64().unwrap_or_default() as u16;
    Answer { status, text: text(1), tag: text(2) }
}

/// Looks at something of which a version is known already, by its tag.
pub async fn look(path: &str, tag: &str) -> Result<Answer, JsValue> {
    ask_for(path, "GET", None, tag).await.map(answer)
}

/// Asks the server for something, and tells the status and the text of its answer.
pub async fn get(path: &str) -> Result<(u16, String), JsValue> {
    let Answer { status, text, .. } = look(path, "").await?;
    Ok((status, text))
}

/// Sends JSON to the server, and tells the same.
pub async fn post(path: &str, json: &str) -> Result<(u16, String), JsValue> {
    let Answer { status, text, .. } = ask_for(path, "POST", Some(json), "").await.map(answer)?;
    Ok((status, text))
}

/// This browser's clock, in milliseconds since 1970.
pub fn browser_now() -> f64 {
    js_sys::Date::now()
}

/// Waits.
pub async fn pause(time: Duration) {
    let over = js_sys::Promise::new(&mut |resolve, _| {
        set_timeout(
            move || {
                let _ = resolve.call0(&JsValue::UNDEFINED);
            },
            time,
        );
    });
    let _ = JsFuture::from(over).await;
}

/// Sends a form of the room without leaving the page, in the name of the page's member; none when it
/// is left to the browser or is on its way already.
pub fn send(
    event: &SubmitEvent,
    me: &str,
) -> Option<impl Future<Output = Result<Answer, JsValue>> + use<>> {
    let sent = send_form(event, me)?;
    Some(async move { JsFuture::from(sent).await.map(answer) })
}
