//! The board: what is urgent shows however many newer tickets there are.

use dispatch_contract::State;
use serde_json::json;

use super::live::{newer_ones, overdue};
use super::{open, sees};
use crate::support::{House, bodies};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_urgent_stands_first_in_its_lane_however_old_it_is() {
    let house = House::start().await;
    // an emergency, and one that is late; then 250 newer ones of each state
    let mut body = bodies::triaged();
    body["customer"]["contact_name"] = json!("Urgent Ute");
    let (urgent, _) = house.open(&body).await;
    let late = house.advance_to(State::Scheduled).await;
    let (plain, _) = house.open(&bodies::triaged()).await;
    newer_ones(&house, &plain, 250).await;
    newer_ones(&house, &late.id, 250).await;
    overdue(&house, &late.id, 90).await;
    let classified = json!({ "priority": "emergency" });
    let answer = house.on(&house.intake(), "ticket.set_priority", &urgent, &classified);
    answer.await.ok();
    let mut console = open(&house, (200, 40), false);
    sees(&mut console, &["● live"]).await;
    console.press("2");
    let words = [
        "Urgent Ute",
        "LATE 1h 30m",
        "triaged 101+",
        "scheduled 200+",
    ];
    let screen = sees(&mut console, &words).await;
    // the first card of each lane: its second line is the fifth of the screen
    let card: Vec<&str> = screen.lines().skip(3).take(2).collect();
    assert!(
        card[0].contains("! ") && card[0].contains("Urgent Ute"),
        "{screen}"
    );
    assert!(card[1].contains("LATE 1h 30m"), "{screen}");
}
