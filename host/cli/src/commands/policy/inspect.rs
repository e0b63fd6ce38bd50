//! `dispatch policy inspect`: what a pack is made of, without judging by it.

use std::path::PathBuf;

use dispatch_engine::{ComponentInfo, EngineConfig, PackFiles};
use serde::Serialize;

use super::house::{self, FolderArg};
use crate::failure::Failure;
use crate::global::Global;
use crate::out;
use crate::show::fields::Fields;
use crate::show::paint::Paint;
use crate::show::table::Table;
use crate::show::{clean, list};

/// Show a pack's digest, signature, files and components, with imports and exports
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    pack: FolderArg,
}

/// A file of the pack.
#[derive(Serialize)]
struct FileShown {
    file: String,
    bytes: usize,
    sha256: String,
}

/// A component of the pack.
#[derive(Serialize)]
struct ComponentShown {
    file: String,
    tools: Vec<String>,
    bytes: usize,
    sha256: String,
    imports: Vec<String>,
    exports: Vec<String>,
    memory_bytes: Option<u64>,
    unfit: Option<String>,
}

/// All of it, with `--json`.
#[derive(Serialize)]
struct Report {
    folder: PathBuf,
    digest: String,
    signed: bool,
    files: Vec<FileShown>,
    components: Vec<ComponentShown>,
}

impl From<ComponentInfo> for ComponentShown {
    fn from(info: ComponentInfo) -> Self {
        Self {
            file: info.file,
            tools: info.tools.iter().map(ToString::to_string).collect(),
            bytes: info.bytes,
            sha256: info.sha256,
            imports: info.imports,
            exports: info.exports,
            memory_bytes: info.memory_bytes,
            unfit: info.unfit,
        }
    }
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        let folder = self.pack.check()?;
        let files = PackFiles::read(folder)
            .map_err(|error| house::refused(&error, "refused", Some(folder), global))?;
        let engine = house::engine(EngineConfig::default())?;
        let shown = |((file, bytes), (_, sha256)): ((&str, &[u8]), (&str, String))| FileShown {
            file: file.to_owned(),
            bytes: bytes.len(),
            sha256,
        };
        let report = Report {
            folder: folder.to_owned(),
            digest: files.digest_hex(),
            signed: files.get("pack.sums.minisig").is_some(),
            files: files.iter().zip(files.hashes()).map(shown).collect(),
            components: engine
                .components(&files)
                .into_iter()
                .map(ComponentShown::from)
                .collect(),
        };
        if global.json {
            out::value(&report);
        } else {
            out::text(&report.text(Paint::of_stdout()));
        }
        let fit = report.components.iter().all(|one| one.unfit.is_none());
        if fit { Ok(()) } else { Err(Failure::Found) }
    }
}

impl Report {
    fn text(&self, paint: Paint) -> String {
        let mut head = Fields::new(0);
        head.add("digest", self.digest.clone());
        head.add(
            "signature",
            if self.signed {
                "pack.sums.minisig; `dispatch policy verify` checks it"
            } else {
                "none"
            },
        );
        let mut text = head.text(paint);
        text.push('\n');
        let mut table = Table::new(&[
            "COMPONENT",
            "TOOLS",
            "BYTES",
            "MEMORY",
            "SHA-256",
            "IMPORTS",
        ]);
        for one in &self.components {
            table.row([
                one.file.trim_start_matches("components/").to_owned(),
                list(&one.tools),
                one.bytes.to_string(),
                one.memory_bytes
                    .map_or_else(|| "-".into(), |bytes| format!("{} KiB", bytes >> 10)),
                one.sha256[..16].to_owned(),
                if one.imports.is_empty() {
                    "none".to_owned()
                } else {
                    list(&one.imports)
                },
            ]);
        }
        text.push_str(&table.text(paint));
        text.push('\n');
        text.push_str(&self.exports(paint));
        for one in &self.components {
            if let Some(why) = &one.unfit {
                text.push_str(&format!(
                    "{} {}: {}\n",
                    paint.bad("unfit:"),
                    one.file,
                    clean(why)
                ));
            }
        }
        let mut files = Table::new(&["FILE", "BYTES", "SHA-256"]);
        for file in self
            .files
            .iter()
            .filter(|file| !file.file.ends_with(".wasm"))
        {
            files.row([
                file.file.clone(),
                file.bytes.to_string(),
                file.sha256[..16].to_owned(),
            ]);
        }
        text.push_str(&files.text(paint));
        text
    }

    /// Said once where all components export the same, as they must.
    fn exports(&self, paint: Paint) -> String {
        let mut text = String::new();
        let mut said: Vec<&Vec<String>> = Vec::new();
        for one in self.components.iter().filter(|one| !one.exports.is_empty()) {
            if said.contains(&&one.exports) {
                continue;
            }
            said.push(&one.exports);
            let same = self
                .components
                .iter()
                .filter(|other| other.exports == one.exports)
                .count();
            let whose = if same == 1 {
                one.file.clone()
            } else {
                format!("{same} components")
            };
            text.push_str(&format!("{}\n", paint.strong(&format!("{whose} export"))));
            for export in &one.exports {
                text.push_str(&format!("  {}\n", clean(export)));
            }
            text.push('\n');
        }
        text
    }
}
