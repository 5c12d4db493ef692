//! The peculiarities of an episode's office. They never change, so they are worth a note.

use memloom_sdk::random::Random;

use crate::api::{Api, App};
use crate::date::Format;
use crate::names::PASSWORDS;
use crate::seed::{below, pick};

/// The peculiarities that an agent must find out about an office.
#[derive(Clone, Debug)]
pub struct Quirks {
    /// The passwords of [`App::CLOSED`].
    passwords: [&'static str; 5],
    /// The words among which all passwords are.
    pub words: [&'static str; 3],
    /// The valid name of each call with several, by the application in [`App::CLOSED`].
    names: [usize; 5],
    /// Whether an application shows a notice after the login.
    notices: [bool; 5],
    /// The format of dates in calls.
    pub format: Format,
    /// True if searches for contacts show no more than ids and names; a search by id shows
    /// the rest.
    pub two_step: bool,
    /// The application that tells of refunds: mail, notes or pay.
    pub refunds: App,
    /// The number of rows of a page.
    pub page: usize,
}

/// The applications that may tell of refunds.
pub const REFUNDS: [App; 3] = [App::Mail, App::Notes, App::Pay];

impl Quirks {
    /// Draws the passwords and, if `quirks`, the peculiarities of an episode.
    pub fn draw(random: &mut Random, quirks: bool) -> Self {
        let mut words = PASSWORDS;
        random.shuffle(&mut words);
        let words = [words[0], words[1], words[2]];
        let passwords = std::array::from_fn(|_| pick(random, &words));
        let peculiar = Self {
            passwords,
            words,
            names: std::array::from_fn(|_| below(random, 3)),
            notices: std::array::from_fn(|_| random.chance(0.5)),
            format: pick(random, &Format::ALL),
            two_step: random.chance(0.5),
            refunds: pick(random, &REFUNDS),
            page: pick(random, &[5, 12]),
        };
        if quirks {
            return peculiar;
        }
        Self {
            names: [0; 5],
            notices: [false; 5],
            format: Format::DayMonth,
            two_step: false,
            refunds: App::Mail,
            page: 12,
            ..peculiar
        }
    }

    /// Returns the password of an application; none for the vault.
    #[must_use]
    pub fn password(&self, app: App) -> Option<&'static str> {
        Some(self.passwords[place(app)?])
    }

    /// Returns whether an application shows a notice after the login.
    #[must_use]
    pub fn notice(&self, app: App) -> bool {
        place(app).is_some_and(|place| self.notices[place])
    }

    /// Returns the valid name of a call of an application.
    #[must_use]
    pub fn name(&self, app: App, api: Api) -> &'static str {
        let names = api.names();
        let drawn = place(app).map_or(0, |place| self.names[place]);
        names.get(drawn).unwrap_or(&names[0])
    }
}

fn place(app: App) -> Option<usize> {
    App::CLOSED.iter().position(|closed| *closed == app)
}
