//! Plans as text: a JSON object, or the line `FINAL ANSWER: …`.

use memloom_sdk::acting::labelled;
use memloom_sdk::thoughts::spoken;
use serde::{Deserialize, Serialize};

/// The label of an answer.
const ANSWER: &str = "FINAL ANSWER:";
/// The most steps of a plan.
const MOST_STEPS: usize = 16;

/// An output of the planner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// A plan.
    Plan(Plan),
    /// An answer, which ends the task.
    Answer(String),
}

/// A plan.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Plan {
    /// The numbers of the cases that it follows.
    #[serde(default)]
    pub cases: Vec<usize>,
    /// The steps, 1 to 16.
    #[serde(rename = "plan")]
    pub steps: Vec<Step>,
}

/// A step of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Step {
    /// The task of the step, in words.
    pub description: String,
}

/// Reads an output: the first JSON object, else the last line with an answer. None if it has neither,
/// or if the object is no plan of 1 to 16 steps with words.
pub fn parse(output: &str) -> Option<Output> {
    let said = spoken(output)?;
    let Some(start) = said.find('{') else {
        return labelled(said, ANSWER).map(|answer| Output::Answer(answer.into()));
    };
    let mut objects = serde_json::Deserializer::from_str(&said[start..]).into_iter::<Plan>();
    let plan = objects.next()?.ok()?;
    let has_words = |step: &Step| !step.description.trim().is_empty();
    let is_plan = (1..=MOST_STEPS).contains(&plan.steps.len()) && plan.steps.iter().all(has_words);
    is_plan.then_some(Output::Plan(plan))
}

/// Returns the output with a plan of one step.
pub fn write(step: &str, cases: Vec<usize>) -> String {
    let step = Step {
        description: step.into(),
    };
    let plan = Plan {
        cases,
        steps: vec![step],
    };
    serde_json::to_string(&plan).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_reads_back_as_it_was_written() {
        let Some(Output::Plan(plan)) = parse(&write("pay ann", vec![2])) else {
            panic!("no plan");
        };
        assert_eq!(
            (plan.cases, &*plan.steps[0].description),
            (vec![2], "pay ann")
        );
    }

    #[test]
    fn a_plan_may_stand_in_other_text_and_have_ids() {
        let output = "<think>{}</think>So:\n```json\n{\"plan\": [{\"id\": 1, \"description\": \
                      \"log in\"}, {\"id\": 2, \"description\": \"pay\"}]}\n```";
        let Some(Output::Plan(plan)) = parse(output) else {
            panic!("no plan");
        };
        assert_eq!((plan.cases.len(), plan.steps.len()), (0, 2));
        assert_eq!(
            parse("I know it.\nFinal answer: 41"),
            Some(Output::Answer("41".into()))
        );
    }

    #[test]
    fn what_is_no_plan_is_not_read() {
        let long = write("x", vec![]).replace(
            r#"{"description":"x"}"#,
            &[r#"{"description":"x"}"#; 17].join(","),
        );
        for output in [
            "",
            "log in, then pay",
            "FINAL ANSWER:",
            "{",
            r#"{"plan": []}"#,
            r#"{"plan": [{"description": " "}]}"#,
            r#"{"plan": [{"id": 1}]}"#,
            r#"{"plan": "log in"}"#,
            r#"{"plan": [{"description": "log in"}"#,
            r#"{"cases": [-1], "plan": [{"description": "log in"}]}"#,
            &long,
        ] {
            assert_eq!(parse(output), None, "{output:?}");
        }
    }
}
