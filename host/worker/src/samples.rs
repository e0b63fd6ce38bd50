//! Cases that every template is tried on before one is used.

use dispatch_contract::outbox::Topic;

use crate::words::{
    Company, CustomerWords, EtaWords, SiteWords, TechnicianWords, TicketWords, WindowWords, Words,
};

/// A case that has everything.
pub(crate) fn full() -> Words {
    let day = "Wednesday, September 30".to_owned();
    Words {
        company: Company {
            name: "Cascade Dock and Door".into(),
            phone: Some("+1 312 555 0100".into()),
        },
        ticket: TicketWords {
            id: "01J9ZQ4Y7M8K6T5R4E3W2Q1P0N".into(),
            summary: "Rear overhead door stuck half open".into(),
            emergency: true,
        },
        customer: CustomerWords {
            contact_name: "Ada Osei".into(),
            site_name: Some("Northside Bakery".into()),
            phone: Some("+1 312 555 0142".into()),
        },
        site: SiteWords {
            address: "1200 W Fulton Market, Unit 4, Chicago, IL 60607".into(),
            street: "1200 W Fulton Market".into(),
            access: Some("Alley entrance, ring twice".into()),
        },
        window: Some(WindowWords {
            day: day.clone(),
            start: "10:00 AM".into(),
            end: "12:00 PM".into(),
            zone: "CDT".into(),
        }),
        eta: Some(EtaWords {
            text: "in about 20 minutes".into(),
            time: Some("10:20 AM".into()),
            day: Some(day),
            zone: "CDT".into(),
        }),
        technician: Some(TechnicianWords {
            name: "Bo Lind".into(),
        }),
    }
}

/// A case that has as little as a committed call of this topic leaves.
pub(crate) fn bare(topic: Topic) -> Words {
    let whole = full();
    let scheduled = matches!(
        topic,
        Topic::CustomerConfirmation | Topic::CustomerEta | Topic::TechnicianAssignment
    );
    Words {
        company: Company {
            phone: None,
            ..whole.company
        },
        ticket: TicketWords {
            emergency: false,
            ..whole.ticket
        },
        customer: CustomerWords {
            site_name: None,
            phone: None,
            ..whole.customer
        },
        site: SiteWords {
            access: None,
            ..whole.site
        },
        window: whole.window.filter(|_| scheduled),
        eta: whole
            .eta
            .filter(|_| topic == Topic::CustomerEta)
            .map(|eta| EtaWords {
                time: None,
                day: None,
                ..eta
            }),
        technician: whole
            .technician
            .filter(|_| topic == Topic::TechnicianAssignment),
    }
}
