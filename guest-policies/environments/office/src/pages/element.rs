//! The elements of pages.

use std::fmt;

use crate::api::App;
use crate::row::quoted;

/// An element of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Element {
    /// A link or button with its label.
    Link(String),
    /// A field of any text: its name and value.
    Textbox(String, String),
    /// A field whose values are the applications: its name and value.
    Select(String, String),
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link(label) => write!(f, "link {label}"),
            Self::Textbox(name, value) => write!(f, "textbox {name} {}", quoted(value)),
            Self::Select(name, value) => {
                let apps = App::CLOSED.map(App::name).join(" ");
                write!(f, "select {name} {} of {apps}", quoted(value))
            }
        }
    }
}
