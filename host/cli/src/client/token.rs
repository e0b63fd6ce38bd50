//! The bearer token: from a file or the environment, never from the command line,
//! where every user of the machine could read it. Never printed.

use std::fmt;
use std::path::Path;

use crate::failure::Failure;

/// The longest token that is read, in bytes.
const MAX_BYTES: usize = 16 * 1024;

/// A bearer token.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

impl Token {
    /// `None` where the text cannot be a token.
    pub(crate) fn new(text: String) -> Option<Self> {
        let trimmed = text.trim();
        let in_order = !trimmed.is_empty()
            && trimmed.len() <= MAX_BYTES
            && trimmed.bytes().all(|b| b.is_ascii_graphic());
        in_order.then(|| Self(trimmed.to_owned()))
    }

    /// For the one header it goes into.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

/// The file goes before the environment.
pub(crate) fn find(file: Option<&Path>, from_env: Option<String>) -> Result<Token, Failure> {
    if let Some(path) = file {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Failure::usage(format!(
                "the token file {} cannot be read: {error}",
                path.display()
            ))
        })?;
        return Token::new(text).ok_or_else(|| {
            Failure::usage(format!(
                "{} holds no token: it should hold what `dispatch token mint` printed, nothing else",
                path.display()
            ))
        });
    }
    let text = from_env.ok_or_else(|| {
        Failure::usage(
            "this needs a bearer token: name a file with --token-file, or set DISPATCH_TOKEN; \
             `dispatch token mint` makes one",
        )
    })?;
    Token::new(text).ok_or_else(|| Failure::usage("DISPATCH_TOKEN holds no token"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_goes_before_the_environment_and_space_does_not_matter() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "abc.def\n").expect("written");
        let found = find(Some(file.path()), Some("other".into())).expect("a token");
        assert_eq!(found.expose(), "abc.def");
        assert_eq!(
            find(None, Some(" x ".into())).expect("a token").expose(),
            "x"
        );
    }

    #[test]
    fn what_is_no_token_is_not_sent_and_not_said() {
        for bad in ["", "  ", "two words", "line\nbreak"] {
            let failure = find(None, Some(bad.into())).expect_err("no token");
            assert!(matches!(&failure, Failure::Usage(_)));
        }
        let failure = find(None, None).expect_err("none given").to_string();
        assert!(failure.contains("token mint"), "{failure}");
        assert_eq!(
            format!("{:?}", Token::new("secret".into())),
            "Some(Token(..))"
        );
    }
}
