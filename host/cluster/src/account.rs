//! The user a server runs as. Postgres refuses root, so a host started by root hands
//! its programs to an unprivileged user. Knows users and permission bits only.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::unistd::{Uid, User};

use crate::error::ClusterError;

/// In order of preference: the distribution's own, then macOS's, then the user of nothing.
const NAMES: [&str; 3] = ["postgres", "_postgres", "nobody"];

/// An unprivileged user, taken on by the programs this crate starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl Account {
    /// `None` unless this process is root. An existing folder's owner stays its user,
    /// whatever users the machine has gained since.
    pub(crate) fn needed(existing: &Path) -> Result<Option<Self>, ClusterError> {
        if !Uid::effective().is_root() {
            return Ok(None);
        }
        if let Ok(metadata) = fs::metadata(existing)
            && metadata.uid() != 0
        {
            return Ok(Some(Self {
                name: User::from_uid(Uid::from_raw(metadata.uid()))
                    .ok()
                    .flatten()
                    .map_or_else(|| metadata.uid().to_string(), |user| user.name),
                uid: metadata.uid(),
                gid: metadata.gid(),
            }));
        }
        NAMES
            .iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .map(|user| {
                Some(Self {
                    name: user.name,
                    uid: user.uid.as_raw(),
                    gid: user.gid.as_raw(),
                })
            })
            .ok_or_else(|| ClusterError::NoAccount {
                tried: NAMES.join(", "),
            })
    }

    /// May this user enter the folder whose owner, group and mode these are?
    fn may_enter(&self, uid: u32, gid: u32, mode: u32) -> bool {
        let shift = if uid == self.uid {
            6
        } else if gid == self.gid {
            3
        } else {
            0
        };
        (mode >> shift) & 0o1 == 1
    }

    /// The first of `path` and its parents, from the top, that this user may not enter.
    /// Folders that do not exist count as open: we make those.
    pub(crate) fn blocked_at(&self, path: &Path) -> Option<PathBuf> {
        let mut way: Vec<&Path> = path.ancestors().collect();
        way.reverse();
        way.into_iter()
            .find(|folder| {
                fs::metadata(folder).is_ok_and(|m| !self.may_enter(m.uid(), m.gid(), m.mode()))
            })
            .map(Path::to_path_buf)
    }
}

/// A command that runs `program` as `account` (or as ourselves), in a folder everyone
/// can enter and without the caller's Postgres variables, which would redirect it.
pub(crate) fn command(program: &Path, account: Option<&Account>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/").env("LC_ALL", "C");
    for (name, _) in std::env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"PG") {
            command.env_remove(name);
        }
    }
    if let Some(account) = account {
        // std also drops root's supplementary groups
        command.uid(account.uid).gid(account.gid);
    }
    command
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn permission_bits_are_read_for_owner_group_and_others() {
        let account = Account {
            name: "postgres".into(),
            uid: 101,
            gid: 104,
        };
        assert!(account.may_enter(101, 0, 0o700));
        assert!(account.may_enter(0, 104, 0o710));
        assert!(account.may_enter(0, 0, 0o711));
        assert!(!account.may_enter(0, 0, 0o700));
        // the owner's bits decide for the owner, even where others may enter
        assert!(!account.may_enter(101, 0, 0o011));
    }

    #[test]
    fn the_first_closed_parent_is_named() {
        let account = Account {
            name: "stranger".into(),
            uid: 4_000_000_001,
            gid: 4_000_000_001,
        };
        let folder = tempfile::tempdir().expect("temp folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).expect("mode");
        let below = folder.path().join("a/b");
        assert_eq!(
            account.blocked_at(&below),
            Some(folder.path().to_path_buf())
        );
        assert_eq!(account.blocked_at(Path::new("/nowhere-at-all/x")), None);
    }
}
