//! The twelve tools as types: a rule names its tool, and the compiler knows
//! what the tool's call carries.

use crate::{Assignment, Create, Eta, Input, Invoice, Item, Message, Photo, Priority, Window};

/// One tool of the closed toolset.
pub trait Tool {
    /// What a call of the tool carries.
    type Input: 'static;

    /// The tool's name, such as `schedule.confirm`.
    const NAME: &'static str;

    /// The tool's own case of the input; `None` for another tool's.
    fn input(input: &Input) -> Option<&Self::Input>;
}

macro_rules! tools {
    ($($tool:ident $name:literal $input:ty;)*) => {$(
        #[doc = concat!("`", $name, "`.")]
        #[derive(Debug)]
        pub struct $tool;

        impl Tool for $tool {
            type Input = $input;
            const NAME: &'static str = $name;

            fn input(input: &Input) -> Option<&$input> {
                match input {
                    Input::$tool(it) => Some(it),
                    _ => None,
                }
            }
        }
    )*};
}

tools! {
    TicketCreate "ticket.create" Create;
    TicketAddMessage "ticket.add_message" Message;
    TicketSetPriority "ticket.set_priority" Priority;
    ScheduleProposeSlots "schedule.propose_slots" Vec<Window>;
    ScheduleConfirm "schedule.confirm" Window;
    DispatchAssignTech "dispatch.assign_tech" Assignment;
    DispatchSetEta "dispatch.set_eta" Eta;
    CloseoutAddNote "closeout.add_note" String;
    CloseoutAddPhoto "closeout.add_photo" Photo;
    CloseoutChecklistComplete "closeout.checklist_complete" Item;
    BillingGenerateInvoiceDraft "billing.generate_invoice_draft" Invoice;
}

/// `billing.compile_closeout_packet`: its call carries nothing.
#[derive(Debug)]
pub struct BillingCompileCloseoutPacket;

impl Tool for BillingCompileCloseoutPacket {
    type Input = ();
    const NAME: &'static str = "billing.compile_closeout_packet";

    fn input(input: &Input) -> Option<&()> {
        matches!(input, Input::BillingCompileCloseoutPacket).then_some(&())
    }
}
