//! The session that is being read, to check what a model says about it.

use memloom_sdk::types::Turn;
use serde_json::Value;

/// A session and everybody who has spoken so far.
#[derive(Clone, Copy)]
pub struct Sitting<'a> {
    /// In the environment's own words.
    pub time: &'a str,
    /// All turns of the session.
    pub turns: &'a [Turn],
    /// In the order in which they were met.
    pub speakers: &'a [String],
}

/// Turn ids that a model cited.
#[derive(Debug, PartialEq, Eq)]
pub struct Cited {
    /// Those of the session, each once.
    pub turns: Vec<String>,
    /// How many others there were.
    pub unknown: u32,
}

impl Sitting<'_> {
    /// Reads a `dia_id`: an id, several joined by commas, or a list of either.
    pub fn cited(&self, dia_id: &Value) -> Cited {
        let texts: Vec<&str> = match dia_id {
            Value::String(text) => vec![text],
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let mut cited = Cited {
            turns: Vec::new(),
            unknown: 0,
        };
        let ids = texts.iter().flat_map(|text| text.split(',')).map(str::trim);
        for id in ids.filter(|id| !id.is_empty()) {
            if cited.turns.iter().any(|known| known == id) {
                continue;
            }
            if self.turns.iter().any(|turn| turn.id == id) {
                cited.turns.push(id.into());
            } else {
                cited.unknown += 1;
            }
        }
        cited
    }

    /// Names of those who have spoken, but empty ones.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.speakers.iter().map(String::as_str);
        names.filter(|name| !name.trim().is_empty())
    }

    /// Whom a fact is filed under: the speaker whom the model names; where it
    /// names nobody who speaks, whoever told the fact, so that retrieval by
    /// speaker finds it; failing that, the name as it is.
    pub fn speaker(&self, named: &str, cited: &[String]) -> String {
        let known = self
            .speakers
            .iter()
            .find(|name| name.eq_ignore_ascii_case(named.trim()));
        let told = || {
            let turn = self
                .turns
                .iter()
                .find(|turn| cited.first() == Some(&turn.id));
            turn.map(|turn| turn.speaker.clone())
        };
        known
            .cloned()
            .or_else(told)
            .unwrap_or_else(|| named.trim().into())
    }
}

/// A field that must hold some text.
pub fn text<'v>(object: &'v Value, field: &str) -> Option<&'v str> {
    object
        .get(field)?
        .as_str()
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with_sitting<R>(use_it: impl FnOnce(Sitting) -> R) -> R {
        let turn = |id: &str, speaker: &str| Turn {
            id: id.into(),
            speaker: speaker.into(),
            text: String::new(),
        };
        use_it(Sitting {
            time: "noon",
            turns: &[turn("D1:1", "Anna"), turn("D1:2", "Ben")],
            speakers: &["Anna".into(), "Ben".into()],
        })
    }

    #[test]
    fn ids_are_read_in_every_form_and_checked() {
        with_sitting(|sitting| {
            let cited = |value| {
                let Cited { turns, unknown } = sitting.cited(&value);
                (turns.join(" "), unknown)
            };
            assert_eq!(cited(json!("D1:2")), ("D1:2".into(), 0));
            assert_eq!(cited(json!("D1:2, D1:1,D9:9")), ("D1:2 D1:1".into(), 1));
            assert_eq!(
                cited(json!(["D1:1", "D1:1", "D1:2,D0:1", 4])),
                ("D1:1 D1:2".into(), 1)
            );
            assert_eq!(cited(json!(null)), (String::new(), 0));
        });
    }

    #[test]
    fn facts_about_others_are_filed_under_who_told_them() {
        with_sitting(|sitting| {
            let ben = ["D1:2".to_string()];
            assert_eq!(sitting.speaker("ANNA ", &ben), "Anna");
            assert_eq!(sitting.speaker("Ben's sister", &ben), "Ben");
            assert_eq!(sitting.speaker("Cleo", &[]), "Cleo");
        });
    }
}
