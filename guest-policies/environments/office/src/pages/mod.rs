//! The applications as pages of elements, in the stead of calls.

use serde::{Deserialize, Serialize};

use crate::api::{Api, App};
use crate::call::{Action, Call};
use crate::reply::Reply;
use crate::row::Row;

mod element;
mod show;
mod steer;

pub use element::Element;

/// The page that is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Page {
    /// The applications, and the end of the task.
    #[default]
    Home,
    /// The calls of an application.
    App(App),
    /// The arguments of a call.
    Form(App, Api, String),
}

/// A browser: a page and what was typed there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Browser {
    page: Page,
    fields: Row,
    /// The call for the next page of the rows that were shown last.
    next: Option<Call>,
}

/// The field of the home page.
const ANSWER: &str = "answer";
/// The link that ends the task.
const FINISH: &str = "finish";
/// The link to more rows.
const NEXT: &str = "next";
/// The most characters of a field.
const LONGEST: usize = 1000;
/// What a wrong action is answered with.
const NO_ELEMENT: &str = "404: there is no such element.";

/// The data of the pages.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The applications that were opened.
    pub open: &'a [App],
    /// True if the task asks a question.
    pub asks: bool,
    /// Fields that are filled when the form of a call opens.
    pub given: &'a dyn Fn(Api) -> Row,
}

impl Browser {
    /// Takes an action, and returns what it does beyond the pages, if anything.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn act(&mut self, text: &str, around: Surroundings) -> Result<Option<Action>, String> {
        let (verb, rest) = words(text);
        let (name, value) = words(rest);
        match (verb, rest) {
            ("back", "") => self.back(around.open),
            ("submit", "") => return self.submit().map(Some),
            ("click", _) => match self.element(name, around.asks)? {
                Element::Link(label) => return Ok(self.follow(&label, around)),
                _ => return Err("422: this element is no link.".into()),
            },
            ("type", _) => match self.element(name, around.asks)? {
                Element::Textbox(field, _) if value.chars().count() <= LONGEST => {
                    self.fields.set(&field, value);
                }
                Element::Textbox(..) => return Err("422: the text is too long.".into()),
                _ => return Err("422: this element is no textbox.".into()),
            },
            ("select", _) => match self.element(name, around.asks)? {
                Element::Select(field, _) if App::parse(value).is_some() => {
                    self.fields.set(&field, value);
                }
                _ => return Err("422: this element has no such value.".into()),
            },
            _ => return Err("400: click, type, select, submit or go back.".into()),
        }
        Ok(None)
    }

    /// Returns the element that `e7` names.
    fn element(&self, name: &str, asks: bool) -> Result<Element, String> {
        let number: Option<usize> = name.strip_prefix('e').and_then(|text| text.parse().ok());
        number
            .and_then(|number| self.elements(asks).into_iter().nth(number.checked_sub(1)?))
            .ok_or_else(|| NO_ELEMENT.into())
    }

    /// Shows the page after a call.
    pub fn show(&mut self, call: &Call, reply: &Reply) {
        self.next = (reply.next > 0).then(|| {
            let mut next = call.clone();
            next.args.set("page", &reply.next.to_string());
            next
        });
        if reply.ok() && call.app != App::Vault {
            self.open(Page::App(call.app));
        }
    }

    fn open(&mut self, page: Page) {
        self.page = page;
        self.fields = Row::default();
    }

    fn back(&mut self, open: &[App]) {
        let page = match self.page {
            Page::Form(app, ..) if open.contains(&app) => Page::App(app),
            _ => Page::Home,
        };
        self.open(page);
    }

    fn submit(&self) -> Result<Action, String> {
        match &self.page {
            Page::Form(..) => self.call().map(Action::Call).ok_or(NO_ELEMENT.into()),
            Page::Home if !self.fields.is_empty() => {
                Ok(Action::Answer(self.fields.get(ANSWER).into()))
            }
            _ => Err("422: there is nothing to submit.".into()),
        }
    }

    /// Returns the call of the form that is open, with the fields that are filled.
    #[must_use]
    pub fn call(&self) -> Option<Call> {
        let Page::Form(app, _, name) = &self.page else {
            return None;
        };
        let filled = self.fields.fields().filter(|(_, value)| !value.is_empty());
        Some(Call {
            app: *app,
            name: name.clone(),
            args: filled.collect(),
        })
    }

    /// Follows a link that the page has.
    fn follow(&mut self, label: &str, around: Surroundings) -> Option<Action> {
        match self.page {
            Page::Home if label == FINISH => return Some(Action::Finish),
            Page::Home => {
                let app = App::parse(label)?;
                self.open(match app {
                    App::Vault => Page::Form(app, Api::Passwords, "passwords".into()),
                    _ if around.open.contains(&app) => Page::App(app),
                    _ => Page::Form(app, Api::Login, "login".into()),
                });
            }
            Page::App(app) => {
                if label == NEXT {
                    return self.next.clone().map(Action::Call);
                }
                let call = Call::new(app, label, &[]);
                let api = call.api()?;
                if fields(api).next().is_none() {
                    return Some(Action::Call(call));
                }
                self.open(Page::Form(app, api, label.into()));
                self.fields = (around.given)(api);
            }
            Page::Form(..) => {}
        }
        None
    }
}

/// Splits a text after its first word.
fn words(text: &str) -> (&str, &str) {
    let text = text.trim();
    let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
    (first, rest.trim())
}

/// Returns the fields of a call's form. Further pages are links.
fn fields(api: Api) -> impl Iterator<Item = &'static str> {
    api.arguments().filter(|name| *name != "page")
}

#[cfg(test)]
mod tests;
