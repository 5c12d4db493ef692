//! The calls that change something.

use super::{Server, known, missing, number};
use crate::api::Api;
use crate::reply::{Reply, WRONG};
use crate::row::Row;
use crate::world::{add, find};

impl Server {
    pub(super) fn add_contact(&mut self, args: &Row) -> Result<Reply, Reply> {
        let id = add(&mut self.world.contacts, args);
        self.changes.make(Api::ContactsAdd, args.clone(), &id);
        Ok(made("id", &id))
    }

    pub(super) fn update_contact(&mut self, args: &Row) -> Result<Reply, Reply> {
        let id = args.get("id");
        let contacts = &mut self.world.contacts;
        let row = contacts.iter_mut().find(|row| row.get("id") == id);
        let row = row.ok_or_else(missing)?;
        for (field, value) in args.fields().filter(|(field, _)| *field != "id") {
            let change = Row::new(&[("id", id), (field, value)]);
            let place = format!("{id} {field}");
            let before = row.get(field);
            self.changes
                .set(Api::ContactsUpdate, change, &place, before, value);
            row.set(field, value);
        }
        Ok(done())
    }

    pub(super) fn delete_contact(&mut self, args: &Row) -> Result<Reply, Reply> {
        let id = args.get("id");
        known(&self.world.contacts, "id", id)?;
        self.world.contacts.retain(|row| row.get("id") != id);
        self.changes
            .unmake(Api::ContactsAdd, Api::ContactsDelete, args, id);
        Ok(done())
    }

    pub(super) fn send_mail(&mut self, args: &Row) -> Result<Reply, Reply> {
        if args.has("mail") == args.has("text") {
            return Err(Reply::new(WRONG, "give either mail or text."));
        }
        if args.has("mail") {
            known(&self.world.mail, "id", args.get("mail"))?;
        }
        self.changes.make(Api::MailSend, args.clone(), "");
        Ok(done())
    }

    pub(super) fn write_note(&mut self, args: &Row) -> Result<Reply, Reply> {
        let title = args.get("title");
        let notes = &mut self.world.notes;
        let before = find(notes, "title", title).map_or("", |row| row.get("text"));
        self.changes.set(
            Api::NotesWrite,
            args.clone(),
            title,
            before,
            args.get("text"),
        );
        notes.retain(|row| row.get("title") != title);
        notes.push(args.clone());
        Ok(done())
    }

    /// Pays a person, which settles the person's request for this amount.
    pub(super) fn pay(&mut self, args: &Row) -> Result<Reply, Reply> {
        let wrong = |text| Reply::new(WRONG, text);
        let amount = number(args, "amount").ok_or_else(|| wrong("amount must be above 0."))?;
        if amount > self.world.balance {
            return Err(wrong("the balance is too small."));
        }
        self.world.balance -= amount;
        let paid = Row::new(&[("from", args.get("to")), ("amount", args.get("amount"))]);
        let requests = &mut self.world.requests;
        if let Some(place) = requests.iter().position(|row| paid.within(row)) {
            requests.remove(place);
        }
        self.changes.make(Api::PaySend, args.clone(), "");
        Ok(done())
    }

    pub(super) fn book(&mut self, args: &Row) -> Result<Reply, Reply> {
        let flight = known(&self.world.flights, "id", args.get("flight"))?;
        let booking = Row::new(&[("flight", flight.get("id")), ("to", flight.get("to"))]);
        let id = add(&mut self.world.bookings, &booking);
        self.changes.make(Api::TravelBook, args.clone(), &id);
        Ok(made("booking", &id))
    }

    pub(super) fn cancel(&mut self, args: &Row) -> Result<Reply, Reply> {
        let id = args.get("booking");
        known(&self.world.bookings, "id", id)?;
        self.world.bookings.retain(|row| row.get("id") != id);
        self.changes
            .unmake(Api::TravelBook, Api::TravelCancel, args, id);
        Ok(done())
    }
}

fn done() -> Reply {
    Reply::new(200, "done.")
}

/// Returns a reply that names what was made.
fn made(what: &str, id: &str) -> Reply {
    Reply {
        rows: vec![Row::new(&[(what, id)])],
        ..done()
    }
}
