//! The manager, which decides on each fact.

use memloom_sdk::speakers::Speakers;
use memloom_sdk::types::{DemonstratedOperation, Entry, Operation};

/// A kept turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// The turn's text.
    pub text: String,
    /// The speaker.
    pub speaker: String,
    /// The turn's id.
    pub turn: String,
}

/// A fact and the entries it may change, best first.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The fact.
    pub fact: Fact,
    /// The entries shown with it.
    pub related: Vec<Entry>,
}

/// The manager's decision on a case. Entries are indices into its `related`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Insert the fact.
    Insert,
    /// Leave the bank as it is.
    Skip,
    /// Update the entry with the fact.
    Update(usize),
    /// Delete the entry.
    Delete(usize),
}

/// Returns the prompt: one line a case, `@k : fact | @k : entry e1 | @k : entry e2 f1`.
/// Entries are numbered through all cases, so that a marker is unique.
pub fn prompt(cases: &[&Case], speakers: &Speakers) -> String {
    let said = |speaker: &str, text: &str| {
        format!("{} : {}", speakers.alias(speaker), speakers.masked(text))
    };
    let lines = numbered(cases).map(|(number, first, case)| {
        let mut line = said(&case.fact.speaker, &case.fact.text);
        for (place, entry) in case.related.iter().enumerate() {
            let entry = said(&entry.speaker, &entry.text);
            line += &format!(" | {entry} e{}", first + place);
        }
        format!("{line} f{number}")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the output's grammar, by which each fact can change only its own entries:
/// `f1 (insert | skip | update (e1 | e2) | delete (e1 | e2)) f2 (insert | skip)`.
pub fn grammar(cases: &[&Case]) -> String {
    let parts = numbered(cases).map(|(number, first, case)| {
        let entries: Vec<String> = (0..case.related.len())
            .map(|place| format!("e{}", first + place))
            .collect();
        let entries = match entries.as_slice() {
            [] => return format!("f{number} (insert | skip)"),
            [one] => one.clone(),
            several => format!("({})", several.join(" | ")),
        };
        format!("f{number} (insert | skip | update {entries} | delete {entries})")
    });
    parts.collect::<Vec<_>>().join(" ")
}

/// Returns the output with these decisions.
pub fn output(cases: &[&Case], verdicts: &[Verdict]) -> String {
    let parts = numbered(cases)
        .zip(verdicts)
        .map(|((number, first, _), verdict)| {
            let verdict = match verdict {
                Verdict::Insert => "insert".into(),
                Verdict::Skip => "skip".into(),
                Verdict::Update(place) => format!("update e{}", first + place),
                Verdict::Delete(place) => format!("delete e{}", first + place),
            };
            format!("f{number} {verdict}")
        });
    parts.collect::<Vec<_>>().join(" ")
}

/// Parses the decisions of an output; none if it does not match the grammar.
pub fn parse(output: &str, cases: &[&Case]) -> Option<Vec<Verdict>> {
    let mut words = output.split_whitespace();
    let verdicts = numbered(cases)
        .map(|(number, first, case)| {
            if words.next()? != format!("f{number}") {
                return None;
            }
            let verdict = words.next()?;
            let mut entry = || {
                let name = words.next()?;
                (0..case.related.len()).find(|place| name == format!("e{}", first + place))
            };
            match verdict {
                "insert" => Some(Verdict::Insert),
                "skip" => Some(Verdict::Skip),
                "update" => entry().map(Verdict::Update),
                "delete" => entry().map(Verdict::Delete),
                _ => None,
            }
        })
        .collect::<Option<Vec<Verdict>>>()?;
    words.next().is_none().then_some(verdicts)
}

/// Returns a demonstrator's decision on a case. If its entry is not shown, an update
/// becomes an insertion, and a deletion is skipped.
pub fn demonstrated(case: &Case, operation: Option<&DemonstratedOperation>) -> Verdict {
    let place = |turn: &String| {
        let mut related = case.related.iter();
        related.position(|entry| entry.evidence.contains(turn))
    };
    match operation {
        None | Some(DemonstratedOperation::Insert) => Verdict::Insert,
        Some(DemonstratedOperation::Skip) => Verdict::Skip,
        Some(DemonstratedOperation::Update(turn)) => {
            place(turn).map_or(Verdict::Insert, Verdict::Update)
        }
        Some(DemonstratedOperation::Delete(turn)) => {
            place(turn).map_or(Verdict::Skip, Verdict::Delete)
        }
    }
}

impl Verdict {
    /// Returns its name in grammar and report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Skip => "skip",
            Self::Update(_) => "update",
            Self::Delete(_) => "delete",
        }
    }

    /// Returns the operation for the bank, if there is one.
    pub fn operation(self, case: &Case) -> Option<Operation> {
        let Fact {
            text,
            speaker,
            turn,
        } = case.fact.clone();
        match self {
            Self::Insert => Some(Operation::insert(text, speaker, vec![turn])),
            Self::Skip => None,
            Self::Update(place) => {
                let id = &case.related[place].id;
                Some(Operation::update(id, text, vec![turn]))
            }
            Self::Delete(place) => Some(Operation::Delete(case.related[place].id.clone())),
        }
    }
}

/// Returns the cases with their numbers, counted from 1, and the number of their first entry.
fn numbered<'a>(cases: &'a [&'a Case]) -> impl Iterator<Item = (usize, usize, &'a Case)> {
    let mut next_entry = 1;
    cases.iter().enumerate().map(move |(place, &case)| {
        let first = next_entry;
        next_entry += case.related.len();
        (place + 1, first, case)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, text: &str, turn: &str) -> Entry {
        Entry {
            id: id.into(),
            text: text.into(),
            speaker: "Anna".into(),
            time: String::new(),
            first_session: 1,
            last_session: 1,
            evidence: vec![turn.into()],
            fields: vec![],
        }
    }

    fn case(text: &str, related: Vec<Entry>) -> Case {
        let fact = Fact {
            text: text.into(),
            speaker: "Anna".into(),
            turn: "D2:1".into(),
        };
        Case { fact, related }
    }

    fn with_cases<R>(use_them: impl FnOnce(&[&Case]) -> R) -> R {
        let cases = cases();
        use_them(&cases.iter().collect::<Vec<_>>())
    }

    fn cases() -> Vec<Case> {
        let rome = entry("m1", "I live in Rome", "D1:1");
        let visit = entry("m4", "Anna could live there", "D1:4");
        vec![
            case("I live in Oslo", vec![rome.clone(), visit]),
            case("I ski", vec![]),
            case("I left Rome", vec![rome]),
        ]
    }

    #[test]
    fn the_prompt_marks_facts_and_entries_behind_them() {
        let mut speakers = Speakers::default();
        speakers.meet("Anna");
        assert_eq!(
            with_cases(|cases| prompt(cases, &speakers)),
            "@1 : I live in Oslo | @1 : I live in Rome e1 | @1 : @1 could live there e2 f1\n\
             @1 : I ski f2\n\
             @1 : I left Rome | @1 : I live in Rome e3 f3"
        );
    }

    #[test]
    fn the_grammar_lets_each_fact_change_its_own_entries() {
        assert_eq!(
            with_cases(grammar),
            "f1 (insert | skip | update (e1 | e2) | delete (e1 | e2)) \
             f2 (insert | skip) f3 (insert | skip | update e3 | delete e3)"
        );
    }

    #[test]
    fn an_output_reads_back_as_it_was_meant() {
        let verdicts = [Verdict::Update(1), Verdict::Skip, Verdict::Delete(0)];
        let said = with_cases(|cases| output(cases, &verdicts));
        assert_eq!(said, "f1 update e2 f2 skip f3 delete e3");
        assert_eq!(
            with_cases(|cases| parse(&said, cases)),
            Some(verdicts.to_vec())
        );
    }

    #[test]
    fn what_is_not_of_the_grammar_is_not_read() {
        for wrong in [
            "f1 insert f2 skip",
            "f1 update e3 f2 skip f3 skip",
            "f1 update f2 skip f3 skip",
            "f1 insert f2 delete e1 f3 skip",
            "f1 insert f2 skip f3 skip f4 skip",
            "",
        ] {
            assert_eq!(with_cases(|cases| parse(wrong, cases)), None, "{wrong:?}");
        }
    }

    #[test]
    fn hints_that_name_a_shown_entry_change_it() {
        let case = &cases()[0];
        let told = |operation| demonstrated(case, Some(&operation));
        assert_eq!(
            told(DemonstratedOperation::Update("D1:4".into())),
            Verdict::Update(1)
        );
        assert_eq!(
            told(DemonstratedOperation::Delete("D1:1".into())),
            Verdict::Delete(0)
        );
        assert_eq!(
            told(DemonstratedOperation::Update("D9:9".into())),
            Verdict::Insert
        );
        assert_eq!(
            told(DemonstratedOperation::Delete("D9:9".into())),
            Verdict::Skip
        );
        assert_eq!(told(DemonstratedOperation::Skip), Verdict::Skip);
        assert_eq!(demonstrated(case, None), Verdict::Insert);
    }
}
