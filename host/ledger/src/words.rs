//! The words a listing finds a ticket by: cut and lowered here, on both sides
//! alike, so that no parser of the database has a say in it.

use std::collections::BTreeSet;

use dispatch_contract::Ticket;

/// Different words kept of one ticket at most.
const MAX_WORDS: usize = 600;

/// Bytes of a word that count.
const MAX_WORD: usize = 64;

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| {
            let mut lowered = word.to_lowercase();
            lowered.truncate(lowered.floor_char_boundary(MAX_WORD));
            lowered
        })
}

/// The words of a ticket: customer, address, summary, classification.
pub(crate) fn of(ticket: &Ticket) -> Vec<String> {
    let customer = &ticket.customer;
    let location = &ticket.service_location;
    let texts = [
        Some(&customer.contact_name),
        customer.site_name.as_ref(),
        customer.phone.as_ref(),
        customer.email.as_ref(),
        Some(&location.address_line1),
        location.address_line2.as_ref(),
        Some(&location.city),
        Some(&location.region),
        Some(&location.postal_code),
        Some(&ticket.issue.summary),
        ticket.issue.classification.as_ref(),
    ];
    let found: BTreeSet<String> = texts
        .into_iter()
        .flatten()
        .flat_map(|text| words(text))
        .collect();
    found.into_iter().take(MAX_WORDS).collect()
}

/// What is asked for, as a `tsquery`: every word, each also as the beginning of a
/// longer one. None where the text holds no word: then nothing can match.
pub(crate) fn query(text: &str) -> Option<String> {
    let asked: Vec<String> = words(text)
        .take(16)
        // letters and digits only: nothing to escape inside the quotes
        .map(|word| format!("'{word}':*"))
        .collect();
    (!asked.is_empty()).then(|| asked.join(" & "))
}

/// The digits of a telephone number; none where they are too few to tell people apart.
pub(crate) fn phone_digits(phone: Option<&str>) -> Option<String> {
    let digits: String = phone?.chars().filter(char::is_ascii_digit).collect();
    (digits.len() >= 6).then_some(digits)
}

/// A mail address as it is compared.
pub(crate) fn email_lower(email: Option<&str>) -> Option<String> {
    let lowered = email?.trim().to_lowercase();
    (!lowered.is_empty()).then_some(lowered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_letters_and_digits_in_lower_case() {
        let got: Vec<String> = words("O'Neil & Söhne, Tor #12-b").collect();
        assert_eq!(got, ["o", "neil", "söhne", "tor", "12", "b"]);
        assert_eq!(query("Main St").as_deref(), Some("'main':* & 'st':*"));
        assert_eq!(query(" -- "), None);
        let long = "ä".repeat(100);
        assert_eq!(words(&long).next().map(|word| word.len()), Some(64));
    }

    #[test]
    fn contacts_compare_by_digits_and_lower_case() {
        assert_eq!(
            phone_digits(Some("+1 (555) 010-0199")).as_deref(),
            Some("15550100199")
        );
        assert_eq!(phone_digits(Some("ext. 12")), None);
        assert_eq!(
            email_lower(Some(" Ann@Example.COM")).as_deref(),
            Some("ann@example.com")
        );
        assert_eq!(email_lower(Some("  ")), None);
    }
}
