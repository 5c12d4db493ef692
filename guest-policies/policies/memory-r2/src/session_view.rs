//! The session being observed, against which outputs are checked.

use memloom_sdk::types::Turn;
use serde_json::Value;

/// A session and the speakers so far.
#[derive(Clone, Copy)]
pub struct SessionView<'a> {
    /// The time, in the environment's own words.
    pub time: &'a str,
    /// All turns of the session.
    pub turns: &'a [Turn],
    /// The speakers in order of appearance.
    pub speakers: &'a [String],
}

/// Turn ids in an output.
#[derive(Debug, PartialEq, Eq)]
pub struct Cited {
    /// The ids of the session, each once.
    pub turns: Vec<String>,
    /// The number of other ids.
    pub unknown: u32,
}

impl SessionView<'_> {
    /// Parses a `dia_id`: an id, several joined by commas, or a list of either.
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

    /// Returns the names of the speakers, except empty ones.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.speakers.iter().map(String::as_str);
        names.filter(|name| !name.trim().is_empty())
    }

    /// Returns the speaker of a fact: the speaker that the model names. If it names none, the
    /// speaker of the fact's turn, so that retrieval by speaker finds the fact; else the name
    /// unchanged.
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

/// Returns a field that must have some text.
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

    fn with_view<R>(use_it: impl FnOnce(SessionView) -> R) -> R {
        let turn = |id: &str, speaker: &str| Turn {
            id: id.into(),
            speaker: speaker.into(),
            text: String::new(),
        };
        use_it(SessionView {
            time: "noon",
            turns: &[turn("D1:1", "Anna"), turn("D1:2", "Ben")],
            speakers: &["Anna".into(), "Ben".into()],
        })
    }

    #[test]
    fn ids_are_read_in_every_form_and_checked() {
        with_view(|view| {
            let cited = |value| {
                let Cited { turns, unknown } = view.cited(&value);
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
        with_view(|view| {
            let ben = ["D1:2".to_string()];
            assert_eq!(view.speaker("ANNA ", &ben), "Anna");
            assert_eq!(view.speaker("Ben's sister", &ben), "Ben");
            assert_eq!(view.speaker("Cleo", &[]), "Cleo");
        });
    }
}
