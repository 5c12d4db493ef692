//! Expressions of words, compiled to a deterministic automaton over token ids.
//!
//! An expression is words in sequence, choices `|` and groups `()`, for instance
//! `t1 (keep | drop) t2 (keep | drop)`. It always ends: there is no repetition.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::grammar::state::{Place, State};

/// Most states of an automaton: an expression from a component is not trusted.
const MOST_STATES: usize = 100_000;

/// Most words and signs of an expression, for the same reason.
const MOST_SIGNS: usize = 1 << 14;

/// Deepest nesting of groups.
const DEEPEST: usize = 64;

/// What is wrong with an expression, and where.
#[derive(Debug)]
pub(super) struct Wrong {
    /// From 1.
    pub(super) column: usize,
    pub(super) why: String,
}

/// A compiled expression.
pub(super) struct Words {
    nodes: Vec<Node>,
}

struct Node {
    /// Sorted; includes the end token where the output may end here or go on.
    allowed: Arc<[u32]>,
    next: BTreeMap<u32, usize>,
}

/// A position between two words of the expression, before subsets are formed.
#[derive(Default)]
struct Draft {
    words: Vec<Vec<(u32, usize)>>,
    skips: Vec<Vec<usize>>,
}

impl Words {
    /// Every word must have an id.
    pub(super) fn compile(
        expression: &str,
        id: impl Fn(&str) -> Option<u32>,
        end: u32,
    ) -> Result<Self, Wrong> {
        let mut parser = Parser {
            expression,
            lexemes: lexemes(expression),
            at: 0,
            depth: 0,
            id: &id,
            draft: Draft::default(),
        };
        if let Some((column, _)) = parser.lexemes.get(MOST_SIGNS) {
            return Err(wrong(
                *column,
                format!("it has more than {MOST_SIGNS} words and signs"),
            ));
        }
        let first = parser.draft.place();
        let last = parser.choice(first)?;
        if let Some((column, lexeme)) = parser.lexemes.get(parser.at) {
            return Err(wrong(*column, format!("{lexeme:?} has no partner")));
        }
        parser
            .draft
            .determine(first, last, end)
            .ok_or_else(|| wrong(1, format!("it needs more than {MOST_STATES} states")))
    }

    /// Before the first token.
    pub(super) fn start(&self) -> State {
        self.state(0)
    }

    /// After `token`, none where it is not allowed or the end.
    pub(super) fn advance(&self, node: usize, token: u32) -> Option<State> {
        let next = self.nodes[node].next.get(&token)?;
        Some(self.state(*next))
    }

    fn state(&self, node: usize) -> State {
        State {
            allowed: self.nodes[node].allowed.clone(),
            place: Place::Words(node),
        }
    }
}

fn wrong(column: usize, why: impl Into<String>) -> Wrong {
    Wrong {
        column,
        why: why.into(),
    }
}

/// Words and brackets with their columns, from 1.
fn lexemes(expression: &str) -> Vec<(usize, &str)> {
    let mut lexemes = Vec::new();
    let mut word: Option<(usize, usize)> = None;
    let letters = expression.char_indices().chain([(expression.len(), ' ')]);
    for (column, (at, letter)) in letters.enumerate() {
        let single = matches!(letter, '(' | ')' | '|');
        if (single || letter.is_whitespace())
            && let Some((column, from)) = word.take()
        {
            lexemes.push((column, &expression[from..at]));
        }
        if single {
            lexemes.push((column + 1, &expression[at..at + 1]));
        } else if !letter.is_whitespace() && word.is_none() {
            word = Some((column + 1, at));
        }
    }
    lexemes
}

struct Parser<'a> {
    expression: &'a str,
    lexemes: Vec<(usize, &'a str)>,
    at: usize,
    depth: usize,
    id: &'a dyn Fn(&str) -> Option<u32>,
    draft: Draft,
}

impl Parser<'_> {
    /// sequence ('|' sequence)*: returns the place after it.
    fn choice(&mut self, from: usize) -> Result<usize, Wrong> {
        let after = self.draft.place();
        loop {
            let reached = self.sequence(from)?;
            self.draft.skips[reached].push(after);
            if self
                .lexemes
                .get(self.at)
                .is_none_or(|(_, lexeme)| *lexeme != "|")
            {
                return Ok(after);
            }
            self.at += 1;
        }
    }

    fn sequence(&mut self, from: usize) -> Result<usize, Wrong> {
        let mut here = from;
        let began = self.at;
        while let Some((column, lexeme)) = self.lexemes.get(self.at).copied() {
            match lexeme {
                ")" | "|" => break,
                "(" => {
                    self.depth += 1;
                    if self.depth > DEEPEST {
                        return Err(wrong(
                            column,
                            format!("groups are nested deeper than {DEEPEST}"),
                        ));
                    }
                    self.at += 1;
                    // A group of its own place: a choice inside must not leave
                    // words on a place that other branches start from.
                    let inside = self.draft.place();
                    self.draft.skips[here].push(inside);
                    here = self.choice(inside)?;
                    if self
                        .lexemes
                        .get(self.at)
                        .is_none_or(|(_, lexeme)| *lexeme != ")")
                    {
                        return Err(wrong(column, "the group is not closed"));
                    }
                    self.depth -= 1;
                }
                word => {
                    let Some(token) = (self.id)(word) else {
                        return Err(wrong(
                            column,
                            format!(
                                "{word:?} is no token of its own; name it among the policy's control words"
                            ),
                        ));
                    };
                    let next = self.draft.place();
                    self.draft.words[here].push((token, next));
                    here = next;
                }
            }
            self.at += 1;
        }
        if self.at == began {
            let column = self
                .lexemes
                .get(self.at)
                .map_or(self.expression.chars().count() + 1, |l| l.0);
            return Err(wrong(column, "a word or a group is missing"));
        }
        Ok(here)
    }
}

impl Draft {
    fn place(&mut self) -> usize {
        self.words.push(Vec::new());
        self.skips.push(Vec::new());
        self.words.len() - 1
    }

    /// All places reached from `places` without a word.
    fn closure(&self, places: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        let mut open: Vec<usize> = places.into_iter().collect();
        let mut closed = BTreeSet::new();
        while let Some(place) = open.pop() {
            if closed.insert(place) {
                open.extend(&self.skips[place]);
            }
        }
        closed
    }

    /// Subset construction, in order of discovery from the start.
    fn determine(&self, first: usize, last: usize, end: u32) -> Option<Words> {
        let start = self.closure([first]);
        let mut numbers = BTreeMap::from([(start.clone(), 0)]);
        let mut sets = vec![start];
        let mut nodes = Vec::new();
        while let Some(set) = sets.get(nodes.len()).cloned() {
            let mut targets: BTreeMap<u32, BTreeSet<usize>> = BTreeMap::new();
            for (token, next) in set.iter().flat_map(|place| &self.words[*place]) {
                targets.entry(*token).or_default().insert(*next);
            }
            let mut next = BTreeMap::new();
            for (token, places) in targets {
                let reached = self.closure(places);
                let number = *numbers.entry(reached.clone()).or_insert_with(|| {
                    sets.push(reached);
                    sets.len() - 1
                });
                next.insert(token, number);
            }
            if sets.len() > MOST_STATES {
                return None;
            }
            let mut allowed: Vec<u32> = next.keys().copied().collect();
            if set.contains(&last) && !allowed.is_empty() {
                allowed.push(end);
                allowed.sort_unstable();
            }
            nodes.push(Node {
                allowed: allowed.into(),
                next,
            });
        }
        Some(Words { nodes })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::grammar::compiled::{Grammar, Rules};

    const END: u32 = 0;

    /// Words a to z are tokens 1 to 26.
    fn compile(expression: &str) -> Result<Grammar, Wrong> {
        let id = |word: &str| match word.as_bytes() {
            [letter @ b'a'..=b'z'] => Some(u32::from(letter - b'a') + 1),
            _ => None,
        };
        let words = Words::compile(expression, id, END)?;
        Ok(Grammar {
            text: expression.into(),
            end: END,
            rules: Rules::Words(words),
        })
    }

    fn after(grammar: &Grammar, state: State, token: u32) -> Option<State> {
        grammar.advance(state, token).unwrap()
    }

    fn accepts(grammar: &Grammar, word: &str) -> bool {
        let mut state = grammar.start();
        for letter in word.bytes() {
            match after(grammar, state, u32::from(letter - b'a') + 1) {
                Some(next) => state = next,
                None => return false,
            }
        }
        state.allowed().is_empty() || state.allowed().contains(&END)
    }

    #[test]
    fn verdicts() {
        let grammar = compile("t (k | d) u (k | d)").unwrap();
        for word in ["tkuk", "tkud", "tduk", "tdud"] {
            assert!(accepts(&grammar, word), "{word}");
        }
        for word in ["", "tk", "tkuku", "tuk", "kuk"] {
            assert!(!accepts(&grammar, word), "{word}");
        }
        let mut state = grammar.start();
        assert_eq!(state.allowed()[..], [20]);
        state = after(&grammar, state, 20).unwrap();
        assert_eq!(state.allowed()[..], [4, 11]);
    }

    #[test]
    fn where_the_output_may_end_or_go_on_the_end_is_a_choice() {
        let grammar = compile("a | a b").unwrap();
        let state = after(&grammar, grammar.start(), 1).unwrap();
        assert_eq!(state.allowed()[..], [END, 2]);
        assert!(grammar.choices(&[1, END]).unwrap().is_some());
        assert!(grammar.choices(&[1, END, 2]).unwrap().is_none());
        let state = after(&grammar, state, 2).unwrap();
        assert!(state.allowed().is_empty());
    }

    #[test]
    fn a_group_inside_a_choice_does_not_leak_into_its_siblings() {
        let grammar = compile("((a | b) c | d) e").unwrap();
        for (word, fits) in [
            ("ace", true),
            ("bce", true),
            ("de", true),
            ("ae", false),
            ("dce", false),
        ] {
            assert_eq!(accepts(&grammar, word), fits, "{word}");
        }
    }

    #[test]
    fn errors_name_the_column() {
        for (expression, column, why) in [
            ("a (b | c", 3, "not closed"),
            ("a b) c", 4, "no partner"),
            ("a ( | b)", 5, "missing"),
            ("", 1, "missing"),
            ("a hello", 3, "hello"),
        ] {
            let error = compile(expression).unwrap_err();
            assert_eq!(error.column, column, "{error:?}");
            assert!(error.why.contains(why), "{error:?}");
        }
        assert_eq!(compile(&"a ".repeat(20_000)).unwrap_err().column, 32769);
        assert!(compile(&"(".repeat(1000)).is_err());
    }

    /// An expression and all words of its language.
    fn expressions() -> impl Strategy<Value = (String, BTreeSet<String>)> {
        let word = prop::sample::select(vec!["a", "b", "c"])
            .prop_map(|w| (w.to_owned(), BTreeSet::from([w.to_owned()])));
        word.prop_recursive(4, 12, 3, |inner| {
            prop_oneof![
                (inner.clone(), inner.clone()).prop_map(|((a, la), (b, lb))| (
                    format!("({a}) ({b})"),
                    la.iter()
                        .flat_map(|x| lb.iter().map(move |y| format!("{x}{y}")))
                        .collect()
                )),
                (inner.clone(), inner).prop_map(|((a, la), (b, lb))| (
                    format!("({a} | {b})"),
                    la.union(&lb).cloned().collect()
                )),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_grammar_accepts_its_language_and_nothing_else(
            (expression, language) in expressions(),
            other in "[abc]{0,6}",
        ) {
            let grammar = compile(&expression).unwrap();
            for word in &language {
                prop_assert!(accepts(&grammar, word), "{word} in {expression}");
                let tokens: Vec<u32> = word.bytes().map(|b| u32::from(b - b'a') + 1).collect();
                prop_assert!(grammar.choices(&tokens).unwrap().is_some());
            }
            prop_assert_eq!(accepts(&grammar, &other), language.contains(&other));
        }
    }
}
