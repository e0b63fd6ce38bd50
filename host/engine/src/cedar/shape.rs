//! The shape of a text before Cedar reads it: how deep it nests, how much hangs together.
//!
//! Cedar follows an expression as deep as it goes, each level on the stack of the thread
//! that reads it. A stack that overflows ends the whole process, and beside a folder that
//! holds such a text every next start too: so whatever is too deep is refused unread.

use std::collections::BTreeMap;

use cedar_policy::SchemaFragment;
use serde_json::Value;

use super::load::CedarError;

/// Brackets within brackets.
const MAX_NESTING: usize = 64;
/// Operators of one policy: a chain of them may be one level more for each.
const MAX_OPERATORS: usize = 2_000;
/// Parts of all types of a schema, each name of a type counted as what it stands for:
/// thirty types of two parts each, of one another, are a billion.
const MAX_PARTS: usize = 20_000;

/// Operators that are words, and what is joined to what stands before it.
const WORDS: [&str; 7] = ["if", "has", "in", "is", "like", "when", "unless"];

/// Refuse what nests too deep, or chains too much.
pub(super) fn check(file: &str, text: &str) -> Result<(), CedarError> {
    let mut open: Vec<u8> = Vec::new();
    let mut operators = 0;
    let (mut at, mut policy) = (0, 0);
    let bytes = text.as_bytes();
    while let Some(&byte) = bytes.get(at) {
        let begins = at;
        at = end_of(bytes, at);
        match byte {
            b'(' | b'[' | b'{' => {
                open.push(byte);
                if open.len() > MAX_NESTING {
                    let message = format!("brackets nest deeper than {MAX_NESTING} levels");
                    return Err(CedarError::at(file, text, Some(begins), message)
                        .help("write it as several policies"));
                }
            }
            // one that closes nothing is Cedar's to refuse
            b')' | b']' | b'}' if open.last().is_some_and(|open| closes(*open, byte)) => {
                open.pop();
            }
            b';' if open.is_empty() => {
                operators = 0;
                policy = at;
            }
            _ if is_operator(&text[begins..at]) => operators += 1,
            _ => {}
        }
        if operators > MAX_OPERATORS {
            let first = text[policy..].find(|c: char| !c.is_whitespace());
            let from = first.and_then(|first| crate::pack::place(text, policy + first));
            let from = from.map_or(0, |(line, _)| line);
            let message =
                format!("what begins on line {from} has more than {MAX_OPERATORS} operators");
            return Err(CedarError::at(file, text, Some(begins), message).help(
                "write it as several policies, or a chain of `||` as `[...].contains(...)`",
            ));
        }
    }
    Ok(())
}

/// Where the token that begins here ends: a comment, a text and a word are one each.
fn end_of(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    let while_of = |is: fn(u8) -> bool| {
        let length = rest.iter().position(|byte| !is(*byte));
        at + length.unwrap_or(rest.len())
    };
    match rest {
        [b'/', b'/', ..] => while_of(|byte| byte != b'\n'),
        [b'"', within @ ..] => {
            let mut escaped = false;
            let end = within.iter().position(|byte| {
                let ends = *byte == b'"' && !escaped;
                escaped = *byte == b'\\' && !escaped;
                ends
            });
            end.map_or(bytes.len(), |end| at + end + 2)
        }
        [b'!', b'=', ..] => at + 2,
        [b'&' | b'|' | b'=' | b'<' | b'>', ..] => {
            while_of(|byte| matches!(byte, b'&' | b'|' | b'=' | b'<' | b'>'))
        }
        [byte, ..] if is_word(*byte) => while_of(is_word),
        _ => at + 1,
    }
}

/// Letters beyond ASCII count as such: a token never ends inside one.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

fn is_operator(token: &str) -> bool {
    let first = token.bytes().next().unwrap_or_default();
    WORDS.contains(&token)
        || matches!(
            first,
            b'!' | b'-' | b'+' | b'*' | b'.' | b'&' | b'|' | b'=' | b'<' | b'>'
        )
}

fn closes(open: u8, close: u8) -> bool {
    matches!((open, close), (b'(', b')') | (b'[', b']') | (b'{', b'}'))
}

/// Refuse types that nest too deep, by themselves or through one another.
pub(super) fn check_schema(file: &str, text: &str) -> Result<(), CedarError> {
    // `Set<Set<…>>`: the only brackets of a schema that are operators of a policy
    let mut sets = 0_usize;
    for (offset, byte) in text.bytes().enumerate() {
        match byte {
            b'<' => sets += 1,
            b'>' => sets = sets.saturating_sub(1),
            _ => {}
        }
        if sets > MAX_NESTING {
            let message = format!("sets nest deeper than {MAX_NESTING} levels");
            return Err(CedarError::at(file, text, Some(offset), message));
        }
    }
    check(file, text)?;
    // what cannot be read is told by whoever reads it next
    let Ok((fragment, _)) = SchemaFragment::from_cedarschema_str(text) else {
        return Ok(());
    };
    let Ok(fragment) = fragment.to_json_value() else {
        return Ok(());
    };
    let mut types = Types::of(&fragment);
    types.within(&fragment, 0).map_err(|message| {
        CedarError::at(file, text, text.find("type "), message).help("name simpler types")
    })
}

/// The declared types, and how much was seen of them.
struct Types<'a> {
    /// By their names without a namespace; whatever has the name counts.
    named: BTreeMap<&'a str, Vec<&'a Value>>,
    parts: usize,
}

impl<'a> Types<'a> {
    fn of(fragment: &'a Value) -> Self {
        let mut named: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        let namespaces = fragment.as_object().into_iter().flatten();
        for (_, namespace) in namespaces {
            let declared = namespace.get("commonTypes").and_then(Value::as_object);
            for (name, meant) in declared.into_iter().flatten() {
                named.entry(name).or_default().push(meant);
            }
        }
        Self { named, parts: 0 }
    }

    fn within(&mut self, value: &'a Value, depth: usize) -> Result<(), String> {
        self.parts += 1;
        // a type is three levels of JSON at most: itself, its attributes, one of them
        if depth > 3 * MAX_NESTING {
            return Err(format!(
                "types nest deeper than {MAX_NESTING} levels through one another, or without end"
            ));
        }
        if self.parts > MAX_PARTS {
            return Err(format!(
                "the types come to more than {MAX_PARTS} parts, with what their names stand for"
            ));
        }
        match value {
            Value::Object(fields) => {
                for key in ["type", "name"] {
                    let name = fields.get(key).and_then(Value::as_str).unwrap_or_default();
                    let name = name.rsplit("::").next().unwrap_or_default();
                    for meant in self.named.get(name).cloned().unwrap_or_default() {
                        self.within(meant, depth + 1)?;
                    }
                }
                fields
                    .values()
                    .try_for_each(|value| self.within(value, depth + 1))
            }
            Value::Array(items) => items
                .iter()
                .try_for_each(|item| self.within(item, depth + 1)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> CedarError {
        check("a.cedar", text).unwrap_err()
    }

    #[test]
    fn what_nests_or_chains_too_much_is_refused_where_it_does() {
        let nested = format!(
            "permit (principal, action, resource)\nwhen {{ {}",
            "(".repeat(70)
        );
        let error = refused(&nested);
        assert_eq!((error.line, error.column), (Some(2), Some(71)), "{error}");
        for operator in [
            "!",
            "-",
            " && true",
            " || x",
            ".a",
            " + 1",
            " if a then b else",
        ] {
            let text = format!(
                "\n permit (x) when {{ a{}",
                operator.repeat(MAX_OPERATORS + 1)
            );
            let error = refused(&text);
            assert!(error.message.contains("begins on line 2"), "{error}");
        }
        let conditions = "when { true }".repeat(MAX_OPERATORS + 1);
        refused(&format!(
            "permit (principal, action, resource) {conditions};"
        ));
    }

    #[test]
    fn texts_comments_and_the_policies_before_do_not_count() {
        let many = "((&&!!".repeat(MAX_OPERATORS);
        let policy = "permit (principal, action, resource) when { a && b || !c };\n";
        for fine in [
            format!("@reason(\"\\\"{many}\")\n{policy}"),
            format!("// {many}\n{policy}"),
            policy.repeat(MAX_OPERATORS),
            format!("[{}]", "\"a\", ".repeat(10 * MAX_OPERATORS)),
            "\u{e9}\u{e9} \"\u{e9}\" //\u{e9}".to_owned(),
            "\"without an end".to_owned(),
        ] {
            assert_eq!(check("a.cedar", &fine), Ok(()), "{:.40}", fine);
        }
        // a bracket that closes nothing hides none
        refused(&"( ]".repeat(MAX_NESTING + 1));
    }

    #[test]
    fn types_that_nest_or_multiply_through_one_another_are_refused() {
        let chain = |of: fn(usize) -> String, count: usize| {
            let types: String = (1..count).map(of).collect();
            format!(
                "type T0 = Long;\n{types}entity Ticket {{ a: T{} }};",
                count - 1
            )
        };
        let deep = |n: usize| format!("type T{n} = Set<T{}>;\n", n - 1);
        let wide = |n: usize| format!("type T{n} = {{ a: T{0}, b: T{0} }};\n", n - 1);
        for (text, words) in [
            (chain(deep, 5_000), "nest deeper"),
            (chain(wide, 30), "parts"),
            (
                format!("type T = {}Long{};", "Set<".repeat(100), ">".repeat(100)),
                "sets nest",
            ),
            ("type A = B; type B = A;".to_owned(), "without end"),
        ] {
            let error = check_schema("s", &text).unwrap_err();
            assert!(error.message.contains(words), "{error}");
            assert!(error.line.is_some(), "{error}");
        }
        assert_eq!(check_schema("s", &chain(deep, 20)), Ok(()));
        assert_eq!(check_schema("s", &chain(wide, 8)), Ok(()));
    }
}
