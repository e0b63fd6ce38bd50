//! Following the event stream: resumed after the last id seen, opened again with
//! growing, scattered waits.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dispatch_contract::event::EventType;
use rand::RngExt;
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;

use crate::app::Message;
use crate::link::News;
use crate::net::Client;
use crate::net::sse::{Parser, Told};
use crate::trouble::Trouble;

/// The first wait; it doubles up to [`MAX_WAIT`].
const WAIT: Duration = Duration::from_millis(250);
const MAX_WAIT: Duration = Duration::from_secs(15);
/// The host says something every 15 seconds; after so long the line is dead.
const SILENCE: Duration = Duration::from_secs(20);
/// A stream that lasted so long was in order, whether anything was committed or not.
const SOUND: Duration = Duration::from_secs(15);

/// Why a connection ended.
enum End {
    /// Something is wrong with it.
    Lost(Trouble),
    /// It was asked to be opened anew.
    Again,
}

/// Follow the stream until nobody listens. `again` opens it anew at once, whether it waits
/// or seems to be in order: a line may be dead without a word.
pub(crate) async fn follow(client: Client, to: mpsc::Sender<Message>, again: Arc<Notify>) {
    let mut last_id = None;
    let mut failures = 0_u32;
    loop {
        let (mut took, began) = (false, Instant::now());
        let end = tokio::select! {
            trouble = once(&client, &to, &mut last_id, &mut took) => End::Lost(trouble),
            () = again.notified() => End::Again,
        };
        let End::Lost(trouble) = end else { continue };
        // a host whose first event cannot be read is not asked for it without end
        failures = if took || began.elapsed() >= SOUND {
            0
        } else {
            failures.saturating_add(1)
        };
        if matches!(&trouble, Trouble::Refused { status: 400, .. }) {
            // the host does not know this place any more: begin at now, read all again
            last_id = None;
        }
        let wait = wait(failures);
        let retry_in_s = (!trouble.is_final()).then(|| wait.as_secs().max(1));
        let lost = News::Lost {
            trouble,
            retry_in_s,
        };
        if to.send(Message::News(lost)).await.is_err() {
            return;
        }
        match retry_in_s {
            Some(_) => _ = timeout(wait, again.notified()).await,
            None => again.notified().await,
        }
    }
}

/// Between half of the wait and the whole of it, so that consoles do not come back
/// all at once.
fn wait(failures: u32) -> Duration {
    let longest = WAIT.saturating_mul(1 << failures.min(8)).min(MAX_WAIT);
    longest.mul_f64(rand::rng().random_range(0.5..=1.0))
}

/// One connection; why it ended. `took`: an event was taken in.
async fn once(
    client: &Client,
    to: &mpsc::Sender<Message>,
    last_id: &mut Option<String>,
    took: &mut bool,
) -> Trouble {
    let mut response = match client.events(last_id.as_deref()).await {
        Ok(response) => response,
        Err(trouble) => return trouble,
    };
    let resumed = last_id.is_some();
    let open = News::Open { resumed };
    if to.send(Message::News(open)).await.is_err() {
        return client.unreachable("the console is closing");
    }
    let mut parser = Parser::default();
    loop {
        let bytes = match timeout(SILENCE, response.chunk()).await {
            Ok(Ok(Some(bytes))) => bytes,
            Ok(Ok(None)) => return client.unreachable("the host closed the event stream"),
            Ok(Err(error)) => return client.away(error),
            Err(_) => return client.unreachable("the event stream fell silent"),
        };
        let events = match parser.take(&bytes) {
            Ok(events) => events,
            Err(error) => return client.foreign(error.to_string()),
        };
        for told in events {
            match news(&told) {
                Ok(Some(news)) => {
                    if to.send(Message::News(news)).await.is_err() {
                        return client.unreachable("the console is closing");
                    }
                    *took = true;
                }
                // of a newer host: what it changed is read where something else shows it
                Ok(None) => {}
                Err(error) => return client.foreign(error.to_string()),
            }
            if told.id.is_some() {
                *last_id = told.id;
            }
        }
        if let Some(id) = parser.last_id() {
            *last_id = Some(id.to_owned());
        }
    }
}

/// What an event tells; nothing where its type is not known here.
fn news(told: &Told) -> Result<Option<News>, serde_json::Error> {
    if told.kind == b"refusals" {
        return Ok(Some(News::Refusals));
    }
    let kind = String::from_utf8_lossy(&told.kind).into_owned();
    let is_known = serde_json::from_value::<EventType>(kind.into()).is_ok();
    if !told.kind.is_empty() && !is_known {
        return Ok(None);
    }
    serde_json::from_slice(&told.data).map(|event| Some(News::Event(event)))
}

#[cfg(test)]
pub(super) mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::testing::event;

    /// A host that gives these answers, one per connection, and tells the requests.
    pub(in crate::net) async fn host(
        answers: Vec<impl Into<String>>,
    ) -> (String, mpsc::Receiver<String>) {
        let answers: Vec<String> = answers.into_iter().map(Into::into).collect();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (tell, told) = mpsc::channel(16);
        tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    request.push(stream.read_u8().await.unwrap());
                }
                tell.send(String::from_utf8(request).unwrap())
                    .await
                    .unwrap();
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        (url, told)
    }

    #[tokio::test]
    async fn a_cut_stream_goes_on_after_the_last_id() {
        let head =
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
        let data = serde_json::to_string(&event(1, 1, "ticket.created")).unwrap();
        let (url, mut told) = host(vec![
            format!("{head}id: 5-1\n\nid: 5-2\ndata: {data}\n\nid: 5-3\ndata: {{"),
            format!("{head}event: refusals\ndata: {{}}\n\nid: 5-3\ndata: {data}\n\n"),
        ])
        .await;
        let client = Client::new(&url, "secret".into()).unwrap();
        let (to, mut from) = mpsc::channel(16);
        let task = tokio::spawn(follow(client, to, Arc::new(Notify::new())));
        let mut seen = Vec::new();
        while seen.len() < 6 {
            match from.recv().await.unwrap() {
                Message::News(News::Open { resumed }) => seen.push(format!("open {resumed}")),
                Message::News(News::Event(_)) => seen.push("event".into()),
                Message::News(News::Refusals) => seen.push("refusals".into()),
                Message::News(News::Lost { retry_in_s, .. }) => {
                    assert_eq!(retry_in_s, Some(1));
                    seen.push("lost".into());
                }
                other => panic!("{other:?}"),
            }
        }
        task.abort();
        let expected = [
            "open false",
            "event",
            "lost",
            "open true",
            "refusals",
            "event",
        ];
        assert_eq!(seen, expected);
        let first = told.recv().await.unwrap().to_lowercase();
        assert!(first.contains("authorization: bearer secret"));
        assert!(!first.contains("last-event-id"));
        let second = told.recv().await.unwrap().to_lowercase();
        assert!(second.contains("last-event-id: 5-2"), "{second}");
    }

    const HEAD: &str =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";

    /// What is told, as it comes, without those that say that it is open.
    async fn told(from: &mut mpsc::Receiver<Message>) -> News {
        loop {
            match from.recv().await.unwrap() {
                Message::News(News::Open { .. }) => {}
                Message::News(news) => return news,
                other => panic!("{other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn what_a_newer_host_tells_is_passed_by_and_not_asked_for_again() {
        let data = serde_json::to_string(&event(1, 1, "ticket.created")).unwrap();
        let newer = "event: ticket.teleported\ndata: {\"x\":1}\n\n";
        let (url, mut asked) = host(vec![
            format!("{HEAD}id: 5-1\n{newer}id: 5-2\ndata: {data}\n\nid: 5-3\n{newer}"),
            HEAD.to_owned(),
        ])
        .await;
        let client = Client::new(&url, "t".into()).unwrap();
        let (to, mut from) = mpsc::channel(16);
        let task = tokio::spawn(follow(client, to, Arc::new(Notify::new())));
        assert!(matches!(told(&mut from).await, News::Event(_)));
        let News::Lost { trouble, .. } = told(&mut from).await else {
            panic!("it ends");
        };
        assert!(matches!(trouble, Trouble::Unreachable { .. }), "{trouble}");
        asked.recv().await.unwrap();
        let second = asked.recv().await.unwrap().to_lowercase();
        assert!(second.contains("last-event-id: 5-3"), "{second}");
        task.abort();
    }

    #[tokio::test]
    async fn an_event_that_cannot_be_read_is_asked_for_ever_more_seldom_and_said() {
        let data = serde_json::to_string(&event(1, 1, "ticket.created")).unwrap();
        let broken = "event: ticket.created\ndata: {\"x\":1}\n\n";
        let first = format!("{HEAD}id: 5-1\ndata: {data}\n\nid: 5-2\n{broken}");
        let again = format!("{HEAD}id: 5-2\n{broken}");
        let mut answers = vec![first];
        answers.extend(vec![again; 4]);
        let (url, mut asked) = host(answers).await;
        let client = Client::new(&url, "t".into()).unwrap();
        let (to, mut from) = mpsc::channel(64);
        let again = Arc::new(Notify::new());
        let task = tokio::spawn(follow(client, to, again.clone()));
        assert!(matches!(told(&mut from).await, News::Event(_)));
        let mut waits = Vec::new();
        for _ in 0..5 {
            let News::Lost {
                trouble,
                retry_in_s: Some(wait),
            } = told(&mut from).await
            else {
                panic!("it cannot be read");
            };
            assert!(matches!(trouble, Trouble::Foreign { .. }), "{trouble}");
            waits.push(wait);
            asked.recv().await.unwrap();
            // not slept through
            tokio::time::sleep(Duration::from_millis(20)).await;
            again.notify_waiters();
        }
        assert_eq!(waits[0], 1);
        assert!(waits[4] > waits[0], "{waits:?}");
        task.abort();
    }

    #[tokio::test]
    async fn a_line_that_seems_in_order_is_opened_anew_where_it_is_asked_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let client = Client::new(&url, "t".into()).unwrap();
        let (to, mut from) = mpsc::channel(16);
        let again = Arc::new(Notify::new());
        let task = tokio::spawn(follow(client, to, again.clone()));
        // neither says a word after it is open
        let mut lines = Vec::new();
        for resumed in [false, true] {
            let (mut line, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(line.read_u8().await.unwrap());
            }
            line.write_all(HEAD.as_bytes()).await.unwrap();
            line.write_all(b"id: 5-1\n\n").await.unwrap();
            let Message::News(News::Open { resumed: so }) = from.recv().await.unwrap() else {
                panic!("it is open");
            };
            assert_eq!(so, resumed);
            lines.push(line);
            tokio::time::sleep(Duration::from_millis(50)).await;
            again.notify_waiters();
        }
        assert!(from.try_recv().is_err(), "nothing was lost");
        task.abort();
    }

    #[test]
    fn waits_grow_to_a_bound_and_are_scattered() {
        assert!(wait(0) <= WAIT);
        for failures in [8, 40, u32::MAX] {
            assert!((MAX_WAIT / 2..=MAX_WAIT).contains(&wait(failures)));
        }
        let some: std::collections::HashSet<_> = (0..20).map(|_| wait(5)).collect();
        assert!(some.len() > 1);
    }
}
