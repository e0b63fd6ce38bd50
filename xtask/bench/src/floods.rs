//! Two floods: calls whose role no policy admits, and reads of one ticket's snapshot.

use dispatch_contract::Role;
use rand::RngExt;
use rand::rngs::SmallRng;
use serde_json::json;

use crate::load::Requests;
use crate::tickets;
use crate::tokens::Tokens;
use crate::wire;

/// Calls that their role may never make, in turn.
pub(crate) struct Refusals {
    requests: Vec<Vec<u8>>,
    next: usize,
}

impl Refusals {
    pub(crate) fn new(tokens: &Tokens, client: usize, count: u32) -> Self {
        let calls = [
            (
                Role::SystemCloseoutAgent,
                "ticket.set_priority",
                json!({ "priority": "emergency" }),
            ),
            (
                Role::Customer,
                "dispatch.set_eta",
                json!({ "eta_text": "right now, please" }),
            ),
            (
                Role::Technician,
                "closeout.checklist_complete",
                json!({ "item_key": "billing_authorization" }),
            ),
            (
                Role::SystemIntakeAgent,
                "closeout.add_note",
                json!({ "note": { "text": "Customer says that the door runs well again." } }),
            ),
        ];
        let requests = calls
            .into_iter()
            .enumerate()
            .map(|(at, (role, tool, mut body))| {
                body["request_id"] = json!(format!("refused-{client}-{at}"));
                let number = tickets::some(tickets::Standing::Onsite, count, client as u32 * 7);
                body["ticket_id"] = json!(tickets::id(number));
                let token = &tokens.one_of(role, client).token;
                wire::send("POST", &format!("/v0/tools/{tool}"), token, &body)
            })
            .collect();
        Self { requests, next: 0 }
    }
}

impl Requests for Refusals {
    fn next(&mut self) -> &[u8] {
        self.next = (self.next + 1) % self.requests.len();
        &self.requests[self.next]
    }
}

/// Where a read's ticket stands in its bytes.
const TICKET_AT: usize = "GET /v0/tickets/".len();

/// Snapshots of any ticket, read by an operator and by agents in turn.
pub(crate) struct Reads {
    requests: Vec<Vec<u8>>,
    count: u32,
    next: usize,
    random: SmallRng,
}

impl Reads {
    pub(crate) fn new(tokens: &Tokens, client: usize, count: u32) -> Self {
        let roles = [
            Role::OperatorAdmin,
            Role::SystemIntakeAgent,
            Role::SystemSchedulingAgent,
            Role::SystemTechnicianLiaisonAgent,
        ];
        Self {
            requests: roles
                .map(|role| {
                    let token = &tokens.one_of(role, client).token;
                    wire::get(&format!("/v0/tickets/{}", tickets::id(0)), token)
                })
                .into(),
            count,
            next: 0,
            random: rand::make_rng(),
        }
    }
}

impl Requests for Reads {
    fn next(&mut self) -> &[u8] {
        self.next = (self.next + 1) % self.requests.len();
        let number = self.random.random_range(3..self.count / 3 * 3 + 3);
        let request = &mut self.requests[self.next];
        request[TICKET_AT..TICKET_AT + 26].copy_from_slice(tickets::id(number).as_bytes());
        request
    }
}
