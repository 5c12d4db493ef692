//! The way over pages to an action.

use super::{ANSWER, Browser, Element, FINISH, NEXT, Page};
use crate::api::App;
use crate::call::{Action, Call};

impl Browser {
    /// Returns the next action on the pages that leads to an action beyond them.
    #[must_use]
    pub fn steer(&self, action: &Action, asks: bool) -> String {
        let step = match (action, &self.page) {
            (Action::Call(call), _) => self.towards(call, asks),
            (Action::Answer(value), Page::Home) if self.fields.get(ANSWER) == value => {
                Some("submit".into())
            }
            (Action::Answer(value), Page::Home) => self.fill(ANSWER, value, asks),
            (_, Page::Home) => self.click(FINISH, asks),
            _ => None,
        };
        step.unwrap_or_else(|| "back".into())
    }

    /// Returns the next action towards a call; none if this page does not lead there.
    fn towards(&self, call: &Call, asks: bool) -> Option<String> {
        match &self.page {
            Page::Home => self.click(call.app.name(), asks),
            Page::App(app) if *app == call.app => {
                let next = self.next.as_ref() == Some(call);
                self.click(if next { NEXT } else { &call.name }, asks)
            }
            Page::Form(app, _, name) if *app == call.app && *name == call.name => {
                self.complete(call, asks)
            }
            _ => None,
        }
    }

    /// Returns the next action in the form of a call. Its first page is shown before others.
    fn complete(&self, call: &Call, asks: bool) -> Option<String> {
        let mut wanted = call.args.fields().filter(|(name, _)| *name != "page");
        let missing = wanted.find(|(name, value)| self.fields.get(name) != *value);
        if let Some((name, value)) = missing {
            return self.fill(name, value, asks);
        }
        let foreign = |(name, value): (&str, &str)| !value.is_empty() && !call.args.has(name);
        let foreign = self.fields.fields().any(foreign);
        (!foreign).then(|| "submit".into())
    }

    fn click(&self, label: &str, asks: bool) -> Option<String> {
        let number = self.number(
            asks,
            |element| matches!(element, Element::Link(own) if own == label),
        )?;
        Some(format!("click e{number}"))
    }

    fn fill(&self, field: &str, value: &str, asks: bool) -> Option<String> {
        let is_field = |element: &Element| match element {
            Element::Textbox(name, _) | Element::Select(name, _) => name == field,
            Element::Link(_) => false,
        };
        let number = self.number(asks, is_field)?;
        let select = matches!(self.page, Page::Form(App::Vault, ..));
        let verb = if select { "select" } else { "type" };
        Some(format!("{verb} e{number} {value}"))
    }

    fn number(&self, asks: bool, fits: impl Fn(&Element) -> bool) -> Option<usize> {
        let place = self.elements(asks).iter().position(fits)?;
        Some(place + 1)
    }
}
