//! The console on a real host: driven by keys, read from its screen, while others work on
//! the same tickets.

mod board;
mod doing;
mod live;
mod terminal;
mod terminal_hands;
mod terminal_stops;

use dispatch_tui::pilot::Pilot;

use crate::support::House;

/// A console of an operator on this house.
fn open(house: &House, size: (u16, u16), read_only: bool) -> Pilot {
    let operator = house.operator();
    Pilot::open(&house.base, &operator.token, size, read_only).expect("a console")
}

/// Looks until the screen has all of this; the screen.
async fn sees(pilot: &mut Pilot, words: &[&str]) -> String {
    let has_all = |screen: &str| words.iter().all(|word| screen.contains(word));
    match pilot.until(has_all).await {
        Ok(screen) => screen,
        Err(screen) => panic!("{words:?} never came about:\n{screen}"),
    }
}
