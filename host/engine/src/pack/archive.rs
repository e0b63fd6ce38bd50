//! A pack as one run of bytes, for the ledger: the same pack, the same bytes.
//!
//! `DPACK1\n`, then for each file in order of its path: length of the path and of
//! the content as little-endian u32, the path, the content.

use std::collections::BTreeMap;
use std::time::Instant;

use super::error::PackError;
use super::files::{MAX_FILES, MAX_PACK_BYTES, PackFiles};
use super::step::Step;

const MAGIC: &[u8] = b"DPACK1\n";

impl PackFiles {
    /// As one run of bytes.
    #[must_use]
    pub fn to_archive(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        for (path, bytes) in self.iter() {
            for length in [path.len(), bytes.len()] {
                let length = u32::try_from(length).expect("files are below 4 MiB");
                out.extend_from_slice(&length.to_le_bytes());
            }
            out.extend_from_slice(path.as_bytes());
            out.extend_from_slice(bytes);
        }
        out
    }

    /// Back from [`Self::to_archive`].
    ///
    /// # Errors
    /// Where the bytes are not what that made, or a limit is passed.
    pub fn from_archive(archive: &[u8]) -> Result<Self, PackError> {
        let damaged = || PackError::new(Step::Read, "the archive is damaged");
        if archive.len() as u64 > MAX_PACK_BYTES * 2 {
            return Err(damaged());
        }
        let began = Instant::now();
        let mut rest = archive.strip_prefix(MAGIC).ok_or_else(damaged)?;
        let mut files = BTreeMap::new();
        let mut last: Option<String> = None;
        while !rest.is_empty() {
            let mut take = |n: usize| {
                let (taken, left) = rest.split_at_checked(n)?;
                rest = left;
                Some(taken)
            };
            let mut length = || {
                let bytes = take(4)?.try_into().ok()?;
                usize::try_from(u32::from_le_bytes(bytes)).ok()
            };
            let (path, content) = length().zip(length()).ok_or_else(damaged)?;
            let path = take(path).ok_or_else(damaged)?;
            let path = str::from_utf8(path).map_err(|_| damaged())?.to_owned();
            let content = take(content).ok_or_else(damaged)?.to_vec();
            // Sorted and without doubles, or the same pack would have two archives.
            if last.is_some_and(|last| last >= path) || files.len() >= MAX_FILES {
                return Err(damaged());
            }
            last = Some(path.clone());
            files.insert(path, content);
        }
        Self::read_since(began, files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_archive_is_refused_wherever_it_ends() {
        let files = BTreeMap::from([
            ("pack.toml".to_owned(), b"x".to_vec()),
            ("cedar/a.cedar".to_owned(), b"yy".to_vec()),
        ]);
        let whole = PackFiles::of(files).unwrap().to_archive();
        assert!(PackFiles::from_archive(&whole).is_ok());
        for end in 0..whole.len() {
            assert!(PackFiles::from_archive(&whole[..end]).is_err(), "{end}");
        }
        let mut doubled = whole.clone();
        doubled.extend_from_slice(&whole[MAGIC.len()..]);
        assert!(PackFiles::from_archive(&doubled).is_err());
    }
}
