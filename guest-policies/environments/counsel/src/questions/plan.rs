//! The plan of an episode: which questions are asked, and what must have been told before.
//!
//! Four sessions repeat: a task, a dialogue and two tasks. The dialogue tells what the two
//! tasks need, but for one fact in some of them. The task at the start of the next four
//! sessions needs only what was told or asked before. Who has forgotten has too few actions
//! left, or must choose an adviser by what advisers say of themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use memloom_sdk::random::Random;

use crate::options::{Options, Tool};
use crate::questions::chain::Chain;
use crate::questions::kind::DOMAINS;
use crate::questions::world::{Fact, World};

/// The probability of a question with a fact that was not told.
const FRESH: f64 = 0.5;
/// The probability that such a fact is one for an adviser, where that is possible.
const ADVISED: f64 = 0.5;

/// A question to be asked.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The question.
    pub chain: Chain,
    /// Those of its facts that are to be found out in the task.
    fresh: Vec<Fact>,
}

impl Draft {
    /// Returns its other facts, which must have been told.
    fn assumed(&self) -> impl Iterator<Item = Fact> {
        let facts = self.chain.facts.iter().copied();
        facts.filter(|fact| !self.fresh.contains(fact))
    }
}

/// The needs of a task.
pub struct Plan {
    /// The fewest actions with a perfect memory.
    pub actions: u32,
    /// The earlier sessions whose memory it needs.
    pub sessions: Vec<u32>,
}

/// The state of the plan.
pub struct Planner {
    options: Rc<Options>,
    world: Rc<World>,
    chains: Vec<Chain>,
    /// The sessions that told each fact.
    told: BTreeMap<Fact, Vec<u32>>,
    /// The sessions that told whom to trust, by domain.
    trusted: [Vec<u32>; DOMAINS.len()],
}

impl Planner {
    /// Returns a plan of nothing.
    #[must_use]
    pub fn new(options: Rc<Options>, world: Rc<World>) -> Self {
        let chains = (1..=options.hops as usize).flat_map(|hops| Chain::all(&world, hops));
        let chains = chains.filter(|chain| {
            let mut unwritten: Vec<_> = chain.relations().collect();
            unwritten.retain(|relation| !world.is_written(*relation));
            !options.tools.contains(&Tool::Search) || unwritten.len() <= 1
        });
        Self {
            chains: chains.collect(),
            told: BTreeMap::new(),
            trusted: Default::default(),
            options,
            world,
        }
    }

    /// Notes that a session tells whom to trust in a domain.
    pub fn trust(&mut self, session: u32, domain: usize) {
        self.trusted[domain].push(session);
    }

    /// Drafts the first question: two facts, if questions may have two, of the archive if there is
    /// one.
    pub fn first(&self, random: &mut Random) -> Draft {
        let hops = self.hops().min(2);
        let drafts = self.chains.iter().filter(|chain| {
            let archived = chain.relations().all(|one| self.world.is_written(one));
            let has_archive = self.options.tools.contains(&Tool::Search);
            chain.facts.len() == hops && (archived || !has_archive)
        });
        let drafts = drafts.map(|chain| Draft {
            fresh: chain.facts.clone(),
            chain: chain.clone(),
        });
        self.pick(drafts.collect(), random)
    }

    /// Drafts a question for which everything was told but for one fact in some.
    pub fn recall(&self, random: &mut Random) -> Draft {
        if !self.options.told {
            return self.untold(random);
        }
        self.draw(random, |draft| {
            draft.assumed().all(|fact| self.told.contains_key(&fact))
        })
    }

    /// Drafts a question, and returns the facts that this session must tell for it. A question
    /// of several facts needs something that was told before, if anything was.
    pub fn prepare(&mut self, session: u32, random: &mut Random) -> (Draft, Vec<Fact>) {
        if !self.options.told {
            return (self.untold(random), Vec::new());
        }
        let draft = self.draw(random, |draft| {
            let short = self.told.is_empty() || draft.chain.facts.len() == 1;
            short || draft.assumed().any(|fact| self.told.contains_key(&fact))
        });
        let untold = draft.assumed().filter(|fact| !self.told.contains_key(fact));
        let untold: Vec<Fact> = untold.collect();
        for &fact in &untold {
            self.told.entry(fact).or_default().push(session);
        }
        (draft, untold)
    }

    /// Returns what a session's question needs. Afterwards its facts are told.
    pub fn ask(&mut self, session: u32, draft: &Draft) -> Plan {
        let (mut actions, mut sessions) = (1, BTreeSet::new());
        for fact in &draft.chain.facts {
            let told = self.told.entry(*fact).or_default();
            sessions.extend(told.iter().copied());
            if told.is_empty() {
                actions += 1;
            }
            if told.is_empty() && !self.world.is_written(fact.relation) {
                sessions.extend(&self.trusted[fact.relation.domain()]);
            }
            told.push(session);
        }
        Plan {
            actions,
            sessions: sessions.into_iter().collect(),
        }
    }

    /// Draws a draft: first its number of facts and whether one is fresh, then one of those
    /// that fit; where none fits, one without a fresh fact.
    fn draw(&self, random: &mut Random, fits: impl Fn(&Draft) -> bool) -> Draft {
        let hops = 1 + random.below(self.hops() as u64) as usize;
        let fresh = random.chance(FRESH);
        let chains = self.chains.iter().filter(|chain| chain.facts.len() == hops);
        let drafts = chains.flat_map(|chain| self.drafts(chain, fresh));
        let mut fitting: Vec<Draft> = drafts.filter(&fits).collect();
        let advised = |draft: &Draft| {
            let mut fresh = draft.fresh.iter();
            fresh.any(|fact| !self.world.is_written(fact.relation))
        };
        if random.chance(ADVISED) && fitting.iter().any(advised) {
            fitting.retain(advised);
        }
        if fitting.is_empty() {
            let drafts = self.chains.iter().map(told);
            fitting = drafts.filter(fits).collect();
        }
        self.pick(fitting, random)
    }

    /// Drafts a question whose facts are to be found out, but for those that earlier tasks told.
    fn untold(&self, random: &mut Random) -> Draft {
        let hops = 1 + random.below(self.hops() as u64) as usize;
        let chains = self.chains.iter().filter(|chain| chain.facts.len() == hops);
        let drafts = chains.map(|chain| {
            let mut fresh = chain.facts.clone();
            fresh.retain(|fact| !self.told.contains_key(fact));
            Draft {
                chain: chain.clone(),
                fresh,
            }
        });
        self.pick(drafts.collect(), random)
    }

    /// Returns the most relations of a question.
    fn hops(&self) -> usize {
        self.options.hops as usize
    }

    fn pick(&self, drafts: Vec<Draft>, random: &mut Random) -> Draft {
        let draft = random.pick(&drafts).cloned();
        draft.unwrap_or_else(|| told(&self.chains[0]))
    }

    /// Returns the ways of asking a question so that memory pays: forgetting costs two actions
    /// or more, or an adviser must be chosen.
    fn drafts(&self, chain: &Chain, fresh: bool) -> Vec<Draft> {
        let saved = chain.facts.len() - usize::from(fresh);
        let advised = chain.relations().any(|one| !self.world.is_written(one));
        if saved < 2 && !(saved == 1 && advised) {
            return Vec::new();
        }
        if !fresh {
            return vec![told(chain)];
        }
        let open = chain.facts.iter().filter(|fact| self.can_be_fresh(**fact));
        let draft = |&fact| Draft {
            chain: chain.clone(),
            fresh: vec![fact],
        };
        open.map(draft).collect()
    }

    /// Returns whether a fact was not told, and one action finds it out with a perfect memory.
    fn can_be_fresh(&self, fact: Fact) -> bool {
        let written = self.world.is_written(fact.relation);
        let advised = || {
            let trusted = !self.trusted[fact.relation.domain()].is_empty();
            trusted && self.options.tools.contains(&Tool::Ask)
        };
        !self.told.contains_key(&fact) && (written || advised())
    }
}

/// Returns a draft all of whose facts are told.
fn told(chain: &Chain) -> Draft {
    Draft {
        chain: chain.clone(),
        fresh: Vec::new(),
    }
}
