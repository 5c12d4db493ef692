//! What a rollout leaves behind: scores, the bank's words and evidence, and
//! what was done on the way.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use memloom_runtime::Episode;
use memloom_runtime::types::Score;

use crate::logo::reward::{BankWords, words};
use crate::world::Opened;

/// Sums over the sessions of a rollout.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Operations asked of the bank, by name.
    pub operations: BTreeMap<String, u64>,
    /// Outputs that could not be read.
    pub malformed: u64,
    /// Operations that the bank refused.
    pub refused: u64,
}

/// Which questions of an episode are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Every one.
    All,
    /// Those that belong to a session.
    Session(u32),
    /// None: the reward needs no answers.
    None,
}

/// A rollout that has ended.
pub struct Settled {
    /// By question of the episode; none where it was not asked.
    pub scores: Vec<Option<Score>>,
    /// Words in the final bank.
    pub words: BankWords,
    /// Turns that the final bank names as evidence.
    pub evidence: BTreeSet<String>,
    /// What was done on the way.
    pub tally: Tally,
    /// Processor seconds in guests and host calls, without the model.
    pub guest_seconds: f64,
}

impl Tally {
    /// Observes a session and adds its report up. A demonstrator comes with the
    /// seed of its mistakes.
    pub fn observe(
        &mut self,
        episode: &mut Episode,
        session: u32,
        demonstrator: Option<(&str, u64)>,
    ) -> Result<()> {
        let report = episode.observe(session, demonstrator)?;
        for (name, count) in report.operations {
            *self.operations.entry(name).or_default() += u64::from(count);
        }
        self.malformed += u64::from(report.malformed);
        self.refused += u64::from(report.refused);
        Ok(())
    }

    /// Asks the episode's questions and reads the bank.
    pub fn settle(self, episode: &mut Episode, opened: &Opened, asked: Asked) -> Result<Settled> {
        let mut scores = Vec::with_capacity(opened.questions.len());
        for question in &opened.questions {
            let asked = match asked {
                Asked::All => true,
                Asked::Session(session) => question.sessions.contains(&session),
                Asked::None => false,
            };
            scores.push(if asked {
                let answer = episode.answer(question)?;
                Some(episode.score(question, &answer)?)
            } else {
                None
            });
        }
        let mut bank = BankWords::default();
        let mut evidence = BTreeSet::new();
        for entry in episode.entries()? {
            let count = words(&entry.text);
            bank.total += count;
            *bank.by_session.entry(entry.last_session).or_default() += count;
            evidence.extend(entry.evidence);
        }
        Ok(Settled {
            scores,
            words: bank,
            evidence,
            tally: self,
            guest_seconds: episode.meter().guest_seconds(),
        })
    }
}
