//! Doing what the console asks for outside of itself: reads and calls, files.

use std::io::Write;
use std::path::Path;

use tokio::sync::mpsc;

use crate::app::{Effect, Message};
use crate::net::Client;

/// Messages that wait, at most; then the stream and the keys wait.
pub(crate) const WAITING: usize = 1024;

/// Ask the host, or write a file, and hand back what came of it.
pub(crate) fn perform(effect: Effect, client: &Client, to: &mpsc::Sender<Message>) {
    let (client, to) = (client.clone(), to.clone());
    match effect {
        Effect::Ask(number, ask) => {
            tokio::spawn(async move {
                let answered = client.ask(&ask).await;
                // nobody listens any more once the console is left
                _ = to.send(Message::Got(number, answered)).await;
            });
        }
        Effect::Write { path, text, says } => {
            tokio::task::spawn_blocking(move || {
                let home = |name: &str| std::env::var(name).ok();
                let wrote = write(&path, &text, home);
                let wrote = wrote.map(|path| format!("{path}, {says}"));
                _ = to.blocking_send(Message::Wrote(wrote));
            });
        }
        Effect::Reconnect | Effect::Copy(_) | Effect::Suspend | Effect::Quit => {}
    }
}

/// A file of one's own: nothing is written over.
fn write(path: &str, text: &str, env: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let path = crate::local::path(Path::new(path), env);
    let told = |error: std::io::Error| format!("{} was not written: {error}", path.display());
    let file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(told)?;
    let whole = path.canonicalize().map_err(told)?;
    Ok(whole.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_written_over_and_home_is_the_users() {
        let folder = std::env::temp_dir().join(format!("console-export-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let home = |_: &str| Some(folder.display().to_string());
        let wrote = write("~/queue.csv", "first", home).unwrap();
        assert!(
            wrote.ends_with("queue.csv") && !wrote.contains('~'),
            "{wrote}"
        );
        let said = write("~/queue.csv", "second", home).unwrap_err();
        let kept = std::fs::read_to_string(folder.join("queue.csv")).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(said.contains("was not written"), "{said}");
        assert_eq!(kept, "first");
    }
}
