//! Applies an audit's corrections to the questions.

use std::collections::BTreeMap;

use memloom_sdk::warnings::count;

use crate::published::{Correction, Published};
use crate::qa::Qa;

/// Replaces answers and evidence. Adds the number of corrections, and those without a
/// question, to `warnings`.
pub fn apply(
    corrections: Vec<Correction>,
    conversations: &mut [Published],
    warnings: &mut Vec<String>,
) {
    let mut applied: BTreeMap<String, usize> = BTreeMap::new();
    let mut elsewhere = 0;
    let mut unmatched = Vec::new();
    for correction in corrections {
        let sample = &correction.sample_id;
        let Some(published) = conversations
            .iter_mut()
            .find(|one| one.sample_id == *sample)
        else {
            elsewhere += 1;
            continue;
        };
        match question(published, &correction) {
            Some(qa) => {
                qa.answer = Some(correction.correct_answer.to_string());
                qa.evidence = correction.correct_evidence;
                qa.repaired.retain(|field| *field == "category");
                *applied.entry(correction.sample_id).or_default() += 1;
            }
            None => unmatched.push(correction.question_id),
        }
    }
    for (id, number) in applied {
        warnings.push(format!("{id}: {} applied", count(number, "correction")));
    }
    if elsewhere > 0 {
        let counted = count(elsewhere, "correction");
        warnings.push(format!(
            "{counted} to conversations that are not loaded ignored"
        ));
    }
    if !unmatched.is_empty() {
        let counted = count(unmatched.len(), "correction");
        let names = unmatched.join(", ");
        warnings.push(format!(
            "{counted} without the question that it names ignored: {names}"
        ));
    }
}

/// Returns the question of a correction, which must have its index and text.
fn question<'a>(published: &'a mut Published, correction: &Correction) -> Option<&'a mut Qa> {
    let (_, index) = correction.question_id.rsplit_once("_qa")?;
    let qa = published.qa.get_mut(index.parse::<usize>().ok()?)?;
    (qa.question == correction.question).then_some(qa)
}
