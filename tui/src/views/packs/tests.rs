use serde_json::json;

use super::*;
use crate::testing::{at, world};

fn answers(view: &mut Packs, world: &World, judged: u64) -> Vec<Ask> {
    let digest = "5f1c9a7e".repeat(8);
    let pack =
        |version: &str| json!({"name": "real-dispatch", "version": version, "digest": digest});
    let status = json!({"active": pack("1.2.0"), "revision": 7, "last_good": true, "folder": "refused",
        "rejected": {"at": at(-9_000), "step": "tests", "reason": "one case does not hold ".repeat(9)},
        "shadow": {"pack": pack("1.3.0"), "since": at(-9), "judged": judged, "differing": 17}, "history": []});
    let asks = view.wants(world, 16);
    for ask in &asks {
        let got = match ask {
            Ask::Packs => Got::Packs(serde_json::from_value(status.clone()).unwrap()),
            Ask::Metrics => Got::Text(
                "dispatch_component_faults_total{component=\"schedule-confirm\"} 2\n".into(),
            ),
            _ => continue,
        };
        view.take(ask, Ok(got), world);
    }
    asks
}

#[test]
fn counts_are_read_again_while_they_are_looked_at_and_say_of_when_they_are() {
    let mut view = Packs::new();
    let mut world = world();
    assert_eq!(
        view.wants_unseen(&world, 16),
        [Ask::Packs],
        "its mark, and no more"
    );
    view.asked.clear();
    view.reload();
    assert_eq!(answers(&mut view, &world, 5).len(), READS.len());
    view.asked.clear();
    world.now = at(4);
    assert_eq!(view.wants(&world, 16), []);
    world.now = at(5);
    assert_eq!(view.wants_unseen(&world, 16), []);
    assert_eq!(answers(&mut view, &world, 6), COUNTED);
    assert_eq!(view.as_of, Some(at(5)));
    let shown = view.above();
    assert!(
        shown.iter().any(|(_, said)| said.contains("17 of 6 calls")),
        "{shown:?}"
    );
}

#[test]
fn what_does_not_fit_above_the_log_is_reached_by_tab() {
    let mut view = Packs::new();
    let world = world();
    let area = Rect::new(0, 0, 60, 18);
    answers(&mut view, &world, 5);
    view.settle(area, &world);
    assert!(view.scroll_most > 0 && !view.above);
    // nothing is in the log: from it straight to what judges
    view.act(Action::OtherPane, 4, &world);
    view.act(Action::Last, 4, &world);
    view.settle(area, &world);
    assert_eq!((view.above, view.scroll), (true, view.scroll_most));
    view.act(Action::Back, 4, &world);
    assert!(!view.above);
}
