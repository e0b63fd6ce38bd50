//! Packs for the tests: the shipped one, and copies of it that were changed.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use dispatch_engine::{PackFiles, TrustedKey};
use minisign::KeyPair;
use tempfile::TempDir;

/// The shipped pack.
pub(crate) fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/real-dispatch")
}

/// The stricter one.
pub(crate) fn strict() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/strict")
}

/// A copy of a pack that a test may change.
pub(crate) struct Copy {
    folder: TempDir,
}

impl Copy {
    /// Of the shipped pack.
    pub(crate) fn new() -> Self {
        Self::of(&shipped())
    }

    pub(crate) fn of(pack: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, bytes) in PackFiles::read(pack).expect("a pack").iter() {
            let to = folder.path().join(path);
            std::fs::create_dir_all(to.parent().expect("a folder")).expect("made");
            std::fs::write(to, bytes).expect("written");
        }
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

    /// A forbid with this condition, at the end of the operators' policies.
    pub(crate) fn forbid_when(&self, condition: &str) {
        let path = self.path().join("cedar/operators.cedar");
        let mut text = std::fs::read_to_string(&path).expect("policies");
        text.push_str("\n@id(\"test.forbid\")\n@reason(\"A test\")\nforbid (principal, action, ");
        text.push_str(&format!("resource)\nwhen {{ {condition} }};\n"));
        std::fs::write(path, text).expect("written");
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

/// Conditions that would take all of a stack, whoever follows them as deep as they go.
pub(crate) fn bottomless() -> [String; 3] {
    let many = 100_000;
    [
        format!("{}true{}", "(".repeat(many), ")".repeat(many)),
        format!("{}true", "!".repeat(many)),
        format!("true{}", " && true".repeat(many)),
    ]
}

/// Copies a folder's content into another.
pub(crate) fn copy(from: &Path, to: &Path) {
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

/// Somebody whose signature counts, or does not.
pub(crate) struct Signer(KeyPair);

impl Signer {
    pub(crate) fn new() -> Self {
        Self(KeyPair::generate_unencrypted_keypair().expect("a key pair"))
    }

    /// The public key, as a host is told to trust it.
    pub(crate) fn trusted(&self) -> TrustedKey {
        TrustedKey::parse(&self.public()).expect("a public key")
    }

    /// The public key as a text.
    pub(crate) fn public(&self) -> String {
        self.0.pk.to_base64()
    }

    /// Signs a pack's folder.
    pub(crate) fn sign(&self, folder: &Path) {
        let sums = PackFiles::read(folder).expect("a pack").sums();
        let data = Cursor::new(sums.as_bytes());
        let comment = Some("test");
        let signature = minisign::sign(Some(&self.0.pk), &self.0.sk, data, comment, comment);
        let signature = signature.expect("signed").into_string();
        std::fs::write(folder.join("pack.sums"), sums).expect("written");
        std::fs::write(folder.join("pack.sums.minisig"), signature).expect("written");
    }
}
