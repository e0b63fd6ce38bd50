//! The keyring: made, added to, listed.

use chrono::{Duration, Utc};
use dispatch_contract::Timestamp;
use dispatch_identity::{Alg, Key, Keyring};
use serde::Serialize;

use super::RingArgs;
use super::lifetime::Lifetime;
use crate::failure::Failure;
use crate::house::keyring;
use crate::out;
use crate::show::paint::Paint;
use crate::show::table::Table;

#[derive(clap::Args)]
pub(crate) struct KeygenArgs {
    #[command(flatten)]
    ring: RingArgs,
    /// The key's name; made from today's date where not given
    #[arg(long)]
    kid: Option<String>,
    /// How it signs
    #[arg(long, default_value = "EdDSA", value_parser = ["EdDSA", "HS256"])]
    alg: String,
    /// Sign with it only after this long, so that every host knows it first: 1h
    #[arg(long, value_name = "LIFETIME")]
    after: Option<Lifetime>,
    /// Retire this key: it verifies still, and signs no more
    #[arg(long, value_name = "KID")]
    retire: Option<String>,
}

impl KeygenArgs {
    pub(crate) fn run(self, json: bool) -> Result<(), Failure> {
        let path = self.ring.path();
        let alg = if self.alg == "HS256" {
            Alg::HS256
        } else {
            Alg::EdDSA
        };
        let not_before = self
            .after
            .map(|after| (Utc::now() + Duration::seconds(after.0)).into());
        let key = match &self.kid {
            Some(kid) => {
                Key::generate(kid, alg, not_before).map_err(|error| Failure::Other(error.into()))?
            }
            None => keyring::fresh_key(alg, not_before)?,
        };
        let kid = key.kid().to_owned();
        let ring = if path.exists() {
            let mut ring = keyring::load(&path)?;
            ring.add(key).map_err(keyring::wrong)?;
            ring
        } else {
            Keyring::of(key)
        };
        let ring = self.retired(ring)?;
        ring.save(&path).map_err(keyring::wrong)?;
        show(&ring, json);
        if !json {
            out::error(&format!(
                "{kid} is in {}; a running host takes it up within seconds\n",
                path.display()
            ));
        }
        Ok(())
    }

    fn retired(&self, mut ring: Keyring) -> Result<Keyring, Failure> {
        if let Some(kid) = &self.retire {
            ring.retire(kid).map_err(keyring::wrong)?;
        }
        Ok(ring)
    }
}

/// `dispatch token list-keys`.
pub(crate) fn list(args: &RingArgs, json: bool) -> Result<(), Failure> {
    show(&keyring::load(&args.path())?, json);
    Ok(())
}

/// A key without its material.
#[derive(Serialize)]
struct Row<'a> {
    kid: &'a str,
    alg: Alg,
    signs: &'static str,
    not_before: Option<Timestamp>,
    public: Option<&'a str>,
}

fn show(ring: &Keyring, json: bool) {
    let now: Timestamp = Utc::now().into();
    let active = ring.active(now).map(Key::kid);
    let rows: Vec<Row> = ring
        .keys()
        .iter()
        .map(|key| Row {
            kid: key.kid(),
            alg: key.alg(),
            signs: if active == Some(key.kid()) {
                "now"
            } else if key.is_retired() {
                "retired"
            } else if !key.can_sign() {
                "verifies only"
            } else if key.not_before().is_some_and(|from| from > now) {
                "later"
            } else {
                "no longer"
            },
            not_before: key.not_before(),
            public: key.public(),
        })
        .collect();
    if json {
        out::value(&serde_json::json!({ "keys": rows }));
        return;
    }
    let mut table = Table::new(&["KEY", "ALGORITHM", "SIGNS", "FROM", "PUBLIC"]);
    for row in rows {
        table.row([
            row.kid.to_owned(),
            format!("{:?}", row.alg),
            row.signs.to_owned(),
            row.not_before.map_or_else(String::new, crate::show::time),
            row.public.unwrap_or_default().to_owned(),
        ]);
    }
    out::text(&table.text(Paint::of_stdout()));
}
