//! What watching gateways costs a host that has nothing else to do: fifty scripted ones in
//! this process, and a real one where it is installed; and how soon it knows what is wrong.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use dispatch_contract::Role;
use dispatch_testing::openclaw::scripted::{Script, ScriptedGateway};
use dispatch_testing::openclaw::{Installation, RealGateway};
use serde_json::{Value, json};

use crate::figures::Figures;
use crate::host::Host;
use crate::processor::Watched;
use crate::tokens::Tokens;
use crate::wire::{self, Wire};

/// Gateways in one host.
const GATEWAYS: usize = 50;

/// Idle for so long before and after, in seconds, at least: pings go every 3 s, looks every 30.
const IDLE_S: u64 = 40;

/// How long something that must come about may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// The host that watches, and who asks it.
pub(crate) struct Gateways<'a> {
    pub(crate) host: &'a Host,
    pub(crate) watched: Watched,
    pub(crate) tokens: &'a Tokens,
    /// Where token files go.
    pub(crate) folder: &'a Path,
}

/// A gateway in the host's register.
struct Registered {
    id: String,
    gateway: ScriptedGateway,
    token: std::path::PathBuf,
}

impl Gateways<'_> {
    pub(crate) async fn measure(&self, seconds: u64, figures: &mut Figures) -> Result<()> {
        let idle = Duration::from_secs(seconds.max(IDLE_S));
        let (rss_before, cpu_before) = self.sit(idle).await?;
        let real = self.real().await?;
        let mut registered = Vec::new();
        for number in 0..GATEWAYS {
            let gateway = ScriptedGateway::start(Script::default()).await?;
            let (url, token) = (gateway.url(), gateway.token());
            let name = format!("scripted-{number}");
            let (id, token) = self.register(&name, &url, &token).await?;
            registered.push(Registered { id, gateway, token });
        }
        for one in &registered {
            self.until(&one.id, |health| health["status"] == "online")
                .await?;
        }
        let (rss_after, cpu_after) = self.sit(idle).await?;
        let known = self.faults(&mut registered).await?;
        figures.gateways_rss_mb = Some(rss_after - rss_before);
        figures.gateways_cpu_percent = Some(cpu_after - cpu_before);
        figures.gateway_known_s = known.iter().map(|(_, s)| *s).reduce(f64::max);
        let known: serde_json::Map<String, Value> = known
            .into_iter()
            .map(|(fault, s)| (fault.to_owned(), json!((s * 100.0).round() / 100.0)))
            .collect();
        println!(
            "gateways: {GATEWAYS} scripted{}: {:.1} MB and {:.2} % of a core more; known after {}",
            if real.is_some() { " and one real" } else { "" },
            rss_after - rss_before,
            cpu_after - cpu_before,
            Value::Object(known.clone())
        );
        figures.detail(
            "gateways",
            json!({
                "scripted": GATEWAYS, "real": usize::from(real.is_some()),
                "idle_s": idle.as_secs(), "known_s": known,
                "rss_mb": [rss_before, rss_after], "cpu_percent": [cpu_before, cpu_after],
            }),
        );
        Ok(())
    }

    /// Idle for a while: the memory then, in MB, and the share of a core meanwhile.
    async fn sit(&self, idle: Duration) -> Result<(f64, f64)> {
        let before = self.watched.host_us()?;
        let began = Instant::now();
        tokio::time::sleep(idle).await;
        let used = self.watched.host_us()?.saturating_sub(before) as f64;
        let percent = used / began.elapsed().as_micros() as f64 * 100.0;
        Ok((self.host.rss_mb()?, percent))
    }

    async fn real(&self) -> Result<Option<RealGateway>> {
        let Some(installation) = Installation::found() else {
            return Ok(None); // it has said SKIPPED, and why
        };
        let config = json!({ "agents": { "entries": { "intake": {} } } });
        let real = RealGateway::start(&installation, config).await?;
        let (id, _) = self.register("real", &real.url(), real.token()).await?;
        self.until(&id, |health| health["status"] == "online")
            .await?;
        Ok(Some(real))
    }

    async fn register(
        &self,
        name: &str,
        url: &str,
        token: &str,
    ) -> Result<(String, std::path::PathBuf)> {
        let file = self.folder.join(format!("{name}.token"));
        write_token(&file, token)?;
        let entry = json!({
            "name": name, "url": url, "workspace_root": "~/.openclaw",
            "token_ref": format!("file:{}", file.display()),
        });
        let operator = &self.tokens.of(Role::OperatorAdmin).token;
        let request = wire::send("POST", "/v0/gateways", operator, &entry);
        // a connection of its own: the host lets go of those that are idle
        let mut wire = Wire::open(self.host.port).await?;
        let answer = wire.exchange(&request).await?;
        ensure!(
            answer.status == 201,
            "registering answered {}: {}",
            answer.status,
            String::from_utf8_lossy(answer.body)
        );
        let made: Value = serde_json::from_slice(answer.body)?;
        let id = made["gateway_id"].as_str().context("no gateway_id")?;
        Ok((id.to_owned(), file))
    }

    /// Seconds until the host says so.
    async fn until(&self, id: &str, seen: impl Fn(&Value) -> bool) -> Result<f64> {
        let began = Instant::now();
        let operator = &self.tokens.of(Role::OperatorAdmin).token;
        let request = wire::get(&format!("/v0/gateways/{id}/health"), operator);
        let mut wire = Wire::open(self.host.port).await?;
        loop {
            let health = wire.json(&request).await?;
            if seen(&health) {
                return Ok(began.elapsed().as_secs_f64());
            }
            ensure!(began.elapsed() < PATIENCE, "never seen so: {health}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Faults, and after how many seconds each is known for what it is.
    async fn faults(&self, registered: &mut [Registered]) -> Result<Vec<(&'static str, f64)>> {
        let [killed, frozen, wrong, old, ..] = registered else {
            anyhow::bail!("too few gateways");
        };
        let mut known = Vec::new();
        let is = |trouble: &'static str| move |health: &Value| health["trouble"] == trouble;
        killed.gateway.kill().await;
        let took = self.until(&killed.id, is("unreachable")).await?;
        known.push(("killed", took));
        frozen.gateway.freeze();
        let took = self.until(&frozen.id, is("silent")).await?;
        known.push(("half_open", took));
        write_token(&wrong.token, "not-the-token")?;
        wrong.gateway.close(4001, "token changed");
        let took = self.until(&wrong.id, is("auth_failed")).await?;
        known.push(("wrong_token", took));
        old.gateway.set(|script| script.version = "2025.1.1".into());
        old.gateway.close(1012, "service restart");
        let took = self.until(&old.id, is("incompatible")).await?;
        known.push(("old_version", took));
        killed.gateway.start_again().await?;
        let online = |health: &Value| health["status"] == "online";
        let took = self.until(&killed.id, online).await?;
        known.push(("back", took));
        Ok(known)
    }
}

fn write_token(file: &Path, token: &str) -> Result<()> {
    // in one step: the host may read it at any moment
    let part = file.with_extension("part");
    let mut open = std::fs::OpenOptions::new();
    let open = open.create(true).truncate(true).write(true).mode(0o600);
    open.open(&part)?.write_all(token.as_bytes())?;
    std::fs::rename(&part, file)?;
    Ok(())
}
