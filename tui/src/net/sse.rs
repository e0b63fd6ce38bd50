//! Server-sent events from bytes, however they are cut. Keeps the last id, holds no
//! more than one event of bounded size.

/// The largest line and the largest event, in bytes.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// More than one event may hold.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event of more than {MAX_BYTES} bytes")]
pub(crate) struct TooLarge;

/// One event: its type, where it has one, what it holds, and the id to go on after.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) kind: Vec<u8>,
    pub(crate) data: Vec<u8>,
    pub(crate) id: Option<String>,
}

/// See the module.
#[derive(Default)]
pub(crate) struct Parser {
    line: Vec<u8>,
    kind: Vec<u8>,
    data: Vec<u8>,
    id: Option<String>,
    last_id: Option<String>,
}

impl Parser {
    /// The id of the last event that was complete.
    pub(crate) fn last_id(&self) -> Option<&str> {
        self.last_id.as_deref()
    }

    /// Take bytes in; every event that they complete.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<Vec<Told>, TooLarge> {
        let mut complete = Vec::new();
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.line.len() + self.data.len() + part.len() > MAX_BYTES {
                return Err(TooLarge);
            }
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                complete.extend(self.line(line.trim_ascii_end()));
            }
        }
        Ok(complete)
    }

    /// A blank line ends an event; one without data only moves the id.
    fn line(&mut self, line: &[u8]) -> Option<Told> {
        if line.is_empty() {
            if let Some(id) = self.id.take() {
                self.last_id = Some(id);
            }
            let [kind, data] = [&mut self.kind, &mut self.data].map(std::mem::take);
            let id = self.last_id.clone();
            return (!data.is_empty()).then_some(Told { kind, data, id });
        }
        let (field, value) = match line.iter().position(|byte| *byte == b':') {
            Some(at) => (&line[..at], &line[at + 1..]),
            None => (line, &[][..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" => {
                if !self.data.is_empty() {
                    self.data.push(b'\n');
                }
                self.data.extend_from_slice(value);
            }
            b"event" => self.kind = value.to_vec(),
            b"id" => self.id = String::from_utf8(value.to_vec()).ok(),
            // a comment keeps the connection alive
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_the_same_however_the_bytes_are_cut() {
        let stream = "id: 1-0\n\n: alive\n\nid: 1-1\r\nevent: ticket.created\r\ndata: {\"é\":1}\r\n\r\n\
                      id:1-2\ndata: a\ndata: b\n\nid: 1-3\ndata: cut";
        for size in 1..stream.len() {
            let mut parser = Parser::default();
            let mut events = Vec::new();
            for part in stream.as_bytes().chunks(size) {
                events.extend(parser.take(part).unwrap());
            }
            let told = |kind: &str, data: &str, id: &str| Told {
                kind: kind.into(),
                data: data.into(),
                id: Some(id.into()),
            };
            let expected = [
                told("ticket.created", "{\"é\":1}", "1-1"),
                told("", "a\nb", "1-2"),
            ];
            assert_eq!(events, expected, "cut to {size}");
            // what is not complete is asked for again
            assert_eq!(parser.last_id(), Some("1-2"));
        }
    }

    #[test]
    fn the_first_id_counts_before_any_event() {
        let mut parser = Parser::default();
        assert!(parser.take(b"id: 7-3\n\n").unwrap().is_empty());
        assert_eq!(parser.last_id(), Some("7-3"));
    }

    #[test]
    fn an_endless_line_is_refused() {
        let mut parser = Parser::default();
        let part = vec![b'x'; MAX_BYTES / 2 + 1];
        assert_eq!(parser.take(&part), Ok(Vec::new()));
        assert_eq!(parser.take(&part), Err(TooLarge));
    }
}
