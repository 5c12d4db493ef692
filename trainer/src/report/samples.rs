//! Sample episodes: the history of each bank entry, and the answers to questions.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::eval::entry_history::{Change, Output};
use crate::eval::samples::{Sample, SampleQuestion, SampleSession};
use crate::report::axis::number;
use crate::report::html::escape;
use crate::report::run_folder::Run;

/// Length in bytes above which an output is folded.
const LONG_OUTPUT: usize = 120;

/// Returns the sample episodes of all runs; states when a run has none.
pub fn html(runs: &[Run]) -> String {
    let mut html = String::new();
    for run in runs {
        if runs.len() > 1 {
            let _ = write!(html, "<h3>{}</h3>", escape(&run.name));
        }
        let samples = run.samples.as_deref().unwrap_or_default();
        if samples.is_empty() {
            html.push_str("<p>None yet: a run writes them when it ends.</p>");
        }
        for (index, sample) in samples.iter().enumerate() {
            // On a page of one run the first episode is the example most readers look for.
            let open = if runs.len() == 1 && index == 0 {
                " open"
            } else {
                ""
            };
            let _ = write!(
                html,
                "<details{open}><summary>{}</summary>",
                escape(&headline(sample))
            );
            said(&mut html, &sample.sessions);
            memory(&mut html, sample);
            questions(&mut html, &sample.questions);
            html.push_str("</details>\n");
        }
    }
    html
}

fn headline(sample: &Sample) -> String {
    let kept = sample.entries.iter().filter(|entry| {
        let last = entry.changes.last();
        last.is_some_and(|change| change.after.is_some())
    });
    let right = sample
        .questions
        .iter()
        .filter(|question| question.reward >= 1.0);
    format!(
        "{}: {} sessions, {} entries of which {} are left, {} of {} questions right",
        sample.episode,
        sample.sessions.len(),
        sample.entries.len(),
        kept.count(),
        right.count(),
        sample.questions.len()
    )
}

fn said(html: &mut String, sessions: &[SampleSession]) {
    html.push_str("<details><summary>What was said</summary>");
    for session in sessions {
        let _ = write!(
            html,
            "<h3>Session {} <small>{}</small></h3><dl class=\"turns\">",
            session.session,
            escape(&session.time)
        );
        for turn in &session.turns {
            let _ = write!(
                html,
                "<dt>{}</dt><dd><b>{}</b> {}</dd>",
                escape(&turn.id),
                escape(&turn.speaker),
                escape(&turn.text)
            );
        }
        html.push_str("</dl>");
    }
    html.push_str("</details>");
}

fn memory(html: &mut String, sample: &Sample) {
    html.push_str("<div class=\"wide\"><table class=\"memory\"><thead><tr><th>Entry</th><th>What became of it</th></tr></thead><tbody>");
    for entry in &sample.entries {
        let _ = write!(
            html,
            "<tr><th>{}<span class=\"who\">{}</span></th><td><ol class=\"changes\">",
            escape(&entry.id),
            escape(&entry.speaker)
        );
        for change in &entry.changes {
            html.push_str("<li>");
            changed(html, change, &sample.outputs);
            html.push_str("</li>");
        }
        html.push_str("</ol></td></tr>");
    }
    html.push_str("</tbody></table></div>");
}

fn changed(html: &mut String, change: &Change, outputs: &[Output]) {
    let verb = match (&change.before, &change.after) {
        (None, _) => "wrote it",
        (Some(_), Some(_)) => "changed it",
        (Some(_), None) => "deleted it",
    };
    let _ = write!(html, "<span class=\"who\">Session {}: ", change.session);
    match change.output.and_then(|output| outputs.get(output)) {
        None => {
            let _ = write!(html, "the bank {verb}");
        }
        Some(output) => {
            let _ = write!(
                html,
                "{}, output {}, {verb}: ",
                escape(&output.role),
                output.step + 1
            );
            let text = escape(&output.text);
            let _ = if output.text.len() > LONG_OUTPUT {
                write!(
                    html,
                    "<details><summary>what it said</summary><code>{text}</code></details>"
                )
            } else {
                write!(html, "<code>{text}</code>")
            };
        }
    }
    html.push_str("</span>");
    if let Some(text) = &change.before {
        let _ = write!(html, "<del>{}</del> ", escape(text));
    }
    if let Some(text) = &change.after {
        let _ = write!(html, "<ins>{}</ins>", escape(text));
    }
}

fn questions(html: &mut String, questions: &[SampleQuestion]) {
    html.push_str("<div class=\"wide\"><table class=\"memory\"><thead><tr><th></th><th>Question</th><th>Answer</th><th>Evidence</th></tr></thead><tbody>");
    for question in questions {
        let mark = if question.reward >= 1.0 {
            "<span class=\"good\">\u{2713} right</span>".to_owned()
        } else if question.reward <= 0.0 {
            "<span class=\"bad\">\u{2717} wrong</span>".to_owned()
        } else {
            format!("<span class=\"bad\">~ {}</span>", number(question.reward))
        };
        let _ = write!(
            html,
            "<tr><td>{mark}</td><td>{}<span class=\"who\">{}</span></td><td>{}<span class=\"who\">{}</span></td><td>{}</td></tr>",
            escape(&question.text),
            escape(&question.category),
            match question.answer.as_str() {
                "" => "<span class=\"who\">no answer</span>".to_owned(),
                text => escape(text),
            },
            metrics(&question.metrics),
            evidence(&question.evidence)
        );
    }
    html.push_str("</tbody></table></div>");
}

fn evidence(evidence: &BTreeMap<String, bool>) -> String {
    let turns = evidence.iter().map(|(turn, held)| {
        let (class, word) = if *held {
            ("good", "held")
        } else {
            ("bad", "missing")
        };
        format!("<span class=\"{class}\">{} {word}</span>", escape(turn))
    });
    turns.collect::<Vec<_>>().join("<br>")
}

fn metrics(metrics: &BTreeMap<String, f64>) -> String {
    let scores = metrics
        .iter()
        .map(|(name, value)| format!("{} {}", escape(name), number(*value)));
    scores.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_shows_who_made_it_and_the_old_text_struck_through() {
        let outputs = [Output {
            session: 3,
            step: 1,
            role: "manager".into(),
            text: "update <e1>".into(),
        }];
        let change = Change {
            session: 3,
            output: Some(0),
            before: Some("lives in Oslo".into()),
            after: Some("lives in <Rome>".into()),
        };
        let mut html = String::new();
        changed(&mut html, &change, &outputs);
        assert_eq!(
            html,
            "<span class=\"who\">Session 3: manager, output 2, changed it: <code>update &lt;e1&gt;</code></span><del>lives in Oslo</del> <ins>lives in &lt;Rome&gt;</ins>"
        );
    }

    #[test]
    fn questions_have_marks_for_right_wrong_and_in_between() {
        let of = |reward: f64| SampleQuestion {
            text: "Where?".into(),
            category: "single-hop".into(),
            answer: String::new(),
            reward,
            metrics: BTreeMap::from([("f1".into(), reward)]),
            evidence: BTreeMap::from([("D1:2".into(), true), ("D2:1".into(), false)]),
        };
        let mut html = String::new();
        questions(&mut html, &[of(1.0), of(0.0), of(0.5)]);
        for part in [
            "\u{2713} right",
            "\u{2717} wrong",
            "~ 0.500",
            "D1:2 held",
            "D2:1 missing",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
    }
}
