//! Uploads and downloads: streamed, limited, what they claim to be, and never changed.

use dispatch_contract::{Role, State};
use dispatch_objects::ContentType;
use futures::stream;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::support::bodies::PHOTO;
use crate::support::front::addressed;
use crate::support::house::Settings;
use crate::support::people::OTHER_TECHNICIAN;
use crate::support::reply::violations;
use crate::support::{House, chain, eventually, pack};

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[tokio::test]
async fn an_upload_is_kept_under_a_key_of_the_houses_own() {
    let house = House::start().await;
    let sent = house.upload(&house.technician(), "image/png", PHOTO).await;
    assert_eq!(sent.status, 201, "{}", sent.text());
    let upload = sent.json();
    assert_eq!(upload["sha256"], sha256(PHOTO));
    assert_eq!(upload["size_bytes"], PHOTO.len());
    assert_eq!(upload["content_type"], "image/png");
    let key = upload["storage_key"].as_str().expect("a key");
    assert_eq!(house.object(key), PHOTO);
    // the same bytes again are another object: nothing is ever overwritten
    let again = house
        .upload(&house.technician(), "image/png", PHOTO)
        .await
        .json();
    assert_ne!(again["storage_key"], upload["storage_key"]);
}

#[tokio::test]
async fn a_body_is_taken_in_pieces_and_refused_in_the_middle() {
    let mut settings = Settings::default();
    settings.limits.upload_bytes = 64 * 1024;
    let house = House::with(settings).await;
    let who = house.technician();
    // of no announced length: two pieces, of which the second arrives byte by byte
    let pieces: Vec<Result<Vec<u8>, std::io::Error>> = std::iter::once(Ok(PHOTO[..3].to_vec()))
        .chain(PHOTO[3..].iter().map(|byte| Ok(vec![*byte])))
        .collect();
    let sent = house
        .upload(
            &who,
            "image/png",
            reqwest::Body::wrap_stream(stream::iter(pieces)),
        )
        .await;
    assert_eq!(sent.json()["sha256"], sha256(PHOTO));

    let exactly = [PHOTO, &vec![0; 64 * 1024 - PHOTO.len()]].concat();
    assert_eq!(
        house
            .upload(&who, "image/png", exactly.clone())
            .await
            .status,
        201
    );
    let over = [&exactly[..], &[0]].concat();
    house
        .upload(&who, "image/png", over)
        .await
        .refused(413, "payload_too_large", "request");
    // a caller who never stops is stopped: the refusal comes while the body still flows
    let endless = stream::iter(
        std::iter::once(PHOTO.to_vec())
            .chain(std::iter::repeat_with(|| vec![0; 8192]))
            .map(Ok::<_, std::io::Error>),
    );
    let sent = house
        .request(&who, reqwest::Method::PUT, "/v0/attachments")
        .header("content-type", "image/png")
        .body(reqwest::Body::wrap_stream(endless))
        .send()
        .await;
    match sent {
        Ok(response) => assert_eq!(response.status(), 413),
        Err(error) => assert!(error.is_request() || error.is_body(), "{error:?}"),
    }
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM uploads")
        .fetch_one(house.database.pool())
        .await
        .expect("a count");
    assert_eq!(kept, 2);
}

#[tokio::test]
async fn bodies_that_are_not_what_they_claim_are_refused() {
    let house = House::start().await;
    let who = house.technician();
    for kind in [
        "text/html",
        "image/svg+xml",
        "application/json",
        "application/octet-stream",
        "",
    ] {
        let sent = house.upload(&who, kind, PHOTO).await;
        sent.refused(415, "unsupported_media_type", "request");
    }
    for (kind, body) in [
        ("image/jpeg", PHOTO),
        ("application/pdf", PHOTO),
        ("image/png", &b"<script>alert(1)</script>"[..]),
        ("image/png", b"\x89PNG"),
        ("image/png", b""),
    ] {
        let sent = house.upload(&who, kind, body).await;
        sent.refused(422, "invalid_input", "request");
    }
}

#[tokio::test]
async fn a_photo_must_be_the_object_that_was_uploaded() {
    let house = House::start().await;
    let told = house.advance_to(State::Onsite).await;
    let before = chain::print(house.database.pool()).await;
    let pdf = house
        .upload(&house.technician(), "application/pdf", &b"%PDF-1.7 x"[..])
        .await
        .json();
    let photo = house.photo().await;
    let with = |field: &str, value: serde_json::Value| {
        let mut body = photo.clone();
        body["photo"][field] = value;
        body
    };
    for (body, rules) in [
        (
            with("size_bytes", json!(PHOTO.len() + 1)),
            vec!["/photo/size_bytes size_mismatch"],
        ),
        (
            with("sha256", json!("0".repeat(64))),
            vec!["/photo/sha256 sha256_mismatch"],
        ),
        (
            with("content_type", json!("image/jpeg")),
            vec!["/photo/content_type content_type_mismatch"],
        ),
        (
            with(
                "storage_key",
                json!("uploads/01J9ZQ4Y7M8K6T5R4E3W2Q1P0N.png"),
            ),
            vec!["/photo/storage_key object_not_found"],
        ),
        (
            with("storage_key", json!("../../etc/passwd")),
            vec!["/photo/storage_key object_not_found"],
        ),
        (
            json!({ "photo": pdf }),
            vec!["/photo/content_type content_type_not_allowed"],
        ),
    ] {
        let sent = house
            .on(&house.technician(), "closeout.add_photo", &told.id, &body)
            .await;
        assert_eq!(
            violations(&sent.refused(422, "invalid_input", "validate")),
            rules,
            "{body}"
        );
    }
    assert_eq!(chain::print(house.database.pool()).await, before);
    house
        .step(&house.technician(), "closeout.add_photo", &told, &photo)
        .await;
}

/// What a rule invites a caller to upload, the store takes.
#[test]
fn every_picture_that_a_pack_takes_can_be_uploaded() {
    let uploads = ContentType::UPLOADS.map(ContentType::name);
    for pack in [pack::shipped(), pack::strict()] {
        let manifest = std::fs::read_to_string(pack.join("pack.toml")).expect("a manifest");
        let line = manifest.lines().find(|line| line.contains("content_types"));
        let types = line.and_then(|line| line.split('"').nth(1)).expect("types");
        for kind in types.split(',').map(str::trim) {
            assert!(uploads.contains(&kind), "{}: {kind}", pack.display());
        }
    }
}

#[tokio::test]
async fn an_object_whose_bytes_are_gone_is_no_evidence() {
    let house = House::start().await;
    let told = house.advance_to(State::Onsite).await;
    let photo = house.photo().await;
    house.lose_object(photo["photo"]["storage_key"].as_str().expect("a key"));
    let sent = house
        .on(&house.technician(), "closeout.add_photo", &told.id, &photo)
        .await;
    let problem = sent.refused(422, "invalid_input", "validate");
    assert_eq!(
        violations(&problem),
        ["/photo/storage_key object_not_found"]
    );
}

#[tokio::test]
async fn a_replay_needs_no_object_store_and_a_new_call_says_that_it_is_away() {
    let house = House::start().await;
    let told = house.advance_to(State::Onsite).await;
    let (first, second) = (house.photo().await, house.photo().await);
    let who = house.technician();
    let body = addressed(&told.id, &first);
    let answer = house.call(&who, "closeout.add_photo", &body).await;
    assert_eq!(answer.status, 200);
    let before = chain::print(house.database.pool()).await;
    {
        let _away = house.cut_objects();
        let again = house.call(&who, "closeout.add_photo", &body).await;
        assert_eq!((again.status, &again.body), (200, &answer.body));
        let refused = house
            .on(&who, "closeout.add_photo", &told.id, &second)
            .await;
        refused.refused(503, "store_unavailable", "store");
        assert_eq!(chain::print(house.database.pool()).await, before);
    }
    house.step(&who, "closeout.add_photo", &told, &second).await;
}

#[tokio::test]
async fn a_start_clears_away_what_a_killed_host_left_of_uploads() {
    let mut house = House::start().await;
    let photo = house.photo().await;
    let key = photo["photo"]["storage_key"]
        .as_str()
        .expect("a key")
        .to_owned();
    house.stop().await;
    let old = house.leave_half_an_upload("uploads/01J9ZQ4Y7M8K6T5R4E3W2Q1P0N.png#1", 25);
    let young = house.leave_half_an_upload("uploads/01J9ZQ4Y7M8K6T5R4E3W2Q1P0P.png#1", 1);
    house.restart().await;
    eventually("the sweep", async || (!old.exists()).then_some(())).await;
    assert!(young.exists(), "it may still be under way");
    assert_eq!(house.object(&key), PHOTO);
}

#[tokio::test]
async fn a_download_is_for_whoever_may_read_the_ticket() {
    let house = House::start().await;
    let told = house.advance_to(State::Onsite).await;
    let answer = house
        .step(
            &house.technician(),
            "closeout.add_photo",
            &told,
            &house.photo().await,
        )
        .await;
    let id = answer["data"]["attachment_id"].as_str().expect("an id");
    let path = format!("/v0/attachments/{id}");
    let mut readers: Vec<_> = Role::ALL
        .into_iter()
        .filter(|role| *role != Role::Customer)
        .map(|role| house.role(role))
        .collect();
    readers.push(told.customer.clone());
    for reader in readers {
        let got = house.get(&reader, &path).await;
        assert_eq!((got.status, &got.body[..]), (200, PHOTO));
        assert_eq!(got.header("content-type"), Some("image/png"));
        assert_eq!(got.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(got.header("etag"), Some(&*format!("\"{}\"", sha256(PHOTO))));
    }
    let strangers = [
        house.role(Role::Customer),
        house.people.person(Role::Technician, OTHER_TECHNICIAN),
    ];
    for stranger in &strangers {
        house
            .get(stranger, &path)
            .await
            .refused(404, "not_found", "authorization");
    }
    for path in [
        "/v0/attachments/01J9ZQ4Y7M8K6T5R4E3W2Q1P0N",
        "/v0/attachments/..%2f..%2fetc%2fpasswd",
    ] {
        let reply = house.get(&strangers[0], path).await;
        assert_eq!(
            (reply.status, reply.code().as_deref()),
            (404, Some("not_found"))
        );
    }
}
