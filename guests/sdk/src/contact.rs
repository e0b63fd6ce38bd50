//! What a phone number and an e-mail address look like. Only the form: whether
//! somebody answers is for the gateway to find out.

use crate::Violations;

const DIGITS_MIN: usize = 7;
const DIGITS_MAX: usize = 15;

/// Checks the two ways to reach a customer, where they are given. `customer` is
/// the JSON Pointer of the object that holds them.
pub fn check(found: &mut Violations, customer: &str, phone: Option<&str>, email: Option<&str>) {
    if let Some(phone) = phone {
        found.require(
            is_phone(phone),
            &[customer, "/phone"].concat(),
            "not_a_phone_number",
            "give 7 to 15 digits, with + ( ) - . and blanks at most between them",
        );
    }
    if let Some(email) = email {
        found.require(
            is_email(email),
            &[customer, "/email"].concat(),
            "not_an_email_address",
            "give an address such as name@example.com",
        );
    }
}

fn is_phone(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    (DIGITS_MIN..=DIGITS_MAX).contains(&digits)
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b"+()-. ".contains(&byte))
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty()
            && host.split('.').all(|label| !label.is_empty())
            && !host.contains('@')
            && !text.contains(|c: char| c.is_whitespace() || c.is_control())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_are_told_from_other_texts() {
        for good in ["+15550100", "(312) 555-0100", "312.555.0100", "5550100"] {
            assert!(is_phone(good), "{good}");
        }
        for bad in [
            "",
            "call me",
            "555",
            "1234567890123456",
            "555-0100 ask for Jo",
        ] {
            assert!(!is_phone(bad), "{bad}");
        }
    }

    #[test]
    fn addresses_are_told_from_other_texts() {
        for good in [
            "jo@example.com",
            "j.o+door@mail.example.org",
            "jo@localhost",
        ] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "jo",
            "@example.com",
            "jo@",
            "jo@a@b",
            "jo@a..b",
            "j o@a.b",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
