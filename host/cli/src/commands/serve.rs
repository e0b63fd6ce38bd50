//! `dispatch serve`: the host, from its first file to its last answer.

mod credentials;
mod gateways;
mod log;
mod messages;
mod start;
mod stop;

use std::net::SocketAddr;
use std::path::PathBuf;

use dispatch_api::Limits;

use crate::failure::Failure;
use crate::house::database::DatabaseArgs;

/// Run the host
///
/// Without a database URL it runs a private Postgres below the data folder. The first
/// start makes a keyring there; `dispatch token mint` makes tokens from it.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where to listen
    #[arg(
        long,
        env = "DISPATCH_LISTEN",
        default_value = "127.0.0.1:7711",
        value_name = "ADDRESS:PORT"
    )]
    listen: SocketAddr,
    /// Listen on an address that other machines reach; put TLS in front of it
    #[arg(long, env = "DISPATCH_ALLOW_REMOTE")]
    allow_remote: bool,
    #[command(flatten)]
    database: DatabaseArgs,
    /// Connections to the database; 0 for as many as the machine's cores call for
    #[arg(long, env = "DISPATCH_MAX_CONNECTIONS", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=500), value_name = "N")]
    max_connections: u32,
    /// The pack's folder; the shipped one where not given
    #[arg(long, env = "DISPATCH_POLICIES", value_name = "FOLDER")]
    policies: Option<PathBuf>,
    /// Take a changed folder up only where no more recorded calls than this would be judged
    /// otherwise, or cannot be read
    #[arg(long, env = "DISPATCH_MAX_FLIPS", value_name = "N")]
    max_flips: Option<u64>,
    /// Take a changed folder up when nothing in it has changed for so many milliseconds; who
    /// copies file by file must not pause for longer
    #[arg(long, env = "DISPATCH_FOLDER_REST_MS", default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(100..=60_000), value_name = "MS")]
    folder_rest_ms: u64,
    /// Take only packs that are signed by a trusted key
    #[arg(long, env = "DISPATCH_REQUIRE_SIGNED", requires = "trusted_keys")]
    require_signed: bool,
    /// A public key whose signatures count, as `dispatch policy keygen` writes it; repeatable
    #[arg(
        long = "trusted-key",
        env = "DISPATCH_TRUSTED_KEYS",
        value_delimiter = ':',
        value_name = "FILE"
    )]
    trusted_keys: Vec<PathBuf>,
    /// Take no calls while another pack is active that this host cannot load or see
    #[arg(long, env = "DISPATCH_REFUSE_WHEN_STALE")]
    refuse_when_stale: bool,
    /// Where photos and papers are kept: a folder, or s3://bucket?endpoint=..&region=..;
    /// below the data folder where not given
    #[arg(long, env = "DISPATCH_OBJECTS", value_name = "FOLDER|S3-URL")]
    objects: Option<String>,
    /// Whose name is on the papers: a TOML file with name, address_lines, phone, email, tax_id
    #[arg(long, env = "DISPATCH_COMPANY", value_name = "FILE")]
    company: Option<PathBuf>,
    /// The keyring; made below the data folder where not given
    #[arg(long, env = "DISPATCH_KEYRING_FILE", value_name = "FILE")]
    keyring: Option<PathBuf>,
    /// Whom tokens must be for
    #[arg(long, env = "DISPATCH_AUDIENCE", default_value = dispatch_identity::ISSUER)]
    audience: String,
    /// Where agents on gateways reach this host, where that is not the address listened on
    #[arg(long, env = "DISPATCH_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// Templates of agents' files that go before the shipped ones: a folder with AGENTS.md, ..
    #[arg(long, env = "DISPATCH_AGENT_TEMPLATES", value_name = "FOLDER")]
    agent_templates: Option<PathBuf>,
    /// Templates of messages that go before the shipped ones: a folder with customer_eta.txt, ..
    #[arg(long, env = "DISPATCH_MESSAGE_TEMPLATES", value_name = "FOLDER")]
    message_templates: Option<PathBuf>,
    /// Seconds that a gateway may be in trouble before an operator is called
    #[arg(long, env = "DISPATCH_GATEWAY_ALERT_S", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..), value_name = "N")]
    gateway_alert_s: u64,
    /// Requests a second of one principal, sustained
    #[arg(long, env = "DISPATCH_RATE_PER_S", default_value_t = Limits::default().rate_per_s, value_parser = clap::value_parser!(u32).range(1..), value_name = "N")]
    rate_per_s: u32,
    /// Requests of one principal at once
    #[arg(long, env = "DISPATCH_BURST", default_value_t = Limits::default().burst, value_parser = clap::value_parser!(u32).range(1..), value_name = "N")]
    burst: u32,
    /// How to log, to standard error; RUST_LOG says how much
    #[arg(long, env = "DISPATCH_LOG_FORMAT", value_enum, default_value_t = log::Format::Pretty)]
    log_format: log::Format,
}

/// Threads that serve: half the cores, since Postgres works as hard as we do, and a call
/// that stays on one thread wakes no other. `TOKIO_WORKER_THREADS` says otherwise.
/// What takes longer than a verdict (papers, files, compiling) has threads of its own.
fn workers() -> usize {
    let told = std::env::var("TOKIO_WORKER_THREADS").ok();
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    told.and_then(|text| text.parse().ok())
        .filter(|told| (1..=512).contains(told))
        .unwrap_or(cores.div_ceil(2))
}

impl Args {
    pub(crate) fn run(self) -> Result<(), Failure> {
        self.may_listen()?;
        stop::unblock()?;
        log::begin(self.log_format)?;
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(workers())
            .enable_all()
            .build()
            .map_err(|error| Failure::Other(error.into()))?
            .block_on(self.serve())
    }

    async fn serve(self) -> Result<(), Failure> {
        let mut signals = stop::Signals::listen()?;
        let started = tokio::select! {
            started = start::start(self) => started?,
            () = signals.stop() => {
                tracing::info!("told to stop before it was ready");
                return Ok(());
            }
        };
        let stopping = started.stopping.clone();
        let watch = tokio::spawn(async move {
            signals.stop().await;
            tracing::info!("stopping: finishing what is under way");
            stopping.cancel();
            signals.stop().await;
            tracing::warn!("told twice: ending at once");
            std::process::exit(130);
        });
        started.run().await;
        watch.abort();
        Ok(())
    }

    /// Tokens and tickets do not leave this machine unless somebody says so.
    fn may_listen(&self) -> Result<(), Failure> {
        if self.listen.ip().is_loopback() || self.allow_remote {
            return Ok(());
        }
        Err(Failure::usage(format!(
            "{} is reached from other machines, and requests come in plain HTTP: listen on \
             127.0.0.1, or add --allow-remote and put TLS in front of it",
            self.listen
        )))
    }

    fn limits(&self) -> Limits {
        Limits {
            rate_per_s: self.rate_per_s,
            burst: self.burst,
            ..Limits::default()
        }
    }
}
