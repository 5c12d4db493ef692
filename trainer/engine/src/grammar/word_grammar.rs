//! Word expressions, compiled to a deterministic automaton over token ids.
//!
//! An expression consists of words in sequence, alternatives `|` and groups `()`, for instance `t1
//! (keep | drop) t2 (keep | drop)`. There is no repetition, so every output ends.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::grammar::state::{GrammarState, Position};

/// The maximum number of states. Expressions come from components and are not trusted.
const MAX_STATES: usize = 100_000;

/// The maximum number of words and operators.
const MAX_LEXEMES: usize = 1 << 14;

/// The maximum nesting depth of groups.
const MAX_DEPTH: usize = 64;

/// The operators.
const OPERATORS: [&str; 3] = ["(", ")", "|"];

/// A syntax error.
#[derive(Debug)]
pub(super) struct SyntaxError {
    /// The column, from 1.
    pub(super) column: usize,
    pub(super) why: String,
}

/// A compiled expression.
pub(super) struct WordGrammar {
    nodes: Vec<Node>,
}

struct Node {
    /// The tokens allowed next, ascending. Contains the end token if the output may end here or
    /// continue.
    allowed: Arc<[u32]>,
    next: BTreeMap<u32, usize>,
}

/// The nondeterministic automaton of an expression.
#[derive(Default)]
struct Nfa {
    edges: Vec<Vec<(u32, usize)>>,
    epsilons: Vec<Vec<usize>>,
}

impl WordGrammar {
    /// Compiles an expression. `id` maps each word to its token.
    pub(super) fn compile(
        expression: &str,
        id: impl Fn(&str) -> Option<u32>,
        end: u32,
    ) -> Result<Self, SyntaxError> {
        let mut parser = Parser {
            expression,
            lexemes: lexemes(expression),
            at: 0,
            depth: 0,
            id: &id,
            nfa: Nfa::default(),
        };
        if let Some((column, _)) = parser.lexemes.get(MAX_LEXEMES) {
            return Err(syntax_error(
                *column,
                format!("more than {MAX_LEXEMES} words and operators"),
            ));
        }
        let first = parser.nfa.add_state();
        let last = parser.choice(first)?;
        if let Some((column, lexeme)) = parser.lexemes.get(parser.at) {
            return Err(syntax_error(*column, format!("unmatched {lexeme:?}")));
        }
        parser
            .nfa
            .determinize(first, last, end)
            .ok_or_else(|| syntax_error(1, format!("more than {MAX_STATES} states")))
    }

    /// Returns the state before the first token.
    pub(super) fn start(&self) -> GrammarState {
        self.state(0)
    }

    /// Returns the state after `token`, or `None` if `token` is not allowed or is the end token.
    pub(super) fn advance(&self, node: usize, token: u32) -> Option<GrammarState> {
        let next = self.nodes[node].next.get(&token)?;
        Some(self.state(*next))
    }

    fn state(&self, node: usize) -> GrammarState {
        GrammarState {
            allowed: self.nodes[node].allowed.clone(),
            position: Position::Words(node),
        }
    }
}

fn syntax_error(column: usize, why: impl Into<String>) -> SyntaxError {
    SyntaxError {
        column,
        why: why.into(),
    }
}

/// Returns the words of an expression in order.
pub(super) fn words(expression: &str) -> Vec<&str> {
    let lexemes = lexemes(expression).into_iter().map(|(_, lexeme)| lexeme);
    lexemes.filter(|it| !OPERATORS.contains(it)).collect()
}

/// Splits an expression into words and operators with their columns, from 1.
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
    nfa: Nfa,
}

impl Parser<'_> {
    /// Parses `sequence ('|' sequence)*` and returns the state after it.
    fn choice(&mut self, from: usize) -> Result<usize, SyntaxError> {
        let after = self.nfa.add_state();
        loop {
            let reached = self.sequence(from)?;
            self.nfa.epsilons[reached].push(after);
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

    fn sequence(&mut self, from: usize) -> Result<usize, SyntaxError> {
        let mut here = from;
        let began = self.at;
        while let Some((column, lexeme)) = self.lexemes.get(self.at).copied() {
            match lexeme {
                ")" | "|" => break,
                "(" => {
                    self.depth += 1;
                    if self.depth > MAX_DEPTH {
                        return Err(syntax_error(
                            column,
                            format!("groups are nested deeper than {MAX_DEPTH}"),
                        ));
                    }
                    self.at += 1;
                    // A group starts from a state of its own. Otherwise its alternatives would add
                    // words to a state that other branches start from.
                    let inside = self.nfa.add_state();
                    self.nfa.epsilons[here].push(inside);
                    here = self.choice(inside)?;
                    if self
                        .lexemes
                        .get(self.at)
                        .is_none_or(|(_, lexeme)| *lexeme != ")")
                    {
                        return Err(syntax_error(column, "unclosed group"));
                    }
                    self.depth -= 1;
                }
                word => {
                    let Some(token) = (self.id)(word) else {
                        return Err(syntax_error(
                            column,
                            format!(
                                "{word:?} is not a single token; list it among the policy's control words"
                            ),
                        ));
                    };
                    let next = self.nfa.add_state();
                    self.nfa.edges[here].push((token, next));
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
            return Err(syntax_error(column, "expected a word or a group"));
        }
        Ok(here)
    }
}

impl Nfa {
    fn add_state(&mut self) -> usize {
        self.edges.push(Vec::new());
        self.epsilons.push(Vec::new());
        self.edges.len() - 1
    }

    /// Returns all states reachable from `states` without a word.
    fn closure(&self, states: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        let mut open: Vec<usize> = states.into_iter().collect();
        let mut closed = BTreeSet::new();
        while let Some(state) = open.pop() {
            if closed.insert(state) {
                open.extend(&self.epsilons[state]);
            }
        }
        closed
    }

    /// Builds the deterministic automaton by subset construction, with states in order of
    /// discovery.
    fn determinize(&self, first: usize, last: usize, end: u32) -> Option<WordGrammar> {
        let start = self.closure([first]);
        let mut numbers = BTreeMap::from([(start.clone(), 0)]);
        let mut sets = vec![start];
        let mut nodes = Vec::new();
        while let Some(set) = sets.get(nodes.len()).cloned() {
            let mut targets: BTreeMap<u32, BTreeSet<usize>> = BTreeMap::new();
            for (token, next) in set.iter().flat_map(|state| &self.edges[*state]) {
                targets.entry(*token).or_default().insert(*next);
            }
            let mut next = BTreeMap::new();
            for (token, states) in targets {
                let reached = self.closure(states);
                let number = *numbers.entry(reached.clone()).or_insert_with(|| {
                    sets.push(reached);
                    sets.len() - 1
                });
                next.insert(token, number);
            }
            if sets.len() > MAX_STATES {
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
        Some(WordGrammar { nodes })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::grammar::compiled::{Grammar, Rules};

    const END: u32 = 0;

    /// The words a to z are the tokens 1 to 26.
    fn compile(expression: &str) -> Result<Grammar, SyntaxError> {
        let id = |word: &str| match word.as_bytes() {
            [letter @ b'a'..=b'z'] => Some(u32::from(letter - b'a') + 1),
            _ => None,
        };
        let words = WordGrammar::compile(expression, id, END)?;
        Ok(Grammar {
            text: expression.into(),
            end: END,
            rules: Rules::Words(words),
        })
    }

    fn after(grammar: &Grammar, state: GrammarState, token: u32) -> Option<GrammarState> {
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
    fn a_grammar_accepts_its_outputs_and_rejects_others() {
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
            ("a (b | c", 3, "unclosed"),
            ("a b) c", 4, "unmatched"),
            ("a ( | b)", 5, "expected"),
            ("", 1, "expected"),
            ("a hello", 3, "hello"),
        ] {
            let error = compile(expression).unwrap_err();
            assert_eq!(error.column, column, "{error:?}");
            assert!(error.why.contains(why), "{error:?}");
        }
        assert_eq!(compile(&"a ".repeat(20_000)).unwrap_err().column, 32769);
        assert!(compile(&"(".repeat(1000)).is_err());
    }

    /// Generates an expression and all outputs of its language.
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
