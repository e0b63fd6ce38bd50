//! The console as somebody has it before them all day: the host's own binary in a real
//! terminal, 120 columns by 40 rows, on 100,000 tickets. What an emulator shows is what
//! counts: how soon it is there, how soon what another commits is on it, how it draws and
//! answers keys while 200 events a second are committed, and the memory it takes.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use dispatch_contract::Role;
use dispatch_testing::terminal::{Color, Screen, Terminal};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use crate::figures::Figures;
use crate::host::{NOW, PEAK, memory_mb};
use crate::load::Requests;
use crate::mix::Mix;
use crate::paced::Paced;
use crate::processor::used_us;
use crate::samples::{Samples, nanos};
use crate::tokens::Tokens;
use crate::wire::{self, Wire};

/// Tickets in the console's own database.
pub(crate) const TICKETS: u32 = 100_000;

const SIZE: (u16, u16) = (120, 40);

/// Starts that are timed.
const STARTS: usize = 21;

/// Commits whose way to the screen is timed, of each kind.
const COMMITS: usize = 50;

/// Commits a second, each of at least one event, and clients that send them.
const PACE: f64 = 200.0;
const PACED: usize = 8;

/// So long at that pace, in seconds, at least.
const UNDER_LOAD_S: u64 = 60;

/// Keys whose answer is timed under load, in each of two views.
const KEYS: usize = 300;

/// Between two keys, or two commits: not a multiple of what anything in the console waits.
const BETWEEN: Duration = Duration::from_millis(61);

/// Tickets that are scrolled past.
const SCROLLED: u64 = 5_000;

/// How long something that must come about may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A host on many tickets, and who works there.
pub(crate) struct Console<'a> {
    pub(crate) program: &'a Path,
    pub(crate) port: u16,
    pub(crate) tokens: &'a Tokens,
    pub(crate) numbers: &'a Arc<AtomicU64>,
}

impl Console<'_> {
    pub(crate) async fn measure(&self, seconds: u64, figures: &mut Figures) -> Result<()> {
        println!();
        self.open(figures).await?;
        self.live(figures).await?;
        let terminal = self.start().await?;
        let scrolled = self.scroll(&terminal).await?;
        self.visit(&terminal).await?;
        let quiet_mb = memory_mb(terminal.pid(), NOW)?;
        self.load(&terminal, seconds.max(UNDER_LOAD_S), figures)
            .await?;
        let loaded_mb = memory_mb(terminal.pid(), NOW)?;
        let peak_mb = memory_mb(terminal.pid(), PEAK)?;
        println!(
            "console: {quiet_mb:.0} MB after {scrolled} tickets and every view, {loaded_mb:.0} MB \
             after the load, {peak_mb:.0} MB at most"
        );
        figures.console_rss_mb = Some(peak_mb);
        figures.detail(
            "console_rss_mb",
            json!({
                "tickets": TICKETS, "scrolled": scrolled,
                "quiet": quiet_mb, "loaded": loaded_mb, "peak": peak_mb,
            }),
        );
        leave(terminal).await
    }

    fn command(&self) -> Command {
        let mut command = Command::new(self.program);
        command
            .args([
                "console",
                "--url",
                &format!("http://127.0.0.1:{}", self.port),
            ])
            .env("DISPATCH_TOKEN", self.operator())
            .env("DISPATCH_CONSOLE_CONFIG", "/nowhere/console.toml")
            .env("TERM", "xterm-256color")
            .env_remove("COLORTERM")
            .env_remove("NO_COLOR")
            .env_remove("DISPATCH_TOKEN_FILE");
        command
    }

    fn operator(&self) -> String {
        self.tokens.of(Role::OperatorAdmin).token.clone()
    }

    /// A console that shows tickets and is live.
    async fn start(&self) -> Result<Terminal> {
        let terminal = Terminal::start(self.command(), SIZE)?;
        terminal
            .sees(&["● live", "Tickets 1/", "checklist"])
            .await?;
        Ok(terminal)
    }

    /// From the start of the process until its first picture, and until the queue and the
    /// ticket beside it are on the screen.
    async fn open(&self, figures: &mut Figures) -> Result<()> {
        let (mut first, mut full) = (Vec::new(), Vec::new());
        for _ in 0..STARTS {
            let command = self.command();
            let began = Instant::now();
            let terminal = Terminal::start(command, SIZE)?;
            let drawn = terminal.watch(|screen| screen.contents().contains("dispatch"));
            let listed = terminal.watch(|screen| {
                let shown = screen.contents();
                shown.contains("Tickets 1/") && shown.contains("checklist")
            });
            first.push(nanos(came(drawn, &terminal).await? - began));
            full.push(nanos(came(listed, &terminal).await? - began));
            leave(terminal).await?;
        }
        let (first, full) = (Samples::of(first), Samples::of(full));
        println!(
            "console: open after {:.0} ms (p50; at most {:.0}), its first picture after {:.0} ms",
            full.p50_ms(),
            full.most_ms(),
            first.p50_ms()
        );
        figures.console_open_ms = Some(full.p50_ms());
        figures.detail(
            "console_open_ms",
            json!({ "first_picture": first.told_ms(), "tickets": full.told_ms() }),
        );
        Ok(())
    }

    /// From the answer to a call until its change is on the screen: tickets opened, and one
    /// made urgent and not.
    async fn live(&self, figures: &mut Figures) -> Result<()> {
        let terminal = self.start().await?;
        terminal.types("f")?;
        terminal.sees(&["following"]).await?;
        let mut wire = Wire::open(self.port).await?;
        let (mut opened, mut set) = (Vec::new(), Vec::new());
        let mut ticket = String::new();
        for number in 0..COMMITS {
            let name = format!("Live {number:04}");
            let body = self.opened(&name);
            let (answer, took) = self
                .shows(
                    &terminal,
                    &mut wire,
                    "ticket.create",
                    &body,
                    [name.clone(), name],
                )
                .await?;
            opened.push(took);
            let id = answer["ticket"]["ticket_id"].as_str();
            ticket = id.context("a ticket has an id")?.to_owned();
        }
        let name = format!("Live {:04}", COMMITS - 1);
        for number in 0..COMMITS {
            let (priority, word) = [("emergency", "!EMG"), ("standard", "std")][number % 2];
            let body = json!({
                "request_id": format!("live-priority-{number}"),
                "ticket_id": ticket, "priority": priority,
            });
            let words = [name.clone(), word.to_owned()];
            let (_, took) = self
                .shows(&terminal, &mut wire, "ticket.set_priority", &body, words)
                .await?;
            set.push(took);
        }
        let all = Samples::of(opened.iter().chain(&set).copied().collect());
        println!(
            "console: what is committed shows after {:.0} ms (p50), at most {:.0} ms",
            all.p50_ms(),
            all.most_ms()
        );
        figures.console_live_max_ms = Some(all.most_ms());
        figures.detail(
            "console_live_ms",
            json!({
                "all": all.told_ms(),
                "ticket.create": Samples::of(opened).told_ms(),
                "ticket.set_priority": Samples::of(set).told_ms(),
            }),
        );
        leave(terminal).await
    }

    fn opened(&self, site: &str) -> Value {
        json!({
            "request_id": format!("live-open-{site}"),
            "customer": { "site_name": site, "contact_name": "Ada Osei", "phone": "+1 312 555 0142" },
            "service_location": {
                "address_line1": "1200 W Fulton Market", "city": "Chicago", "region": "IL",
                "postal_code": "60607", "country": "US",
            },
            "issue": { "summary": format!("{site}: rear door stuck half open") },
        })
    }

    /// Calls a tool; the answer, and nanoseconds from it until one line of the screen has
    /// all of these words.
    async fn shows(
        &self,
        terminal: &Terminal,
        wire: &mut Wire,
        tool: &str,
        body: &Value,
        words: [String; 2],
    ) -> Result<(Value, u64)> {
        let shown = terminal.watch(move |screen| {
            let mut lines = screen.rows(0, SIZE.0);
            lines.any(|line| words.iter().all(|word| line.contains(word)))
        });
        let path = format!("/v0/tools/{tool}");
        let answer = wire
            .json(&wire::send("POST", &path, &self.operator(), body))
            .await?;
        let answered = Instant::now();
        let at = came(shown, terminal).await?;
        sleep(BETWEEN).await;
        Ok((answer, nanos(at.saturating_duration_since(answered))))
    }

    /// Down the queue, page by page; how many tickets it went past.
    async fn scroll(&self, terminal: &Terminal) -> Result<u64> {
        let mut first = None;
        loop {
            let before = terminal.look(beside);
            let mut moved = terminal.watch(move |screen| beside(screen) != before);
            let began = Instant::now();
            // where the next page is not there yet, the key does nothing
            loop {
                terminal.types("G")?;
                if timeout(BETWEEN, &mut moved).await.is_ok() {
                    break;
                }
                ensure!(
                    began.elapsed() < PATIENCE,
                    "the queue does not go on:\n{}",
                    terminal.screen()
                );
            }
            // the newest ones have ids of their own
            let number = terminal.look(beside).and_then(|id| id.parse::<u64>().ok());
            if let Some(number) = number {
                let past = first.get_or_insert(number).abs_diff(number);
                if past >= SCROLLED {
                    return Ok(past);
                }
            }
        }
    }

    /// Every view, the long lists down to their ends.
    async fn visit(&self, terminal: &Terminal) -> Result<()> {
        for view in 2..=7 {
            terminal.types(&view.to_string())?;
            for _ in 0..15 {
                sleep(Duration::from_millis(100)).await;
                terminal.types("G")?;
            }
        }
        terminal.types("1gg")?;
        terminal.sees(&["Tickets 1/"]).await?;
        Ok(())
    }

    /// At 200 events a second: pictures a second where each event shows, and what a key
    /// waits for its answer.
    async fn load(&self, terminal: &Terminal, seconds: u64, figures: &mut Figures) -> Result<()> {
        let clients = (0..PACED)
            .map(|client| {
                let mix = Mix::new(self.tokens, client, TICKETS, self.numbers);
                Box::new(mix) as Box<dyn Requests>
            })
            .collect();
        let began = Instant::now();
        let spent_before = used_us(terminal.pid())?;
        let load = Paced::start(self.port, clients, PACE).await?;
        sleep(Duration::from_secs(1)).await;
        let tickets = pictures(terminal, async {
            let mut waited = Vec::new();
            for number in 0..KEYS {
                // down ten rows, and up again
                let key = if number % 20 < 10 { "j" } else { "k" };
                let before = terminal.look(cursor);
                let moved = terminal.watch(move |screen| cursor(screen) != before);
                waited.push(pressed(terminal, key, moved).await?);
            }
            Ok(waited)
        });
        let (tickets_s, tickets_keys) = tickets.await?;
        terminal.types("3gg")?;
        terminal.sees(&["Audit 1/", "following"]).await?;
        let audit = pictures(terminal, async {
            sleep(Duration::from_secs(seconds / 3)).await;
            Ok(())
        });
        let (audit_s, ()) = audit.await?;
        let mut waited = Vec::new();
        for number in 0..KEYS {
            let opens = number % 2 == 0;
            let shown = terminal
                .watch(move |screen| screen.contents().contains("any other key leaves") == opens);
            waited.push(pressed(terminal, "?", shown).await?);
        }
        while began.elapsed() < Duration::from_secs(seconds) {
            sleep(BETWEEN).await;
        }
        let calls = load.stop().await?;
        let took = began.elapsed().as_secs_f64();
        let busy = used_us(terminal.pid())?.saturating_sub(spent_before) as f64 / took / 10_000.0;
        let per_s = calls.len() as f64 / took;
        ensure!(
            per_s > 0.9 * PACE,
            "only {per_s:.0} commits a second: the machine is too slow for this figure"
        );
        let (tickets_keys, audit_keys) = (Samples::of(tickets_keys), Samples::of(waited));
        println!(
            "console: at {per_s:.0} commits/s {:.0} pictures a second in the audit, a key \
             answered after {:.0} ms (p50) and {:.0} ms (p99), {busy:.0} % of a processor",
            audit_s[1],
            tickets_keys.p50_ms(),
            tickets_keys.p99_ms(),
        );
        figures.console_frames_per_s = Some(audit_s[1]);
        figures.console_key_p99_ms = Some(tickets_keys.p99_ms());
        figures.detail(
            "console_load",
            json!({
                "commits_per_s": per_s, "seconds": took, "processor_percent": busy,
                "commit_p50_us": calls.p50_us(), "commit_p99_us": calls.p99_us(),
                "pictures_and_changed_per_s": { "tickets": tickets_s, "audit": audit_s },
                "key_ms": { "tickets": tickets_keys.told_ms(), "audit": audit_keys.told_ms() },
            }),
        );
        Ok(())
    }
}

/// Waits for what a screen was watched for.
async fn came(watched: oneshot::Receiver<Instant>, terminal: &Terminal) -> Result<Instant> {
    match timeout(PATIENCE, watched).await {
        Ok(Ok(at)) => Ok(at),
        _ => bail!("it never showed:\n{}", terminal.screen()),
    }
}

/// Presses a key; nanoseconds until it shows.
async fn pressed(terminal: &Terminal, key: &str, shown: oneshot::Receiver<Instant>) -> Result<u64> {
    let began = Instant::now();
    terminal.types(key)?;
    let at = came(shown, terminal).await?;
    sleep(BETWEEN).await;
    Ok(nanos(at - began))
}

/// Pictures a second meanwhile, and those of them that show something else than the one
/// before.
async fn pictures<T>(
    terminal: &Terminal,
    meanwhile: impl Future<Output = Result<T>>,
) -> Result<([f64; 2], T)> {
    let began = Instant::now();
    let done = meanwhile.await?;
    let ended = Instant::now();
    let took = (ended - began).as_secs_f64();
    let drawn = terminal.drawn();
    let meanwhile = drawn.iter().filter(|one| (began..ended).contains(&one.at));
    let changed = meanwhile.clone().filter(|one| one.changed).count();
    Ok((
        [meanwhile.count() as f64 / took, changed as f64 / took],
        done,
    ))
}

/// The line of the queue with the cursor: the only one on a ground of its own.
fn cursor(screen: &Screen) -> Option<u16> {
    (4..SIZE.1 - 2).find(|line| {
        screen
            .cell(*line, 4)
            .is_some_and(|cell| cell.bgcolor() != Color::Default)
    })
}

/// The ticket beside the queue, by its id: a copy's is its number.
fn beside(screen: &Screen) -> Option<String> {
    let line = screen.rows(0, SIZE.0).nth(2)?;
    let (_, title) = line.split_once(" Ticket ")?;
    title.split_whitespace().next().map(str::to_owned)
}

async fn leave(mut terminal: Terminal) -> Result<()> {
    terminal.types("q")?;
    let status = terminal.ended().await?;
    ensure!(status.success(), "the console ended with {status}");
    Ok(())
}
