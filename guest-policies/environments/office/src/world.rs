//! The tables of an office.

use serde::{Deserialize, Serialize};

use crate::row::Row;

/// All tables. Rows stand in order of their arrival.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct World {
    /// People: id, name, relation, phone, email, year.
    pub contacts: Vec<Row>,
    /// Received mail: id, from, date, subject and the fields of its text.
    pub mail: Vec<Row>,
    /// Notes: title and the fields of its text.
    pub notes: Vec<Row>,
    /// Requests for money: id, from, amount, date, for.
    pub requests: Vec<Row>,
    /// Flights: id, to, date, price.
    pub flights: Vec<Row>,
    /// Bookings: id, flight, to.
    pub bookings: Vec<Row>,
    /// The money in the account.
    pub balance: u32,
}

/// Adds a row under the smallest free id, and returns the id.
pub fn add(table: &mut Vec<Row>, row: &Row) -> String {
    let free = (1..)
        .map(|id: usize| id.to_string())
        .find(|id| find(table, "id", id).is_none())
        .unwrap_or_default();
    let mut numbered = Row::new(&[("id", &free)]);
    for (name, value) in row.fields() {
        numbered.set(name, value);
    }
    table.push(numbered);
    free
}

/// Returns the first row whose field has this value.
#[must_use]
pub fn find<'a>(table: &'a [Row], field: &str, value: &str) -> Option<&'a Row> {
    table.iter().find(|row| row.get(field) == value)
}

/// Drops the oldest rows beyond a number.
pub fn keep_newest(table: &mut Vec<Row>, rows: usize) {
    let surplus = table.len().saturating_sub(rows);
    table.drain(..surplus);
}
