//! Tools called by hand: what is legal is offered, judged, shown and committed once; a
//! refusal stands beside its fields; a read-only console and another's role change nothing.

use dispatch_contract::{Role, State};
use dispatch_tui::pilot::Pilot;
use serde_json::json;

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
    sees(
        &mut console,
        &["commit ticket.set_priority on", "emergency"],
    )
    .await;
    let before = chain::kinds(&house.database, &ticket).await;
    assert!(
        !before.contains(&"ticket.priority_set"),
        "nothing is committed yet"
    );
    // the form's keys commit nothing, however long they are held
    console.press("enter enter ctrl-s");
    console.look().await;
    let before = chain::kinds(&house.database, &ticket).await;
    assert!(!before.contains(&"ticket.priority_set"), "{before:?}");
    console.press("y");
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
    // nor may it open one: the host was asked
    sees(&mut console, &["x ticket.create"]).await;
    console.press("esc");
    console.press("a");
    sees(
        &mut console,
        &["refused: Your role may not do this", "role_forbidden"],
    )
    .await;
    console.press("esc 3");
    sees(&mut console, &["this token may not (403)"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_outlives_somebody_elses_change_of_its_ticket() {
    let house = House::start().await;
    let (ticket, _) = house.open(&bodies::triaged()).await;
    let mut console = open(&house, (120, 40), false);
    sees(&mut console, &["● live", "standard"]).await;
    console.press(":");
    console.type_text("call ticket.add_message");
    console.press("enter");
    sees(&mut console, &["ticket.add_message on", "message.raw"]).await;
    console.press("tab");
    console.type_text("+13125550142");
    console.press("tab");
    console.type_text("the door fell down");
    console.press("tab");
    console.type_text("The door fell down.");
    let urgent = json!({ "priority": "emergency" });
    let answer = house.on(&house.intake(), "ticket.set_priority", &ticket, &urgent);
    answer.await.ok();
    console.press("ctrl-s");
    let shown = [
        "commit ticket.add_message",
        "somebody changed",
        "the door fell down",
    ];
    sees(&mut console, &shown).await;
    console.press("y");
    sees(&mut console, &["ticket.add_message committed"]).await;
    let kinds = chain::kinds(&house.database, &ticket).await;
    let kept = kinds.iter().filter(|kind| **kind == "ticket.message_added");
    assert_eq!(kept.count(), 1, "{kinds:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tool_is_called_from_the_audit_on_the_ticket_of_its_event() {
    let house = House::start().await;
    let (ticket, _) = house.open(&bodies::triaged()).await;
    let mut console = open(&house, (120, 40), false);
    sees(&mut console, &["● live"]).await;
    console.press("/");
    console.type_text("nothing is like that");
    console.press("enter 3");
    sees(&mut console, &["ticket.created"]).await;
    console.press("c");
    let menu = format!("call a tool on {ticket}, triaged");
    sees(&mut console, &[&menu]).await;
}

/// A ticket with somebody on site, and the form of its photo on a wide screen.
async fn photo_form(house: &House) -> (String, Pilot) {
    let told = house.advance_to(State::Onsite).await;
    let mut console = open(house, (120, 40), false);
    sees(&mut console, &["● live", &told.id]).await;
    console.press(":");
    console.type_text("call closeout.add_photo");
    console.press("enter");
    sees(&mut console, &["photo.storage_key", "on this machine"]).await;
    (told.id, console)
}

async fn uploads(house: &House) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM uploads")
        .fetch_one(house.database.pool())
        .await
        .expect("a count")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_photo_of_this_machine_is_uploaded_and_added() {
    let house = House::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let photo = folder.path().join("door after.png");
    std::fs::write(&photo, bodies::PHOTO).expect("a photo");
    let (ticket, mut console) = photo_form(&house).await;
    console.type_text(photo.to_str().expect("a path"));
    // the next field: what it is and how large is said before anything is sent
    console.press("tab");
    let size = format!("image/png, {} bytes", bodies::PHOTO.len());
    sees(&mut console, &[&size]).await;
    assert_eq!(uploads(&house).await, 0);
    console.press("ctrl-s");
    sees(&mut console, &["commit closeout.add_photo on"]).await;
    assert_eq!(uploads(&house).await, 1);
    let kinds = chain::kinds(&house.database, &ticket).await;
    assert!(!kinds.contains(&"closeout.photo_added"), "{kinds:?}");
    // back and on again: it is uploaded already
    console.press("esc");
    sees(&mut console, &["uploads/", "is uploaded"]).await;
    console.press("ctrl-s");
    sees(&mut console, &["commit closeout.add_photo on"]).await;
    console.press("y");
    sees(&mut console, &["closeout.add_photo committed"]).await;
    assert_eq!(uploads(&house).await, 1);
    let case = house.get(&house.operator(), &format!("/v0/tickets/{ticket}/case"));
    let case = case.await.ok();
    let added = &case["attachments"][0]["attachment"];
    assert_eq!(added["content_type"], "image/png");
    let key = added["storage_key"].as_str().expect("a key");
    assert_eq!(house.object(key), bodies::PHOTO);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_uploaded_is_said_beside_its_field_and_nothing_is_lost() {
    let house = House::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| {
        let path = folder.path().join(name);
        path.to_str().expect("a path").to_owned()
    };
    std::fs::write(path("words.txt"), "no photo").expect("a file");
    std::fs::write(path("words.png"), "no photo either").expect("a file");
    std::fs::write(path("door.png"), bodies::PHOTO).expect("a photo");
    let large = std::fs::File::create(path("large.png")).expect("a file");
    large.set_len(25 * 1024 * 1024 + 1).expect("a size");
    let (ticket, mut console) = photo_form(&house).await;
    for (name, said) in [
        ("gone.png", "cannot be read: No such file"),
        ("", "is no file"),
        ("words.txt", "does not say that it is a photo"),
        ("large.png", "26214401 bytes; a host takes 26214400 at most"),
    ] {
        console.press("ctrl-u");
        console.type_text(&path(name));
        console.press("ctrl-s");
        let screen = sees(&mut console, &["! ", said]).await;
        assert!(screen.contains("photo.phase"), "{screen}");
    }
    assert_eq!(uploads(&house).await, 0);
    // its name says photo, and the host finds that it is none
    console.press("ctrl-u");
    console.type_text(&path("words.png"));
    console.press("ctrl-s");
    sees(&mut console, &["image/png, 15 bytes", "go on the same way"]).await;
    console.press("ctrl-s");
    sees(
        &mut console,
        &["! the host did not take it (422", "words.png"],
    )
    .await;
    // what was chosen meanwhile stays chosen
    console.press("ctrl-u");
    console.type_text(&path("door.png"));
    console.press("tab tab tab tab");
    sees(&mut console, &["image/png", ">photo.phase"]).await;
    console.press("ctrl-s");
    sees(&mut console, &["commit closeout.add_photo on"]).await;
    console.press("y");
    sees(&mut console, &["closeout.add_photo committed"]).await;
    let kinds = chain::kinds(&house.database, &ticket).await;
    assert!(kinds.contains(&"closeout.photo_added"), "{kinds:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_an_upload_answered_may_be_typed() {
    let house = House::start().await;
    let photo = house.photo().await;
    let (_, mut console) = photo_form(&house).await;
    console.type_text(photo["photo"]["storage_key"].as_str().expect("a key"));
    console.press("tab");
    console.type_text("image/png");
    console.press("tab");
    console.type_text(&bodies::PHOTO.len().to_string());
    console.press("ctrl-s");
    sees(&mut console, &["commit closeout.add_photo on"]).await;
    console.press("y");
    sees(&mut console, &["closeout.add_photo committed"]).await;
    assert_eq!(uploads(&house).await, 1, "nothing else was uploaded");
}
