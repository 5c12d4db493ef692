//! The templates of tasks.

use memloom_sdk::random::Random;
use serde::{Deserialize, Serialize};

use crate::background::Background;
use crate::names::Names;
use crate::row::Row;
use crate::seed::{below, pick};

/// A template of tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Template {
    /// Answer with the phone of a person.
    Phone,
    /// Write down the new phone of a person.
    Change,
    /// Unite two contacts.
    Merge,
    /// Pay everybody back who asked since a date.
    Repay,
    /// Cancel a booking.
    Cancel,
    /// Forward the newest mail of one person to another.
    Forward,
    /// Book the cheapest flight that fits a note.
    Book,
    /// Write the phone of a person in a note.
    Jot,
    /// Add the writer of a mail to the contacts.
    Save,
    /// Answer with the refund for a flight.
    Refund,
    /// Book the cheapest flight that fits a note, and pay its price to a person.
    Trip,
    /// Pay a person the amount of the person's newest mail.
    Bill,
}

use Template::{Bill, Book, Cancel, Change, Forward, Jot, Merge, Phone, Refund, Repay, Save, Trip};

impl Template {
    /// All templates.
    pub const ALL: [Self; 12] = [
        Phone, Change, Merge, Repay, Cancel, Forward, Book, Jot, Save, Refund, Trip, Bill,
    ];

    /// Returns the name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Phone => "phone",
            Change => "change",
            Merge => "merge",
            Repay => "repay",
            Cancel => "cancel",
            Forward => "forward",
            Book => "book",
            Jot => "jot",
            Save => "save",
            Refund => "refund",
            Trip => "trip",
            Bill => "bill",
        }
    }

    /// Returns the number of applications that it needs, 1 to 3.
    #[must_use]
    pub fn difficulty(self) -> u32 {
        match self {
            Phone | Change | Merge | Repay | Cancel | Refund => 1,
            Forward | Book | Jot | Save => 2,
            Trip | Bill => 3,
        }
    }

    /// Returns the field with the answer, if the task asks a question.
    #[must_use]
    pub fn asks(self) -> Option<&'static str> {
        match self {
            Phone => Some("phone"),
            Repay => Some("balance"),
            Refund => Some("amount"),
            _ => None,
        }
    }

    /// Draws the values that the instruction names.
    pub fn slots(self, background: &Background, session: u32, random: &mut Random) -> Row {
        let one = below(random, background.contacts.len());
        let other =
            (one + 1 + below(random, background.contacts.len() - 1)) % background.contacts.len();
        let [one, other] = [one, other].map(|place| &background.contacts[place]);
        let person = ("person", one.get("name"));
        let title = ("title", pick(random, background.split.titles()));
        let city = ("city", pick(random, background.split.cities()));
        match self {
            Phone | Merge => Row::new(&[person]),
            Change => {
                let phone = (10 + 2 * below(random, 25)).to_string();
                Row::new(&[person, ("phone", &phone)])
            }
            Repay => {
                let days: u32 = 10 + random.below(5) as u32;
                Row::new(&[("date", &background.today(session).before(days).text())])
            }
            Cancel | Refund => Row::new(&[city]),
            Forward => Row::new(&[
                ("relation", one.get("relation")),
                ("other", other.get("relation")),
            ]),
            Book => Row::new(&[title]),
            Jot | Trip => Row::new(&[person, title]),
            Save => Row::new(&[("subject", "hello")]),
            Bill => Row::new(&[("relation", one.get("relation"))]),
        }
    }

    /// Returns the instruction.
    #[must_use]
    pub fn instruction(self, slots: &Row) -> String {
        let text = match self {
            Phone => "what is the phone of {person}?",
            Change => "the new phone of {person} is {phone}. update the contact.",
            Merge => {
                "{person} has two contacts. give the newer one the phone of the older one. \
                 then delete the older one."
            }
            Repay => {
                "pay everybody back who asked since {date}. \
                 answer with the balance that is left."
            }
            Cancel => "cancel the flight to {city}.",
            Forward => "forward the newest mail of your {relation} to your {other}.",
            Book => "book the cheapest flight that fits the note {title}.",
            Jot => "write the phone of {person} in the note {title}.",
            Save => "add the writer of the mail {subject} to the contacts with name and phone.",
            Refund => "how much is the refund for the flight to {city}?",
            Trip => {
                "book the cheapest flight that fits the note {title}. \
                 pay its price to {person}."
            }
            Bill => "pay your {relation} the amount of the newest mail of your {relation}.",
        };
        slots
            .fields()
            .fold(text.into(), |text: String, (name, value)| {
                text.replace(&format!("{{{name}}}"), value)
            })
    }
}
