//! Standard output and error. A reader that went away (`| head`) is no failure.

use std::io::{self, ErrorKind, Write};

/// Print text as it is.
pub(crate) fn text(text: &str) {
    write(&mut io::stdout().lock(), text.as_bytes());
}

/// Print a JSON document as it came, on a line of its own.
pub(crate) fn json(document: &[u8]) {
    let mut stdout = io::stdout().lock();
    write(&mut stdout, document.trim_ascii());
    write(&mut stdout, b"\n");
}

/// Print a value as JSON, indented.
pub(crate) fn value<T: serde::Serialize>(value: &T) {
    let mut bytes = serde_json::to_vec_pretty(value).expect("reports have text keys");
    bytes.push(b'\n');
    write(&mut io::stdout().lock(), &bytes);
}

/// Print to standard error.
pub(crate) fn error(text: &str) {
    write(&mut io::stderr().lock(), text.as_bytes());
}

fn write(to: &mut dyn Write, bytes: &[u8]) {
    let written = to.write_all(bytes).and_then(|()| to.flush());
    if let Err(error) = written
        && error.kind() == ErrorKind::BrokenPipe
    {
        // whoever read has seen enough
        std::process::exit(0);
    }
}
