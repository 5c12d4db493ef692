//! The actions that a task lists: well-formed calls with values that were seen, whether they
//! make sense or not. Names and formats that are not known to be right or wrong in this task
//! are all listed.

use crate::api::{Api, App};
use crate::call::{Action, Call};
use crate::date::{Date, Format};
use crate::memory::{Memory, Topic, several};
use crate::reply::Exchange;
use crate::row::Row;
use crate::server::Server;
use crate::task::Setting;

/// The most actions of a list.
const MOST: usize = 1024;

/// Returns the calls that may be made next, and the ends of the task.
#[must_use]
pub fn calls(setting: Setting, server: &Server, log: &[Exchange]) -> Vec<Action> {
    let mut listing = Listing {
        setting,
        server,
        log,
        seen: Memory::default().after(setting.task.session, log),
        found: Vec::new(),
    };
    for app in App::CLOSED {
        if server.open.contains(&app) {
            listing.next_page(app);
            listing.notice(app);
            listing.app(app);
        } else {
            listing.login(app);
        }
    }
    listing.ends();
    listing.found.truncate(MOST);
    listing.found
}

struct Listing<'a> {
    setting: Setting<'a>,
    server: &'a Server,
    log: &'a [Exchange],
    /// What this task's calls have told.
    seen: Memory,
    found: Vec<Action>,
}

impl<'a> Listing<'a> {
    fn add(&mut self, action: Action) {
        if !self.found.contains(&action) {
            self.found.push(action);
        }
    }

    /// Adds a call under each name that may hold.
    fn call(&mut self, app: App, api: Api, args: &[(&str, &str)]) {
        for name in self.names(app, api) {
            self.add(Action::Call(Call::new(app, name, args)));
        }
    }

    fn names(&self, app: App, api: Api) -> Vec<&'static str> {
        let mut names = api.names().to_vec();
        if several(app) == Some(api) {
            match self.seen.get(Topic::Name, app.name()) {
                Some((known, _)) => names.retain(|name| *name == known),
                None => names.retain(|name| {
                    let wrong = format!("{}.{name}", app.name());
                    self.seen.get(Topic::Wrong, &wrong).is_none()
                }),
            }
        }
        names
    }

    fn slot(&self, name: &str) -> &'a str {
        self.setting.task.slots.get(name)
    }

    /// Returns the rows of an application's replies in this task.
    fn rows(&self, app: App) -> impl Iterator<Item = &'a Row> + use<'a> {
        let log = self.log.iter();
        log.filter(move |exchange| exchange.call.app == app)
            .flat_map(|exchange| &exchange.reply.rows)
    }

    /// Returns the different values of a field in an application's replies in this task.
    fn values(&self, app: App, field: &str) -> Vec<&'a str> {
        let mut values = Vec::new();
        for row in self.rows(app) {
            if row.has(field) && !values.contains(&row.get(field)) {
                values.push(row.get(field));
            }
        }
        values
    }

    fn login(&mut self, app: App) {
        let known = self.seen.get(Topic::Password, app.name()).is_some();
        let quirks = &self.setting.office.quirks;
        if !known {
            self.call(App::Vault, Api::Passwords, &[("app", app.name())]);
        }
        for word in quirks.words {
            if !known || quirks.password(app) == Some(word) {
                self.call(app, Api::Login, &[("password", word)]);
            }
        }
    }

    fn notice(&mut self, app: App) {
        if !self.server.dismissed.contains(&app) {
            self.call(app, Api::Dismiss, &[]);
        }
    }

    /// Adds the next page of an application's last reply.
    fn next_page(&mut self, app: App) {
        let last = self.log.iter().rfind(|exchange| exchange.call.app == app);
        if let Some(exchange) = last.filter(|exchange| exchange.reply.next > 0) {
            let mut call = exchange.call.clone();
            call.args.set("page", &exchange.reply.next.to_string());
            self.add(Action::Call(call));
        }
    }

    fn app(&mut self, app: App) {
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
            let contacts = self.setting.office.contacts.iter();
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
            for row in &self.setting.office.contacts {
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
            for row in &self.setting.office.contacts {
                let args = [("to", row.get("name")), ("amount", mail.get("amount"))];
                self.call(app, Api::PaySend, &args);
            }
        }
    }

    fn travel(&mut self) {
        let app = App::Travel;
        self.call(app, Api::TravelBookings, &[]);
        for id in self.values(app, "id") {
            if self
                .rows(app)
                .any(|row| row.get("id") == id && row.has("price"))
            {
                self.call(app, Api::TravelBook, &[("flight", id)]);
            }
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

    fn ends(&mut self) {
        if let Some(field) = self.setting.task.template.asks() {
            for app in App::CLOSED {
                for value in self.values(app, field) {
                    self.add(Action::Answer(value.into()));
                }
            }
        }
        self.add(Action::Finish);
    }
}
