//! Who takes part: the four agents, an operator, a technician, each with a token in a
//! file that nobody else can read.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::caller::Caller;
use super::host::Host;
use crate::step::step;

/// Somebody with a token.
pub(super) struct Actor {
    /// The role, as it is printed.
    pub(super) role: &'static str,
    token: PathBuf,
}

/// Everybody.
pub(super) struct Cast {
    pub(super) intake: Actor,
    pub(super) scheduling: Actor,
    pub(super) liaison: Actor,
    pub(super) closeout: Actor,
    pub(super) operator: Actor,
    pub(super) technician: Actor,
    /// The technician, as the register knows them.
    pub(super) technician_id: String,
}

impl Actor {
    pub(super) fn token_file(&self) -> &Path {
        &self.token
    }
}

impl Cast {
    /// Mints tokens from the host's keyring and registers the technician.
    pub(super) fn gather(caller: &Caller<'_>, host: &Host) -> Result<Self> {
        step("mint tokens, register a technician", || {
            let mint = |role, id| mint(caller, host, role, id);
            let operator = mint("operator_admin", None)?;
            let registered = caller.json(
                Some(&operator),
                &[
                    "technician",
                    "add",
                    "Ines Calderon",
                    "--timezone",
                    "America/Los_Angeles",
                    "--phone",
                    "+1 360 555 0117",
                ],
            )?;
            let technician_id = registered["technician_id"]
                .as_str()
                .context("the register gave no id")?
                .to_owned();
            Ok(Self {
                intake: mint("system_intake_agent", None)?,
                scheduling: mint("system_scheduling_agent", None)?,
                liaison: mint("system_technician_liaison_agent", None)?,
                closeout: mint("system_closeout_agent", None)?,
                technician: mint("technician", Some(&technician_id))?,
                operator,
                technician_id,
            })
        })
    }
}

fn mint(caller: &Caller<'_>, host: &Host, role: &'static str, id: Option<&str>) -> Result<Actor> {
    let data = host.data().to_string_lossy().into_owned();
    let mut arguments = vec![
        "token",
        "mint",
        "--role",
        role,
        "--ttl",
        "12h",
        "--data-dir",
        &data,
    ];
    if let Some(id) = id {
        arguments.extend(["--id", id]);
    }
    let minted = caller.json(None, &arguments)?;
    let token = minted["token"].as_str().context("no token was minted")?;
    let file = host.folder().join(format!("{role}.token"));
    // an earlier demo's token is of another keyring
    let _ = std::fs::remove_file(&file);
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&file)
        .and_then(|mut open| writeln!(open, "{token}"))
        .with_context(|| format!("could not write {}", file.display()))?;
    Ok(Actor { role, token: file })
}
