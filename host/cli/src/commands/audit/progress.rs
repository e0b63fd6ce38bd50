//! A progress bar on standard error; nothing where that is no terminal.

use std::time::Duration;

use dispatch_ledger::Progress;
use indicatif::{ProgressBar, ProgressStyle};

/// A bar that counts events.
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new(what: &'static str) -> Self {
        let bar = ProgressBar::new(0);
        let style = ProgressStyle::with_template(
            "{prefix} {bar:40} {human_pos}/{human_len} events {per_sec} {eta}",
        )
        .expect("the template is in order");
        bar.set_style(style);
        bar.set_prefix(what);
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }

    pub(super) fn show(&self, progress: Progress) {
        self.0.set_length(progress.total);
        self.0.set_position(progress.done);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
