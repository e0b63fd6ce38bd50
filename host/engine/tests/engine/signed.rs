//! A signed pack: whatever is changed after signing is found, and named.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::OnceLock;

use dispatch_engine::{
    Engine, EngineConfig, PackError, PackFiles, SandboxConfig, Step, TrustedKey,
};
use minisign::KeyPair;

use crate::house::shipped_files;

const SUMS: &str = "pack.sums";
const SIGNATURE: &str = "pack.sums.minisig";
const COMMENT: &str = "real-dispatch 0.1.0, revision 1";

type Files = BTreeMap<String, Vec<u8>>;

fn keys() -> &'static (KeyPair, TrustedKey) {
    static KEYS: OnceLock<(KeyPair, TrustedKey)> = OnceLock::new();
    KEYS.get_or_init(pair)
}

fn pair() -> (KeyPair, TrustedKey) {
    let pair = KeyPair::generate_unencrypted_keypair().unwrap();
    let text = pair.pk.to_box().unwrap().into_string();
    let trusted = TrustedKey::parse(&text).unwrap();
    assert_eq!(TrustedKey::parse(&pair.pk.to_base64()).unwrap(), trusted);
    (pair, trusted)
}

fn plain() -> Files {
    shipped_files()
        .iter()
        .map(|(path, bytes)| (path.to_owned(), bytes.to_vec()))
        .collect()
}

fn seal(files: &mut Files, pair: &KeyPair, comment: &str) {
    let sums = PackFiles::of(files.clone()).unwrap().sums();
    let data = Cursor::new(sums.as_bytes());
    let (trusted, untrusted) = (Some(COMMENT), Some(comment));
    let seal = minisign::sign(Some(&pair.pk), &pair.sk, data, trusted, untrusted).unwrap();
    files.insert(SUMS.into(), sums.into_bytes());
    files.insert(SIGNATURE.into(), seal.into_string().into_bytes());
}

fn signed() -> Files {
    let mut files = plain();
    seal(&mut files, &keys().0, COMMENT);
    files
}

fn check(files: &Files) -> Result<String, PackError> {
    PackFiles::of(files.clone())
        .unwrap()
        .verify(&[keys().1.clone()])
}

/// It is refused at the step `signature`, and this file is named.
fn names(files: &Files, file: &str, words: &str) {
    let error = check(files).unwrap_err();
    assert_eq!(
        (error.step, error.file.as_deref()),
        (Step::Signature, Some(file)),
        "{error}"
    );
    assert!(error.message.contains(words), "{error}");
}

#[test]
fn a_signed_pack_says_by_whom() {
    let said = check(&signed()).unwrap();
    assert!(
        said.contains(&keys().1.id()) && said.contains(COMMENT),
        "{said}"
    );
    // signing again what is signed signs the same list
    let mut again = signed();
    seal(&mut again, &keys().0, COMMENT);
    assert_eq!(again[SUMS], signed()[SUMS]);
    check(&again).unwrap();
}

#[test]
fn one_flipped_byte_in_any_file_is_named() {
    let whole = signed();
    let spoil = |file: &str, at: usize| {
        let mut files = whole.clone();
        files.get_mut(file).unwrap()[at] ^= 0x01;
        files
    };
    assert!(whole.len() > 20, "{} files", whole.len());
    for (file, bytes) in &whole {
        for at in [0, bytes.len() / 2, bytes.len() - 1] {
            names(&spoil(file, at), file, "");
        }
    }
    // the two small ones at every byte
    for file in [SUMS, SIGNATURE] {
        for at in 0..whole[file].len() {
            names(&spoil(file, at), file, "");
        }
    }
}

#[test]
fn a_file_removed_added_or_swapped_is_named() {
    for file in ["cedar/customers.cedar", "components/ticket-create.wasm"] {
        let mut files = signed();
        files.remove(file);
        names(&files, file, "is missing, but was signed");
    }
    let mut files = signed();
    files.insert(
        "cedar/evil.cedar".into(),
        b"permit(principal, action, resource);".to_vec(),
    );
    names(&files, "cedar/evil.cedar", "was added after signing");
    for (missing, left) in [(SUMS, SIGNATURE), (SIGNATURE, SUMS)] {
        let mut files = signed();
        files.remove(missing);
        assert!(files.contains_key(left));
        names(&files, missing, "is missing");
    }
    // the signature of another pack, by the same key
    let mut other = plain();
    other.get_mut("pack.toml").unwrap().extend_from_slice(b"\n");
    seal(&mut other, &keys().0, COMMENT);
    let mut files = signed();
    files.insert(SIGNATURE.into(), other[SIGNATURE].clone());
    names(&files, SIGNATURE, "not the signature of this pack");
    // list and signature of another pack
    files.insert(SUMS.into(), other[SUMS].clone());
    names(&files, "pack.toml", "is not as it was signed");
    // one more line, signed by nobody
    let mut files = signed();
    files.get_mut(SUMS).unwrap().extend_from_slice(b"\n");
    names(&files, SUMS, "is not what key");
    // a comment of its own, which nobody signed
    let mut files = plain();
    seal(&mut files, &keys().0, "trust me");
    names(&files, SIGNATURE, "first line");
}

#[test]
fn another_key_is_not_trusted_and_damaged_signatures_are_no_more_than_that() {
    let (stranger, _) = pair();
    let mut files = plain();
    seal(&mut files, &stranger, COMMENT);
    names(&files, SIGNATURE, "not trusted");
    let whole = signed()[SIGNATURE].clone();
    for end in 0..whole.len() {
        let mut files = signed();
        files.insert(SIGNATURE.into(), whole[..end].to_vec());
        names(&files, SIGNATURE, "");
    }
}

fn engine(trusted_keys: Vec<TrustedKey>, require_signed: bool) -> Engine {
    Engine::new(EngineConfig {
        trusted_keys,
        require_signed,
        sandbox: SandboxConfig {
            slots: 4,
            metered: false,
        },
        ..EngineConfig::default()
    })
    .unwrap()
}

#[test]
fn a_host_takes_what_it_trusts() {
    let refused = |engine: &Engine, files: &Files| {
        let files = PackFiles::of(files.clone()).unwrap();
        let rejected = engine.prove(&files).unwrap_err();
        assert_eq!(rejected.error.step, Step::Signature, "{rejected}");
        assert_eq!(rejected.passed.len(), 1, "read, and nothing of its content");
    };
    let mut spoiled = signed();
    spoiled.get_mut("pack.toml").unwrap().push(b'\n');

    let strict = engine(vec![keys().1.clone()], true);
    refused(&strict, &plain());
    refused(&strict, &spoiled);
    let proven = strict.prove(&PackFiles::of(signed()).unwrap()).unwrap();
    let steps: Vec<_> = proven.passed.iter().map(|taken| taken.step).collect();
    assert_eq!(steps, Step::ALL[..7]);
    assert!(proven.passed[1].evidence.contains(&keys().1.id()));

    let relaxed = engine(vec![keys().1.clone()], false);
    refused(&relaxed, &spoiled);
    relaxed.load(&PackFiles::of(plain()).unwrap()).unwrap();

    refused(&engine(Vec::new(), true), &signed());
}
