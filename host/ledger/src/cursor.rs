//! Cursors of listings: plain text, opaque to callers, checked when they come back.

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
    }
}
