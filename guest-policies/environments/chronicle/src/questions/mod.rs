//! The questions about a story and their answers.

use std::collections::BTreeSet;

use memloom_sdk::random::Random;
use memloom_sdk::types::Question;

use crate::kind::Kind;
use crate::sentences::fill;
use crate::story::{Line, Meaning, Slot, Story, Told, Value};
use crate::wording::{description, question, when_question};

/// Question categories in the order in which reports show them.
pub const CATEGORIES: [&str; 5] = [
    "single-hop",
    "multi-hop",
    "temporal",
    "changed-fact",
    "abstain",
];

/// The probability of a question about the time of a final value.
const WHEN: f64 = 0.3;
/// The probability of a question that names the person by another value.
const HOPS: f64 = 0.3;

/// A question and its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The question's text.
    pub question: Question,
    /// The right answer; empty if there is none.
    pub gold: String,
}

/// Returns all questions about a story. There is one about every mentioned attribute;
/// questions about times and over two attributes are drawn at random.
#[must_use]
pub fn ask(story: &Story, random: &mut Random) -> Vec<Asked> {
    let mut inquiry = Inquiry {
        story,
        told: story.told(),
        random,
        asked: Vec::new(),
    };
    for person in 0..story.people.len() {
        for kind in Kind::ALL {
            let slot = Slot { person, kind };
            inquiry.direct(slot);
            inquiry.when(slot);
            inquiry.hop(slot);
        }
    }
    inquiry.asked
}

/// A line that set a final value, with its session's number.
struct Holding<'a> {
    session: u32,
    line: &'a Line,
    value: &'a Value,
}

struct Inquiry<'a> {
    story: &'a Story,
    told: Told<'a>,
    random: &'a mut Random,
    asked: Vec<Asked>,
}

impl<'a> Inquiry<'a> {
    fn direct(&mut self, slot: Slot) {
        let sessions = self.sessions(slot);
        if sessions.is_empty() {
            return;
        }
        let holding = self.holding(slot);
        let name = self.story.people[slot.person];
        let text = match self.destination(slot) {
            Some(destination) => format!("When is {name}'s trip to {destination}?"),
            None => self.text(slot.kind, name),
        };
        let (category, gold, lines) = match holding {
            None => ("abstain", String::new(), vec![]),
            Some(Holding { line, value, .. }) => {
                let category = match (slot.kind, &line.meaning) {
                    (Kind::Trip, _) => "temporal",
                    (_, Meaning::Change { .. }) => "changed-fact",
                    _ => "single-hop",
                };
                (category, value.words.clone(), vec![line])
            }
        };
        self.push(text, category, sessions, &lines, gold);
    }

    fn when(&mut self, slot: Slot) {
        let (Some(sentence), Some(holding)) = (when_question(slot.kind), self.holding(slot)) else {
            return;
        };
        let corrected = matches!(
            holding.line.meaning,
            Meaning::Change {
                correction: true,
                ..
            }
        );
        // A value that corrects a wrong one has no single moment.
        if corrected || !self.random.chance(WHEN) {
            return;
        }
        let name = self.story.people[slot.person];
        let text = fill(sentence, &[("{s}", name), ("{v}", &holding.value.words)]);
        let mut sessions = self.naming(slot, holding.value);
        sessions.insert(holding.session);
        let time = self.story.sittings[holding.session as usize - 1]
            .time
            .clone();
        self.push(text, "temporal", sessions, &[holding.line], time);
    }

    /// Returns a question that names the person by another value.
    fn hop(&mut self, slot: Slot) {
        let Some(goal) = self.holding(slot) else {
            return;
        };
        if slot.kind == Kind::Mentor || !self.random.chance(HOPS) {
            return;
        }
        let from: Vec<Slot> = self.paths(slot);
        let Some(&through) = self.random.pick(&from) else {
            return;
        };
        let Some(clue) = self.holding(through) else {
            return;
        };
        let mut sessions = self.sessions(slot);
        sessions.extend(self.sessions(through));
        let subject = match description(through.kind) {
            Some(description) => {
                for person in 0..self.story.people.len() {
                    sessions.extend(self.naming(Slot { person, ..through }, clue.value));
                }
                fill(description, &[("{v}", &clue.value.words)])
            }
            None => format!("the mentor of {}", self.story.people[through.person]),
        };
        let text = self.text(slot.kind, &subject);
        let gold = goal.value.words.clone();
        self.push(text, "multi-hop", sessions, &[clue.line, goal.line], gold);
    }

    /// Returns the attributes whose values identify the person.
    fn paths(&self, slot: Slot) -> Vec<Slot> {
        let people = self.story.people.len();
        let own = Kind::ALL
            .into_iter()
            .map(|kind| Slot { kind, ..slot })
            .filter(|&other| other != slot && description(other.kind).is_some())
            .filter(|&other| self.singles_out(other));
        let mentored = (0..people)
            .map(|person| Slot {
                person,
                kind: Kind::Mentor,
            })
            .filter(|&other| {
                self.holding(other)
                    .is_some_and(|holding| holding.value.words == self.story.people[slot.person])
            });
        own.chain(mentored).collect()
    }

    /// Returns whether the attribute's value identifies one person, and no valid line states
    /// it of another.
    fn singles_out(&self, slot: Slot) -> bool {
        let Some(holding) = self.holding(slot) else {
            return false;
        };
        (0..self.story.people.len())
            .filter(|&person| person != slot.person)
            .filter_map(|person| self.told.holding(Slot { person, ..slot }))
            .all(|(_, line)| !line.text.contains(&holding.value.words))
    }

    /// Returns the sessions that mention an attribute, truly or not. Their entries determine
    /// the answer to a question about it.
    fn sessions(&self, slot: Slot) -> BTreeSet<u32> {
        let lines = self.told.about(slot).iter();
        lines.map(|&(session, _)| session).collect()
    }

    /// Returns those of them that name a value.
    fn naming(&self, slot: Slot, value: &Value) -> BTreeSet<u32> {
        let lines = self.told.about(slot).iter();
        lines
            .filter(|(_, line)| line.text.contains(&value.words))
            .map(|&(session, _)| session)
            .collect()
    }

    fn holding(&self, slot: Slot) -> Option<Holding<'a>> {
        let (session, line) = self.told.holding(slot)?;
        Some(Holding {
            session,
            line,
            value: line.meaning.written()?,
        })
    }

    /// Returns the destination of the person's trip, also of a cancelled one.
    fn destination(&self, slot: Slot) -> Option<&'static str> {
        let mut backwards = self.told.about(slot).iter().rev();
        backwards.find_map(|(_, line)| line.meaning.written()?.destination)
    }

    fn text(&self, kind: Kind, subject: &str) -> String {
        fill(question(kind), &[("{s}", subject)])
    }

    fn push(
        &mut self,
        text: String,
        category: &str,
        sessions: BTreeSet<u32>,
        lines: &[&Line],
        gold: String,
    ) {
        self.asked.push(Asked {
            question: Question {
                id: format!("q{}", self.asked.len() + 1),
                text,
                category: category.into(),
                sessions: sessions.into_iter().collect(),
                evidence: lines.iter().map(|line| line.id.clone()).collect(),
            },
            gold,
        });
    }
}

#[cfg(test)]
mod tests;
