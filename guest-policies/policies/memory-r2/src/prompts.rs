//! The prompts of the roles: built-in ones, or those of a run file.
//!
//! The short prompts are for small models, which imitate an example rather than follow rules:
//! a few sentences, and one example as earlier turns of the chat.

use std::collections::BTreeMap;

use memloom_sdk::bank::Hit;
use memloom_sdk::types::{DemonstratedOperation, Entry, Turn};

use crate::chat::{Example, Prompt};
use crate::extractor::Fact;
use crate::manager::Cases;
use crate::options::{Options, PromptSet};
use crate::{answerer, extractor, manager};

/// Returns the extractor's prompt.
pub fn extractor(options: &Options) -> Prompt<'_> {
    let (full, short) = (
        include_str!("prompts/extractor.md"),
        include_str!("prompts/short/extractor.md"),
    );
    let own = options.extractor_prompt.as_deref();
    prompt(options, own, full, short, extractor_example)
}

/// Returns the manager's prompt.
pub fn manager(options: &Options) -> Prompt<'_> {
    let (full, short) = (
        include_str!("prompts/manager.md"),
        include_str!("prompts/short/manager.md"),
    );
    let own = options.manager_prompt.as_deref();
    prompt(options, own, full, short, manager_example)
}

/// Returns the answerer's prompt.
pub fn answerer(options: &Options) -> Prompt<'_> {
    let (full, short) = (
        include_str!("prompts/answerer.md"),
        include_str!("prompts/short/answerer.md"),
    );
    let own = options.answerer_prompt.as_deref();
    prompt(options, own, full, short, || answerer_example(options))
}

fn prompt<'a>(
    options: &'a Options,
    own: Option<&'a str>,
    full: &'a str,
    short: &'a str,
    example: impl FnOnce() -> Example,
) -> Prompt<'a> {
    let (built_in, example) = match options.prompts {
        PromptSet::Full => (full, None),
        PromptSet::Short => (short, Some(example())),
    };
    let instructions = own.unwrap_or(built_in);
    Prompt {
        instructions: match &options.instruction {
            Some(line) => format!("{}\n\n{line}\n", instructions.trim_end()).into(),
            None => instructions.into(),
        },
        example,
    }
}

const JUNE: &str = "12 June 2022";
const MOVED: &str = "Ines moved to Porto.";
const RAN: &str = "Tom ran a marathon on 11 June 2022.";

fn fact(speaker: &str, turn: &str, text: &str) -> Fact {
    Fact {
        speaker: speaker.into(),
        text: text.into(),
        evidence: vec![turn.into()],
    }
}

fn memory(id: &str, speaker: &str, turn: &str, text: &str) -> Entry {
    Entry {
        id: id.into(),
        text: text.into(),
        speaker: speaker.into(),
        time: JUNE.into(),
        first_session: 4,
        last_session: 4,
        evidence: vec![turn.into()],
        fields: vec![],
    }
}

fn extractor_example() -> Example {
    let turn = |id: &str, speaker: &str, text: &str| Turn {
        id: id.into(),
        speaker: speaker.into(),
        text: text.into(),
    };
    let turns = [
        turn("D4:7", "Tom", "Hi! I ran a marathon yesterday."),
        turn("D4:8", "Ines", "Wow, well done!"),
    ];
    Example {
        input: extractor::prompt(JUNE, &turns),
        output: extractor::output(&[fact("Tom", "D4:7", RAN)]),
    }
}

fn manager_example() -> Example {
    let cases = Cases {
        facts: vec![
            (fact("Ines", "D6:2", MOVED), vec!["m3".into()]),
            (fact("Tom", "D6:6", "Tom has a cat."), vec![]),
        ],
        memories: vec![memory("m3", "Ines", "D4:9", "Ines lives in Lisbon.")],
    };
    let hinted = BTreeMap::from([(
        "D6:2".to_owned(),
        DemonstratedOperation::Update("D4:9".into()),
    )]);
    Example {
        input: manager::prompt("3 August 2022", &cases),
        output: manager::demonstration(&cases, &hinted, None),
    }
}

fn answerer_example(options: &Options) -> Example {
    let memory = memory("m1", "Tom", "D4:7", RAN);
    let hit = Hit {
        entry: memory,
        score: 1.0,
    };
    let mut found = [("Tom".to_owned(), vec![hit])];
    Example {
        input: answerer::input(&mut found, "When did Tom run a marathon?"),
        output: answerer::output("11 June 2022", options),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session_view::SessionView;

    #[test]
    fn examples_are_in_the_format_that_is_read() {
        let view = SessionView {
            time: JUNE,
            turns: &[],
            speakers: &[],
        };
        let said = extractor_example().output;
        let read = extractor::parse(&said, &view).expect(&said);
        assert!(!read.form.repaired, "{said}");
        let said = manager_example().output;
        let read = manager::parse(&said, &Cases::default(), &view).expect(&said);
        assert!(!read.form.repaired, "{said}");
        assert_eq!(
            said,
            concat!(
                r#"{"operations":[{"operation":"UPDATE","memory_id":"m3","content":"Ines moved to Porto.","dia_id":"D6:2"},"#,
                r#"{"operation":"INSERT","speaker":"Tom","content":"Tom has a cat.","dia_id":"D6:6"}]}"#
            )
        );
        for constrained in [false, true] {
            let options = Options {
                constrained,
                ..Options::default()
            };
            let said = answerer_example(&options).output;
            assert_eq!(answerer::parse(&said), "11 June 2022", "{said}");
            assert_eq!(said.starts_with('"'), constrained);
        }
    }

    #[test]
    fn a_run_files_instructions_replace_the_built_in_ones() {
        let options = |json: &str| Options::parse(json).expect(json);
        let full = options("{}");
        let prompt = extractor(&full);
        assert!(prompt.instructions.starts_with("You keep notes") && prompt.example.is_none());
        let short = options(r#"{"prompts": "short", "manager_prompt": "Manage."}"#);
        let prompt = extractor(&short);
        assert!(prompt.instructions.starts_with("You take notes") && prompt.example.is_some());
        let prompt = manager(&short);
        assert_eq!(prompt.instructions, "Manage.");
        assert!(prompt.example.is_some());
    }

    #[test]
    fn an_instruction_ends_the_prompts_of_all_roles() {
        for set in ["full", "short"] {
            let own = format!(
                r#"{{"prompts": "{set}", "manager_prompt": "Manage.", "instruction": "Keep dates."}}"#
            );
            let options = Options::parse(&own).expect("options");
            let roles = [extractor(&options), manager(&options), answerer(&options)];
            for prompt in &roles {
                assert!(
                    prompt.instructions.ends_with("\n\nKeep dates.\n"),
                    "{}",
                    prompt.instructions
                );
            }
            assert_eq!(roles[1].instructions, "Manage.\n\nKeep dates.\n");
            let plain = Options::parse("{}").expect("options");
            assert!(!extractor(&plain).instructions.contains("Keep dates."));
        }
    }
}
