//! Notes that are written into the bank, by rule.

use std::collections::BTreeSet;

use memloom_sdk::text::sentences;
use memloom_sdk::types::{Error, Insertion, Session};

use crate::means::{Means, Turn};
use crate::options::Notes;
use crate::verdict::{Verdict, verdicts};

/// The beginning of a sentence that states a fact for certain, and the word before its value.
const FACT: [&str; 2] = ["The ", " is "];

/// Checks that the bank can take the notes.
///
/// # Errors
/// `unsupported`, naming the bank, if facts and turns are to be kept and each entry needs a plan.
pub fn check_bank(means: &mut Means<'_>) -> Result<(), Error> {
    if means.options.notes != Notes::All || !means.keeps_cases() {
        return Ok(());
    }
    Err(Error::Unsupported(format!(
        "router keeps facts and turns, and the bank {} keeps cases: use flat, or set `notes` to \
         \"verdicts\"",
        means.host.schema().name
    )))
}

/// Writes about a task: verdicts, and with `all` the facts that were seen.
pub fn of_task(means: &mut Means<'_>, turns: &[Turn]) {
    let notes = means.options.notes;
    if notes == Notes::None {
        return;
    }
    let as_case = means.keeps_cases();
    let mut insertions: Vec<Insertion> = verdicts(turns)
        .iter()
        .map(|verdict| insertion(verdict, as_case))
        .collect();
    if notes == Notes::All {
        let facts = facts(turns).into_iter();
        insertions.extend(facts.map(|fact| Insertion::new(fact, "", vec![])));
    }
    means.insert(insertions);
}

/// Writes every turn of a dialogue with `all`; else nothing.
pub fn of_dialogue(means: &mut Means<'_>, session: Session) {
    if means.options.notes == Notes::All {
        let turns = session.turns.into_iter();
        let insertions = turns.map(|turn| Insertion::new(turn.text, turn.speaker, vec![turn.id]));
        means.insert(insertions.collect());
    }
}

/// Returns a verdict as an entry, or as a case: whom what was asked, what was said, and whether it was
/// right.
fn insertion(verdict: &Verdict, as_case: bool) -> Insertion {
    let Verdict {
        name,
        question,
        said,
        is_right,
    } = verdict;
    if !as_case {
        return Insertion::new(verdict.sentence(), name, vec![]);
    }
    let outcome = if *is_right { "success" } else { "failure" };
    let fields = [("plan", &**said), ("outcome", outcome)];
    Insertion {
        fields: fields
            .map(|(name, value)| (name.into(), value.into()))
            .into(),
        ..Insertion::new(format!("{name}: {question}"), name, vec![])
    }
}

/// Returns the facts that observations state, each once: sentences such as `The river of Old Holm is
/// Slow Usk.`
fn facts(turns: &[Turn]) -> Vec<&str> {
    let [begin, is] = FACT;
    let mut known = BTreeSet::new();
    let seen = turns.iter().flat_map(|turn| sentences(&turn.seen));
    let facts = seen.filter(|sentence| sentence.starts_with(begin) && sentence.contains(is));
    facts.filter(|fact| known.insert(*fact)).collect()
}
