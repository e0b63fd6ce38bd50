//! What is left when the ticket is closed: an audit trail that holds, and two papers.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::caller::Caller;
use super::cast::Cast;
use super::host::Host;

/// Verifies, replays, and fetches the papers.
pub(super) fn check(caller: &Caller<'_>, cast: &Cast, host: &Host, ticket: &str) -> Result<()> {
    let data = host.data().to_string_lossy().into_owned();
    println!("\nthe audit trail");
    for what in ["verify", "replay"] {
        let said = caller.words(None, &["audit", what, "--data-dir", &data])?;
        print!("  audit {what}: {said}");
    }
    let snapshot = caller.json(Some(&cast.operator), &["ticket", "show", ticket])?;
    println!("\nthe papers");
    for (name, field) in [
        ("invoice draft", "invoice_draft_attachment_id"),
        ("closeout packet", "closeout_packet_attachment_id"),
    ] {
        let id = snapshot["billing"][field]
            .as_str()
            .with_context(|| format!("the ticket has no {name}"))?;
        let file = host
            .folder()
            .join(format!("{}.pdf", name.replace(' ', "-")));
        fetch(caller, cast, id, &file)?;
        println!("  {name:<16} {}", shown(&file).display());
    }
    Ok(())
}

fn fetch(caller: &Caller<'_>, cast: &Cast, id: &str, file: &Path) -> Result<()> {
    // an earlier demo's paper
    let _ = std::fs::remove_file(file);
    let name = file
        .to_str()
        .context("the target folder's path is not text")?;
    caller.json(
        Some(&cast.operator),
        &["attachment", "download", id, "--output", name],
    )?;
    let bytes = std::fs::read(file)?;
    ensure!(bytes.starts_with(b"%PDF-"), "{name} is no PDF");
    Ok(())
}

/// As one would type it here: relative where it is below this folder.
pub(super) fn shown(path: &Path) -> PathBuf {
    std::env::current_dir()
        .ok()
        .and_then(|here| path.strip_prefix(here).ok().map(Path::to_path_buf))
        .unwrap_or_else(|| path.to_owned())
}
