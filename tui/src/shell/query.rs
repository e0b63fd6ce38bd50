//! What is shown of a view: words that must all hold. `!word` leaves rows out that have
//! it; `column:word` looks in the columns whose name begins so. Case does not matter.

/// One word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Word {
    /// Lower case; none: any column.
    pub(crate) column: Option<String>,
    /// Lower case.
    pub(crate) text: String,
    /// Rows that have it are left out.
    pub(crate) inverse: bool,
}

/// See the module.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Query {
    text: String,
    words: Vec<Word>,
}

/// The longest text to filter by, in characters.
pub(crate) const MAX_TEXT: usize = 100;

impl Query {
    /// `columns`: the names that may stand before a colon, in any case.
    pub(crate) fn parse(text: &str, columns: &[&str]) -> Self {
        let words = text.split_whitespace().filter_map(|word| {
            let (inverse, word) = match word.strip_prefix('!') {
                Some(rest) => (true, rest),
                None => (false, word),
            };
            let word = word.to_lowercase();
            let begins = |name: &str| columns.iter().any(|c| c.to_lowercase().starts_with(name));
            let (column, text) = match word.split_once(':') {
                Some((name, text)) if !name.is_empty() && begins(name) => {
                    (Some(name.to_owned()), text.to_owned())
                }
                _ => (None, word),
            };
            (!text.is_empty()).then_some(Word {
                column,
                text,
                inverse,
            })
        });
        Self {
            words: words.collect(),
            text: text.trim().to_owned(),
        }
    }

    /// As it was typed.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    pub(crate) fn words(&self) -> &[Word] {
        &self.words
    }

    /// Does a row of these cells, each with its column's name, show?
    pub(crate) fn matches(&self, cells: &[(&str, String)]) -> bool {
        self.words.iter().all(|word| {
            let has = cells.iter().any(|(name, cell)| {
                word.column
                    .as_ref()
                    .is_none_or(|column| name.to_lowercase().starts_with(column))
                    && cell.to_lowercase().contains(&word.text)
            });
            has != word.inverse
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shows(text: &str) -> bool {
        let cells = [
            ("TYPE", "closeout.note_added".to_owned()),
            ("ACTOR", "operator_admin …ABCDE".to_owned()),
            ("AT", "12:00:05".to_owned()),
        ];
        Query::parse(text, &["TYPE", "ACTOR", "AT"]).matches(&cells)
    }

    #[test]
    fn all_words_must_hold_each_where_it_says() {
        for (text, expected) in [
            ("", true),
            ("note", true),
            ("NOTE operator", true),
            ("note technician", false),
            ("!note", false),
            ("!technician", true),
            ("type:note", true),
            ("actor:note", false),
            ("!actor:note", true),
            ("act:operator", true),
            // no column of this name: a text with a colon
            ("12:00", true),
            ("!", true),
        ] {
            assert_eq!(shows(text), expected, "{text}");
        }
    }
}
