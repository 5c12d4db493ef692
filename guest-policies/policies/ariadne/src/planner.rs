//! The explorer, which says whether unexplored exits are worth a look, and the planner.

use memloom_json::{Items, items, text};
use memloom_sdk::thoughts::spoken;
use memloom_sdk::types::Error;
use serde_json::Value;

use crate::map::{self, Map};
use crate::means::Means;
use crate::memory::Recalled;
use crate::prompts;
use crate::story::Story;

/// The explorer's role.
pub const EXPLORER: &str = "explorer";
/// The planner's role.
pub const PLANNER: &str = "planner";

/// Returns the unexplored exits, one a line, where the explorer wants to see them.
///
/// # Errors
/// If the model fails.
pub fn exits(means: &mut Means<'_>, story: &Story, map: &Map) -> Result<String, Error> {
    let prompt = prompts::parts([("Goal", &*story.goal), ("Plan", story.aim())]);
    let advice = means.host.advise();
    let demonstration = advice.map(|advice| match map::walked(&advice) {
        Some(_) => "True".into(),
        None => "False".into(),
    });
    let output = means.ask(EXPLORER, prompts::EXPLORER, prompt, demonstration)?;
    let wanted = match verdict(&output) {
        Some((wanted, is_repaired)) => {
            if is_repaired {
                means.report.repaired();
            }
            wanted
        }
        None => {
            means.malformed(EXPLORER, &output);
            false
        }
    };
    Ok(match wanted {
        true => map.unexplored().join("\n"),
        false => String::new(),
    })
}

/// Reads `True` or `False`, and whether words stand around it; none if there is neither or both.
fn verdict(output: &str) -> Option<(bool, bool)> {
    let said = spoken(output)?.trim().to_lowercase();
    let words: Vec<&str> = memloom_sdk::text::words(&said).collect();
    let (yes, no) = (words.contains(&"true"), words.contains(&"false"));
    (yes != no).then_some((yes, words.len() > 1))
}

/// Makes a new plan. Of an output that cannot be read nothing is taken, and the old plan stays.
///
/// # Errors
/// If the model fails.
pub fn plan(
    means: &mut Means<'_>,
    story: &mut Story,
    recalled: &Recalled,
    exits: &str,
) -> Result<(), Error> {
    let situation = prompts::situation(means.options, story, recalled, exits);
    let prompt = format!(
        "{situation}\n\n{}",
        prompts::parts([("Last plan", &*story.plan)])
    );
    let advice = means.host.advise();
    let demonstration = advice.map(|advice| {
        memloom_json::write(&serde_json::json!({
            "main_goal": story.goal,
            "plan_steps": [{"sub_goal_1": advice, "reason": "it is the next step"}],
        }))
    });
    let output = means.ask(
        PLANNER,
        prompts::PLANNER,
        prompt.trim_end().into(),
        demonstration,
    )?;
    match read(&output) {
        Some((plan, is_repaired)) => {
            if is_repaired {
                means.report.repaired();
            }
            story.plan = plan;
        }
        None => means.malformed(PLANNER, &output),
    }
    Ok(())
}

/// Reads a plan, as prompts show it, and whether text stands around it.
fn read(output: &str) -> Option<(String, bool)> {
    let is_plan = |value: &Value| value.get("plan_steps").is_some_and(Value::is_array);
    let whole: Option<Value> = spoken(output).and_then(|said| serde_json::from_str(said).ok());
    let (value, is_repaired) = match whole.filter(is_plan) {
        Some(value) => (value, false),
        None => {
            let Items { mut items, .. } = items(output, "plans", is_plan)?;
            (items.pop().filter(|_| items.is_empty())?, true)
        }
    };
    let steps = value.get("plan_steps")?.as_array()?.iter();
    let steps: Option<Vec<String>> = steps
        .zip(1..)
        .map(|(it, number)| step(it, number))
        .collect();
    let steps = steps.filter(|steps| !steps.is_empty())?.into_iter();
    let goal = text(&value, "main_goal").map(|goal| format!("main goal: {goal}"));
    let lines: Vec<String> = goal.into_iter().chain(steps).collect();
    Some((lines.join("\n"), is_repaired))
}

/// Returns the line of a sub-goal, whatever its number: `1. take the key (it opens the box)`.
fn step(value: &Value, number: usize) -> Option<String> {
    let mut fields = value.as_object()?.iter();
    let (name, _) = fields.find(|(name, _)| name.starts_with("sub_goal"))?;
    let goal = text(value, name)?;
    Some(match text(value, "reason") {
        Some(reason) => format!("{number}. {goal} ({reason})"),
        None => format!("{number}. {goal}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_has_a_line_for_each_sub_goal() {
        let output = r#"{"main_goal": "open the box", "plan_steps": [
            {"sub_goal_1": "take the key", "reason": "it opens the box"},
            {"sub_goal_2": "go to hall"}]}"#;
        let plan = "main goal: open the box\n1. take the key (it opens the box)\n2. go to hall";
        assert_eq!(read(output), Some((plan.into(), false)));
        let around = format!("My plan:\n{output}");
        assert_eq!(read(&around), Some((plan.into(), true)));
    }

    #[test]
    fn what_has_no_sub_goals_is_no_plan() {
        for wrong in [
            "",
            "take the key",
            r#"{"main_goal": "x", "plan_steps": []}"#,
            r#"{"main_goal": "x", "plan_steps": [{"goal": "y"}]}"#,
            r#"{"main_goal": "x"}"#,
            r#"<think>{"plan_steps": [{"sub_goal_1": "y"}]}"#,
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn one_word_decides_whether_to_explore() {
        assert_eq!(verdict("True"), Some((true, false)));
        assert_eq!(verdict(" false.\n"), Some((false, false)));
        assert_eq!(verdict("I say True"), Some((true, true)));
        for wrong in ["", "yes", "True or False", "<think>True"] {
            assert_eq!(verdict(wrong), None, "{wrong}");
        }
    }
}
