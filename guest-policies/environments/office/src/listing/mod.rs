//! The actions that a task lists: well-formed calls with values that were seen, whether they
//! make sense or not. Names and formats that are not known to be right or wrong in this task
//! are all listed.

use crate::api::{Api, App};
use crate::call::{Action, Call};
use crate::memory::{Memory, Topic, several};
use crate::reply::Exchange;
use crate::row::Row;
use crate::server::Server;
use crate::task::Setting;

mod apps;

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
        let quirks = &self.setting.background.quirks;
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
