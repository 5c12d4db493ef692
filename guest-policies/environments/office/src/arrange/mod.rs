//! Arrivals between sessions, and the goals of a task in the office as it then is.

use memloom_sdk::random::Random;

use crate::background::Background;
use crate::date::Date;
use crate::goals::Goals;
use crate::names::Names;
use crate::names::SUBJECTS;
use crate::row::Row;
use crate::seed::{self, below, number, pick};
use crate::task::Setting;
use crate::world::{World, add, find, keep_newest};

mod for_task;

/// The phone of a contact that has none.
const NONE: &str = "none";

/// The arrival of a session.
struct Arrival<'a> {
    background: &'a Background,
    slots: &'a Row,
    today: Date,
    world: &'a mut World,
    random: Random,
    goals: Goals,
}

/// Changes an office as it is left into that in which a task begins, and returns what the task
/// wants there.
pub fn arrange(setting: Setting, world: &mut World) -> Goals {
    let Setting {
        options,
        address,
        background,
        task,
    } = setting;
    let mut arrival = Arrival {
        background,
        slots: &task.slots,
        today: background.today(task.session),
        world,
        random: seed::arrival(options.seed, address, task.session),
        goals: Goals::default(),
    };
    arrival.ordinary();
    arrival.for_task(task.template);
    let goals = arrival.goals;
    for table in [
        &mut world.mail,
        &mut world.notes,
        &mut world.requests,
        &mut world.flights,
        &mut world.bookings,
    ] {
        keep_newest(table, options.rows as usize);
    }
    goals
}

impl Arrival<'_> {
    /// Restores the contacts, and brings mail, requests and flights of no importance.
    fn ordinary(&mut self) {
        self.contacts();
        self.world.balance = 40 + self.random.below(20) as u32;
        for _ in 0..2 {
            let from = self.anybody().get("email").to_string();
            self.mail(&from);
        }
        self.world.requests.clear();
        for days in [20, 4] {
            self.request(days);
        }
        self.world.flights.clear();
        let title = pick(&mut self.random, self.background.split.titles());
        if find(&self.world.notes, "title", title).is_none() {
            self.plan(title);
        }
        for _ in 0..2 {
            let city = pick(&mut self.random, self.background.split.cities());
            let date = self.today.after(1 + self.random.below(20) as u32);
            self.flight(city, date, 30);
        }
    }

    /// Puts the contacts back to what they were at first, but for phones that were changed.
    fn contacts(&mut self) {
        let before = std::mem::take(&mut self.world.contacts);
        self.world.contacts = self.background.contacts.clone();
        for row in &mut self.world.contacts {
            let same = |old: &&Row| old.get("name") == row.get("name") && old.get("phone") != NONE;
            if let Some(old) = before.iter().find(same) {
                row.set("phone", old.get("phone"));
            }
        }
    }

    fn anybody(&mut self) -> Row {
        self.background.contacts[below(&mut self.random, self.background.contacts.len())].clone()
    }

    /// Adds a mail that names an amount, and returns its id and the amount.
    fn mail(&mut self, from: &str) -> (String, String) {
        let amount = number(&mut self.random, 1, 9);
        let mail = Row::new(&[
            ("from", from),
            ("date", &self.today.text()),
            ("subject", pick(&mut self.random, &SUBJECTS)),
            ("amount", &amount),
        ]);
        (add(&mut self.world.mail, &mail), amount)
    }

    /// Adds a request of somebody who has none open.
    fn request(&mut self, days: u32) -> Row {
        let taken = |name: &str| find(&self.world.requests, "from", name).is_some();
        let free: Vec<&Row> = self
            .background
            .contacts
            .iter()
            .filter(|row| !taken(row.get("name")))
            .collect();
        let from = pick(&mut self.random, &free).get("name").to_string();
        let request = Row::new(&[
            ("from", &from),
            ("amount", &number(&mut self.random, 1, 9)),
            ("date", &self.today.before(days).text()),
            ("for", pick(&mut self.random, &SUBJECTS)),
        ]);
        add(&mut self.world.requests, &request);
        request
    }

    /// Adds a flight, and returns its id and price.
    fn flight(&mut self, city: &str, date: Date, least: usize) -> (String, String) {
        let price = number(&mut self.random, least, least + 9);
        let flight = Row::new(&[("to", city), ("date", &date.text()), ("price", &price)]);
        (add(&mut self.world.flights, &flight), price)
    }

    /// Writes a note with a city and a date.
    fn plan(&mut self, title: &str) -> (&'static str, Date) {
        let city = pick(&mut self.random, self.background.split.cities());
        let date = self.today.after(1 + self.random.below(20) as u32);
        self.world.notes.retain(|row| row.get("title") != title);
        let note = Row::new(&[("title", title), ("to", city), ("date", &date.text())]);
        self.world.notes.push(note);
        (city, date)
    }
}
