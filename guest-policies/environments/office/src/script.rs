//! The steps of a demonstrator in each task.

use crate::api::{Api, App};
use crate::call::Action;
use crate::client::{Client, Step};
use crate::date::Date;
use crate::memory::Topic;
use crate::quirks::REFUNDS;
use crate::row::Row;
use crate::template::Template;

/// Returns the next action of a task, from what is known and was done.
pub fn script(template: Template, slots: &Row, client: &mut Client) -> Action {
    match run(template, slots, client) {
        Ok(answer) => answer.map_or(Action::Finish, Action::Answer),
        Err(next) => next,
    }
}

fn run(template: Template, slots: &Row, client: &mut Client) -> Step<Option<String>> {
    let slot = |name| slots.get(name);
    match template {
        Template::Phone => {
            let person = contact(client, "name", slot("person"))?;
            return Ok(Some(person.get("phone").into()));
        }
        Template::Change => {
            let id = id(client, slot("person"))?;
            let args = [("id", id), ("phone", slot("phone"))];
            client.ask(App::Contacts, Api::ContactsUpdate, &args)?;
        }
        Template::Merge => merge(client, slot("person"))?,
        Template::Repay => return repay(client, slot("date")).map(Some),
        Template::Cancel => {
            let city = |row: &Row| row.get("to") == slot("city");
            let booking = client.find(App::Travel, Api::TravelBookings, &[], city)?;
            let args = [("booking", or_give_up(booking)?.get("id"))];
            client.ask(App::Travel, Api::TravelCancel, &args)?;
        }
        Template::Forward => {
            let mail = newest_mail(client, slot("relation"))?;
            let to = known(client, Topic::Address, slot("other"))?;
            let args = [("to", to), ("mail", mail.get("id"))];
            client.ask(App::Mail, Api::MailSend, &args)?;
        }
        Template::Book => {
            book(client, slot("title"))?;
        }
        Template::Jot => {
            let person = contact(client, "name", slot("person"))?;
            let args = [("title", slot("title")), ("text", person.get("phone"))];
            client.ask(App::Notes, Api::NotesWrite, &args)?;
        }
        Template::Save => {
            let subject = |row: &Row| row.get("subject") == slot("subject");
            let mail = read_mail(client, subject)?;
            let args = [("name", mail.get("name")), ("phone", mail.get("phone"))];
            client.ask(App::Contacts, Api::ContactsAdd, &args)?;
        }
        Template::Refund => return refund(client, slot("city")).map(Some),
        Template::Trip => {
            let price = book(client, slot("title"))?;
            let args = [("to", slot("person")), ("amount", price)];
            client.ask(App::Pay, Api::PaySend, &args)?;
        }
        Template::Bill => {
            let mail = newest_mail(client, slot("relation"))?;
            let to = known(client, Topic::Person, slot("relation"))?;
            let args = [("to", to), ("amount", mail.get("amount"))];
            client.ask(App::Pay, Api::PaySend, &args)?;
        }
    }
    Ok(None)
}

/// Ends the task where something is missing that it needs.
fn or_give_up(row: Option<&Row>) -> Step<&Row> {
    row.ok_or(Action::Finish)
}

fn contact<'a>(client: &mut Client<'a>, key: &str, value: &str) -> Step<&'a Row> {
    let found = client.ask(App::Contacts, Api::ContactsSearch, &[(key, value)])?;
    details(client, or_give_up(found.rows.first())?)
}

/// Returns a row with all its fields, where a search shows no more than ids and names.
fn details<'a>(client: &mut Client<'a>, row: &'a Row) -> Step<&'a Row> {
    if row.has("phone") {
        return Ok(row);
    }
    let args = [("id", row.get("id"))];
    let found = client.ask(App::Contacts, Api::ContactsSearch, &args)?;
    or_give_up(found.rows.first())
}

fn id<'a>(client: &mut Client<'a>, name: &str) -> Step<&'a str> {
    if let Some(id) = client.recall(Topic::Id, name) {
        return Ok(id);
    }
    let found = client.ask(App::Contacts, Api::ContactsSearch, &[("name", name)])?;
    Ok(or_give_up(found.rows.first())?.get("id"))
}

/// Returns the name or the address of the contact with a relation.
fn known<'a>(client: &mut Client<'a>, topic: Topic, relation: &str) -> Step<&'a str> {
    if client.recall(topic, relation).is_none() {
        contact(client, "relation", relation)?;
    }
    client.recall(topic, relation).ok_or(Action::Finish)
}

fn newest_mail<'a>(client: &mut Client<'a>, relation: &str) -> Step<&'a Row> {
    let from = known(client, Topic::Address, relation)?;
    read_mail(client, |row| row.get("from") == from)
}

fn read_mail<'a>(client: &mut Client<'a>, fits: impl Fn(&Row) -> bool) -> Step<&'a Row> {
    let mail = client.find(App::Mail, Api::MailList, &[], fits)?;
    let args = [("id", or_give_up(mail)?.get("id"))];
    let reply = client.ask_after(App::Mail, Api::MailRead, &args, Api::MailRead)?;
    or_give_up(reply.rows.first())
}

fn merge(client: &mut Client, name: &str) -> Step<()> {
    let found = client.rows(App::Contacts, Api::ContactsSearch, &[("name", name)])?;
    let mut rows = Vec::new();
    for row in found {
        rows.push(details(client, row)?);
    }
    rows.sort_by_key(|row| row.get("year").parse().unwrap_or(0_u32));
    let [older, .., newer] = rows[..] else {
        return Err(Action::Finish);
    };
    let update = [("id", newer.get("id")), ("phone", older.get("phone"))];
    client.ask(App::Contacts, Api::ContactsUpdate, &update)?;
    let delete = [("id", older.get("id"))];
    client.ask(App::Contacts, Api::ContactsDelete, &delete)?;
    Ok(())
}

fn repay(client: &mut Client, since: &str) -> Step<String> {
    let since = Date::parse(since).unwrap_or_default();
    for row in client.rows(App::Pay, Api::PayRequests, &[])? {
        let date = Date::parse(row.get("date")).unwrap_or_default();
        if date.follows(since) {
            let args = [("to", row.get("from")), ("amount", row.get("amount"))];
            client.ask(App::Pay, Api::PaySend, &args)?;
        }
    }
    let balance = client.ask_after(App::Pay, Api::PayBalance, &[], Api::PaySend)?;
    Ok(or_give_up(balance.rows.first())?.get("balance").into())
}

/// Books the cheapest flight that fits a note, and returns its price.
fn book<'a>(client: &mut Client<'a>, title: &str) -> Step<&'a str> {
    let title = [("title", title)];
    let note = client.ask_after(App::Notes, Api::NotesRead, &title, Api::NotesRead)?;
    let note = or_give_up(note.rows.first())?;
    let date = Date::parse(note.get("date")).ok_or(Action::Finish)?;
    let flights = client.flights(note.get("to"), date)?;
    let price = |row: &&Row| row.get("price").parse().unwrap_or(u32::MAX);
    let best = or_give_up(flights.into_iter().min_by_key(price))?;
    client.ask(App::Travel, Api::TravelBook, &[("flight", best.get("id"))])?;
    Ok(best.get("price"))
}

/// Returns the refund for a flight from where refunds are told, or else from the first place
/// that tells of it.
fn refund(client: &mut Client, city: &str) -> Step<String> {
    let what = format!("refund-{city}");
    let known = client.recall(Topic::Refunds, "").and_then(App::parse);
    for app in known.map_or(REFUNDS.to_vec(), |app| vec![app]) {
        if let Some(row) = told_refund(client, app, &what)? {
            return Ok(row.get("amount").into());
        }
    }
    Err(Action::Finish)
}

fn told_refund<'a>(client: &mut Client<'a>, app: App, what: &str) -> Step<Option<&'a Row>> {
    Ok(match app {
        App::Mail => {
            let told = client.find(app, Api::MailList, &[], |row| row.get("subject") == what)?;
            match told {
                Some(mail) => {
                    let args = [("id", mail.get("id"))];
                    client.ask(app, Api::MailRead, &args)?.rows.first()
                }
                None => None,
            }
        }
        App::Notes => client
            .ask(app, Api::NotesRead, &[("title", what)])?
            .rows
            .first(),
        _ => client.find(app, Api::PayRequests, &[], |row| row.get("for") == what)?,
    })
}
