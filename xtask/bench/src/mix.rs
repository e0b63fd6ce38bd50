//! The calls of a busy hour, as a dispatcher would know them: half of them messages,
//! then notes from the site, ETAs, a changed priority. None moves its ticket, so that
//! the same tickets serve as long as one likes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dispatch_contract::Role;
use rand::RngExt;
use rand::rngs::SmallRng;
use serde_json::{Value, json};

use crate::load::Requests;
use crate::tickets::{self, Standing};
use crate::tokens::Tokens;
use crate::wire;

/// One kind of call, how often it comes, and what it adds besides ticket, event,
/// decision and key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Message,
    Note,
    Eta,
    Priority,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Message, Self::Note, Self::Eta, Self::Priority];

    /// Of a hundred calls.
    pub(crate) fn weight(self) -> u32 {
        match self {
            Self::Message => 50,
            Self::Note => 20,
            Self::Eta | Self::Priority => 15,
        }
    }

    pub(crate) fn tool(self) -> &'static str {
        match self {
            Self::Message => "ticket.add_message",
            Self::Note => "closeout.add_note",
            Self::Eta => "dispatch.set_eta",
            Self::Priority => "ticket.set_priority",
        }
    }

    /// Where its tickets stand.
    pub(crate) fn standing(self) -> Standing {
        match self {
            Self::Message | Self::Priority => Standing::Schedulable,
            Self::Note => Standing::Onsite,
            Self::Eta => Standing::Scheduled,
        }
    }

    fn role(self) -> Role {
        match self {
            Self::Message => Role::SystemIntakeAgent,
            Self::Note => Role::SystemTechnicianLiaisonAgent,
            Self::Eta => Role::SystemSchedulingAgent,
            Self::Priority => Role::OperatorAdmin,
        }
    }

    fn body(self) -> Value {
        let mut body = match self {
            Self::Message => json!({
                "channel": { "kind": "sms", "peer": "+13125550100" },
                "message": {
                    "raw": "hi, is the tech still coming today?? the rear door is open a foot",
                    "normalized": "Customer asks whether the technician still comes today; the \
                                   rear door stands open about one foot.",
                    "direction": "inbound",
                },
            }),
            Self::Note => json!({ "note": { "text":
                "Replaced both top rollers and the left cable; track straightened, door \
                 balanced, reversal tested twice." } }),
            Self::Eta => json!({ "eta_text": "between 9:15 and 9:45" }),
            Self::Priority => json!({ "priority": "standard" }),
        };
        body["request_id"] = json!(REQUEST_ID);
        body["ticket_id"] = json!(tickets::id(0));
        body
    }
}

/// Stands in a request where the call's own number goes.
const REQUEST_ID: &str = "bench-0000000000000000";
const DIGITS: usize = 16;

/// A request whose numbers are written in place.
struct Template {
    kind: Kind,
    bytes: Vec<u8>,
    request_at: usize,
    ticket_at: usize,
}

impl Template {
    fn new(kind: Kind, token: &str, query: &str) -> Self {
        let path = format!("/v0/tools/{}{query}", kind.tool());
        let bytes = wire::send("POST", &path, token, &kind.body());
        let find = |text: &str| {
            bytes
                .windows(text.len())
                .position(|part| part == text.as_bytes())
                .expect("the body has both ids")
        };
        Self {
            request_at: find(REQUEST_ID) + REQUEST_ID.len() - DIGITS,
            ticket_at: find(&tickets::id(0)),
            kind,
            bytes,
        }
    }
}

fn write(into: &mut [u8], mut number: u64) {
    for digit in into.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// One client's calls of the mix.
pub(crate) struct Mix {
    templates: Vec<Template>,
    tickets: u32,
    numbers: Arc<AtomicU64>,
    random: SmallRng,
}

impl Mix {
    pub(crate) fn new(
        tokens: &Tokens,
        client: usize,
        tickets: u32,
        numbers: &Arc<AtomicU64>,
    ) -> Self {
        Self::with(tokens, client, tickets, numbers, "")
    }

    /// The same calls, judged and explained, and never committed.
    pub(crate) fn of_dry_runs(
        tokens: &Tokens,
        client: usize,
        tickets: u32,
        numbers: &Arc<AtomicU64>,
    ) -> Self {
        Self::with(tokens, client, tickets, numbers, "?dry_run=true")
    }

    fn with(
        tokens: &Tokens,
        client: usize,
        tickets: u32,
        numbers: &Arc<AtomicU64>,
        query: &str,
    ) -> Self {
        Self {
            templates: Kind::ALL
                .map(|kind| {
                    let caller = tokens.one_of(kind.role(), client);
                    Template::new(kind, &caller.token, query)
                })
                .into(),
            tickets,
            numbers: Arc::clone(numbers),
            random: rand::make_rng(),
        }
    }
}

impl Requests for Mix {
    fn next(&mut self) -> &[u8] {
        let mut left = self.random.random_range(0..100);
        let chosen = Kind::ALL
            .iter()
            .position(|kind| {
                let is_it = left < kind.weight();
                left = left.saturating_sub(kind.weight());
                is_it
            })
            .unwrap_or(0);
        let template = &mut self.templates[chosen];
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let ticket = tickets::some(template.kind.standing(), self.tickets, self.random.random());
        write(&mut template.bytes[template.request_at..][..DIGITS], number);
        write(
            &mut template.bytes[template.ticket_at..][..26],
            ticket.into(),
        );
        &template.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_are_of_a_hundred() {
        assert_eq!(Kind::ALL.map(Kind::weight).iter().sum::<u32>(), 100);
    }

    #[test]
    fn numbers_are_written_in_place() {
        let mut template = Template::new(Kind::Note, "token", "");
        let length = template.bytes.len();
        let (request_at, ticket_at) = (template.request_at, template.ticket_at);
        write(&mut template.bytes[request_at..][..DIGITS], 123);
        write(&mut template.bytes[ticket_at..][..26], 77);
        let text = String::from_utf8(template.bytes).expect("ASCII");
        assert_eq!(text.len(), length);
        assert!(
            text.contains("\"request_id\":\"bench-0000000000000123\""),
            "{text}"
        );
        assert!(
            text.contains(&format!("\"ticket_id\":\"{}\"", tickets::id(77))),
            "{text}"
        );
    }
}
