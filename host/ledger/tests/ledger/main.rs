//! The ledger on a real Postgres, each test on its own database.

mod commit;
mod scene;
