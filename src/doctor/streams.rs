//! Whether live streams come through as they are sent.

use std::time::Duration;

use super::finding::Finding;
use super::probed::Probed;

const CHECK: &str = "streams";
/// The events of a probe take a second; where they come within less than this, somebody held them back.
const SPREAD: Duration = Duration::from_millis(400);

pub fn look(reached: Option<&Probed>) -> Finding {
    let Some(Probed { spread, .. }) = reached else {
        return Finding::warn(CHECK, "no request came through, so no stream was tried")
            .advise("see to what is above, and have the doctor look again");
    };
    let seconds = spread.as_secs_f64();
    if *spread >= SPREAD {
        Finding::ok(CHECK, format!("come through at once: five events over {seconds:.1} s"))
    } else {
        Finding::fail(CHECK, "are held back: five events, a second apart in all, came at once")
            .advise(
                "have the proxy not buffer: it must heed X-Accel-Buffering (nginx: no \
             proxy_ignore_headers), or `proxy_buffering off;`",
            )
    }
}
