//! The user's problems: lines of JSON as GSM8K (Cobbe et al. 2021) and MAWPS (Koncel-Kedziorski et
//! al. 2016) have them.

use memloom_sdk::environment::DataFile;
use memloom_sdk::types::Error;
use serde::Deserialize;

use crate::number::Number;
use crate::options::Options;
use crate::problem::Problem;

/// The mark before the right answer of GSM8K.
const MARK: &str = "####";

/// Of this many problems one is for validation, and one is held out where no file is.
const SHARE: usize = 10;

/// The form of an answer, which is asked for after each problem.
const FORM: &str = "End with a line of this form:\nanswer: NUMBER";

/// A line of a file.
#[derive(Deserialize)]
struct Line {
    #[serde(alias = "input", alias = "sQuestion")]
    question: String,
    #[serde(alias = "target", alias = "lSolutions")]
    answer: Answer,
}

/// An answer in a file.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "expected an answer: a text, a number, or a list of one number"
)]
enum Answer {
    Text(String),
    Number(serde_json::Number),
    List([serde_json::Number; 1]),
}

impl Line {
    fn problem(self) -> Result<Problem, String> {
        let text = match self.answer {
            Answer::Text(text) => text,
            Answer::Number(number) | Answer::List([number]) => number.to_string(),
        };
        let (worked, right) = text.rsplit_once(MARK).unwrap_or(("", &text));
        let answer = Number::only(right)
            .ok_or_else(|| format!("the answer {:?} is no number", right.trim()))?;
        let worked = without_notes(worked);
        Ok(Problem {
            instruction: format!("{}\n\n{FORM}", self.question.trim()),
            steps: worked.lines().count().max(1) as u32,
            worked,
            answer,
            code: None,
        })
    }
}

/// Returns worked steps, one a line, without the calculator's notes `<<9+9=18>>`.
fn without_notes(worked: &str) -> String {
    let lines = worked.lines().map(|line| {
        let mut kept = String::new();
        let mut rest = line;
        while let Some((before, (_, after))) = rest
            .split_once("<<")
            .and_then(|(before, note)| Some((before, note.split_once(">>")?)))
        {
            kept += before;
            rest = after;
        }
        (kept + rest).trim().to_owned()
    });
    let lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

/// Reads the problems of a file.
fn read(file: &DataFile) -> Result<Vec<Problem>, Error> {
    let mut problems = Vec::new();
    for (number, line) in (1..).zip(file.bytes.split(|byte| *byte == b'\n')) {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let read = serde_json::from_slice(line).map_err(|error| error.to_string());
        let problem = read.and_then(Line::problem);
        let named = |why| Error::Invalid(format!("{}, line {number}: {why}", file.name));
        problems.push(problem.map_err(named)?);
    }
    match problems.is_empty() {
        true => Err(Error::Invalid(format!("{} has no problem", file.name))),
        false => Ok(problems),
    }
}

/// The problems of training, validation and held-out episodes.
#[derive(Debug, Default)]
pub struct Library {
    splits: [Vec<Problem>; 3],
}

impl Library {
    /// Reads all files.
    ///
    /// # Errors
    /// `invalid` naming the file and line that cannot be read, `unknown` naming a file that the
    /// options hold out and that is not there.
    pub fn read(files: &[DataFile], options: &Options) -> Result<Self, Error> {
        let is_file = |name: &&String| files.iter().any(|file| file.name == **name);
        if let Some(name) = options.held_out.iter().find(|name| !is_file(name)) {
            return Err(Error::Unknown(format!(
                "sums's `held_out` has `{name}`, which is none of its files: name one, or leave it out"
            )));
        }
        let mut library = Self::default();
        let [train, validation, held_out] = &mut library.splits;
        let mut count = 0;
        for file in files {
            let problems = read(file)?;
            if options.held_out.contains(&file.name) {
                held_out.extend(problems);
                continue;
            }
            for problem in problems {
                count += 1;
                match count % SHARE {
                    0 => validation.push(problem),
                    1 if options.held_out.is_empty() => held_out.push(problem),
                    _ => train.push(problem),
                }
            }
        }
        Ok(library)
    }

    /// Returns the number of episodes of a split. The last may have fewer tasks.
    #[must_use]
    pub fn episodes(&self, split: usize, tasks: u32) -> u64 {
        self.splits[split].len().div_ceil(tasks as usize) as u64
    }

    /// Returns the tasks of an episode; none if the split has no such episode.
    #[must_use]
    pub fn tasks(&self, split: usize, index: u64, tasks: u32) -> Option<Vec<Problem>> {
        let mut episodes = self.splits[split].chunks(tasks as usize);
        let episode = episodes.nth(usize::try_from(index).ok()?);
        episode.map(<[Problem]>::to_vec)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn file(name: &str, text: &str) -> DataFile {
        DataFile {
            name: name.into(),
            bytes: text.into(),
        }
    }

    fn refusal(text: &str) -> String {
        match read(&file("own.jsonl", text)) {
            Err(Error::Invalid(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn lines_of_both_kinds_are_read() {
        let text = concat!(
            r#"{"question": "Two hens lay 6 eggs each. How many eggs?", "#,
            r#""answer": "Each lays 6.\nThat is 2 x 6 = <<2*6=12>>12 eggs.\n#### 12"}"#,
            "\n\n",
            r#"{"input": "A pen costs 1.5 and a cap 2 . What do both cost ?", "target": 3.5}"#,
            "\r\n",
            r#"{"iIndex": 3, "sQuestion": "A shop sold 1800 caps . How many ?", "lSolutions": [1800.0]}"#,
        );
        let problems = read(&file("own.jsonl", text)).unwrap();
        assert_eq!(
            problems[0],
            Problem {
                instruction: "Two hens lay 6 eggs each. How many eggs?\n\n\
                              End with a line of this form:\nanswer: NUMBER"
                    .into(),
                worked: "Each lays 6.\nThat is 2 x 6 = 12 eggs.".into(),
                steps: 2,
                answer: Number::only("12").unwrap(),
                code: None,
            }
        );
        assert_eq!(problems[1].answer, Number::only("3.50").unwrap());
        assert_eq!((problems[1].steps, problems[1].worked.as_str()), (1, ""));
        assert_eq!(problems[2].answer, Number::only("1,800").unwrap());
        assert_eq!(problems.len(), 3);
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named() {
        let good = r#"{"question": "How many?", "answer": "4"}"#;
        for (line, why) in [
            ("{", "EOF while parsing an object at line 1 column 1"),
            (
                r#"{"answer": "4"}"#,
                "missing field `question` at line 1 column 15",
            ),
            (
                r#"{"question": "Who?", "answer": "Two.\n#### two"}"#,
                "the answer \"two\" is no number",
            ),
            (
                r#"{"question": "Which two?", "lSolutions": [1, 2]}"#,
                "expected an answer: a text, a number, or a list of one number at line 1 column 48",
            ),
        ] {
            let text = format!("{good}\n{line}\n");
            assert_eq!(refusal(&text), format!("own.jsonl, line 2: {why}"));
        }
        assert_eq!(refusal("\n"), "own.jsonl has no problem");
        assert!(refusal("\u{feff}").starts_with("own.jsonl, line 1: "));
    }

    #[test]
    fn notes_of_the_calculator_are_left_out() {
        assert_eq!(
            without_notes(" a <<1+1=2>>2 and <<2+2=4>>4.\n\n"),
            "a 2 and 4."
        );
        assert_eq!(without_notes("1 << 2"), "1 << 2");
    }

    fn library(held_out: &[&str]) -> Result<[usize; 3], Error> {
        let line = r#"{"question": "How many?", "answer": 4}"#;
        let files = [("a.jsonl", 30), ("b.jsonl", 5)]
            .map(|(name, lines)| file(name, &vec![line; lines].join("\n")));
        let options = Options {
            held_out: held_out.iter().map(ToString::to_string).collect(),
            ..Options::default()
        };
        Ok(Library::read(&files, &options)?
            .splits
            .map(|split| split.len()))
    }

    #[test]
    fn one_problem_in_ten_is_for_validation_and_one_is_held_out() {
        assert_eq!(library(&[]), Ok([28, 3, 4]));
        assert_eq!(library(&["b.jsonl"]), Ok([27, 3, 5]));
        assert_eq!(
            library(&["c.jsonl"]),
            Err(Error::Unknown(
                "sums's `held_out` has `c.jsonl`, which is none of its files: \
                 name one, or leave it out"
                    .into()
            ))
        );
    }
}
