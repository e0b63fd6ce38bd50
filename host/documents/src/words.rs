//! How things are written for a reader: money, dates in the customer's zone, names.

use chrono::Datelike;
use dispatch_contract::artifact::AttachmentKind;
use dispatch_contract::input::PhotoPhase;
use dispatch_contract::ticket::{Item, Money, Priority};
use dispatch_contract::time::Zone;
use dispatch_contract::{Role, State, Ticket, Timestamp};

/// `$1,234.50`; another currency than dollars is written before the amount.
pub(crate) fn money(money: &Money) -> String {
    cents(&money.currency, money.amount_cents)
}

pub(crate) fn cents(currency: &str, amount_cents: i64) -> String {
    let (whole, rest) = (
        amount_cents.unsigned_abs() / 100,
        amount_cents.unsigned_abs() % 100,
    );
    let digits = whole.to_string();
    let mut grouped = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if amount_cents < 0 { "-" } else { "" };
    match currency {
        "USD" => format!("{sign}${grouped}.{rest:02}"),
        other => format!("{sign}{other} {grouped}.{rest:02}"),
    }
}

/// `8.25 %` of 825 hundredths of a percent.
pub(crate) fn percent(basis_points: u32) -> String {
    let (whole, rest) = (basis_points / 100, basis_points % 100);
    match rest {
        0 => format!("{whole}%"),
        rest if rest % 10 == 0 => format!("{whole}.{}%", rest / 10),
        rest => format!("{whole}.{rest:02}%"),
    }
}

/// The customer's zone, as far as the ticket knows it; else UTC.
pub(crate) fn zone(ticket: &Ticket) -> Zone {
    ticket
        .schedule
        .as_ref()
        .map_or(Zone(chrono_tz::UTC), |schedule| schedule.timezone)
}

/// `March 1, 2026`
pub(crate) fn date(at: Timestamp, zone: Zone) -> String {
    let local = at.utc().with_timezone(&zone.0);
    format!("{} {}, {}", local.format("%B"), local.day(), local.year())
}

/// `Mar 1, 2026, 09:30 EST`
pub(crate) fn moment(at: Timestamp, zone: Zone) -> String {
    let local = at.utc().with_timezone(&zone.0);
    format!(
        "{} {}, {}",
        local.format("%b"),
        local.day(),
        local.format("%Y, %H:%M %Z")
    )
}

/// `Mar 1, 2026, 09:30 – 11:30 EST`; both dates where they differ.
pub(crate) fn span(start: Timestamp, end: Timestamp, zone: Zone) -> String {
    let (from, to) = (
        start.utc().with_timezone(&zone.0),
        end.utc().with_timezone(&zone.0),
    );
    if from.date_naive() == to.date_naive() {
        let begin = format!(
            "{} {}, {}",
            from.format("%b"),
            from.day(),
            from.format("%Y, %H:%M")
        );
        format!("{begin} – {}", to.format("%H:%M %Z"))
    } else {
        format!("{} – {}", moment(start, zone), moment(end, zone))
    }
}

pub(crate) fn item(item: Item) -> &'static str {
    match item {
        Item::WorkPerformed => "Work performed and noted",
        Item::PartsUsedOrNeeded => "Parts used or needed recorded",
        Item::ResolutionStatus => "Resolution status confirmed",
        Item::OnsitePhotosAfter => "Photos taken after the work",
        Item::BillingAuthorization => "Billing authorized",
    }
}

pub(crate) fn role(role: Role) -> &'static str {
    match role {
        Role::SystemIntakeAgent => "Intake desk",
        Role::SystemSchedulingAgent => "Scheduling desk",
        Role::SystemTechnicianLiaisonAgent => "Dispatch desk",
        Role::SystemCloseoutAgent => "Billing desk",
        Role::OperatorAdmin => "Operations",
        Role::Technician => "Technician",
        Role::Customer => "Customer",
    }
}

pub(crate) fn state(state: State) -> &'static str {
    match state {
        State::New => "Request received",
        State::Triaged => "Request reviewed",
        State::Schedulable => "Ready to schedule",
        State::Scheduled => "Visit scheduled",
        State::Dispatched => "Technician dispatched",
        State::Onsite => "Technician on site",
        State::CloseoutPending => "Work completed",
        State::Closed => "Ticket closed",
        State::Canceled => "Ticket canceled",
    }
}

pub(crate) fn priority(priority: Option<Priority>) -> &'static str {
    match priority {
        Some(Priority::Emergency) => "Emergency",
        Some(Priority::Standard) => "Standard",
        None => "Not set",
    }
}

pub(crate) fn kind(kind: AttachmentKind) -> &'static str {
    match kind {
        AttachmentKind::Photo => "Photo",
        AttachmentKind::InvoiceDraftPdf => "Invoice draft",
        AttachmentKind::InvoiceDraftJson => "Invoice draft, data",
        AttachmentKind::CloseoutPacketPdf => "Closeout packet",
        AttachmentKind::CloseoutManifestJson => "Closeout manifest",
    }
}

pub(crate) fn phase(phase: Option<PhotoPhase>) -> &'static str {
    match phase {
        Some(PhotoPhase::Before) => "Before the work",
        _ => "After the work",
    }
}

/// `1.2 MB`; exact below a kilobyte.
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} KB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_grouped_and_never_a_float() {
        for (amount, expected) in [
            (0, "$0.00"),
            (5, "$0.05"),
            (-5, "-$0.05"),
            (123_450, "$1,234.50"),
            (100_000_000, "$1,000,000.00"),
            (i64::MIN, "-$92,233,720,368,547,758.08"),
        ] {
            assert_eq!(cents("USD", amount), expected);
        }
        assert_eq!(cents("EUR", 99_900), "EUR 999.00");
        assert_eq!(
            (percent(0), percent(825), percent(750)),
            ("0%".into(), "8.25%".into(), "7.5%".into())
        );
    }

    #[test]
    fn dates_are_the_customers() {
        let zone: Zone = "America/New_York".parse().unwrap();
        let at: Timestamp = "2026-03-02T02:30:00Z".parse().unwrap();
        assert_eq!(date(at, zone), "March 1, 2026");
        assert_eq!(moment(at, zone), "Mar 1, 2026, 21:30 EST");
        let end: Timestamp = "2026-03-02T04:00:00Z".parse().unwrap();
        assert_eq!(span(at, end, zone), "Mar 1, 2026, 21:30 – 23:00 EST");
        let next: Timestamp = "2026-03-02T06:00:00Z".parse().unwrap();
        assert_eq!(
            span(at, next, zone),
            "Mar 1, 2026, 21:30 EST – Mar 2, 2026, 01:00 EST"
        );
    }
}
