//! The people and peculiarities of an episode.

use memloom_sdk::random::Random;

use crate::date::Date;
use crate::names::{ADDRESSES, Names, RELATIONS};
use crate::options::Options;
use crate::quirks::Quirks;
use crate::row::Row;
use crate::seed::{below, number};
use memloom_sdk::generated::Address;
use memloom_sdk::generated::Split;

/// The fixed part of an episode.
#[derive(Clone, Debug)]
pub struct Background {
    /// Its peculiarities.
    pub quirks: Quirks,
    /// The contacts as they are at first.
    pub contacts: Vec<Row>,
    /// Names and addresses of people who are no contacts.
    pub strangers: Vec<(&'static str, String)>,
    /// The split, which determines cities and titles.
    pub split: Split,
    /// The day of the first session.
    start: Date,
}

impl Background {
    /// Draws the background of an episode.
    pub fn draw(options: &Options, address: &Address, random: &mut Random) -> Self {
        let quirks = Quirks::draw(random, options.quirks);
        let mut names = address.split.people().to_vec();
        let (mut relations, mut addresses) = (RELATIONS, ADDRESSES);
        random.shuffle(&mut names);
        random.shuffle(&mut relations);
        random.shuffle(&mut addresses);
        let mut addresses = addresses
            .map(|address| format!("{address}@post"))
            .into_iter();
        let contacts = (names.iter().zip(relations).zip(addresses.by_ref()))
            .take(options.people as usize)
            .enumerate()
            .map(|(place, ((name, relation), email))| {
                Row::new(&[
                    ("id", &(place + 1).to_string()),
                    ("name", name),
                    ("relation", relation),
                    ("phone", &first_phone(random)),
                    ("email", &email),
                    ("year", &number(random, 20, 29)),
                ])
            })
            .collect();
        let strangers = names.into_iter().skip(options.people as usize);
        Self {
            quirks,
            contacts,
            strangers: strangers.zip(addresses).collect(),
            split: address.split,
            start: Date::new(random.below(336) as u32),
        }
    }

    /// Returns the day of a session. Sessions are a week apart.
    #[must_use]
    pub fn today(&self, session: u32) -> Date {
        self.start.after(7 * (session - 1))
    }

    /// Returns the contact with this relation.
    #[must_use]
    pub fn relation(&self, relation: &str) -> &Row {
        let found = self
            .contacts
            .iter()
            .find(|row| row.get("relation") == relation);
        found.unwrap_or(&self.contacts[0])
    }
}

/// Returns an odd number; a task that changes a phone gives an even one.
fn first_phone(random: &mut Random) -> String {
    (11 + 2 * below(random, 25)).to_string()
}
