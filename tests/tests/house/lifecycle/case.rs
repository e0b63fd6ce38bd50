//! What is left of a closed ticket: its chain, its case file, its papers.

use crate::support::bodies::{self};
use crate::support::people::TECHNICIAN;
use crate::support::story::Told;
use crate::support::{House, chain};
use serde_json::Value;

pub(super) async fn the_chain_says_who_by_which_rules(house: &House, told: &Told) {
    let chain = chain::verified(&house.database, &told.id).await;
    for event in &chain {
        assert!(!event.determining_policies.is_empty(), "{event:?}");
        assert_eq!(event.pack.name, "real-dispatch");
        assert_eq!(event.pack.digest.len(), 64);
        assert_eq!(event.request_sha256.len(), 64);
        assert!(event.correlation_id.is_some());
        let moves = event.kind.name() == "ticket.state_changed";
        assert_eq!(event.previous_state.is_some(), moves);
        assert_eq!(event.next_state.is_some(), moves);
    }
    let moves: Vec<(&str, &str)> = chain
        .iter()
        .filter_map(|event| Some((event.next_state?.name(), event.actor.role.name())))
        .collect();
    assert_eq!(
        moves,
        [
            ("triaged", "system_intake_agent"),
            ("schedulable", "system_intake_agent"),
            ("scheduled", "system_scheduling_agent"),
            ("dispatched", "system_scheduling_agent"),
            ("onsite", "technician"),
            ("closeout_pending", "system_technician_liaison_agent"),
            ("closed", "system_closeout_agent"),
        ]
    );
    let mut read = Vec::new();
    let mut path = format!("/v0/tickets/{}/timeline?limit=7", told.id);
    loop {
        let page = house.get(&house.liaison(), &path).await.ok();
        let items = page["items"].as_array().expect("items");
        assert!(items.len() <= 7);
        read.extend(items.iter().cloned());
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/v0/tickets/{}/timeline?limit=7&cursor={cursor}", told.id);
    }
    let stored: Vec<Value> = chain
        .iter()
        .map(|event| serde_json::to_value(event).expect("JSON"))
        .collect();
    assert_eq!(read, stored);
}

pub(super) async fn the_case_file_holds_it_all(house: &House, told: &Told) {
    let path = format!("/v0/tickets/{}/case", told.id);
    let file = house.get(&house.operator(), &path).await.ok();
    let count = |list: &str| file[list].as_array().map_or(0, Vec::len);
    assert_eq!(count("schedule_history"), 1);
    assert_eq!(file["schedule_history"][0]["status"], "confirmed");
    assert_eq!(
        file["schedule_history"][0]["confirmed_window"],
        file["schedule_history"][0]["windows"][1]
    );
    assert_eq!(count("assignment_history"), 1);
    assert_eq!(file["assignment_history"][0]["technician_id"], TECHNICIAN);
    assert_eq!(count("technician_timeline"), 1);
    assert_eq!(count("messages"), 3);
    assert_eq!(file["messages"][2]["intent"], "check_in");
    assert_eq!(count("checklist"), 5);
    let mut kinds: Vec<&str> = file["attachments"]
        .as_array()
        .expect("attachments")
        .iter()
        .map(|entry| entry["attachment"]["kind"].as_str().expect("a kind"))
        .collect();
    // the two papers of one call are in no order
    kinds[2..4].sort_unstable();
    kinds[4..].sort_unstable();
    assert_eq!(
        kinds,
        [
            "photo",
            "photo",
            "invoice_draft_json",
            "invoice_draft_pdf",
            "closeout_manifest_json",
            "closeout_packet_pdf",
        ]
    );
    assert_eq!(
        file["invoice_draft"]["invoice"]["tax"]["amount_cents"],
        2_475
    );
    assert_eq!(
        count("audit"),
        chain::verified(&house.database, &told.id).await.len()
    );
    let snapshot = house.get(&house.operator(), &format!("/v0/tickets/{}", told.id));
    assert_eq!(file["ticket"], snapshot.await.ok());
}

pub(super) async fn the_papers_are_in_the_store(house: &House, told: &Told) {
    let path = format!("/v0/tickets/{}/case", told.id);
    let file = house.get(&house.operator(), &path).await.ok();
    let attachments = file["attachments"].as_array().expect("attachments");
    let mut manifest = Value::Null;
    for entry in attachments {
        let attachment = &entry["attachment"];
        let id = attachment["attachment_id"].as_str().expect("an id");
        let got = house
            .get(&told.customer, &format!("/v0/attachments/{id}"))
            .await;
        assert_eq!(got.status, 200, "{attachment}");
        assert_eq!(
            got.header("content-type"),
            attachment["content_type"].as_str()
        );
        assert_eq!(attachment["sha256"], sha256(&got.body));
        assert_eq!(attachment["size_bytes"], got.body.len());
        let stored = house.object(attachment["storage_key"].as_str().expect("a key"));
        assert_eq!(stored, got.body, "{attachment}");
        match attachment["kind"].as_str().expect("a kind") {
            "photo" => assert_eq!(got.body, bodies::PHOTO),
            "closeout_manifest_json" => manifest = got.json(),
            kind if kind.ends_with("_pdf") => assert!(got.body.starts_with(b"%PDF"), "{kind}"),
            _ => drop(got.json()),
        }
    }
    // the manifest names every artifact before it by its hash
    let text = manifest.to_string();
    for entry in attachments {
        let attachment = &entry["attachment"];
        if attachment["kind"] != "closeout_manifest_json" {
            let hash = attachment["sha256"].as_str().expect("a hash");
            assert!(text.contains(hash), "{attachment} is not in {manifest}");
        }
    }
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
