//! Demonstrators.

use std::collections::BTreeSet;

use memloom_sdk::random::Random;
use memloom_sdk::types::{DemonstratedOperation, Error, Hint, Turn};

/// Returns a demonstrator's hints for a session's turns; all are insertions. `demonstrator`
/// chooses each turn with probability one half: it teaches the form of the output without
/// knowledge of the questions. `expert` chooses exactly the turns in `evidence`.
///
/// # Errors
/// `unknown` if there is no such demonstrator.
pub fn hints(
    demonstrator: &str,
    turns: &[Turn],
    evidence: &BTreeSet<&str>,
    random: &mut Random,
) -> Result<Vec<Hint>, Error> {
    let mut notes: Box<dyn FnMut(&Turn) -> bool> = match demonstrator {
        "everything" => Box::new(|_| true),
        "nothing" => Box::new(|_| false),
        "demonstrator" => Box::new(|_| random.chance(0.5)),
        "expert" => Box::new(|turn| evidence.contains(turn.id.as_str())),
        _ => {
            return Err(Error::Unknown(format!(
                "longmemeval has no demonstrator `{demonstrator}`: \
                 use everything, nothing, demonstrator or expert"
            )));
        }
    };
    let noted = turns.iter().filter(|turn| notes(turn));
    let hints = noted.map(|turn| Hint {
        turn: turn.id.clone(),
        operation: DemonstratedOperation::Insert,
    });
    Ok(hints.collect())
}
