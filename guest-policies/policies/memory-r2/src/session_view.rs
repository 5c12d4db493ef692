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
    /// True if they are not a text of ids.
    pub repaired: bool,
}

impl Cited {
    fn add(&mut self, id: &str, turns: &[Turn]) {
        let mut ids = turns.iter().map(|turn| turn.id.as_str());
        let exact = ids.clone().find(|known| *known == id);
        let known = exact.or_else(|| by_number(ids.by_ref(), id));
        match known {
            Some(known) if self.turns.iter().any(|turn| turn == known) => {}
            Some(known) => {
                self.turns.push(known.into());
                self.repaired |= exact.is_none();
            }
            None => self.unknown += 1,
        }
    }
}

impl SessionView<'_> {
    /// Parses a `dia_id`: an id, several joined by commas, or a list of either. A number stands
    /// for the one id that ends in it.
    pub fn cited(&self, dia_id: &Value) -> Cited {
        let mut cited = Cited {
            turns: Vec::new(),
            unknown: 0,
            repaired: !matches!(dia_id, Value::String(_) | Value::Null),
        };
        let values = match dia_id {
            Value::Array(items) => items.as_slice(),
            value => std::slice::from_ref(value),
        };
        let texts = values.iter().filter_map(|value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        });
        for text in texts {
            let ids = text.split(',').map(str::trim);
            for id in ids.filter(|id| !id.is_empty()) {
                cited.add(id, self.turns);
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

/// Returns the id among `ids` that ends in this number, if it is the only one: `D3:12` for 12.
pub fn by_number<'a>(ids: impl Iterator<Item = &'a str>, number: &str) -> Option<&'a str> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !is_number(number) {
        return None;
    }
    let mut all = ids.filter(|id| {
        let rest = id.strip_suffix(number);
        rest.is_some_and(|rest| !rest.ends_with(|last: char| last.is_ascii_digit()))
    });
    let id = all.next()?;
    all.next().is_none().then_some(id)
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
                let Cited {
                    turns,
                    unknown,
                    repaired,
                } = view.cited(&value);
                (turns.join(" "), unknown, repaired)
            };
            assert_eq!(cited(json!("D1:2")), ("D1:2".into(), 0, false));
            assert_eq!(
                cited(json!("D1:2, D1:1,D9:9")),
                ("D1:2 D1:1".into(), 1, false)
            );
            assert_eq!(
                cited(json!(["D1:1", "D1:1", "D1:2,D0:1", 4])),
                ("D1:1 D1:2".into(), 2, true)
            );
            for two in [json!(2), json!("2"), json!([2, "D1:2"])] {
                assert_eq!(cited(two), ("D1:2".into(), 0, true));
            }
            assert_eq!(cited(json!(-2)), (String::new(), 1, true));
            assert_eq!(cited(json!(null)), (String::new(), 0, false));
        });
    }

    #[test]
    fn a_number_is_the_only_id_that_ends_in_it() {
        let of = |number| by_number(["D1:1", "D1:11", "m2", "n2", "7"].into_iter(), number);
        assert_eq!(of("1"), Some("D1:1"));
        assert_eq!(of("11"), Some("D1:11"));
        assert_eq!(of("7"), Some("7"));
        for none in ["2", "3", "", "m2", ":1"] {
            assert_eq!(of(none), None, "{none}");
        }
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
