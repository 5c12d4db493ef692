//! Outputs under a grammar: `prune e2`, or an action that the task lists.

use memloom_sdk::acting::Sitting;
use memloom_sdk::thoughts::spoken;

use crate::experience::name;
use crate::options::MOST_SHOWN;
use crate::output::Output;
use crate::shown::Shown;

/// The word before the name of an experience to prune.
const PRUNE: &str = "prune";

/// Returns the control words of prunes: `prune`, and `e1` to `e16`.
pub fn control_words() -> impl Iterator<Item = String> {
    let names = (1..=MOST_SHOWN as usize).map(name);
    [PRUNE.to_string()].into_iter().chain(names)
}

/// Returns the grammar of an output: `(prune (e1 | e2) | (a1 | a2))`, or actions alone if there is
/// nothing to prune.
pub fn grammar(shown: Option<&Shown>, actions: &str) -> String {
    let shown = shown.map(Shown::experiences).unwrap_or_default();
    if shown.is_empty() {
        return actions.into();
    }
    let names: Vec<String> = shown.iter().map(|it| name(it.number)).collect();
    format!("({PRUNE} ({}) | {actions})", names.join(" | "))
}

/// Returns the most words of an output.
pub fn most_words(sitting: &Sitting) -> u32 {
    // Those of a prune, or of the longest action.
    sitting.most_words().max(2)
}

/// Returns the output that prunes an experience.
pub fn prune(number: usize) -> String {
    format!("{PRUNE} {}", name(number))
}

/// Reads an output; none if it neither prunes an experience that is shown nor takes an action.
pub fn parse(output: &str, shown: Option<&Shown>, sitting: &Sitting) -> Option<Output> {
    let said = spoken(output)?.trim();
    let shown = shown.map(Shown::experiences).unwrap_or_default();
    let pruned = shown.iter().find(|it| prune(it.number) == said);
    match pruned {
        Some(experience) => Some(Output::Prune(Some(vec![experience.number]))),
        None => sitting.reads(said).then(|| Output::Act(said.into())),
    }
}
