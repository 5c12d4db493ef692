//! A policy: asks the model for each turn whether to keep it, and answers with the
//! best entry for a question. The WIT files describe the functions.

use std::collections::BTreeSet;

wit_bindgen::generate!({
    world: "memory-policy",
    path: "wit",
    generate_all,
});

use exports::memloom::agent::policy::{Description, Guest, Report};
use exports::memloom::agent::state::Guest as StateGuest;
use memloom::agent::bank::{self, Query};
use memloom::agent::model::{self, Message, Request};
use memloom::agent::types::{
    Answer, Error, Hint, Insertion, LexiconKind, Moment, Operation, Session, SessionContent, Turn,
};

/// The only role.
const ROLE: &str = "keeper";
/// The number of turns in one prompt. Each has a marker, `t1` to `t8`.
const CHUNK: usize = 8;
/// The snapshot of a policy without state still names the policy.
const SNAPSHOT: &[u8] = b"my-component 1";

/// Returns the prompt, one turn a line: `A: I live in Oslo. t1`. A marker follows its turn.
fn prompt(turns: &[Turn]) -> String {
    let lines = turns.iter().zip(1..);
    lines
        .map(|(turn, number)| format!("{}: {} t{number}\n", turn.speaker, turn.text))
        .collect()
}

/// Returns the output that keeps these turns: `t1 keep t2 drop`.
fn output(kept: impl Iterator<Item = bool>) -> String {
    let words = kept.zip(1..);
    let words =
        words.map(|(kept, number)| format!("t{number} {}", if kept { "keep" } else { "drop" }));
    words.collect::<Vec<_>>().join(" ")
}

/// Returns one flag a turn: whether an output keeps it. None if it cannot be parsed.
fn parse(output: &str, turns: usize) -> Option<Vec<bool>> {
    let words: Vec<&str> = output.split_whitespace().collect();
    if words.len() != 2 * turns {
        return None;
    }
    let verdict = |(pair, number): (&[&str], usize)| match *pair {
        [marker, "keep"] if marker == format!("t{number}") => Some(true),
        [marker, "drop"] if marker == format!("t{number}") => Some(false),
        _ => None,
    };
    words.chunks(2).zip(1..).map(verdict).collect()
}

struct Component;

impl Guest for Component {
    fn describe() -> Description {
        let markers = (1..=CHUNK).map(|number| format!("t{number}"));
        Description {
            name: "my-component".into(),
            summary: "Keeps or drops each turn".into(),
            roles: vec![ROLE.into()],
            control_words: ["keep", "drop"]
                .map(String::from)
                .into_iter()
                .chain(markers)
                .collect(),
        }
    }

    fn configure(options: String, _lexicon: Vec<LexiconKind>) -> Result<(), Error> {
        let options: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&options)
            .map_err(|error| Error::Invalid(format!("the options: {error}")))?;
        match options.keys().next() {
            Some(name) => Err(Error::Invalid(format!("there is no option {name:?}"))),
            None => Ok(()),
        }
    }

    fn observe(session: SessionContent, hints: Option<Vec<Hint>>) -> Result<Report, Error> {
        let SessionContent::Dialogue(Session { index, time, turns }) = session else {
            return Err(Error::Unsupported(
                "it reads dialogue and does not act in tasks".into(),
            ));
        };
        let hinted: Option<BTreeSet<String>> =
            hints.map(|hints| hints.into_iter().map(|hint| hint.turn).collect());
        let at = Moment {
            session: index,
            time,
        };
        let mut report = Report {
            steps: 0,
            malformed: 0,
            operations: Vec::new(),
            refused: 0,
        };
        let mut inserted = 0;
        for turns in turns.chunks(CHUNK) {
            report.steps += 1;
            let grammar: Vec<String> = (1..=turns.len())
                .map(|number| format!("t{number} (keep | drop)"))
                .collect();
            let said = model::generate(&Request {
                role: ROLE.into(),
                messages: vec![Message {
                    role: "user".into(),
                    content: prompt(turns),
                }],
                max_tokens: 2 * turns.len() as u32 + 1,
                grammar: Some(grammar.join(" ")),
                demonstration: hinted
                    .as_ref()
                    .map(|hinted| output(turns.iter().map(|turn| hinted.contains(&turn.id)))),
            })
            .map_err(|why| Error::Invalid(format!("the model failed: {why}")))?;
            let Some(kept) = parse(&said.text, turns.len()) else {
                report.malformed += 1;
                continue;
            };
            let kept = turns.iter().zip(kept).filter(|(_, kept)| *kept);
            let operations: Vec<Operation> = kept
                .map(|(turn, _)| {
                    Operation::Insert(Insertion {
                        text: turn.text.clone(),
                        speaker: turn.speaker.clone(),
                        evidence: vec![turn.id.clone()],
                        vector: None,
                    })
                })
                .collect();
            inserted += operations.len() as u32;
            let results = bank::apply(&at, &operations);
            report.refused += results.iter().filter(|result| result.is_err()).count() as u32;
        }
        report.operations = vec![("insert".into(), inserted)];
        Ok(report)
    }

    fn answer(question: String) -> Result<Answer, Error> {
        let query = Query {
            text: question,
            vector: None,
            speaker: None,
            limit: 1,
            threshold: 0.0,
        };
        let best = bank::retrieve(&query)?.into_iter().next();
        Ok(best.map_or(
            Answer {
                text: String::new(),
                citations: Vec::new(),
            },
            |hit| Answer {
                text: hit.entry.text,
                citations: hit.entry.evidence,
            },
        ))
    }
}

impl StateGuest for Component {
    fn snapshot() -> Vec<u8> {
        SNAPSHOT.into()
    }

    fn restore(bytes: Vec<u8>) -> Result<(), Error> {
        if bytes == SNAPSHOT {
            return Ok(());
        }
        Err(Error::Invalid(
            "these bytes are no snapshot of this policy".into(),
        ))
    }
}

export!(Component);
