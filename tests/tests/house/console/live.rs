//! What others commit shows as it is committed, in every view; what is lost shows at once.

use dispatch_contract::{Role, State};
use serde_json::json;

use super::{open, sees};
use crate::support::{House, bodies};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_that_another_opens_shows_and_moves_as_it_moves() {
    let house = House::start().await;
    let mut console = open(&house, (120, 40), false);
    sees(&mut console, &["● live", "No tickets yet."]).await;
    let (ticket, _) = house.open(&bodies::bare()).await;
    sees(&mut console, &["Ada Byrne", "new", &ticket]).await;
    let classified = json!({ "priority": "emergency" });
    let answer = house.on(&house.intake(), "ticket.set_priority", &ticket, &classified);
    answer.await.ok();
    sees(&mut console, &["!EMG", "emergency"]).await;
    // the timeline beside it, with the event open
    console.press("n");
    sees(
        &mut console,
        &["timeline", "ticket.priority_set", "open event"],
    )
    .await;
}

/// The ticket's window was over so many minutes ago: rules take none that is, and time is
/// not waited for. No event says so; a message after it makes the ticket newer than the
/// events that say otherwise, which a console may be told late.
pub(super) async fn overdue(house: &House, ticket: &str, minutes: i64) {
    let written = sqlx::query(
        "UPDATE tickets SET snapshot = replace(snapshot::text, snapshot #>> '{schedule,window_end}', $2)::json
         WHERE ticket_id = $1",
    );
    let written = written.bind(ticket).bind(bodies::minutes(-minutes));
    let written = written
        .execute(house.database.pool())
        .await
        .expect("written");
    assert_eq!(written.rows_affected(), 1);
    let message = bodies::message("still waiting");
    let answer = house.on(&house.intake(), "ticket.add_message", ticket, &message);
    answer.await.ok();
}

/// So many tickets like this one, all of them newer.
pub(super) async fn newer_ones(house: &House, ticket: &str, count: usize) {
    let ids: Vec<String> = (0..count).map(|_| bodies::key()).collect();
    let written = sqlx::query(
        "INSERT INTO tickets (ticket_id, version, state, priority, customer_id, technician_id, created_at,
             updated_at, snapshot, beside, chain_sequence, chain_hash, words)
         SELECT n.id, version, state, priority, customer_id, technician_id, created_at, updated_at,
             replace(snapshot::text, ticket_id, n.id)::json, beside, chain_sequence, chain_hash, words
         FROM tickets, unnest($2::text[]) AS n (id) WHERE ticket_id = $1",
    );
    let written = written.bind(ticket).bind(ids);
    written
        .execute(house.database.pool())
        .await
        .expect("written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_late_is_pinned_however_old_it_is_and_the_longest_late_first() {
    let house = House::start().await;
    // the feed waits for the oldest transaction of the cluster, whosever it is: all that is
    // committed here is told to a console that has read it already
    let mut other = house.database.pool().begin().await.expect("begun");
    let numbered = sqlx::query("SELECT pg_current_xact_id()").execute(&mut *other);
    numbered.await.expect("numbered");
    let old = house.advance_to(State::Dispatched).await;
    let older = house.advance_to(State::Scheduled).await;
    newer_ones(&house, &older.id, 250).await;
    newer_ones(&house, &old.id, 250).await;
    overdue(&house, &old.id, 5).await;
    overdue(&house, &older.id, 90).await;
    let mut console = open(&house, (120, 40), false);
    // the page may come after what is late
    let all = ["● live", "2 pinned", "LATE 5m", "LATE 1h 30m", "in 1d"];
    let screen = sees(&mut console, &all).await;
    let line = |screen: &str, word: &str| screen.lines().position(|line| line.contains(word));
    assert!(
        line(&screen, "LATE 1h") < line(&screen, "LATE 5m"),
        "{screen}"
    );
    assert!(
        line(&screen, "LATE 5m") < line(&screen, "in 1d"),
        "{screen}"
    );
    other.rollback().await.expect("over");
    // somebody is there: it waits for nobody any more
    house.chapter(&old, State::Onsite).await;
    let screen = sees(&mut console, &["1 pinned", "LATE 1h 30m"]).await;
    assert!(!screen.contains("LATE 5m"), "{screen}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audit_verifies_each_event_and_a_whole_chain() {
    let house = House::start().await;
    let (ticket, _) = house.open(&bodies::schedulable()).await;
    let mut console = open(&house, (120, 40), false);
    console.press("3");
    sees(&mut console, &["ticket.created", "✓"]).await;
    // a refusal leaves nothing in the audit, and its decision with the decisions
    let early = bodies::window(48);
    let early = json!({ "selected_window": early });
    let technician = house.role(Role::Technician);
    let refused = house.on(&technician, "schedule.confirm", &ticket, &early);
    assert_eq!(refused.await.status, 403);
    let message = bodies::message("when?");
    let answer = house.on(&house.intake(), "ticket.add_message", &ticket, &message);
    answer.await.ok();
    sees(&mut console, &["ticket.message_added"]).await;
    console.press("v");
    sees(&mut console, &["holds", "each hash verified"]).await;
    console.press("4 o");
    sees(
        &mut console,
        &[
            "deny",
            "schedule.confirm",
            "role_forbidden",
            "refused 1 of 1",
        ],
    )
    .await;
    console.press("5");
    sees(&mut console, &["real-dispatch", "revision", "enforced"]).await;
    console.press("7");
    sees(&mut console, &["Nothing waits for you."]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_goes_away_shows_at_once_and_what_was_missed_shows_when_it_is_back() {
    let mut house = House::start().await;
    let (ticket, _) = house.open(&bodies::triaged()).await;
    let mut console = open(&house, (120, 40), false);
    sees(&mut console, &["● live", "Ada Byrne", "standard"]).await;
    house.stop().await;
    sees(&mut console, &["STALE since", "~"]).await;
    // another host commits meanwhile
    let other = house.second_host().await;
    let urgent = json!({ "priority": "emergency" });
    let answer = other
        .front
        .on(&house.intake(), "ticket.set_priority", &ticket, &urgent);
    answer.await.ok();
    let mut body = bodies::bare();
    body["customer"]["contact_name"] = json!("Zoë 東京");
    other.front.open(&body).await;
    let screen = console.screen();
    assert!(
        screen.contains("STALE") && !screen.contains("Zoë"),
        "{screen}"
    );
    house.comes_back().await;
    let screen = sees(&mut console, &["● live", "!EMG", "Zoë"]).await;
    assert!(!screen.contains("STALE since"), "{screen}");
    // and what comes after it, as ever
    let calm = json!({ "priority": "standard" });
    let answer = house.on(&house.intake(), "ticket.set_priority", &ticket, &calm);
    answer.await.ok();
    console
        .until(|screen| !screen.contains("!EMG"))
        .await
        .expect("it shows");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_is_the_hosts_and_the_board_has_the_rest() {
    let house = House::start().await;
    let mut other = bodies::bare();
    other["customer"]["contact_name"] = json!("Zoë 東京");
    other["issue"]["summary"] = json!("A hangar door trips its breaker");
    house.open(&bodies::bare()).await;
    house.open(&other).await;
    let mut console = open(&house, (120, 40), false);
    sees(&mut console, &["Ada Byrne", "Zoë"]).await;
    console.press("/");
    console.type_text("hangar");
    console.press("enter");
    let screen = sees(&mut console, &["Tickets /hangar 1/1", "Zoë"]).await;
    assert!(!screen.contains("Ada Byrne"), "{screen}");
    console.press("2");
    sees(&mut console, &["new 2", "triaged 0", "Ada Byrne", "Zoë"]).await;
}
