//! Lines that the scribe keeps: turns of a dialogue, or sentences of observations.

use memloom_sdk::acting::{Form, labelled};
use memloom_sdk::host::{Message, Request};
use memloom_sdk::policy::HintedOperations;
use memloom_sdk::text::first_words;
use memloom_sdk::thoughts::spoken;
use memloom_sdk::types::{DemonstratedOperation, Error, Insertion, Turn};
use memloom_sdk::verdicts::{self, MOST_MARKS, mark, marked};

use crate::options::Options;
use crate::prompts;
use crate::scribe::SCRIBE;
use crate::writing::Writing;

/// The label of the line with the kept ones in a text.
const LABEL: &str = "keep:";

/// The word in its place where none is kept.
const NOTHING: &str = "none";

/// A line that may be kept.
pub struct Line {
    /// The text.
    pub text: String,
    /// The speaker; empty for an observation.
    speaker: String,
    /// The turn; none for an observation.
    turn: Option<String>,
    /// True if a demonstrator keeps it; none without a demonstrator.
    demonstrated: Option<bool>,
}

impl Line {
    /// Returns the line of an observation's sentence, which a demonstrator keeps.
    pub fn of_sentence(sentence: &str) -> Self {
        Self {
            text: sentence.into(),
            speaker: String::new(),
            turn: None,
            demonstrated: Some(true),
        }
    }

    /// Returns the line of a turn. With hints, a demonstrator keeps what it would insert or
    /// update with.
    pub fn of_turn(turn: Turn, hinted: Option<&HintedOperations>) -> Self {
        let keeps = |hinted: &HintedOperations| match hinted.get(&turn.id) {
            Some(DemonstratedOperation::Insert | DemonstratedOperation::Update(_)) => true,
            Some(DemonstratedOperation::Delete(_) | DemonstratedOperation::Skip) | None => false,
        };
        Self {
            demonstrated: hinted.map(keeps),
            text: turn.text,
            speaker: turn.speaker,
            turn: Some(turn.id),
        }
    }

    /// Returns the line as an entry.
    pub fn insertion(self) -> Insertion {
        Insertion::new(self.text, self.speaker, self.turn.into_iter().collect())
    }

    fn said(&self) -> String {
        let text = first_words(&self.text, usize::MAX);
        match &*self.speaker {
            "" => text,
            speaker => format!("{speaker} : {text}"),
        }
    }
}

/// Returns the lines that the scribe keeps. Of an output that cannot be read it keeps none.
///
/// # Errors
/// If the model fails.
pub fn kept(writing: &mut Writing, lines: Vec<Line>) -> Result<Vec<Line>, Error> {
    let form = writing.options.form();
    let mut lines = lines.into_iter().peekable();
    let mut kept = Vec::new();
    while lines.peek().is_some() {
        let shown: Vec<Line> = lines.by_ref().take(MOST_MARKS).collect();
        writing.report.step();
        let request = request(&shown, form, writing.options);
        let output = writing.host.generate(&request)?.text;
        let Some(verdicts) = parse(&output, shown.len(), form) else {
            let session = writing.at.session;
            writing.report.malformed_output(session, SCRIBE, &output);
            continue;
        };
        let verdicts = shown.into_iter().zip(verdicts);
        kept.extend(verdicts.filter_map(|(line, keeps)| keeps.then_some(line)));
    }
    Ok(kept)
}

fn request(lines: &[Line], form: Form, options: &Options) -> Request {
    let demonstrated: Option<Vec<bool>> = lines.iter().map(|line| line.demonstrated).collect();
    let prompt = Message::new("user", prompt(lines, form));
    let (messages, tokens, grammar) = match form {
        Form::Words => (
            vec![prompt],
            2 * lines.len() as u32 + 1,
            Some(verdicts::grammar(lines.len())),
        ),
        Form::Text => {
            let instructions = prompts::with_thoughts(prompts::KEEP, options.thoughts);
            let system = Message::new("system", instructions);
            let tokens = options.text_tokens(4 * MOST_MARKS as u32);
            (vec![system, prompt], tokens, None)
        }
    };
    Request {
        grammar,
        demonstration: demonstrated.map(|kept| output(&kept, form)),
        ..Request::new(SCRIBE, messages, tokens)
    }
}

/// Returns the prompt, one line each. The mark comes after its line where a small model reads.
fn prompt(lines: &[Line], form: Form) -> String {
    let lines = (1..).zip(lines).map(|(number, line)| match form {
        Form::Words => marked(&line.said(), number),
        Form::Text => format!("{} {}", mark(number), line.said()),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the output with these decisions.
fn output(kept: &[bool], form: Form) -> String {
    match form {
        Form::Words => verdicts::output(kept),
        Form::Text => {
            let marks = (1..).zip(kept).filter(|&(_, &keeps)| keeps);
            let marks: Vec<String> = marks.map(|(number, _)| mark(number)).collect();
            match marks.is_empty() {
                true => format!("{LABEL} {NOTHING}"),
                false => format!("{LABEL} {}", marks.join(" ")),
            }
        }
    }
}

/// Reads the decisions of an output; none if it is malformed.
fn parse(output: &str, lines: usize, form: Form) -> Option<Vec<bool>> {
    match form {
        Form::Words => verdicts::parse(spoken(output)?, lines),
        Form::Text => named(labelled(output, LABEL)?, lines),
    }
}

fn named(list: &str, lines: usize) -> Option<Vec<bool>> {
    let mut kept = vec![false; lines];
    if list.trim_end_matches('.').eq_ignore_ascii_case(NOTHING) {
        return Some(kept);
    }
    let names = list.split([' ', ',', '.']).filter(|name| !name.is_empty());
    for name in names {
        let place = (0..lines).find(|place| mark(place + 1) == name)?;
        kept[place] = true;
    }
    Some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_reads_back_as_it_was_meant() {
        for (kept, words, text) in [
            (
                vec![true, false, true],
                "t1 keep t2 drop t3 keep",
                "keep: t1 t3",
            ),
            (vec![false, false], "t1 drop t2 drop", "keep: none"),
        ] {
            for (form, said) in [(Form::Words, words), (Form::Text, text)] {
                assert_eq!(output(&kept, form), said);
                assert_eq!(parse(said, kept.len(), form), Some(kept.clone()));
            }
        }
    }

    #[test]
    fn what_is_of_no_form_is_not_read() {
        for wrong in [
            "",
            "t1 keep",
            "t1 keep t3 drop",
            "t1 keep t2 maybe",
            "t1 keep t2 drop t3 keep",
        ] {
            assert_eq!(parse(wrong, 2, Form::Words), None, "{wrong:?}");
        }
        for wrong in [
            "",
            "keep:",
            "keep: t3",
            "keep: t0",
            "keep: all",
            "keep: none t1",
            "t1",
        ] {
            assert_eq!(parse(wrong, 2, Form::Text), None, "{wrong:?}");
        }
    }

    #[test]
    fn the_last_list_of_a_text_counts() {
        let said = "keep: t1\nRather:\nKeep: t2, t2.";
        assert_eq!(parse(said, 2, Form::Text), Some(vec![false, true]));
        assert_eq!(
            parse("keep: None.", 2, Form::Text),
            Some(vec![false, false])
        );
    }
}
