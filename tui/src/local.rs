//! Files on the machine of whoever looks.

use std::path::{Path, PathBuf};

/// A path as it was typed; `~/` stands for the user's home.
pub(crate) fn path(typed: &Path, env: impl Fn(&str) -> Option<String>) -> PathBuf {
    match (typed.strip_prefix("~"), env("HOME")) {
        (Ok(rest), Some(home)) => Path::new(&home).join(rest),
        _ => typed.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_is_meant_only_where_it_stands_alone() {
        let at = |typed: &str| path(Path::new(typed), |_| Some("/home/ada".into()));
        assert_eq!(at("~/door.jpg"), Path::new("/home/ada/door.jpg"));
        assert_eq!(at("~bob/door.jpg"), Path::new("~bob/door.jpg"));
        assert_eq!(at("/tmp/~/x"), Path::new("/tmp/~/x"));
        assert_eq!(path(Path::new("~/x"), |_| None), Path::new("~/x"));
    }
}
