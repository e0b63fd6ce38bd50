//! Who used the processors: host, database and load, in microseconds per call. Unlike a
//! rate, this hardly depends on what else the machine does, and says where time goes.

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// The system's unit of processor time, in microseconds: a hundredth of a second on
/// every Linux there is.
const TICK_US: u64 = 10_000;

/// Whose time is told.
#[derive(Clone, Copy)]
pub(crate) struct Watched {
    pub(crate) host: u32,
    pub(crate) postmaster: u32,
}

/// Processor time used so far, in microseconds.
#[derive(Clone, Copy)]
pub(crate) struct Spent {
    host: u64,
    postgres: u64,
    load: u64,
}

/// What one process used so far, in microseconds.
pub(crate) fn used_us(pid: u32) -> Result<u64> {
    Ok(Times::of(pid)?.own)
}

impl Watched {
    /// What the host alone used so far, in microseconds.
    pub(crate) fn host_us(self) -> Result<u64> {
        used_us(self.host)
    }

    pub(crate) fn now(self) -> Result<Spent> {
        let mut postgres = Times::of(self.postmaster)?.with_ended_children();
        for entry in std::fs::read_dir("/proc")? {
            let name = entry?.file_name();
            let Some(pid) = name.to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            // one that has just ended is the postmaster's to tell of
            if let Ok(times) = Times::of(pid)
                && times.parent == self.postmaster
            {
                postgres += times.own;
            }
        }
        Ok(Spent {
            host: Times::of(self.host)?.own,
            postgres,
            load: Times::of(std::process::id())?.with_ended_children(),
        })
    }
}

impl Spent {
    /// What was used since `before`, per one of `calls`.
    pub(crate) fn per_call(self, before: Self, calls: usize) -> Value {
        let per = |now: u64, then: u64| {
            let used = now.saturating_sub(then) as f64;
            (used / calls.max(1) as f64 * 10.0).round() / 10.0
        };
        json!({
            "host_us": per(self.host, before.host),
            "postgres_us": per(self.postgres, before.postgres),
            "load_us": per(self.load, before.load),
        })
    }
}

/// One process's times, in microseconds.
struct Times {
    parent: u32,
    own: u64,
    ended_children: u64,
}

impl Times {
    fn of(pid: u32) -> Result<Self> {
        Self::read(&std::fs::read_to_string(format!("/proc/{pid}/stat"))?)
    }

    fn read(stat: &str) -> Result<Self> {
        // the name in brackets may hold anything
        let (_, rest) = stat.rsplit_once(')').context("a stat has a name")?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let field = |at: usize| -> Result<u64> {
            Ok(fields.get(at).context("a stat has its fields")?.parse()?)
        };
        Ok(Self {
            parent: u32::try_from(field(1)?)?,
            own: (field(11)? + field(12)?) * TICK_US,
            ended_children: (field(13)? + field(14)?) * TICK_US,
        })
    }

    fn with_ended_children(&self) -> u64 {
        self.own + self.ended_children
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_shift_the_fields() {
        let stat = "77 (a) b) S 12 77 77 0 -1 4194304 1 2 3 4 150 50 7 3 20 0 1 0 5";
        let times = Times::read(stat).expect("readable");
        assert_eq!(times.parent, 12);
        assert_eq!(times.own, 200 * TICK_US);
        assert_eq!(times.with_ended_children(), 210 * TICK_US);
    }

    #[test]
    fn this_process_is_found() {
        let own = Times::of(std::process::id()).expect("we run");
        assert!(own.parent > 0);
    }
}
