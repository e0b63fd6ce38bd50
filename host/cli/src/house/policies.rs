//! Where the pack is, where nobody says.

use std::path::{Path, PathBuf};

/// The shipped pack, below a repository or an installation.
const SHIPPED: &str = "policies/real-dispatch";

/// The shipped pack of the folder we are in, else of the repository or the
/// installation that this binary belongs to.
pub(crate) fn default_folder() -> PathBuf {
    let here = PathBuf::from(SHIPPED);
    if is_pack(&here) {
        return here;
    }
    std::env::current_exe()
        .ok()
        .and_then(|binary| beside(&binary))
        .unwrap_or(here)
}

fn beside(binary: &Path) -> Option<PathBuf> {
    binary
        .ancestors()
        .skip(1)
        .flat_map(|above| [above.join(SHIPPED), above.join("share").join(SHIPPED)])
        .find(|folder| is_pack(folder))
}

fn is_pack(folder: &Path) -> bool {
    folder.join("pack.toml").is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pack_of_the_binarys_own_house_is_found() {
        let house = tempfile::tempdir().expect("a folder");
        let binary = house.path().join("target/debug/dispatch");
        assert_eq!(beside(&binary), None);
        let pack = house.path().join(SHIPPED);
        std::fs::create_dir_all(&pack).expect("made");
        std::fs::write(pack.join("pack.toml"), "").expect("written");
        assert_eq!(beside(&binary), Some(pack));
    }
}
