//! One ticket through all twelve tools: every row of the case file is there, each
//! commit's verdict is kept, and the events alone rebuild it all.

use dispatch_contract::artifact::{Attachment, AttachmentKind};
use dispatch_contract::id::AttachmentId;
use dispatch_contract::input::Input;
use dispatch_contract::question::ObjectFact;
use dispatch_contract::reading::{CaseFile, ProposalStatus};
use dispatch_contract::settle::Papers;
use dispatch_contract::{Override, State, TicketId};
use dispatch_ledger::{Extent, Rejudge, Upload};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use ulid::Ulid;

use crate::commit::{message, set_priority};
use crate::house::register;
use crate::recorded::verdict_on;
use crate::scene::{Scene, create, fresh_key, now, on, operator, take_with, technician_id};

fn input<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("an input")
}

fn paper(kind: AttachmentKind) -> Attachment {
    Attachment {
        attachment_id: AttachmentId(Ulid::generate()),
        kind,
        storage_key: format!("artifacts/{}", kind.name()),
        sha256: "12".repeat(32),
        content_type: "application/pdf".into(),
        size_bytes: 9,
        phase: None,
    }
}

/// Plays a ticket to its end. Two technicians are registered, one upload is recorded.
pub(crate) async fn play(scene: &Scene) -> TicketId {
    let (first, second) = (technician_id(21), technician_id(22));
    register(scene, first, "Ann", true).await;
    register(scene, second, "Bob", true).await;
    let upload = Upload {
        storage_key: format!("uploads/{}", fresh_key()),
        object: ObjectFact {
            size_bytes: 4,
            sha256: "ab".repeat(32),
            content_type: "image/png".into(),
        },
        uploaded_at: now(),
        uploaded_by: operator(),
    };
    scene.ledger.record_upload(&upload).await.unwrap();
    let id = scene
        .take(&create(&fresh_key()), Some(State::Triaged))
        .await
        .ticket_id();
    let call = |input: Input| on(id, &fresh_key(), input);
    scene
        .take(&message(id, &fresh_key()), Some(State::Schedulable))
        .await;
    let urgent = dispatch_contract::ticket::Priority::Emergency;
    scene
        .take(&set_priority(id, &fresh_key(), urgent), None)
        .await;
    let window = json!({ "window_start": "2026-11-01T14:00:00Z", "window_end": "2026-11-01T16:00:00Z",
        "timezone": "America/Chicago" });
    let later = json!({ "window_start": "2026-11-02T14:00:00Z", "window_end": "2026-11-02T16:00:00Z",
        "timezone": "America/Chicago" });
    let propose =
        |windows: Value| Input::ScheduleProposeSlots(input(json!({ "windows": windows })));
    let confirm =
        |window: &Value| Input::ScheduleConfirm(input(json!({ "selected_window": window })));
    let assign = |who| Input::DispatchAssignTech(input(json!({ "technician_id": who })));
    scene.take(&call(propose(json!([later]))), None).await;
    scene
        .take(&call(propose(json!([window, later]))), None)
        .await;
    scene
        .take(&call(confirm(&window)), Some(State::Scheduled))
        .await;
    scene.take(&call(assign(first)), None).await;
    let eta = Input::DispatchSetEta(input(json!({ "eta_text": "around 9" })));
    scene.take(&call(eta), Some(State::Dispatched)).await;
    scene.take(&call(assign(second)), None).await;
    scene
        .take(&message(id, &fresh_key()), Some(State::Onsite))
        .await;
    let note = Input::CloseoutAddNote(input(json!({ "note": { "text": "Spring replaced" } })));
    scene.take(&call(note), None).await;
    let photo = json!({ "photo": { "storage_key": upload.storage_key, "content_type": "image/png", "size_bytes": 4 } });
    scene
        .take(&call(Input::CloseoutAddPhoto(input(photo))), None)
        .await;
    for item in ["work_performed", "billing_authorization"] {
        let done = Input::CloseoutChecklistComplete(input(json!({ "item_key": item })));
        scene.take(&call(done), None).await;
    }
    let mut last = call(Input::CloseoutChecklistComplete(input(
        json!({ "item_key": "resolution_status" }),
    )));
    last.gate_override = Some(Override {
        reason: "agreed by telephone".into(),
    });
    scene.take(&last, Some(State::CloseoutPending)).await;
    let draft = call(Input::BillingGenerateInvoiceDraft(input(
        json!({ "line_items": [
        { "description": "Labour", "quantity": 2, "unit_amount_cents": 12_500 }], "tax_basis_points": 825 }),
    )));
    let packet = call(Input::BillingCompileCloseoutPacket(input(json!({}))));
    use AttachmentKind::{
        CloseoutManifestJson, CloseoutPacketPdf, InvoiceDraftJson, InvoiceDraftPdf,
    };
    for (call, to, pdf, json) in [
        (draft, None, InvoiceDraftPdf, InvoiceDraftJson),
        (
            packet,
            Some(State::Closed),
            CloseoutPacketPdf,
            CloseoutManifestJson,
        ),
    ] {
        let papers = Papers {
            pdf: paper(pdf),
            json: paper(json),
        };
        take_with(&scene.ledger, operator(), &call, to, Some(papers))
            .await
            .unwrap();
    }
    id
}

#[tokio::test]
async fn the_case_file_holds_everything() {
    let scene = Scene::new().await;
    let id = play(&scene).await;
    let file: CaseFile = scene
        .ledger
        .case_file(id, Extent::Whole)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (file.ticket.state, file.ticket.version),
        (State::Closed, 17)
    );
    let proposals: Vec<_> = file
        .schedule_history
        .iter()
        .map(|entry| entry.status)
        .collect();
    assert_eq!(
        proposals,
        [ProposalStatus::Superseded, ProposalStatus::Confirmed]
    );
    let confirmed = &file.schedule_history[1];
    assert_eq!(
        confirmed.confirmed_window.as_ref(),
        Some(&confirmed.windows[0])
    );
    assert!(confirmed.confirmed_at > Some(confirmed.proposed_at));
    let [ann, bob] = &file.assignment_history[..] else {
        panic!("two assignments");
    };
    assert_eq!(
        (ann.technician_name.as_str(), ann.ended_at),
        ("Ann", Some(bob.assigned_at))
    );
    assert_eq!((bob.technician_name.as_str(), bob.ended_at), ("Bob", None));
    assert_eq!(file.technician_timeline[0].text, "Spring replaced");
    assert_eq!(file.messages.len(), 3);
    assert_eq!(file.messages[1].raw, "still  stuck \u{1f6aa}");
    let items: Vec<_> = file
        .checklist
        .iter()
        .map(|entry| entry.item_key.name())
        .collect();
    assert_eq!(
        items,
        [
            "work_performed",
            "billing_authorization",
            "resolution_status"
        ]
    );
    assert_eq!(file.attachments.len(), 5);
    let invoice = file.invoice_draft.as_ref().unwrap();
    assert_eq!(invoice.invoice.total.amount_cents, 27_063);
    assert_eq!(
        Some(invoice.pdf_attachment_id),
        file.ticket.billing.invoice_draft_attachment_id
    );
    assert_eq!(file.audit.len() as u64, file.audit.last().unwrap().sequence);

    let photo = &file.attachments[0];
    let found = scene
        .ledger
        .attachment(photo.attachment.attachment_id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((&found.entry, found.ticket_id), (photo, id));
    assert_eq!(found.technician_id, Some(bob.technician_id));
    assert_eq!(
        scene
            .ledger
            .attachment(AttachmentId(Ulid(1)))
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        scene
            .ledger
            .case_file(TicketId(Ulid(1)), Extent::Whole)
            .await
            .unwrap(),
        None
    );

    let owed: Vec<String> = sqlx::query_scalar("SELECT topic FROM outbox ORDER BY outbox_id")
        .fetch_all(scene.database.pool())
        .await
        .unwrap();
    let (told, eta) = ("customer_confirmation", "customer_eta");
    let (sent, closed) = ("technician_assignment", "customer_closure");
    assert_eq!(owed, [told, sent, eta, sent, closed]);
}

#[tokio::test]
async fn what_anybody_may_add_without_end_is_cut_to_the_latest_and_papers_need_none_of_it() {
    let scene = Scene::new().await;
    let id = scene.ticket().await;
    for _ in 0..3 {
        scene.take(&message(id, &fresh_key()), None).await;
    }
    let whole = async || {
        scene
            .ledger
            .case_file(id, Extent::Whole)
            .await
            .unwrap()
            .unwrap()
    };
    let before = whole().await;
    assert_eq!((before.earlier_messages, before.earlier_events), (0, 0));
    let told = before.messages.len() as u64;

    // a flood, as it would be left by whoever may write to the ticket
    let more = "INSERT INTO messages (ticket_id, sequence, message_id, at, actor, channel, direction, raw, normalized, intent)
        SELECT ticket_id, 1000 + n, message_id, at, actor, channel, direction, $2, $2, intent
        FROM messages, generate_series(1, 600) n WHERE ticket_id = $1 AND sequence = 2";
    let flood = async |text: String| {
        let flood = sqlx::query(more).bind(id.to_string()).bind(text);
        flood.execute(scene.database.pool()).await.unwrap();
    };
    flood("stop".into()).await;
    let many = whole().await;
    assert_eq!(
        (many.messages.len(), many.earlier_messages),
        (500, told + 100)
    );
    assert_eq!(many.messages.last().unwrap().raw, "stop", "the latest");
    sqlx::query("DELETE FROM messages WHERE sequence > 1000")
        .execute(scene.database.pool())
        .await
        .unwrap();
    flood("x".repeat(32_768)).await;
    let large = whole().await;
    assert_eq!(
        (large.messages.len(), large.earlier_messages),
        (64, told + 536)
    );

    let papers = scene
        .ledger
        .case_file(id, Extent::Papers)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(papers.ticket, before.ticket);
    assert_eq!((papers.messages.len(), papers.audit.len()), (0, 1));
}

#[tokio::test]
async fn events_alone_rebuild_it_and_every_verdict_can_be_asked_again() {
    let scene = Scene::new().await;
    play(&scene).await;
    scene.ticket().await;
    let mut last = None;
    let verified = scene
        .ledger
        .verify(None, |progress| last = Some(progress))
        .await
        .unwrap();
    assert_eq!(verified.fault, None);
    assert_eq!(verified.chains, 3, "two tickets and the house");
    assert_eq!(
        last.map(|progress| (progress.done, progress.total)),
        Some((verified.events, verified.events))
    );

    let recorded = scene.recorded().await;
    let report = scene
        .ledger
        .replay(
            None,
            |pack, question| {
                assert_eq!(*pack, crate::scene::pack());
                Rejudge::Verdict(verdict_on(&recorded, question))
            },
            |_| {},
        )
        .await
        .unwrap();
    assert_eq!(report.differences, []);
    assert_eq!((report.tickets, report.calls), (2, 18));
}

#[tokio::test]
async fn one_ticket_is_verified_and_replayed_alone() {
    let scene = Scene::new().await;
    play(&scene).await;
    let other = scene.ticket().await;
    let verified = scene.ledger.verify(Some(other), |_| {}).await.unwrap();
    assert_eq!((verified.chains, verified.fault), (1, None));
    let recorded = scene.recorded().await;
    let judge = |_: &_, question: &_| Rejudge::Verdict(verdict_on(&recorded, question));
    let report = scene
        .ledger
        .replay(Some(other), judge, |_| {})
        .await
        .unwrap();
    assert_eq!((report.tickets, report.different), (1, 0));
    assert_eq!(report.events, verified.events);
}
