//! Tokens: what holds, and every reason why one does not.

use std::time::Instant;

use dispatch_contract::{Actor, Role, Timestamp};
use dispatch_identity::{
    Alg, Claims, CredentialError, Key, Keyring, MintError, RevocationList, Verifier, VerifierConfig,
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use ulid::Ulid;

const ID: &str = "01J9ZQ4Y7M8K6T5R4E3W2Q1P0N";
const NOW: i64 = 1_772_355_600; // 2026-03-01T09:00:00Z
const HOUR: i64 = 3_600;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000).unwrap()
}

fn claims(role: Role) -> Claims {
    Claims {
        actor: Actor {
            role,
            id: ID.parse().unwrap(),
        },
        token_id: Ulid::generate(),
        organization: None,
        audience: "real-dispatch".into(),
        issued_at: at(NOW),
        expires_at: at(NOW + HOUR),
    }
}

fn ring(alg: Alg) -> Keyring {
    Keyring::of(Key::generate("k1", alg, None).unwrap())
}

fn verifier(ring: &Keyring) -> Verifier {
    Verifier::new(
        ring.clone(),
        VerifierConfig::default(),
        RevocationList::default(),
    )
}

/// A ring whose HS256 secret is known, to sign by hand what `mint` never would.
fn known() -> (Keyring, EncodingKey) {
    let text = format!(
        "[[keys]]\nkid = \"k1\"\nalg = \"HS256\"\nsecret = \"{}\"\n",
        "A".repeat(43)
    );
    (
        Keyring::parse(&text).unwrap(),
        EncodingKey::from_secret(&[0; 32]),
    )
}

fn by_hand(change: impl FnOnce(&mut Header, &mut Value)) -> Result<(), CredentialError> {
    let (ring, key) = known();
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("k1".into());
    let mut body = json!({
        "iss": "real-dispatch", "aud": "real-dispatch", "sub": ID, "role": "technician",
        "jti": ID, "iat": NOW, "exp": NOW + HOUR,
    });
    change(&mut header, &mut body);
    let token = encode(&header, &body, &key).unwrap();
    verifier(&ring).verify(&token, at(NOW)).map(|_| ())
}

#[test]
fn a_token_names_its_principal_whatever_the_algorithm_and_role() {
    for alg in [Alg::EdDSA, Alg::HS256] {
        let ring = ring(alg);
        let verifier = verifier(&ring);
        for role in Role::ALL {
            let claims = claims(role);
            let token = ring.mint(&claims).unwrap();
            for _ in 0..2 {
                let principal = verifier.verify(&token, at(NOW)).unwrap();
                assert_eq!(principal.actor, claims.actor);
                assert_eq!(principal.token_id, claims.token_id);
                assert_eq!(principal.expires_at, claims.expires_at);
            }
        }
    }
}

#[test]
fn by_hand_is_as_good_as_minted() {
    assert_eq!(by_hand(|_, _| {}), Ok(()));
    assert_eq!(
        by_hand(|_, body| body["aud"] = json!(["x", "real-dispatch"])),
        Ok(())
    );
}

#[test]
fn every_wrong_claim_has_its_reason() {
    use CredentialError as E;
    let set = |key: &'static str, value: Value| by_hand(move |_, body| body[key] = value);
    let drop = |key: &'static str| {
        by_hand(move |_, body| {
            body.as_object_mut().unwrap().remove(key);
        })
    };
    assert_eq!(set("iss", json!("somebody")), Err(E::WrongIssuer));
    assert_eq!(set("aud", json!("other")), Err(E::WrongAudience));
    assert_eq!(set("role", json!("root")), Err(E::WrongRole));
    assert_eq!(set("role", json!(null)), Err(E::Malformed));
    assert_eq!(set("sub", json!("bob")), Err(E::Malformed));
    assert_eq!(set("jti", json!("1")), Err(E::Malformed));
    assert_eq!(set("exp", json!("soon")), Err(E::Malformed));
    assert_eq!(set("exp", json!(1e30)), Err(E::Malformed));
    assert_eq!(set("exp", json!(NOW - 31)), Err(E::Expired));
    assert_eq!(set("iat", json!(NOW + 31)), Err(E::NotYetValid));
    assert_eq!(set("nbf", json!(NOW + 31)), Err(E::NotYetValid));
    assert_eq!(set("iat", json!(NOW + 30)), Ok(()));
    assert_eq!(
        set("exp", json!(NOW + 400 * 86_400)),
        Err(E::LifetimeTooLong)
    );
    assert_eq!(set("exp", json!(i64::MAX)), Err(E::Malformed));
    assert_eq!(set("iat", json!(i64::MIN)), Err(E::LifetimeTooLong));
    for key in ["sub", "role", "jti", "iat", "exp", "iss", "aud"] {
        assert_eq!(drop(key), Err(E::Malformed), "{key}");
    }
    assert_eq!(by_hand(|header, _| header.kid = None), Err(E::UnknownKey));
    assert_eq!(
        by_hand(|header, _| header.kid = Some("k2".into())),
        Err(E::UnknownKey)
    );
    assert_eq!(
        by_hand(|header, _| header.crit = Some(vec!["b64".into()])),
        Err(E::Malformed)
    );
    assert_eq!(
        by_hand(|header, _| header.alg = Algorithm::HS384),
        Err(E::WrongAlgorithm)
    );
}

#[test]
fn what_is_no_token_is_refused() {
    use CredentialError as E;
    let ring = ring(Alg::EdDSA);
    let verifier = verifier(&ring);
    let verify = |token: &str| verifier.verify(token, at(NOW)).map(|_| ());
    assert_eq!(verify(""), Err(E::Missing));
    assert_eq!(verify(&"a".repeat(4097)), Err(E::TooLong));
    for bad in [
        "a",
        "a.b",
        "a.b.c",
        "..",
        "ä.ö.ü",
        "e30.e30.e30",
        &"a".repeat(4096),
    ] {
        assert_eq!(verify(bad), Err(E::Malformed), "{bad}");
    }
    let token = ring.mint(&claims(Role::Customer)).unwrap();
    let (message, signature) = token.rsplit_once('.').unwrap();
    assert_eq!(verify(&format!("{message}.")), Err(E::BadSignature));
    assert_eq!(
        verify(&format!("{message}.{}", "A".repeat(86))),
        Err(E::BadSignature)
    );
    let (header, _) = message.split_once('.').unwrap();
    let other = ring.mint(&claims(Role::OperatorAdmin)).unwrap();
    let payload = other.split('.').nth(1).unwrap();
    assert_eq!(
        verify(&format!("{header}.{payload}.{signature}")),
        Err(E::BadSignature)
    );
}

#[test]
fn none_and_another_algorithm_are_never_believed() {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
    let ring = ring(Alg::EdDSA);
    let verifier = verifier(&ring);
    let body = json!({
        "iss": "real-dispatch", "aud": "real-dispatch", "sub": ID, "role": "operator_admin",
        "jti": ID, "iat": NOW, "exp": NOW + HOUR,
    });
    for alg in ["none", "None", "NONE"] {
        let header = json!({"alg": alg, "typ": "JWT", "kid": "k1"});
        let token = format!(
            "{}.{}.",
            B64.encode(header.to_string()),
            B64.encode(body.to_string())
        );
        assert_eq!(
            verifier.verify(&token, at(NOW)),
            Err(CredentialError::Malformed)
        );
    }
    // the public half is no secret: signing HS256 with it must not pass for the key
    let public = ring.key("k1").unwrap().public().unwrap();
    for secret in [B64.decode(public).unwrap(), public.as_bytes().to_vec()] {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some("k1".into());
        let token = encode(&header, &body, &EncodingKey::from_secret(&secret)).unwrap();
        assert_eq!(
            verifier.verify(&token, at(NOW)),
            Err(CredentialError::WrongAlgorithm)
        );
    }
}

#[test]
fn expiry_and_revocation_reach_what_is_remembered() {
    let ring = ring(Alg::EdDSA);
    let verifier = verifier(&ring);
    let claims = claims(Role::Technician);
    let token = ring.mint(&claims).unwrap();
    verifier.verify(&token, at(NOW)).unwrap();
    let verify = |now| verifier.verify(&token, at(now)).map(|_| ());
    assert_eq!(verify(NOW + HOUR + 29), Ok(()), "within the leeway");
    assert_eq!(verify(NOW + HOUR + 30), Err(CredentialError::Expired));
    assert_eq!(verify(NOW - 31), Err(CredentialError::NotYetValid));
    verifier.revoked().add(claims.token_id);
    assert_eq!(verify(NOW), Err(CredentialError::Revoked));
    verifier.revoked().replace([]);
    assert_eq!(verify(NOW), Ok(()));
    verifier.revoked().replace([claims.token_id]);
    assert_eq!(verify(NOW), Err(CredentialError::Revoked));
}

#[test]
fn keys_rotate_without_ending_what_they_signed_until_they_are_removed() {
    let mut keys = ring(Alg::EdDSA);
    let verifier = verifier(&keys);
    let old = keys.mint(&claims(Role::Technician)).unwrap();
    let verify = |token: &str| verifier.verify(token, at(NOW)).map(|_| ());
    assert_eq!(verify(&old), Ok(()));
    keys.add(Key::generate("k2", Alg::EdDSA, Some(at(NOW))).unwrap())
        .unwrap();
    keys.retire("k1").unwrap();
    let new = keys.mint(&claims(Role::Technician)).unwrap();
    assert_eq!(verify(&new), Err(CredentialError::UnknownKey));
    verifier.replace_keys(keys.clone());
    assert_eq!((verify(&old), verify(&new)), (Ok(()), Ok(())));
    let only_new = keys.to_text();
    let only_new = only_new.rsplit_once("[[keys]]").unwrap().1;
    verifier.replace_keys(Keyring::parse(&format!("[[keys]]{only_new}")).unwrap());
    assert_eq!(
        verify(&old),
        Err(CredentialError::UnknownKey),
        "also where it was remembered"
    );
    assert_eq!(verify(&new), Ok(()));
}

#[test]
fn what_cannot_be_minted_says_why() {
    let mut ring = Keyring::of(Key::generate("k", Alg::EdDSA, Some(at(NOW + 1))).unwrap());
    assert!(matches!(
        ring.mint(&claims(Role::Customer)),
        Err(MintError::NoKey)
    ));
    ring.add(Key::generate("k0", Alg::HS256, None).unwrap())
        .unwrap();
    let never = Claims {
        expires_at: at(NOW),
        ..claims(Role::Customer)
    };
    assert!(matches!(ring.mint(&never), Err(MintError::Lifetime)));
}

#[test]
fn a_verifier_shows_no_secret_and_remembers_no_more_than_it_may() {
    let (ring, _) = known();
    let config = VerifierConfig {
        cached_tokens: 8,
        ..VerifierConfig::default()
    };
    let verifier = Verifier::new(ring.clone(), config, RevocationList::default());
    assert!(!format!("{verifier:?}").contains("AAAA"));
    for _ in 0..100 {
        let token = ring.mint(&claims(Role::Customer)).unwrap();
        verifier.verify(&token, at(NOW)).unwrap();
    }
    assert!(verifier.remembered() <= 8, "{}", verifier.remembered());
}

#[test]
fn a_remembered_token_costs_a_hash() {
    let ring = ring(Alg::EdDSA);
    let verifier = verifier(&ring);
    let token = ring.mint(&claims(Role::Technician)).unwrap();
    verifier.verify(&token, at(NOW)).unwrap();
    let begun = Instant::now();
    for _ in 0..10_000 {
        verifier.verify(&token, at(NOW)).unwrap();
    }
    let each = begun.elapsed() / 10_000;
    assert!(
        each.as_micros() < 25,
        "{each:?}: an EdDSA check would take far longer"
    );
}
