//! The scores of tasks.

use memloom_sdk::metrics::normalised_words;

use crate::sitting::Sitting;

/// Returns the share of tests that a task passes as it stands, in [0, 1]: one for each change
/// that it wants, one for the answer, and one for having changed nothing else, which does not
/// count where nothing was achieved.
#[must_use]
pub fn reward(sitting: &Sitting) -> f32 {
    let goals = &sitting.goals;
    let met = goals
        .calls
        .iter()
        .filter(|goal| sitting.server.changes.has(goal.api, &goal.args))
        .count();
    let passed = met + usize::from(answered(sitting) == Some(true));
    let tidy = passed > 0 && sitting.server.changes.len() == met;
    let tests = goals.calls.len() + usize::from(goals.answer.is_some()) + 1;
    (passed + usize::from(tidy)) as f32 / tests as f32
}

/// Returns whether the answer is right; none if the task asks no question.
fn answered(sitting: &Sitting) -> Option<bool> {
    let gold = sitting.goals.answer.as_ref()?;
    let given = sitting.answer.as_ref();
    Some(given.is_some_and(|given| normalised_words(given) == normalised_words(gold)))
}

/// Returns the share of the fields of the wanted calls that the calls match, in [0, 1]. The
/// answer counts as a field.
#[must_use]
pub fn potential(sitting: &Sitting) -> f32 {
    let (mut matched, mut fields) = (0, 0);
    for goal in &sitting.goals.calls {
        matched += sitting
            .attempts()
            .filter(|call| call.app == goal.app && call.api() == Some(goal.api))
            .map(|call| goal.args.shared(&call.args))
            .max()
            .unwrap_or(0);
        fields += goal.args.len();
    }
    if let Some(right) = answered(sitting) {
        matched += usize::from(right);
        fields += 1;
    }
    matched as f32 / fields.max(1) as f32
}
