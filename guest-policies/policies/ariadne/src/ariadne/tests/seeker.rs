//! A small model's stand-in that hunts: it knows what its prompt says, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use memloom_sdk::host::Request;
use memloom_sdk::text::sentences;

use crate::sentence;
use crate::triple::{INVENTORY, Triple};

/// The most lockers that may lie inside each other.
const DEPTH: u32 = 4;

/// Returns the output of a request: all candidates are kept, and actions are chosen as an expert does
/// on what the prompt says.
pub fn output(request: &Request) -> String {
    let grammar = request.grammar.clone().unwrap_or_default();
    if request.role == "extractor" {
        return grammar.replace("(keep | drop)", "keep");
    }
    let choices = grammar.trim_matches(['(', ')']).split(" | ");
    let choices: Vec<String> = choices.map(String::from).collect();
    let first = &request.messages[0].content;
    let Some(treasure) = sentences(first).find_map(|it| it.strip_prefix("take ")) else {
        return request.demonstration.clone().unwrap_or_default();
    };
    let treasure = treasure.trim_end_matches('.').to_string();
    let known = Known::new(request, &choices);
    let action = known
        .fetch(&treasure, DEPTH)
        .or_else(|| known.opens.iter().find_map(|(_, it)| known.open(it, DEPTH)))
        .or_else(|| known.explore());
    action
        .filter(|action| choices.contains(action))
        .unwrap_or_else(|| "done".into())
}

/// The content of a prompt.
#[derive(Default)]
struct Known {
    here: String,
    /// The rooms of this task's acts.
    visited: BTreeSet<String>,
    /// The places of things.
    places: BTreeMap<String, String>,
    /// The states of fixtures.
    states: BTreeMap<String, String>,
    /// Keys with what they open.
    opens: Vec<(String, String)>,
    /// The rooms that can be walked to, nearest first.
    rooms: Vec<String>,
}

impl Known {
    fn new(request: &Request, choices: &[String]) -> Self {
        let mut texts: Vec<&str> = request.messages.iter().map(|it| &*it.content).collect();
        let last = texts.pop().unwrap_or_default();
        let (now, notes) = last.split_once("\nnotes :\n").unwrap_or((last, ""));
        texts.push(now);
        let mut known = Self {
            rooms: choices
                .iter()
                .filter_map(|choice| choice.strip_prefix("go to "))
                .map(String::from)
                .collect(),
            ..Self::default()
        };
        let mut seen = Self::default();
        for text in texts {
            let text = text.split("\nnotes :\n").next().unwrap_or_default();
            if let Some(here) = sentence::location(text) {
                seen.visited.insert(here.clone());
                seen.here = here;
            }
            seen.learn(&sentence::facts(text, Some(&seen.here)));
        }
        known.learn(&sentence::facts(&notes.replace(" .", "."), None));
        known.sleep();
        // Containers that this task looked into are as it saw them.
        known.places.retain(|_, place| {
            let open = seen
                .states
                .get(place)
                .is_some_and(|it| it == "open" || it == "empty");
            let in_sight = seen.visited.contains(place)
                || (seen.visited.contains(&room(place)) && !seen.states.contains_key(place));
            !open && !in_sight
        });
        known.here = seen.here;
        known.visited = seen.visited;
        known.places.extend(seen.places);
        known.states.extend(seen.states);
        known.opens.splice(0..0, seen.opens);
        known
    }

    fn learn(&mut self, facts: &[Triple]) {
        for Triple {
            subject,
            relation,
            object,
        } in facts
        {
            let (subject, object) = (subject.clone(), object.clone());
            match &**relation {
                "is in" | "is on" => drop(self.places.insert(subject, object)),
                "is" if object == "not here" => drop(self.places.remove(&subject)),
                "is" => drop(self.states.insert(subject, object)),
                "opens" => self.opens.push((subject, object)),
                _ => {}
            }
        }
    }

    /// Forgets what changes between two sessions: hands are empty, and all is closed again.
    fn sleep(&mut self) {
        self.places.retain(|_, place| place != INVENTORY);
        self.states.retain(|_, state| state != "empty");
        for (fixture, state) in &mut self.states {
            let locks = fixture.ends_with("locker");
            *state = if locks { "locked" } else { "closed" }.into();
        }
    }

    fn carries(&self, thing: &str) -> bool {
        self.places
            .get(thing)
            .is_some_and(|place| place == INVENTORY)
    }

    /// Acts in a room, or goes there.
    fn at(&self, room: &str, action: String) -> Option<String> {
        match room == self.here {
            true => Some(action),
            false => Some(format!("go to {room}")),
        }
    }

    fn fetch(&self, thing: &str, depth: u32) -> Option<String> {
        let place = self.places.get(thing).filter(|place| *place != INVENTORY)?;
        let take = format!("take {thing}");
        if self.rooms.contains(place) || *place == self.here {
            return self.at(place, take);
        }
        match self.states.get(place).map(String::as_str) {
            Some("closed" | "locked" | "unlocked") => self.open(place, depth),
            _ => self.at(&room(place), take),
        }
    }

    fn open(&self, fixture: &str, depth: u32) -> Option<String> {
        match self.states.get(fixture).map(String::as_str) {
            Some("open" | "empty") => None,
            Some("closed" | "unlocked") => self.at(&room(fixture), format!("open {fixture}")),
            _ => self.opens.iter().find_map(|(key, locker)| {
                let fits = locker == fixture;
                match self.carries(key) {
                    true if fits => self.at(&room(fixture), format!("unlock {fixture} with {key}")),
                    false if fits => self.fetch(key, depth.checked_sub(1)?),
                    _ => None,
                }
            }),
        }
    }

    /// Looks into what is closed here, or goes to the nearest room that was not visited.
    fn explore(&self) -> Option<String> {
        let mut closed = self.states.iter().filter(|(_, state)| *state == "closed");
        if let Some((fixture, _)) = closed.find(|(fixture, _)| room(fixture) == self.here) {
            return Some(format!("open {fixture}"));
        }
        let mut new = self
            .rooms
            .iter()
            .filter(|room| !self.visited.contains(*room));
        new.next().map(|room| format!("go to {room}"))
    }
}

/// Returns the room of a fixture, whose name begins with the room's two words.
fn room(fixture: &str) -> String {
    let words: Vec<&str> = fixture.split(' ').take(2).collect();
    words.join(" ")
}
