//! The worth of a bank for the questions of a session (equations 8 to 12, 15).

use std::collections::BTreeMap;

use memloom_text::words::word_count;
use serde::{Deserialize, Serialize};

/// Returns the number of words in a text, counted as banks and metrics count them.
pub fn words(text: &str) -> u64 {
    word_count(text) as u64
}

/// Words in a bank, in all and by the session that wrote them last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BankWords {
    /// Over all entries.
    pub total: u64,
    /// By session.
    pub by_session: BTreeMap<u32, u64>,
}

/// The sessions that pay for words in the bank.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Charge {
    /// Each session pays for the entries that it wrote last, over its own words.
    Session,
    /// Every session pays the whole bank's excess over the words so far: the
    /// reference's form.
    Shared,
}

/// The charge for words in the bank.
#[derive(Clone, Copy, Debug)]
pub struct Compression {
    /// Weight of the penalty: lambda.
    pub penalty: f64,
    /// Bank words over dialogue words that are free: theta.
    pub threshold: f64,
    /// The sessions that pay.
    pub charge: Charge,
}

impl Compression {
    /// lambda times the relative excess of bank words over theta times dialogue
    /// words, for session `session` of a bank that has read the sessions up to
    /// `read`. `dialogue[s - 1]` are session s's words.
    ///
    /// `Shared` is the reference's form: the whole bank against all that was
    /// read. `Session` charges a session for the entries it wrote last, against
    /// its own words: in the shared form a session pays for about 1/T of what
    /// it adds.
    pub fn cost(&self, bank: &BankWords, dialogue: &[u64], session: u32, read: u32) -> f64 {
        match self.charge {
            Charge::Session => {
                let written = bank.by_session.get(&session).copied().unwrap_or(0);
                self.excess(written, dialogue[session as usize - 1])
            }
            Charge::Shared => self.whole(bank, dialogue, read),
        }
    }

    /// The whole bank's cost after `read` sessions, whoever pays in training:
    /// what evaluation reports.
    pub fn whole(&self, bank: &BankWords, dialogue: &[u64], read: u32) -> f64 {
        self.excess(bank.total, dialogue[..read as usize].iter().sum())
    }

    fn excess(&self, bank: u64, dialogue: u64) -> f64 {
        if dialogue == 0 {
            return 0.0;
        }
        let dialogue = dialogue as f64;
        self.penalty * (bank as f64 - self.threshold * dialogue).max(0.0) / dialogue
    }
}

/// Mean score of the questions that belong to a session, none where none does.
/// A question belongs to every session that holds its evidence.
pub fn session_score(scores: &[(f64, &[u32])], session: u32) -> Option<f64> {
    let mine = scores
        .iter()
        .filter(|(_, sessions)| sessions.contains(&session));
    let (sum, count) = mine.fold((0.0, 0), |(sum, count), (score, _)| {
        (sum + score, count + 1)
    });
    (count > 0).then(|| sum / f64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_cost_alike_in_all_scripts() {
        assert_eq!(words("I'm 30, isn't_it?  Ünal"), 6);
        assert_eq!(words("我住在罗马"), 5);
        assert_eq!(words(" ... 。"), 0);
    }

    fn bank(total: u64, first: u64) -> BankWords {
        BankWords {
            total,
            by_session: BTreeMap::from([(1, first), (2, total - first)]),
        }
    }

    #[test]
    fn the_penalty_starts_at_theta_and_is_relative() {
        let shared = Compression {
            penalty: 0.2,
            threshold: 0.5,
            charge: Charge::Shared,
        };
        assert_eq!(shared.cost(&bank(50, 50), &[60, 40], 1, 2), 0.0);
        let full = shared.cost(&bank(100, 50), &[60, 40], 1, 2);
        assert!((full - 0.2 * 0.5).abs() < 1e-12);
        // memory-r2: the 32-session champion, W = 18 151 and D = 16 450 at theta 0.7.
        let champion = Compression {
            penalty: 1.0,
            threshold: 0.7,
            charge: Charge::Shared,
        };
        assert!((champion.cost(&bank(18_151, 0), &[16_450, 0], 1, 2) - 0.4034).abs() < 1e-3);
    }

    #[test]
    fn a_session_pays_for_what_it_wrote_last() {
        let session = Compression {
            penalty: 1.0,
            threshold: 0.25,
            charge: Charge::Session,
        };
        assert!((session.cost(&bank(40, 30), &[60, 40], 1, 2) - 0.25).abs() < 1e-12);
        assert_eq!(session.cost(&bank(40, 30), &[60, 40], 2, 2), 0.0);
        assert!((session.whole(&bank(40, 30), &[60, 40], 2) - 0.15).abs() < 1e-12);
    }

    /// zoo-b T11: a task of 200 nominal words.
    #[test]
    fn memory_written_in_a_task_pays_by_nominal_words() {
        let compression = Compression {
            penalty: 0.5,
            threshold: 0.25,
            charge: Charge::Session,
        };
        let cost = compression.cost(&bank(120, 120), &[200, 60], 1, 2);
        assert!((cost - 0.175).abs() < 1e-12, "{cost}");
    }

    #[test]
    fn a_question_of_two_sessions_counts_in_both() {
        let scores: [(f64, &[u32]); 3] = [(1.0, &[1, 2]), (0.0, &[2]), (0.5, &[3])];
        assert_eq!(session_score(&scores, 1), Some(1.0));
        assert_eq!(session_score(&scores, 2), Some(0.5));
        assert_eq!(session_score(&scores, 4), None);
    }
}
