//! Checked conversations.

use std::collections::{BTreeMap, BTreeSet};

use memloom_sdk::types::{Error, Question, Turn};
use memloom_sdk::warnings::count;
use serde::{Deserialize, Serialize};

use crate::category::Category;
use crate::evidence::turn_ids;
use crate::published::{Published, Utterance};
use crate::qa::Qa;

/// Sessions and the questions about them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    /// The id, for instance `conv-26`.
    pub id: String,
    /// The speakers.
    pub speakers: Vec<String>,
    /// The sessions in order; the first is session 1.
    pub sittings: Vec<SessionView>,
    /// The questions in the order of the file.
    pub asked: Vec<Asked>,
}

/// One session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionView {
    /// The time as in the file, for instance `1:56 pm on 8 May, 2023`; empty if there is none.
    pub time: String,
    /// The turns in order.
    pub turns: Vec<Turn>,
}

/// A question and its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// The question's text.
    pub question: Question,
    /// The right answer; empty if there is none.
    pub gold: String,
}

impl Conversation {
    /// Checks a published conversation and keeps the questions of these categories that have
    /// evidence. Adds its faults to `warnings`.
    ///
    /// # Errors
    /// `invalid` if two turns have one id, or there are no turns.
    pub fn new(
        published: Published,
        categories: &[Category],
        warnings: &mut Vec<String>,
    ) -> Result<Self, Error> {
        let id = published.sample_id;
        let mut report = Report::default();
        let mut times = published.conversation.times;
        let mut sittings = Vec::new();
        let mut homes = BTreeMap::new();
        for (number, utterances) in published.conversation.sessions {
            let time = times.remove(&number);
            if utterances.is_empty() {
                report.empty_sessions.push(number.to_string());
                continue;
            }
            let index = sittings.len() as u32 + 1;
            if number != index {
                report.renumbered.push(format!("{number} is {index}"));
            }
            if time.is_none() {
                report.undated.push(number.to_string());
            }
            for utterance in &utterances {
                if homes.insert(utterance.dia_id.clone(), index).is_some() {
                    let turn = &utterance.dia_id;
                    return Err(Error::Invalid(format!(
                        "{id}: two turns have the id {turn}"
                    )));
                }
            }
            sittings.push(SessionView {
                time: time.unwrap_or_default(),
                turns: utterances.into_iter().map(spoken).collect(),
            });
        }
        if sittings.is_empty() {
            return Err(Error::Invalid(format!("{id}: has no session with a turn")));
        }
        report.dates_only = times.into_keys().map(|number| number.to_string()).collect();
        let asked = (0..)
            .zip(published.qa)
            .filter_map(|(index, qa)| ask(&id, index, qa, categories, &homes, &mut report))
            .collect();
        report.write(&id, warnings);
        Ok(Self {
            id,
            speakers: published.conversation.speakers,
            sittings,
            asked,
        })
    }

    /// Returns the first `horizon` sessions, all for 0, and the questions whose whole evidence
    /// they contain.
    #[must_use]
    pub fn cut(&self, horizon: u32) -> Self {
        let all = self.sittings.len() as u32;
        let horizon = if horizon == 0 { all } else { horizon.min(all) };
        Self {
            id: self.id.clone(),
            speakers: self.speakers.clone(),
            sittings: self.sittings[..horizon as usize].to_vec(),
            asked: self
                .asked
                .iter()
                .filter(|asked| {
                    asked
                        .question
                        .sessions
                        .iter()
                        .all(|&session| session <= horizon)
                })
                .cloned()
                .collect(),
        }
    }

    /// Returns the turns that are evidence of a question.
    #[must_use]
    pub fn evidence(&self) -> BTreeSet<&str> {
        self.asked
            .iter()
            .flat_map(|asked| &asked.question.evidence)
            .map(String::as_str)
            .collect()
    }
}

fn spoken(utterance: Utterance) -> Turn {
    let text = match utterance.blip_caption {
        Some(caption) => format!("{} [shares a photo: {caption}]", utterance.text),
        None => utterance.text,
    };
    Turn {
        id: utterance.dia_id,
        speaker: utterance.speaker,
        text: text.trim_start().into(),
    }
}

fn ask(
    id: &str,
    index: usize,
    qa: Qa,
    categories: &[Category],
    homes: &BTreeMap<String, u32>,
    report: &mut Report,
) -> Option<Asked> {
    let Some(category) = qa.category else {
        report.uncategorised.push(format!("qa{index}"));
        return None;
    };
    if !categories.contains(&category) {
        return None;
    }
    if qa.question.is_empty() {
        report.without_words.push(format!("qa{index}"));
        return None;
    }
    let mut evidence: Vec<String> = Vec::new();
    for text in qa.evidence {
        let named = turn_ids(&text);
        let (known, missing): (Vec<String>, Vec<String>) =
            named.into_iter().partition(|turn| homes.contains_key(turn));
        if known.is_empty() || !missing.is_empty() {
            report.unusable.push(format!("{text:?} of qa{index}"));
        } else if known != [text.as_str()] {
            report.repaired += 1;
        }
        evidence.extend(known);
    }
    let mut seen = BTreeSet::new();
    evidence.retain(|turn| seen.insert(turn.clone()));
    if evidence.is_empty() {
        report.without_evidence.push(format!("qa{index}"));
        return None;
    }
    let gold = match (category, qa.answer) {
        // Its premise is false, so the right answer is empty.
        (Category::Adversarial, _) => String::new(),
        (_, Some(answer)) => answer,
        (_, None) => {
            report.without_answer.push(format!("qa{index}"));
            return None;
        }
    };
    if !qa.repaired.is_empty() {
        let fields = qa.repaired.join(" and ");
        report.retyped.push(format!("qa{index} ({fields})"));
    }
    let sessions: BTreeSet<u32> = evidence.iter().map(|turn| homes[turn]).collect();
    Some(Asked {
        question: Question {
            id: format!("{id}/qa{index}"),
            text: qa.question,
            category: category.name().into(),
            sessions: sessions.into_iter().collect(),
            evidence,
        },
        gold,
    })
}

/// The faults of a conversation.
#[derive(Default)]
struct Report {
    empty_sessions: Vec<String>,
    renumbered: Vec<String>,
    undated: Vec<String>,
    dates_only: Vec<String>,
    repaired: usize,
    unusable: Vec<String>,
    retyped: Vec<String>,
    without_words: Vec<String>,
    without_evidence: Vec<String>,
    without_answer: Vec<String>,
    uncategorised: Vec<String>,
}

impl Report {
    fn write(self, id: &str, warnings: &mut Vec<String>) {
        if self.repaired > 0 {
            warnings.push(format!(
                "{id}: {} repaired",
                count(self.repaired, "evidence string")
            ));
        }
        let lists = [
            (self.empty_sessions, "session", "without turns left out"),
            (self.renumbered, "session", "renumbered to close gaps"),
            (self.undated, "session", "without a date"),
            (self.dates_only, "session date", "without a session ignored"),
            (
                self.unusable,
                "evidence string",
                "with an id that is no turn",
            ),
            (
                self.retyped,
                "question",
                "with a field of another type repaired",
            ),
            (self.without_words, "question", "without text dropped"),
            (
                self.without_evidence,
                "question",
                "without usable evidence dropped",
            ),
            (self.without_answer, "question", "without an answer dropped"),
            (
                self.uncategorised,
                "question",
                "of an unknown category dropped",
            ),
        ];
        for (names, what, fate) in lists {
            if !names.is_empty() {
                let counted = count(names.len(), what);
                warnings.push(format!("{id}: {counted} {fate}: {}", names.join(", ")));
            }
        }
    }
}
