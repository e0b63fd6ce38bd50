//! `dispatch audit replay`: with each pack that ever judged, loaded as it was.

use std::collections::HashMap;
use std::path::Path;
use std::time::Instant;

use dispatch_contract::TicketId;
use dispatch_contract::event::PackRef;
use dispatch_contract::question::Question;
use dispatch_engine::{Engine, EngineConfig, Pack, PackFiles};
use dispatch_ledger::{Ledger, Rejudge, ReplayReport};

use super::progress::Bar;
use crate::failure::{Failure, chain};
use crate::house::database::away;
use crate::out;
use crate::show::clean;
use crate::show::paint::Paint;

/// Differences listed for people; all kept ones are in the JSON.
const SHOWN: usize = 20;

/// A pack that judged once, or why it cannot again.
type Known = Result<Pack, String>;

/// True where nothing differs.
pub(super) async fn run(
    ledger: &Ledger,
    only: Option<TicketId>,
    cache: &Path,
    json: bool,
) -> Result<bool, Failure> {
    let began = Instant::now();
    let packs = packs(ledger, cache).await?;
    let report = {
        let bar = Bar::new("replay");
        ledger
            .replay(
                only,
                |pack, question| judge(&packs, pack, question),
                |progress| bar.show(progress),
            )
            .await
            .map_err(|error| away(error, "the audit trail could not be read to its end"))?
    };
    if json {
        out::value(&report);
    } else {
        let took = began.elapsed().as_secs_f64();
        out::text(&text(&report, packs.len(), took, Paint::of_stdout()));
    }
    Ok(report.different == 0)
}

async fn packs(ledger: &Ledger, cache: &Path) -> Result<HashMap<String, Known>, Failure> {
    let engine = Engine::new(EngineConfig {
        cache_dir: cache.is_dir().then(|| cache.to_owned()),
        ..EngineConfig::default()
    })
    .map_err(|error| Failure::Other(error.into()))?;
    let unread = |error| away(error, "the packs could not be read");
    let mut packs = HashMap::new();
    for pack in ledger.packs_that_judged().await.map_err(unread)? {
        let stored = ledger.load_pack(&pack.digest).await.map_err(unread)?;
        let known = match stored {
            None => Err("the database does not have this pack".to_owned()),
            Some(stored) => PackFiles::of(stored.into_contents())
                .and_then(|files| engine.load(&files))
                .map_err(|error| chain(&error)),
        };
        packs.insert(pack.digest, known);
    }
    Ok(packs)
}

fn judge(packs: &HashMap<String, Known>, pack: &PackRef, question: &Question) -> Rejudge {
    match packs.get(&pack.digest) {
        None => Rejudge::Impossible("no pack of this digest is at hand".into()),
        Some(Err(why)) => Rejudge::Impossible(why.clone()),
        Some(Ok(pack)) => {
            let judged = pack.judge(question);
            match judged.fault {
                Some(fault) => Rejudge::Impossible(fault.detail),
                None => Rejudge::Verdict(judged.verdict),
            }
        }
    }
}

fn text(report: &ReplayReport, packs: usize, took_s: f64, paint: Paint) -> String {
    let counts = format!(
        "{} tickets rebuilt from {} events, {} calls judged again by {packs} pack(s)",
        report.tickets, report.events, report.calls
    );
    if report.different == 0 {
        return format!(
            "{} {counts} {}\n",
            paint.good("nothing differs:"),
            paint.faint(&format!("({took_s:.2} s)"))
        );
    }
    let mut text = format!(
        "{} {counts}\n",
        paint.bad(&format!("{} differences:", report.different))
    );
    for difference in report.differences.iter().take(SHOWN) {
        text.push_str(&format!(
            "  ticket {}, sequence {}, event {}: {}\n",
            clean(&difference.ticket_id),
            difference.sequence,
            clean(&difference.event_id),
            clean(&difference.what)
        ));
    }
    if report.different > SHOWN as u64 {
        text.push_str("  more: --json lists the first 1,000\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use dispatch_ledger::Difference;

    use super::*;

    #[test]
    fn each_difference_names_its_row() {
        let mut report = ReplayReport {
            tickets: 1,
            events: 9,
            calls: 4,
            ..ReplayReport::default()
        };
        let told = text(&report, 1, 0.1, Paint::never());
        assert!(told.starts_with("nothing differs: 1 tickets rebuilt from 9 events"));
        report.different = 1;
        report.differences = vec![Difference {
            ticket_id: "T".into(),
            sequence: 7,
            event_id: "E".into(),
            what: "the verdict differs".into(),
        }];
        let told = text(&report, 1, 0.1, Paint::never());
        assert!(told.contains("ticket T, sequence 7, event E: the verdict differs"));
    }
}
