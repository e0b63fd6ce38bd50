//! Lists: every filter, pages without a double, and who did what in the decisions.

use std::collections::BTreeSet;

use dispatch_contract::{Role, State};
use serde_json::{Value, json};

use crate::support::people::{Person, TECHNICIAN};
use crate::support::reply::texts;
use crate::support::story::Told;
use crate::support::{House, bodies};

/// The items of all pages.
async fn all(house: &House, who: &Person, path: &str) -> Vec<Value> {
    let mut items = Vec::new();
    let mut next = path.to_owned();
    loop {
        let page = house.get(who, &next).await.ok();
        items.extend(page["items"].as_array().expect("items").iter().cloned());
        let Some(cursor) = page["next_cursor"].as_str() else {
            return items;
        };
        next = format!("{path}&cursor={cursor}");
        assert!(items.len() < 1000, "pages without end");
    }
}

fn ids(items: &[Value]) -> BTreeSet<String> {
    let ids = items.iter().map(|item| item["ticket_id"].as_str());
    ids.map(|id| id.expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn every_filter_finds_what_it_asks_for_and_nothing_else() {
    let house = House::start().await;
    let fresh = house.advance_to(State::New).await;
    let onsite = house.advance_to(State::Onsite).await;
    let mut marked = bodies::schedulable();
    marked["issue"]["summary"] = json!("The Zeppelin hangar will not open; 100% stuck_fast's");
    marked["priority"] = json!("emergency");
    let (marked, owner) = house.open(&marked).await;
    let operator = house.operator();
    let find =
        async |query: &str| ids(&all(&house, &operator, &format!("/v0/tickets?{query}")).await);
    let one = |id: &str| BTreeSet::from([id.to_owned()]);
    assert_eq!(find("limit=1").await.len(), 3);
    assert_eq!(find("state=new").await, one(&fresh.id));
    assert_eq!(find("state=onsite").await, one(&onsite.id));
    assert_eq!(find("state=closed").await.len(), 0);
    assert_eq!(find("priority=emergency").await, one(&marked));
    assert_eq!(
        find(&format!("technician_id={TECHNICIAN}")).await,
        one(&onsite.id)
    );
    assert_eq!(find(&format!("customer_id={owner}")).await, one(&marked));
    assert_eq!(find("text=zeppelin").await, one(&marked));
    assert_eq!(find("text=zeppelin&state=new").await.len(), 0);
    assert_eq!(
        find("text=zeppelin&state=schedulable&priority=emergency").await,
        one(&marked)
    );
    // what means something to a database is only text here
    for text in [
        "%25",
        "_",
        "'",
        "\\",
        "zeppelin%20%26%20!",
        ":*",
        "%22",
        "(((",
        "%00",
        "%F0%9F%9A%AA",
    ] {
        let reply = house
            .get(&operator, &format!("/v0/tickets?text={text}"))
            .await;
        assert!(
            matches!(reply.status, 200 | 422),
            "{text}: {} {}",
            reply.status,
            reply.text()
        );
    }
    // technicians and customers see their own, whatever they ask for
    let technician = ids(&all(&house, &house.technician(), "/v0/tickets?limit=1").await);
    assert_eq!(technician, one(&onsite.id));
    let customer = house.people.person(Role::Customer, &owner);
    assert_eq!(
        ids(&all(&house, &customer, "/v0/tickets?limit=1").await),
        one(&marked)
    );
    let other = format!("/v0/tickets?technician_id={TECHNICIAN}&limit=1");
    assert_eq!(all(&house, &customer, &other).await.len(), 0);
}

/// A ticket with this window agreed, in hours from now; brought on to this state.
async fn agreed(house: &House, hours: i64, state: State) -> Told {
    let told = house.advance_to(State::Schedulable).await;
    let window = bodies::window(hours);
    let agent = house.scheduling();
    let [propose, confirm] = [
        json!({ "windows": [window] }),
        json!({ "selected_window": window }),
    ];
    house
        .step(&agent, "schedule.propose_slots", &told, &propose)
        .await;
    house
        .step(&agent, "schedule.confirm", &told, &confirm)
        .await;
    for next in [State::Dispatched, State::Onsite] {
        if next <= state {
            house.chapter(&told, next).await;
        }
    }
    told
}

#[tokio::test]
async fn what_is_due_by_a_time_comes_by_when_its_window_ends() {
    let house = House::start().await;
    let third = agreed(&house, 72, State::Scheduled).await;
    let first = agreed(&house, 24, State::Dispatched).await;
    // somebody is there already, and nothing is agreed yet
    let there = agreed(&house, 12, State::Onsite).await;
    house.advance_to(State::Schedulable).await;
    let second = agreed(&house, 48, State::Scheduled).await;
    let operator = house.operator();
    let due = async |who: &Person, hours: i64, more: &str| -> Vec<String> {
        let by = bodies::minutes(hours * 60);
        let path = format!("/v0/tickets?due_before={by}&limit=1{more}");
        let items = all(&house, who, &path).await;
        let ids = items.iter().map(|item| item["ticket_id"].as_str());
        ids.map(|id| id.expect("an id").to_owned()).collect()
    };
    let all_three = [&first.id, &second.id, &third.id].map(|id| id.as_str());
    assert_eq!(due(&operator, 100, "").await, all_three);
    // a window that ends later is not due yet
    assert_eq!(due(&operator, 73, "").await, all_three[..2]);
    assert_eq!(due(&operator, 0, "").await.len(), 0);
    assert_eq!(
        due(&operator, 100, "&state=dispatched").await,
        all_three[..1]
    );
    assert_eq!(due(&operator, 100, "&text=dock").await, all_three);
    assert_eq!(due(&operator, 100, "&text=zeppelin").await.len(), 0);
    assert_eq!(due(&operator, 100, "&priority=emergency").await.len(), 0);
    // technicians and customers see their own
    assert_eq!(due(&house.technician(), 100, "").await, all_three[..1]);
    assert_eq!(due(&second.customer, 100, "").await, all_three[1..2]);
    let other = format!("&customer_id={}", first.customer.actor.id);
    assert_eq!(due(&second.customer, 100, &other).await.len(), 0);
    // another window goes before the first, and nobody waits where somebody is
    let sooner = bodies::window(6);
    let agent = house.scheduling();
    let propose = json!({ "windows": [sooner] });
    house
        .step(&agent, "schedule.propose_slots", &third, &propose)
        .await;
    let confirm = json!({ "selected_window": sooner });
    house
        .step(&agent, "schedule.confirm", &third, &confirm)
        .await;
    house.chapter(&first, State::Onsite).await;
    assert_eq!(due(&operator, 100, "").await, [all_three[2], all_three[1]]);
    assert_ne!(there.id, first.id);
    for bad in [
        "due_before=soon",
        "due_before=2026-03-01T09:00:00Z&cursor=x",
    ] {
        let reply = house.get(&operator, &format!("/v0/tickets?{bad}")).await;
        assert_eq!(reply.status, 422, "{bad}: {}", reply.text());
    }
}

#[tokio::test]
async fn pages_have_no_double_though_tickets_come_and_change() {
    let house = House::start().await;
    let mut opened = BTreeSet::new();
    for _ in 0..7 {
        opened.insert(house.open(&bodies::bare()).await.0);
    }
    let mut read = Vec::new();
    let mut next = "/v0/tickets?limit=2".to_owned();
    loop {
        let page = house.get(&house.operator(), &next).await.ok();
        let items = page["items"].as_array().expect("items");
        assert!(items.len() <= 2);
        read.extend(
            items
                .iter()
                .map(|item| item["ticket_id"].as_str().expect("an id").to_owned()),
        );
        // meanwhile another ticket comes, and one changes
        house.open(&bodies::bare()).await;
        let changed = opened.iter().next().expect("a ticket");
        let input = json!({ "priority": "standard" });
        house
            .on(&house.intake(), "ticket.set_priority", changed, &input)
            .await
            .ok();
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        next = format!("/v0/tickets?limit=2&cursor={cursor}");
    }
    let distinct: BTreeSet<String> = read.iter().cloned().collect();
    assert_eq!(distinct.len(), read.len(), "no double");
    assert!(
        opened.is_subset(&distinct),
        "none that was there is left out"
    );
}

#[tokio::test]
async fn every_committed_call_has_its_decision() {
    let house = House::start().await;
    let told = house.advance_to(State::Closed).await;
    let path = format!("/v0/decisions?ticket_id={}&allowed=true&limit=3", told.id);
    let decisions = all(&house, &house.operator(), &path).await;
    let snapshot = house
        .get(&house.operator(), &format!("/v0/tickets/{}", told.id))
        .await
        .ok();
    assert_eq!(
        json!(decisions.len()),
        snapshot["version"],
        "one for each version"
    );
    let chain = crate::support::chain::verified(&house.database, &told.id).await;
    let calls: BTreeSet<&str> = chain
        .iter()
        .map(|event| event.request_id.as_str())
        .collect();
    for decision in &decisions {
        assert!(calls.contains(decision["request_id"].as_str().expect("a key")));
        assert_eq!(decision["pack"]["digest"], chain[0].pack.digest);
        assert!(!texts(&decision["determining_policies"]).is_empty());
        assert!(decision.get("code").is_none());
    }
    // what the caller ties together is tied together
    let mut body = crate::support::front::addressed(&told.id, &bodies::message("bye"));
    body["request_id"] = json!("tied");
    let request = house
        .request(
            &house.operator(),
            reqwest::Method::POST,
            "/v0/tools/ticket.add_message",
        )
        .header("x-correlation-id", "conversation-7")
        .json(&body);
    let reply = crate::support::front::answered(request).await;
    assert_eq!(reply.header("x-correlation-id"), Some("conversation-7"));
    let chain = crate::support::chain::verified(&house.database, &told.id).await;
    let last = chain.last().expect("events");
    assert_eq!(last.correlation_id.as_deref(), Some("conversation-7"));
}
