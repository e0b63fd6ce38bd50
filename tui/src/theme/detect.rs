//! How many colours the terminal says it has.

use super::Depth;

/// From the environment: `NO_COLOR` goes first, then `COLORTERM`, then `TERM`.
#[must_use]
pub fn detect(env: impl Fn(&str) -> Option<String>) -> Depth {
    let set = |name: &str| env(name).filter(|value| !value.is_empty());
    let term = set("TERM").unwrap_or_default();
    if set("NO_COLOR").is_some() || term == "dumb" {
        return Depth::None;
    }
    if let Some("truecolor" | "24bit") = set("COLORTERM").as_deref() {
        return Depth::True;
    }
    if term.contains("direct") {
        Depth::True
    } else if term.contains("256color") {
        Depth::Indexed
    } else {
        Depth::Sixteen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(given: &[(&str, &str)]) -> Depth {
        detect(|name| {
            let found = given.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn what_the_terminal_says_counts_and_no_color_goes_first() {
        assert_eq!(with(&[]), Depth::Sixteen);
        assert_eq!(with(&[("TERM", "xterm-256color")]), Depth::Indexed);
        let rich = [("TERM", "xterm-256color"), ("COLORTERM", "truecolor")];
        assert_eq!(with(&rich), Depth::True);
        assert_eq!(with(&[("NO_COLOR", "1"), rich[0], rich[1]]), Depth::None);
        assert_eq!(with(&[("NO_COLOR", ""), rich[0]]), Depth::Indexed);
        assert_eq!(with(&[("TERM", "dumb")]), Depth::None);
    }
}
