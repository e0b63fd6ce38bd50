//! `dispatch policy differences`: what the pack in shadow judged otherwise.

use dispatch_contract::packs::FlippedCall;
use dispatch_contract::reading::Page;

use super::outcome;
use crate::failure::Failure;
use crate::global::Global;
use crate::out;
use crate::show::paint::Paint;

/// List what a pack in shadow judged otherwise, the latest first (operators)
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The pack's digest (the first 8 digits will do); where not given, the one in shadow,
    /// or the last that was
    pack: Option<String>,
    /// So many, 200 at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: Option<u32>,
    /// The page after this one, as the last page said
    #[arg(long)]
    cursor: Option<String>,
}

impl Args {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let query = [
            ("digest", self.pack.map(|pack| pack.to_ascii_lowercase())),
            ("limit", self.limit.map(|limit| limit.to_string())),
            ("cursor", self.cursor),
        ];
        let path = ["v0", "packs", "differences"];
        let answer = global.client()?.get(&path, &query).await?;
        if global.json {
            out::json(&answer.bytes);
            return Ok(());
        }
        let page: Page<FlippedCall> = answer.read()?;
        let paint = Paint::of_stdout();
        if page.items.is_empty() {
            out::text("no differences are recorded\n");
        }
        for call in &page.items {
            out::text(&outcome::flip(call, paint));
        }
        if let Some(cursor) = page.next_cursor {
            out::text(&format!("more: --cursor {cursor}\n"));
        }
        Ok(())
    }
}
