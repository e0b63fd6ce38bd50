//! `closeout.add_photo` attaches a picture that is in the object store already,
//! exactly as the call describes it.

use dispatch_sdk::{Case, Key, Photo, Role, Rule, Settings, State, StoredObject, Violations};
use dispatch_sdk::{export_rule, tools};

/// The kinds of pictures taken, with commas between.
const CONTENT_TYPES: Key = Key::text("content_types", "image/jpeg, image/png, image/webp");
/// The largest picture, in bytes, below what the store admits.
const MAX_BYTES: Key = Key::integer("max_photo_bytes", i64::MAX, 1, i64::MAX);

const SHA256_HEX_DIGITS: usize = 64;

/// The rules of `closeout.add_photo`.
#[derive(Debug)]
pub struct CloseoutAddPhoto;

impl Rule for CloseoutAddPhoto {
    type Tool = tools::CloseoutAddPhoto;
    const ROLES: &'static [Role] = &[Role::SystemTechnicianLiaisonAgent, Role::OperatorAdmin];
    const OWN: &'static [Role] = &[Role::Technician];
    const LEGAL_IN: &'static [State] = &[State::Onsite, State::CloseoutPending];
    const SETTINGS: &'static [Key] = &[CONTENT_TYPES, MAX_BYTES];

    fn check_settings(settings: &Settings<'_>) -> Violations {
        let mut found = Violations::none();
        let mut types = settings.list(&CONTENT_TYPES).peekable();
        found.require(
            types.peek().is_some() && types.all(|one| one.starts_with("image/")),
            CONTENT_TYPES.name(),
            "not_an_image_type",
            "name image types only, such as image/jpeg, and one at least",
        );
        found
    }

    fn validate(case: &Case<'_, Photo>) -> Violations {
        let photo = case.input;
        let mut found = Violations::none();
        let mut types = case.settings.list(&CONTENT_TYPES);
        found.require(
            types.any(|one| one.eq_ignore_ascii_case(&photo.content_type)),
            "/photo/content_type",
            "content_type_not_allowed",
            &["give one of ", case.settings.text(&CONTENT_TYPES)].concat(),
        );
        found.require(
            photo.size_bytes > 0,
            "/photo/size_bytes",
            "empty",
            "upload a picture that is not empty",
        );
        found.require(
            i64::try_from(photo.size_bytes)
                .is_ok_and(|size| size <= case.settings.integer(&MAX_BYTES)),
            "/photo/size_bytes",
            "too_large",
            "upload a smaller picture",
        );
        found.require(
            photo.sha256.as_deref().is_none_or(is_sha256),
            "/photo/sha256",
            "not_a_sha256",
            "give 64 hexadecimal digits, or leave it out",
        );
        match &photo.stored {
            Some(stored) => check_against(&mut found, photo, stored),
            None => found.add(
                "/photo/storage_key",
                "object_not_found",
                "upload the picture first, and give the storage_key of the answer",
            ),
        }
        found
    }
}

fn check_against(found: &mut Violations, photo: &Photo, stored: &StoredObject) {
    found.require(
        photo.size_bytes == stored.size_bytes,
        "/photo/size_bytes",
        "size_mismatch",
        "give the size of the stored object",
    );
    found.require(
        photo
            .content_type
            .eq_ignore_ascii_case(&stored.content_type),
        "/photo/content_type",
        "content_type_mismatch",
        "give the content type of the stored object",
    );
    let hash = photo.sha256.as_deref().unwrap_or(&stored.sha256);
    found.require(
        hash.eq_ignore_ascii_case(&stored.sha256),
        "/photo/sha256",
        "sha256_mismatch",
        "the stored object is not this picture: upload it again",
    );
}

fn is_sha256(text: &str) -> bool {
    text.len() == SHA256_HEX_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

export_rule!(CloseoutAddPhoto);

#[cfg(test)]
mod tests;
