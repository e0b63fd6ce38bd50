//! A switchboard under a clock of the test's own, and gateways in its register.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dispatch_contract::channel::ChannelKind;
use dispatch_contract::event::EventType;
use dispatch_contract::gateway::{Gateway, SendChannel};
use dispatch_contract::{EventId, GatewayId, OrganizationId, Timestamp};
use dispatch_ledger::HouseEvent;
use dispatch_provision::Templates;
use dispatch_switchboard::{House, Parts, Switchboard, Visitor};
use serde_json::Value;
use ulid::Ulid;

use crate::scene::{Scene, operator, pack};

/// How long something that must come about may take before the test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// The time, and what was put before it.
#[derive(Clone, Default)]
pub(crate) struct Clock(Arc<AtomicI64>);

impl Clock {
    pub(crate) fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let micros = i64::try_from(since.expect("after 1970").as_micros()).expect("in range");
        let micros = micros + self.0.load(Ordering::SeqCst);
        Timestamp::from_micros(micros).expect("in the calendar")
    }

    /// So much passes at once.
    pub(crate) fn pass(&self, time: Duration) {
        let micros = i64::try_from(time.as_micros()).expect("in range");
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

fn house(clock: &Clock) -> House {
    let (now, at) = (clock.clone(), clock.clone());
    House::new(
        move || now.now(),
        move |kind, actor| HouseEvent {
            event_id: EventId(Ulid::generate()),
            occurred_at: at.now(),
            request_id: "test".into(),
            kind,
            actor: actor.unwrap_or_else(operator),
            payload: Value::Null,
            correlation_id: None,
            pack: pack(),
        },
    )
}

/// One host's.
pub(crate) fn switchboard(scene: &Scene, clock: &Clock) -> Switchboard {
    Switchboard::new(Parts {
        ledger: scene.ledger.clone(),
        house: house(clock),
        templates: Templates::shipped(),
        base_url: "http://127.0.0.1:7711".into(),
    })
}

/// A fact of the house that begins now.
pub(crate) fn event(clock: &Clock, kind: EventType) -> HouseEvent {
    house(clock).event(kind, &Visitor::the_house())
}

/// Registers a gateway of this name that sends nothing; its token is put into a file.
pub(crate) async fn named(
    scene: &Scene,
    name: &str,
    url: String,
    token: &str,
    file: &Path,
) -> Gateway {
    entered(scene, name, url, token, file, BTreeMap::new()).await
}

/// Registers a gateway; its token is put into a file.
pub(crate) async fn register(
    scene: &Scene,
    url: String,
    token: &str,
    file: &Path,
    send_channels: BTreeMap<ChannelKind, SendChannel>,
) -> Gateway {
    entered(scene, "front desk", url, token, file, send_channels).await
}

async fn entered(
    scene: &Scene,
    name: &str,
    url: String,
    token: &str,
    file: &Path,
    send_channels: BTreeMap<ChannelKind, SendChannel>,
) -> Gateway {
    let mut open = std::fs::OpenOptions::new();
    let opened = open.create(true).write(true).mode(0o600).open(file);
    let written = opened.and_then(|mut file| file.write_all(token.as_bytes()));
    written.expect("written");
    let clock = Clock::default();
    let at = clock.now();
    let gateway = Gateway {
        gateway_id: GatewayId(Ulid::generate()),
        organization_id: OrganizationId::HOUSE,
        name: name.into(),
        url,
        token_ref: Some(format!("file:{}", file.display())),
        device_key_ref: None,
        device_pairing: false,
        allow_insecure_tls: false,
        token_in_query: false,
        workspace_root: "~/.openclaw".into(),
        minimum_version: None,
        send_channels,
        created_at: at,
        updated_at: at,
    };
    let event = event(&clock, EventType::GatewayRegistered);
    let added = scene.ledger.add_gateway(&gateway, event).await;
    added.expect("the database").expect("registered");
    gateway
}
