//! A question as a task.

use std::rc::Rc;

use memloom_sdk::metrics::{f1, normalised_words};
use memloom_sdk::random::Random;
use memloom_sdk::trace;

use crate::options::{Actions, Measure, Options, Tool};
use crate::questions::adviser::{Adviser, Competence};
use crate::questions::archive;
use crate::questions::chain::Chain;
use crate::questions::choices::Choices;
use crate::questions::knowledge::{Knowledge, hearsay};
use crate::questions::relation::Relation;
use crate::questions::world::{Fact, World};
use crate::scoring::after_price;
use crate::stream::{Memory, Task};
use crate::visit::{Outcome, Visit};

/// The categories, by the number of relations.
pub const CATEGORIES: [&str; 3] = ["one-hop", "two-hop", "three-hop"];

/// A question as a task.
pub struct Question {
    /// The options.
    pub options: Rc<Options>,
    /// The facts.
    pub world: Rc<World>,
    /// The question.
    pub chain: Chain,
    /// The earlier sessions whose memory it needs.
    pub sessions: Vec<u32>,
    /// The number of actions that it allows.
    pub steps: u32,
    /// The listed actions.
    pub choices: Choices,
}

impl Task for Question {
    fn category(&self) -> &'static str {
        CATEGORIES[self.chain.facts.len() - 1]
    }

    fn sessions(&self) -> &[u32] {
        &self.sessions
    }

    fn instruction(&self) -> String {
        let mut sentences = vec![self.chain.question(&self.world)];
        if self.can(Tool::Ask) {
            let advisers = &self.world.advisers;
            let domains = self.world.domains();
            sentences.extend(advisers.iter().map(|it| introduction(it, domains)));
            sentences.push(format!("Coins: {}.", self.options.budget));
        }
        if self.can(Tool::Search) && !self.world.unwritten.is_empty() {
            let missing: Vec<&str> = self.world.unwritten.iter().map(|r| r.name()).collect();
            sentences.push(format!(
                "The archive knows no {}.",
                missing.join(" and no ")
            ));
        }
        sentences.push(format!("Actions: {}.", self.steps));
        sentences.join(" ")
    }

    fn steps(&self) -> u32 {
        self.steps
    }

    fn choices(&self, _visit: &Visit) -> Vec<String> {
        self.choices.all()
    }

    fn act(&self, action: &str, visit: &mut Visit) -> String {
        let action = action.trim();
        let (verb, rest) = action.split_once(' ').unwrap_or((action, ""));
        match verb {
            "search" if self.can(Tool::Search) => self.search(rest),
            "ask" if self.can(Tool::Ask) => self.ask(rest, visit),
            "answer" => self.answer(rest, visit),
            _ => self.usage(visit),
        }
    }

    fn explanation(&self) -> String {
        let facts = self.chain.facts.iter();
        let sentences: Vec<String> = facts.map(|&fact| self.world.sentence(fact)).collect();
        sentences.join(" ")
    }

    fn advise(&self, memories: &[Memory<'_>], visit: &Visit, random: &mut Random) -> String {
        let action = self.inform(memories, visit);
        let open = self.options.actions == Actions::Open;
        // A wrong adviser leads to things that are not listed.
        let possible = action.filter(|action| open || self.choices.contain(action));
        possible.unwrap_or_else(|| self.choices.guess(random))
    }
}

impl Question {
    fn can(&self, tool: Tool) -> bool {
        self.options.tools.contains(&tool)
    }

    fn coins(&self, visit: &Visit) -> u32 {
        self.options.budget.saturating_sub(visit.spent)
    }

    /// Notes a fault of form, and returns the forms of actions.
    fn usage(&self, visit: &mut Visit) -> String {
        visit.faults = visit.faults.saturating_add(1);
        let mut ways = Vec::new();
        if self.can(Tool::Search) {
            ways.push("search WORDS");
        }
        if self.can(Tool::Ask) {
            ways.push("ask ADVISER: RELATION of NAME");
        }
        ways.push("answer NAME");
        format!("This is no action. Use {}.", ways.join(" or "))
    }

    fn search(&self, query: &str) -> String {
        let found = archive::search(&self.world, query);
        match found.is_empty() {
            true => "The archive has nothing about this.".into(),
            false => found.join(" "),
        }
    }

    fn ask(&self, rest: &str, visit: &mut Visit) -> String {
        let Some((name, question)) = rest.split_once(':') else {
            return self.usage(visit);
        };
        if question.trim().is_empty() {
            return self.usage(visit);
        }
        let advisers = &self.world.advisers;
        let named = |adviser: &Adviser| adviser.name.eq_ignore_ascii_case(name.trim());
        let Some(place) = advisers.iter().position(named) else {
            visit.faults = visit.faults.saturating_add(1);
            return "There is no such adviser.".into();
        };
        let adviser = &advisers[place];
        let Some(fact) = self.asked_fact(question) else {
            return format!("{} wants to be asked for one fact.", adviser.name);
        };
        if adviser.price > self.coins(visit) {
            return format!("You cannot pay {}.", adviser.name);
        }
        visit.spent += adviser.price;
        visit.asked = visit.asked.saturating_add(1);
        let is_good = adviser.competence[fact.relation.domain()] == Competence::Good;
        visit.well_asked = visit.well_asked.saturating_add(u32::from(is_good));
        let said = hearsay(&adviser.name, &self.world.belief(place, fact));
        format!("{said} Coins left: {}.", self.coins(visit))
    }

    /// Returns the fact that a question names: one relation and one thing that can have it.
    fn asked_fact(&self, question: &str) -> Option<Fact> {
        let words = normalised_words(question);
        let named = |name: &str| {
            let name = normalised_words(name);
            words.windows(name.len()).any(|part| part == name)
        };
        let relation = only(Relation::ALL, |relation| named(relation.name()))?;
        let names = self.world.names(relation.subject());
        let subject = only(0..names.len(), |&subject| named(&names[subject]))?;
        Some(Fact { relation, subject })
    }

    /// Ends the task with an answer. Of a trace the last answer in it counts.
    fn answer(&self, text: &str, visit: &mut Visit) -> String {
        let answer = trace::answer(text).unwrap_or(text);
        visit.form = trace::form(text);
        let gold = self.chain.gold(&self.world);
        let em = f32::from(normalised_words(answer) == normalised_words(gold));
        let f1 = f1(answer, gold);
        let worth = match self.options.reward {
            Measure::Em => em,
            Measure::F1 => f1,
        };
        let Options {
            budget,
            price_weight,
            ..
        } = *self.options;
        visit.end(Outcome {
            reward: after_price(worth, visit.spent, budget, price_weight),
            em,
            f1,
        });
        let verdict = if em == 1.0 { "right" } else { "wrong" };
        format!("That is {verdict}.")
    }

    /// Returns the action that answers the question or finds out the first fact that is
    /// missing; none where only a guess is left.
    fn inform(&self, memories: &[Memory<'_>], visit: &Visit) -> Option<String> {
        let mut known = Knowledge::default();
        for memory in memories {
            known.learn(memory.text);
        }
        for text in &visit.observed {
            known.believe(text);
            known.learn(text);
        }
        let mut subject = self.chain.start(&self.world);
        for relation in self.chain.relations() {
            match known.value(relation, subject) {
                Some(value) => subject = value,
                None => return self.inquiry(relation, subject, &known, visit),
            }
        }
        Some(format!("answer {subject}"))
    }

    /// Returns the action that finds out a value; none where only a guess is left.
    fn inquiry(
        &self,
        relation: Relation,
        subject: &str,
        known: &Knowledge,
        visit: &Visit,
    ) -> Option<String> {
        if visit.acts.saturating_add(1) >= self.steps {
            return None;
        }
        let name = relation.name();
        if self.can(Tool::Search) && self.world.is_written(relation) {
            return Some(format!("search {name} {subject}"));
        }
        if !self.can(Tool::Ask) {
            return None;
        }
        let domain = relation.domain();
        let doubt = |adviser: &Adviser| match known.trusts(&adviser.name, domain) {
            Some(trusted) => 3 * u32::from(!trusted),
            None => 2 - u32::from(adviser.claims[domain]),
        };
        let advisers = self.world.advisers.iter();
        let affordable = advisers.filter(|adviser| adviser.price <= self.coins(visit));
        let best = affordable.min_by_key(|adviser| (doubt(adviser), adviser.price))?;
        Some(format!("ask {}: {name} of {subject}", best.name))
    }
}

/// Returns the one item that fits; none if none or several do.
fn only<T>(items: impl IntoIterator<Item = T>, fits: impl Fn(&T) -> bool) -> Option<T> {
    let mut fitting = items.into_iter().filter(|item| fits(item));
    let first = fitting.next();
    first.filter(|_| fitting.next().is_none())
}

fn introduction(adviser: &Adviser, domains: &[&'static str]) -> String {
    let Adviser { name, price, .. } = adviser;
    let claims = domains.iter().zip(adviser.claims);
    let claimed: Vec<&str> = claims
        .filter_map(|(&domain, claims)| claims.then_some(domain))
        .collect();
    match claimed.is_empty() {
        true => format!("{name} costs {price}."),
        false => format!("{name} costs {price}, good at {}.", claimed.join(" and ")),
    }
}
