//! How far an export has come: kept for the page that began it, which shows it in a frame.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::words::{export as words, page};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFRESH, X_FRAME_OPTIONS};
use axum::response::{Html, IntoResponse, Response};

/// How many exports are remembered for the pages that show them.
const REMEMBERED: usize = 64;

/// One export, as far as it has come; in events, for how many there are is known beforehand.
#[derive(Default)]
pub struct Run {
    pub total: u64,
    pub done: AtomicU64,
    pub rows: AtomicU64,
    pub is_done: AtomicBool,
}

/// The newest exports, by the tickets of the pages that began them.
#[derive(Default)]
pub struct Runs(Mutex<VecDeque<(String, Arc<Run>)>>);

impl Runs {
    /// Remembers one that begins.
    pub fn begin(&self, ticket: Option<String>, total: u64) -> Arc<Run> {
        let run = Arc::new(Run { total, ..Run::default() });
        if let Some(ticket) = ticket.filter(|ticket| ticket.len() <= 64) {
            let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            runs.push_back((ticket, Arc::clone(&run)));
            while runs.len() > REMEMBERED {
                runs.pop_front();
            }
        }
        run
    }

    /// The one that the page with this ticket began.
    pub fn find(&self, ticket: &str) -> Option<Arc<Run>> {
        let runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        runs.iter().find(|(it, _)| it == ticket).map(|(_, run)| Arc::clone(run))
    }
}

/// A page for the frame on the export's page: it loads itself anew until the export is done.
pub fn progress(run: Option<Arc<Run>>) -> Response {
    let (label, value, is_over) = match run {
        None => (words::starting().to_owned(), 0.0, false),
        Some(run) => {
            let rows = usize::try_from(run.rows.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
            #[expect(clippy::cast_precision_loss, reason = "it is shown in per cent")]
            let value = run.done.load(Ordering::Relaxed) as f64 / run.total.max(1) as f64;
            if run.is_done.load(Ordering::Relaxed) {
                (words::done(rows), 1.0, true)
            } else if Arc::strong_count(&run) <= 2 {
                // Only the list and this page know of it: nobody sends it any more.
                (words::stopped().to_owned(), value, true)
            } else {
                (words::so_far(rows), value.min(1.0), false)
            }
        }
    };
    let (lang, title) = (page::lang(), words::progress());
    let percent = (value * 100.0).round();
    let page = format!(
        "<!DOCTYPE html><html lang=\"{lang}\"><head><meta charset=\"utf-8\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title>\
         <link rel=\"stylesheet\" href=\"/pkg/handup.css\"></head>\
         <body class=\"progress\"><label>{label} \
         <progress max=\"100\" value=\"{percent}\">{percent} %</progress></label></body></html>"
    );
    let frame = [
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; \
             object-src 'none'; style-src 'self'",
        ),
        (X_FRAME_OPTIONS, "SAMEORIGIN"),
        (CACHE_CONTROL, "no-store"),
    ];
    if is_over {
        (frame, Html(page)).into_response()
    } else {
        (frame, [(REFRESH, "1")], Html(page)).into_response()
    }
}
