//! The calls of each application.

use super::Listing;
use crate::api::{Api, App};
use crate::date::{Date, Format};
use crate::memory::Topic;
use crate::row::Row;

impl<'a> Listing<'a> {
    /// Adds the calls of an application that is open.
    pub(super) fn app(&mut self, app: App) {
        match app {
            App::Contacts => self.contacts(),
            App::Mail => self.mail(),
            App::Notes => self.notes(),
            App::Pay => self.pay(),
            App::Travel => self.travel(),
            App::Vault => {}
        }
    }

    fn contacts(&mut self) {
        let app = App::Contacts;
        for (key, slot) in [
            ("name", "person"),
            ("relation", "relation"),
            ("relation", "other"),
        ] {
            let value = self.slot(slot);
            if !value.is_empty() {
                self.call(app, Api::ContactsSearch, &[(key, value)]);
            }
        }
        for id in self.values(app, "id") {
            self.call(app, Api::ContactsSearch, &[("id", id)]);
            self.call(app, Api::ContactsDelete, &[("id", id)]);
        }
        let mut phones = self.values(app, "phone");
        phones.push(self.slot("phone"));
        phones.retain(|phone| phone.parse::<u32>().is_ok());
        let mut ids = self.values(app, "id");
        if !self.slot("phone").is_empty() {
            let contacts = self.setting.background.contacts.iter();
            ids.extend(contacts.map(|row| row.get("id")));
        }
        for id in ids {
            for phone in &phones {
                self.call(app, Api::ContactsUpdate, &[("id", id), ("phone", phone)]);
            }
        }
        if let Some(mail) = self.last_read(Api::MailRead, "name") {
            let args = [("name", mail.get("name")), ("phone", mail.get("phone"))];
            self.call(app, Api::ContactsAdd, &args);
        }
    }

    fn mail(&mut self) {
        self.call(App::Mail, Api::MailList, &[]);
        for id in self.values(App::Mail, "id") {
            self.call(App::Mail, Api::MailRead, &[("id", id)]);
        }
        if let Some(mail) = self.last_read(Api::MailRead, "subject") {
            for row in &self.setting.background.contacts {
                let args = [("to", row.get("email")), ("mail", mail.get("id"))];
                self.call(App::Mail, Api::MailSend, &args);
            }
        }
    }

    /// Returns what a call showed last, if it has a field.
    fn last_read(&self, api: Api, field: &str) -> Option<&'a Row> {
        let log = self.log.iter().rev();
        let mut read = log.filter(|exchange| exchange.call.api() == Some(api));
        let row = read.find_map(|exchange| exchange.reply.rows.first())?;
        row.has(field).then_some(row)
    }

    fn notes(&mut self) {
        let app = App::Notes;
        self.call(app, Api::NotesList, &[]);
        let refund = format!("refund-{}", self.slot("city"));
        let mut titles = vec![self.slot("title"), refund.as_str()];
        titles.retain(|title| !title.is_empty() && *title != "refund-");
        titles.extend(self.values(app, "title"));
        for title in titles {
            self.call(app, Api::NotesRead, &[("title", title)]);
        }
        let title = self.slot("title");
        for phone in self.values(App::Contacts, "phone") {
            if !title.is_empty() {
                self.call(app, Api::NotesWrite, &[("title", title), ("text", phone)]);
            }
        }
    }

    fn pay(&mut self) {
        let app = App::Pay;
        self.call(app, Api::PayBalance, &[]);
        self.call(app, Api::PayRequests, &[]);
        for row in self.rows(app).filter(|row| row.has("from")) {
            let args = [("to", row.get("from")), ("amount", row.get("amount"))];
            self.call(app, Api::PaySend, &args);
        }
        let person = self.slot("person");
        if !person.is_empty() {
            for price in self.values(App::Travel, "price") {
                self.call(app, Api::PaySend, &[("to", person), ("amount", price)]);
            }
        }
        let mail = self.last_read(Api::MailRead, "amount");
        if let Some(mail) = mail.filter(|_| !self.slot("relation").is_empty()) {
            for row in &self.setting.background.contacts {
                let args = [("to", row.get("name")), ("amount", mail.get("amount"))];
                self.call(app, Api::PaySend, &args);
            }
        }
    }

    fn travel(&mut self) {
        let app = App::Travel;
        self.call(app, Api::TravelBookings, &[]);
        for row in self.rows(app).filter(|row| row.has("price")) {
            self.call(app, Api::TravelBook, &[("flight", row.get("id"))]);
        }
        for row in self.rows(app).filter(|row| row.has("flight")) {
            self.call(app, Api::TravelCancel, &[("booking", row.get("id"))]);
        }
        if let Some(note) = self.last_read(Api::NotesRead, "date") {
            for date in self.dates(note.get("date")) {
                let args = [("to", note.get("to")), ("date", date.as_str())];
                self.call(app, Api::TravelSearch, &args);
            }
        }
    }

    /// Returns a date in each format that may hold.
    fn dates(&self, date: &str) -> Vec<String> {
        let Some(date) = Date::parse(date) else {
            return Vec::new();
        };
        let known = self.seen.get(Topic::Format, "").map(|(place, _)| place);
        let may_hold = |place: &String| match known {
            Some(known) => known == place,
            None => self.seen.get(Topic::Wrong, place).is_none(),
        };
        let formats = Format::ALL.into_iter().enumerate();
        formats
            .filter(|(place, _)| may_hold(&place.to_string()))
            .map(|(_, format)| format.write(date))
            .collect()
    }
}
