//! Voices: what one speaker and many who listen cost Handup, and Janus, in one run with one program.
//!
//! `cargo xtask bench voice` runs it. Rounds are interleaved; every round starts every server anew. What
//! is told are medians, and ratios of medians. Without Janus it says so and measures Handup alone.

#![expect(clippy::disallowed_methods, reason = "a benchmark measures what time passes")]

mod handup;
mod janus;
mod page;
#[path = "../peers/process.rs"]
#[allow(dead_code, reason = "each benchmark needs a part of it")]
mod process;

use std::collections::BTreeMap;
use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::process::Command;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use futures::future::try_join_all;
use reqwest::Client;
use serde_json::json;

use crate::page::{IpOf, PACKET, Page};
use crate::process::{Server, warm_memory};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// How many listen.
const LISTENERS: [usize; 3] = [10, 50, 200];
/// For how long somebody speaks.
const SPEECH: Duration = Duration::from_secs(10);
/// For how long nothing is measured after everybody has connected.
const SETTLING: Duration = Duration::from_secs(2);
/// How many raise their hands at once.
const HANDS: usize = 500;
/// How often they do so in a round.
const STORMS: usize = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Peer {
    Handup,
    Janus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Measure {
    Cpu(usize),
    Memory(usize),
    Median(usize),
    Tail(usize),
    Joined(usize),
    Lost(usize),
    Storm,
    StormBesideVoice,
}

impl Measure {
    fn name(self) -> String {
        match self {
            Self::Cpu(count) => format!("CPU, one speaker to {count}, % of a core"),
            Self::Memory(count) => format!("memory with {count}, MiB"),
            Self::Median(count) => format!("page to page with {count}, p50, ms"),
            Self::Tail(count) => format!("page to page with {count}, p99, ms"),
            Self::Joined(count) => format!("{count} join at once: all connected, ms"),
            Self::Lost(count) => format!("packets lost with {count}"),
            Self::Storm => format!("storm of {HANDS} hands, ms"),
            Self::StormBesideVoice => "the same beside a voice with 200, ms".to_owned(),
        }
    }
}

type Samples = BTreeMap<(Measure, Peer), Vec<f64>>;

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Pages that go on while something else is done.
struct Pages {
    start: Instant,
    all: Vec<Page>,
    speaks: Option<usize>,
    spoken_at: Instant,
}

impl Pages {
    fn new() -> Self {
        let start = Instant::now();
        Self { start, all: Vec::new(), speaks: None, spoken_at: start }
    }

    /// One turn of all.
    fn go_on(&mut self) {
        if let Some(speaker) = self.speaks
            && Instant::now() >= self.spoken_at + PACKET
        {
            self.spoken_at = (self.spoken_at + PACKET).max(Instant::now() - PACKET);
            self.all[speaker].say(self.start);
        }
        for page in &mut self.all {
            page.go_on(self.start);
        }
        // Sockets are looked at again after a moment: without it the clients would take a core of the two from
        // the server that is measured.
        std::thread::sleep(Duration::from_micros(300));
    }

    fn go_on_for(&mut self, time: Duration) {
        let until = Instant::now() + time;
        while Instant::now() < until {
            self.go_on();
        }
    }

    /// Takes pages as they come until so many are connected.
    fn until_connected(&mut self, come: &mpsc::Receiver<Result<Page>>, count: usize) -> Result<()> {
        let until = Instant::now() + Duration::from_secs(60);
        while self.all.len() < count || self.all.iter().any(|page| !page.is_connected) {
            while let Ok(page) = come.try_recv() {
                self.all.push(page?);
            }
            self.go_on();
            if Instant::now() > until {
                let open = self.all.iter().filter(|page| page.is_connected).count();
                return Err(format!("{open} of {count} have connected").into());
            }
        }
        Ok(())
    }
}

/// The address of this machine in a network, which a gateway does not take for its own.
fn own_address() -> Result<IpAddr> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0")?;
    // Nothing is sent: this asks which address a packet would leave from.
    socket.connect("192.0.2.254:9")?;
    Ok(socket.local_addr()?.ip())
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rounds = match arguments.as_slice() {
        [flag, rounds] if flag == "--rounds" => rounds.parse()?,
        [] => 3,
        [flag] if flag == "--bench" => 3,
        [flag, rounds, bench] if flag == "--rounds" && bench == "--bench" => rounds.parse()?,
        _ => return Err("the arguments are: --rounds N".into()),
    };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let _guard = runtime.enter();
    str0m::crypto::from_feature_flags().install_process_default();
    let has_janus = Command::new("janus").arg("--version").output().is_ok();
    if !has_janus {
        println!("Janus is not here: Handup is measured alone (on Debian: apt-get install janus)");
    }
    let own = own_address()?;
    let mut samples = Samples::new();
    warm_memory();
    for round in 0..rounds {
        for count in LISTENERS {
            let mut peers = vec![Peer::Handup];
            if has_janus {
                peers.push(Peer::Janus);
            }
            if round % 2 == 1 {
                peers.reverse();
            }
            for peer in peers {
                listen(&runtime, own, peer, count, &mut samples)?;
            }
        }
        storms(&runtime, own, &mut samples)?;
        eprintln!("round {} of {rounds} is done", round + 1);
    }
    tell(&samples, has_janus);
    Ok(())
}

/// One speaker, and so many who listen.
fn listen(
    runtime: &tokio::runtime::Runtime,
    own: IpAddr,
    peer: Peer,
    count: usize,
    samples: &mut Samples,
) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let http = Client::builder().no_proxy().build()?;
    let from = IpOf(own);
    let (came, come) = mpsc::channel();
    let mut pages = Pages::new();
    let server: Server;
    let began;
    match peer {
        Peer::Handup => {
            server = handup::serve(folder.path(), Some(SocketAddr::new(own, 0)))?;
            let (teacher, code) = runtime.block_on(handup::class(&http, &server, true))?;
            let names = (0..count).map(|number| format!("Student {number}"));
            let students: Vec<String> = names.collect();
            let joined = try_join_all(students.iter().map(|name| teacher.join(&code, name)));
            let students = runtime.block_on(joined)?;
            pages.all.push(runtime.block_on(teacher.voice(from, true))?);
            pages.until_connected(&come, 1)?;
            began = Instant::now();
            for student in students {
                let came = came.clone();
                runtime.spawn(async move { came.send(student.voice(from, false).await) });
            }
        }
        Peer::Janus => {
            server = janus::serve(folder.path())?;
            let (speaker, feed) = runtime.block_on(janus::speaker(&http, from))?;
            pages.all.push(speaker);
            pages.until_connected(&come, 1)?;
            pages.speaks = Some(0);
            pages.go_on_for(Duration::from_millis(500));
            began = Instant::now();
            for _ in 0..count {
                let (came, http) = (came.clone(), http.clone());
                runtime.spawn(async move { came.send(janus::listener(&http, from, feed).await) });
            }
        }
    }
    pages.until_connected(&come, count + 1)?;
    let mut add = |measure, value| samples.entry((measure, peer)).or_default().push(value);
    add(Measure::Joined(count), millis(began.elapsed()));
    pages.speaks = Some(0);
    pages.go_on_for(SETTLING);
    pages.all.iter_mut().for_each(Page::forget);
    let (before, since) = (server.used().cpu, Instant::now());
    pages.go_on_for(SPEECH);
    let used = (server.used().cpu - before).as_secs_f64() / since.elapsed().as_secs_f64();
    add(Measure::Cpu(count), used * 100.0);
    #[expect(clippy::cast_precision_loss, reason = "it is told with one digit")]
    add(Measure::Memory(count), server.memory() as f64 / 1_048_576.0);
    let listeners = &pages.all[1..];
    if let Some(silent) = listeners.iter().position(|page| page.heard.is_none()) {
        return Err(format!("{peer:?}: page {silent} of {count} hears nothing").into());
    }
    let mut delays: Vec<u32> = listeners.iter().flat_map(|page| page.delays.clone()).collect();
    delays.sort_unstable();
    let part = |of: usize| f64::from(delays[(delays.len() * of / 100).min(delays.len() - 1)]) / 1e3;
    add(Measure::Median(count), part(50));
    add(Measure::Tail(count), part(99));
    let lost: u64 = listeners.iter().map(Page::lost).sum();
    #[expect(clippy::cast_precision_loss, reason = "it is small")]
    add(Measure::Lost(count), lost as f64);
    Ok(())
}

/// Storms of hands in a class, with and without a voice that two hundred hear beside it.
fn storms(runtime: &tokio::runtime::Runtime, own: IpAddr, samples: &mut Samples) -> Result<()> {
    for beside_voice in [false, true] {
        let folder = tempfile::tempdir()?;
        let http = Client::builder().no_proxy().build()?;
        let server = handup::serve(folder.path(), Some(SocketAddr::new(own, 0)))?;
        let (teacher, code) = runtime.block_on(handup::class(&http, &server, true))?;
        let names: Vec<String> = (0..HANDS).map(|number| format!("Student {number}")).collect();
        let joined = try_join_all(names.iter().map(|name| teacher.join(&code, name)));
        let students = runtime.block_on(joined)?;
        let (came, come) = mpsc::channel();
        let mut pages = Pages::new();
        if beside_voice {
            pages.all.push(runtime.block_on(teacher.voice(IpOf(own), true))?);
            for student in &students[..200] {
                let (came, student) = (came.clone(), student.clone());
                let from = IpOf(own);
                runtime.spawn(async move { came.send(student.voice(from, false).await) });
            }
            pages.until_connected(&come, 201)?;
            pages.speaks = Some(0);
        }
        for _ in 0..STORMS {
            let data = r#"{"operation":"hand_raising"}"#;
            let ask = json!({ "inviteeList": "*", "data": data, "timeout": 0 });
            let asked = runtime.block_on(teacher.post("/inviteInGroup", ask))?;
            let invitation = asked["inviteID"].as_str().ok_or("no invitation")?.to_owned();
            let accept = format!("/invitations/{invitation}/accept");
            let (done, is_done) = mpsc::channel();
            let students = students.clone();
            let began = Instant::now();
            runtime.spawn(async move {
                let all = students.iter().map(|student| student.post(&accept, json!({})));
                done.send(try_join_all(all).await.map(drop))
            });
            let took = loop {
                match is_done.try_recv() {
                    Ok(result) => {
                        result?;
                        break began.elapsed();
                    }
                    Err(_) => pages.go_on(),
                }
            };
            let measure = if beside_voice { Measure::StormBesideVoice } else { Measure::Storm };
            samples.entry((measure, Peer::Handup)).or_default().push(millis(took));
            let cancel = format!("/invitations/{invitation}/cancel");
            // What is answered is not to be cancelled.
            let _ = runtime.block_on(teacher.post(&cancel, json!({})));
            pages.go_on_for(Duration::from_millis(200));
        }
    }
    Ok(())
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn tell(samples: &Samples, has_janus: bool) {
    let of = |measure, peer| samples.get(&(measure, peer)).map(|values| median(values));
    println!("| measure | Handup | Janus | ratio |\n|---|---|---|---|");
    let measures: Vec<Measure> = samples.keys().map(|(measure, _)| *measure).collect();
    let mut told = Vec::new();
    for measure in measures {
        if told.contains(&measure) {
            continue;
        }
        told.push(measure);
        let ours = of(measure, Peer::Handup).unwrap_or(f64::NAN);
        match of(measure, Peer::Janus) {
            Some(theirs) => {
                let ratio = ours / theirs;
                println!("| {} | {ours:.1} | {theirs:.1} | {ratio:.2} |", measure.name());
            }
            None => println!("| {} | {ours:.1} | | |", measure.name()),
        }
    }
    if let (Some(alone), Some(beside)) =
        (of(Measure::Storm, Peer::Handup), of(Measure::StormBesideVoice, Peer::Handup))
    {
        println!("\nA storm beside a voice takes {:.2} times as long.", beside / alone);
    }
    if has_janus {
        println!("Janus is Debian's, as shipped, with ICE-lite and its videoroom alone.");
    }
}
