//! The proposer, which names actions.

use memloom_sdk::acting::{Form, labelled};
use memloom_sdk::grammar::{all_said, most_words, one_of, said};
use memloom_sdk::text::{first_words, same_but_case};
use memloom_sdk::thoughts::spoken;
use memloom_sdk::types::Error;

use crate::means::{Asked, Means};
use crate::prompts;
use crate::roles::form;
use crate::story::State;

/// The proposer's role.
pub const PROPOSER: &str = "proposer";

/// The label of the line with the action in a text.
const LABEL: &str = "action:";

/// Returns the actions that are proposed in a state, each once. There is one output for each; where
/// actions are `listed`, the first that were not proposed stand in for outputs that name none of them.
/// `advice` is a demonstrator's action.
///
/// # Errors
/// If the model fails.
pub fn propose(
    means: &mut Means<'_>,
    state: &State<'_>,
    listed: &[String],
    advice: Option<&str>,
) -> Result<Vec<String>, Error> {
    let most = match listed.is_empty() {
        true => means.options.breadth as usize,
        false => listed.len().min(means.options.breadth as usize),
    };
    let mut proposed: Vec<String> = Vec::new();
    for _ in 0..most {
        let left: Vec<&String> = listed.iter().filter(|it| !proposed.contains(it)).collect();
        let is_new = |action: &str| proposed.iter().all(|other| other != action);
        let demonstrated = advice.map(|advice| match left.first() {
            Some(first) if !is_new(advice) => first.as_str(),
            _ => advice,
        });
        let asked = asked(means, state, &left, &proposed, demonstrated);
        let output = means.ask(asked)?;
        match read(form(means.options), &output, &left) {
            Some(action) if !proposed.contains(&action) => proposed.push(action),
            // Whoever proposes the same twice has proposed less.
            Some(_) => {}
            None => means.malformed(PROPOSER, &output),
        }
    }
    let others = listed.iter().filter(|it| !proposed.contains(it)).cloned();
    let others: Vec<String> = others.take(most - proposed.len()).collect();
    proposed.extend(others);
    Ok(proposed)
}

fn asked(
    means: &Means<'_>,
    state: &State<'_>,
    left: &[&String],
    proposed: &[String],
    demonstrated: Option<&str>,
) -> Asked {
    let form = form(means.options);
    let mut text = state.lines(form, means.options.history);
    let sayable = all_said(left.iter().map(|action| action.as_str()));
    if form == Form::Text {
        text += &block("\n\nActions:", left.iter().map(|it| it.as_str()));
        text += &block("\n\nProposed already:", proposed.iter().map(String::as_str));
    } else {
        text = format!("{text}\n{}", state.instruction);
    }
    let demonstration = demonstrated.map(|action| match form {
        Form::Text => format!("{LABEL} {}", first_words(action, usize::MAX)),
        Form::Words => said(action),
    });
    Asked {
        role: PROPOSER,
        messages: prompts::messages(form, prompts::PROPOSER, text),
        grammar: (form == Form::Words).then(|| (one_of(&sayable), most_words(&sayable))),
        demonstration,
        temperature: means.options.temperature,
    }
}

/// Returns a heading and lines; empty if there are no lines.
fn block<'a>(heading: &str, lines: impl Iterator<Item = &'a str>) -> String {
    let lines: String = lines.map(|line| format!("\n{line}")).collect();
    match lines.is_empty() {
        true => lines,
        false => format!("{heading}{lines}"),
    }
}

/// Reads an action; where some are `left` of those that are listed, one of them. None if there is none.
fn read(form: Form, output: &str, left: &[&String]) -> Option<String> {
    let action = match form {
        Form::Text => first_words(labelled(output, LABEL)?, usize::MAX),
        Form::Words => said(spoken(output)?),
    };
    if left.is_empty() {
        return (form == Form::Text).then_some(action);
    }
    let same = |listed: &&&String| match form {
        Form::Text => same_but_case(&first_words(listed, usize::MAX), &action),
        Form::Words => said(listed) == action,
    };
    left.iter().find(same).map(|action| action.to_string())
}
