//! How many files may be open, each connection among them.

use super::finding::Finding;
use crate::options::BoundsOptions;

const CHECK: &str = "open files";

pub fn look(bounds: &BoundsOptions, files: u64) -> Finding {
    let (wanted, possible) =
        (bounds.within(u64::MAX).connections, bounds.within(files).connections);
    if possible < wanted {
        let needed = BoundsOptions::files_for(wanted);
        return Finding::warn(
            CHECK,
            format!("{files} may be open, so {possible} connections instead of {wanted}"),
        )
        .advise(format!(
            "LimitNOFILE={needed} in the service, or `ulimit -n {needed}`; or say with \
             --max-connections that fewer will do"
        ));
    }
    Finding::ok(CHECK, format!("{files} may be open, enough for {wanted} connections"))
}
