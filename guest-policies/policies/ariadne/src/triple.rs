//! Triples, and lists of them in outputs: `key, is in, red box; red box, is, open`.

use memloom_sdk::grammar::said;
use memloom_sdk::text::{first_words, word_count};
use memloom_sdk::thoughts::spoken;

/// The most words of a part.
const MOST_WORDS: usize = 7;

/// The node of all that the agent carries.
pub const INVENTORY: &str = "inventory";

/// A relation that says nothing.
const FREE: &str = "free";

/// The word for an empty list.
pub const NONE: &str = "none";

/// A subject, a relation and an object, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Triple {
    /// The subject.
    pub subject: String,
    /// The relation.
    pub relation: String,
    /// The object.
    pub object: String,
}

/// The triples of an output.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Triples {
    /// The triples in order.
    pub triples: Vec<Triple>,
    /// The number of parts of the output that are no triples.
    pub malformed: u32,
    /// True if there are quotes, brackets or lines that were not asked for.
    pub is_repaired: bool,
}

impl Triple {
    /// Returns a triple of these parts; none if one is empty or has more than seven words.
    pub fn new(subject: &str, relation: &str, object: &str) -> Option<Self> {
        let parts = [end(subject), clean(relation), end(object)];
        let fits = |part: &String| (1..=MOST_WORDS).contains(&word_count(part));
        let all_fit = parts.iter().all(fits);
        let [subject, relation, object] = parts;
        all_fit.then_some(Self {
            subject,
            relation,
            object,
        })
    }

    /// Reads one triple; none if there is none, or more.
    pub fn parse(text: &str) -> Option<Self> {
        let mut read = parse(text)?;
        let triple = read.triples.pop()?;
        (read.triples.is_empty() && read.malformed == 0).then_some(triple)
    }

    /// Returns the text: `key, is in, red box`. Names with commas have quotes.
    pub fn text(&self) -> String {
        let quoted = |part: &String| match part.contains([',', ';']) {
            true => format!("\"{part}\""),
            false => part.clone(),
        };
        let parts = [&self.subject, &self.relation, &self.object];
        parts.map(quoted).join(", ")
    }

    /// Returns the parts.
    pub fn parts(&self) -> [&str; 3] {
        [&self.subject, &self.relation, &self.object]
    }

    /// Returns the words of the text, as a sentence of a small model's prompt.
    pub fn sentence(&self) -> String {
        said(&format!("{} .", self.parts().join(" ")))
    }
}

/// Returns the text of triples: `key, is in, red box; red box, is, open`.
pub fn write<'a>(triples: impl IntoIterator<Item = &'a Triple>) -> String {
    let texts: Vec<String> = triples.into_iter().map(Triple::text).collect();
    match texts.is_empty() {
        true => NONE.into(),
        false => texts.join("; "),
    }
}

/// Reads the triples of an output; none if its thoughts do not end.
pub fn parse(output: &str) -> Option<Triples> {
    let said = spoken(output)?.trim();
    let mut read = Triples::default();
    if clean(said) == NONE {
        return Some(read);
    }
    let (mut parts, mut part) = (Vec::new(), String::new());
    let (mut is_quoted, mut is_wrapped) = (false, false);
    for letter in said.chars() {
        let is_blank = parts.is_empty() && part.trim().is_empty();
        match letter {
            '"' => is_quoted = !is_quoted,
            _ if is_quoted => part.push(letter),
            '(' | '[' if is_blank => is_wrapped = true,
            ')' | ']' if is_wrapped || is_blank => {
                is_wrapped = false;
                read.end(&mut parts, &mut part);
            }
            ';' | '\n' => read.end(&mut parts, &mut part),
            ',' if is_blank => {}
            ',' => parts.push(std::mem::take(&mut part)),
            _ => part.push(letter),
        }
        read.is_repaired |= matches!(letter, '"' | '\n') || is_wrapped;
    }
    read.end(&mut parts, &mut part);
    Some(read)
}

impl Triples {
    /// Ends a triple.
    fn end(&mut self, parts: &mut Vec<String>, part: &mut String) {
        parts.push(std::mem::take(part));
        let parts = std::mem::take(parts);
        let is_empty = parts.iter().all(|part| clean(part).is_empty());
        match &parts[..] {
            _ if is_empty => {}
            [_, relation, _] if clean(relation) == FREE => {}
            [subject, relation, object] => {
                let unlisted = without_number(subject);
                self.is_repaired |= unlisted != subject.trim();
                self.add(Triple::new(unlisted, relation, object));
            }
            _ => self.malformed += 1,
        }
    }

    /// Adds a triple that is not there yet.
    fn add(&mut self, triple: Option<Triple>) {
        match triple {
            Some(triple) if self.triples.contains(&triple) => {}
            Some(triple) => self.triples.push(triple),
            None => self.malformed += 1,
        }
    }
}

/// Returns a text without the number or dash of a list before it: `1. key`, `- key`.
fn without_number(text: &str) -> &str {
    let text = text.trim();
    let number = text.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let rest = match number.len() < text.len() {
        true => number.strip_prefix(". ").or(number.strip_prefix(") ")),
        false => text.strip_prefix("- ").or(text.strip_prefix("* ")),
    };
    rest.unwrap_or(text).trim_start()
}

/// Returns a text in lower case, without quotes around it and punctuation at its end.
fn clean(text: &str) -> String {
    let mark = |letter: char| letter.is_whitespace() || "\"'`“”‘’".contains(letter);
    let end = |letter: char| mark(letter) || ".,;:!?".contains(letter);
    let text = text.trim_start_matches(mark).trim_end_matches(end);
    first_words(&text.to_lowercase(), usize::MAX)
}

/// Returns the name of a subject or object.
fn end(text: &str) -> String {
    match &*clean(text) {
        "i" => INVENTORY.into(),
        "p" => "player".into(),
        name => name.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(output: &str) -> (Vec<String>, u32, bool) {
        let read = parse(output).unwrap_or_default();
        let texts = read.triples.iter().map(Triple::text);
        (texts.collect(), read.malformed, read.is_repaired)
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn two_triples_are_read_and_what_is_none_counts_as_malformed() {
        assert_eq!(
            read("kitchen, contains, fridge; fridge, state, closed; bad"),
            (
                texts(&["kitchen, contains, fridge", "fridge, state, closed"]),
                1,
                false
            )
        );
        assert_eq!(
            read(r#"("Golden Locker.", "is in", "I")"#),
            (texts(&["golden locker, is in, inventory"]), 0, true)
        );
    }

    #[test]
    fn names_with_commas_are_read_in_quotes_and_written_so() {
        let (found, malformed, _) = read(r#""Knife, old", is on, table; P, sees, "a; b""#);
        assert_eq!(
            found,
            [r#""knife, old", is on, table"#, r#"player, sees, "a; b""#]
        );
        assert_eq!(malformed, 0);
        assert_eq!(read(&found.join("; ")).0, found);
        assert_eq!(read("salt, pepper, is on, table").1, 1);
    }

    #[test]
    fn lines_and_tuples_are_repaired() {
        for output in [
            "[(a, by, b), (c, by, d)]",
            "a, by, b\nc, by, d.",
            "<think>x, y, z</think>(a, by, b); (c, by, d)",
            "a, by, b; a, by, b\n\nc, by, d;",
            "1. a, by, b; 2) c, by, d",
            "- a, by, b\n* c, by, d",
        ] {
            assert_eq!(
                read(output),
                (texts(&["a, by, b", "c, by, d"]), 0, true),
                "{output}"
            );
        }
        assert_eq!(read("key (old), by, b").0, ["key (old), by, b"]);
    }

    #[test]
    fn what_says_nothing_is_no_triple_and_not_malformed() {
        for output in ["", "None.", "lamp, free, lamp", ";;"] {
            assert_eq!(read(output), (vec![], 0, false), "{output}");
        }
        let long = "a b c d e f g h, is, x";
        assert_eq!(read(long), (vec![], 1, false));
        assert_eq!(parse("<think>a, b, c"), None);
    }

    #[test]
    fn one_triple_is_read_alone() {
        assert!(Triple::parse("a, by, b").is_some());
        for wrong in ["", "a", "a, by, b; c", "a, by, b; c, by, d"] {
            assert_eq!(Triple::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_sentence_has_no_commas() {
        let triple = Triple::new("Key 1", "is in", "Box (red)");
        assert_eq!(
            triple.map(|triple| triple.sentence()).as_deref(),
            Some("key 1 is in box red .")
        );
    }
}
