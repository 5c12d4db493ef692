//! The elements and actions of the page that is shown.

use super::{ANSWER, Browser, Element, FINISH, NEXT, Page, fields};
use crate::api::{Api, App};
use crate::call::Action;

impl Browser {
    /// Returns the elements of the page that is shown.
    #[must_use]
    pub fn elements(&self, asks: bool) -> Vec<Element> {
        let link = |label: &str| Element::Link(label.into());
        let textbox = |name: &str| Element::Textbox(name.into(), self.fields.get(name).into());
        match &self.page {
            Page::Home => {
                let apps = App::ALL.map(|app| link(app.name())).into_iter();
                let answer = asks.then(|| textbox(ANSWER));
                apps.chain(answer).chain([link(FINISH)]).collect()
            }
            Page::App(app) => {
                let next = self.next.as_ref().filter(|call| call.app == *app);
                let calls = app.apis().filter(|api| *api != Api::Login);
                let names = calls.flat_map(|api| api.names().iter().map(|name| link(name)));
                next.map(|_| link(NEXT)).into_iter().chain(names).collect()
            }
            Page::Form(_, Api::Passwords, _) => {
                vec![Element::Select("app".into(), self.fields.get("app").into())]
            }
            Page::Form(_, api, _) => fields(*api).map(textbox).collect(),
        }
    }

    /// Returns the lines of the page: `e7 textbox date ""`.
    #[must_use]
    pub fn text(&self, asks: bool) -> String {
        let elements = self.elements(asks);
        let lines = elements.iter().zip(1..);
        let lines: Vec<String> = lines
            .map(|(element, number)| format!("e{number} {element}"))
            .collect();
        lines.join("\n")
    }

    /// Returns the actions on the page. Fields take the values that they have in `calls`.
    #[must_use]
    pub fn actions(&self, asks: bool, calls: &[Action]) -> Vec<String> {
        let mut actions = Vec::new();
        for (element, number) in self.elements(asks).iter().zip(1..) {
            match element {
                Element::Link(_) => actions.push(format!("click e{number}")),
                Element::Textbox(name, _) => self.values(name, calls, |value| {
                    actions.push(format!("type e{number} {value}"));
                }),
                Element::Select(name, _) => self.values(name, calls, |value| {
                    actions.push(format!("select e{number} {value}"));
                }),
            }
        }
        match self.page {
            Page::Home if self.fields.is_empty() => {}
            Page::Home => actions.push("submit".into()),
            Page::App(_) => actions.push("back".into()),
            Page::Form(..) => actions.extend(["submit", "back"].map(String::from)),
        }
        actions
    }

    /// Calls `found` with each value of a field, once.
    fn values(&self, field: &str, calls: &[Action], mut found: impl FnMut(&str)) {
        let mut known: Vec<&str> = Vec::new();
        for action in calls {
            let value = match (action, &self.page) {
                (Action::Answer(value), Page::Home) => value,
                (Action::Call(call), Page::Form(app, _, name))
                    if call.app == *app && call.name == *name && call.args.has(field) =>
                {
                    call.args.get(field)
                }
                _ => continue,
            };
            if !known.contains(&value) {
                known.push(value);
                found(value);
            }
        }
    }
}
