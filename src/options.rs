//! What can be configured, by flag or by environment, checked before anything starts.

use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use app::Zone;
use clap::error::{ContextKind, ContextValue};
use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};
use clap_complete::Shell;
use ipnet::IpNet;
use server::{Bounds, Config, Database, NodeAddress, NodeSecret, VoiceLimits, is_integration_name};
use tracing_subscriber::EnvFilter;
use web::DEFAULT_LOG_FILTER;

/// Handup: the raise-hand room for a class.
#[derive(Parser, Clone)]
#[command(version, about)]
pub struct Options {
    /// The address to listen on; port 0 picks one
    #[arg(long, env = "HANDUP_LISTEN", default_value = "127.0.0.1:3000")]
    pub listen: SocketAddr,

    /// The SQLite database file, created when it does not exist; or a database of PostgreSQL's, as
    /// `postgres://user@host/database`. Give a password by the environment: a flag is shown to every
    /// user of the machine
    #[arg(
        long,
        env = "HANDUP_DATABASE",
        default_value = "handup.sqlite3",
        hide_env_values = true,
        global = true
    )]
    pub database: Database,

    /// Where the other servers on the same PostgreSQL database reach this one, such as
    /// `http://10.0.0.1:3000`; all of them name their networks by `--trusted-proxy`
    /// [default: this server serves alone]
    #[arg(long, env = "HANDUP_NODE_ADDRESS")]
    pub node_address: Option<NodeAddress>,

    /// What all servers on the same database know, and nobody else. Give it by the environment: a flag is
    /// shown to every user of the machine
    #[arg(long, env = "HANDUP_NODE_SECRET", hide_env_values = true)]
    pub node_secret: Option<NodeSecret>,

    /// Where people reach the server, for links and QR codes, such as `https://handup.example`
    /// [default: as each browser reached it]
    #[arg(long, env = "HANDUP_PUBLIC_URL", value_parser = origin)]
    pub public_url: Option<String>,

    /// Who runs this server, such as the school's name: the first page says so
    /// [default: it names nobody]
    #[arg(long, env = "HANDUP_OPERATOR")]
    pub operator: Option<String>,

    /// The address or network (`10.0.0.0/8`) of a proxy whose `X-Forwarded-For` is trusted; may be
    /// given several times [default: none, so all clients of a proxy share one rate limit]
    #[arg(long = "trusted-proxy", env = "HANDUP_TRUSTED_PROXIES", value_delimiter = ',', value_parser = network)]
    pub trusted_proxies: Vec<IpNet>,

    /// The origin of another site whose pages may use the API by a token, never by a cookie, such as
    /// `https://school.example`; may be given several times [default: none]
    #[arg(long = "allow-origin", env = "HANDUP_ALLOWED_ORIGINS", value_delimiter = ',', value_parser = origin)]
    pub allowed_origins: Vec<String>,

    /// A file that names the programs that may begin classes by a key and are told of events by a webhook;
    /// `handup integration-key` makes a section of it [default: none]
    #[arg(long, env = "HANDUP_INTEGRATIONS")]
    pub integrations: Option<PathBuf>,

    /// The argon2 hash of the administrator's password; `handup hash-password` makes one. Give it by
    /// the environment: a flag is shown to every user of the machine
    /// [default: set by a link that is printed at start]
    #[arg(long, env = "HANDUP_ADMIN_PASSWORD_HASH", hide_env_values = true)]
    pub admin_password_hash: Option<String>,

    /// The time zone in which the history tells times, such as `Europe/Berlin`
    /// [default: the machine's]
    #[arg(long, env = "HANDUP_TIME_ZONE", value_parser = time_zone)]
    pub time_zone: Option<Zone>,

    /// After how many days without anything happening a class ends by itself, so that it is deleted
    /// as many days later as the administrator has set
    #[arg(long, env = "HANDUP_END_STILL_CLASSES_AFTER", default_value_t = Config::STILL_DAYS, value_parser = value_parser!(u32).range(1..=36_500))]
    pub end_still_classes_after: u32,

    /// A STUN server for calls, such as `stun:stun.example:3478`; may be given several times
    #[arg(long = "stun-server", env = "HANDUP_STUN_SERVERS", value_delimiter = ',', value_parser = stun)]
    pub stun_servers: Vec<String>,

    /// A TURN server for calls, such as `turn:turn.example:3478`; may be given several times
    #[arg(long = "turn-server", env = "HANDUP_TURN_SERVERS", value_delimiter = ',', value_parser = turn)]
    pub turn_servers: Vec<String>,

    /// The secret that is shared with the TURN servers (coturn's `static-auth-secret`). Give it by the
    /// environment: a flag is shown to every user of the machine
    #[arg(long, env = "HANDUP_TURN_SECRET", hide_env_values = true)]
    pub turn_secret: Option<String>,

    /// The address and port, for UDP and TCP, where voices are carried: one that browsers can send to, such
    /// as `192.0.2.1:3478` [default: none are, and no page asks for a microphone but for calls]
    #[arg(long, env = "HANDUP_VOICE_LISTEN")]
    pub voice_listen: Option<SocketAddr>,

    /// The address, or address and port, at which browsers reach `--voice-listen`, where it is another
    /// one: that of a router which passes the port on [default: `--voice-listen`]
    #[arg(long, env = "HANDUP_VOICE_ADDRESS", value_parser = voice_address)]
    pub voice_address: Option<SocketAddr>,

    /// How many pages may be connected by voice
    #[arg(long, env = "HANDUP_MAX_VOICES", default_value_t = VoiceLimits::default().sessions, value_parser = at_least_one)]
    pub max_voices: usize,

    /// The address where Prometheus reads metrics, at `/metrics`: one that only it can reach, such as
    /// `127.0.0.1:9464` [default: nowhere]
    #[arg(long, env = "HANDUP_METRICS_LISTEN")]
    pub metrics_listen: Option<SocketAddr>,

    /// How much of the server one client can take
    #[command(flatten)]
    pub bounds: BoundsOptions,

    /// How the log on standard error is written
    #[arg(long, env = "HANDUP_LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,

    /// What to do instead of serving
    #[command(subcommand)]
    pub command: Option<Instead>,
}

/// Flags whose values may hold a secret: an error does not repeat them.
const SECRET: [&str; 4] = ["--database", "--node-secret", "--from", "--to"];

impl Options {
    /// Reads the arguments and the environment, or ends the process with what is wrong with them.
    pub fn read() -> Self {
        Self::read_from(std::env::args_os()).unwrap_or_else(|error| error.exit())
    }

    fn read_from<A: Into<OsString>>(
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Self, clap::Error> {
        let arguments = arguments.into_iter().map(Into::into).collect();
        Self::try_parse_from(flags_first(arguments)).map_err(|mut error| {
            let of = error.get(ContextKind::InvalidArg).map(ToString::to_string);
            if of.is_some_and(|of| SECRET.iter().any(|secret| of.starts_with(secret))) {
                let hidden = ContextValue::String("…".to_owned());
                error.insert(ContextKind::InvalidValue, hidden);
            }
            error
        })
    }
}

/// The doctor looks at what a server would be started with, so it takes those flags behind its name too, where
/// people look for them; the parser takes them before a subcommand alone.
fn flags_first(arguments: Vec<OsString>) -> Vec<OsString> {
    let [program, subcommand, rest @ ..] = &*arguments else { return arguments };
    if subcommand != "doctor" {
        return arguments;
    }
    let is_own = |it: &&OsString| ["--json", "-h", "--help"].iter().any(|own| *it == own);
    let (own, of_serving): (Vec<_>, Vec<_>) = rest.iter().partition(is_own);
    let ordered = std::iter::once(program).chain(of_serving).chain([subcommand]).chain(own);
    ordered.cloned().collect()
}

/// How much of the server one client can take.
#[derive(Args, Clone)]
#[command(next_help_heading = "Limits")]
pub struct BoundsOptions {
    /// How many connections may be open, live pages among them
    #[arg(long, env = "HANDUP_MAX_CONNECTIONS", default_value_t = Bounds::default().connections, value_parser = at_least_one)]
    max_connections: usize,

    /// How many of them one network may have; a school behind its router is one
    /// [default: half of them]
    #[arg(long, env = "HANDUP_MAX_CONNECTIONS_PER_NETWORK", value_parser = at_least_one)]
    max_connections_per_network: Option<usize>,

    /// How many live pages of one class a member may have open
    #[arg(long, env = "HANDUP_MAX_STREAMS_PER_MEMBER", default_value_t = Bounds::default().streams_of_member, value_parser = at_least_one)]
    max_streams_per_member: usize,

    /// How long the headers of a request may take from their first byte, in seconds
    #[arg(long, env = "HANDUP_HEADER_TIMEOUT", default_value_t = seconds(Bounds::default().header_timeout), value_parser = value_parser!(u64).range(1..=3_600))]
    header_timeout: u64,

    /// How long a connection may be idle between two requests, in seconds: longer than a proxy in
    /// front keeps its own (nginx 60), so that none meets a request with its end
    #[arg(long, env = "HANDUP_IDLE_TIMEOUT", default_value_t = seconds(Bounds::default().idle_timeout), value_parser = value_parser!(u64).range(1..=3_600))]
    idle_timeout: u64,

    /// The maximum size of a request's headers, in bytes
    #[arg(long, env = "HANDUP_MAX_HEADER_BYTES", default_value_t = LONGEST_HEADERS, value_parser = value_parser!(u32).range(8_192..=1_048_576))]
    max_header_bytes: u32,

    /// How long a request's body may make no progress, in seconds
    #[arg(long, env = "HANDUP_BODY_TIMEOUT", default_value_t = seconds(Bounds::default().body_timeout), value_parser = value_parser!(u64).range(1..=3_600))]
    body_timeout: u64,

    /// How long all of a request's body may take, in seconds
    #[arg(long, env = "HANDUP_BODY_DEADLINE", default_value_t = seconds(Bounds::default().body_deadline), value_parser = value_parser!(u64).range(1..=3_600))]
    body_deadline: u64,

    /// How long a client may read nothing of a response before its connection is closed, in seconds
    #[arg(long, env = "HANDUP_WRITE_TIMEOUT", default_value_t = seconds(Bounds::default().write_timeout), value_parser = value_parser!(u64).range(1..=3_600))]
    write_timeout: u64,

    /// How many MiB one class may take, on disk and in memory
    #[arg(long, env = "HANDUP_MAX_CLASS_MIB", default_value_t = mib(Bounds::default().class_bytes), value_parser = value_parser!(u64).range(1..=1_048_576))]
    max_class_mib: u64,

    /// How many MiB may be written for one network in a day
    #[arg(long, env = "HANDUP_MAX_NETWORK_MIB_PER_DAY", default_value_t = mib(Bounds::default().network_bytes_a_day), value_parser = value_parser!(u64).range(8..=262_143))]
    max_network_mib_per_day: u64,
}

/// As [`Bounds`] has it.
const LONGEST_HEADERS: u32 = 32 * 1_024;

const fn mib(bytes: u64) -> u64 {
    bytes >> 20
}

const fn seconds(time: Duration) -> u64 {
    time.as_secs()
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or("must be at least 1".to_owned())
}

impl BoundsOptions {
    /// How many files have to be open for so many connections.
    pub const fn files_for(connections: usize) -> usize {
        connections + KEPT_FILES
    }

    /// The bounds, as far as this many open files allow: a connection is one.
    pub fn within(&self, files: u64) -> Bounds {
        let files = usize::try_from(files).unwrap_or(usize::MAX);
        let connections = self.max_connections.min(files.saturating_sub(KEPT_FILES).max(1));
        let half = connections.div_ceil(2);
        Bounds {
            connections,
            connections_of_network: self.max_connections_per_network.unwrap_or(half),
            streams_of_member: self.max_streams_per_member,
            header_timeout: Duration::from_secs(self.header_timeout),
            idle_timeout: Duration::from_secs(self.idle_timeout),
            header_bytes: self.max_header_bytes as usize,
            body_timeout: Duration::from_secs(self.body_timeout),
            body_deadline: Duration::from_secs(self.body_deadline),
            write_timeout: Duration::from_secs(self.write_timeout),
            class_bytes: self.max_class_mib << 20,
            network_bytes_a_day: self.max_network_mib_per_day << 20,
        }
    }
}

/// Open files that are no connections: the database's, those of the system, and room to turn
/// somebody away.
const KEPT_FILES: usize = 320;

/// What the program can do beside serving.
#[derive(Subcommand, Clone)]
pub enum Instead {
    /// Ask for a password and print its argon2 hash, for `HANDUP_ADMIN_PASSWORD_HASH`
    HashPassword,
    /// Make a key for a program that is to begin classes and act in them, and print the section of it for
    /// the file of `--integrations`. The key itself is shown this once, on standard error
    IntegrationKey {
        /// The name of the program, such as `moodle`
        #[arg(value_parser = integration)]
        name: String,
    },
    /// Copy the database into a new file and verify the copy; a server may be running. To restore
    /// it, stop the server, put the copy in the place of the database and of the files beside it
    /// whose names begin with its name and `-`, and start the server
    Backup {
        /// The file to make; nothing is overwritten
        file: PathBuf,
    },
    /// Move everything from a database file into a database of PostgreSQL's, or back. Nothing is served
    /// from either meanwhile; what is moved stays where it was as well. Stopped in the middle, it goes on
    /// when it is started again
    Move {
        /// Where everything is
        #[arg(long)]
        from: Database,
        /// Where it is to be: an empty database, or a file that is not there yet
        #[arg(long)]
        to: Database,
    },
    /// Look whether the configuration, the machine and what is in between are as they have to be, and say
    /// what to do: with the flags that the server is started with, in the same environment, whether the
    /// server runs or not. Nothing is changed
    Doctor {
        /// Print JSON, for a program
        #[arg(long)]
        json: bool,
    },
    /// Print the description of the HTTP API (OpenAPI 3.1), for programs that make clients of it
    Openapi,
    /// Verify a database file: whether it is intact and this version can serve it. Nothing is changed
    Check {
        /// The database, or a copy of it
        file: PathBuf,
    },
    /// Ask a server whether it can serve, and fail when it cannot: for what watches over it, such as a
    /// container's health check
    Healthy {
        /// Where it is, such as `http://127.0.0.1:3000` [default: at `--listen` on this machine]
        #[arg(value_parser = plain_origin)]
        origin: Option<http::Uri>,
    },
    /// Write the pages of the manual, for packages
    #[command(hide = true)]
    Manual {
        /// An existing folder to write them into
        folder: PathBuf,
    },
    /// Print what completes commands in a shell, for packages
    #[command(hide = true)]
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// How log lines look.
#[derive(Clone, Copy, ValueEnum)]
pub enum LogFormat {
    /// For a person
    Text,
    /// For a program: one JSON object a line
    Json,
}

impl LogFormat {
    /// Starts logging to standard error. What is logged follows `RUST_LOG`.
    pub fn start(self) {
        let filter = EnvFilter::try_from_default_env();
        let filter = filter.unwrap_or_else(|_| EnvFilter::new(DEFAULT_LOG_FILTER));
        let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
        match self {
            Self::Text => logs.init(),
            Self::Json => logs.json().init(),
        }
    }
}

fn time_zone(name: &str) -> Result<Zone, String> {
    let wrong = || "not a known time zone; use a name such as Europe/Berlin".to_owned();
    Zone::named(name).ok_or_else(wrong)
}

fn network(text: &str) -> Result<IpNet, String> {
    let one = text.parse().map(|address: IpAddr| IpNet::from(address.to_canonical()));
    one.or_else(|_| text.parse().map(|network: IpNet| network.trunc()))
        .map_err(|_| "must be an address or a network such as 10.0.0.0/8".to_owned())
}

/// The name of an integration.
fn integration(text: &str) -> Result<String, String> {
    let wrong = || "is letters, digits, - and _, at most 64".to_owned();
    is_integration_name(text).then(|| text.to_owned()).ok_or_else(wrong)
}

/// An address, with or without a port.
fn voice_address(text: &str) -> Result<SocketAddr, String> {
    let alone = text.parse().map(|address: IpAddr| SocketAddr::new(address, 0));
    let wrong = "must be an address such as 192.0.2.1, or one with a port such as 192.0.2.1:3478";
    alone.or_else(|_| text.parse()).map_err(|_| wrong.to_owned())
}

fn stun(text: &str) -> Result<String, String> {
    ice_server(text, &["stun:", "stuns:"])
        .ok_or("must be an address such as stun:stun.example:3478".to_owned())
}

fn turn(text: &str) -> Result<String, String> {
    ice_server(text, &["turn:", "turns:"])
        .ok_or("must be an address such as turn:turn.example:3478".to_owned())
}

/// The address of a server that helps calls, when it is one of these schemes.
fn ice_server(text: &str, schemes: &[&str]) -> Option<String> {
    let host = schemes.iter().find_map(|scheme| text.strip_prefix(scheme))?;
    let is_host =
        !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || "/@#".contains(c));
    is_host.then(|| text.to_owned())
}

fn origin(text: &str) -> Result<String, String> {
    let wrong = || "must be an origin such as https://handup.example, without a path".to_owned();
    let text = text.strip_suffix('/').unwrap_or(text);
    let uri: http::Uri = text.parse().map_err(|_| wrong())?;
    let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
    let is_bare = uri.path() == "/" && uri.query().is_none();
    let has_user = uri.authority().is_none_or(|authority| authority.as_str().contains('@'));
    if is_web && is_bare && !has_user { Ok(text.to_owned()) } else { Err(wrong()) }
}

/// The origin of a server that is asked without TLS.
fn plain_origin(text: &str) -> Result<http::Uri, String> {
    let wrong = "must be an origin such as http://127.0.0.1:3000: what does https is asked by other \
                 means, such as curl";
    let text = origin(text)?;
    if !text.starts_with("http://") {
        return Err(wrong.to_owned());
    }
    text.parse().map_err(|_| wrong.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_for_calls_are_addresses_of_their_scheme() {
        assert_eq!(stun("stun:stun.example"), Ok("stun:stun.example".to_owned()));
        assert!(turn("turns:turn.example:443?transport=tcp").is_ok());
        for text in ["stun:", "turn:a.example", "stun.example", "stun://a.example", "stun:a b", ""]
        {
            assert!(stun(text).is_err(), "{text}");
        }
    }

    #[test]
    fn voice_is_reached_at_an_address_with_or_without_a_port() {
        for (text, expected) in
            [("192.0.2.1", "192.0.2.1:0"), ("[2001:db8::1]:5", "[2001:db8::1]:5")]
        {
            assert_eq!(voice_address(text), Ok(expected.parse().expect("an address")));
        }
        for text in ["voice.example", "192.0.2.1:", "192.0.2.1:70000", ""] {
            assert!(voice_address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_proxy_is_an_address_or_a_network() {
        for (text, expected) in [
            ("127.0.0.1", "127.0.0.1/32"),
            ("::ffff:192.0.2.1", "192.0.2.1/32"),
            ("2001:db8::1", "2001:db8::1/128"),
            ("10.1.2.3/8", "10.0.0.0/8"),
        ] {
            assert_eq!(network(text).map(|network| network.to_string()), Ok(expected.to_owned()));
        }
        for text in ["", "nginx", "10.0.0.0/33", "10.0.0", "127.0.0.1:80"] {
            assert!(network(text).is_err(), "{text}");
        }
    }

    #[test]
    fn there_are_no_more_connections_than_files() {
        let options = Options::parse_from(["handup"]).bounds;
        assert_eq!(options.within(u64::MAX), Bounds::default());
        assert_eq!(options.within(1_024).connections, 704);
        for wrong in ["--max-connections=0", "--header-timeout=0", "--max-header-bytes=100"] {
            assert!(Options::try_parse_from(["handup", wrong]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_doctor_takes_the_flags_of_serving_before_and_behind_its_name() {
        let (listen, url) = ("--listen=127.0.0.1:1", "--public-url=https://a.example");
        for arguments in [
            ["handup", listen, url, "doctor", "--json"],
            ["handup", "doctor", "--json", listen, url],
            ["handup", "doctor", listen, url, "--json"],
        ] {
            let options = Options::read_from(arguments).expect("options");
            assert_eq!(options.listen.port(), 1, "{arguments:?}");
            assert_eq!(options.public_url.as_deref(), Some("https://a.example"));
            assert!(matches!(options.command, Some(Instead::Doctor { json: true })));
        }
        assert!(Options::read_from(["handup", "check", "x", listen]).is_err());
    }

    #[test]
    fn no_error_repeats_a_secret() {
        for arguments in [
            &["handup", "--database", "postgres://u:canary@h:99999/x"][..],
            &["handup", "--node-secret", "canary"],
            &["handup", "doctor", "--node-secret", "canary"][..],
            &["handup", "move", "--from", "a", "--to", "postgres://u:canary@h:99999/x"],
        ] {
            let error = Options::read_from(arguments).err().expect("wrong").to_string();
            assert!(!error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn a_server_is_asked_for_its_health_without_tls() {
        assert!(plain_origin("http://127.0.0.1:3000/").is_ok());
        for text in ["https://handup.example", "127.0.0.1:3000", "http://a.example/readyz", ""] {
            assert!(plain_origin(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_public_url_is_an_origin() {
        assert_eq!(origin("https://handup.example/"), Ok("https://handup.example".to_owned()));
        assert_eq!(origin("http://192.0.2.1:3000"), Ok("http://192.0.2.1:3000".to_owned()));
        for text in
            ["handup.example", "ftp://a.example", "https://a.example/b", "https://u@a.b", ""]
        {
            assert!(origin(text).is_err(), "{text}");
        }
    }
}
