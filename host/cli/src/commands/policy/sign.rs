//! `dispatch policy sign`: list the hash of every file in `pack.sums`, and sign the list.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use dispatch_engine::{EngineConfig, PackFiles, TrustedKey};
use minisign::{PublicKey, SecretKey, SecretKeyBox};
use serde::Serialize;

use super::house::{self, FolderArg};
use super::password::PasswordArgs;
use crate::failure::Failure;
use crate::global::Global;
use crate::out;
use crate::show::paint::Paint;

/// The list of the files' hashes, and its signature.
const SUMS: &str = "pack.sums";
const SIGNATURE: &str = "pack.sums.minisig";

/// Sign a pack as it is now; one that a host would refuse is not signed
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    pack: FolderArg,
    /// The secret key file that `dispatch policy keygen` made
    #[arg(long, value_name = "FILE", env = "DISPATCH_SIGNING_KEY")]
    key: PathBuf,
    #[command(flatten)]
    password: PasswordArgs,
}

/// What was signed, with `--json`.
#[derive(Serialize)]
struct Report {
    folder: PathBuf,
    key: String,
    signed: String,
    digest: String,
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        let folder = self.pack.check()?;
        let secret = self.secret()?;
        let engine = house::engine(EngineConfig::default())?;
        let refused = |error: &dispatch_engine::PackError| {
            house::refused(error, "not signed", Some(folder), global)
        };
        let files = PackFiles::read(folder).map_err(|error| refused(&error))?;
        let proven = engine
            .prove(&files)
            .map_err(|rejected| refused(&rejected.error))?;
        let reference = proven.pack.reference();
        let comment = format!(
            "{} {}, revision {}",
            reference.name,
            reference.version,
            proven.pack.revision()
        );
        let failed = |error| Failure::Other(anyhow::Error::new(error));
        let public = PublicKey::from_secret_key(&secret).map_err(failed)?;
        let sums = files.sums();
        let data = Cursor::new(sums.as_bytes());
        // the open comment repeats the signed one: then every byte of the file is signed
        let said = Some(comment.as_str());
        let seal = minisign::sign(Some(&public), &secret, data, said, said).map_err(failed)?;
        replace(&folder.join(SUMS), sums.as_bytes())?;
        replace(&folder.join(SIGNATURE), seal.into_string().as_bytes())?;

        let key =
            TrustedKey::parse(&public.to_base64()).map_err(|error| Failure::Other(error.into()))?;
        let sealed = PackFiles::read(folder).map_err(|error| refused(&error))?;
        let signed = sealed
            .verify(std::slice::from_ref(&key))
            .map_err(|error| refused(&error))?;
        let report = Report {
            folder: folder.to_owned(),
            key: key.id(),
            signed,
            digest: sealed.digest_hex(),
        };
        if global.json {
            out::value(&report);
        } else {
            let paint = Paint::of_stdout();
            let digest = paint.faint(&format!("(digest now {})", report.digest));
            out::text(&format!(
                "{} {} {digest}\n",
                paint.good("signed:"),
                report.signed
            ));
        }
        Ok(())
    }

    fn secret(&self) -> Result<SecretKey, Failure> {
        let file = self.key.display();
        let text = fs::read_to_string(&self.key)
            .map_err(|error| Failure::usage(format!("{file} cannot be read: {error}")))?;
        if TrustedKey::parse(&text).is_ok() {
            return Err(Failure::usage(format!(
                "{file} is a public key: packs are signed with the secret one, NAME.key"
            )));
        }
        let boxed = || {
            SecretKeyBox::from_string(&text).map_err(|_| {
                Failure::usage(format!(
                    "{file} is no secret key: `dispatch policy keygen` makes one"
                ))
            })
        };
        // the file itself does not say whether it is encrypted
        if let Ok(secret) = boxed()?.into_unencrypted_secret_key() {
            return Ok(secret);
        }
        let password = self.password.find(false)?;
        boxed()?
            .into_secret_key(Some(password))
            .map_err(|error| Failure::Other(anyhow::anyhow!("{file} is not opened: {error}")))
    }
}

/// Written beside and renamed: a host that watches never reads half of it.
fn replace(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let beside = file.with_extension("tmp");
    fs::write(&beside, bytes)
        .and_then(|()| fs::rename(&beside, file))
        .map_err(|error| {
            Failure::Other(anyhow::Error::new(error).context(format!("writing {}", file.display())))
        })
}
