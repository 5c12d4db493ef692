//! Display of events as lines for people.

use std::fmt::{self, Display, Formatter};

use crate::error::refusal_text;
use crate::event::Event;
use crate::types::{Error as Refusal, Operation};

impl Display for Event {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schema(schema) => {
                let names = schema.operations.iter().map(|operation| &*operation.name);
                write!(f, "schema: {}", names.collect::<Vec<_>>().join(", "))
            }
            Self::Apply {
                operations,
                results,
                ..
            } => {
                if operations.is_empty() {
                    f.write_str("apply nothing")?;
                }
                for (index, (operation, result)) in operations.iter().zip(results).enumerate() {
                    let line = if index == 0 { "" } else { "\n" };
                    write!(
                        f,
                        "{line}{} -> {}",
                        OperationText(operation),
                        ResultText(result)
                    )?;
                }
                Ok(())
            }
            Self::Retrieve { query, result } => match result {
                Ok(hits) => {
                    let ids = hits.iter().map(|hit| &*hit.entry.id);
                    let ids = ids.collect::<Vec<_>>().join(" ");
                    write!(f, "retrieve {:?} -> {ids}", query.text)
                }
                Err(why) => write!(f, "retrieve {:?} -> {}", query.text, refusal_text(why)),
            },
            Self::Entries(entries) => write!(f, "entries -> {}", entries.len()),
            Self::Render { ids, result } => match result {
                Ok(text) => write!(f, "render {} -> {text:?}", ids.join(" ")),
                Err(why) => write!(f, "render {} -> {}", ids.join(" "), refusal_text(why)),
            },
            Self::EndSession(at) => write!(f, "end-session {}", at.session),
            Self::Stats(stats) => write!(f, "stats -> {} entries", stats.entries),
            Self::Generate { call, result } => match result {
                Ok(output) => write!(f, "{} -> {:?}", call.request.role, output.text),
                Err(why) => write!(f, "{} -> no output: {why}", call.request.role),
            },
            Self::Count { text, tokens } => match tokens {
                Some(tokens) => write!(f, "count {} bytes -> {tokens}", text.len()),
                None => write!(f, "count {} bytes -> in words", text.len()),
            },
            Self::Cut {
                text, first, end, ..
            } => write!(f, "cut {first}..{end} of {} bytes", text.len()),
            Self::Embed { texts, result } => match result {
                Ok(Some(_)) => write!(f, "embed {} texts", texts.len()),
                Ok(None) => write!(f, "embed {} texts -> no embedder", texts.len()),
                Err(why) => write!(f, "embed {} texts -> {why}", texts.len()),
            },
            Self::Act { action, result } => match result {
                Ok(observed) => write!(f, "act {action:?} -> {:?}", observed.text),
                Err(why) => write!(f, "act {action:?} -> {}", refusal_text(why)),
            },
            Self::Advise(advice) => match advice {
                Some(action) => write!(f, "advise -> {action:?}"),
                None => f.write_str("advise -> nobody"),
            },
            Self::Log { text, .. } => write!(f, "log {text:?}"),
            Self::Opened {
                split,
                index,
                episode,
                ..
            } => {
                let (id, sessions) = (&episode.id, episode.sessions);
                write!(f, "OPENED {id}: {split} {index}, {sessions} sessions")
            }
            Self::Restored(states) => write!(f, "RESTORED {}", states.name()),
            Self::Captured(states) => write!(f, "STATE {}", states.name()),
            Self::Observed {
                session, result, ..
            } => match result {
                Ok(report) => write!(f, "OBSERVED session {session}: {} steps", report.steps),
                Err(why) => write!(f, "OBSERVED session {session}: failed: {why}"),
            },
            Self::Asked(questions) => write!(f, "ASKED {} questions", questions.len()),
            Self::Answered { question, result } => match result {
                Ok(answer) => write!(f, "ANSWERED {question}: {:?}", answer.text),
                Err(why) => write!(f, "ANSWERED {question}: failed: {why}"),
            },
            Self::Scored {
                question, result, ..
            } => match result {
                Ok(score) => write!(f, "SCORED {question}: {}", score.reward),
                Err(why) => write!(f, "SCORED {question}: failed: {why}"),
            },
        }
    }
}

/// An operation in short.
struct OperationText<'a>(&'a Operation);

impl Display for OperationText<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Operation::Insert(new) => write!(f, "insert {:?}", new.text),
            Operation::Update(new) => write!(f, "update {} {:?}", new.id, new.text),
            Operation::Delete(id) => write!(f, "delete {id}"),
            Operation::Custom(own) => write!(f, "{} {}", own.name, own.arguments),
        }
    }
}

/// The result of an operation.
struct ResultText<'a>(&'a Result<String, Refusal>);

impl Display for ResultText<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Ok(id) => f.write_str(id),
            Err(why) => write!(f, "refused: {}", refusal_text(why)),
        }
    }
}
