//! `dispatch policy verify`: is a pack what a trusted key signed?

use std::path::PathBuf;

use dispatch_engine::{PackFiles, TrustedKey};
use serde::Serialize;

use super::house::FolderArg;
use super::wrong::Wrong;
use crate::failure::Failure;
use crate::global::Global;
use crate::out;
use crate::show::clean;
use crate::show::paint::Paint;

/// Check a pack's signature and every file against it; exit status 1 where anything differs
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    pack: FolderArg,
    /// A public key file whose signature counts; may be given more than once
    #[arg(long, value_name = "FILE", required = true)]
    trusted_key: Vec<PathBuf>,
}

/// What was found, with `--json`.
#[derive(Serialize)]
struct Report {
    folder: PathBuf,
    digest: Option<String>,
    signed: Option<String>,
    refused: Option<Wrong>,
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        let keys = trusted(&self.trusted_key)?;
        let folder = self.pack.check()?;
        let mut digest = None;
        let verified = PackFiles::read(folder).and_then(|files| {
            digest = Some(files.digest_hex());
            files.verify(&keys)
        });
        let report = Report {
            folder: folder.to_owned(),
            digest,
            refused: verified.as_ref().err().map(Wrong::from),
            signed: verified.ok(),
        };
        if global.json {
            out::value(&report);
        } else {
            out::text(&report.text(Paint::of_stdout()));
        }
        match report.refused {
            None => Ok(()),
            Some(_) => Err(Failure::Found),
        }
    }
}

/// The keys of these files.
pub(super) fn trusted(files: &[PathBuf]) -> Result<Vec<TrustedKey>, Failure> {
    let read = |file: &PathBuf| {
        TrustedKey::read(file)
            .map_err(|error| Failure::usage(format!("--trusted-key {}: {error}", file.display())))
    };
    files.iter().map(read).collect()
}

impl Report {
    fn text(&self, paint: Paint) -> String {
        match (&self.refused, &self.signed) {
            (Some(wrong), _) => wrong.text("not as signed", Some(&self.folder), paint),
            (None, signed) => format!(
                "{} {} {}\n",
                paint.good("in order:"),
                clean(signed.as_deref().unwrap_or_default()),
                paint.faint(&format!("({})", self.digest.as_deref().unwrap_or("")))
            ),
        }
    }
}
