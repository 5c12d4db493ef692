//! The back end: runs calls on the tables of an office.

use serde::{Deserialize, Serialize};

use crate::api::{Api, App};
use crate::call::Call;
use crate::changes::Changes;
use crate::date::Date;
use crate::quirks::Quirks;
use crate::reply::{NO_CALL, NO_LOGIN, NO_ROW, NOTICE, OLD_NAME, Reply, WRONG, WRONG_DATE};
use crate::row::Row;
use crate::world::{World, find};

mod change;

/// The most characters of an argument.
const LONGEST: usize = 1000;

/// An office in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// The tables.
    pub world: World,
    /// The applications that were opened.
    pub open: Vec<App>,
    /// The applications whose notice was closed.
    pub dismissed: Vec<App>,
    /// The changes of the calls.
    pub changes: Changes,
}

impl Server {
    /// Returns an office in which nobody has logged in.
    #[must_use]
    pub fn new(world: World) -> Self {
        Self {
            world,
            open: Vec::new(),
            dismissed: Vec::new(),
            changes: Changes::default(),
        }
    }

    /// Runs a call, whose arguments are in order. An error changes nothing.
    pub fn run(&mut self, quirks: &Quirks, call: &Call) -> Reply {
        self.admit(quirks, call)
            .and_then(|api| self.perform(quirks, call.app, api, &call.args))
            .unwrap_or_else(|error| error)
    }

    /// Returns the call that a name means, if it may be run.
    fn admit(&self, quirks: &Quirks, call: &Call) -> Result<Api, Reply> {
        let Call { app, name, args } = call;
        let login = *app == App::Vault || name == "login" || self.open.contains(app);
        if !login {
            return Err(Reply::new(NO_LOGIN, "log in first."));
        }
        let waiting = quirks.notice(*app) && !self.dismissed.contains(app);
        if waiting && name != "login" && name != "dismiss" {
            return Err(Reply::new(NOTICE, "dismiss the notice first."));
        }
        let unknown = || Reply::new(NO_CALL, "there is no such call.");
        let api = call.api().ok_or_else(unknown)?;
        if quirks.name(*app, api) != name {
            let documented = api.names()[0] == name;
            let old = || Reply::new(OLD_NAME, "this name is old.");
            return Err(if documented { old() } else { unknown() });
        }
        check(api, args)?;
        Ok(api)
    }

    fn perform(&mut self, quirks: &Quirks, app: App, api: Api, args: &Row) -> Result<Reply, Reply> {
        let world = &self.world;
        let listing = |rows: Vec<Row>| {
            let page = number(args, "page").unwrap_or(1);
            Ok(Reply::page(rows, page as usize, quirks.page))
        };
        let newest = |table: &[Row], fields: &[&str]| {
            table.iter().rev().map(|row| row.pick(fields)).collect()
        };
        match api {
            Api::Passwords => listing(vec![password(quirks, args)?]),
            Api::Login => self.login(quirks, app, args),
            Api::Dismiss => self.dismiss(quirks, app),
            Api::ContactsSearch => listing(contacts(world, quirks, args)),
            Api::MailList => listing(newest(&world.mail, &["id", "from", "date", "subject"])),
            Api::MailRead => listing(vec![known(&world.mail, "id", args.get("id"))?.clone()]),
            Api::NotesList => listing(newest(&world.notes, &["title"])),
            Api::NotesRead => listing(vec![
                known(&world.notes, "title", args.get("title"))?.clone(),
            ]),
            Api::PayBalance => {
                let balance = world.balance.to_string();
                listing(vec![Row::new(&[("balance", &balance)])])
            }
            Api::PayRequests => listing(newest(
                &world.requests,
                &["id", "from", "amount", "date", "for"],
            )),
            Api::TravelSearch => listing(flights(world, quirks, args)?),
            Api::TravelBookings => listing(newest(&world.bookings, &["id", "flight", "to"])),
            Api::ContactsAdd => self.add_contact(args),
            Api::ContactsUpdate => self.update_contact(args),
            Api::ContactsDelete => self.delete_contact(args),
            Api::MailSend => self.send_mail(args),
            Api::NotesWrite => self.write_note(args),
            Api::PaySend => self.pay(args),
            Api::TravelBook => self.book(args),
            Api::TravelCancel => self.cancel(args),
        }
    }

    fn login(&mut self, quirks: &Quirks, app: App, args: &Row) -> Result<Reply, Reply> {
        if quirks.password(app) != Some(args.get("password")) {
            return Err(Reply::new(NO_LOGIN, "the password is wrong."));
        }
        if !self.open.contains(&app) {
            self.open.push(app);
        }
        Ok(Reply::new(200, &format!("{} is open.", app.name())))
    }

    fn dismiss(&mut self, quirks: &Quirks, app: App) -> Result<Reply, Reply> {
        if !quirks.notice(app) || self.dismissed.contains(&app) {
            return Err(Reply::new(WRONG, "there is no notice."));
        }
        self.dismissed.push(app);
        Ok(Reply::new(200, "the notice is gone."))
    }
}

fn missing() -> Reply {
    Reply::new(NO_ROW, "there is no such row.")
}

fn known<'a>(table: &'a [Row], field: &str, value: &str) -> Result<&'a Row, Reply> {
    find(table, field, value).ok_or_else(missing)
}

/// Checks the names and sizes of arguments.
fn check(api: Api, args: &Row) -> Result<(), Reply> {
    let wrong = |text: String| Err(Reply::new(WRONG, &text));
    for name in api.required() {
        if args.get(name).is_empty() {
            return wrong(format!("{name} is missing."));
        }
    }
    for (name, value) in args.fields() {
        if !api.arguments().any(|known| known == name) {
            return wrong("there is no such argument.".into());
        }
        if value.chars().count() > LONGEST {
            return wrong(format!("{name} is too long."));
        }
    }
    if args.has("page") && number(args, "page").is_none() {
        return wrong("page must be above 0.".into());
    }
    Ok(())
}

/// Returns the value of an argument that is a number above 0.
fn number(args: &Row, name: &str) -> Option<u32> {
    args.get(name).parse().ok().filter(|number| *number > 0)
}

fn password(quirks: &Quirks, args: &Row) -> Result<Row, Reply> {
    let app = App::parse(args.get("app")).and_then(|app| Some((app, quirks.password(app)?)));
    let (app, password) = app.ok_or_else(|| Reply::new(WRONG, "there is no such app."))?;
    Ok(Row::new(&[("app", app.name()), ("password", password)]))
}

fn contacts(world: &World, quirks: &Quirks, args: &Row) -> Vec<Row> {
    let wanted = args.pick(&["name", "relation", "id"]);
    let rows = world.contacts.iter().filter(|row| wanted.within(row));
    if quirks.two_step && !args.has("id") {
        return rows.map(|row| row.pick(&["id", "name"])).collect();
    }
    rows.cloned().collect()
}

fn flights(world: &World, quirks: &Quirks, args: &Row) -> Result<Vec<Row>, Reply> {
    let date = quirks.format.read(args.get("date")).map(Date::text);
    let date = date.ok_or_else(|| Reply::new(WRONG_DATE, "the format of the date is wrong."))?;
    let wanted = args.pick(&["to"]).with("date", &date);
    let rows = world.flights.iter().filter(|row| wanted.within(row));
    Ok(rows.cloned().collect())
}

#[cfg(test)]
mod tests;
