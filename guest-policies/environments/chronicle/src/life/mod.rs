//! The simulation of an episode: draws the subject of each turn, tracks the facts, and
//! writes the sentences.

use memloom_sdk::random::Random;

use crate::calendar::Day;
use crate::kind::{DESTINATIONS, Kind};
use crate::names::Names;
use crate::options::Options;
use crate::seed;
use crate::sentences::{Act, RELATIONS, fill, sentences};
use crate::story::{Line, Meaning, SessionView, Slot, Story, Value};
use crate::talk::{EPHEMERA, TALK};
use memloom_sdk::generated::Address;

/// The intended kind of a turn. A kind that is not possible there (a change before a fact)
/// becomes a similar one.
#[derive(Clone, Copy)]
enum Topic {
    Fact,
    Plan,
    Change,
    Cancellation,
    Lure,
    Ephemeral,
    Talk,
}

/// The percentage of turns of this kind; the rest is talk.
const SHARES: [(Topic, usize); 6] = [
    (Topic::Fact, 12),
    (Topic::Plan, 7),
    (Topic::Change, 16),
    (Topic::Cancellation, 11),
    (Topic::Lure, 16),
    (Topic::Ephemeral, 18),
];
/// The percentage of changes that correct a wrong value.
const CORRECTIONS: usize = 25;
/// The percentage of lures about an attribute without a value. If it never gets one, the
/// right answer to its question is empty.
const BARE_LURES: usize = 40;
/// The days between sessions: the least number, and the number of different lengths.
const SHORTEST_GAP: u32 = 6;
const GAPS: usize = 40;
/// The last day of every month, up to which trips start.
const TRIP_DAYS: usize = 28;

/// Returns the story of an episode. A longer horizon continues a shorter one.
#[must_use]
pub fn live(options: &Options, address: &Address) -> Story {
    let mut random = seed::story(options.seed, address);
    let mut pool = address.split.names().to_vec();
    let people: Vec<&'static str> = (0..options.people)
        .map(|_| pool.swap_remove(random.below(pool.len() as u64) as usize))
        .collect();
    let mut day = Day::draw(&mut random);
    let mut life = Life::new(people, random);
    let sittings = (1..=address.sessions)
        .map(|session| {
            day = day.after(SHORTEST_GAP + life.below(GAPS) as u32);
            SessionView {
                time: day.in_full(),
                lines: life.view(session, options.turns),
            }
        })
        .collect();
    Story {
        people: life.people,
        sittings,
    }
}

/// The state of an attribute.
struct State {
    slot: Slot,
    /// The present value.
    value: Option<Value>,
    /// The turn that set the present value, and the turn that set the first one.
    written: String,
    planned: String,
    /// All values that were named for it, so that new ones are preferred.
    named: Vec<&'static str>,
    /// The session of its last true statement. There is one in a session at most: a policy
    /// that reads a session at once cannot change an entry that it has not written yet.
    touched: u32,
}

impl State {
    /// Returns whether it may be set or changed in this session.
    fn rests(&self, session: u32) -> bool {
        self.touched != session
    }

    fn trip(&self) -> bool {
        self.slot.kind == Kind::Trip
    }
}

/// The position of a turn.
struct Place<'a> {
    session: u32,
    id: &'a str,
}

/// Returns a turn without its id: speaker, text, meaning.
type Said = (usize, String, Meaning);

struct Life {
    people: Vec<&'static str>,
    states: Vec<State>,
    random: Random,
    speaker: Option<usize>,
}

impl Life {
    fn new(people: Vec<&'static str>, random: Random) -> Self {
        let states = (0..people.len())
            .flat_map(|person| Kind::ALL.map(|kind| Slot { person, kind }))
            .map(|slot| State {
                slot,
                value: None,
                written: String::new(),
                planned: String::new(),
                named: Vec::new(),
                touched: 0,
            })
            .collect();
        Self {
            people,
            states,
            random,
            speaker: None,
        }
    }

    fn view(&mut self, session: u32, turns: u32) -> Vec<Line> {
        (1..=turns)
            .map(|turn| {
                let id = format!("D{session}:{turn}");
                let (speaker, text, meaning) = self.turn(&Place { session, id: &id });
                self.speaker = Some(speaker);
                Line {
                    id,
                    speaker,
                    text,
                    meaning,
                }
            })
            .collect()
    }

    fn turn(&mut self, at: &Place) -> Said {
        let said = match self.topic() {
            Topic::Fact => self.fact(at).or_else(|| self.change(at)),
            Topic::Plan => self.plan(at).or_else(|| self.change(at)),
            Topic::Change => self.change(at).or_else(|| self.fact(at)),
            Topic::Cancellation => self.cancellation(at).or_else(|| self.plan(at)),
            Topic::Lure => self.lure(),
            Topic::Ephemeral => Some(self.ephemeral()),
            Topic::Talk => None,
        };
        said.unwrap_or_else(|| self.talk())
    }

    fn topic(&mut self) -> Topic {
        let mut left = self.below(100);
        for (topic, share) in SHARES {
            if left < share {
                return topic;
            }
            left -= share;
        }
        Topic::Talk
    }

    fn fact(&mut self, at: &Place) -> Option<Said> {
        let index =
            self.choose(|state| !state.trip() && state.value.is_none() && state.rests(at.session))?;
        Some(self.begin(index, at))
    }

    fn plan(&mut self, at: &Place) -> Option<Said> {
        let index =
            self.choose(|state| state.trip() && state.value.is_none() && state.rests(at.session))?;
        Some(self.begin(index, at))
    }

    fn begin(&mut self, index: usize, at: &Place) -> Said {
        let value = self.value(index);
        let text = self.sentence(index, Act::Fact, &value);
        self.write(index, &value, at);
        self.states[index].planned = at.id.into();
        let slot = self.states[index].slot;
        (slot.person, text, Meaning::Fact(slot, value))
    }

    fn change(&mut self, at: &Place) -> Option<Said> {
        let people = self.people.len();
        let index = self.choose(|state| {
            let other = state.slot.kind != Kind::Mentor || people > 2;
            state.value.is_some() && other && state.rests(at.session)
        })?;
        let correction = self.below(100) < CORRECTIONS;
        let act = if correction {
            Act::Correction
        } else {
            Act::Change
        };
        let mut value = self.value(index);
        if let Some(before) = &self.states[index].value {
            value.destination = before.destination;
        }
        let text = self.sentence(index, act, &value);
        let before = std::mem::take(&mut self.states[index].written);
        self.write(index, &value, at);
        let slot = self.states[index].slot;
        let meaning = Meaning::Change {
            slot,
            value,
            before,
            correction,
        };
        Some((slot.person, text, meaning))
    }

    fn cancellation(&mut self, at: &Place) -> Option<Said> {
        let index =
            self.choose(|state| state.trip() && state.value.is_some() && state.rests(at.session))?;
        let value = self.states[index].value.take()?;
        let text = self.sentence(index, Act::Cancellation, &value);
        let state = &mut self.states[index];
        state.touched = at.session;
        let meaning = Meaning::Cancellation {
            slot: state.slot,
            planned: std::mem::take(&mut state.planned),
        };
        Some((state.slot.person, text, meaning))
    }

    fn lure(&mut self) -> Option<Said> {
        let people = self.people.len();
        let bare = self.below(100) < BARE_LURES;
        let possible =
            |state: &State| state.slot.kind != Kind::Mentor || people > 2 || state.value.is_none();
        let index = self
            .choose(|state| possible(state) && state.value.is_none() == bare)
            .or_else(|| self.choose(possible))?;
        let value = self.value(index);
        let text = self.sentence(index, Act::Lure, &value);
        let slot = self.states[index].slot;
        Some((slot.person, text, Meaning::Lure(slot, value)))
    }

    fn ephemeral(&mut self) -> Said {
        let (sentence, words) = EPHEMERA[self.below(EPHEMERA.len())];
        let text = match words {
            [] => sentence.into(),
            words => fill(sentence, &[("{x}", words[self.below(words.len())])]),
        };
        (self.anybody(), text, Meaning::Ephemeral)
    }

    fn talk(&mut self) -> Said {
        let speaker = self.anybody();
        let mut listener = self.below(self.people.len() - 1);
        if listener >= speaker {
            listener += 1;
        }
        let sentence = TALK[self.below(TALK.len())];
        let text = fill(sentence, &[("{n}", self.people[listener])]);
        (speaker, text, Meaning::Talk)
    }

    fn below(&mut self, bound: usize) -> usize {
        self.random.below(bound as u64) as usize
    }

    /// Returns a person who did not speak last.
    fn anybody(&mut self) -> usize {
        let count = self.people.len();
        match self.speaker {
            Some(last) => (last + 1 + self.below(count - 1)) % count,
            None => self.below(count),
        }
    }

    /// Returns one of the matching attributes, if possible of a person who did not speak last.
    fn choose(&mut self, fits: impl Fn(&State) -> bool) -> Option<usize> {
        let fitting: Vec<usize> = (0..self.states.len())
            .filter(|&index| fits(&self.states[index]))
            .collect();
        let others: Vec<usize> = fitting
            .iter()
            .copied()
            .filter(|&index| Some(self.states[index].slot.person) != self.speaker)
            .collect();
        let from = if others.is_empty() { fitting } else { others };
        (!from.is_empty()).then(|| from[self.below(from.len())])
    }

    /// Returns a value other than the present one, if possible one that was never named.
    fn value(&mut self, index: usize) -> Value {
        let Slot { person, kind } = self.states[index].slot;
        let current = self.states[index].value.clone();
        let mut all: Vec<&'static str> = match kind {
            Kind::Mentor => self.people.clone(),
            _ => kind.values().to_vec(),
        };
        all.retain(|&word| {
            let own = kind == Kind::Mentor && word == self.people[person];
            !own && current.as_ref().is_none_or(|value| value.stem() != word)
        });
        let named = &self.states[index].named;
        let fresh: Vec<&'static str> = all
            .iter()
            .copied()
            .filter(|word| !named.contains(word))
            .collect();
        let from = if fresh.is_empty() { all } else { fresh };
        let stem = from[self.below(from.len())];
        self.states[index].named.push(stem);
        if kind != Kind::Trip {
            return Value {
                words: stem.into(),
                destination: None,
            };
        }
        let day = 1 + self.below(TRIP_DAYS);
        Value {
            words: format!("{stem} {day}"),
            destination: Some(DESTINATIONS[self.below(DESTINATIONS.len())]),
        }
    }

    fn sentence(&mut self, index: usize, act: Act, value: &Value) -> String {
        let choices = sentences(self.states[index].slot.kind, act);
        let sentence = choices[self.below(choices.len())];
        let relation = RELATIONS[self.below(RELATIONS.len())];
        let state = &self.states[index];
        let before = state.value.as_ref().map_or("", |value| &value.words);
        fill(
            sentence,
            &[
                ("{v}", &value.words),
                ("{o}", before),
                ("{d}", value.destination.unwrap_or_default()),
                ("{r}", relation),
            ],
        )
    }

    fn write(&mut self, index: usize, value: &Value, at: &Place) {
        let state = &mut self.states[index];
        state.value = Some(value.clone());
        state.written = at.id.into();
        state.touched = at.session;
    }
}

#[cfg(test)]
mod tests;
