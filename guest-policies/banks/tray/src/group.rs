//! Groups of records, one for each subgoal.

use memloom_records::squeezed;
use memloom_sdk::types::Error;
use serde::{Deserialize, Serialize};

/// The data of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// True for the summary of what was folded, or of a group.
    pub is_summary: bool,
    /// The number of the group; 0 if no group was open.
    pub group: u32,
}

/// The groups in order; numbers count from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Groups {
    titles: Vec<String>,
    /// True if the last one is open.
    is_open: bool,
}

impl Groups {
    /// Returns the number of the open group; 0 if none is open.
    pub fn open(&self) -> u32 {
        match self.is_open {
            true => self.titles.len() as u32,
            false => 0,
        }
    }

    /// Returns the title of a group; empty for 0.
    pub fn title(&self, group: u32) -> &str {
        let place = group.checked_sub(1);
        let title = place.and_then(|place| self.titles.get(place as usize));
        title.map_or("", String::as_str)
    }

    /// Returns the number of groups.
    pub fn count(&self) -> u32 {
        self.titles.len() as u32
    }

    /// Opens a group and returns its number.
    ///
    /// # Errors
    /// `invalid` if the title is empty or a group is open.
    pub fn begin(&mut self, title: &str) -> Result<u32, Error> {
        let title = squeezed(title);
        if title.is_empty() {
            return Err(Error::Invalid("open-group: the title is empty".into()));
        }
        if self.is_open {
            return Err(Error::Invalid(format!(
                "open-group: group {} is open: close it first",
                self.open()
            )));
        }
        self.titles.push(title);
        self.is_open = true;
        Ok(self.open())
    }

    /// Closes the open group and returns its number.
    ///
    /// # Errors
    /// `invalid` if none is open.
    pub fn end(&mut self) -> Result<u32, Error> {
        let group = self.open();
        if group == 0 {
            return Err(Error::Invalid("close-group: no group is open".into()));
        }
        self.is_open = false;
        Ok(group)
    }

    /// Returns true if these are groups that operations leave.
    pub fn is_valid(&self) -> bool {
        self.titles.iter().all(|title| !title.is_empty())
            && !(self.is_open && self.titles.is_empty())
    }
}
