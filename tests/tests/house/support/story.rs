//! The story of a ticket: every step by the role whose it is.

use dispatch_contract::{Role, State};
use serde_json::{Value, json};

use super::bodies::{self, ITEMS};
use super::front::Front;
use super::people::{Person, TECHNICIAN};

/// A ticket of the story.
#[derive(Clone)]
pub(crate) struct Told {
    pub(crate) id: String,
    /// Whose it is.
    pub(crate) customer: Person,
}

impl Front {
    /// A new ticket, brought to this state.
    pub(crate) async fn advance_to(&self, state: State) -> Told {
        let input = match state {
            State::New | State::Canceled => bodies::bare(),
            State::Triaged => bodies::triaged(),
            _ => bodies::schedulable(),
        };
        let (id, customer_id) = self.open(&input).await;
        let told = Told {
            customer: self.people.person(Role::Customer, &customer_id),
            id,
        };
        if state == State::Canceled {
            self.step(
                &self.operator(),
                "ticket.add_message",
                &told,
                &bodies::intent("cancel"),
            )
            .await;
        }
        let path = [
            State::Scheduled,
            State::Dispatched,
            State::Onsite,
            State::CloseoutPending,
            State::Closed,
        ];
        for next in path.into_iter().take_while(|_| state != State::Canceled) {
            if next > state {
                break;
            }
            self.chapter(&told, next).await;
        }
        let snapshot = self
            .get(&self.operator(), &format!("/v0/tickets/{}", told.id))
            .await;
        assert_eq!(snapshot.ok()["state"], state.name());
        told
    }

    /// From the state before to this one.
    pub(crate) async fn chapter(&self, told: &Told, to: State) {
        match to {
            State::Scheduled => {
                let windows = [bodies::window(24), bodies::window(48)];
                let propose = json!({ "windows": windows });
                let confirm = json!({ "selected_window": windows[1] });
                let agent = self.scheduling();
                self.step(&agent, "schedule.propose_slots", told, &propose)
                    .await;
                self.step(&agent, "schedule.confirm", told, &confirm).await;
            }
            State::Dispatched => {
                let agent = self.scheduling();
                let assign = json!({ "technician_id": TECHNICIAN });
                let eta = json!({ "eta_text": "between 9 and 10" });
                self.step(&agent, "dispatch.assign_tech", told, &assign)
                    .await;
                self.step(&agent, "dispatch.set_eta", told, &eta).await;
            }
            State::Onsite => {
                let check_in = bodies::intent("check_in");
                self.step(&self.technician(), "ticket.add_message", told, &check_in)
                    .await;
            }
            State::CloseoutPending => {
                let note = json!({ "note": { "text": "Track straightened, rollers replaced." } });
                let photo = self.photo().await;
                self.step(&self.technician(), "closeout.add_note", told, &note)
                    .await;
                self.step(&self.technician(), "closeout.add_photo", told, &photo)
                    .await;
                for item in ITEMS {
                    let item = json!({ "item_key": item });
                    self.step(&self.liaison(), "closeout.checklist_complete", told, &item)
                        .await;
                }
            }
            State::Closed => {
                let agent = self.closeout();
                let (draft, packet) = (
                    "billing.generate_invoice_draft",
                    "billing.compile_closeout_packet",
                );
                self.step(&agent, draft, told, &bodies::invoice()).await;
                self.step(&agent, packet, told, &json!({})).await;
            }
            other => panic!("no chapter leads to {other}"),
        }
    }

    /// One committed call on a told ticket.
    pub(crate) fn step(
        &self,
        who: &Person,
        tool: &str,
        told: &Told,
        input: &Value,
    ) -> impl Future<Output = Value> + use<> {
        let (reply, tool) = (self.on(who, tool, &told.id, input), tool.to_owned());
        async move {
            let reply = reply.await;
            assert_eq!(reply.status, 200, "{tool}: {}", reply.text());
            reply.json()
        }
    }
}
