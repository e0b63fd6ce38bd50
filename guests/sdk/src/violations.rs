//! Collecting broken rules: all at once, in the order in which they are found.

use crate::Violation;

/// Broken rules so far. Empty means that nothing is wrong.
#[derive(Debug, Default)]
#[must_use]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// Nothing is wrong.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Adds a broken rule. `path` is a JSON Pointer into the call's body, `rule`
    /// a stable lower_snake_case name, `message` says what to do.
    pub fn add(&mut self, path: &str, rule: &str, message: &str) {
        self.0.push(Violation {
            path: path.to_owned(),
            rule: rule.to_owned(),
            message: message.to_owned(),
        });
    }

    /// Adds a broken rule unless `holds`.
    pub fn require(&mut self, holds: bool, path: &str, rule: &str, message: &str) {
        if !holds {
            self.add(path, rule, message);
        }
    }

    /// Adds `blank` at `path` where the text has nothing but white space.
    pub fn require_text(&mut self, text: &str, path: &str) {
        self.require(!is_blank(text), path, "blank", "write something here");
    }

    /// As [`require_text`](Self::require_text), for a text that may be absent.
    pub fn require_text_if_given(&mut self, text: Option<&str>, path: &str) {
        if let Some(text) = text {
            self.require(
                !is_blank(text),
                path,
                "blank",
                "write something here, or leave the field out",
            );
        }
    }

    /// Takes over what another check has found.
    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Is nothing wrong?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What crosses to the host.
    pub fn into_vec(self) -> Vec<Violation> {
        self.0
    }
}

/// Has this text nothing but white space?
pub fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// The JSON Pointer of a field of a list's item: `/line_items`, 2, `/quantity`
/// give `/line_items/2/quantity`. An empty `field` points at the item itself.
pub fn item_path(list: &str, index: usize, field: &str) -> String {
    let mut path = String::with_capacity(list.len() + field.len() + 4);
    path.push_str(list);
    path.push('/');
    path.push_str(&index.to_string());
    path.push_str(field);
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_kept_in_order() {
        let mut found = Violations::none();
        found.require_text(" \t", "/note/text");
        found.require(true, "/fine", "fine", "");
        found.require_text_if_given(None, "/absent");
        found.require_text_if_given(Some(""), "/given");
        let paths: Vec<_> = found.into_vec().into_iter().map(|v| v.path).collect();
        assert_eq!(paths, ["/note/text", "/given"]);
    }

    #[test]
    fn pointers_name_list_index_and_field() {
        assert_eq!(item_path("/windows", 0, ""), "/windows/0");
        assert_eq!(
            item_path("/line_items", 12, "/quantity"),
            "/line_items/12/quantity"
        );
    }
}
