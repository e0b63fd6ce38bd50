//! `dispatch policy keygen`: a key pair to sign packs with, in minisign's own format.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use dispatch_engine::TrustedKey;
use minisign::KeyPair;
use serde::Serialize;

use super::password::PasswordArgs;
use crate::failure::Failure;
use crate::global::Global;
use crate::out;
use crate::show::paint::Paint;

/// Make a key pair to sign packs with: NAME.key stays with you, hosts trust NAME.pub
#[derive(clap::Args)]
pub(super) struct Args {
    /// The files' name without their endings
    #[arg(default_value = "pack-signing")]
    name: PathBuf,
    /// Write the secret key without a password: for a machine that keeps it safe itself
    #[arg(long, conflicts_with = "password_file")]
    no_password: bool,
    #[command(flatten)]
    password: PasswordArgs,
}

/// What was made, with `--json`.
#[derive(Serialize)]
struct Report {
    key: String,
    secret_file: PathBuf,
    public_file: PathBuf,
    encrypted: bool,
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        let secret_file = with_ending(&self.name, "key");
        let public_file = with_ending(&self.name, "pub");
        for file in [&secret_file, &public_file] {
            if file.exists() {
                return Err(Failure::usage(format!(
                    "{} is there already, and is not written over",
                    file.display()
                )));
            }
        }
        let failed = |error| Failure::Other(anyhow::Error::new(error));
        let pair = if self.no_password {
            KeyPair::generate_unencrypted_keypair()
        } else {
            KeyPair::generate_encrypted_keypair(Some(self.password.find(true)?))
        }
        .map_err(failed)?;
        let public = pair.pk.to_box().map_err(failed)?.into_string();
        let key = TrustedKey::parse(&public)
            .map_err(|error| Failure::Other(error.into()))?
            .id();
        let comment = format!("minisign secret key {key}, for policy packs");
        let secret = pair.sk.to_box(Some(&comment)).map_err(failed)?;
        write(&secret_file, secret.into_string().as_bytes(), 0o600)?;
        write(&public_file, public.as_bytes(), 0o644)?;
        let report = Report {
            key,
            secret_file,
            public_file,
            encrypted: !self.no_password,
        };
        if global.json {
            out::value(&report);
        } else {
            out::text(&report.text(Paint::of_stdout()));
        }
        Ok(())
    }
}

impl Report {
    fn text(&self, paint: Paint) -> String {
        let (secret, public) = (self.secret_file.display(), self.public_file.display());
        format!(
            "{} key {}\n  {secret}  signs: `dispatch policy sign FOLDER --key {secret}`; keep it to \
             yourself\n  {public}  is trusted: `dispatch serve --trusted-key {public}`\n",
            paint.good("made:"),
            self.key
        )
    }
}

/// The name with an ending behind whatever dots are in it.
fn with_ending(name: &Path, ending: &str) -> PathBuf {
    let mut whole = name.as_os_str().to_owned();
    whole.push(".");
    whole.push(ending);
    PathBuf::from(whole)
}

fn write(file: &Path, bytes: &[u8], mode: u32) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::Other(anyhow::Error::new(error).context(format!("writing {}", file.display())))
    };
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(file)
        .and_then(|mut out| out.write_all(bytes))
        .map_err(failed)
}
