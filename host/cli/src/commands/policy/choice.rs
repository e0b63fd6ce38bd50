//! Which pack is meant: a folder, or one that the database knows, by `active`, by the
//! revision it was activated under, or by its digest.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use dispatch_engine::{Engine, Pack, PackFiles};
use dispatch_ledger::{Ledger, StoredPack};
use serde::Serialize;

use super::house;
use crate::failure::Failure;
use crate::global::Global;
use crate::house::database::away;
use crate::show::paint::Paint;

/// Digits of a digest that name a pack, at least.
const LEAST_DIGITS: usize = 8;
const DIGEST_DIGITS: usize = 64;

/// A pack as it is named on the command line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum PackChoice {
    /// The one in this folder.
    Folder(PathBuf),
    /// The one that judges now.
    Active,
    /// The one that was activated under this revision.
    Revision(u64),
    /// The one whose digest begins so.
    Digest(String),
}

impl FromStr for PackChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "active" {
            return Ok(Self::Active);
        }
        if let Some(number) = text.strip_prefix("revision:") {
            let number = number.parse().map_err(
                |_| "revision: takes the number that a pack was activated under, as in revision:7",
            )?;
            return Ok(Self::Revision(number));
        }
        let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        if (LEAST_DIGITS..=DIGEST_DIGITS).contains(&text.len()) && text.chars().all(hex) {
            return Ok(Self::Digest(text.to_owned()));
        }
        Ok(Self::Folder(PathBuf::from(text)))
    }
}

impl fmt::Display for PackChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => folder.display().fmt(f),
            Self::Active => f.write_str("active"),
            Self::Revision(number) => write!(f, "revision:{number}"),
            Self::Digest(digits) => f.write_str(digits),
        }
    }
}

/// A pack that was found, for reports.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(super) struct Named {
    /// As it was asked for.
    pub(super) asked: String,
    pub(super) name: String,
    pub(super) version: String,
    /// What its manifest says.
    pub(super) revision: u64,
    pub(super) digest: String,
}

impl Named {
    pub(super) fn of(choice: &PackChoice, pack: &Pack) -> Self {
        let reference = pack.reference();
        Self {
            asked: choice.to_string(),
            name: reference.name.clone(),
            version: reference.version.clone(),
            revision: pack.revision(),
            digest: reference.digest.clone(),
        }
    }

    pub(super) fn text(&self, paint: Paint) -> String {
        format!(
            "{} {}, revision {} {}",
            self.name,
            self.version,
            self.revision,
            paint.faint(&format!("({:.12}, {})", self.digest, self.asked))
        )
    }
}

impl PackChoice {
    /// Does finding it need a database?
    pub(super) fn needs_ledger(&self) -> bool {
        !matches!(self, Self::Folder(_))
    }

    /// Find it and load it. What is wrong with a pack is printed where it stands.
    pub(super) async fn load(
        &self,
        engine: &Engine,
        ledger: Option<&Ledger>,
        global: &Global,
    ) -> Result<Pack, Failure> {
        let files = match self {
            Self::Folder(folder) => PackFiles::read(house::is_folder(folder)?),
            _ => {
                let ledger = ledger.ok_or_else(|| {
                    Failure::usage(format!("{self} is looked up in a database: name a folder"))
                })?;
                let digest = self.digest(ledger).await?;
                PackFiles::of(stored(ledger, &digest).await?.into_contents())
            }
        };
        files
            .and_then(|files| engine.load(&files))
            .map_err(|error| {
                let folder = match self {
                    Self::Folder(folder) => Some(folder.as_path()),
                    _ => None,
                };
                house::refused(&error, &format!("{self} cannot judge"), folder, global)
            })
    }

    /// Looks in everything that is stored, also in what never judged.
    async fn digest(&self, ledger: &Ledger) -> Result<String, Failure> {
        let unread = |error| away(error, "the packs could not be read");
        let nothing = |what: String| Failure::Other(anyhow::anyhow!(what));
        match self {
            Self::Digest(digits) => {
                let found = ledger.packs_called(digits).await.map_err(unread)?;
                match found.as_slice() {
                    [one] => Ok(one.digest.clone()),
                    [] => Err(nothing(format!(
                        "the database knows no pack whose digest begins with {digits}"
                    ))),
                    _ => Err(nothing(format!(
                        "more than one pack's digest begins with {digits}: give more digits"
                    ))),
                }
            }
            Self::Revision(number) => {
                let found = ledger.pack_of(*number).await.map_err(unread)?;
                found.map(|pack| pack.digest).ok_or_else(|| {
                    nothing(format!("no pack was activated under revision {number}"))
                })
            }
            Self::Folder(_) | Self::Active => {
                let active = ledger.active_pack().await.map_err(unread)?;
                active
                    .map(|activation| activation.pack.digest)
                    .ok_or_else(|| nothing("no pack was activated yet in this database".into()))
            }
        }
    }
}

async fn stored(ledger: &Ledger, digest: &str) -> Result<StoredPack, Failure> {
    let stored = ledger
        .load_pack(digest)
        .await
        .map_err(|error| away(error, "the pack could not be read"))?;
    stored.ok_or_else(|| {
        Failure::Other(anyhow::anyhow!(
            "the database does not have the pack {digest}"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_is_named_in_four_ways() {
        let of = |text: &str| text.parse::<PackChoice>();
        assert_eq!(of("active"), Ok(PackChoice::Active));
        assert_eq!(of("revision:7"), Ok(PackChoice::Revision(7)));
        assert!(of("revision:x").is_err());
        assert_eq!(of("0123abcd"), Ok(PackChoice::Digest("0123abcd".into())));
        for folder in ["policies/strict", "./0123abcd", "0123abc", "0123ABCD", "."] {
            assert_eq!(of(folder), Ok(PackChoice::Folder(folder.into())));
        }
    }
}
