//! What a template may say: the case as its call committed it, in words for people, times
//! as the clock at the site shows them.

use chrono::{DateTime, TimeZone};
use chrono_tz::Tz;
use dispatch_contract::Timestamp;
use dispatch_contract::case::Case;
use dispatch_contract::reading::Technician;
use dispatch_contract::ticket::{Address, Schedule, ScheduleStatus};
use serde::Serialize;

/// Characters of any one field in a message, at most.
const MAX_FIELD: usize = 300;

/// Whose messages they are.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Company {
    /// Its name.
    pub name: String,
    /// Its telephone.
    pub phone: Option<String>,
}

/// Everything a template may name. What a case may lack is `none`, never missing.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Words {
    pub(crate) company: Company,
    pub(crate) ticket: TicketWords,
    pub(crate) customer: CustomerWords,
    pub(crate) site: SiteWords,
    /// The window agreed.
    pub(crate) window: Option<WindowWords>,
    /// The arrival announced.
    pub(crate) eta: Option<EtaWords>,
    pub(crate) technician: Option<TechnicianWords>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct TicketWords {
    pub(crate) id: String,
    pub(crate) summary: String,
    pub(crate) emergency: bool,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct CustomerWords {
    pub(crate) contact_name: String,
    pub(crate) site_name: Option<String>,
    pub(crate) phone: Option<String>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct SiteWords {
    /// On one line, without the country.
    pub(crate) address: String,
    /// Street and number alone.
    pub(crate) street: String,
    pub(crate) access: Option<String>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct WindowWords {
    /// `Tuesday, March 3`
    pub(crate) day: String,
    /// `9:00 AM`
    pub(crate) start: String,
    /// `11:00 AM`, with its day where that is another.
    pub(crate) end: String,
    /// `CST`
    pub(crate) zone: String,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct EtaWords {
    /// As it was told.
    pub(crate) text: String,
    /// `9:20 AM`, where it is an instant.
    pub(crate) time: Option<String>,
    /// `Tuesday, March 3`, where it is an instant.
    pub(crate) day: Option<String>,
    /// `CST`
    pub(crate) zone: String,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct TechnicianWords {
    pub(crate) name: String,
}

impl Words {
    pub(crate) fn of(company: &Company, case: &Case, technician: Option<&Technician>) -> Self {
        let ticket = &case.ticket;
        let schedule = ticket.schedule.as_ref();
        let agreed = schedule.filter(|schedule| schedule.status == ScheduleStatus::Confirmed);
        Self {
            company: Company {
                name: clean(&company.name),
                phone: company.phone.as_deref().map(clean),
            },
            ticket: TicketWords {
                id: ticket.ticket_id.to_string(),
                summary: clean(&ticket.issue.summary),
                emergency: ticket.priority == Some(dispatch_contract::ticket::Priority::Emergency),
            },
            customer: CustomerWords {
                contact_name: clean(&ticket.customer.contact_name),
                site_name: given(ticket.customer.site_name.as_deref()),
                phone: given(ticket.customer.phone.as_deref()),
            },
            site: SiteWords {
                address: address(&ticket.service_location),
                street: clean(&ticket.service_location.address_line1),
                access: given(ticket.issue.access_details.as_deref()),
            },
            window: agreed.map(window),
            eta: agreed.and_then(eta),
            technician: technician.map(|technician| TechnicianWords {
                name: clean(&technician.name),
            }),
        }
    }
}

fn window(schedule: &Schedule) -> WindowWords {
    let start = local(schedule, schedule.window_start);
    let end = local(schedule, schedule.window_end);
    let same_day = start.date_naive() == end.date_naive();
    WindowWords {
        day: day(&start),
        start: time(&start),
        end: if same_day {
            time(&end)
        } else {
            format!("{} on {}", time(&end), day(&end))
        },
        zone: zone(&start),
    }
}

fn eta(schedule: &Schedule) -> Option<EtaWords> {
    let text = clean(schedule.eta_text.as_deref()?);
    let at = schedule.eta_at.map(|at| local(schedule, at));
    Some(EtaWords {
        text,
        time: at.as_ref().map(time),
        day: at.as_ref().map(day),
        zone: zone(&at.unwrap_or_else(|| local(schedule, schedule.window_start))),
    })
}

/// As the clock at the site shows it.
fn local(schedule: &Schedule, at: Timestamp) -> DateTime<Tz> {
    schedule.timezone.0.from_utc_datetime(&at.utc().naive_utc())
}

fn day(at: &DateTime<Tz>) -> String {
    at.format("%A, %B %-d").to_string()
}

fn time(at: &DateTime<Tz>) -> String {
    at.format("%-I:%M %p").to_string()
}

fn zone(at: &DateTime<Tz>) -> String {
    at.format("%Z").to_string()
}

fn address(address: &Address) -> String {
    let line2 = address.address_line2.as_deref().unwrap_or_default();
    let place = format!("{} {}", address.region, address.postal_code);
    let parts = [&address.address_line1, line2, &address.city, &place];
    let parts: Vec<String> = parts
        .into_iter()
        .map(clean)
        .filter(|part| !part.is_empty())
        .collect();
    clean(&parts.join(", "))
}

fn given(text: Option<&str>) -> Option<String> {
    text.map(clean).filter(|text| !text.is_empty())
}

/// Text from outside, as it may stand in a message: one line, of limited length, and none
/// of the marks by which a gateway attaches files to a text or changes how it is sent.
fn clean(text: &str) -> String {
    let one_line: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let mut kept: String = one_line.join(" ");
    if kept.chars().count() > MAX_FIELD {
        kept = kept.chars().take(MAX_FIELD - 1).collect();
        kept.push('…');
    }
    harmless(&kept)
}

/// `MEDIA:/etc/passwd` would send that file, `[[…]]` is a directive, and so is `![…](…)`.
fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let before = &text[..at];
        let media = c == ':'
            && before
                .get(before.len().saturating_sub(5)..)
                .is_some_and(|word| word.eq_ignore_ascii_case("media"));
        let doubled = matches!(c, '[' | ']') && before.ends_with(c);
        let image = c == '[' && before.ends_with('!');
        if media || doubled || image {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_is_one_harmless_line() {
        assert_eq!(clean("  a\n\tb\u{7}c "), "a b c");
        assert_eq!(clean("MEDIA:/etc/passwd"), "MEDIA :/etc/passwd");
        assert_eq!(clean("[[reply_to:1]]"), "[ [reply_to:1] ]");
        assert_eq!(clean("![x](http://y)"), "! [x](http://y)");
        assert_eq!(clean("multimedia: yes"), "multimedia : yes");
        let long = clean(&"ü".repeat(1_000));
        assert_eq!((long.chars().count(), long.ends_with('…')), (300, true));
    }
}
