//! The needs of a task, and its goals.

use super::{Arrival, NONE};
use crate::api::{Api, App};
use crate::names::Names;
use crate::row::Row;
use crate::seed::{below, number, pick};
use crate::template::Template;
use crate::world::{World, add, find};

impl Arrival<'_> {
    fn slot(&self, name: &str) -> String {
        self.slots.get(name).into()
    }

    fn want(&mut self, app: App, api: Api, args: &[(&str, &str)]) {
        self.goals.want(app, api, args);
    }

    /// Arranges what a task needs, and sets the goals.
    pub(super) fn for_task(&mut self, template: Template) {
        match template {
            Template::Phone => {
                self.goals.answer = Some(self.person().get("phone").into());
            }
            Template::Change => self.change(),
            Template::Merge => self.merge(),
            Template::Repay => self.repay(),
            Template::Cancel => self.cancel(),
            Template::Forward => self.forward(),
            Template::Book => {
                self.book();
            }
            Template::Jot => {
                let (title, phone) = (self.slot("title"), self.person().get("phone").to_string());
                self.plan(&title);
                let args = [("title", title.as_str()), ("text", &phone)];
                self.want(App::Notes, Api::NotesWrite, &args);
            }
            Template::Save => self.save(),
            Template::Refund => self.refund(),
            Template::Trip => {
                let price = self.book();
                let args = [("to", self.slots.get("person")), ("amount", &price)];
                self.want(App::Pay, Api::PaySend, &args);
            }
            Template::Bill => {
                let person = self.background.relation(self.slots.get("relation"));
                let (_, amount) = self.newest_mail(person.get("email"));
                let args = [("to", person.get("name")), ("amount", &amount)];
                self.want(App::Pay, Api::PaySend, &args);
            }
        }
    }

    fn person(&self) -> &Row {
        let found = find(&self.world.contacts, "name", self.slots.get("person"));
        found.unwrap_or(&self.world.contacts[0])
    }

    /// Adds somebody's newest mail, and newer ones of others. Returns its id and amount.
    fn newest_mail(&mut self, from: &str) -> (String, String) {
        let newest = self.mail(from);
        let others: Vec<&Row> = (self.background.contacts.iter())
            .filter(|row| row.get("email") != from)
            .collect();
        for _ in 0..self.random.below(3) {
            let other = pick(&mut self.random, &others).get("email");
            self.mail(other);
        }
        newest
    }

    fn change(&mut self) {
        let (person, phone) = (self.person().clone(), self.slot("phone"));
        if person.get("phone") == phone {
            let first = find(&self.background.contacts, "name", person.get("name"));
            self.set_phone(
                person.get("id"),
                first.map_or(NONE, |first| first.get("phone")),
            );
        }
        let args = [("id", person.get("id")), ("phone", &phone)];
        self.want(App::Contacts, Api::ContactsUpdate, &args);
    }

    /// Adds a second contact of a person, older or newer than the first. The newer has no phone.
    fn merge(&mut self) {
        let first = self.person().clone();
        let newer = self.random.chance(0.5);
        let (phone, year) = if newer {
            (NONE.to_string(), number(&mut self.random, 30, 39))
        } else {
            (
                number(&mut self.random, 10, 59),
                number(&mut self.random, 11, 19),
            )
        };
        let second = first.pick(&["name", "relation"]);
        let second = second.with("phone", &phone).with("year", &year);
        let second = add(&mut self.world.contacts, &second);
        let (keep, phone, delete) = if newer {
            (second.as_str(), first.get("phone"), first.get("id"))
        } else {
            self.set_phone(first.get("id"), NONE);
            (first.get("id"), phone.as_str(), second.as_str())
        };
        let update = [("id", keep), ("phone", phone)];
        self.want(App::Contacts, Api::ContactsUpdate, &update);
        self.want(App::Contacts, Api::ContactsDelete, &[("id", delete)]);
    }

    fn set_phone(&mut self, id: &str, phone: &str) {
        let row = self
            .world
            .contacts
            .iter_mut()
            .find(|row| row.get("id") == id);
        if let Some(row) = row {
            row.set("phone", phone);
        }
    }

    fn repay(&mut self) {
        self.world.requests.clear();
        let mut left = self.world.balance;
        let recent = 1 + self.random.below(2) as u32;
        for place in 0..3 {
            let old = place + recent < 3;
            let asked = self.request(if old { 20 } else { 8 } - place);
            if !old {
                left -= asked.get("amount").parse().unwrap_or(0);
                let args = [("to", asked.get("from")), ("amount", asked.get("amount"))];
                self.want(App::Pay, Api::PaySend, &args);
            }
        }
        self.goals.answer = Some(left.to_string());
    }

    fn cancel(&mut self) {
        let city = self.slot("city");
        let mut cities = [self.other_city(&city), &city];
        self.random.shuffle(&mut cities);
        self.world.bookings.clear();
        for (to, flight) in cities.into_iter().zip(["8", "9"]) {
            let id = add(
                &mut self.world.bookings,
                &Row::new(&[("flight", flight), ("to", to)]),
            );
            if to == city {
                self.want(App::Travel, Api::TravelCancel, &[("booking", &id)]);
            }
        }
    }

    fn other_city(&mut self, city: &str) -> &'static str {
        let cities = self.background.split.cities().iter().copied();
        let others: Vec<&'static str> = cities.filter(|other| *other != city).collect();
        pick(&mut self.random, &others)
    }

    fn forward(&mut self) {
        let from = self.background.relation(self.slots.get("relation"));
        let to = self.background.relation(self.slots.get("other"));
        let (mail, _) = self.newest_mail(from.get("email"));
        let args = [("to", to.get("email")), ("mail", &mail)];
        self.want(App::Mail, Api::MailSend, &args);
    }

    /// Brings flights of which one fits the note best, and returns its price.
    fn book(&mut self) -> String {
        let title = self.slot("title");
        let (city, date) = self.plan(&title);
        self.world.flights.clear();
        let best = (date, 20);
        let mut offers = [best, (date, 30), (date.after(1), 10), (date.after(2), 10)];
        self.random.shuffle(&mut offers);
        let mut price = String::new();
        for offer in offers {
            let (id, of_offer) = self.flight(city, offer.0, offer.1);
            if offer == best {
                self.want(App::Travel, Api::TravelBook, &[("flight", &id)]);
                price = of_offer;
            }
        }
        price
    }

    fn save(&mut self) {
        let strangers = &self.background.strangers;
        let (name, email) = &strangers[below(&mut self.random, strangers.len())];
        let phone = number(&mut self.random, 10, 59);
        self.world.mail.retain(|row| row.get("subject") != "hello");
        let (id, _) = self.newest_mail(email);
        for mail in self
            .world
            .mail
            .iter_mut()
            .filter(|mail| mail.get("id") == id)
        {
            *mail = mail
                .pick(&["id", "from", "date"])
                .with("subject", self.slots.get("subject"))
                .with("name", name)
                .with("phone", &phone);
        }
        let args = [("name", *name), ("phone", phone.as_str())];
        self.want(App::Contacts, Api::ContactsAdd, &args);
    }

    fn refund(&mut self) {
        let city = self.slot("city");
        let mut cities = [self.other_city(&city), &city];
        self.random.shuffle(&mut cities);
        for (told, least) in cities.into_iter().zip([5, 25]) {
            let amount = number(&mut self.random, least, least + 19);
            self.tell_refund(&format!("refund-{told}"), &amount);
            if told == city {
                self.goals.answer = Some(amount);
            }
        }
    }

    fn tell_refund(&mut self, what: &str, amount: &str) {
        let World {
            mail,
            notes,
            requests,
            ..
        } = &mut *self.world;
        let date = self.today.text();
        let row = |field| {
            Row::new(&[
                ("from", "air@post"),
                ("date", &date),
                (field, what),
                ("amount", amount),
            ])
        };
        match self.background.quirks.refunds {
            App::Mail => {
                mail.retain(|row| row.get("subject") != what);
                add(mail, &row("subject"));
            }
            App::Notes => {
                notes.retain(|row| row.get("title") != what);
                notes.push(Row::new(&[("title", what), ("amount", amount)]));
            }
            _ => {
                add(requests, &row("for"));
            }
        }
    }
}
