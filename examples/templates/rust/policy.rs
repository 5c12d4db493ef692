//! A policy: asks the model for each turn whether to keep it, answers with the best entry
//! for a question, and lets the model choose among the actions of a task. The WIT files
//! describe the functions.

use std::collections::BTreeSet;

wit_bindgen::generate!({
    world: "memory-policy",
    path: "wit",
    generate_all,
});

use exports::memloom::agent::policy::{Description, Guest, Report};
use exports::memloom::agent::state::Guest as StateGuest;
use memloom::agent::acting;
use memloom::agent::bank::{self, Hit, Query};
use memloom::agent::model::{self, Message, Request};
use memloom::agent::types::{
    Answer, Error, Hint, Insertion, LexiconKind, Moment, Operation, Session, SessionContent, Task,
    Turn,
};

/// The only role.
const ROLE: &str = "keeper";
/// The number of turns or actions in one prompt. Each turn has a marker, `t1` to `t8`, each
/// action one of `a1` to `a8`.
const CHUNK: usize = 8;
/// The most entries in the prompt of a task.
const RECALLED: u32 = 24;
/// The most actions in a task that does not end by itself.
const MOST_ACTIONS: u32 = 100;
/// The snapshot of a policy without state still names the policy.
const SNAPSHOT: &[u8] = b"my-component 1";

/// Asks the model for an output of a grammar with this many words. The demonstration is a
/// demonstrator's output.
fn ask(
    prompt: String,
    grammar: String,
    words: usize,
    demonstration: Option<String>,
) -> Result<String, Error> {
    let said = model::generate(&Request {
        role: ROLE.into(),
        messages: vec![Message {
            role: "user".into(),
            content: prompt,
            tool_calls: Vec::new(),
        }],
        tools: Vec::new(),
        max_tokens: words as u32 + 1,
        grammar: Some(grammar),
        stop: Vec::new(),
        temperature: None,
        demonstration,
    });
    match said {
        Ok(said) => Ok(said.text),
        Err(why) => Err(Error::Invalid(format!("the model failed: {why}"))),
    }
}

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

fn read(session: Session, hints: Option<Vec<Hint>>) -> Result<Report, Error> {
    let hinted: Option<BTreeSet<String>> =
        hints.map(|hints| hints.into_iter().map(|hint| hint.turn).collect());
    let at = Moment {
        session: session.index,
        time: session.time,
    };
    let mut report = empty_report();
    let mut inserted = 0;
    for turns in session.turns.chunks(CHUNK) {
        report.steps += 1;
        let grammar: Vec<String> = (1..=turns.len())
            .map(|number| format!("t{number} (keep | drop)"))
            .collect();
        let demonstration = hinted
            .as_ref()
            .map(|hinted| output(turns.iter().map(|turn| hinted.contains(&turn.id))));
        let said = ask(
            prompt(turns),
            grammar.join(" "),
            2 * turns.len(),
            demonstration,
        )?;
        let Some(kept) = parse(&said, turns.len()) else {
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
                    fields: Vec::new(),
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

/// Acts until the task is over. The prompt has the best entries, the instruction, what was
/// done so far, and the actions.
fn act(task: Task) -> Result<Report, Error> {
    let mut report = empty_report();
    let mut story: String = best(&task.instruction, RECALLED)?
        .into_iter()
        .map(|hit| format!("{}: {}\n", hit.entry.speaker, hit.entry.text))
        .collect();
    story += &format!("{}\n", task.instruction);
    let mut actions = task.actions;
    for _ in 0..MOST_ACTIONS {
        if actions.is_empty() {
            return Err(Error::Unsupported(
                "it acts only where actions are listed".into(),
            ));
        }
        actions.truncate(CHUNK);
        report.steps += 1;
        let chosen = choose(&story, &actions)?;
        report.malformed += u32::from(chosen.is_none());
        let action = &actions[chosen.unwrap_or_default()];
        let seen = acting::act(action)?;
        if seen.done {
            break;
        }
        story += &format!("> {action}\n{}\n", seen.text);
        actions = seen.actions;
    }
    Ok(report)
}

/// Lets the model choose an action. None if the output names none.
fn choose(story: &str, actions: &[String]) -> Result<Option<usize>, Error> {
    let markers: Vec<String> = (1..=actions.len())
        .map(|number| format!("a{number}"))
        .collect();
    let lines = actions.iter().zip(&markers);
    let lines: String = lines
        .map(|(action, marker)| format!("{action} {marker}\n"))
        .collect();
    let advised = acting::advise();
    let advised = advised.and_then(|advised| actions.iter().position(|action| *action == advised));
    let demonstration = advised.map(|place| markers[place].clone());
    let grammar = format!("({})", markers.join(" | "));
    let said = ask(format!("{story}{lines}"), grammar, 1, demonstration)?;
    Ok(markers.iter().position(|marker| marker == said.trim()))
}

fn best(text: &str, limit: u32) -> Result<Vec<Hit>, Error> {
    bank::retrieve(&Query {
        text: text.into(),
        vector: None,
        speaker: None,
        limit,
        threshold: 0.0,
        options: String::new(),
    })
}

fn empty_report() -> Report {
    Report {
        steps: 0,
        malformed: 0,
        operations: Vec::new(),
        refused: 0,
    }
}

struct Component;

impl Guest for Component {
    fn describe() -> Description {
        let markers = (1..=CHUNK).flat_map(|number| [format!("t{number}"), format!("a{number}")]);
        Description {
            name: "my-component".into(),
            summary: "Keeps or drops each turn, and chooses listed actions".into(),
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
        match session {
            SessionContent::Dialogue(session) => read(session, hints),
            SessionContent::Task(task) => act(task),
        }
    }

    fn answer(question: String) -> Result<Answer, Error> {
        let hit = best(&question, 1)?.into_iter().next();
        Ok(hit.map_or(
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
