//! The actor, which chooses an action.

use memloom_json::{items, text};
use memloom_sdk::grammar::{all_said, most_words, one_of, said};
use memloom_sdk::host::{Message, Request};
use memloom_sdk::text::{first_words, same_but_case};
use memloom_sdk::thoughts::spoken;
use memloom_sdk::types::Error;
use serde_json::Value;

use crate::map::{GO_TO, Map};
use crate::means::Means;
use crate::memory::Recalled;
use crate::prompts;
use crate::story::Story;

/// The role.
pub const ACTOR: &str = "actor";

/// The field of an output with the action.
const ACTION: &str = "action_to_take";

/// The action of an output that cannot be read, where none is listed.
const LOOK: &str = "look";

/// A choice.
#[derive(Debug, PartialEq, Eq)]
pub enum Choice {
    /// An action of the environment.
    Act(String),
    /// To walk to a room over known ways.
    Walk(String),
}

/// Returns the actor's choice. Of an output that cannot be read, or is not listed, it is the first
/// action that is listed.
///
/// # Errors
/// If the model fails, or if actions are to be chosen and the task lists none.
pub fn choose(
    means: &mut Means<'_>,
    story: &mut Story,
    map: &Map,
    recalled: &Recalled,
    exits: &str,
) -> Result<Choice, Error> {
    let rooms = rooms(story, map);
    let output = match means.options.constrained {
        true => said_by_small_model(means, story, &rooms, recalled)?,
        false => written(means, story, &rooms, recalled, exits)?,
    };
    let read = match means.options.constrained {
        true => chosen(&output, &story.actions, &rooms),
        false => action(&output).and_then(|(action, is_repaired)| {
            if is_repaired {
                means.report.repaired();
            }
            resolved(&action, &story.actions)
        }),
    };
    Ok(read.unwrap_or_else(|| {
        means.malformed(ACTOR, &output);
        Choice::Act(
            story
                .actions
                .first()
                .cloned()
                .unwrap_or_else(|| LOOK.into()),
        )
    }))
}

/// Returns the rooms to which the agent can walk, nearest first; none where the environment lists
/// such actions itself.
fn rooms(story: &Story, map: &Map) -> Vec<String> {
    let is_listed = story.actions.iter().any(|action| action.starts_with(GO_TO));
    let here = story.here.as_ref().filter(|_| !is_listed);
    let reachable = here.into_iter().flat_map(|here| map.reachable(here));
    reachable.map(|(room, _)| room.to_string()).collect()
}

fn walks(rooms: &[String]) -> Vec<String> {
    rooms.iter().map(|room| format!("{GO_TO}{room}")).collect()
}

fn written(
    means: &mut Means<'_>,
    story: &Story,
    rooms: &[String],
    recalled: &Recalled,
    exits: &str,
) -> Result<String, Error> {
    let situation = prompts::situation(means.options, story, recalled, exits);
    let actions = [&story.actions[..], &walks(rooms)].concat();
    let actions = prompts::parts([("Plan", &*story.plan), ("Actions", &*actions.join("\n"))]);
    let demonstration = means.host.advise().map(|advice| {
        memloom_json::write(&serde_json::json!({
            "reason_for_action": "it is the next step",
            ACTION: advice,
        }))
    });
    let prompt = format!("{situation}\n\n{actions}");
    means.ask(ACTOR, prompts::ACTOR, prompt.trim().into(), demonstration)
}

fn said_by_small_model(
    means: &mut Means<'_>,
    story: &mut Story,
    rooms: &[String],
    recalled: &Recalled,
) -> Result<String, Error> {
    if story.actions.is_empty() {
        return Err(Error::Unsupported(format!(
            "ariadne chooses among listed actions where outputs are constrained, and session {} lists \
             none: let the environment list them, or leave `constrained` out",
            means.at.session
        )));
    }
    let walks = walks(rooms);
    let listed = story.actions.iter().chain(&walks);
    let choices = all_said(listed.map(String::as_str));
    let advice = means.host.advise().map(|advice| said(&advice));
    let request = Request {
        grammar: Some(one_of(&choices)),
        demonstration: advice.filter(|advice| choices.contains(advice)),
        ..Request::new(
            ACTOR,
            small_messages(means, story, recalled),
            most_words(&choices) + 1,
        )
    };
    means.generate(&request)
}

/// Returns the messages of a small model. The goal and the triples stand last, since it reads what
/// stands last; of these, the nearest to the goal's beginning.
fn small_messages(means: &Means<'_>, story: &mut Story, recalled: &Recalled) -> Vec<Message> {
    let triples = recalled
        .triples
        .iter()
        .rev()
        .map(|triple| triple.sentence());
    let seen = recalled.episodes.iter().rev().map(|text| said(text));
    let notes: Vec<String> = seen.chain(triples).collect();
    let notes = match notes.is_empty() {
        true => String::new(),
        false => format!("\nnotes :\n{}", notes.join("\n")),
    };
    if story.turns.is_empty() {
        story.opening = format!("{}{notes}", story.instruction);
    }
    let mut messages = vec![Message::new("user", &*story.opening)];
    for turn in prompts::last_turns(means.options, story) {
        messages.push(Message::new("assistant", said(&turn.action)));
        messages.push(Message::new(
            "user",
            prompts::shown(means.options, &turn.observation),
        ));
    }
    if let [_, .., last] = &mut messages[..] {
        last.content = format!("{}\n{}{notes}", last.content, story.goal);
    }
    messages
}

/// Reads the words of a small model's output.
fn chosen(output: &str, actions: &[String], rooms: &[String]) -> Option<Choice> {
    let words = said(spoken(output)?);
    let same = |listed: &&String| said(listed) == words;
    if let Some(action) = actions.iter().find(same) {
        return Some(Choice::Act(action.clone()));
    }
    let mut rooms = rooms.iter();
    let room = rooms.find(|room| said(&format!("{GO_TO}{room}")) == words)?;
    Some(Choice::Walk(room.clone()))
}

/// Reads the action of `{"reason_for_action": …, "action_to_take": …}`, and whether text stands
/// around it.
fn action(output: &str) -> Option<(String, bool)> {
    let is_action = |value: &Value| text(value, ACTION).is_some();
    let whole: Option<Value> = spoken(output).and_then(|said| serde_json::from_str(said).ok());
    let (value, is_repaired) = match whole.filter(is_action) {
        Some(value) => (value, false),
        None => match &mut items(output, "actions", is_action)?.items[..] {
            [value] => (value.take(), true),
            _ => return None,
        },
    };
    Some((first_words(text(&value, ACTION)?, usize::MAX), is_repaired))
}

/// Returns what an action means: a listed one, a walk, or, where none is listed, the words.
fn resolved(action: &str, actions: &[String]) -> Option<Choice> {
    let same = |listed: &&String| same_but_case(&first_words(listed, usize::MAX), action);
    if let Some(listed) = actions.iter().find(same) {
        return Some(Choice::Act(listed.clone()));
    }
    let lower = action.to_lowercase();
    match lower.strip_prefix(GO_TO) {
        Some(room) => Some(Choice::Walk(
            room.strip_prefix("the ").unwrap_or(room).into(),
        )),
        None => actions.is_empty().then(|| Choice::Act(action.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed() -> Vec<String> {
        ["look", "take Key 1"].map(String::from).into()
    }

    #[test]
    fn an_action_is_listed_or_a_walk() {
        let act = |action: &str| Some(Choice::Act(action.into()));
        let walk = |room: &str| Some(Choice::Walk(room.into()));
        assert_eq!(resolved("TAKE key 1", &listed()), act("take Key 1"));
        assert_eq!(resolved("go to the Red Hall", &listed()), walk("red hall"));
        assert_eq!(resolved("fly", &listed()), None);
        assert_eq!(resolved("fly", &[]), act("fly"));
        let rooms = ["red hall".to_string()];
        assert_eq!(chosen("take key 1", &listed(), &rooms), act("take Key 1"));
        assert_eq!(
            chosen("go to red hall", &listed(), &rooms),
            walk("red hall")
        );
        assert_eq!(chosen("go to blue hall", &listed(), &rooms), None);
    }

    #[test]
    fn an_action_is_read_with_its_reason_and_with_text_around() {
        let output = r#"{"reason_for_action": "It is dark.", "action_to_take": "take  key 1"}"#;
        assert_eq!(action(output), Some(("take key 1".into(), false)));
        let around = format!("I think:\n{output}");
        assert_eq!(action(&around), Some(("take key 1".into(), true)));
        for wrong in [
            "",
            "take key 1",
            r#"{"action": "look"}"#,
            r#"{"action_to_take": " "}"#,
            r#"{"action_to_take": 3}"#,
            &format!("[{output}, {{\"action_to_take\": \"look\"}}]"),
        ] {
            assert_eq!(action(wrong), None, "{wrong}");
        }
    }
}
