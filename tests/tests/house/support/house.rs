//! A house of a test's own: the real desk and API in this process, on a clone of the
//! database, the shipped pack and a folder for objects.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use dispatch_api::{Api, Limits};
use dispatch_desk::{Clock, Desk, PackSettings, Parts};
use dispatch_documents::Company;
use dispatch_engine::{Engine, EngineConfig, TrustedKey};
use dispatch_identity::{RevocationList, Verifier, VerifierConfig};
use dispatch_ledger::Ledger;
use dispatch_objects::{Objects, ObjectsConfig};
use dispatch_switchboard::{Parts as SwitchboardParts, Switchboard, Templates};
use dispatch_testing::TestDatabase;
use reqwest::Method;
use serde_json::json;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::front::Front;
use super::pack;
use super::people::{INACTIVE_TECHNICIAN, OTHER_TECHNICIAN, People, TECHNICIAN};

/// What a test may have otherwise than the rest.
pub(crate) struct Settings {
    pub(crate) pack: PathBuf,
    pub(crate) limits: Limits,
    pub(crate) packs: PackSettings,
    pub(crate) trusted: Vec<TrustedKey>,
    pub(crate) require_signed: bool,
}

impl Default for Settings {
    /// The shipped pack, and callers who may call as often as they like.
    fn default() -> Self {
        Self {
            pack: pack::shipped(),
            limits: Limits {
                rate_per_s: 1_000_000,
                burst: 1_000_000,
                ..Limits::default()
            },
            packs: PackSettings {
                folder_rest: Duration::from_millis(600),
                ..PackSettings::default()
            },
            trusted: Vec::new(),
            require_signed: false,
        }
    }
}

const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A host in this process.
pub(crate) struct Host {
    pub(crate) front: Front,
    desk: Desk,
    pub(crate) switchboard: Switchboard,
    stopping: CancellationToken,
    serving: JoinHandle<()>,
    _following: dispatch_desk::Following,
}

impl Host {
    async fn start(
        url: &str,
        objects: &Path,
        settings: &Settings,
        people: &People,
        listen: SocketAddr,
    ) -> Self {
        let components = pack::shipped().join("components/ticket-create.wasm");
        assert!(components.exists(), "run `cargo xtask guests` first");
        // shared by every test process: the first one compiles
        let compiled = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled");
        let engine = Engine::new(EngineConfig {
            cache_dir: Some(compiled),
            trusted_keys: settings.trusted.clone(),
            require_signed: settings.require_signed,
            ..EngineConfig::default()
        });
        let objects = Objects::open(&ObjectsConfig::Local {
            folder: objects.to_owned(),
        });
        let ledger = Ledger::connect(url, 0).await.expect("the database");
        let parts = Parts {
            engine: engine.expect("an engine"),
            ledger: ledger.clone(),
            objects: objects.expect("a folder"),
            company: Company {
                name: "Test Doors".into(),
                ..Company::default()
            },
            clock: Clock::system(),
            packs: settings.packs.clone(),
        };
        let desk = Desk::open(parts, &settings.pack).await.expect("a desk");
        let following = desk.follow_packs(&settings.pack);
        let revoked = RevocationList::new(desk.revoked().await.expect("the list"));
        let verifier = Verifier::new((*people.keys).clone(), VerifierConfig::default(), revoked);
        let stopping = CancellationToken::new();
        let listener = TcpListener::bind(listen).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (clock, pen) = (desk.clone(), desk.clone());
        let switchboard = Switchboard::new(SwitchboardParts {
            ledger,
            house: dispatch_switchboard::House::new(
                move || clock.now(),
                move |kind, actor| pen.begin_fact(kind, actor),
            ),
            templates: Templates::shipped(),
            base_url: format!("http://{address}"),
        });
        let api = Api::new(
            desk.clone(),
            switchboard.clone(),
            Arc::new(verifier),
            settings.limits.clone(),
            stopping.clone(),
        );
        Self {
            front: Front::new(format!("http://{address}"), people.clone()),
            desk,
            switchboard,
            stopping,
            serving: tokio::spawn(dispatch_api::serve(api, listener)),
            _following: following,
        }
    }

    async fn stop(&mut self) {
        self.stopping.cancel();
        (&mut self.serving).await.expect("it ends well");
        self.switchboard.stop().await;
        self.desk.close().await;
    }
}

/// A database, objects, and a host on them.
pub(crate) struct House {
    pub(crate) database: TestDatabase,
    pub(crate) host: Host,
    settings: Settings,
    objects: TempDir,
}

/// Brings the object store back when dropped.
pub(crate) struct ObjectsAway {
    folder: PathBuf,
    aside: PathBuf,
}

impl Drop for ObjectsAway {
    fn drop(&mut self) {
        std::fs::remove_file(&self.folder).expect("the file");
        std::fs::rename(&self.aside, &self.folder).expect("brought back");
    }
}

impl Deref for House {
    type Target = Front;
    fn deref(&self) -> &Front {
        &self.host.front
    }
}

impl House {
    pub(crate) async fn start() -> Self {
        Self::with(Settings::default()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let database = TestDatabase::new().await;
        let objects = tempfile::tempdir().expect("a folder");
        let people = People::new();
        let (url, folder) = (database.url(), objects.path());
        let host = Host::start(url, folder, &settings, &people, ANY_PORT).await;
        let house = Self {
            database,
            host,
            settings,
            objects,
        };
        house.register().await;
        house
    }

    async fn register(&self) {
        for (id, active) in [
            (TECHNICIAN, true),
            (OTHER_TECHNICIAN, true),
            (INACTIVE_TECHNICIAN, false),
        ] {
            let entry =
                json!({ "name": "Tess Ohm", "active": active, "timezone": "America/Chicago" });
            let path = format!("/v0/technicians/{id}");
            // a person of their own: the operator's rate is the test's
            let clerk = self
                .people
                .person(dispatch_contract::Role::OperatorAdmin, id);
            let request = self.request(&clerk, Method::PUT, &path).json(&entry);
            let response = request.send().await.expect("an answer");
            assert_eq!(response.status(), 200);
        }
    }

    /// Another host on the same database and objects.
    pub(crate) async fn second_host(&self) -> Host {
        self.second_host_with(&self.settings).await
    }

    /// Another host, set up otherwise.
    pub(crate) async fn second_host_with(&self, settings: &Settings) -> Host {
        let objects = self.objects.path();
        let url = self.database.url();
        Host::start(url, objects, settings, &self.people, ANY_PORT).await
    }

    /// A host begins again where the one that ended listened.
    pub(crate) async fn comes_back(&mut self) {
        let address = self.base.strip_prefix("http://").expect("an address");
        let listen = address.parse().expect("an address");
        let (url, objects) = (self.database.url(), self.objects.path());
        self.host = Host::start(url, objects, &self.settings, &self.people, listen).await;
    }

    /// The host ends; every call under way is answered first.
    pub(crate) async fn stop(&mut self) {
        self.host.stop().await;
    }

    /// The host ends, another begins on what it left.
    pub(crate) async fn restart(&mut self) {
        if !self.host.serving.is_finished() {
            self.stop().await;
        }
        self.host = self.second_host().await;
    }

    /// An object's bytes, past the host.
    pub(crate) fn object(&self, key: &str) -> Vec<u8> {
        std::fs::read(self.objects.path().join(key)).expect("the object")
    }

    /// An object is lost, past the host.
    pub(crate) fn lose_object(&self, key: &str) {
        std::fs::remove_file(self.objects.path().join(key)).expect("the object");
    }

    /// What a host that was killed left of an upload, so many hours ago.
    pub(crate) fn leave_half_an_upload(&self, name: &str, hours: u64) -> PathBuf {
        let path = self.objects.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        let file = std::fs::File::create(&path).expect("a file");
        let then = std::time::SystemTime::now() - std::time::Duration::from_secs(hours * 3600);
        file.set_modified(then).expect("a time");
        path
    }

    /// The object store is away while the returned guard lives.
    pub(crate) fn cut_objects(&self) -> ObjectsAway {
        let folder = self.objects.path().to_owned();
        let aside = folder.with_extension("aside");
        std::fs::rename(&folder, &aside).expect("set aside");
        // whatever is asked of a folder that is a file fails, and is no "not found"
        std::fs::write(&folder, b"").expect("a file");
        ObjectsAway { folder, aside }
    }

    /// Ends every session of the database and lets nobody in.
    pub(crate) async fn cut_database(&self) {
        self.admit_to_database(false).await;
    }

    /// Lets sessions in again.
    pub(crate) async fn restore_database(&self) {
        self.admit_to_database(true).await;
    }

    async fn admit_to_database(&self, admit: bool) {
        let name = self.database.name();
        let options: sqlx::postgres::PgConnectOptions = self.database.url().parse().expect("a URL");
        let mut admin = options
            .database("postgres")
            .connect()
            .await
            .expect("the server");
        let alter = format!("ALTER DATABASE {name} ALLOW_CONNECTIONS {admit}");
        sqlx::query(AssertSqlSafe(alter))
            .execute(&mut admin)
            .await
            .expect("altered");
        if !admit {
            sqlx::query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1",
            )
            .bind(name)
            .execute(&mut admin)
            .await
            .expect("ended");
        }
        admin.close().await.expect("closed");
    }
}
