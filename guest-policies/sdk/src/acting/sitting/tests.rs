#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::bank::{Hit, Query, Schema, Stats};
use crate::host::{Completion, Request};
use crate::random::Random;
use crate::types::{Entry, Moment, Operation};

/// A host that observes a task: what was done is what is seen.
struct Stage {
    acts: Vec<String>,
    /// The actions that are listed after each act.
    actions: Vec<String>,
    /// The number of acts that end the task.
    ends_after: usize,
}

impl Host for Stage {
    fn act(&mut self, action: &str) -> Result<Observation, Error> {
        if action == "forbidden" {
            return Err(Error::Invalid("it is forbidden".into()));
        }
        self.acts.push(action.into());
        let done = self.acts.len() == self.ends_after;
        Ok(Observation {
            text: format!("You did {action}. It is late."),
            done,
            reward: 0.25,
            actions: if done { vec![] } else { self.actions.clone() },
        })
    }

    fn advise(&mut self) -> Option<String> {
        None
    }

    fn schema(&mut self) -> Schema {
        unreachable!("a sitting asks no bank")
    }

    fn apply(&mut self, _: &Moment, _: &[Operation]) -> Vec<Result<String, Error>> {
        unreachable!("a sitting asks no bank")
    }

    fn retrieve(&mut self, _: &Query) -> Result<Vec<Hit>, Error> {
        unreachable!("a sitting asks no bank")
    }

    fn entries(&mut self) -> Vec<Entry> {
        unreachable!("a sitting asks no bank")
    }

    fn render(&mut self, _: &[String]) -> Result<String, Error> {
        unreachable!("a sitting asks no bank")
    }

    fn stats(&mut self) -> Stats {
        unreachable!("a sitting asks no bank")
    }

    fn generate(&mut self, _: &Request) -> Result<Completion, Error> {
        unreachable!("a sitting asks no model")
    }

    fn count(&mut self, _: &str) -> u32 {
        unreachable!("a sitting asks no model")
    }

    fn cut(&mut self, _: &str, _: u32, _: u32) -> String {
        unreachable!("a sitting asks no model")
    }

    fn embed(&mut self, _: &[String]) -> Option<Vec<Vec<f32>>> {
        unreachable!("a sitting asks no embedder")
    }
}

fn texts(actions: &[&str]) -> Vec<String> {
    actions.iter().map(ToString::to_string).collect()
}

fn stage(actions: &[&str], ends_after: usize) -> Stage {
    Stage {
        acts: vec![],
        actions: texts(actions),
        ends_after,
    }
}

fn sitting(actions: &[&str], steps: u32, rules: Rules) -> Sitting {
    let task = Task {
        index: 1,
        time: String::new(),
        instruction: "tidy up".into(),
        actions: texts(actions),
        steps,
    };
    Sitting::new(task, rules)
}

fn words() -> Rules {
    Rules {
        form: Form::Words,
        ..Rules::default()
    }
}

fn shown(messages: &[Message]) -> Vec<(&str, &str)> {
    let pairs = messages.iter().map(|m| (&*m.role, &*m.content));
    pairs.collect()
}

#[test]
fn messages_alternate_and_show_the_last_turns_and_the_actions() {
    let mut host = stage(&["wait", "go"], 9);
    let rules = Rules {
        window: 2,
        observation_words: 3,
        ..words()
    };
    let mut sitting = sitting(&["look"], 0, rules);
    let messages = sitting.messages("tidy up", "so tidy up");
    assert_eq!(shown(&messages), [("user", "tidy up\nlook a1")]);
    for output in ["a1", "a2", "a1"] {
        assert_eq!(sitting.take(&mut host, output), Ok(Taken::Act));
    }
    let messages = sitting.messages("tidy up", "so tidy up");
    let expected = [
        ("user", "tidy up"),
        ("assistant", "go"),
        ("user", "You did go. (more not shown)"),
        ("assistant", "wait"),
        (
            "user",
            "You did wait. (more not shown)\nso tidy up\nwait a1\ngo a2",
        ),
    ];
    assert_eq!(shown(&messages), expected);
    assert_eq!(sitting.turns()[0].observation, "You did look. It is late.");
    assert_eq!(sitting.reward(), 0.75);
}

#[test]
fn a_text_stays_in_the_history_as_it_was_said() {
    let mut host = stage(&[], 9);
    let mut sitting = sitting(&[], 0, Rules::default());
    let output = "<think>Hm.</think>I look.\naction: look";
    assert_eq!(sitting.take(&mut host, output), Ok(Taken::Act));
    let messages = sitting.messages("tidy up", "");
    assert_eq!(messages[1].content, "I look.\naction: look");
    assert_eq!(messages[2].content, "You did look. It is late.");
}

#[test]
fn a_malformed_output_does_the_first_action_and_is_counted() {
    let mut host = stage(&["wait", "go"], 9);
    let mut sitting = sitting(&["look", "go"], 0, words());
    assert_eq!(sitting.take(&mut host, "go"), Ok(Taken::Malformed));
    assert_eq!(sitting.take(&mut host, ""), Ok(Taken::Malformed));
    assert_eq!(host.acts, ["look", "wait"]);
    assert_eq!((sitting.acts(), sitting.malformed()), (2, 2));
    assert_eq!(sitting.messages("", "")[1].content, "look");
}

#[test]
fn what_is_read_as_a_choice_is_not_malformed_when_it_is_taken() {
    for rules in [words(), Rules::default()] {
        for output in ["a1", "a9", "look", "action: go", "action: fly", "more", ""] {
            let mut host = stage(&["wait"], 9);
            let mut sitting = sitting(&["look", "go"], 0, rules);
            let reads = sitting.reads(output);
            assert_eq!((sitting.acts(), sitting.malformed()), (0, 0));
            let taken = sitting.take(&mut host, output).unwrap();
            assert_eq!(reads, taken != Taken::Malformed, "{output:?}");
        }
    }
}

#[test]
fn a_malformed_text_is_remembered_as_the_action_that_was_done() {
    let mut host = stage(&["wait"], 9);
    let mut sitting = sitting(&["look"], 0, Rules::default());
    sitting.take(&mut host, "action: fly").unwrap();
    assert_eq!(sitting.messages("", "")[1].content, "action: look");
}

#[test]
fn a_task_ends_when_it_is_done_or_its_steps_are_used() {
    let mut host = stage(&["wait"], 2);
    let mut sitting = sitting(&["wait"], 0, words());
    sitting.take(&mut host, "a1").unwrap();
    assert!(!sitting.is_over());
    sitting.take(&mut host, "a1").unwrap();
    assert!(sitting.is_over() && sitting.is_done());

    let few = Rules { acts: 2, ..words() };
    for (steps, rules, acts) in [(3, words(), 3), (0, few, 2), (5, few, 2), (1, few, 1)] {
        let mut host = stage(&["wait"], 99);
        let mut sitting = self::sitting(&["wait"], steps, rules);
        while !sitting.is_over() {
            sitting.take(&mut host, "a1").unwrap();
        }
        assert_eq!((sitting.acts(), sitting.is_done()), (acts, false));
    }
}

#[test]
fn pages_are_turned_without_an_act_and_begin_anew_after_one() {
    let actions: Vec<String> = (0..150).map(|number| format!("take {number}")).collect();
    let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
    let mut host = stage(&actions, 99);
    let mut sitting = sitting(&actions, 0, words());
    for _ in 0..2 {
        assert_eq!(sitting.demonstration("take 149").as_deref(), Some("more"));
        assert_eq!(sitting.take(&mut host, "more"), Ok(Taken::Page));
    }
    assert_eq!(sitting.acts(), 0);
    let demonstration = sitting.demonstration("take 149").unwrap();
    assert_eq!(demonstration, "a22");
    assert_eq!(sitting.take(&mut host, &demonstration), Ok(Taken::Act));
    assert_eq!(host.acts, ["take 149"]);
    assert!(sitting.grammar().unwrap().ends_with("| a64 | more)"));
}

#[test]
fn what_the_environment_refuses_is_an_act_that_changes_nothing() {
    let mut host = stage(&["go"], 9);
    let mut sitting = sitting(&["forbidden", "go"], 0, words());
    assert_eq!(sitting.take(&mut host, "a1"), Ok(Taken::Act));
    assert_eq!(sitting.turns()[0].observation, "it is forbidden");
    assert_eq!(sitting.demonstration("go").as_deref(), Some("a2"));
    assert_eq!(sitting.acts(), 1);
}

#[test]
fn no_output_panics() {
    let pieces = [
        "a1", "a65", "more", "action:", " ", "\n", "<think>", "</think>", "look", "ü", "\0",
    ];
    let mut random = Random::new(3);
    for form in [Form::Words, Form::Text] {
        for actions in [&["look", "ü"][..], &[]] {
            let mut host = stage(actions, 0);
            let mut sitting = sitting(
                actions,
                500,
                Rules {
                    form,
                    acts: 500,
                    ..words()
                },
            );
            while !sitting.is_over() {
                let length = random.below(6);
                let output: Vec<&str> = (0..length)
                    .map(|_| *random.pick(&pieces).unwrap())
                    .collect();
                sitting.take(&mut host, &output.concat()).unwrap();
                assert!(sitting.messages("x", "y").len() % 2 == 1);
            }
            assert_eq!(host.acts.len(), 500);
            assert!((1..500).contains(&sitting.malformed()));
        }
    }
}
