//! The replies to calls.

use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::row::Row;

/// A reply to a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// 200, or the code of an error.
    pub code: u16,
    /// The message.
    pub text: String,
    /// The rows that were asked for.
    pub rows: Vec<Row>,
    /// The number of the next page; 0 if this is the last.
    pub next: usize,
}

/// A call and its reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// The number of the act, counted from 1.
    pub act: u32,
    /// The call.
    pub call: Call,
    /// The reply.
    pub reply: Reply,
}

/// A row that does not exist.
pub const NO_ROW: u16 = 404;
/// A name that no call has.
pub const NO_CALL: u16 = 405;
/// A login that is missing or wrong.
pub const NO_LOGIN: u16 = 401;
/// A notice that is in the way.
pub const NOTICE: u16 = 409;
/// A documented name that no longer holds.
pub const OLD_NAME: u16 = 410;
/// An argument that is wrong.
pub const WRONG: u16 = 422;
/// A date in another format than the call's.
pub const WRONG_DATE: u16 = 400;

impl Reply {
    /// Returns a reply with a message and without rows.
    #[must_use]
    pub fn new(code: u16, text: &str) -> Self {
        Self {
            code,
            text: text.into(),
            rows: Vec::new(),
            next: 0,
        }
    }

    /// Returns a reply with one page of rows, counted from 1.
    #[must_use]
    pub fn page(rows: Vec<Row>, page: usize, size: usize) -> Self {
        let start = page.saturating_sub(1).saturating_mul(size);
        let more = rows.len() > start.saturating_add(size);
        let rows: Vec<Row> = rows.into_iter().skip(start).take(size).collect();
        let text = if rows.is_empty() {
            "nothing found."
        } else {
            ""
        };
        Self {
            next: if more { page + 1 } else { 0 },
            rows,
            ..Self::new(200, text)
        }
    }

    /// Returns whether the call did what it should.
    #[must_use]
    pub fn ok(&self) -> bool {
        self.code == 200
    }

    /// Returns its sentences.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        if !self.ok() {
            sentences.push(format!("{}: {}", self.code, self.text));
        } else if !self.text.is_empty() {
            sentences.push(self.text.clone());
        }
        sentences.extend(self.rows.iter().map(|row| format!("{row}.")));
        if self.next > 0 {
            sentences.push(format!("next page={}.", self.next));
        }
        sentences
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_end_with_the_last_row() {
        let rows: Vec<Row> = ["1", "2", "3"].map(|id| Row::new(&[("id", id)])).into();
        let page = |page| Reply::page(rows.clone(), page, 2);
        assert_eq!(page(1).sentences(), ["id 1.", "id 2.", "next page=2."]);
        assert_eq!(page(2).sentences(), ["id 3."]);
        assert_eq!(page(3).sentences(), ["nothing found."]);
        assert_eq!(page(usize::MAX).next, 0);
    }
}
