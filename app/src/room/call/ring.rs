//! The sound of a call that comes in: two soft notes, made on the spot, so that there is no file to
//! fetch. A browser may keep a page silent on which nobody has tapped yet; then the page still shows
//! it, and a phone trembles.

use std::cell::RefCell;
use std::time::Duration;

use leptos::leptos_dom::helpers::IntervalHandle;
use leptos::prelude::*;
use web_sys::{AudioContext, AudioContextState, OscillatorType};

/// The time from one ring to the next.
const EVERY: Duration = Duration::from_secs(3);
/// The two notes, in hertz, and when each begins, in seconds.
const NOTES: [(f32, f64); 2] = [(659.26, 0.0), (523.25, 0.35)];
/// How long a note takes to fade, in seconds.
const FADES: f64 = 0.6;

/// Rings until it is told to stop.
#[derive(Default)]
pub struct Ringer {
    sound: RefCell<Option<(AudioContext, IntervalHandle)>>,
}

impl Ringer {
    /// Begins to ring.
    pub fn start(&self) {
        if self.sound.borrow().is_some() {
            return;
        }
        let Ok(context) = AudioContext::new() else { return };
        tremble();
        strike(&context);
        let again = context.clone();
        let every = set_interval_with_handle(
            move || {
                tremble();
                strike(&again);
            },
            EVERY,
        );
        if let Ok(every) = every {
            self.sound.replace(Some((context, every)));
        }
    }

    /// Whether the browser lets it be heard.
    pub fn is_heard(&self) -> bool {
        let sound = self.sound.borrow();
        sound.as_ref().is_some_and(|(context, _)| context.state() == AudioContextState::Running)
    }

    /// Falls silent.
    pub fn stop(&self) {
        if let Some((context, every)) = self.sound.take() {
            every.clear();
            // A context that does not close is silent all the same: no note is struck any more.
            let _ = context.close();
        }
    }
}

fn tremble() {
    let navigator = window().navigator();
    // Safari has no such thing.
    if js_sys::Reflect::has(&navigator, &"vibrate".into()).unwrap_or(false) {
        let _ = navigator.vibrate_with_duration(300);
    }
}

/// Plays the notes once. What a browser refuses stays silent.
fn strike(context: &AudioContext) {
    // One that waits for a tap goes on when there was one; what is struck before would all sound
    // at once then.
    if context.state() != AudioContextState::Running {
        let _ = context.resume();
        return;
    }
    for (pitch, after) in NOTES {
        let _ = note(context, pitch, context.current_time() + after);
    }
}

fn note(context: &AudioContext, pitch: f32, at: f64) -> Result<(), wasm_bindgen::JsValue> {
    let (tone, volume) = (context.create_oscillator()?, context.create_gain()?);
    tone.set_type(OscillatorType::Sine);
    tone.frequency().set_value(pitch);
    volume.gain().set_value_at_time(0.25, at)?;
    volume.gain().exponential_ramp_to_value_at_time(0.001, at + FADES)?;
    tone.connect_with_audio_node(&volume)?;
    volume.connect_with_audio_node(&context.destination())?;
    tone.start_with_when(at)?;
    tone.stop_with_when(at + FADES)
}
