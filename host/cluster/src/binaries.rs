//! Where this machine's Postgres programs are. Knows folders of distributions, and
//! starts nothing but `pg_config` and `postgres --version`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::account::Account;
use crate::error::ClusterError;

/// Folders whose subfolders are major versions, with the path below them to the programs.
const VERSIONED: [(&str, &str); 3] = [
    ("/usr/lib/postgresql", "bin"), // Debian, Ubuntu
    ("/opt/homebrew/opt", "bin"),   // Homebrew on Apple silicon
    ("/usr/local/opt", "bin"),      // Homebrew on Intel
];

/// The programs of one Postgres installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    folder: PathBuf,
}

impl Binaries {
    /// The first installation found: PATH, then the distribution's folders (newest
    /// first), then `pg_config --bindir`.
    ///
    /// # Errors
    /// [`ClusterError::NoBinaries`], whose message says what to install or to set.
    pub fn find() -> Result<Self, ClusterError> {
        Self::first_of(candidates(), None)
    }

    /// As [`Binaries::find`], restricted to what `account` can execute.
    pub(crate) fn find_for(account: Option<&Account>) -> Result<Self, ClusterError> {
        Self::first_of(candidates(), account)
    }

    /// The installation of major version `major`, for data that version made.
    pub(crate) fn of_major(major: u32, account: Option<&Account>) -> Option<Self> {
        candidates()
            .into_iter()
            .filter_map(|folder| Self::at(&folder, account))
            .find(|binaries| binaries.major() == Some(major))
    }

    fn first_of(folders: Vec<PathBuf>, account: Option<&Account>) -> Result<Self, ClusterError> {
        folders
            .into_iter()
            .find_map(|folder| Self::at(&folder, account))
            .ok_or(ClusterError::NoBinaries)
    }

    /// An installation, if `folder` (or what its `initdb` links to) holds one.
    fn at(folder: &Path, account: Option<&Account>) -> Option<Self> {
        let initdb = fs::canonicalize(folder.join("initdb")).ok()?;
        let folder = initdb.parent()?;
        if !folder.join("postgres").is_file() {
            return None;
        }
        if account.is_some_and(|account| account.blocked_at(folder).is_some()) {
            return None;
        }
        Some(Self {
            folder: folder.to_path_buf(),
        })
    }

    /// The folder that holds the programs.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A program of this installation by name, such as `pgbench` or `psql`, if it is there.
    #[must_use]
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        let path = self.folder.join(name);
        path.is_file().then_some(path)
    }

    /// `initdb`, which makes a data folder.
    #[must_use]
    pub fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }

    /// `postgres`, the server.
    #[must_use]
    pub fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }

    /// The major version, asked of the server program.
    #[must_use]
    pub fn major(&self) -> Option<u32> {
        let output = Command::new(self.postgres())
            .arg("--version")
            .output()
            .ok()?;
        major_in(&String::from_utf8_lossy(&output.stdout))
    }
}

/// `postgres (PostgreSQL) 15.8 (Debian 15.8-0+deb12u1)` -> 15
fn major_in(version: &str) -> Option<u32> {
    let number = version.split_whitespace().nth(2)?;
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

fn candidates() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = env::var_os("PATH")
        .map(|path| {
            env::split_paths(&path)
                .filter(|p| p.is_absolute())
                .collect()
        })
        .unwrap_or_default();
    for (parent, below) in VERSIONED {
        folders.extend(newest_first(Path::new(parent), below));
    }
    folders.extend(newest_first(Path::new("/usr"), "bin")); // /usr/pgsql-17/bin: Red Hat
    folders.push("/usr/local/pgsql/bin".into());
    folders.push("/Applications/Postgres.app/Contents/Versions/latest/bin".into());
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        folders.push(String::from_utf8_lossy(&output.stdout).trim().into());
    }
    folders
}

/// Subfolders named after a version (`15`, `pgsql-15`, `postgresql@15`), newest first.
fn newest_first(parent: &Path, below: &str) -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(parent)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().into_string().ok()?;
            let version = name
                .strip_prefix("pgsql-")
                .or_else(|| name.strip_prefix("postgresql@"))
                .unwrap_or(&name);
            Some((version.parse().ok()?, entry.path().join(below)))
        })
        .collect();
    found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    found.into_iter().map(|(_, path)| path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_found_says_what_to_do() {
        let empty = tempfile::tempdir().expect("temp folder");
        let error = Binaries::first_of(vec![empty.path().to_path_buf()], None)
            .expect_err("an empty folder holds no Postgres");
        let said = error.to_string();
        assert!(said.contains("apt-get install postgresql"), "{said}");
        assert!(said.contains("DATABASE_URL"), "{said}");
        assert!(said.contains("--database-url"), "{said}");
    }

    #[test]
    fn initdb_without_postgres_is_not_an_installation() {
        let folder = tempfile::tempdir().expect("temp folder");
        fs::write(folder.path().join("initdb"), "").expect("write");
        assert_eq!(Binaries::at(folder.path(), None), None);
        fs::write(folder.path().join("postgres"), "").expect("write");
        assert!(Binaries::at(folder.path(), None).is_some());
    }

    #[test]
    fn a_link_on_the_path_leads_to_its_installation() {
        let real = tempfile::tempdir().expect("temp folder");
        let path = tempfile::tempdir().expect("temp folder");
        for name in ["initdb", "postgres"] {
            fs::write(real.path().join(name), "").expect("write");
        }
        std::os::unix::fs::symlink(real.path().join("initdb"), path.path().join("initdb"))
            .expect("link");
        let found = Binaries::at(path.path(), None).expect("found through the link");
        assert_eq!(found.folder(), fs::canonicalize(real.path()).expect("path"));
    }

    #[test]
    fn versions_sort_as_numbers() {
        let parent = tempfile::tempdir().expect("temp folder");
        for name in ["9", "15", "pgsql-17", "postgresql@16", "lib"] {
            fs::create_dir(parent.path().join(name)).expect("folder");
        }
        let found = newest_first(parent.path(), "bin");
        let names: Vec<_> = found
            .iter()
            .map(|p| p.strip_prefix(parent.path()).expect("below").to_path_buf())
            .collect();
        let expected = ["pgsql-17/bin", "postgresql@16/bin", "15/bin", "9/bin"].map(PathBuf::from);
        assert_eq!(names, expected);
    }

    #[test]
    fn version_text_is_read() {
        assert_eq!(major_in("postgres (PostgreSQL) 15.8 (Debian)"), Some(15));
        assert_eq!(major_in("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major_in("nonsense"), None);
    }
}
