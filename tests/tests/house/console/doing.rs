//! Tools called by hand: what is legal is offered, judged, shown and committed once; a
//! refusal stands beside its fields; a read-only console and another's role change nothing.

use dispatch_contract::Role;
use dispatch_tui::pilot::Pilot;

use super::{open, sees};
use crate::support::{House, bodies, chain};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_priority_set_by_hand_is_seen_by_a_second_console() {
    let house = House::start().await;
    let (ticket, _) = house.open(&bodies::triaged()).await;
    let mut second = open(&house, (120, 40), false);
    sees(&mut second, &["● live", "standard"]).await;
    let mut console = open(&house, (120, 40), false);
    sees(&mut console, &["● live", &ticket]).await;
    console.press("c");
    sees(&mut console, &["call a tool on", "x closeout.add_note"]).await;
    console.press("j enter");
    sees(&mut console, &["ticket.set_priority on", "< standard >"]).await;
    console.press("right");
    sees(&mut console, &["< emergency >"]).await;
    console.press("ctrl-s");
    sees(&mut console, &["commit ticket.set_priority?", "emergency"]).await;
    let before = chain::kinds(&house.database, &ticket).await;
    assert!(
        !before.contains(&"ticket.priority_set"),
        "nothing is committed yet"
    );
    console.press("enter");
    sees(&mut console, &["ticket.set_priority committed"]).await;
    sees(&mut second, &["!EMG"]).await;
    let kinds = chain::kinds(&house.database, &ticket).await;
    assert_eq!(
        kinds
            .iter()
            .filter(|kind| **kind == "ticket.priority_set")
            .count(),
        1
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_stands_beside_the_field_it_is_about() {
    let house = House::start().await;
    house.open(&bodies::schedulable()).await;
    let mut console = open(&house, (120, 40), false);
    sees(&mut console, &["● live", "schedulable"]).await;
    console.press(":");
    console.type_text("call schedule.propose_slots");
    console.press("enter");
    sees(&mut console, &["windows 1 window_start"]).await;
    // a window that ends before it begins
    console.press("tab ctrl-u");
    console.type_text("2020-01-01 08:00");
    console.press("ctrl-s");
    sees(&mut console, &["refused:", "invalid_input", "! "]).await;
    console.press("esc esc");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_console_offers_no_tool() {
    let house = House::start().await;
    house.open(&bodies::bare()).await;
    let mut console = open(&house, (120, 40), true);
    sees(&mut console, &["read-only", "Ada Byrne"]).await;
    console.press("c");
    sees(
        &mut console,
        &["x ticket.set_priority", "this console is read-only"],
    )
    .await;
    console.press("enter esc a");
    sees(&mut console, &["it calls no tool"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_token_may_not_the_host_refuses_and_the_console_says() {
    let house = House::start().await;
    house.open(&bodies::bare()).await;
    let scheduling = house.role(Role::SystemSchedulingAgent);
    let mut console =
        Pilot::open(&house.base, &scheduling.token, (120, 40), false).expect("a console");
    // it reads tickets; the stream and the audit are for operators
    sees(&mut console, &["NOT LIVE", "Ada Byrne"]).await;
    console.press("c");
    sees(&mut console, &["call a tool on", "x ticket.set_priority"]).await;
    console.press("esc 3");
    sees(&mut console, &["this token may not (403)"]).await;
}
