//! One ticket from new to closed, one line per call, and three refusals in full.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use chrono::Utc;
use serde_json::{Value, json};

use super::caller::Caller;
use super::cast::{Actor, Cast};
use super::job;
use crate::house;

/// What is told, call by call.
struct Story<'a> {
    caller: &'a Caller<'a>,
    ticket: String,
    state: String,
    calls: usize,
    refusals: usize,
}

/// Tells it all, and gives the ticket's id.
pub(super) fn tell(caller: &Caller<'_>, cast: &Cast) -> Result<String> {
    let mut story = Story {
        caller,
        ticket: String::new(),
        state: "-".into(),
        calls: 0,
        refusals: 0,
    };
    println!(
        "  {:<32} {:<32} {:<10} {:<36} {:>9}",
        "TOOL", "ACTOR", "VERDICT", "FROM -> TO", "TIME"
    );
    story.intake(cast)?;
    story.scheduling(cast)?;
    story.on_site(cast)?;
    story.closeout(cast)?;
    println!(
        "\n  {} calls committed, {} refused; ticket {} is {}",
        story.calls, story.refusals, story.ticket, story.state
    );
    Ok(story.ticket)
}

impl Story<'_> {
    fn intake(&mut self, cast: &Cast) -> Result<()> {
        let intake = &cast.intake;
        self.commit(intake, "ticket.create", job::request(), "new")?;
        self.refuse(
            "a role that may not",
            &cast.closeout,
            "ticket.set_priority",
            json!({ "priority": "emergency" }),
            "403 role_forbidden",
        )?;
        let mut kind = job::message(
            "inbound",
            "its a roll up, steel, like 8 feet wide. can send pics",
            "Steel roll-up door, about 2.4 m wide. Photos available.",
        );
        kind["intake"] = json!({ "issue": {
            "classification": "rollup_door_repair",
            "door_system_type": "Steel roll-up door, manual, 2.4 m",
            "photos_available": true,
        }});
        self.commit(intake, "ticket.add_message", kind, "new")?;
        let standard = json!({ "priority": "standard" });
        self.commit(intake, "ticket.set_priority", standard, "triaged")?;
        self.refuse(
            "a call the ticket is not ready for",
            &cast.scheduling,
            "dispatch.assign_tech",
            json!({ "technician_id": cast.technician_id }),
            "409 illegal_transition",
        )?;
        let mut access = job::message(
            "inbound",
            "gate code is on the office door, ask for me, 8 to 6",
            "Office is open 8:00 to 18:00, ask for Maya; she opens the gate.",
        );
        access["intake"] = json!({ "issue": {
            "access_details": "Ask for Maya at the office, 8:00 to 18:00; she opens the gate.",
        }});
        self.commit(intake, "ticket.add_message", access, "schedulable")
    }

    fn scheduling(&mut self, cast: &Cast) -> Result<()> {
        let scheduling = &cast.scheduling;
        let windows = job::windows(Utc::now());
        let offer = json!({ "windows": windows });
        self.commit(scheduling, "schedule.propose_slots", offer, "schedulable")?;
        let out = job::message(
            "outbound",
            "Hi Maya, we can come tomorrow morning, tomorrow at noon or the morning after. What suits?",
            "Offers three windows.",
        );
        self.commit(scheduling, "ticket.add_message", out, "schedulable")?;
        let chosen = job::message(
            "inbound",
            "tomorrow first one pls",
            "Chooses the first window.",
        );
        self.commit(&cast.intake, "ticket.add_message", chosen, "schedulable")?;
        let selected = json!({ "selected_window": windows[0] });
        self.commit(scheduling, "schedule.confirm", selected, "scheduled")?;
        let technician = json!({ "technician_id": cast.technician_id });
        self.commit(scheduling, "dispatch.assign_tech", technician, "scheduled")?;
        let eta = json!({
            "eta_text": "tomorrow, at the start of the window",
            "eta_at": windows[0]["window_start"],
        });
        self.commit(scheduling, "dispatch.set_eta", eta, "dispatched")
    }

    fn on_site(&mut self, cast: &Cast) -> Result<()> {
        let technician = &cast.technician;
        self.commit(technician, "ticket.add_message", job::check_in(), "onsite")?;
        self.photo(technician, "before")?;
        let found = json!({ "note": { "text": job::FOUND } });
        self.commit(technician, "closeout.add_note", found, "onsite")?;
        let done = json!({ "note": { "text": job::DONE } });
        self.commit(technician, "closeout.add_note", done, "onsite")?;
        self.photo(technician, "after")?;
        for (item, state) in [
            ("work_performed", "onsite"),
            ("parts_used_or_needed", "onsite"),
            ("resolution_status", "onsite"),
            ("onsite_photos_after", "onsite"),
            ("billing_authorization", "closeout_pending"),
        ] {
            let body = json!({ "item_key": item });
            self.commit(&cast.liaison, "closeout.checklist_complete", body, state)?;
        }
        Ok(())
    }

    fn closeout(&mut self, cast: &Cast) -> Result<()> {
        let closeout = &cast.closeout;
        let packet = "billing.compile_closeout_packet";
        self.refuse(
            "closure before its gates",
            closeout,
            packet,
            json!({}),
            "409 gate_blocked",
        )?;
        let invoice = "billing.generate_invoice_draft";
        self.commit(closeout, invoice, job::invoice(), "closeout_pending")?;
        self.commit(closeout, packet, json!({}), "closed")
    }

    /// Uploads a photo and puts it on the ticket.
    fn photo(&mut self, actor: &Actor, phase: &str) -> Result<()> {
        let file = photo_file(phase);
        let name = file.to_str().context("the repository's path is not text")?;
        let kept = self
            .caller
            .json(Some(actor), &["attachment", "upload", name])?;
        println!(
            "  {:<32} {:<32} {:<10} {} bytes",
            "(upload)", actor.role, "kept", kept["size_bytes"]
        );
        let body = json!({ "photo": {
            "storage_key": kept["storage_key"],
            "sha256": kept["sha256"],
            "content_type": kept["content_type"],
            "size_bytes": kept["size_bytes"],
            "phase": phase,
        }});
        self.commit(actor, "closeout.add_photo", body, "onsite")
    }

    /// A call that must be committed and leave the ticket in this state.
    fn commit(&mut self, actor: &Actor, tool: &str, body: Value, expected: &str) -> Result<()> {
        let committed = self.caller.call(actor, tool, &self.on_ticket(tool, body))?;
        let snapshot = &committed.answer["ticket"];
        let state = snapshot["state"].as_str().context("no state answered")?;
        let moves = format!("{} -> {state}", self.state);
        println!(
            "  {tool:<32} {:<32} {:<10} {moves:<36} {:>6.1} ms",
            actor.role,
            "committed",
            committed.took.as_secs_f64() * 1000.0
        );
        ensure!(
            state == expected,
            "{tool} left the ticket {state}, expected {expected}"
        );
        self.ticket = snapshot["ticket_id"]
            .as_str()
            .context("no ticket answered")?
            .to_owned();
        self.state = state.to_owned();
        self.calls += 1;
        Ok(())
    }

    /// A call that must be refused; shown as its caller sees it.
    fn refuse(
        &mut self,
        why: &str,
        actor: &Actor,
        tool: &str,
        body: Value,
        code: &str,
    ) -> Result<()> {
        let body = self.on_ticket(tool, body);
        let told = self.caller.refused(actor, tool, &body, code)?;
        println!("  {tool:<32} {:<32} {:<10} {why}:", actor.role, "refused");
        for line in told.lines() {
            println!("      | {line}");
        }
        self.refusals += 1;
        Ok(())
    }

    fn on_ticket(&self, tool: &str, mut body: Value) -> Value {
        if tool != "ticket.create" {
            body["ticket_id"] = self.ticket.clone().into();
        }
        body
    }
}

fn photo_file(phase: &str) -> PathBuf {
    house::root()
        .join("xtask/demo")
        .join(Path::new(phase).with_extension("jpg"))
}
