//! Traces, differences and edits as text that fits a terminal.

use std::fmt::{Display, Write};

use memloom_runtime::types::{Answer, Entry};
use memloom_runtime::{Difference, Edit, Event, States, Trace, WhatIf};

use crate::cli::wrap::wrapped;

/// Columns of the narrowest usual terminal.
const WIDTH: usize = 80;

/// Lists all events, each operation on a line of its own, numbered as `--edit` expects. Lines
/// are cut to the terminal's width, or with `full` wrapped to it.
pub fn listing(trace: &Trace, full: bool) -> String {
    let mut text = String::new();
    let setting = &trace.setup;
    for (part, source) in [
        ("bank", &setting.bank),
        ("environment", &setting.environment),
        ("policy", &setting.policy),
    ]
    .into_iter()
    .chain(setting.data.iter().map(|source| ("data", source)))
    {
        let short = source.blake3.get(..16).unwrap_or(&source.blake3);
        line(
            &mut text,
            format!("{part:<12}{short}  {}", source.path.display()),
        );
    }
    for (part, options) in [
        ("bank", &setting.bank_options),
        ("environment", &setting.environment_options),
        ("policy", &setting.policy_options),
    ] {
        line(&mut text, format!("{part:<12}options {options}"));
    }
    for (number, event) in (1..).zip(&trace.events) {
        numbered(&mut text, number, event, full);
    }
    text
}

fn numbered(text: &mut String, number: usize, event: &Event, full: bool) {
    let applies = matches!(event, Event::Apply { operations, .. } if !operations.is_empty());
    for (place, words) in (1..).zip(event.to_string().lines()) {
        let number = match applies {
            true => format!("{number}.{place}"),
            false => number.to_string(),
        };
        let number = format!("{number:<9}");
        match full {
            true => {
                for row in wrapped(&number, words, WIDTH) {
                    text.push_str(&row);
                    text.push('\n');
                }
            }
            false => line(text, number + words),
        }
    }
}

/// Shows the first event that differs from the recorded one.
pub fn difference(found: &Difference) -> String {
    let mut text = String::new();
    for (when, event) in [("recorded", &found.recorded), ("now", &found.now)] {
        let _ = writeln!(text, "event {}, {when}:", found.event);
        match event {
            Some(event) => {
                let words = event.to_string();
                words
                    .lines()
                    .for_each(|words| line(&mut text, format!("  {words}")));
            }
            None => text.push_str("  nothing\n"),
        }
    }
    // Two events that read the same may differ in fields that a line omits.
    if let (Some(recorded), Some(now)) = (&found.recorded, &found.now)
        && recorded.to_string() == now.to_string()
    {
        let (recorded, now) = (format!("{recorded:?}"), format!("{now:?}"));
        let same = recorded
            .chars()
            .zip(now.chars())
            .take_while(|(a, b)| a == b);
        let from = same.count().saturating_sub(WIDTH / 4);
        for (when, words) in [("recorded", recorded), ("now", now)] {
            let words: String = words.chars().skip(from).collect();
            line(&mut text, format!("  {when:<9}...{words}"));
        }
    }
    text
}

/// Shows the consequences of an edit.
pub fn what_if(outcome: &WhatIf, edit: &Edit) -> String {
    let mut text = String::from("recorded\n");
    numbered(&mut text, edit.event, &outcome.recorded, false);
    text.push_str("edited\n");
    if let Some(event) = &outcome.edited {
        numbered(&mut text, edit.event, event, false);
    }
    let _ = writeln!(
        text,
        "\n{} model outputs reused, {} of them for other prompts; {} not requested",
        outcome.outputs, outcome.to_other_prompts, outcome.unsaid
    );
    if outcome.unanswered > 0 {
        let _ = writeln!(
            text,
            "{} requests beyond the recorded ones, answered with an error",
            outcome.unanswered
        );
    }
    text.push_str("\nafter session  bank       policy     environment\n");
    for state in &outcome.states {
        let verdict = |name: fn(&States) -> &String| match &state.after {
            Some(after) if name(after) == name(&state.before) => "same",
            Some(_) => "DIFFERENT",
            None => "-",
        };
        let _ = writeln!(
            text,
            "{:>13}  {:<9}  {:<9}  {}",
            state.session,
            verdict(|states| &states.bank),
            verdict(|states| &states.policy),
            verdict(|states| &states.environment)
        );
        for change in &state.entries {
            for (sign, entry) in [("-", &change.before), ("+", &change.after)] {
                if let Some(entry) = entry {
                    line(&mut text, format!("    {sign} {}", told(entry)));
                }
            }
        }
        if state.renamed > 0 {
            line(
                &mut text,
                format!("    {} entries differ only in their ids", state.renamed),
            );
        }
    }
    if let Some(why) = &outcome.stopped {
        let _ = writeln!(text, "\nthe edited episode STOPPED in {why}");
    }
    text.push_str("\n before   after  question\n");
    let mut same = 0;
    for question in &outcome.questions {
        let after = question.answer_after.as_ref();
        if question.before == question.after && after == Some(&question.answer_before) {
            same += 1;
            continue;
        }
        let reward = |reward: Option<f32>| match reward {
            Some(reward) => format!("{reward:.2}"),
            None => "-".to_owned(),
        };
        let by_citations = after.is_some_and(|after| after.text == question.answer_before.text);
        let words = |answer: Option<&Answer>| match answer {
            Some(answer) if by_citations => {
                format!("{:?} by {}", answer.text, answer.citations.join(" "))
            }
            Some(answer) => format!("{:?}", answer.text),
            None => "nothing".to_owned(),
        };
        line(
            &mut text,
            format!(
                "{:>7} {:>7}  {}: {} -> {}",
                reward(question.before),
                reward(question.after),
                question.question,
                words(Some(&question.answer_before)),
                words(after)
            ),
        );
    }
    let (before, after) = outcome.rewards();
    let _ = writeln!(
        text,
        "{before:>7.2} {after:>7.2}  in all ({:+.2}); {same} questions are the same",
        after - before
    );
    text
}

fn told(entry: &Entry) -> String {
    format!("{} {:?} {}", entry.id, entry.text, entry.evidence.join(" "))
}

/// Adds a line, cut to the terminal's width.
fn line(text: &mut String, words: impl Display) {
    let words = words.to_string().replace(['\n', '\r'], " ");
    match words.char_indices().nth(WIDTH) {
        Some(_) => {
            text.extend(words.chars().take(WIDTH - 3));
            text.push_str("...\n");
        }
        None => {
            text.push_str(&words);
            text.push('\n');
        }
    }
}
