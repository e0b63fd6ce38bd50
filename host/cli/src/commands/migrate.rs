//! `dispatch migrate`: the schema, brought up to date. `serve` does it by itself; this
//! is for those who want it done before.

use crate::failure::Failure;
use crate::global::Global;
use crate::house::database::DatabaseArgs;
use crate::out;

/// Bring a database's schema up to date
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Args {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let database = self.database.reach().await?;
        let outcome = database.ledger(2).await;
        let migrated = match outcome {
            Ok(ledger) => ledger
                .shutdown()
                .await
                .map_err(|error| Failure::Other(error.into())),
            Err(failure) => Err(failure),
        };
        database.close().await;
        migrated?;
        if global.json {
            out::value(&serde_json::json!({ "migrated": true }));
        } else {
            out::text("the schema is up to date\n");
        }
        Ok(())
    }
}
