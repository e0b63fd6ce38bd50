//! What was meant by a name that the schema does not have. Cedar suggests the nearest that it
//! meets first, in an order that changes from run to run: of names that are as near, always
//! the same is suggested here.

use cedar_policy::{Schema, ValidationError};

/// What Cedar's help begins with where it suggests a name.
const SUGGESTS: &str = "did you mean ";

/// The help for an error: Cedar's own, but with another name where it suggests one of a
/// type or an action.
pub(super) fn settled(schema: &Schema, error: &ValidationError, help: String) -> String {
    let known: Vec<String> = match error {
        ValidationError::UnrecognizedEntityType(_) => {
            schema.entity_types().map(ToString::to_string).collect()
        }
        ValidationError::UnrecognizedActionId(_) => {
            schema.actions().map(ToString::to_string).collect()
        }
        _ => return help,
    };
    if !help.starts_with(SUGGESTS) {
        return help;
    }
    // the message ends with the unknown name between backticks
    let message = error.to_string();
    let unknown = message.trim_end_matches('`').rsplit('`').next();
    let nearest = unknown.and_then(|unknown| nearest(unknown, known));
    nearest.map_or(help, |name| format!("{SUGGESTS}`{name}`?"))
}

/// The nearest of some names; of those that are as near, the first by the alphabet.
fn nearest(unknown: &str, known: Vec<String>) -> Option<String> {
    let measured = known
        .into_iter()
        .map(|name| (distance(unknown, &name), name));
    measured.min().map(|(_, name)| name)
}

/// Characters to be inserted, left out or replaced to make one of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, own) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, theirs) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(own != *theirs);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_names_that_are_as_near_always_the_same_is_suggested() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("é", "e"), 1);
        let names = |order: &[&str]| order.iter().map(ToString::to_string).collect();
        for order in [["Role1", "Role2", "Ticket"], ["Ticket", "Role2", "Role1"]] {
            assert_eq!(nearest("Role", names(&order)).as_deref(), Some("Role1"));
        }
        assert_eq!(nearest("Role", Vec::new()), None);
    }
}
