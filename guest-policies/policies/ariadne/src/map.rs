//! The map: what triples say about directions.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::triple::Triple;

/// The directions, each with the one back.
const DIRECTIONS: [(&str, &str); 4] = [
    ("north", "south"),
    ("east", "west"),
    ("south", "north"),
    ("west", "east"),
];

/// The relation of a room and a direction in which it can be left.
pub const EXITS: &str = "has exits";

/// The words that find the triples of a map.
pub const WORDS: &str = "north east south west";

/// The beginning of an action that walks to a room over known ways.
pub const GO_TO: &str = "go to ";

/// Returns the direction of this name.
pub fn direction(word: &str) -> Option<&'static str> {
    let found = DIRECTIONS.iter().find(|(name, _)| *name == word);
    found.map(|(name, _)| *name)
}

/// Returns the direction that a relation names by a whole word: `is west of`.
pub fn named(relation: &str) -> Option<&'static str> {
    relation.split_whitespace().find_map(direction)
}

/// Returns the direction of an action: `go west`.
pub fn walked(action: &str) -> Option<&'static str> {
    direction(action.strip_prefix("go ")?)
}

/// Returns the two triples of a move from one room to another.
pub fn of_move(from: &str, way: &str, to: &str) -> Vec<Triple> {
    let pair = DIRECTIONS.iter().find(|(name, _)| *name == way);
    let triples = pair.into_iter().flat_map(|(way, back)| {
        [
            Triple::new(to, &format!("is {way} of"), from),
            Triple::new(from, &format!("is {back} of"), to),
        ]
    });
    triples.flatten().collect()
}

/// The rooms, the ways between them, and their exits.
#[derive(Debug, Default)]
pub struct Map {
    /// The rooms to which ways lead, by room and direction.
    ways: BTreeMap<String, BTreeMap<&'static str, String>>,
    exits: BTreeMap<String, BTreeSet<&'static str>>,
}

impl Map {
    /// Returns the map of triples: `b, is west of, a` leads west from a to b.
    pub fn new(triples: impl IntoIterator<Item = Triple>) -> Self {
        let mut map = Self::default();
        for triple in triples {
            if let Some(way) = named(&triple.relation) {
                let ways = map.ways.entry(triple.object).or_default();
                ways.insert(way, triple.subject);
            } else if let (EXITS, Some(exit)) = (&*triple.relation, direction(&triple.object)) {
                map.exits.entry(triple.subject).or_default().insert(exit);
            }
        }
        map
    }

    /// Returns whether a name is that of a room.
    pub fn has(&self, name: &str) -> bool {
        let mut ends = self.ways.values().flat_map(BTreeMap::values);
        self.ways.contains_key(name) || ends.any(|end| end == name)
    }

    /// Returns the rooms that can be reached from a room, nearest first, each with the directions
    /// of a shortest way.
    pub fn reachable(&self, from: &str) -> Vec<(&str, Vec<&'static str>)> {
        let mut found: Vec<(&str, Vec<&'static str>)> = Vec::new();
        let mut queue: VecDeque<(&str, Vec<&'static str>)> = VecDeque::from([(from, Vec::new())]);
        let mut seen = BTreeSet::from([from]);
        while let Some((room, path)) = queue.pop_front() {
            for (way, to) in self.ways.get(room).into_iter().flatten() {
                if seen.insert(to) {
                    let longer: Vec<&str> = path.iter().copied().chain([*way]).collect();
                    found.push((to, longer.clone()));
                    queue.push_back((to, longer));
                }
            }
        }
        found
    }

    /// Returns a shortest way to a room; none if none is known. The way from a room to itself is
    /// empty.
    pub fn path(&self, from: &str, to: &str) -> Option<Vec<&'static str>> {
        if from == to {
            return Some(Vec::new());
        }
        let mut found = self.reachable(from).into_iter();
        found.find_map(|(room, path)| (room == to).then_some(path))
    }

    /// Returns the exits that no known way uses: `red hall: north, west`.
    pub fn unexplored(&self) -> Vec<String> {
        let rooms = self.exits.iter().filter_map(|(room, exits)| {
            let ways = self.ways.get(room);
            let is_new = |exit: &&&str| ways.is_none_or(|ways| !ways.contains_key(**exit));
            let new: Vec<&str> = exits.iter().filter(is_new).copied().collect();
            (!new.is_empty()).then(|| format!("{room}: {}", new.join(", ")))
        });
        rooms.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(texts: &[&str]) -> Map {
        Map::new(texts.iter().filter_map(|text| Triple::parse(text)))
    }

    #[test]
    fn a_way_is_a_shortest_path_over_direction_triples() {
        let map = map(&["b, is west of, a", "c, is south of, b", "d, is north of, c"]);
        assert_eq!(map.path("a", "c"), Some(vec!["west", "south"]));
        assert_eq!(map.path("a", "a"), Some(vec![]));
        assert_eq!(map.path("c", "a"), None);
        assert_eq!(map.path("a", "e"), None);
        let reached = map.reachable("a").into_iter().map(|(room, _)| room);
        assert_eq!(reached.collect::<Vec<_>>(), ["b", "c", "d"]);
        assert!(map.has("a") && map.has("d") && !map.has("e"));
    }

    #[test]
    fn a_move_is_two_triples() {
        let texts: Vec<String> = of_move("a", "west", "b").iter().map(Triple::text).collect();
        assert_eq!(texts, ["b, is west of, a", "a, is east of, b"]);
        assert_eq!(walked("go west"), Some("west"));
        assert_eq!(walked("go to west"), None);
    }

    #[test]
    fn an_exit_is_unexplored_until_a_way_uses_it() {
        let map = map(&[
            "a, has exits, west",
            "a, has exits, north",
            "b, has exits, east",
            "b, is west of, a",
            "a, is east of, b",
        ]);
        assert_eq!(map.unexplored(), ["a: north"]);
    }

    #[test]
    fn only_a_whole_word_is_a_direction() {
        assert_eq!(named("is at least as big as"), None);
        assert_eq!(named("lies north of"), Some("north"));
    }
}
