//! Who stands behind a pack: `pack.sums` lists the hash of every other file, as
//! `sha256sum` prints it, and `pack.sums.minisig` signs that list (Ed25519).
//!
//! Everything that was signed is checked, so that a changed byte is found
//! wherever it is, and named by its file. The signature's own comment line is
//! part of that: minisign leaves it open, here it must repeat the signed one.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Cursor;
use std::path::Path;

use minisign::{PublicKey, PublicKeyBox, SignatureBox};

use super::error::PackError;
use super::files::PackFiles;
use super::step::Step;

/// The list of the files' hashes.
pub(crate) const SUMS: &str = "pack.sums";
/// Its signature.
pub(crate) const SIGNATURE: &str = "pack.sums.minisig";
/// The files of a pack that the list itself does not list.
pub(crate) const SEALED: [&str; 2] = [SUMS, SIGNATURE];

/// Files named in one refusal at most.
const NAMED: usize = 5;
/// Base64 of algorithm, key number and signature: 74 bytes.
const SIGNATURE_CHARS: usize = 100;
/// Base64 of the signature over signature and comment: 64 bytes.
const GLOBAL_CHARS: usize = 88;
/// The largest key file, in bytes.
const MAX_KEY_BYTES: usize = 4096;

/// A text that is no public key.
#[derive(Debug, thiserror::Error)]
pub enum TrustedKeyError {
    /// The file cannot be read.
    #[error("{file} cannot be read")]
    Io {
        /// The file.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is another text.
    #[error(
        "not a public key: it takes the file NAME.pub that `dispatch policy keygen` wrote, or its \
         second line"
    )]
    Form,
}

/// A public key whose signatures count.
#[derive(Clone, PartialEq, Eq)]
pub struct TrustedKey {
    key: PublicKey,
}

impl TrustedKey {
    /// From the text of a minisign public key file, or the base64 line alone.
    ///
    /// # Errors
    /// Where it is none.
    pub fn parse(text: &str) -> Result<Self, TrustedKeyError> {
        let text = text.trim();
        if text.len() > MAX_KEY_BYTES {
            return Err(TrustedKeyError::Form);
        }
        let parsed = if text.contains('\n') {
            PublicKeyBox::from_string(text).and_then(PublicKeyBox::into_public_key)
        } else {
            PublicKey::from_base64(text)
        };
        match parsed {
            Ok(key) => Ok(Self { key }),
            Err(_) => Err(TrustedKeyError::Form),
        }
    }

    /// From a file.
    ///
    /// # Errors
    /// Where it cannot be read, or is none.
    pub fn read(file: &Path) -> Result<Self, TrustedKeyError> {
        let text = std::fs::read_to_string(file).map_err(|source| TrustedKeyError::Io {
            file: file.display().to_string(),
            source,
        })?;
        Self::parse(&text)
    }

    /// The key's number, as minisign prints it: 16 hexadecimal digits.
    #[must_use]
    pub fn id(&self) -> String {
        key_id(self.key.keynum())
    }
}

impl fmt::Debug for TrustedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrustedKey({})", self.id())
    }
}

/// A key's number is stored little-endian and printed as one number.
fn key_id(number: &[u8]) -> String {
    let reversed: Vec<u8> = number.iter().rev().copied().collect();
    hex::encode_upper(reversed)
}

/// Whose signatures count, and whether there must be one.
pub(crate) struct Trust<'a> {
    pub(crate) keys: &'a [TrustedKey],
    pub(crate) required: bool,
}

/// Four lines, the two signatures as long as they must be: the library that reads
/// them takes that for granted, and would panic.
fn has_the_form(text: &str) -> bool {
    let lengths: Vec<usize> = text.lines().map(str::len).collect();
    matches!(lengths[..], [_, SIGNATURE_CHARS, _, GLOBAL_CHARS])
}

fn refused(file: &str, message: impl Into<String>) -> PackError {
    PackError::new(Step::Signature, message).in_file(file, None)
}

impl PackFiles {
    /// What `pack.sums` must say: each file's SHA-256 and its path, sorted by path,
    /// one per line, as `sha256sum` prints it.
    #[must_use]
    pub fn sums(&self) -> String {
        self.hashes()
            .filter(|(path, _)| !SEALED.contains(path))
            .map(|(path, hash)| format!("{hash}  {path}\n"))
            .collect()
    }

    /// Was every file signed as it is, by one of these keys? Answers in words by whom.
    ///
    /// # Errors
    /// Where it is not signed, or not by them, or a file is not as it was signed;
    /// the file is named.
    pub fn verify(&self, keys: &[TrustedKey]) -> Result<String, PackError> {
        let required = true;
        self.check_signature(&Trust { keys, required })
    }

    /// The evidence of the step `signature`.
    pub(crate) fn check_signature(&self, trust: &Trust<'_>) -> Result<String, PackError> {
        if trust.keys.is_empty() {
            let signed = if self.get(SIGNATURE).is_some() {
                "signed, but not checked: no trusted key is given"
            } else {
                "not signed, and no signature is required"
            };
            return if trust.required {
                Err(
                    PackError::new(Step::Signature, "no key is given whose signature counts")
                        .help("name one with --trusted-key"),
                )
            } else {
                Ok(signed.to_owned())
            };
        }
        match (self.get(SUMS), self.get(SIGNATURE)) {
            (Some(sums), Some(signature)) => self.check_seal(sums, signature, trust.keys),
            (None, None) if !trust.required => {
                Ok("not signed, and no signature is required".to_owned())
            }
            (None, None) => Err(refused(SIGNATURE, "is missing: the pack is not signed")
                .help("sign it with `dispatch policy sign`")),
            (None, Some(_)) => Err(refused(SUMS, "is missing: it was signed")
                .help("put it back, or sign the pack again with `dispatch policy sign`")),
            (Some(_), None) => Err(refused(SIGNATURE, "is missing: pack.sums is not signed")
                .help("put it back, or sign the pack again with `dispatch policy sign`")),
        }
    }

    fn check_seal(
        &self,
        sums: &[u8],
        signature: &[u8],
        keys: &[TrustedKey],
    ) -> Result<String, PackError> {
        let damaged = || refused(SIGNATURE, "is damaged, or no signature of minisign's");
        let text = str::from_utf8(signature).map_err(|_| damaged())?;
        if !has_the_form(text) {
            return Err(damaged());
        }
        let seal = SignatureBox::from_string(text).map_err(|_| damaged())?;
        let signer = key_id(seal.keynum());
        let Some(trusted) = keys.iter().find(|key| key.id() == signer) else {
            let known: Vec<_> = keys.iter().map(TrustedKey::id).collect();
            return Err(refused(
                SIGNATURE,
                format!(
                    "signed with key {signer}, which is not trusted (trusted: {})",
                    known.join(", ")
                ),
            )
            .help("have it signed by a trusted key, or trust this one with --trusted-key"));
        };
        let data = Cursor::new(sums);
        let (quiet, output, allow_legacy) = (true, false, false);
        if minisign::verify(&trusted.key, &seal, data, quiet, output, allow_legacy).is_err() {
            // The list that the files add up to was hardly touched; then the signature was.
            return Err(if sums == self.sums().as_bytes() {
                refused(
                    SIGNATURE,
                    format!("is not the signature of this pack by key {signer}"),
                )
            } else {
                refused(SUMS, format!("is not what key {signer} signed"))
            });
        }
        let comment = seal.trusted_comment().map_err(|_| damaged())?;
        let own = seal.untrusted_comment().map_err(|_| damaged())?;
        if own != comment || seal.to_string() != text {
            return Err(refused(
                SIGNATURE,
                "was changed in its first line or its line ends, which must repeat the signed comment",
            ));
        }
        let listed = self.check_listing(sums)?;
        Ok(format!(
            "{listed} files as signed by key {signer}: {comment}"
        ))
    }

    /// Every file as listed, none besides: how many.
    fn check_listing(&self, sums: &[u8]) -> Result<usize, PackError> {
        let text =
            str::from_utf8(sums).map_err(|error| refused(SUMS, "not UTF-8 text").because(error))?;
        let mut listed: BTreeMap<&str, &str> = text
            .lines()
            .filter_map(|line| line.split_once("  "))
            .map(|(hash, path)| (path, hash))
            .collect();
        let count = listed.len();
        let mut wrong = Vec::new();
        for (path, hash) in self.hashes().filter(|(path, _)| !SEALED.contains(path)) {
            match listed.remove(path) {
                Some(signed) if signed == hash => {}
                Some(_) => wrong.push((path, "is not as it was signed")),
                None => wrong.push((path, "was added after signing")),
            }
        }
        wrong.extend(
            listed
                .into_keys()
                .map(|path| (path, "is missing, but was signed")),
        );
        let Some((first, what)) = wrong.first() else {
            return if text == self.sums() {
                Ok(count)
            } else {
                Err(refused(
                    SUMS,
                    "is not written as `dispatch policy sign` writes it",
                ))
            };
        };
        let others: Vec<String> = wrong
            .iter()
            .skip(1)
            .take(NAMED - 1)
            .map(|(path, what)| format!("{path} {what}"))
            .collect();
        let mut message = (*what).to_owned();
        if !others.is_empty() {
            message = format!("{message}; {}", others.join("; "));
        }
        if wrong.len() > NAMED {
            message = format!("{message}; and {} more", wrong.len() - NAMED);
        }
        Err(refused(first, message)
            .help("take the pack from where it was signed, or sign what is there now"))
    }
}
