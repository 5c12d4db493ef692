//! The applications and their calls.

use serde::{Deserialize, Serialize};

/// An application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum App {
    /// People with relation, phone and email.
    Contacts,
    /// Received mail.
    Mail,
    /// Notes by title.
    Notes,
    /// The account: balance, requests and transfers.
    Pay,
    /// Flights and bookings.
    Travel,
    /// The passwords of the others. It needs no login.
    Vault,
}

impl App {
    /// The applications with a login.
    pub const CLOSED: [Self; 5] = [
        Self::Contacts,
        Self::Mail,
        Self::Notes,
        Self::Pay,
        Self::Travel,
    ];

    /// All applications.
    pub const ALL: [Self; 6] = [
        Self::Contacts,
        Self::Mail,
        Self::Notes,
        Self::Pay,
        Self::Travel,
        Self::Vault,
    ];

    /// Returns the name in calls.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Contacts => "contacts",
            Self::Mail => "mail",
            Self::Notes => "notes",
            Self::Pay => "pay",
            Self::Travel => "travel",
            Self::Vault => "vault",
        }
    }

    /// Returns the application of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|app| app.name() == name)
    }

    /// Returns its calls.
    pub fn apis(self) -> impl Iterator<Item = Api> {
        Api::ALL.into_iter().filter(move |api| api.serves(self))
    }
}

/// A call of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Api {
    /// Returns the password of an application.
    Passwords,
    /// Opens an application for the rest of the task.
    Login,
    /// Closes the notice that some applications show.
    Dismiss,
    /// Finds contacts.
    ContactsSearch,
    /// Adds a contact.
    ContactsAdd,
    /// Changes fields of a contact.
    ContactsUpdate,
    /// Deletes a contact.
    ContactsDelete,
    /// Lists mail, newest first.
    MailList,
    /// Shows a mail.
    MailRead,
    /// Sends a text, or forwards a mail.
    MailSend,
    /// Lists titles.
    NotesList,
    /// Shows a note.
    NotesRead,
    /// Writes a note, or replaces its text.
    NotesWrite,
    /// Shows the balance.
    PayBalance,
    /// Lists requests for money, newest first.
    PayRequests,
    /// Pays a person.
    PaySend,
    /// Finds flights.
    TravelSearch,
    /// Books a flight.
    TravelBook,
    /// Lists bookings, newest first.
    TravelBookings,
    /// Cancels a booking.
    TravelCancel,
}

use Api::{
    ContactsAdd, ContactsDelete, ContactsSearch, ContactsUpdate, Dismiss, Login, MailList,
    MailRead, MailSend, NotesList, NotesRead, NotesWrite, Passwords, PayBalance, PayRequests,
    PaySend, TravelBook, TravelBookings, TravelCancel, TravelSearch,
};

impl Api {
    /// All calls.
    pub const ALL: [Self; 20] = [
        Passwords,
        Login,
        Dismiss,
        ContactsSearch,
        ContactsAdd,
        ContactsUpdate,
        ContactsDelete,
        MailList,
        MailRead,
        MailSend,
        NotesList,
        NotesRead,
        NotesWrite,
        PayBalance,
        PayRequests,
        PaySend,
        TravelSearch,
        TravelBook,
        TravelBookings,
        TravelCancel,
    ];

    /// Returns the names that it may have, the documented one first.
    #[must_use]
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Passwords => &["passwords"],
            Login => &["login"],
            Dismiss => &["dismiss"],
            ContactsSearch => &["search", "find", "query"],
            ContactsAdd => &["add"],
            ContactsUpdate => &["update"],
            ContactsDelete => &["delete"],
            MailList => &["list", "inbox", "fetch"],
            NotesRead => &["read", "open", "get"],
            MailRead => &["read"],
            MailSend | PaySend => &["send"],
            NotesList => &["list"],
            NotesWrite => &["write"],
            PayBalance => &["balance"],
            PayRequests => &["requests", "claims", "pending"],
            TravelSearch => &["search", "flights", "lookup"],
            TravelBook => &["book"],
            TravelBookings => &["bookings"],
            TravelCancel => &["cancel"],
        }
    }

    /// Returns whether this application has the call.
    #[must_use]
    pub fn serves(self, app: App) -> bool {
        match self {
            Passwords => app == App::Vault,
            Login | Dismiss => app != App::Vault,
            ContactsSearch | ContactsAdd | ContactsUpdate | ContactsDelete => app == App::Contacts,
            MailList | MailRead | MailSend => app == App::Mail,
            NotesList | NotesRead | NotesWrite => app == App::Notes,
            PayBalance | PayRequests | PaySend => app == App::Pay,
            TravelSearch | TravelBook | TravelBookings | TravelCancel => app == App::Travel,
        }
    }

    /// Returns the arguments that must be given.
    #[must_use]
    pub fn required(self) -> &'static [&'static str] {
        match self {
            Passwords => &["app"],
            Login => &["password"],
            ContactsAdd => &["name", "phone"],
            ContactsUpdate | ContactsDelete | MailRead => &["id"],
            MailSend => &["to"],
            NotesRead => &["title"],
            NotesWrite => &["title", "text"],
            PaySend => &["to", "amount"],
            TravelSearch => &["to", "date"],
            TravelBook => &["flight"],
            TravelCancel => &["booking"],
            Dismiss | ContactsSearch | MailList | NotesList | PayBalance | PayRequests
            | TravelBookings => &[],
        }
    }

    /// Returns the arguments that may be given.
    #[must_use]
    pub fn optional(self) -> &'static [&'static str] {
        match self {
            ContactsSearch => &["name", "relation", "id", "page"],
            ContactsAdd => &["relation", "email"],
            ContactsUpdate => &["name", "relation", "phone", "email"],
            MailSend => &["mail", "text"],
            MailList | NotesList | PayRequests | TravelSearch | TravelBookings => &["page"],
            _ => &[],
        }
    }

    /// Returns all arguments, in the order of its documentation.
    pub fn arguments(self) -> impl Iterator<Item = &'static str> {
        self.required().iter().chain(self.optional()).copied()
    }

    /// Returns a description in one sentence.
    #[must_use]
    pub fn summary(self) -> &'static str {
        match self {
            Passwords => "shows the password of an app",
            Login => "opens the app",
            Dismiss => "closes the notice",
            ContactsSearch => "finds contacts",
            ContactsAdd => "adds a contact",
            ContactsUpdate => "changes fields of a contact",
            ContactsDelete => "deletes a contact",
            MailList => "lists mails, newest first",
            MailRead => "shows a mail",
            MailSend => "forwards a mail, or sends a text, to an address",
            NotesList => "lists titles",
            NotesRead => "shows a note",
            NotesWrite => "writes a note",
            PayBalance => "shows the balance",
            PayRequests => "lists requests for money, newest first",
            PaySend => "pays a person",
            TravelSearch => "finds flights",
            TravelBook => "books a flight",
            TravelBookings => "lists bookings, newest first",
            TravelCancel => "cancels a booking",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_one_call_of_an_application() {
        for app in App::ALL {
            let mut names: Vec<_> = app.apis().flat_map(Api::names).collect();
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count, "{}", app.name());
        }
    }

    #[test]
    fn there_are_nineteen_documented_calls() {
        assert_eq!(Api::ALL.iter().filter(|api| **api != Dismiss).count(), 19);
    }
}
