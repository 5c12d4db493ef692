//! The actions that a task in a made-up world lists.

use crate::command;
use crate::view::View;

/// The most answers to a question that are listed besides that it is unknown, by the number of
/// questions: all of them together must be few.
const MOST_ANSWERS: [usize; 3] = [12, 12, 8];

/// Returns the actions: searches, but none for the last act, and then answers, every one to a
/// question with every one to the others. Where too many were shown, the last ones are offered.
pub fn actions(view: &View<'_>) -> Vec<String> {
    let most = MOST_ANSWERS[view.problems.len().clamp(1, 3) - 1];
    let mut answers: Vec<Vec<String>> = vec![Vec::new()];
    for problem in view.problems {
        let candidates = view.candidates(problem);
        let first = candidates.len().saturating_sub(most + 1);
        let with = |before: &Vec<String>| -> Vec<Vec<String>> {
            let next = candidates[first..].iter();
            let with = next.map(|it| before.iter().chain([it]).cloned().collect());
            with.collect()
        };
        answers = answers.iter().flat_map(with).collect();
    }
    let mut actions = Vec::new();
    if view.left > 1 {
        actions.extend(view.searches().iter().map(|words| command::search(words)));
    }
    actions.extend(answers.iter().map(|answers| command::answer(answers)));
    actions
}
