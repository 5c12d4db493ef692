//! The changes of a task's calls, of which what was undone is left out.

use serde::{Deserialize, Serialize};

use crate::api::Api;
use crate::row::Row;

/// The effect of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The call.
    pub api: Api,
    /// Its arguments.
    pub args: Row,
    /// What it made or set, for changes that a later one can undo; else empty.
    place: String,
    /// The value before it, if it sets one.
    before: String,
}

/// The effects in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes(Vec<Change>);

impl Changes {
    /// Adds a change that makes something.
    pub fn make(&mut self, api: Api, args: Row, place: &str) {
        self.0.push(Change {
            api,
            args,
            place: place.into(),
            before: String::new(),
        });
    }

    /// Adds a change that removes what is in a place, unless `maker` made it in this task.
    pub fn unmake(&mut self, maker: Api, api: Api, args: &Row, place: &str) {
        if self.take(maker, place).is_none() {
            self.make(api, args.clone(), "");
        }
    }

    /// Adds a change of the value of a place, in the stead of an earlier one. One that brings
    /// back the first value is none.
    pub fn set(&mut self, api: Api, args: Row, place: &str, before: &str, value: &str) {
        let earlier = self.take(api, place).map(|change| change.before);
        let before = earlier.unwrap_or_else(|| before.into());
        if before != value {
            self.0.push(Change {
                api,
                args,
                place: place.into(),
                before,
            });
        }
    }

    /// Returns whether there is a change by this call.
    #[must_use]
    pub fn has(&self, api: Api, args: &Row) -> bool {
        self.0
            .iter()
            .any(|change| change.api == api && change.args == *args)
    }

    /// Returns the number of changes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether nothing was changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take(&mut self, api: Api, place: &str) -> Option<Change> {
        let made = |change: &Change| change.api == api && change.place == place;
        let index = self.0.iter().position(made)?;
        Some(self.0.remove(index))
    }
}
