//! `handup doctor`: looks at the configuration and at what it runs on, changes nothing, and says what is
//! well and what to do.

mod clock;
mod configuration;
mod database;
mod disk;
mod finding;
mod http;
mod https;
mod ice;
mod machine_time;
mod open_files;
mod probed;
mod proxy;
mod public_url;
mod running;
mod streams;
mod stun;
mod table;
mod time_zone;
mod tls;
mod voice;

use std::time::Duration;

use server::Config;
use tokio::time::timeout;

use self::finding::Finding;
use self::http::Target;
use self::probed::{NotProbed, Probed};
use crate::options::Options;

/// How long one check may take.
const DEADLINE: Duration = Duration::from_secs(15);

/// Looks at everything, with as many files as may be open, and prints what it found: a table, or JSON for a
/// program.
///
/// # Errors
/// When something is not as it has to be.
pub async fn run(
    options: &Options,
    config: &Result<Config, String>,
    files: u64,
    as_json: bool,
) -> Result<(), String> {
    let findings = look(options, config, files).await;
    let (text, failed) = if as_json {
        (table::json(&findings), table::failed(&findings))
    } else {
        (table::text(&findings), table::failed(&findings))
    };
    table::print(&text);
    match failed {
        0 => Ok(()),
        1 => Err("1 check failed".to_owned()),
        failed => Err(format!("{failed} checks failed")),
    }
}

async fn look(options: &Options, config: &Result<Config, String>, files: u64) -> Vec<Finding> {
    let local = Target::of_listener(options.listen);
    let public = options.public_url.as_deref().and_then(Target::of_origin);
    let (database, disk, by_local, by_public, redirect, ice) = tokio::join!(
        in_time("database", database::look(&options.database)),
        in_time("disk", disk::look(&options.database)),
        probe(local.as_ref()),
        probe(public.as_ref()),
        https::leads_there(public.as_ref()),
        ice::look(options, config.as_ref().ok().map(|config| &config.ice), DEADLINE),
    );
    let (examined, kept) = match database {
        Ok((examined, findings)) => (examined, findings),
        Err(late) => (None, vec![late]),
    };
    let id = examined.as_ref().and_then(|it| it.id.as_deref());
    let running = running::Running::of(options.listen, by_local.as_ref(), id);
    let reached = by_public.as_ref().or(by_local.as_ref()).and_then(|it| it.as_ref().ok());
    let reached = reached.filter(|reached| running.may_be(&reached.probe.id));

    let mut findings = vec![configuration::look(config)];
    findings.extend(kept);
    findings.push(disk.unwrap_or_else(|late| late));
    findings.push(open_files::look(&options.bounds, files));
    let now_there = examined.as_ref().and_then(|it| it.now);
    findings.push(clock::look(now_there, reached));
    findings.push(time_zone::look(options.time_zone.as_ref()));
    findings.push(running.finding());
    findings.push(public_url::look(options.public_url.as_deref(), by_public.as_ref(), &running));
    findings.extend(https::look(public.as_ref(), by_public.as_ref(), redirect));
    findings.push(proxy::look(&options.trusted_proxies, public.as_ref(), reached));
    findings.push(streams::look(reached));
    findings.extend(ice);
    findings.extend(voice::look(options.voice_listen, options.voice_address, running.is_ours()));
    findings
}

async fn probe(target: Option<&Target>) -> Option<Result<Probed, NotProbed>> {
    Some(probed::probe(target?).await)
}

/// What comes of a check within the deadline; else the finding that it was late.
async fn in_time<T>(check: &'static str, looking: impl Future<Output = T>) -> Result<T, Finding> {
    let late = |_| {
        let seconds = DEADLINE.as_secs();
        Finding::fail(check, format!("nothing was found out within {seconds} s"))
            .advise("see what keeps it, and have the doctor look again")
    };
    timeout(DEADLINE, looking).await.map_err(late)
}
