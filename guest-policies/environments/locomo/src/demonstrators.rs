//! How others would treat a session.

use std::collections::BTreeSet;

use memloom_sdk::random::Random;
use memloom_sdk::types::{Error, DemonstratedOperation, Hint, Turn};

/// What a demonstrator notes of a session's turns; everything it notes is a new
/// entry. `demonstrator` tosses a coin for each turn: it teaches the form of the
/// output and knows nothing of the questions, unlike `expert`, which notes
/// exactly the turns in `evidence`.
///
/// # Errors
/// `unknown` where there is no such demonstrator.
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
                "locomo has no demonstrator `{demonstrator}`: \
                 use everything, nothing, demonstrator or expert"
            )));
        }
    };
    Ok(turns
        .iter()
        .filter(|turn| notes(turn))
        .map(|turn| Hint {
            turn: turn.id.clone(),
            operation: DemonstratedOperation::Insert,
        })
        .collect())
}
