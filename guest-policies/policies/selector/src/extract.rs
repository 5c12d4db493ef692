//! The prompt of the extractor, which chooses the turns of a chunk to keep.

use memloom_sdk::speakers::Speakers;
use memloom_sdk::types::Turn;
use memloom_sdk::verdicts::marked;

/// Returns the prompt: one line a turn, `@k : text t1`. The marker comes after its turn,
/// since a small model has read the turn there.
pub fn prompt(turns: &[Turn], speakers: &Speakers) -> String {
    let lines = turns.iter().enumerate().map(|(place, turn)| {
        let alias = speakers.alias(&turn.speaker);
        let line = format!("{alias} : {}", speakers.masked(&turn.text));
        marked(&line, place + 1)
    });
    lines.collect::<Vec<_>>().join("\n")
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
}
