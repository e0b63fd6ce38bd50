//! `dispatch audit verify`.

use std::time::Instant;

use dispatch_contract::TicketId;
use dispatch_ledger::{Fault, Ledger, VerifyReport};

use super::progress::Bar;
use crate::failure::Failure;
use crate::house::database::away;
use crate::out;
use crate::show::clean;
use crate::show::paint::Paint;

/// True where every chain holds.
pub(super) async fn run(
    ledger: &Ledger,
    only: Option<TicketId>,
    json: bool,
) -> Result<bool, Failure> {
    let began = Instant::now();
    let report = {
        let bar = Bar::new("verify");
        ledger
            .verify(only, |progress| bar.show(progress))
            .await
            .map_err(|error| away(error, "the audit trail could not be read to its end"))?
    };
    if json {
        out::value(&report);
    } else {
        let took = began.elapsed().as_secs_f64();
        out::text(&text(&report, took, Paint::of_stdout()));
    }
    Ok(report.fault.is_none())
}

fn text(report: &VerifyReport, took_s: f64, paint: Paint) -> String {
    let counts = format!("{} chains, {} events", report.chains, report.events);
    let Some(fault) = &report.fault else {
        return format!(
            "{} {counts} {}\n",
            paint.good("every chain holds:"),
            paint.faint(&format!("({took_s:.2} s)"))
        );
    };
    format!(
        "{} {}\n  {}\n  read so far: {counts}\n",
        paint.bad("first bad row:"),
        place(fault),
        clean(&fault.what)
    )
}

fn place(fault: &Fault) -> String {
    let mut place = format!("chain {}", clean(&fault.chain));
    if let Some(sequence) = fault.sequence {
        place.push_str(&format!(", sequence {sequence}"));
    }
    if let Some(event) = &fault.event_id {
        place.push_str(&format!(", event {}", clean(event)));
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bad_row_is_named() {
        let mut report = VerifyReport {
            chains: 2,
            events: 9,
            fault: None,
        };
        assert_eq!(
            text(&report, 0.5, Paint::never()),
            "every chain holds: 2 chains, 9 events (0.50 s)\n"
        );
        report.fault = Some(Fault {
            chain: "house".into(),
            sequence: Some(3),
            event_id: Some("E".into()),
            what: "hash does not belong to the content".into(),
        });
        let told = text(&report, 0.5, Paint::never());
        assert!(told.starts_with("first bad row: chain house, sequence 3, event E\n"));
        assert!(told.contains("hash does not belong"));
    }
}
