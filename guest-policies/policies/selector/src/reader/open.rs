//! The reader of an open language, which answers with the best entry for the question.

use memloom_sdk::bank::{Query, evidence};
use memloom_sdk::speakers::Speakers;
use memloom_sdk::types::{Answer, Error};
use memloom_sdk::{Host, text};

/// The number of words of an answer: gold answers are short.
const ANSWER_WORDS: usize = 12;

/// Answers with the time of the best entry if the question begins with "when", else with
/// its words. The answer is empty if no entry shares a word with the question. If the
/// question names one speaker, entries about that speaker come first.
pub fn answer(
    host: &mut dyn Host,
    speakers: &Speakers,
    limit: u32,
    question: &str,
) -> Result<Answer, Error> {
    let mut query = Query::new(question, limit);
    if let [name] = speakers.named(question)[..] {
        query.speaker = Some(name.into());
    }
    let mut hits = host.retrieve(&query)?;
    if query.speaker.take().is_some() && hits.len() < limit as usize {
        for hit in host.retrieve(&query)? {
            if hits.iter().all(|other| other.entry.id != hit.entry.id) {
                hits.push(hit);
            }
        }
        hits.truncate(limit as usize);
    }
    let asks_when = text::words(question)
        .next()
        .is_some_and(|w| w.eq_ignore_ascii_case("when"));
    let text = hits.first().map_or_else(String::new, |best| {
        if asks_when {
            best.entry.time.clone()
        } else {
            text::first_words(&best.entry.text, ANSWER_WORDS)
        }
    });
    Ok(Answer {
        text,
        citations: evidence(&hits),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use bank_flat::Flat;
    use memloom_sdk::MockHost;
    use memloom_sdk::types::{Moment, Operation};

    fn asked(question: &str) -> (String, Vec<String>) {
        let mut host = MockHost::scripted(Flat::default(), &[]);
        let facts = [
            (
                "Anna",
                "Anna painted a sunset over the lake last week and hung it in the hall",
                "D1:1",
            ),
            ("Ben", "The lake was cold", "D1:2"),
            ("Anna", "Anna plays chess", "D1:3"),
        ];
        let mut speakers = Speakers::default();
        for (speaker, text, turn) in facts {
            speakers.meet(speaker);
            let insertion = Operation::insert(text, speaker, vec![turn.into()]);
            let at = Moment {
                session: 1,
                time: "8 May 2023".into(),
            };
            host.apply(&at, &[insertion]);
        }
        let answer = answer(&mut host, &speakers, 2, question).unwrap();
        (answer.text, answer.citations)
    }

    #[test]
    fn the_best_entry_is_cut_short() {
        let (text, citations) = asked("What did Anna see at the lake?");
        assert_eq!(
            text,
            "Anna painted a sunset over the lake last week and hung it"
        );
        assert_eq!(citations, ["D1:1", "D1:3"]);
    }

    #[test]
    fn entries_about_others_fill_up() {
        let (text, citations) = asked("Did Ben think the lake or the chess was cold?");
        assert_eq!(text, "The lake was cold");
        assert_eq!(citations, ["D1:2", "D1:3"]);
    }

    #[test]
    fn when_is_answered_with_a_time() {
        assert_eq!(asked("When did Anna play chess?").0, "8 May 2023");
    }

    #[test]
    fn nothing_found_is_nothing_said() {
        assert_eq!(asked("How tall is everest?"), (String::new(), vec![]));
    }
}
