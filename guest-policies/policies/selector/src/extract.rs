//! The extractor, which chooses the turns of a chunk to keep.

use memloom_sdk::speakers::Speakers;
use memloom_sdk::types::Turn;

/// Returns the prompt: one line a turn, `@k : text t1`. The marker comes after its turn,
/// since a small model has read the turn there.
pub fn prompt(turns: &[Turn], speakers: &Speakers) -> String {
    let lines = turns.iter().enumerate().map(|(place, turn)| {
        let alias = speakers.alias(&turn.speaker);
        format!("{alias} : {} t{}", speakers.masked(&turn.text), place + 1)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the output's grammar: `t1 (keep | drop) t2 (keep | drop)`.
pub fn grammar(turns: usize) -> String {
    let verdicts = (1..=turns).map(|number| format!("t{number} (keep | drop)"));
    verdicts.collect::<Vec<_>>().join(" ")
}

/// Returns the output with these decisions.
pub fn output(kept: &[bool]) -> String {
    let verdicts = kept.iter().enumerate().map(|(place, &kept)| {
        let verdict = if kept { "keep" } else { "drop" };
        format!("t{} {verdict}", place + 1)
    });
    verdicts.collect::<Vec<_>>().join(" ")
}

/// Parses the decisions of an output; none if it does not match the grammar.
pub fn parse(output: &str, turns: usize) -> Option<Vec<bool>> {
    let mut words = output.split_whitespace();
    let kept = (1..=turns)
        .map(|number| {
            let marked = words.next()? == format!("t{number}");
            match words.next()? {
                "keep" if marked => Some(true),
                "drop" if marked => Some(false),
                _ => None,
            }
        })
        .collect::<Option<Vec<bool>>>()?;
    words.next().is_none().then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompt_marks_each_turn_behind_it() {
        let mut speakers = Speakers::default();
        speakers.meet("Ben");
        speakers.meet("Anna");
        let turn = |speaker: &str, text: &str| Turn {
            id: String::new(),
            speaker: speaker.into(),
            text: text.into(),
        };
        let turns = [turn("Anna", "Hi Ben!"), turn("Ben", "I ski.")];
        assert_eq!(prompt(&turns, &speakers), "@2 : Hi @1! t1\n@1 : I ski. t2");
    }

    #[test]
    fn an_output_reads_back_as_it_was_meant() {
        let kept = [true, false, true];
        assert_eq!(output(&kept), "t1 keep t2 drop t3 keep");
        assert_eq!(parse(&output(&kept), 3), Some(kept.to_vec()));
        assert_eq!(grammar(2), "t1 (keep | drop) t2 (keep | drop)");
    }

    #[test]
    fn what_is_not_of_the_grammar_is_not_read() {
        let wrong = [
            "",
            "t1 keep",
            "t1 keep t3 drop",
            "t1 keep t2 maybe",
            "keep drop",
        ];
        for output in wrong {
            assert_eq!(parse(output, 2), None, "{output:?}");
        }
        assert_eq!(parse("t1 keep t2 drop t3 keep", 2), None);
    }
}
