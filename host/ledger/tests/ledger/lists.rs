//! Listings: every filter, and pages that neither skip nor repeat.

use std::collections::BTreeSet;

use dispatch_contract::State;
use dispatch_contract::event::EventType;
use dispatch_contract::reading::{AuditFilter, DecisionFilter, TicketFilter};
use dispatch_contract::refusal::Code;
use dispatch_contract::ticket::Priority;
use dispatch_contract::{PrincipalId, TicketId};
use dispatch_ledger::LedgerError;

use crate::commit::set_priority;
use crate::scene::{Scene, actor, create, create_for, fresh_key, operator, refusal, take};

#[tokio::test]
async fn a_thousand_tickets_are_paged_without_a_gap_or_a_double_while_they_change() {
    let scene = Scene::new().await;
    let mut all = BTreeSet::new();
    for _ in 0..20 {
        let mut tasks = Vec::new();
        for _ in 0..50 {
            let ledger = scene.ledger.clone();
            tasks.push(tokio::spawn(async move {
                take(&ledger, operator(), &create(&fresh_key()), None).await
            }));
        }
        for task in tasks {
            all.insert(task.await.unwrap().unwrap().ticket_id());
        }
    }
    assert_eq!(all.len(), 1_000);
    let mut filter = TicketFilter {
        limit: 37,
        ..TicketFilter::default()
    };
    let mut seen: Vec<TicketId> = Vec::new();
    loop {
        let page = scene.ledger.tickets(&filter).await.unwrap();
        assert!(page.items.len() <= 37);
        seen.extend(page.items.iter().map(|ticket| ticket.ticket_id));
        let Some(cursor) = page.next_cursor else {
            break;
        };
        filter.cursor = Some(cursor);
        // what changes meanwhile keeps its place, what is new comes before the first page
        let touched = set_priority(seen[0], &fresh_key(), Priority::Standard);
        scene.take(&touched, None).await;
    }
    assert_eq!(seen.len(), 1_000);
    assert_eq!(seen.iter().copied().collect::<BTreeSet<_>>(), all);
    assert!(
        seen.windows(2).all(|pair| pair[0] > pair[1]),
        "the newest first"
    );
}

#[tokio::test]
async fn each_filter_of_tickets_finds_its_tickets_and_no_others() {
    let scene = Scene::new().await;
    let urgent = scene.ticket().await;
    scene
        .take(
            &set_priority(urgent, &fresh_key(), Priority::Emergency),
            Some(State::Triaged),
        )
        .await;
    let words = create_for(
        &fresh_key(),
        "Zoë O'Neil",
        "555-777-0000",
        "Rolling grille won't close",
    );
    let worded = scene.take(&words, None).await.answer().ticket;
    let plain = scene.ticket().await;
    let find = async |filter: TicketFilter| -> Vec<TicketId> {
        let page = scene.ledger.tickets(&filter).await.unwrap();
        page.items.iter().map(|ticket| ticket.ticket_id).collect()
    };
    let none = TicketFilter::default;
    assert_eq!(find(none()).await, [plain, worded.ticket_id, urgent]);
    assert_eq!(
        find(TicketFilter {
            state: Some(State::Triaged),
            ..none()
        })
        .await,
        [urgent]
    );
    assert_eq!(
        find(TicketFilter {
            priority: Some(Priority::Emergency),
            ..none()
        })
        .await,
        [urgent]
    );
    let customer_id = Some(worded.customer_id);
    assert_eq!(
        find(TicketFilter {
            customer_id,
            ..none()
        })
        .await,
        [worded.ticket_id]
    );
    let technician_id = Some(crate::scene::technician_id(99));
    assert_eq!(
        find(TicketFilter {
            technician_id,
            ..none()
        })
        .await,
        []
    );
    for text in ["grille", "zoë", "ZOË grill", "o'neil", "5557", "777-0000"] {
        let expected = if text == "5557" {
            vec![]
        } else {
            vec![worded.ticket_id]
        };
        let text = Some(text.to_owned());
        assert_eq!(
            find(TicketFilter {
                text: text.clone(),
                ..none()
            })
            .await,
            expected,
            "{text:?}"
        );
    }
    for text in ["grille urgent", "'", "\\", "%", "':* | 'q"] {
        let text = Some(text.to_owned());
        assert_eq!(
            find(TicketFilter {
                text: text.clone(),
                ..none()
            })
            .await,
            [],
            "{text:?}"
        );
    }
    let both = TicketFilter {
        state: Some(State::New),
        priority: Some(Priority::Standard),
        text: Some("springfield".into()),
        ..none()
    };
    assert_eq!(find(both).await, [plain, worded.ticket_id]);
    let bad = TicketFilter {
        cursor: Some("1 OR 1".into()),
        ..none()
    };
    assert!(matches!(
        scene.ledger.tickets(&bad).await,
        Err(LedgerError::BadCursor)
    ));
}

#[tokio::test]
async fn each_filter_of_events_and_the_timeline() {
    let scene = Scene::new().await;
    let (one, other) = (scene.ticket().await, scene.ticket().await);
    let by_two = actor(dispatch_contract::Role::OperatorAdmin, 2);
    let call = set_priority(one, &fresh_key(), Priority::Emergency);
    take(&scene.ledger, by_two, &call, Some(State::Triaged))
        .await
        .unwrap();
    let kinds = async |filter: AuditFilter| -> Vec<EventType> {
        let page = scene.ledger.audit(&filter).await.unwrap();
        page.items.iter().map(|event| event.kind).collect()
    };
    let none = AuditFilter::default;
    use EventType::{TicketCreated, TicketMessageAdded, TicketPrioritySet, TicketStateChanged};
    let last = [TicketStateChanged, TicketPrioritySet];
    let created = [TicketMessageAdded, TicketCreated];
    assert_eq!(kinds(none()).await, [last, created, created].concat());
    assert_eq!(
        kinds(AuditFilter {
            ticket_id: Some(one),
            ..none()
        })
        .await,
        [last, created].concat()
    );
    assert_eq!(
        kinds(AuditFilter {
            ticket_id: Some(other),
            ..none()
        })
        .await,
        created
    );
    assert_eq!(
        kinds(AuditFilter {
            kind: Some(TicketPrioritySet),
            ..none()
        })
        .await,
        [TicketPrioritySet]
    );
    assert_eq!(
        kinds(AuditFilter {
            actor_id: Some(by_two.id),
            ..none()
        })
        .await,
        last
    );
    let stranger = Some(PrincipalId(ulid::Ulid(77)));
    assert_eq!(
        kinds(AuditFilter {
            actor_id: stranger,
            ..none()
        })
        .await,
        []
    );

    let mut filter = AuditFilter { limit: 1, ..none() };
    let mut ids = BTreeSet::new();
    loop {
        let page = scene.ledger.audit(&filter).await.unwrap();
        ids.extend(page.items.iter().map(|event| event.event_id));
        filter.cursor = page.next_cursor;
        if filter.cursor.is_none() {
            break;
        }
    }
    assert_eq!(ids.len(), 6);

    let first = scene.ledger.timeline(one, None, 3).await.unwrap();
    let rest = scene
        .ledger
        .timeline(one, first.next_cursor.as_deref(), 3)
        .await
        .unwrap();
    let order: Vec<u64> = first
        .items
        .iter()
        .chain(&rest.items)
        .map(|event| event.sequence)
        .collect();
    assert_eq!((order, rest.next_cursor), (vec![1, 2, 3, 4], None));
    assert!(matches!(
        scene.ledger.timeline(one, Some("x"), 3).await,
        Err(LedgerError::BadCursor)
    ));
}

#[tokio::test]
async fn each_filter_of_decisions() {
    let scene = Scene::new().await;
    let ticket = scene.ticket().await;
    for (tool, on, code) in [
        ("schedule.confirm", Some(ticket), Code::IllegalTransition),
        ("ticket.create", None, Code::RoleForbidden),
    ] {
        scene
            .ledger
            .record_refusal(refusal(tool, on, code))
            .await
            .unwrap();
    }
    scene.ledger.flush_refusals().await.unwrap();
    let find = async |filter: DecisionFilter| -> Vec<(String, bool)> {
        let page = scene.ledger.decisions(&filter).await.unwrap();
        let mut found: Vec<_> = page
            .items
            .into_iter()
            .map(|d| (d.tool, d.allowed))
            .collect();
        found.sort();
        found
    };
    let is = |tool: &str, allowed: bool| (tool.to_owned(), allowed);
    let none = DecisionFilter::default;
    let (confirm, refused) = (is("schedule.confirm", false), is("ticket.create", false));
    let created = is("ticket.create", true);
    assert_eq!(
        find(none()).await,
        [confirm.clone(), refused.clone(), created.clone()]
    );
    let tool = Some("ticket.create".to_owned());
    assert_eq!(
        find(DecisionFilter { tool, ..none() }).await,
        [refused.clone(), created.clone()]
    );
    let on = DecisionFilter {
        ticket_id: Some(ticket),
        ..none()
    };
    assert_eq!(find(on).await, [confirm.clone(), created.clone()]);
    assert_eq!(
        find(DecisionFilter {
            allowed: Some(true),
            ..none()
        })
        .await,
        [created]
    );
    let turned_away = DecisionFilter {
        allowed: Some(false),
        ..none()
    };
    assert_eq!(find(turned_away).await, [confirm, refused.clone()]);
    let code = Some(Code::RoleForbidden);
    assert_eq!(find(DecisionFilter { code, ..none() }).await, [refused]);

    assert_eq!(
        scene.recorded().await.len(),
        1,
        "only what a pack was asked"
    );
    assert_eq!(
        scene.ledger.packs_that_judged().await.unwrap(),
        [crate::scene::pack()]
    );
}
