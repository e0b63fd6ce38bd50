//! Committing: what is written is read back, races have one winner, keys replay.

use dispatch_contract::input::{Input, TicketSetPriority};
use dispatch_contract::ticket::Priority;
use dispatch_contract::{Call, State, TicketId};

use crate::scene::{Scene, Taken, create, fresh_key, on};

pub(crate) fn set_priority(ticket_id: TicketId, key: &str, priority: Priority) -> Call {
    on(
        ticket_id,
        key,
        Input::TicketSetPriority(TicketSetPriority { priority }),
    )
}

#[tokio::test]
async fn what_is_committed_is_read_back() {
    let scene = Scene::new().await;
    let created = scene.take(&create(&fresh_key()), Some(State::Triaged)).await;
    let answer = created.answer();
    let id = answer.ticket.ticket_id;
    let case = scene.ledger.ticket(id).await.unwrap().unwrap();
    assert_eq!(case.ticket, answer.ticket);
    assert_eq!((case.ticket.version, case.ticket.state), (1, State::Triaged));

    let call = set_priority(id, &fresh_key(), Priority::Emergency);
    let after = scene.take(&call, None).await.answer().ticket;
    let raw = scene.ledger.ticket_json(id).await.unwrap().unwrap();
    assert_eq!(raw.json, serde_json::to_string(&after).unwrap());
    assert_eq!((raw.version, raw.customer_id), (2, after.customer_id));
    assert_eq!(scene.ledger.ticket(TicketId(ulid::Ulid(7))).await.unwrap(), None);
}

#[tokio::test]
async fn of_32_calls_with_one_key_one_commits_and_31_answer_the_same_bytes() {
    let scene = Scene::new().await;
    let id = scene.ticket().await;
    let calls = [
        create(&fresh_key()),
        set_priority(id, &fresh_key(), Priority::Emergency),
    ];
    for call in calls {
        let tasks: Vec<_> = (0..32)
            .map(|_| {
                let (ledger, call) = (scene.ledger.clone(), call.clone());
                tokio::spawn(async move {
                    crate::scene::take(&ledger, crate::scene::operator(), &call, None).await
                })
            })
            .collect();
        let (mut committed, mut replayed) = (Vec::new(), Vec::new());
        for task in tasks {
            match task.await.unwrap().unwrap() {
                Taken::Committed(bytes) => committed.push(bytes),
                Taken::Replayed(bytes) => replayed.push(bytes),
                Taken::Conflict => panic!("the content is the same"),
            }
        }
        assert_eq!((committed.len(), replayed.len()), (1, 31));
        assert!(replayed.iter().all(|bytes| *bytes == committed[0]));
    }
}
