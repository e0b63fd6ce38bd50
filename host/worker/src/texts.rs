//! The texts: a template per event and channel.
//!
//! `<topic>.<channel>.txt`, where there is one, else `<topic>.txt`; a folder's file takes the
//! place of the shipped one of the same name. A template that names what there is not
//! fails, and all of them are tried when they are read: a text that cannot be made is
//! known when the host starts, not when a customer waits.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use dispatch_contract::channel::ChannelKind;
use dispatch_contract::outbox::Topic;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};

use crate::samples::{bare, full};
use crate::words::Words;

/// Bytes of a template's file at most.
const MAX_FILE: u64 = 64 * 1024;

macro_rules! shipped {
    ($name:literal) => {
        ($name, include_str!(concat!("../templates/", $name)))
    };
}

/// The shipped templates.
const SHIPPED: [(&str, &str); 10] = [
    shipped!("customer_confirmation.txt"),
    shipped!("customer_confirmation.email.txt"),
    shipped!("customer_eta.txt"),
    shipped!("customer_eta.email.txt"),
    shipped!("technician_assignment.txt"),
    shipped!("technician_assignment.email.txt"),
    shipped!("customer_closure.txt"),
    shipped!("customer_closure.email.txt"),
    shipped!("customer_cancellation.txt"),
    shipped!("customer_cancellation.email.txt"),
];

/// The kinds of channel that a message can leave by.
pub(crate) const KINDS: [ChannelKind; 5] = [
    ChannelKind::Whatsapp,
    ChannelKind::Telegram,
    ChannelKind::Sms,
    ChannelKind::Email,
    ChannelKind::Webchat,
];

/// A folder of templates that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadTemplates {
    /// A file or the folder cannot be read.
    #[error("{} cannot be read", file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file that is no template's.
    #[error(
        "{name} is no template's name; the names are TOPIC.txt and TOPIC.CHANNEL.txt, TOPIC one of {topics}, CHANNEL one of {channels}"
    )]
    Name {
        /// The file's name.
        name: String,
        /// The topics there are.
        topics: String,
        /// The channels there are.
        channels: String,
    },
    /// A template that does not hold.
    #[error("{name}: {message}")]
    Template {
        /// The file's name.
        name: String,
        /// What is wrong, and in which line.
        message: String,
    },
}

/// A text that could not be made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NoText(pub(crate) String);

/// The texts of messages. Cheap to share, by reference.
#[derive(Debug)]
pub struct Texts {
    environment: Environment<'static>,
}

impl Texts {
    /// The shipped texts, with those of a folder in their places.
    ///
    /// # Errors
    /// Where a file cannot be read, has another name than a template's, or fails on a case.
    pub fn open(folder: Option<&Path>) -> Result<Self, BadTemplates> {
        let mut sources: BTreeMap<String, String> = SHIPPED
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        if let Some(folder) = folder {
            sources.extend(read(folder)?);
        }
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        // a line that holds nothing but a tag leaves no empty line
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()
            .map_err(|error| wrong("the syntax", &error))?;
        environment.set_syntax(syntax);
        for (name, source) in sources {
            environment
                .add_template_owned(name.clone(), source)
                .map_err(|error| wrong(&name, &error))?;
        }
        let texts = Self { environment };
        texts.try_all()?;
        Ok(texts)
    }

    /// The text for this topic on this channel.
    pub(crate) fn text(
        &self,
        topic: Topic,
        kind: ChannelKind,
        words: &Words,
    ) -> Result<String, NoText> {
        let own = format!("{}.{}.txt", topic.name(), name(kind));
        let shared = format!("{}.txt", topic.name());
        let template = self
            .environment
            .get_template(&own)
            .or_else(|_| self.environment.get_template(&shared))
            .map_err(|error| NoText(said(&error)))?;
        let text = template.render(Serde(words)).map_err(|error| {
            NoText(format!(
                "The template {} cannot say this case: {}. Mend it, start the host anew, and \
                 replay the message.",
                template.name(),
                said(&error)
            ))
        })?;
        let text = text.trim();
        let (length, limit) = (text.chars().count(), longest(kind));
        if text.is_empty() {
            let name = template.name();
            return Err(NoText(format!("The template {name} gave no text.")));
        }
        if length > limit {
            return Err(NoText(format!(
                "The text has {length} characters; a message by {} has {limit} at most. Shorten \
                 {}, start the host anew, and replay the message.",
                name(kind),
                template.name()
            )));
        }
        Ok(text.to_owned())
    }

    /// Every text for a case that has everything, and for one that has as little as a
    /// committed call of its topic leaves.
    fn try_all(&self) -> Result<(), BadTemplates> {
        for topic in Topic::ALL {
            for kind in KINDS {
                for words in [full(), bare(topic)] {
                    self.text(topic, kind, &words).map_err(|NoText(message)| {
                        BadTemplates::Template {
                            name: format!("{} by {}", topic.name(), name(kind)),
                            message,
                        }
                    })?;
                }
            }
        }
        Ok(())
    }
}

/// Characters of one message, at most.
fn longest(kind: ChannelKind) -> usize {
    match kind {
        // ten parts of a long text message
        ChannelKind::Sms => 1_530,
        ChannelKind::Email => 20_000,
        _ => 4_000,
    }
}

/// The channel's name in a file's name.
pub(crate) fn name(kind: ChannelKind) -> &'static str {
    match kind {
        ChannelKind::Whatsapp => "whatsapp",
        ChannelKind::Telegram => "telegram",
        ChannelKind::Sms => "sms",
        ChannelKind::Email => "email",
        ChannelKind::Webchat => "webchat",
        ChannelKind::Internal => "internal",
    }
}

fn read(folder: &Path) -> Result<Vec<(String, String)>, BadTemplates> {
    let unreadable = |file: &Path| {
        let file = file.to_owned();
        move |source| BadTemplates::Unreadable { file, source }
    };
    let names: Vec<String> = Topic::ALL
        .iter()
        .flat_map(|topic| {
            let shared = format!("{}.txt", topic.name());
            let own = KINDS.map(|kind| format!("{}.{}.txt", topic.name(), name(kind)));
            std::iter::once(shared).chain(own)
        })
        .collect();
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable(folder))? {
        let entry = entry.map_err(unreadable(folder))?;
        let file_name = entry.file_name().to_string_lossy().into_owned();
        if file_name.starts_with('.') || file_name == "README.md" {
            continue;
        }
        if !names.contains(&file_name) {
            return Err(BadTemplates::Name {
                name: file_name,
                topics: Topic::ALL.map(Topic::name).join(", "),
                channels: KINDS.map(name).join(", "),
            });
        }
        let file = entry.path();
        let size = entry.metadata().map_err(unreadable(&file))?.len();
        if size > MAX_FILE {
            return Err(BadTemplates::Template {
                name: file_name,
                message: format!("it has {size} bytes; {MAX_FILE} are the most"),
            });
        }
        let text = std::fs::read_to_string(&file).map_err(unreadable(&file))?;
        found.push((file_name, text));
    }
    Ok(found)
}

fn wrong(name: &str, error: &minijinja::Error) -> BadTemplates {
    BadTemplates::Template {
        name: name.to_owned(),
        message: said(error),
    }
}

/// What is wrong, with line and cause.
fn said(error: &minijinja::Error) -> String {
    let mut said = error.kind().to_string();
    if let Some(detail) = error.detail() {
        let _ = write!(said, ": {detail}");
    }
    if let Some(line) = error.line() {
        let _ = write!(said, " (line {line})");
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_texts_say_what_they_should() {
        let texts = Texts::open(None).expect("in order");
        let say = |topic, words| texts.text(topic, ChannelKind::Sms, &words).expect("a text");
        assert_eq!(
            say(Topic::CustomerConfirmation, full()),
            "Cascade Dock and Door: your appointment is confirmed for Wednesday, September 30, \
             10:00 AM to 12:00 PM (CDT), at 1200 W Fulton Market, Unit 4, Chicago, IL 60607. If \
             that no longer suits you, answer this message."
        );
        assert_eq!(
            say(Topic::CustomerEta, full()),
            "Cascade Dock and Door: Bo Lind is coming to 1200 W Fulton Market. Arrival: in about \
             20 minutes (10:20 AM CDT)."
        );
        assert_eq!(
            say(Topic::CustomerEta, bare(Topic::CustomerEta)),
            "Cascade Dock and Door: your technician is coming to 1200 W Fulton Market. Arrival: \
             in about 20 minutes."
        );
        assert_eq!(
            say(Topic::TechnicianAssignment, full()),
            "EMERGENCY. New job: Rear overhead door stuck half open. Wednesday, September 30, \
             10:00 AM to 12:00 PM (CDT). Northside Bakery, 1200 W Fulton Market, Unit 4, Chicago, \
             IL 60607. Contact: Ada Osei, +1 312 555 0142. Access: Alley entrance, ring twice. \
             Ticket 01J9ZQ4Y7M8K6T5R4E3W2Q1P0N"
        );
        let email = texts.text(Topic::CustomerEta, ChannelKind::Email, &full());
        assert_eq!(
            email.expect("a text"),
            "Hello Ada Osei,\n\nBo Lind is coming to 1200 W Fulton Market, Unit 4, Chicago, IL \
             60607.\n\n  Arrival:  in about 20 minutes (Wednesday, September 30, 10:20 AM CDT)\n\n\
             If something changes, answer this message or call +1 312 555 0100.\n\nCascade Dock \
             and Door\nTicket 01J9ZQ4Y7M8K6T5R4E3W2Q1P0N"
        );
    }

    #[test]
    fn a_folders_text_takes_the_place_of_the_shipped_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text);
        put("customer_eta.sms.txt", "{{ eta.text }}!").expect("written");
        put("README.md", "not a template").expect("written");
        let texts = Texts::open(Some(folder.path())).expect("in order");
        let say = |kind| {
            texts
                .text(Topic::CustomerEta, kind, &full())
                .expect("a text")
        };
        assert_eq!(say(ChannelKind::Sms), "in about 20 minutes!");
        assert!(say(ChannelKind::Whatsapp).contains("Cascade"));
    }

    #[test]
    fn a_text_that_could_fail_is_known_when_it_is_read() {
        for (name, text, says) in [
            ("customer_eta.txt", "{{ eta.tme }}", "undefined"),
            ("customer_eta.txt", "{% if %}", "syntax"),
            ("customer_closure.txt", "{{ window.day }}", "undefined"),
            ("customer_eta.txt", "", "no text"),
            ("customer_eta.sms.txt", &"x".repeat(1_531), "1530 at most"),
            ("customer_eta.txt", &"x".repeat(70_000), "65536"),
            ("customer-eta.txt", "x", "customer_confirmation"),
            ("customer_eta.fax.txt", "x", "whatsapp"),
        ] {
            let folder = tempfile::tempdir().expect("a folder");
            std::fs::write(folder.path().join(name), text).expect("written");
            let error = Texts::open(Some(folder.path()))
                .expect_err(name)
                .to_string();
            assert!(error.contains(says), "{name}: {error}");
        }
        let absent = Texts::open(Some(Path::new("/absent"))).expect_err("absent");
        assert!(absent.to_string().contains("/absent"));
    }
}
