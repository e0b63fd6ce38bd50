//! `dispatch gateway doctor`: which part of the way to a gateway is wrong, and what to
//! do about it.

mod examine;
mod finding;

use dispatch_gateway::version::{CalVer, MINIMUM};

use self::finding::{Finding, text};
use super::reach::Reach;
use crate::failure::Failure;
use crate::out;
use crate::show::paint::Paint;

/// Say what is wrong between here and a gateway, and what to do about it
///
/// Looks at the settings, the process, the token, the pairing, the scopes, the version and the
/// gateway's own configuration, one after the other. Exit status 1 where anything is wrong.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The oldest version that will do
    #[arg(long, default_value_t = MINIMUM, value_name = "VERSION")]
    minimum: CalVer,
    #[command(flatten)]
    reach: Reach,
}

impl Args {
    pub(super) async fn run(self, json: bool) -> Result<(), Failure> {
        let findings = examine::all(&self.reach, self.minimum).await;
        if json {
            out::value(&findings);
        } else {
            out::text(&text(&findings, Paint::of_stdout()));
        }
        if findings.iter().any(Finding::is_bad) {
            return Err(Failure::Found);
        }
        Ok(())
    }
}
