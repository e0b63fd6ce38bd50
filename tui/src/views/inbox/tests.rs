use dispatch_contract::gateway::GatewayStatus;
use dispatch_contract::{GatewayId, OrganizationId, Timestamp};

use super::*;
use crate::testing::{at, event, id, world};

fn stands(inbox: &mut Inbox) -> Vec<&'static str> {
    inbox.settle(Rect::new(0, 0, 120, 30), &world());
    let shown = inbox.list.rows.shown();
    shown.iter().map(|entry| entry.standing.says()).collect()
}

/// What a host writes down of a gateway that is away, and of one that is back.
fn alert(n: u128, sequence: u64, over: bool, when: Timestamp) -> Event {
    let mut told = event(0, sequence, "escalation.raised");
    told.ticket_id = None;
    told.occurred_at = when;
    told.payload = serde_json::to_value(GatewayAlert {
        about: "gateway".into(),
        gateway_id: GatewayId(id(n).0),
        organization_id: OrganizationId::HOUSE,
        name: format!("gateway-{n}"),
        over,
        status: if over {
            GatewayStatus::Online
        } else {
            GatewayStatus::Unreachable
        },
        since: when,
        reason: (!over).then(|| "Connection refused".into()),
        next_step: None,
    })
    .unwrap();
    told
}

#[test]
fn what_waits_stands_first_until_somebody_decides() {
    let mut inbox = Inbox::new();
    let mut put = event(1, 1, "proposal.created");
    put.payload = json!({"proposal_id": "P1", "tool": "ticket.create"});
    let mut raised = event(2, 2, "escalation.raised");
    raised.payload = json!({"reason": "nobody answers"});
    for event in [&put, &raised, &put] {
        inbox.news(event, &world());
    }
    assert_eq!(stands(&mut inbox), ["waits", "raised"]);
    assert_eq!(inbox.waiting(&world()), 1);
    let mut decided = event(1, 3, "proposal.rejected");
    decided.payload = json!({"proposal_id": "P1", "reason": "no"});
    decided.occurred_at = at(-50);
    inbox.news(&decided, &world());
    assert_eq!(inbox.waiting(&world()), 0);
    assert!(stands(&mut inbox).contains(&"rejected"));
}

#[test]
fn an_escalation_about_a_gateway_is_open_until_the_gateway_is_back() {
    let mut inbox = Inbox::new();
    inbox.news(&alert(1, 1, false, at(-90)), &world());
    inbox.news(&alert(2, 2, false, at(-80)), &world());
    let (role, said) = inbox.called().unwrap();
    assert_eq!(role, Role::Alarm);
    assert_eq!(
        said,
        "escalation: gateway-2 is unreachable: Connection refused"
    );
    assert_eq!(stands(&mut inbox), ["open", "open"]);
    assert_eq!(inbox.waiting(&world()), 2);
    inbox.news(&alert(1, 3, true, at(-70)), &world());
    assert_eq!(
        inbox.called(),
        Some((Role::Good, "gateway-1 is online".into()))
    );
    // its end is no entry of its own
    assert_eq!(stands(&mut inbox), ["open", "over"]);
    assert_eq!(inbox.waiting(&world()), 1);
    // away again: that is another one
    inbox.news(&alert(1, 4, false, at(-60)), &world());
    assert_eq!(stands(&mut inbox), ["open", "open", "over"]);
    let mut removed = event(0, 5, "gateway.removed");
    removed.payload = json!({"gateway_id": id(1)});
    removed.occurred_at = at(-50);
    inbox.news(&removed, &world());
    assert_eq!(stands(&mut inbox), ["open", "over", "over"]);
}

#[test]
fn pages_that_come_in_any_order_stand_the_same() {
    let mut inbox = Inbox::new();
    let asks = inbox.wants_unseen(&world(), 16);
    assert_eq!(asks.len(), KINDS.len());
    let page = dispatch_contract::reading::Page {
        items: vec![
            alert(1, 3, true, at(-70)),
            alert(1, 1, false, at(-90)),
            alert(9, 2, true, at(-80)),
        ],
        next_cursor: None,
    };
    inbox.take(&asks[0], Ok(Got::Events(page)), &world());
    assert_eq!(
        stands(&mut inbox),
        ["over"],
        "of gateway 9 no beginning is held"
    );
    assert_eq!((inbox.waiting(&world()), inbox.called()), (0, None));
}
