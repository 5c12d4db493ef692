//! The expression as a deterministic automaton, by subset construction.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::expression::Expression;

/// States that an automaton may have. A grammar comes from a guest, and subsets
/// can be exponentially many.
const MOST_STATES: usize = 1 << 14;

/// The state after the end token.
const ENDED: usize = 0;
/// The state before the first token.
const START: usize = 1;

#[derive(Clone, Debug)]
pub(super) struct Automaton {
    states: Vec<Node>,
}

#[derive(Clone, Debug)]
struct Node {
    allowed: Arc<[u32]>,
    /// Where each allowed token leads, in the same order.
    next: Vec<usize>,
    is_final: bool,
}

/// Words of an expression by position, with the positions that may follow each:
/// Glushkov's construction.
#[derive(Default)]
struct Positions {
    tokens: Vec<u32>,
    follow: Vec<BTreeSet<usize>>,
}

/// Positions where a part may begin and where it may end. No part is empty.
struct Part {
    first: BTreeSet<usize>,
    last: BTreeSet<usize>,
}

impl Positions {
    fn part(&mut self, expression: &Expression) -> Part {
        match expression {
            Expression::Word(token) => {
                let position = self.tokens.len();
                self.tokens.push(*token);
                self.follow.push(BTreeSet::new());
                Part {
                    first: BTreeSet::from([position]),
                    last: BTreeSet::from([position]),
                }
            }
            Expression::Choice(alternatives) => {
                let mut whole = Part {
                    first: BTreeSet::new(),
                    last: BTreeSet::new(),
                };
                for alternative in alternatives {
                    let part = self.part(alternative);
                    whole.first.extend(part.first);
                    whole.last.extend(part.last);
                }
                whole
            }
            Expression::Sequence(parts) => {
                let mut parts = parts.iter();
                let mut whole = match parts.next() {
                    Some(first) => self.part(first),
                    None => Part {
                        first: BTreeSet::new(),
                        last: BTreeSet::new(),
                    },
                };
                for next in parts {
                    let part = self.part(next);
                    for position in &whole.last {
                        self.follow[*position].extend(&part.first);
                    }
                    whole.last = part.last;
                }
                whole
            }
        }
    }
}

impl Automaton {
    /// Errors where the automaton would be too large.
    pub(super) fn of(expression: &Expression, end: u32) -> Result<Self, String> {
        let mut positions = Positions::default();
        let part = positions.part(expression);
        let mut states = vec![Node {
            allowed: Arc::new([]),
            next: Vec::new(),
            is_final: true,
        }];
        // States after the start are sets of positions that were just read.
        let mut known: BTreeMap<BTreeSet<usize>, usize> = BTreeMap::new();
        let mut pending = std::collections::VecDeque::from([(part.first, false)]);
        let mut count = START + 1;
        while let Some((reachable, is_final)) = pending.pop_front() {
            let mut read: BTreeMap<u32, BTreeSet<usize>> = BTreeMap::new();
            for position in reachable {
                let token = positions.tokens[position];
                read.entry(token).or_default().insert(position);
            }
            let goes_on = !read.is_empty();
            let mut edges: BTreeMap<u32, usize> = BTreeMap::new();
            for (token, set) in read {
                let state = *known.entry(set).or_insert_with_key(|set| {
                    let follow = set.iter().flat_map(|p| &positions.follow[*p]);
                    let is_final = !set.is_disjoint(&part.last);
                    pending.push_back((follow.copied().collect(), is_final));
                    count += 1;
                    count - 1
                });
                edges.insert(token, state);
            }
            if count > MOST_STATES {
                return Err(format!("the grammar needs more than {MOST_STATES} states"));
            }
            if is_final && goes_on {
                edges.insert(end, ENDED);
            }
            states.push(Node {
                allowed: edges.keys().copied().collect(),
                next: edges.into_values().collect(),
                is_final,
            });
        }
        Ok(Self { states })
    }

    pub(super) fn start(&self) -> usize {
        START
    }

    pub(super) fn allowed(&self, state: usize) -> &Arc<[u32]> {
        &self.states[state].allowed
    }

    pub(super) fn advance(&self, state: usize, token: u32) -> Option<usize> {
        let node = &self.states[state];
        let edge = node.allowed.binary_search(&token).ok()?;
        Some(node.next[edge])
    }

    pub(super) fn is_final(&self, state: usize) -> bool {
        self.states[state].is_final
    }
}
