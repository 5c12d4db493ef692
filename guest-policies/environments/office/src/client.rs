//! A demonstrator's use of the office. A script asks for what it needs; what was not asked in
//! this task yet becomes the next action.

use std::collections::BTreeSet;

use crate::api::{Api, App};
use crate::call::{Action, Call};
use crate::date::{Date, Format};
use crate::memory::{Memory, Topic, several};
use crate::reply::{Exchange, NO_LOGIN, NOTICE, Reply};
use crate::row::Row;

/// A result, or the action that must be taken first.
pub type Step<T> = Result<T, Action>;

/// A view of what is known and of what was done.
pub struct Client<'a> {
    memory: &'a Memory,
    log: &'a [Exchange],
    /// The sessions whose facts were used.
    pub used: BTreeSet<u32>,
}

impl<'a> Client<'a> {
    /// Returns a view of a memory and of the task's calls.
    #[must_use]
    pub fn new(memory: &'a Memory, log: &'a [Exchange]) -> Self {
        Self {
            memory,
            log,
            used: BTreeSet::new(),
        }
    }

    /// Returns a fact, if it is known.
    pub fn recall(&mut self, topic: Topic, subject: &str) -> Option<&'a str> {
        let (value, session) = self.memory.get(topic, subject)?;
        self.used.insert(session);
        Some(value)
    }

    /// Returns the reply to a call.
    ///
    /// # Errors
    /// With the next action, if there is no reply yet.
    pub fn ask(&mut self, app: App, api: Api, args: &[(&str, &str)]) -> Step<&'a Reply> {
        self.enter(app)?;
        let name = self.name(app, api);
        self.call(app, name, args)
    }

    /// Returns the reply to a call, if it came after all other calls of one kind.
    ///
    /// # Errors
    /// With the next action, if there is no such reply yet.
    pub fn ask_after(
        &mut self,
        app: App,
        api: Api,
        args: &[(&str, &str)],
        other: Api,
    ) -> Step<&'a Reply> {
        let reply = self.ask(app, api, args)?;
        let call = Call::new(app, self.name(app, api), args);
        let later = self
            .log
            .iter()
            .rev()
            .take_while(|exchange| exchange.call != call);
        let mut others = later.filter(|exchange| exchange.call.api() == Some(other));
        if others.next().is_some() {
            Err(Action::Call(call))
        } else {
            Ok(reply)
        }
    }

    /// Returns all rows of all pages.
    ///
    /// # Errors
    /// With the next action, if they are not known yet.
    pub fn rows(&mut self, app: App, api: Api, args: &[(&str, &str)]) -> Step<Vec<&'a Row>> {
        self.rows_until(app, api, args, |_| false)
    }

    /// Returns the first row that fits, reading no further page than it must.
    ///
    /// # Errors
    /// With the next action, if it is not known yet.
    pub fn find(
        &mut self,
        app: App,
        api: Api,
        args: &[(&str, &str)],
        fits: impl Fn(&Row) -> bool,
    ) -> Step<Option<&'a Row>> {
        let rows = self.rows_until(app, api, args, &fits)?;
        Ok(rows.into_iter().find(|row| fits(row)))
    }

    fn rows_until(
        &mut self,
        app: App,
        api: Api,
        args: &[(&str, &str)],
        fits: impl Fn(&Row) -> bool,
    ) -> Step<Vec<&'a Row>> {
        let mut rows = Vec::new();
        let mut page = 1;
        loop {
            let number = page.to_string();
            let further = (page > 1).then_some(("page", number.as_str()));
            let args: Vec<(&str, &str)> = args.iter().copied().chain(further).collect();
            let reply = self.ask(app, api, &args)?;
            rows.extend(&reply.rows);
            if reply.next <= page || reply.rows.iter().any(&fits) {
                return Ok(rows);
            }
            page = reply.next;
        }
    }

    /// Returns the flights to a city on a day.
    ///
    /// # Errors
    /// With the next action, if they are not known yet.
    pub fn flights(&mut self, city: &str, date: Date) -> Step<Vec<&'a Row>> {
        self.enter(App::Travel)?;
        let format = self.format().write(date);
        self.rows(
            App::Travel,
            Api::TravelSearch,
            &[("to", city), ("date", &format)],
        )
    }

    fn format(&mut self) -> Format {
        let known = self
            .recall(Topic::Format, "")
            .and_then(|place| place.parse().ok());
        let place = known.or_else(|| {
            (0..Format::ALL.len())
                .find(|place| self.recall(Topic::Wrong, &place.to_string()).is_none())
        });
        Format::ALL[place.unwrap_or(0).min(Format::ALL.len() - 1)]
    }

    /// Logs in, and closes a notice that is known of.
    fn enter(&mut self, app: App) -> Step<()> {
        let name = app.name();
        if !self.done(app, "login") {
            if self.recall(Topic::Password, name).is_none() {
                self.call(App::Vault, "passwords", &[("app", name)])?;
            }
            let password = self.recall(Topic::Password, name).unwrap_or_default();
            self.call(app, "login", &[("password", password)])?;
        }
        if self.recall(Topic::Notice, name).is_some() && !self.done(app, "dismiss") {
            self.call(app, "dismiss", &[])?;
        }
        Ok(())
    }

    fn done(&self, app: App, name: &str) -> bool {
        self.log.iter().any(|exchange| {
            let Call {
                app: other,
                name: called,
                ..
            } = &exchange.call;
            *other == app && called == name && exchange.reply.ok()
        })
    }

    /// Returns the name that holds, or the first that is not known to be wrong.
    fn name(&mut self, app: App, api: Api) -> &'static str {
        let names = api.names();
        if several(app) != Some(api) {
            return names[0];
        }
        let known = self.recall(Topic::Name, app.name());
        let mut names = names.iter().copied();
        let name = match known {
            Some(known) => names.find(|name| *name == known),
            None => names.find(|name| {
                let wrong = format!("{}.{name}", app.name());
                self.recall(Topic::Wrong, &wrong).is_none()
            }),
        };
        name.unwrap_or(api.names()[0])
    }

    /// Returns the last reply to a call, other than a refusal before it was run.
    fn call(&self, app: App, name: &str, args: &[(&str, &str)]) -> Step<&'a Reply> {
        let call = Call::new(app, name, args);
        self.log
            .iter()
            .rev()
            .filter(|exchange| ![NO_LOGIN, NOTICE].contains(&exchange.reply.code))
            .find(|exchange| exchange.call == call)
            .map(|exchange| &exchange.reply)
            .ok_or(Action::Call(call))
    }
}
