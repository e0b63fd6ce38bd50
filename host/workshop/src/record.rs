//! What was built from what, kept beside the build: a component is built again when one
//! of the files that its compiler read has changed, and only then.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::folder::{sha256, write};

/// How one component came to be. Digests are SHA-256 in hex.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    /// The compiler, its flags and our recipe.
    pub(crate) made_with: String,
    /// Each file that was read; one that is not there has an empty digest.
    pub(crate) inputs: BTreeMap<PathBuf, String>,
    /// Of the component.
    pub(crate) output: String,
}

/// The origins of a pack's components, by file.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record(BTreeMap<String, Origin>);

impl Record {
    /// A record that cannot be read is one that says nothing.
    pub(crate) fn read(file: &Path) -> Self {
        fs::read(file)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    }

    pub(crate) fn keep(&mut self, file: &str, origin: Origin, at: &Path) -> Result<()> {
        self.0.insert(file.to_owned(), origin);
        write(at, serde_json::to_vec_pretty(self).unwrap_or_default())
    }

    /// Is the component at `path` what its sources and this compiler would give again?
    pub(crate) fn is_fresh(
        &self,
        file: &str,
        path: &Path,
        made_with: &str,
        digests: &mut Digests,
    ) -> bool {
        self.0.get(file).is_some_and(|origin| {
            origin.made_with == made_with
                && fs::read(path).is_ok_and(|bytes| origin.output == sha256(&bytes))
                && origin
                    .inputs
                    .iter()
                    .all(|(input, digest)| digests.of(input) == *digest)
        })
    }
}

/// Digests of sources, each file read once in a run.
#[derive(Default)]
pub(crate) struct Digests(HashMap<PathBuf, String>);

impl Digests {
    pub(crate) fn of(&mut self, file: &Path) -> String {
        if let Some(known) = self.0.get(file) {
            return known.clone();
        }
        let digest = fs::read(file).map_or_else(|_| String::new(), |bytes| sha256(&bytes));
        self.0.insert(file.to_owned(), digest.clone());
        digest
    }

    pub(crate) fn all(
        &mut self,
        files: impl IntoIterator<Item = PathBuf>,
    ) -> BTreeMap<PathBuf, String> {
        files
            .into_iter()
            .map(|file| {
                let digest = self.of(&file);
                (file, digest)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_is_fresh_until_source_compiler_or_itself_changes() {
        let folder = tempfile::tempdir().expect("temp folder");
        let at = |name: &str| folder.path().join(name);
        let put = |name: &str, text: &str| fs::write(at(name), text).expect("written");
        put("lib.rs", "one");
        put("x.wasm", "component");
        let mut record = Record::default();
        let origin = Origin {
            made_with: "k".into(),
            inputs: Digests::default().all([at("lib.rs"), at("absent.toml")]),
            output: sha256(b"component"),
        };
        record
            .keep("x.wasm", origin, &at("built.json"))
            .expect("kept");
        let record = Record::read(&at("built.json"));
        let fresh = |key| record.is_fresh("x.wasm", &at("x.wasm"), key, &mut Digests::default());
        assert!(fresh("k"));
        assert!(!fresh("l"), "another compiler");
        put("lib.rs", "two");
        assert!(!fresh("k"), "another source");
        put("lib.rs", "one");
        put("absent.toml", "");
        assert!(!fresh("k"), "a source more");
        fs::remove_file(at("absent.toml")).expect("removed");
        put("x.wasm", "another");
        assert!(!fresh("k"), "another component");
    }

    #[test]
    fn a_broken_record_says_nothing() {
        let folder = tempfile::tempdir().expect("temp folder");
        let record = folder.path().join("built.json");
        assert_eq!(Record::read(&record), Record::default());
        fs::write(&record, "{").expect("write");
        assert_eq!(Record::read(&record), Record::default());
    }
}
