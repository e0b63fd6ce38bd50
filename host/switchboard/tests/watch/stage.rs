//! A switchboard on a database of its own, with gateways in its register.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use dispatch_contract::actor::{Actor, Role};
use dispatch_contract::event::{Event, EventType, PackRef};
use dispatch_contract::gateway::{Gateway, GatewayStatus};
use dispatch_contract::gateway_health::GatewayHealth;
use dispatch_contract::reading::AuditFilter;
use dispatch_contract::{EventId, GatewayId, OrganizationId, PrincipalId, Timestamp};
use dispatch_ledger::{HouseEvent, Ledger};
use dispatch_provision::Templates;
use dispatch_switchboard::watch::{WatchSettings, Watching};
use dispatch_switchboard::{House, Parts, Switchboard, Visitor};
use dispatch_testing::TestDatabase;
use serde_json::Value;
use ulid::Ulid;

/// How long something that must come about may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Stage {
    database: TestDatabase,
    pub(crate) host: Host,
    folder: tempfile::TempDir,
}

/// One host of the house.
pub(crate) struct Host {
    pub(crate) ledger: Ledger,
    pub(crate) switchboard: Switchboard,
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let micros = since.expect("after 1970").as_micros();
    Timestamp::from_micros(i64::try_from(micros).expect("in range")).expect("in the calendar")
}

pub(crate) fn event(kind: EventType, actor: Option<Actor>) -> HouseEvent {
    HouseEvent {
        event_id: EventId(Ulid::generate()),
        occurred_at: now(),
        request_id: "watch".into(),
        kind,
        actor: actor.unwrap_or(Actor {
            role: Role::OperatorAdmin,
            id: PrincipalId(Ulid::nil()),
        }),
        payload: Value::Null,
        correlation_id: None,
        pack: PackRef {
            name: "real-dispatch".into(),
            version: "0.1.0".into(),
            digest: "ab".repeat(32),
        },
    }
}

impl Host {
    async fn new(url: &str) -> Self {
        let ledger = Ledger::connect(url, 6).await.expect("connects");
        let switchboard = Switchboard::new(Parts {
            ledger: ledger.clone(),
            house: House::new(now, event),
            templates: Templates::shipped(),
            base_url: "http://127.0.0.1:7711".into(),
        });
        Self {
            ledger,
            switchboard,
        }
    }

    /// Watches, and calls an operator about what lasts so long.
    pub(crate) fn watch(&self, lasting: Duration) -> Watching {
        self.switchboard.watch(WatchSettings {
            lasting,
            steady: Duration::from_secs(1),
        })
    }

    pub(crate) async fn health(&self, id: GatewayId) -> GatewayHealth {
        let health = self.switchboard.health(&Visitor::the_house(), id).await;
        health.expect("it is registered")
    }

    /// Waits until it is seen so.
    pub(crate) async fn until(
        &self,
        id: GatewayId,
        seen: impl Fn(&GatewayHealth) -> bool,
    ) -> GatewayHealth {
        let began = Instant::now();
        loop {
            let health = self.health(id).await;
            if seen(&health) {
                return health;
            }
            assert!(began.elapsed() < PATIENCE, "never seen so: {health:#?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until it is in this condition.
    pub(crate) async fn found(&self, id: GatewayId, status: GatewayStatus) -> GatewayHealth {
        self.until(id, |health| health.status == status).await
    }

    /// Events of a kind, the oldest first.
    pub(crate) async fn events(&self, kind: EventType) -> Vec<Event> {
        let filter = AuditFilter {
            kind: Some(kind),
            limit: 200,
            ..AuditFilter::default()
        };
        let mut events = self.ledger.audit(&filter).await.expect("a page").items;
        events.reverse();
        events
    }

    /// Waits until the last change that is written down is to this status.
    pub(crate) async fn written(&self, status: GatewayStatus) {
        let began = Instant::now();
        loop {
            let events = self.events(EventType::GatewayStatusChanged).await;
            if events
                .last()
                .is_some_and(|event| event.payload["to"] == status.name())
            {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "never written: {events:#?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until so many events of a kind are there, the oldest first.
    pub(crate) async fn told(&self, kind: EventType, many: usize) -> Vec<Event> {
        let began = Instant::now();
        loop {
            let events = self.events(kind).await;
            if events.len() >= many {
                return events;
            }
            assert!(began.elapsed() < PATIENCE, "never told: {events:#?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::new().await;
        let host = Host::new(database.url()).await;
        let folder = tempfile::tempdir().expect("a folder");
        Self {
            database,
            host,
            folder,
        }
    }

    /// Another host on the same database.
    pub(crate) async fn second_host(&self) -> Host {
        Host::new(self.database.url()).await
    }

    fn token_file(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.token"))
    }

    /// Writes the token that the house shows this gateway.
    pub(crate) fn set_token(&self, name: &str, token: &str) {
        // in one step, as a rotation should: nobody reads half of it
        let whole = self.token_file(name);
        let part = whole.with_extension("part");
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&part)
            .expect("a file");
        file.write_all(token.as_bytes()).expect("written");
        std::fs::rename(part, whole).expect("in place");
    }

    /// Registers a gateway whose token is in a file of this name.
    pub(crate) async fn register(&self, name: &str, url: String, token: &str) -> Gateway {
        self.set_token(name, token);
        let at = now();
        let gateway = Gateway {
            gateway_id: GatewayId(Ulid::generate()),
            organization_id: OrganizationId::HOUSE,
            name: name.into(),
            url,
            token_ref: Some(format!("file:{}", self.token_file(name).display())),
            device_key_ref: None,
            device_pairing: false,
            allow_insecure_tls: false,
            token_in_query: false,
            workspace_root: "~/.openclaw".into(),
            minimum_version: None,
            send_channels: BTreeMap::new(),
            created_at: at,
            updated_at: at,
        };
        let event = event(EventType::GatewayRegistered, None);
        let added = self.host.ledger.add_gateway(&gateway, event).await;
        added.expect("the database").expect("registered");
        gateway
    }
}
