//! The text form of calls: `pay.send to=ann amount=12`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::api::{Api, App};
use crate::row::{Row, quoted};

/// A call, whose name may be wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The application.
    pub app: App,
    /// The name that is called.
    pub name: String,
    /// The arguments.
    pub args: Row,
}

impl Call {
    /// Returns a call.
    #[must_use]
    pub fn new(app: App, name: &str, args: &[(&str, &str)]) -> Self {
        Self {
            app,
            name: name.into(),
            args: Row::new(args),
        }
    }

    /// Returns what the name may mean.
    #[must_use]
    pub fn api(&self) -> Option<Api> {
        self.app
            .apis()
            .find(|api| api.names().contains(&self.name.as_str()))
    }

    /// Returns it with the arguments in the order of the documentation.
    #[must_use]
    pub fn ordered(mut self) -> Self {
        if let Some(api) = self.api() {
            let names: Vec<&str> = api.arguments().collect();
            self.args = self.args.ordered(&names);
        }
        self
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.app.name(), self.name)?;
        for (name, value) in self.args.fields() {
            write!(f, " {name}={}", quoted(value))?;
        }
        Ok(())
    }
}

/// An action of an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Calls an application.
    Call(Call),
    /// Reads the documentation of everything, an application or a call.
    Docs(String),
    /// Answers the task's question and ends the task.
    Answer(String),
    /// Ends the task.
    Finish,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(call) => call.fmt(f),
            Self::Docs(topic) => f.write_str(format!("docs {topic}").trim_end()),
            Self::Answer(text) => write!(f, "answer {text}"),
            Self::Finish => f.write_str("finish"),
        }
    }
}

impl Action {
    /// Parses an action. `field` returns the value of a field of an earlier call's first row,
    /// which `$3.email` names.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(
        text: &str,
        field: impl Fn(usize, &str) -> Option<String>,
    ) -> Result<Self, String> {
        let text = text.trim();
        let (head, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        match head {
            "finish" if rest.is_empty() => return Ok(Self::Finish),
            "answer" => return Ok(Self::Answer(rest.trim().into())),
            "docs" => return Ok(Self::Docs(rest.trim().into())),
            _ => {}
        }
        let (app, name) = head
            .split_once('.')
            .ok_or("400: write a call, answer or finish.")?;
        let app = App::parse(app).ok_or("404: there is no such app.")?;
        let mut args = Row::default();
        for Argument { name, value, plain } in arguments(rest)? {
            if args.has(&name) {
                return Err("422: an argument stands twice.".into());
            }
            match value.strip_prefix('$').filter(|_| plain) {
                Some(path) => args.set(&name, &resolved(path, &field)?),
                None => args.set(&name, &value),
            }
        }
        Ok(Self::Call(Call {
            app,
            name: name.into(),
            args,
        }))
    }
}

fn resolved(path: &str, field: impl Fn(usize, &str) -> Option<String>) -> Result<String, String> {
    path.split_once('.')
        .and_then(|(call, name)| field(call.parse().ok()?, name))
        .ok_or_else(|| "422: no earlier call has this field.".into())
}

/// An argument as written; `plain` if its value has no quotes.
struct Argument {
    name: String,
    value: String,
    plain: bool,
}

/// Splits `name=value name="some words"`.
fn arguments(mut rest: &str) -> Result<Vec<Argument>, String> {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok(found);
        }
        let (name, after) = rest
            .split_once('=')
            .filter(|(name, _)| !name.is_empty() && !name.contains(char::is_whitespace))
            .ok_or("422: write arguments as name=value.")?;
        let plain = !after.starts_with('"');
        let (value, after) = if plain {
            let end = after.find(char::is_whitespace).unwrap_or(after.len());
            (after[..end].to_string(), &after[end..])
        } else {
            text_in_quotes(&after[1..])?
        };
        rest = after;
        found.push(Argument {
            name: name.into(),
            value,
            plain,
        });
    }
}

/// Returns the text up to the closing quote, and the rest after it.
fn text_in_quotes(text: &str) -> Result<(String, &str), String> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((value, &text[at + 1..])),
            '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
            _ => value.push(c),
        }
    }
    Err("422: a quote is not closed.".into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn parse(text: &str) -> Result<Action, String> {
        Action::parse(text, |call, name| {
            (call == 3 && name == "email").then(|| "oak@post".into())
        })
    }

    #[test]
    fn a_call_reads_back_as_it_was_written() {
        for text in [
            "pay.send to=ann amount=12",
            r#"notes.write title=plan text="two \"words\" \\ more""#,
            r#"notes.write title=plan text="$3.email""#,
            r#"notes.write title="" text=a=b"#,
        ] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_reference_takes_the_field_of_an_earlier_call() {
        let action = parse("mail.send to=$3.email text=hello").unwrap();
        assert_eq!(action.to_string(), "mail.send to=oak@post text=hello");
        assert!(parse("mail.send to=$9.email").is_err());
        assert!(parse("mail.send to=$3").is_err());
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(
            parse("look").unwrap_err(),
            "400: write a call, answer or finish."
        );
        assert_eq!(
            parse("bank.send").unwrap_err(),
            "404: there is no such app."
        );
        assert!(parse("pay.send to").unwrap_err().contains("name=value"));
        assert!(parse("pay.send to=a to=b").unwrap_err().contains("twice"));
        assert!(parse("pay.send to=\"a").unwrap_err().contains("quote"));
    }
}
