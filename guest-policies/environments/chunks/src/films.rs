//! Lists of films: titles are matched to the nearest name of `entity2id.json`, as
//! MemoryAgentBench does.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The names of films by id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Films(BTreeMap<i64, String>);

/// The numbers of titles that are looked at.
pub const DEPTHS: [usize; 3] = [1, 5, 10];
/// The most letters of a title that are compared.
const LETTERS: usize = 200;

impl Films {
    /// Returns the films of the content of `entity2id.json`, ids by name.
    #[must_use]
    pub fn new(ids: BTreeMap<String, i64>) -> Self {
        let names = ids.into_iter().map(|(name, id)| (id, title(&name)));
        Self(names.collect())
    }

    /// Returns true if there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the shares of the films of these ids among the first titles of an answer, for
    /// each of [`DEPTHS`]. An id without a name is a film that no title matches.
    #[must_use]
    pub fn recall(&self, answer: &str, ids: &[String]) -> [f32; 3] {
        let wanted = self.wanted(ids);
        let titles = listed(answer).into_iter().take(DEPTHS[2]);
        let found: Vec<&String> = titles.filter_map(|title| self.nearest(&title)).collect();
        DEPTHS.map(|depth| {
            let first = &found[..found.len().min(depth)];
            let hits = wanted.iter().flatten().filter(|film| first.contains(film));
            hits.count() as f32 / wanted.len().max(1) as f32
        })
    }

    /// Returns the names of the films of these ids.
    #[must_use]
    pub fn titles(&self, ids: &[String]) -> Vec<String> {
        self.wanted(ids).into_iter().flatten().cloned().collect()
    }

    /// Returns the name of each id, with several ids in a text parted by commas.
    fn wanted(&self, ids: &[String]) -> Vec<Option<&String>> {
        let ids = ids.iter().flat_map(|id| id.split(','));
        ids.map(|id| self.0.get(&id.trim().parse().ok()?)).collect()
    }

    /// Returns the name with the least edit distance to a title, in lower case; of several the
    /// one with the lowest id.
    fn nearest(&self, title: &str) -> Option<&String> {
        let title: Vec<char> = title.to_lowercase().chars().take(LETTERS).collect();
        let mut best: Option<(usize, &String)> = None;
        for name in self.0.values() {
            let letters: Vec<char> = name.to_lowercase().chars().collect();
            let least = letters.len().abs_diff(title.len());
            if best.is_some_and(|(distance, _)| least >= distance) {
                continue;
            }
            let distance = edit_distance(&title, &letters);
            if best.is_none_or(|(other, _)| distance < other) {
                best = Some((distance, name));
            }
        }
        best.map(|(_, name)| name)
    }
}

/// Returns the title in a name such as `http://dbpedia.org/resource/Jaws_(film)`: what follows
/// the last slash, with spaces for `_`, `-` and `>`, and without parentheses.
fn title(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or_default();
    spaced(&without_parentheses(&last.replace(['_', '-', '>'], " ")))
}

/// Returns the titles of a numbered list, which begins at `1.`; without one, what stands between
/// commas and ends of lines. Blank lines are no titles.
fn listed(answer: &str) -> Vec<String> {
    let items = match answer.split_once("1.") {
        Some((_, list)) => list.to_owned(),
        None => answer.replace(',', "\n"),
    };
    let titles = items.split('\n').map(|item| {
        let bare = without_parentheses(item.trim());
        spaced(unnumbered(&bare))
    });
    titles.filter(|title| !title.is_empty()).collect()
}

/// Removes a number, `.` or `)` and a dash from the beginning.
fn unnumbered(item: &str) -> &str {
    let rest = item.trim_start_matches(|c: char| c.is_ascii_digit());
    if rest.len() == item.len() {
        return item;
    }
    let rest = rest.strip_prefix(['.', ')', '、']).unwrap_or(rest);
    let rest = rest.trim_start();
    rest.strip_prefix(['-', '—', '–']).unwrap_or(rest)
}

/// Removes parentheses that have no others in them, and what is in them.
fn without_parentheses(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut open = None;
    for c in text.chars() {
        match (c, open) {
            (')', Some(at)) => {
                kept.truncate(at);
                open = None;
            }
            _ => {
                if c == '(' {
                    open = Some(kept.len());
                }
                kept.push(c);
            }
        }
    }
    kept
}

fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the least number of letters to insert, delete or replace (Levenshtein 1966).
fn edit_distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (above, left) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = above + 1;
        for (place, right) in b.iter().enumerate() {
            let changed = diagonal + usize::from(left != right);
            diagonal = row[place + 1];
            row[place + 1] = changed.min(diagonal + 1).min(row[place] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn films() -> Films {
        let names = [
            ("http://dbpedia.org/resource/The_Long_Ferry_(1999_film)", 7),
            ("Harbour-Lights (2004)", 8),
            ("Nine Lemons", 9),
        ];
        Films::new(names.map(|(name, id)| (name.to_owned(), id)).into())
    }

    #[test]
    fn distances_are_those_of_the_textbook() {
        let distance = |a: &str, b: &str| {
            let [a, b]: [Vec<char>; 2] = [a, b].map(|text| text.chars().collect());
            edit_distance(&a, &b)
        };
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("flaw", "lawn"), 2);
    }

    #[test]
    fn titles_of_a_numbered_list_are_matched_to_the_nearest_name() {
        let answer = "You may like:\n1. Long Ferry (1999)\n\n2) Nine Lemmons\n3. - harbor lights";
        let recall = |ids: &[&str]| {
            let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            films().recall(answer, &ids)
        };
        assert_eq!(recall(&["7"]), [1.0, 1.0, 1.0]);
        assert_eq!(recall(&["9, 8"]), [0.0, 1.0, 1.0]);
        assert_eq!(recall(&["7", "8"]), [0.5, 1.0, 1.0]);
        assert_eq!(recall(&["7", "99"]), [0.5, 0.5, 0.5]);
        assert_eq!(recall(&["film"]), [0.0; 3]);
        assert_eq!(films().recall("", &["7".into()]), [0.0; 3]);
    }

    #[test]
    fn without_numbers_commas_part_the_titles() {
        let found = films().recall("Nine Lemons, Harbour Lights", &["8".into()]);
        assert_eq!(found, [0.0, 1.0, 1.0]);
    }

    #[test]
    fn names_and_items_lose_what_is_no_title() {
        assert_eq!(
            title("http://x.org/The_Long_Ferry_(film)"),
            "The Long Ferry"
        );
        assert_eq!(listed("1. 12 Apes\n2. (500) Days (2009)"), ["Apes", "Days"]);
        assert_eq!(listed("Jaws (1975), 2001"), ["Jaws"]);
        assert_eq!(without_parentheses("a (b (c) d) e ) ("), "a (b  d) e ) (");
    }
}
