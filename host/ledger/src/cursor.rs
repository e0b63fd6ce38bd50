//! Cursors of listings: plain text, opaque to callers, checked when they come back.

use std::fmt::Display;

use dispatch_contract::Timestamp;
use dispatch_contract::reading::{MAX_PAGE, PAGE, Page};

use crate::error::LedgerError;

/// Items asked for: 0 stands for a page, and no more than the largest page.
pub(crate) fn limit(asked: u32) -> usize {
    let asked = if asked == 0 { PAGE } else { asked };
    asked.min(MAX_PAGE) as usize
}

/// Rows to fetch: one more than the page, to know whether there is another.
pub(crate) fn fetch(asked: u32) -> i64 {
    i64::try_from(limit(asked) + 1).unwrap_or(i64::MAX)
}

/// A page of what was fetched; `cursor` names the place of an item.
pub(crate) fn page<T>(mut items: Vec<T>, asked: u32, cursor: impl Fn(&T) -> String) -> Page<T> {
    let limit = limit(asked);
    let more = items.len() > limit;
    items.truncate(limit);
    Page {
        next_cursor: items.last().filter(|_| more).map(cursor),
        items,
    }
}

/// The id that a cursor names.
pub(crate) fn id(cursor: Option<&str>) -> Result<Option<String>, LedgerError> {
    match cursor {
        None => Ok(None),
        Some(text) => text
            .parse::<dispatch_contract::PrincipalId>()
            .map(|id| Some(id.to_string()))
            .map_err(|_| LedgerError::BadCursor),
    }
}

/// The sequence that a cursor names; 0 before the first page.
pub(crate) fn sequence(cursor: Option<&str>) -> Result<i64, LedgerError> {
    cursor.map_or(Ok(0), |text| {
        text.parse()
            .ok()
            .filter(|sequence| *sequence > 0)
            .ok_or(LedgerError::BadCursor)
    })
}

/// The time and the id that a cursor made by [`at`] names.
pub(crate) fn time_and_id(
    cursor: Option<&str>,
) -> Result<(Option<String>, Option<String>), LedgerError> {
    let Some(text) = cursor else {
        return Ok((None, None));
    };
    let (time, after) = text.split_once('~').ok_or(LedgerError::BadCursor)?;
    let time: Timestamp = time.parse().map_err(|_| LedgerError::BadCursor)?;
    Ok((Some(time.to_string()), id(Some(after))?))
}

/// The place of what is ordered by a time, then by its id.
pub(crate) fn at(time: Timestamp, id: impl Display) -> String {
    format!("{time}~{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_end_and_cursors_are_checked() {
        let page_of = |n: u32, asked| page((0..n).collect(), asked, ToString::to_string);
        assert_eq!(page_of(3, 3).next_cursor, None);
        let first = page_of(4, 3);
        assert_eq!(
            (first.items.len(), first.next_cursor.as_deref()),
            (3, Some("2"))
        );
        assert_eq!((limit(0), limit(7), limit(9_999)), (50, 7, 200));
        assert!(matches!(id(Some("' OR 1=1")), Err(LedgerError::BadCursor)));
        assert!(matches!(sequence(Some("-1")), Err(LedgerError::BadCursor)));
        assert_eq!(sequence(None).unwrap(), 0);
        let (time, own) = ("2026-03-01T15:00:00.000000Z", "01J9ZQ4Y7M8K6T5R4E3W2Q1T0A");
        let named = time_and_id(Some(&at(time.parse().unwrap(), own))).unwrap();
        assert_eq!(named, (Some(time.to_owned()), Some(own.to_owned())));
        assert_eq!(time_and_id(None).unwrap(), (None, None));
        for bad in [own, "", "~", &format!("now~{own}"), &format!("{time}~x")] {
            assert!(time_and_id(Some(bad)).is_err(), "{bad}");
        }
    }
}
