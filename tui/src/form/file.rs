//! A field that takes a file of whoever fills it in: it is looked at, then uploaded, and
//! what the upload answered stands in its place. A key of an upload may be typed as well.

use serde_json::Value;

use super::{Field, Form, Kind};
use crate::ask::{Seen, Uploaded};
use crate::text::bytes;

/// What a host's keys of uploads begin with; what else is typed is a path.
const KEYS: &str = "uploads/";

/// The property that takes a file.
pub(super) const FILE: &str = "storage_key";
/// The properties of an upload, beside its key: filled in with what it answered.
const ANSWERED: [&str; 3] = ["sha256", "content_type", "size_bytes"];

/// Is it an upload, by the properties it has?
pub(super) fn is_upload(object: &Value) -> bool {
    let has = |name: &str| object["properties"].get(name).is_some();
    has(FILE) && ANSWERED.into_iter().all(has)
}

/// A file that a form names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Named {
    /// Of the field.
    pub(crate) pointer: String,
    /// As typed.
    pub(crate) path: String,
}

impl Field {
    fn path(&self) -> Option<String> {
        let text = self.line.text();
        let text = text.trim();
        let is_path = self.kind == Kind::File && !text.is_empty() && !text.starts_with(KEYS);
        is_path.then(|| text.to_owned())
    }

    fn names(&self, named: &Named) -> bool {
        self.pointer == named.pointer && self.path().as_ref() == Some(&named.path)
    }
}

impl Form {
    /// The first file that is named and not uploaded yet, and what was seen of it.
    pub(crate) fn file(&self) -> Option<(Named, Option<&Seen>)> {
        self.fields.iter().find_map(|field| {
            let path = field.path()?;
            let pointer = field.pointer.clone();
            let seen = field.seen.as_ref().filter(|(at, _)| *at == path);
            Some((Named { pointer, path }, seen.map(|(_, seen)| seen)))
        })
    }

    /// What was seen of a file, or why it cannot be uploaded. True where the field still
    /// names it and it can.
    pub(crate) fn seen(&mut self, named: &Named, seen: Result<Seen, String>) -> bool {
        let Some(at) = self.fields.iter().position(|field| field.names(named)) else {
            return false;
        };
        let field = &mut self.fields[at];
        match seen {
            Ok(seen) => {
                field.problem = None;
                field.note = Some(format!(
                    "{}, {}: uploaded before the host judges the call",
                    seen.content_type,
                    bytes(seen.size_bytes)
                ));
                field.seen = Some((named.path.clone(), seen));
                true
            }
            Err(why) => {
                (field.seen, field.note) = (None, None);
                field.problem = Some(why);
                self.at = at;
                false
            }
        }
    }

    /// What came of an upload: what it answered in place of the path, or why not beside it.
    /// True where the form can go on.
    pub(crate) fn uploaded(&mut self, named: &Named, answered: Result<Uploaded, String>) -> bool {
        let uploaded = match answered {
            Ok(uploaded) => uploaded,
            Err(why) => return self.seen(named, Err(why)),
        };
        let Some(at) = self.fields.iter().position(|field| field.names(named)) else {
            return false;
        };
        let field = &mut self.fields[at];
        field.line.set(&uploaded.storage_key);
        field.problem = None;
        field.note = Some(format!("{} is uploaded", named.path));
        let Some((above, _)) = named.pointer.rsplit_once('/') else {
            return false;
        };
        let size = uploaded.size_bytes.to_string();
        let answered = [uploaded.sha256, uploaded.content_type, size];
        for (name, text) in ANSWERED.into_iter().zip(answered) {
            let pointer = format!("{above}/{name}");
            if let Some(field) = self.fields.iter_mut().find(|f| f.pointer == pointer) {
                field.line.set(&text);
                field.problem = None;
            }
        }
        true
    }
}
