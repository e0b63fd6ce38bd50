//! Texts of operators: trimmed, within their limits, without what no text can hold.

use dispatch_contract::Refusal;

use crate::refuse::wrong_at;

/// A text that must be there.
pub(crate) fn needed(field: &str, text: &str, most: usize) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(wrong_at(field, "required", format!("{field} is required")));
    }
    within(field, text, most)
}

/// A text that may be blank, which stands for none.
pub(crate) fn blank_is_none(
    field: &str,
    text: Option<&str>,
    most: usize,
) -> Result<Option<String>, Refusal> {
    text.map(str::trim)
        .filter(|text| !text.is_empty())
        .map(|text| within(field, text, most))
        .transpose()
}

fn within(field: &str, text: &str, most: usize) -> Result<String, Refusal> {
    if text.chars().count() > most {
        let message = format!("{field} has at most {most} characters.");
        return Err(wrong_at(field, "max_length", message));
    }
    if text.contains('\0') {
        let message = "Leave the character U+0000 out: no text can hold it.";
        return Err(wrong_at(field, "nul", message));
    }
    Ok(text.to_owned())
}
