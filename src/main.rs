//! The server: composes the engine, the classroom and the pages, and serves them.

mod doctor;
mod file;
mod healthy;
mod listener;
mod manual;
mod options;

use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;

use app::Zone;
use classroom::APPLICATIONS;
use server::{
    Config, Database, Engine, HashError, IceConfig, IntegrationKey, Node, VoiceConfig, VoiceLimits,
    VoiceListening, description, hash_password, integration_section, read_integrations,
};
use signaling::Application;
use tokio::signal::unix::{SignalKind, signal};

use crate::options::{Instead, Options};

/// Pages of large classes are large for a moment. The allocator of the C library keeps what they took
/// for good, this one gives it back: after twenty seconds of pages of a class of 6 000, 107 MiB stayed
/// where there had been 34.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::read();
    options.log_format.start();
    let done = match &options.command {
        Some(Instead::HashPassword) => print_hash(),
        Some(Instead::Backup { file }) => match &options.database {
            Database::File(database) => file::back_up(database, file).await,
            Database::Postgres(address) => Err(format!(
                "{address} is backed up by PostgreSQL's own means, such as pg_dump; `handup backup` \
                 copies a SQLite file"
            )),
        },
        Some(Instead::Move { from, to }) => file::move_to(from, to).await,
        Some(Instead::IntegrationKey { name }) => {
            print_key(name);
            Ok(())
        }
        Some(Instead::Doctor { json }) => have_a_look(&options, *json).await,
        Some(Instead::Openapi) => print_description(),
        Some(Instead::Check { file }) => file::check(file).await,
        Some(Instead::Healthy { origin }) => healthy::ask(origin.clone(), options.listen).await,
        Some(Instead::Manual { folder }) => manual::write_pages(folder),
        Some(Instead::Completions { shell }) => {
            manual::print_completions(*shell);
            Ok(())
        }
        None => run(options).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("handup: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Reads a password, unseen where somebody types it, and prints its hash.
fn print_hash() -> Result<(), String> {
    let cannot = |error| format!("cannot read a password: {error}");
    let password = if std::io::stdin().is_terminal() {
        rpassword::prompt_password("Password: ").map_err(cannot)?
    } else {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map_err(cannot)?;
        line.trim_end_matches(['\r', '\n']).to_owned()
    };
    println!("{}", hash_password(&password).map_err(|error| error.to_string())?);
    Ok(())
}

/// Prints a section for the file of integrations, and the key where no file catches it.
fn print_key(name: &str) {
    let key = IntegrationKey::new();
    eprintln!("the key, for {name} alone; it is shown this once: {}", key.reveal());
    print!("{}", integration_section(name, &key));
}

/// Prints the description of the HTTP API.
fn print_description() -> Result<(), String> {
    let text = format!("{:#}\n", description(&APPLICATIONS.settings()));
    // Whoever reads no further has enough.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(())
}

/// As many files as this process may have open. Each stream is one, and a shell gives a thousand.
fn open_files() -> Result<u64, String> {
    rlimit::increase_nofile_limit(u64::MAX)
        .map_err(|error| format!("cannot tell how many files may be open: {error}"))
}

/// Looks at what `run` would be started with.
async fn have_a_look(options: &Options, as_json: bool) -> Result<(), String> {
    let files = open_files()?;
    doctor::run(options, &configure(options.clone(), files), files, as_json).await
}

/// The configuration as a whole, where what was given goes together.
fn configure(options: Options, files: u64) -> Result<Config, String> {
    let Options {
        listen: _,
        database,
        node_address,
        node_secret,
        public_url,
        operator,
        trusted_proxies,
        allowed_origins,
        integrations,
        admin_password_hash,
        time_zone: _,
        end_still_classes_after,
        stun_servers,
        turn_servers,
        turn_secret,
        voice_listen,
        voice_address,
        max_voices,
        metrics_listen: _,
        bounds,
        log_format: _,
        command: _,
    } = options;
    if turn_servers.is_empty() != turn_secret.is_none() {
        return Err("--turn-server and --turn-secret go together".to_owned());
    }
    if voice_address.is_some() && voice_listen.is_none() {
        return Err("--voice-address goes with --voice-listen".to_owned());
    }
    let node = match (node_address, node_secret) {
        (Some(address), Some(secret)) => Some(Node { address, secret }),
        (None, None) => None,
        _ => return Err("--node-address and --node-secret go together".to_owned()),
    };
    if node.is_some() && matches!(database, Database::File(_)) {
        return Err(
            "--node-address goes with a database of PostgreSQL's: a file is served by one server"
                .to_owned(),
        );
    }
    let integrations = integrations.map(|file| read_integrations(&file)).transpose();
    let integrations =
        integrations.map_err(|error| format!("--integrations: {error}"))?.unwrap_or_default();
    let voice = voice_listen.map(|listen| VoiceConfig {
        listening: VoiceListening { listen, address: voice_address },
        limits: VoiceLimits { sessions: max_voices, ..VoiceLimits::default() },
    });
    let admin_password_hash = admin_password_hash
        .map(|hash| hash.parse())
        .transpose()
        .map_err(|error: HashError| format!("--admin-password-hash is wrong: {error}"))?;
    Ok(Config {
        database,
        node,
        public_url,
        operator,
        trusted_proxies,
        allowed_origins,
        integrations,
        admin_password_hash,
        ice: IceConfig {
            stun: stun_servers,
            turn: turn_servers,
            turn_secret: turn_secret.unwrap_or_default(),
        },
        voice,
        still_days: end_still_classes_after,
        bounds: bounds.within(files),
    })
}

async fn run(options: Options) -> Result<(), String> {
    let (listen, metrics_listen) = (options.listen, options.metrics_listen);
    let time_zone = options.time_zone.clone();
    let config = configure(options, open_files()?)?;
    let database = config.database.clone();
    let engine =
        Engine::open(config, Arc::new(APPLICATIONS)).await.map_err(|error| error.to_string())?;
    let set_up = engine.begin_set_up().await.map_err(|error| error.to_string())?;
    let listener =
        server::listen(listen).map_err(|error| format!("cannot listen on {listen}: {error}"))?;
    let address =
        listener.local_addr().map_err(|error| format!("cannot listen on {listen}: {error}"))?;
    engine.is_listening_on(address);
    stop_on_signal(&engine)?;
    let router = web::router(engine.clone(), time_zone.unwrap_or_else(Zone::of_machine));
    match database {
        Database::File(path) => {
            println!("data in {}", path.canonicalize().unwrap_or(path).display());
        }
        Database::Postgres(address) => println!("data in {address}"),
    }
    if let Some(token) = set_up {
        let reached = server::address_for_others(address).unwrap_or(address);
        let origin = engine.public_url().map_or_else(|| format!("http://{reached}"), str::to_owned);
        println!("set the administrator's password: {origin}/admin/set-up/{}", token.reveal());
    }
    if engine.public_url().is_none()
        && let Some(others) = server::address_for_others(address)
    {
        println!("phones in the same network open http://{others}");
    }
    if let Some(voice) = engine.carries_voices() {
        println!("voices go to {voice}, by UDP and TCP");
    }
    if let Some(listen) = metrics_listen {
        let listener = server::listen(listen)
            .map_err(|error| format!("cannot listen on {listen} for metrics: {error}"))?;
        let address = listener.local_addr().unwrap_or(listen);
        tokio::spawn(server::serve_metrics(listener, engine.clone()));
        println!("metrics at http://{address}/metrics");
    }
    println!("listening on http://{address}");
    server::serve(listener, router, engine.clone()).await;
    engine.close().await;
    if engine.is_replaced() {
        return Err("another server serves the database now, so this one has stopped".to_owned());
    }
    Ok(())
}

fn stop_on_signal(engine: &Engine) -> Result<(), String> {
    let no_signals = |error| format!("cannot wait for signals: {error}");
    let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
    let engine = engine.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        engine.stop().await;
    });
    Ok(())
}
