//! The audit's filter: whole ids and types are the host's to look for, over all events; a
//! time range bounds what is read; what else is typed leaves out of the rows held.

use dispatch_contract::event::EventType;
use dispatch_contract::{Event, PrincipalId, TicketId, Timestamp, Tool};

/// So far apart hosts' clocks may be, in microseconds: a minute. The order of events is that
/// of their ids, and not quite that of their times.
const CLOCKS_US: i64 = 60_000_000;

/// See the module.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Filter {
    pub(super) ticket: Option<TicketId>,
    pub(super) kind: Option<EventType>,
    pub(super) actor: Option<PrincipalId>,
    /// Not before this.
    pub(super) since: Option<Timestamp>,
    /// Not after this.
    pub(super) until: Option<Timestamp>,
}

impl Filter {
    /// Take what is the host's and the times out of a text; the rest of it, and what is
    /// wrong with a time.
    pub(super) fn parse(text: &str, now: Option<Timestamp>) -> (Self, String, Option<String>) {
        let mut filter = Self::default();
        let (mut rest, mut wrong) = (Vec::new(), None);
        for word in text.split_whitespace() {
            let (name, value) = word.split_once(':').unwrap_or(("", word));
            let taken = match name {
                "ticket" => give(&mut filter.ticket, value.to_uppercase().parse().ok()),
                "actor" => give(&mut filter.actor, value.to_uppercase().parse().ok()),
                "type" => give(&mut filter.kind, kind(value)),
                "since" | "until" => {
                    let at = when(value, now);
                    if at.is_none() {
                        wrong = Some(format!(
                            "`{word}` names no time: write {name}:2h (ago), {name}:12:30, \
                             {name}:2026-03-01 or {name}:2026-03-01T12:30, in UTC"
                        ));
                    }
                    let bound = if name == "since" {
                        &mut filter.since
                    } else {
                        &mut filter.until
                    };
                    *bound = at;
                    true
                }
                _ => false,
            };
            if !taken {
                rest.push(word);
            }
        }
        (filter, rest.join(" "), wrong)
    }

    /// Is an event that the stream tells of among those looked for?
    pub(super) fn fits(&self, event: &Event) -> bool {
        self.ticket.is_none_or(|id| event.ticket_id == Some(id))
            && self.kind.is_none_or(|kind| event.kind == kind)
            && self.actor.is_none_or(|id| event.actor.id == id)
            && self.within(event)
    }

    pub(super) fn within(&self, event: &Event) -> bool {
        self.since.is_none_or(|since| event.occurred_at >= since)
            && self.until.is_none_or(|until| event.occurred_at <= until)
    }

    /// Of a page, the newest first: nothing after it is late enough.
    pub(super) fn ends(&self, page: &[Event]) -> bool {
        let oldest = page
            .last()
            .map(|event| event.occurred_at.micros() + CLOCKS_US);
        self.since
            .is_some_and(|since| oldest.is_some_and(|oldest| oldest < since.micros()))
    }
}

fn give<T>(place: &mut Option<T>, value: Option<T>) -> bool {
    let is_whole = value.is_some();
    *place = value.or(place.take());
    is_whole
}

/// A type by its whole name.
fn kind(name: &str) -> Option<EventType> {
    let name = serde_json::Value::String(name.to_lowercase());
    serde_json::from_value(name).ok()
}

/// An instant: so long ago, today at a time, a day, a day at a time. In UTC.
fn when(text: &str, now: Option<Timestamp>) -> Option<Timestamp> {
    if let Some((number, unit)) = text
        .len()
        .checked_sub(1)
        .and_then(|at| text.split_at_checked(at))
        && let Ok(number) = number.parse::<i64>()
    {
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return None,
        };
        let ago = number.checked_mul(seconds * 1_000_000)?;
        return Timestamp::from_micros(now?.micros().checked_sub(ago)?);
    }
    let parts = text.split_once(['T', 't']);
    let whole = match parts {
        Some(_) => text.to_uppercase(),
        None if text.contains(':') => format!("{}T{text}", now?.utc().format("%Y-%m-%d")),
        None => format!("{text}T00:00"),
    };
    let zoned = |whole: &str| {
        let read = |tail: &str| format!("{whole}{tail}").parse::<Timestamp>().ok();
        read("").or_else(|| read("Z")).or_else(|| read(":00Z"))
    };
    zoned(&whole)
}

/// The tool that an event comes of, where one alone writes it.
pub(super) fn tool(event: &Event) -> Option<Tool> {
    Some(match event.kind {
        EventType::TicketCreated => Tool::TicketCreate,
        EventType::TicketMessageAdded => Tool::TicketAddMessage,
        EventType::TicketPrioritySet => Tool::TicketSetPriority,
        EventType::ScheduleSlotsProposed => Tool::ScheduleProposeSlots,
        EventType::ScheduleConfirmed => Tool::ScheduleConfirm,
        EventType::DispatchTechAssigned => Tool::DispatchAssignTech,
        EventType::DispatchEtaSet => Tool::DispatchSetEta,
        EventType::CloseoutNoteAdded => Tool::CloseoutAddNote,
        EventType::CloseoutPhotoAdded => Tool::CloseoutAddPhoto,
        EventType::CloseoutChecklistItemCompleted => Tool::CloseoutChecklistComplete,
        EventType::BillingInvoiceDraftGenerated => Tool::BillingGenerateInvoiceDraft,
        EventType::BillingCloseoutPacketCompiled => Tool::BillingCompileCloseoutPacket,
        // a move, an override, a proposal say which
        _ => return event.payload["tool"].as_str()?.parse().ok(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{at, event, id};

    #[test]
    fn whole_ids_types_and_times_are_taken_out_and_the_rest_stays() {
        let actor = PrincipalId(id(3).0);
        let text = format!(
            "note type:closeout.note_added !type:x ticket:{} actor:{actor} since:2h type:note",
            id(1).to_string().to_lowercase()
        );
        let (filter, rest, wrong) = Filter::parse(&text, Some(at(0)));
        let expected = Filter {
            ticket: Some(id(1)),
            kind: Some(EventType::CloseoutNoteAdded),
            actor: Some(actor),
            since: Some(at(-7_200)),
            until: None,
        };
        assert_eq!((filter, wrong), (expected, None));
        assert_eq!(rest, "note !type:x type:note");
    }

    #[test]
    fn a_time_is_so_long_ago_or_today_or_a_day_and_what_is_none_is_said() {
        let now = Some(at(0));
        for (text, expected) in [
            ("90m", Some(-5_400)),
            ("1d", Some(-86_400)),
            ("11:30", Some(-1_800)),
            ("11:59:58", Some(-2)),
            ("2026-03-01", Some(-43_200)),
            ("2026-03-01T12:30", Some(1_800)),
            ("2026-03-01t12:30:01z", Some(1_801)),
            ("2026-03-01T07:00:00-05:00", Some(0)),
            ("soon", None),
            ("", None),
            ("9h30", None),
            ("99999999999999999d", None),
            ("東", None),
        ] {
            assert_eq!(when(text, now), expected.map(at), "{text}");
        }
        let (filter, rest, wrong) = Filter::parse("since:soon dock", now);
        assert_eq!((filter, rest.as_str()), (Filter::default(), "dock"));
        assert!(wrong.unwrap().contains("since:2026-03-01"));
    }

    #[test]
    fn every_tools_events_name_it() {
        for (kind, named) in [
            (
                "closeout.checklist_item_completed",
                Some(Tool::CloseoutChecklistComplete),
            ),
            ("ticket.state_changed", Some(Tool::ScheduleConfirm)),
            ("technician.registered", None),
        ] {
            let mut event = event(1, 1, kind);
            if kind == "ticket.state_changed" {
                event.payload["tool"] = "schedule.confirm".into();
            }
            assert_eq!(tool(&event), named, "{kind}");
        }
    }
}
