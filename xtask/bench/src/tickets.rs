//! Tickets to work on: three taken by HTTP to where they stand in the middle of their
//! life, and copied in the database as often as is asked for.
//!
//! A copy's id is its number, written as an id, so that the host's clients and pgbench
//! name the same tickets. Copies cannot be verified: their events name the original.

use anyhow::{Context, Result, ensure};
use dispatch_contract::Role;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::tokens::{Principal, Tokens};
use crate::wire::{Wire, send};

/// Where a copy stands: its number modulo three.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    Schedulable = 0,
    Scheduled = 1,
    Onsite = 2,
}

/// The id of the copy of this number.
pub(crate) fn id(number: u32) -> String {
    format!("{number:026}")
}

/// One of `count` copies that stands so, by a number that may be any.
pub(crate) fn some(standing: Standing, count: u32, any: u32) -> u32 {
    any % (count / 3) * 3 + 3 + standing as u32
}

/// Takes one ticket to each standing. Their ids, in the order of [`Standing`].
pub(crate) async fn originals(port: u16, tokens: &Tokens) -> Result<[String; 3]> {
    let mut caller = Caller {
        wire: Wire::open(port).await?,
        tokens,
        calls: 0,
    };
    let technician = tokens.of(Role::Technician).id.clone();
    let entry = json!({ "name": "Jo Alvarez", "active": true, "timezone": "America/Chicago" });
    let operator = &tokens.of(Role::OperatorAdmin).token;
    let path = format!("/v0/technicians/{technician}");
    caller
        .wire
        .json(&send("PUT", &path, operator, &entry))
        .await?;
    let mut ids = Vec::new();
    for standing in [Standing::Schedulable, Standing::Scheduled, Standing::Onsite] {
        let id = caller.create(standing).await?;
        if standing != Standing::Schedulable {
            caller.schedule(&id).await?;
        }
        if standing == Standing::Onsite {
            caller.dispatch(&id, &technician).await?;
        }
        ids.push(id);
    }
    ids.try_into().ok().context("three standings")
}

struct Caller<'a> {
    wire: Wire,
    tokens: &'a Tokens,
    calls: u32,
}

impl Caller<'_> {
    async fn call(&mut self, role: Role, tool: &str, mut body: Value) -> Result<Value> {
        self.calls += 1;
        body["request_id"] = json!(format!("prepare-{}", self.calls));
        let Principal { token, .. } = self.tokens.of(role);
        let request = send("POST", &format!("/v0/tools/{tool}"), token, &body);
        self.wire
            .json(&request)
            .await
            .with_context(|| tool.to_owned())
    }

    async fn create(&mut self, standing: Standing) -> Result<String> {
        let answer = self
            .call(Role::SystemIntakeAgent, "ticket.create", json!({
                "customer": {
                    "site_name": "Halsted Cold Storage",
                    "contact_name": "Maria Lindqvist",
                    "phone": format!("+1 312 555 01{:02}", standing as u8),
                    "email": format!("dock{}@halsted-cold.example", standing as u8),
                },
                "service_location": {
                    "address_line1": "1400 S Halsted St", "address_line2": "Dock 3",
                    "city": "Chicago", "region": "IL", "postal_code": "60607", "country": "US",
                },
                "issue": {
                    "summary": "Dock door 3 is off its track and stands open about a foot",
                    "classification": "door_off_track",
                    "door_system_type": "sectional, 10 x 12, high lift",
                    "security_safety_status": "opening is taped off; site manned until 18:00",
                    "access_details": "ask for Maria at the gate; high-visibility vest required",
                },
                "priority": "standard",
                "initial_message": {
                    "raw": "dock door 3 came off the track this morning, we cant close it",
                    "normalized": "Dock door 3 came off its track and cannot be closed.",
                },
            }))
            .await?;
        let id = answer["ticket"]["ticket_id"]
            .as_str()
            .context("a ticket has an id")?;
        Ok(id.to_owned())
    }

    async fn schedule(&mut self, id: &str) -> Result<()> {
        let day = chrono::Utc::now() + chrono::TimeDelta::days(2);
        let window = json!({
            "window_start": day.to_rfc3339(),
            "window_end": (day + chrono::TimeDelta::hours(2)).to_rfc3339(),
            "timezone": "America/Chicago",
        });
        let role = Role::SystemSchedulingAgent;
        let body = json!({ "ticket_id": id, "windows": [window] });
        self.call(role, "schedule.propose_slots", body).await?;
        let body = json!({ "ticket_id": id, "selected_window": window });
        self.call(role, "schedule.confirm", body).await?;
        Ok(())
    }

    async fn dispatch(&mut self, id: &str, technician: &str) -> Result<()> {
        let role = Role::SystemSchedulingAgent;
        let body = json!({ "ticket_id": id, "technician_id": technician });
        self.call(role, "dispatch.assign_tech", body).await?;
        let body = json!({ "ticket_id": id, "eta_text": "about nine thirty" });
        self.call(role, "dispatch.set_eta", body).await?;
        let body = json!({
            "ticket_id": id,
            "channel": { "kind": "sms", "peer": "+13125550199" },
            "message": {
                "raw": "here", "normalized": "The technician is on site.",
                "direction": "inbound", "intent": "check_in",
            },
        });
        self.call(Role::Technician, "ticket.add_message", body)
            .await?;
        Ok(())
    }
}

/// Copies the three until there are `count`, each third with a customer of its own.
pub(crate) async fn copy(url: &str, originals: &[String; 3], count: u32) -> Result<()> {
    ensure!(count >= 3, "three tickets are the least");
    let mut connection = PgConnection::connect(url).await?;
    let [schedulable, scheduled, onsite] = originals;
    // INVARIANT: ids are ULIDs and numbers, nothing of them needs quoting
    let sql = format!(
        "CREATE TEMP TABLE copies AS
             SELECT lpad(n::text, 26, '0') AS id, lpad((n / 3 + 1)::text, 26, '5') AS customer, o.original
             FROM generate_series(3, {last}) AS n
             JOIN (VALUES (0, '{schedulable}'), (1, '{scheduled}'), (2, '{onsite}')) AS o (standing, original)
                 ON o.standing = n % 3;
         INSERT INTO customers
             SELECT DISTINCT ON (c.customer) c.customer, k.created_at, k.contact_name, k.site_name,
                 k.phone, k.email, lpad(c.customer, 26, '0'), c.customer || '@example.com'
             FROM copies c JOIN tickets t ON t.ticket_id = c.original JOIN customers k USING (customer_id);
         INSERT INTO tickets
             SELECT c.id, t.version, t.state, t.priority, c.customer, t.technician_id, t.created_at,
                 t.updated_at,
                 replace(replace(t.snapshot::text, t.ticket_id, c.id), t.customer_id, c.customer)::json,
                 t.beside, t.chain_sequence, t.chain_hash, t.words
             FROM copies c JOIN tickets t ON t.ticket_id = c.original;
         INSERT INTO messages
             SELECT c.id, m.sequence, m.message_id, m.at, m.actor, m.channel, m.direction, m.intent,
                 m.raw, m.normalized
             FROM copies c JOIN messages m ON m.ticket_id = c.original;
         INSERT INTO audit_events (chain, sequence, event_id, kind, actor_id, hash, body)
             SELECT c.id, e.sequence, lpad(e.sequence::text, 3, '0') || right(c.id, 23), e.kind,
                 e.actor_id, e.hash, e.body
             FROM copies c JOIN audit_events e ON e.chain = c.original;
         DROP TABLE copies",
        last = count + 2
    );
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await?;
    for table in ["tickets", "customers", "messages", "audit_events"] {
        let sql = format!("VACUUM ANALYZE {table}");
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut connection)
            .await?;
    }
    connection.close().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copys_number_tells_where_it_stands() {
        for any in [0, 1, 7, 99, u32::MAX] {
            for standing in [Standing::Schedulable, Standing::Scheduled, Standing::Onsite] {
                let number = some(standing, 30, any);
                assert_eq!(number % 3, standing as u32);
                assert!((3..=32).contains(&number), "{number}");
            }
        }
        assert_eq!(id(42).len(), 26);
    }
}
