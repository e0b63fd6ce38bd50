//! The order in which a host starts, each step timed. The port comes first: where it
//! is taken, nothing else is touched.

use std::fs::DirBuilder;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dispatch_api::Api;
use dispatch_desk::{Clock, Desk, Following, OpenError, PackAlarm, PackSettings, Parts};
use dispatch_engine::{Engine, EngineConfig, TrustedKey};
use dispatch_identity::{RevocationList, Verifier, VerifierConfig};
use dispatch_objects::Objects;
use dispatch_switchboard::Switchboard;
use dispatch_worker::{Checks, Running};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::messages::{Later, Words};
use super::{Args, credentials, gateways};
use crate::failure::{Failure, chain};
use crate::house::database::{Database, blocking};
use crate::house::{company, keyring, objects, policies};
use crate::out;
use crate::show::clean;
use crate::show::paint::Paint;

/// Once the desk is closed and every listing answered, connections end by themselves.
const CLOSE: Duration = Duration::from_secs(20);

/// A check on an agent that is under way may take so long.
const CHECKS_END: Duration = Duration::from_secs(5);

/// A host that is ready.
pub(super) struct Started {
    pub(super) stopping: CancellationToken,
    api: Api,
    listener: TcpListener,
    desk: Desk,
    switchboard: Switchboard,
    checks: Running,
    later: Later,
    database: Database,
    following: Following,
    refreshing: JoinHandle<()>,
}

/// Says how long each step took.
struct Steps {
    began: Instant,
    last: Instant,
}

impl Steps {
    fn begin() -> Self {
        let now = Instant::now();
        Self {
            began: now,
            last: now,
        }
    }

    fn done(&mut self, step: &'static str) {
        let took_ms = self.last.elapsed().as_millis();
        tracing::info!(took_ms, "{step}");
        self.last = Instant::now();
    }
}

pub(super) async fn start(args: Args) -> Result<Started, Failure> {
    let mut steps = Steps::begin();
    args.database.check()?;
    let data_dir = args.database.data_dir();
    let objects = objects::parse(args.objects.as_deref(), &data_dir).map_err(Failure::Usage)?;
    let company = company::read(args.company.as_deref())?;
    let listener = bind(&args).await?;
    let address = listener
        .local_addr()
        .map_err(|error| Failure::Other(error.into()))?;
    if !args.database.is_private() {
        make_private(&data_dir)?;
    }
    let database = args.database.open().await?;
    // from here on the cluster runs: whatever fails, it is stopped
    match rest(
        args, address, &database, &data_dir, objects, company, &mut steps,
    )
    .await
    {
        Ok(parts) => {
            let Rest {
                api,
                desk,
                switchboard,
                checks,
                later,
                following,
                refreshing,
                stopping,
            } = parts;
            let took_ms = steps.began.elapsed().as_millis();
            out::text(&format!("ready on http://{address} in {took_ms} ms\n"));
            out::text(&banner(&desk.pack_alarm(), Paint::of_stdout()));
            Ok(Started {
                stopping,
                api,
                listener,
                desk,
                switchboard,
                checks,
                later,
                database,
                following,
                refreshing,
            })
        }
        Err(failure) => {
            database.close().await;
            Err(failure)
        }
    }
}

/// What a host is made of, but for its port and its database.
struct Rest {
    api: Api,
    desk: Desk,
    switchboard: Switchboard,
    checks: Running,
    later: Later,
    following: Following,
    refreshing: JoinHandle<()>,
    stopping: CancellationToken,
}

async fn rest(
    args: Args,
    address: SocketAddr,
    database: &Database,
    data_dir: &Path,
    objects: dispatch_objects::ObjectsConfig,
    company: dispatch_documents::Company,
    steps: &mut Steps,
) -> Result<Rest, Failure> {
    let words = Words::read(&args, &company)?;
    let ledger = database.ledger(args.max_connections).await?;
    steps.done("database is up to date");
    let objects = Objects::open(&objects).map_err(|error| Failure::Other(error.into()))?;
    steps.done("objects are open");
    let ring_file = args
        .keyring
        .clone()
        .unwrap_or_else(|| data_dir.join("keyring.toml"));
    let verifier = Verifier::new(
        keyring::load_or_make(&ring_file)?,
        VerifierConfig {
            audience: args.audience.clone(),
            ..VerifierConfig::default()
        },
        RevocationList::default(),
    );
    steps.done("keyring is read");
    let engine = engine(&args, data_dir).await?;
    steps.done("engine is ready");
    let folder = args
        .policies
        .clone()
        .unwrap_or_else(policies::default_folder);
    let parts = Parts {
        engine,
        ledger: ledger.clone(),
        objects,
        company,
        clock: Clock::system(),
        packs: PackSettings {
            max_flips: args.max_flips,
            folder_rest: Duration::from_millis(args.folder_rest_ms),
            refuse_when_stale: args.refuse_when_stale,
        },
    };
    let desk = open_desk(parts, &folder).await?;
    steps.done("pack is loaded and tested");
    let verifier = Arc::new(verifier);
    credentials::refresh(&desk, &verifier).await;
    let refreshing = credentials::follow(desk.clone(), Arc::clone(&verifier), ring_file);
    let following = desk.follow_packs(&folder);
    let stopping = CancellationToken::new();
    let switchboard = gateways::switchboard(&args, address, &desk, ledger)?;
    let checks = Checks::start(switchboard.clone());
    steps.done("switchboard is ready");
    let api = Api::new(
        desk.clone(),
        switchboard.clone(),
        verifier,
        args.limits(),
        stopping.clone(),
    );
    let later = Later::begin(&args, words, &desk, &switchboard, api.outbox());
    Ok(Rest {
        api,
        desk,
        switchboard,
        checks,
        later,
        following,
        refreshing,
        stopping,
    })
}

async fn bind(args: &Args) -> Result<TcpListener, Failure> {
    TcpListener::bind(args.listen).await.map_err(|error| {
        let context = format!(
            "cannot listen on {}: another program may have the port; choose another with --listen",
            args.listen
        );
        Failure::Other(anyhow::Error::from(error).context(context))
    })
}

/// A private cluster makes the data folder itself, with the rights it needs.
fn make_private(folder: &Path) -> Result<(), Failure> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| {
            let context = format!(
                "the data folder {} cannot be made; choose another with --data-dir",
                folder.display()
            );
            Failure::Other(anyhow::Error::from(error).context(context))
        })
}

async fn engine(args: &Args, data_dir: &Path) -> Result<Engine, Failure> {
    let keys = args.trusted_keys.iter().map(|file| {
        TrustedKey::read(file).map_err(|error| {
            let said = format!("--trusted-key {}: {}", file.display(), chain(&error));
            Failure::usage(said)
        })
    });
    let config = EngineConfig {
        cache_dir: Some(data_dir.join("compiled")),
        trusted_keys: keys.collect::<Result<_, _>>()?,
        require_signed: args.require_signed,
        ..EngineConfig::default()
    };
    blocking(move || Engine::new(config))
        .await?
        .map_err(|error| Failure::Other(error.into()))
}

async fn open_desk(parts: Parts, folder: &Path) -> Result<Desk, Failure> {
    Desk::open(parts, folder)
        .await
        .map_err(|error| match error {
            OpenError::Ledger(error) => Failure::unreachable("the database does not answer", error),
            error => Failure::Other(error.into()),
        })
}

/// What an operator must know of the pack at the start: that it is not the folder's.
fn banner(alarm: &PackAlarm, paint: Paint) -> String {
    let bad = paint.bad("NOT THE FOLDER'S PACK:");
    match alarm {
        PackAlarm {
            last_good: Some(why),
            ..
        } => format!(
            "{bad} the last good one judges, since the folder's was refused\n  {}\n",
            clean(&why.to_string())
        ),
        PackAlarm {
            superseded: true, ..
        } => format!(
            "{bad} other content was activated since the folder's; `dispatch policy log` says by \
             whom\n"
        ),
        _ => String::new(),
    }
}

impl Started {
    /// Serve until told to stop, then put everything down in order.
    pub(super) async fn run(self) {
        dispatch_api::serve(self.api, self.listener).await;
        drop(self.following);
        self.refreshing.abort();
        self.later.stop().await;
        // what it leaves half-done it finds again
        let _ = tokio::time::timeout(CHECKS_END, self.checks.stop()).await;
        self.switchboard.stop().await;
        if tokio::time::timeout(CLOSE, self.desk.close())
            .await
            .is_err()
        {
            tracing::error!("the ledger did not close in time");
        }
        self.database.close().await;
        tracing::info!("stopped");
    }
}
