//! A demonstrator's knowledge of an office from the replies that it has seen.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::api::{Api, App};
use crate::call::Call;
use crate::date::Format;
use crate::reply::{Exchange, NO_CALL, NO_ROW, NOTICE, OLD_NAME, Reply, WRONG_DATE};
use crate::row::Row;

/// The kind of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Topic {
    /// The password of an application.
    Password,
    /// That an application shows a notice.
    Notice,
    /// The valid name of the call of an application that has several.
    Name,
    /// That a name is wrong, or a format of dates.
    Wrong,
    /// The place in [`Format::ALL`] of the format of dates.
    Format,
    /// The application that tells of refunds.
    Refunds,
    /// The name of the contact with a relation.
    Person,
    /// The address of the contact with a relation.
    Address,
    /// The id of the contact with a name.
    Id,
}

/// Facts, each with the session in which it was first perceived.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory(BTreeMap<(Topic, String), (String, u32)>);

impl Memory {
    /// Returns a fact and the session in which it was first perceived.
    #[must_use]
    pub fn get(&self, topic: Topic, subject: &str) -> Option<(&str, u32)> {
        let (value, session) = self.0.get(&(topic, subject.into()))?;
        Some((value, *session))
    }

    fn set(&mut self, topic: Topic, subject: &str, value: &str, session: u32) {
        let known = self.0.entry((topic, subject.into()));
        known.or_insert((value.into(), session));
    }

    /// Returns it with what the calls of a session tell.
    #[must_use]
    pub fn after(mut self, session: u32, log: &[Exchange]) -> Self {
        for Exchange { call, reply, .. } in log {
            self.learn(session, call, reply);
        }
        self
    }

    fn learn(&mut self, session: u32, call: &Call, reply: &Reply) {
        let app = call.app.name();
        match reply.code {
            NOTICE => self.set(Topic::Notice, app, "", session),
            NO_CALL | OLD_NAME => {
                let name = format!("{app}.{}", call.name);
                self.set(Topic::Wrong, &name, "", session);
            }
            WRONG_DATE => {
                if let Some(format) = format_of(&call.args) {
                    self.set(Topic::Wrong, &format, "", session);
                }
            }
            NO_ROW => self.forget(call),
            200 => self.learn_success(session, call, reply),
            _ => {}
        }
    }

    fn learn_success(&mut self, session: u32, call: &Call, reply: &Reply) {
        let app = call.app.name();
        let name = call.name.as_str();
        match name {
            "login" => self.set(Topic::Password, app, call.args.get("password"), session),
            "dismiss" => self.set(Topic::Notice, app, "", session),
            "delete" => self.forget(call),
            _ => {}
        }
        if call.api().is_some_and(|api| api.names().len() > 1) {
            self.set(Topic::Name, app, name, session);
        }
        if call.app == App::Travel
            && let Some(format) = format_of(&call.args)
        {
            self.set(Topic::Format, "", &format, session);
        }
        for row in &reply.rows {
            self.learn_row(session, call.app, row);
        }
    }

    fn learn_row(&mut self, session: u32, app: App, row: &Row) {
        match app {
            App::Vault => self.set(
                Topic::Password,
                row.get("app"),
                row.get("password"),
                session,
            ),
            App::Contacts => {
                if row.has("name") {
                    self.set(Topic::Id, row.get("name"), row.get("id"), session);
                }
                if row.has("email") {
                    let relation = row.get("relation");
                    self.set(Topic::Person, relation, row.get("name"), session);
                    self.set(Topic::Address, relation, row.get("email"), session);
                }
            }
            _ => {
                if row.fields().any(|(_, value)| value.starts_with("refund-")) {
                    self.set(Topic::Refunds, "", app.name(), session);
                }
            }
        }
    }

    /// Forgets whose id it is that a call names, after the contact is gone.
    fn forget(&mut self, call: &Call) {
        if call.app == App::Contacts {
            let gone = call.args.get("id");
            self.0
                .retain(|(topic, _), (value, _)| *topic != Topic::Id || value != gone);
        }
    }
}

/// Returns the call of an application that has several names.
#[must_use]
pub fn several(app: App) -> Option<Api> {
    app.apis().find(|api| api.names().len() > 1)
}

/// Returns the place in [`Format::ALL`] of the format of a call's date.
fn format_of(args: &Row) -> Option<String> {
    let read = |format: &Format| format.read(args.get("date")).is_some();
    Some(Format::ALL.iter().position(read)?.to_string())
}
