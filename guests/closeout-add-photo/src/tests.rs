use super::*;
use dispatch_sdk::scene::{NOTHING, Scene};
use dispatch_sdk::{Input, Phase, Proposal, SettingValue};

fn attaching(change: impl FnOnce(&mut Photo)) -> Scene {
    let mut photo = Photo {
        storage_key: "uploads/01HZX".to_owned(),
        sha256: Some("ab".repeat(32)),
        content_type: "image/jpeg".to_owned(),
        size_bytes: 4_096,
        phase: Phase::After,
        stored: Some(StoredObject {
            size_bytes: 4_096,
            sha256: "AB".repeat(32),
            content_type: "image/jpeg".to_owned(),
        }),
    };
    change(&mut photo);
    Scene::new(State::Onsite, Input::CloseoutAddPhoto(photo))
}

fn found(change: impl FnOnce(&mut Photo)) -> Vec<String> {
    attaching(change).validate::<CloseoutAddPhoto>()
}

#[test]
fn the_technicians_side_attaches_while_and_after_being_there() {
    let scene = attaching(|_| {});
    scene.assert_open_to::<CloseoutAddPhoto>(&[
        Role::SystemTechnicianLiaisonAgent,
        Role::OperatorAdmin,
        Role::Technician,
    ]);
    scene.assert_legal_in::<CloseoutAddPhoto>(&[State::Onsite, State::CloseoutPending]);
    assert_eq!(scene.transition::<CloseoutAddPhoto>(), Proposal::stay());
    let stranger = scene.by_stranger(Role::Technician);
    assert_eq!(stranger.role::<CloseoutAddPhoto>(), [" not_own_ticket"]);
}

#[test]
fn the_stored_object_is_the_one_described() {
    assert_eq!(found(|_| {}), NOTHING);
    assert_eq!(found(|photo| photo.sha256 = None), NOTHING);
    assert_eq!(
        found(|photo| photo.stored = None),
        ["/photo/storage_key object_not_found"]
    );
    assert_eq!(
        found(|photo| {
            photo.size_bytes = 4_095;
            photo.content_type = "image/png".to_owned();
            photo.sha256 = Some("cd".repeat(32));
        }),
        [
            "/photo/size_bytes size_mismatch",
            "/photo/content_type content_type_mismatch",
            "/photo/sha256 sha256_mismatch",
        ]
    );
}

#[test]
fn only_pictures_are_taken() {
    let paper = |photo: &mut Photo| {
        photo.content_type = "application/pdf".to_owned();
        photo.stored = None;
        photo.size_bytes = 0;
        photo.sha256 = Some("xyz".to_owned());
    };
    assert_eq!(
        found(paper),
        [
            "/photo/content_type content_type_not_allowed",
            "/photo/size_bytes empty",
            "/photo/sha256 not_a_sha256",
            "/photo/storage_key object_not_found",
        ]
    );
}

#[test]
fn a_pack_names_types_and_size() {
    let narrow = attaching(|_| {})
        .setting("content_types", SettingValue::Text("image/png".to_owned()))
        .setting("max_photo_bytes", SettingValue::Integer(4_095));
    assert_eq!(narrow.check_settings::<CloseoutAddPhoto>(), NOTHING);
    assert_eq!(
        narrow.validate::<CloseoutAddPhoto>(),
        [
            "/photo/content_type content_type_not_allowed",
            "/photo/size_bytes too_large",
        ]
    );
    for types in ["", "image/png, text/html"] {
        let scene =
            attaching(|_| {}).setting("content_types", SettingValue::Text(types.to_owned()));
        assert_eq!(
            scene.check_settings::<CloseoutAddPhoto>(),
            ["content_types not_an_image_type"]
        );
    }
}
