//! pgbench beside the host: the same rows with the same contents, in one transaction
//! per call, over the same socket, with prepared statements. It judges nothing, checks
//! nothing and hashes nothing: it is what the database alone can do.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use sqlx::{Column, Connection, PgConnection, Row};
use tempfile::TempDir;

use crate::mix::Kind;

/// The contents of one kind's rows, taken from a call that the host committed.
/// What a kind does not have is a dash: pgbench takes no empty text.
const SAMPLE: &str = "SELECT e.body::text AS body, e.hash, e.kind, e.actor_id, \
         d.question::text AS question, d.verdict::text AS verdict, \
         d.determining_policies::text AS policies, d.pack_name, d.pack_version, d.pack_digest, \
         d.tool, d.actor_role AS role, d.request_id, d.correlation_id, \
         t.snapshot::text AS snapshot, t.beside::text AS beside, \
         convert_from(i.answer, 'UTF8') AS answer, \
         coalesce(m.actor::text, n.actor::text, '-') AS actor, \
         coalesce(m.channel::text, '-') AS channel, coalesce(m.raw, n.text, '-') AS raw, \
         coalesce(m.normalized, '-') AS normalized \
     FROM decisions d \
     JOIN audit_events e ON e.chain = d.ticket_id AND e.sequence = d.last_sequence \
     JOIN tickets t ON t.ticket_id = d.ticket_id \
     JOIN idempotency i ON position(e.event_id IN convert_from(i.answer, 'UTF8')) > 0 \
     LEFT JOIN messages m ON m.ticket_id = e.chain AND m.sequence = e.sequence \
     LEFT JOIN notes n ON n.ticket_id = e.chain AND n.sequence = e.sequence \
     WHERE d.tool = $1 AND d.allowed AND d.request_id LIKE 'bench-%' \
     ORDER BY d.decision_id DESC LIMIT 1";

/// The ticket's copy is named by its number, as the host's clients do.
const BEGIN: &str = "\
\\set k random(0, :third - 1) * 3 + 3 + :standing
\\set n :n + 1
\\set id :n * 100 + :client_id
BEGIN;
SELECT version, chain_sequence, chain_hash AS head, snapshot::text AS read, beside::text AS beside \
FROM tickets WHERE ticket_id = lpad(:k::text, 26, '0') FOR NO KEY UPDATE \\gset was_
UPDATE tickets SET version = :was_version::bigint + 1, updated_at = now(), \
snapshot = :KIND_snapshot::json, beside = :KIND_beside::json, \
chain_sequence = :was_chain_sequence::bigint + 1, chain_hash = :KIND_hash \
WHERE ticket_id = lpad(:k::text, 26, '0') AND version = :was_version::bigint;
INSERT INTO audit_events (chain, sequence, event_id, kind, actor_id, hash, body) \
VALUES (lpad(:k::text, 26, '0'), :was_chain_sequence::bigint + 1, '7' || lpad(:id::text, 25, '0'), \
:KIND_kind, :KIND_actor_id, :KIND_hash, :KIND_body::json);
";

const MESSAGE: &str = "\
INSERT INTO messages (ticket_id, sequence, message_id, at, actor, channel, direction, raw, normalized) \
VALUES (lpad(:k::text, 26, '0'), :was_chain_sequence::bigint + 1, '7' || lpad(:id::text, 25, '0'), \
now(), :KIND_actor::json, :KIND_channel::json, 'inbound', :KIND_raw, :KIND_normalized);
";

const NOTE: &str = "\
INSERT INTO notes (ticket_id, sequence, note_id, at, actor, text) \
VALUES (lpad(:k::text, 26, '0'), :was_chain_sequence::bigint + 1, '7' || lpad(:id::text, 25, '0'), \
now(), :KIND_actor::json, :KIND_raw);
";

const ETA: &str = "\
INSERT INTO outbox (ticket_id, event_id, topic, owed_since) \
VALUES (lpad(:k::text, 26, '0'), '7' || lpad(:id::text, 25, '0'), 'customer_eta', now());
";

const END: &str = "\
INSERT INTO decisions (decision_id, decided_at, request_id, correlation_id, tool, ticket_id, \
actor_role, actor_id, allowed, determining_policies, pack_name, pack_version, pack_digest, \
judged_us, question, verdict, first_sequence, last_sequence) \
VALUES ('7' || lpad(:id::text, 25, '0'), now(), :KIND_request_id, :KIND_correlation_id, :KIND_tool, \
lpad(:k::text, 26, '0'), :KIND_role, :KIND_actor_id, true, :KIND_policies::json, :KIND_pack_name, \
:KIND_pack_version, :KIND_pack_digest, 40, :KIND_question::json, :KIND_verdict::json, \
:was_chain_sequence::bigint + 1, :was_chain_sequence::bigint + 1);
INSERT INTO idempotency (key_digest, content_digest, answer, committed_at) \
VALUES (sha256(convert_to(:id::text, 'UTF8')), sha256(convert_to(:id::text, 'UTF8')), \
convert_to(:KIND_answer, 'UTF8'), now());
COMMIT;
";

/// The scripts of the four kinds, with what they write.
pub(crate) struct Pgbench {
    folder: TempDir,
    variables: Vec<(String, String)>,
    tickets: u32,
    rounds: u64,
}

impl Pgbench {
    /// Takes the rows' contents from what a host has committed to `url`.
    pub(crate) async fn of(url: &str, tickets: u32) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut connection = PgConnection::connect(url).await?;
        let mut variables = Vec::new();
        for kind in Kind::ALL {
            let row = sqlx::query(SAMPLE)
                .bind(kind.tool())
                .fetch_one(&mut connection)
                .await
                .with_context(|| format!("no committed {} to take sizes from", kind.tool()))?;
            for (at, column) in row.columns().iter().enumerate() {
                let value: String = row.try_get(at)?;
                variables.push((format!("{}_{}", name(kind), column.name()), value));
            }
            std::fs::write(folder.path().join(name(kind)), script(kind))?;
        }
        connection.close().await?;
        Ok(Self {
            folder,
            variables,
            tickets,
            rounds: 0,
        })
    }

    /// Transactions a second of so many clients.
    pub(crate) fn run(
        &mut self,
        program: &Path,
        url: &str,
        clients: usize,
        seconds: u64,
    ) -> Result<f64> {
        self.rounds += 1;
        let mut command = Command::new(program);
        command
            .current_dir("/")
            .args(["--no-vacuum", "--protocol=prepared"])
            .args([
                "-c",
                &clients.to_string(),
                "-j",
                &clients.min(2).to_string(),
            ])
            .args(["-T", &seconds.to_string()])
            // ids of a round never meet those of another
            .args(["-D", &format!("n={}", self.rounds * 10_000_000)])
            .args(["-D", &format!("third={}", self.tickets / 3)]);
        for (name, value) in &self.variables {
            command.arg("-D").arg(format!("{name}={value}"));
        }
        for kind in Kind::ALL {
            let file = self.folder.path().join(name(kind));
            command
                .arg("-f")
                .arg(format!("{}@{}", file.display(), kind.weight()));
        }
        let output = command.arg(url).output().context("starting pgbench")?;
        let said = String::from_utf8_lossy(&output.stdout);
        ensure!(
            output.status.success(),
            "pgbench ended with {}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        tps(&said).with_context(|| format!("pgbench said no tps: {said}"))
    }
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Message => "message",
        Kind::Note => "note",
        Kind::Eta => "eta",
        Kind::Priority => "priority",
    }
}

fn script(kind: Kind) -> String {
    let own = match kind {
        Kind::Message => MESSAGE,
        Kind::Note => NOTE,
        Kind::Eta => ETA,
        Kind::Priority => "",
    };
    [BEGIN, own, END]
        .concat()
        .replace("KIND", name(kind))
        .replace(":standing", &(kind.standing() as u32).to_string())
}

fn tps(said: &str) -> Option<f64> {
    let line = said.lines().find(|line| line.starts_with("tps = "))?;
    line.split_whitespace().nth(2)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figure_is_found_in_what_pgbench_says() {
        let said = "number of clients: 8\ntps = 1234.567 (without initial connection time)\n";
        assert_eq!(tps(said), Some(1234.567));
        assert_eq!(tps("nothing"), None);
    }

    #[test]
    fn a_script_names_only_its_own_contents() {
        for kind in Kind::ALL {
            let script = script(kind);
            assert!(
                !script.contains("KIND") && !script.contains(":standing"),
                "{script}"
            );
            assert!(script.contains(&format!(":{}_body", name(kind))));
        }
    }
}
