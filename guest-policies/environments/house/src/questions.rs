//! Questions: one without words for each task, and some in words about the past.

use std::collections::BTreeSet;

use memloom_sdk::metrics::{f1, normalised_words};
use memloom_sdk::types::{DemonstratedOperation, Error, Hint, Question, Score};

use crate::demonstrators::Demonstrator;
use crate::episode::Open;
use crate::lived::Lived;
use crate::report::turn_id;
use crate::seed;
use crate::session::{Content, Query, Task};

impl Open {
    /// Returns all questions.
    #[must_use]
    pub fn questions(&self) -> Vec<Question> {
        let tasks = self.tasks().map(|(session, task)| Question {
            id: task_id(session),
            text: String::new(),
            category: task.goal.category(&self.house).into(),
            sessions: task.needs.sessions.clone(),
            evidence: task.needs.evidence.clone(),
        });
        let queries = self.queries().map(|(id, query)| Question {
            id,
            text: query.asked.question(&self.house),
            category: "recall".into(),
            sessions: query.needs.sessions.clone(),
            evidence: query.needs.evidence.clone(),
        });
        tasks.chain(queries).collect()
    }

    fn tasks(&self) -> impl Iterator<Item = (u32, &Task)> {
        let sessions = self.script.sessions.iter();
        sessions.filter_map(|session| match &session.content {
            Content::Task(task) => Some((session.number, task)),
            Content::Report(_) => None,
        })
    }

    fn queries(&self) -> impl Iterator<Item = (String, &Query)> {
        let numbered = (1..).zip(&self.script.queries);
        numbered.map(|(number, query)| (format!("recall-{number}"), query))
    }

    /// Scores an answer: what the task came to, or whether the answer is right.
    ///
    /// # Errors
    /// `unknown` if there is no such question.
    pub fn score(&self, question: &str, answer: &str) -> Result<Score, Error> {
        if let Some((session, _)) = self
            .tasks()
            .find(|(session, _)| task_id(*session) == question)
        {
            let mut lived = self.lived.iter().filter(|lived| !lived.acts.is_empty());
            return Ok(lived
                .find(|lived| lived.session == session)
                .map_or_else(unlived, came_to));
        }
        match self.queries().find(|(id, _)| id == question) {
            Some((_, query)) => Ok(self.answered(query, answer)),
            None => Err(Error::Unknown(format!(
                "the episode asks no question `{question}`"
            ))),
        }
    }

    /// Compares an answer with what was so when the last session ended.
    fn answered(&self, query: &Query, answer: &str) -> Score {
        let gold = self.lived.last().and_then(|lived| {
            let place = |thing: usize| Some(lived.world.places[thing]);
            query.asked.answer(&self.house, &lived.mind, place)
        });
        let Some(gold) = gold.map(|gold| gold.text(&self.house)) else {
            return unlived();
        };
        let exact = normalised_words(answer) == normalised_words(&gold);
        score(f1(answer, &gold), [f32::from(exact), 0.0, 0.0, 0.0])
    }

    /// Returns a demonstrator's hints: the turns of a report that it keeps.
    ///
    /// # Errors
    /// `unknown` if the episode has no such session.
    pub fn hints(
        &self,
        demonstrator: Demonstrator,
        session: u32,
        seed: u64,
    ) -> Result<Vec<Hint>, Error> {
        let Content::Report(report) = &self.scripted(session)?.content else {
            return Ok(Vec::new());
        };
        let tasks = self.tasks().map(|(_, task)| &task.needs);
        let needs = tasks.chain(self.script.queries.iter().map(|query| &query.needs));
        let needed: BTreeSet<&String> = needs.flat_map(|needs| &needs.evidence).collect();
        let mut random = seed::demonstration(seed, &self.address, session, 0);
        let turns = (1..).zip(&report.turns);
        let kept = turns.filter_map(|(number, told)| {
            let turn = turn_id(session, number);
            let keeps = demonstrator.keeps(*told, needed.contains(&turn), &mut random);
            keeps.then_some(Hint {
                turn,
                operation: DemonstratedOperation::Insert,
            })
        });
        Ok(kept.collect())
    }
}

fn task_id(session: u32) -> String {
    format!("task-{session}")
}

fn came_to(lived: &Lived) -> Score {
    let success = lived.progress.complete().into();
    let acts = lived.acts.len() as f32;
    let gained = lived.progress.since(lived.at_first);
    let metrics = [success, acts, gained, lived.refused as f32];
    score(lived.progress.share(), metrics)
}

fn unlived() -> Score {
    score(0.0, [0.0; 4])
}

fn score(reward: f32, metrics: [f32; 4]) -> Score {
    let names = ["success", "acts", "return", "refused"];
    let metrics = names.map(String::from).into_iter().zip(metrics);
    Score {
        reward,
        metrics: metrics.collect(),
    }
}
