//! Text before it is drawn: cleaned of what cannot be shown, wrapped to a width.

use crate::face::{Face, Weight};

/// Stands for a character that the font does not have.
pub(crate) const REPLACEMENT: char = '\u{fffd}';

/// Lines of one text at most; the rest is said to be in the case file.
pub(crate) const MAX_LINES: usize = 400;

/// One line, with only what the font can show. Control characters and the
/// marks that turn a text's direction vanish.
pub(crate) fn clean(face: &Face, text: &str) -> String {
    text.chars()
        .filter_map(|c| match c {
            '\t' | '\u{a0}' | '\n' => Some(' '),
            c if c.is_control() || is_mark(c) => None,
            c if face.has(c) => Some(c),
            _ => Some(REPLACEMENT),
        })
        .collect()
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// Lines no wider than `width`, broken at spaces, and within a word only where
/// the word alone is wider.
pub(crate) fn wrap(face: &Face, weight: Weight, size: f32, text: &str, width: f32) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.trim_end().lines() {
        let paragraph = clean(face, paragraph);
        let space = face.width(weight, size, " ");
        let (mut line, mut wide) = (String::new(), 0.0);
        for word in paragraph.split_whitespace() {
            let word_wide = face.width(weight, size, word);
            if line.is_empty() && word_wide <= width {
                line.push_str(word);
                wide = word_wide;
            } else if !line.is_empty() && wide + space + word_wide <= width {
                line.push(' ');
                line.push_str(word);
                wide += space + word_wide;
            } else {
                if !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                }
                line = break_word(face, weight, size, word, width, &mut lines);
                wide = face.width(weight, size, &line);
            }
        }
        lines.push(line);
        if lines.len() > MAX_LINES {
            lines.truncate(MAX_LINES);
            lines.push("… (the whole text is in the case file)".into());
            break;
        }
    }
    lines
}

/// Push whole lines of a word that is too long; hand back what is left of it.
fn break_word(
    face: &Face,
    weight: Weight,
    size: f32,
    word: &str,
    width: f32,
    lines: &mut Vec<String>,
) -> String {
    let (mut line, mut wide) = (String::new(), 0.0);
    for c in word.chars() {
        let one = face.width(weight, size, c.encode_utf8(&mut [0; 4]));
        if !line.is_empty() && wide + one > width {
            lines.push(std::mem::take(&mut line));
            wide = 0.0;
            if lines.len() > MAX_LINES {
                break;
            }
        }
        line.push(c);
        wide += one;
    }
    line
}

/// A text cut to a width on one line, with an ellipsis where something is missing.
pub(crate) fn fit(face: &Face, weight: Weight, size: f32, text: &str, width: f32) -> String {
    let mut text = clean(face, text);
    if face.width(weight, size, &text) <= width {
        return text;
    }
    while text.pop().is_some() {
        let cut = format!("{}…", text.trim_end());
        if face.width(weight, size, &cut) <= width {
            return cut;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_shown_is_replaced_and_what_turns_text_is_dropped() {
        let face = Face::new().unwrap();
        assert_eq!(clean(&face, "é ł Ω Я ½ €"), "é ł Ω Я ½ €");
        assert_eq!(clean(&face, "門 🚪"), "\u{fffd} \u{fffd}");
        assert_eq!(clean(&face, "a\u{202e}b\u{7}c\td"), "abc d");
        assert!(
            face.has(REPLACEMENT),
            "the replacement itself must be visible"
        );
    }

    #[test]
    fn lines_fit_and_nothing_is_lost() {
        let face = Face::new().unwrap();
        let long = "word ".repeat(60) + &"x".repeat(300);
        let lines = wrap(&face, Weight::Regular, 9.0, &long, 120.0);
        assert!(
            lines
                .iter()
                .all(|l| face.width(Weight::Regular, 9.0, l) <= 120.0)
        );
        let kept: String = lines.concat().split_whitespace().collect();
        assert_eq!(kept, long.split_whitespace().collect::<String>());
        let cut = fit(&face, Weight::Regular, 9.0, &long, 120.0);
        assert!(cut.ends_with('…') && face.width(Weight::Regular, 9.0, &cut) <= 120.0);
    }

    #[test]
    fn a_text_without_end_has_an_end() {
        let face = Face::new().unwrap();
        for endless in ["a\n".repeat(9_999), "x".repeat(99_999)] {
            let lines = wrap(&face, Weight::Regular, 9.0, &endless, 50.0);
            assert!(lines.len() <= MAX_LINES + 2, "{}", lines.len());
        }
    }
}
