//! Guesses of the evidence: the chunks that contain an answer in whole words.

use std::collections::BTreeSet;

use memloom_sdk::metrics::normalised_words;

/// The normalised words of a chunk.
pub struct Passage {
    /// All words in order, with a space on either side of each.
    text: String,
    words: BTreeSet<String>,
}

impl Passage {
    /// Returns the words of a chunk.
    #[must_use]
    pub fn new(chunk: &str) -> Self {
        let words = normalised_words(chunk);
        Self {
            text: bounded(&words),
            words: words.into_iter().collect(),
        }
    }

    /// Returns true if it has these words in a row.
    fn has(&self, words: &[String]) -> bool {
        // Most chunks lack a word, which is found out faster than by a search of the text.
        words.iter().all(|word| self.words.contains(word)) && self.text.contains(&bounded(words))
    }
}

fn bounded(words: &[String]) -> String {
    format!(" {} ", words.join(" "))
}

/// Returns the sessions, counted from 1, whose chunk has one of the answers.
#[must_use]
pub fn having(passages: &[Passage], answers: &[String]) -> Vec<u32> {
    let mut answers: Vec<Vec<String>> = answers.iter().map(|one| normalised_words(one)).collect();
    answers.retain(|words| !words.is_empty());
    let sessions = (1..).zip(passages);
    let having = sessions.filter(|(_, passage)| answers.iter().any(|words| passage.has(words)));
    having.map(|(session, _)| session).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_found_in_whole_words_that_stand_in_a_row() {
        let chunks = [
            "In the year 1430, Mount Tiel",
            "Tiel, a mount; 43.",
            "nothing",
        ];
        let passages = chunks.map(Passage::new);
        let sessions = |answers: &[&str]| {
            let answers: Vec<String> = answers.iter().map(ToString::to_string).collect();
            having(&passages, &answers)
        };
        assert_eq!(sessions(&["43"]), [2]);
        assert_eq!(sessions(&["mount Tiel!"]), [1]);
        assert_eq!(sessions(&["43", "1430", "king"]), [1, 2]);
        assert!(sessions(&["the", "", "king"]).is_empty());
    }
}
