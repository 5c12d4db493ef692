//! Keys as lists of Markdown.

use crate::source::{Key, Kind, Record, Source};

const WIDTH: usize = 100;

/// Adds text of one or more paragraphs, wrapped and indented. The first line starts with
/// `first`, such as `- `; the others are aligned with it.
pub fn paragraphs(page: &mut String, indent: &str, first: &str, text: &str) {
    let hanging = " ".repeat(first.len());
    let mut start = first;
    for (number, paragraph) in text.split("\n\n").enumerate() {
        if number > 0 {
            page.push('\n');
        }
        let mut line = format!("{indent}{start}");
        let mut empty = true;
        for word in words(paragraph) {
            if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
                page.push_str(&line);
                page.push('\n');
                line = format!("{indent}{hanging}");
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(&word);
            empty = false;
        }
        page.push_str(&line);
        page.push('\n');
        start = &hanging;
    }
}

/// Splits text at spaces, but not inside code.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut code = false;
    for word in text.split_whitespace() {
        match words.last_mut().filter(|_| code) {
            Some(last) => *last += &format!(" {word}"),
            None => words.push(word.to_owned()),
        }
        code ^= word.matches('`').count() % 2 == 1;
    }
    words
}

/// Adds a key: its name, its doc comment, and a note about its value.
pub fn key(page: &mut String, key: &Key, note: &str) {
    let head = format!("**`{}`** ({note}): {}", key.name, key.doc);
    paragraphs(page, "", "- ", &head);
    if let Kind::Choice(values) = innermost(&key.kind) {
        for (value, doc) in values {
            paragraphs(page, "  ", "- ", &format!("`{value}`: {doc}"));
        }
    }
}

/// Returns the name of a type.
pub fn kind(of: &Kind) -> String {
    match of {
        Kind::Plain(name) => (*name).to_owned(),
        Kind::Choice(_) => "string".to_owned(),
        Kind::Record(_) => "table".to_owned(),
        Kind::List(inner) => format!("list of {}s", kind(inner)),
        Kind::Map(inner) => format!("table of {}s by name", kind(inner)),
    }
}

/// Returns the type inside all lists and tables.
pub fn innermost(of: &Kind) -> &Kind {
    match of {
        Kind::List(inner) | Kind::Map(inner) => innermost(inner),
        other => other,
    }
}

/// Returns the keys of a struct, with flattened structs' keys in their places.
pub fn flat(source: &Source, record: Record) -> Vec<Key> {
    let mut keys = Vec::new();
    for key in record.keys {
        match &key.kind {
            Kind::Record(name) if key.flatten => keys.extend(flat(source, source.record(name))),
            _ => keys.push(key),
        }
    }
    keys
}
