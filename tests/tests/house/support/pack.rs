//! Packs for the tests: the shipped one, and copies of it that were changed.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// The shipped pack.
pub(crate) fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/real-dispatch")
}

/// A copy of the shipped pack that a test may change.
pub(crate) struct Copy {
    folder: TempDir,
}

impl Copy {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        copy(&shipped(), folder.path());
        Self { folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Replaces text of the manifest, in one step as an editor would.
    pub(crate) fn edit(&self, changes: &[(&str, &str)]) {
        let path = self.path().join("pack.toml");
        let mut text = std::fs::read_to_string(&path).expect("a manifest");
        for (from, to) in changes {
            assert!(text.contains(from), "{from} is not in the manifest");
            text = text.replacen(from, to, 1);
        }
        let new = self.path().join(".pack.toml.new");
        std::fs::write(&new, text).expect("written");
        std::fs::rename(new, path).expect("replaced");
    }

    /// Leaves all decision cases out but those of `ticket.create`: the others would find
    /// out what a test means to change.
    pub(crate) fn with_few_cases(self) -> Self {
        for entry in std::fs::read_dir(self.path().join("tests")).expect("the cases") {
            let path = entry.expect("an entry").path();
            let cases = path
                .extension()
                .is_some_and(|extension| extension == "toml");
            if cases && path.file_stem().is_some_and(|stem| stem != "ticket-create") {
                std::fs::remove_file(path).expect("removed");
            }
        }
        self
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("the shipped pack") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            std::fs::create_dir_all(&target).expect("a folder");
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copied");
        }
    }
}
