//! Names with their values, one below the other.

use crate::show::clean;
use crate::show::paint::Paint;

/// A block of fields; those without a value are left out.
pub(crate) struct Fields {
    indent: usize,
    all: Vec<(&'static str, String)>,
}

impl Fields {
    pub(crate) fn new(indent: usize) -> Self {
        Self {
            indent,
            all: Vec::new(),
        }
    }

    /// One field.
    pub(crate) fn add(&mut self, name: &'static str, value: impl Into<String>) {
        self.all.push((name, clean(&value.into())));
    }

    /// One field, where there is a value.
    pub(crate) fn maybe(&mut self, name: &'static str, value: Option<impl Into<String>>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }

    /// One field, where the text says anything.
    pub(crate) fn some(&mut self, name: &'static str, value: impl Into<String>) {
        let value = value.into();
        if !value.is_empty() {
            self.add(name, value);
        }
    }

    pub(crate) fn text(&self, paint: Paint) -> String {
        let width = self
            .all
            .iter()
            .map(|(name, _)| name.len())
            .max()
            .unwrap_or(0);
        let mut text = String::new();
        let mut last = "";
        for (name, value) in &self.all {
            // a name that repeats is said once
            let shown = if *name == last { "" } else { *name };
            last = name;
            text.push_str(&" ".repeat(self.indent));
            text.push_str(&paint.faint(&format!("{shown:width$}")));
            text.push_str("  ");
            text.push_str(value);
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_align_and_a_repeated_name_is_said_once() {
        let mut fields = Fields::new(2);
        fields.add("state", "new");
        fields.maybe("eta", None::<String>);
        fields.some("gates", "");
        fields.add("violation", "a");
        fields.add("violation", "b");
        assert_eq!(
            fields.text(Paint::never()),
            "  state      new\n  violation  a\n             b\n"
        );
    }
}
