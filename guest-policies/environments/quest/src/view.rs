//! A task as it was perceived so far: what is known, what may be searched for, what may be answered.

use std::collections::BTreeSet;

use memloom_sdk::metrics::normalised_words;
use memloom_sdk::text::sentences;

use crate::corpus::Document;
use crate::fact::{Fact, Kind, Query, Relation};
use crate::problem::Problem;

/// The answer that is no answer.
pub const UNKNOWN: &str = "unknown";

/// A task as it was perceived so far.
pub struct View<'a> {
    /// The questions.
    pub problems: &'a [Problem],
    /// The documents that were shown, in order.
    seen: Vec<&'a Document>,
    /// The facts in them.
    facts: Vec<Fact>,
    /// The number of acts.
    pub acts: u32,
    /// The number of acts that are left.
    pub left: u32,
}

impl<'a> View<'a> {
    /// Returns a task in which these documents were shown.
    pub fn new(problems: &'a [Problem], seen: Vec<&'a Document>, acts: u32, left: u32) -> Self {
        let said = seen.iter().flat_map(|document| sentences(&document.text));
        Self {
            problems,
            facts: said.filter_map(Fact::parse).collect(),
            seen,
            acts,
            left,
        }
    }

    /// Returns the answer to a question, if what was shown gives it: to that of a file, if a
    /// document has a right one.
    pub fn known(&self, problem: &Problem) -> Option<String> {
        match &problem.query {
            Some(query) => solve(&self.facts, query).ok(),
            None => problem.answers.iter().find(|it| self.holds(it)).cloned(),
        }
    }

    fn holds(&self, answer: &str) -> bool {
        self.seen
            .iter()
            .any(|document| holds(&document.text, answer))
    }

    /// Returns what is to be searched for next, so that a question can be answered: the first fact
    /// that is missing; for one of a file, the question, once.
    pub fn missing(&self) -> Option<String> {
        let mut numbered = (0..).zip(self.problems);
        numbered.find_map(|(number, problem)| match &problem.query {
            Some(query) => solve(&self.facts, query).err(),
            None => {
                let is_new = number >= self.acts && self.known(problem).is_none();
                is_new.then(|| problem.question.clone())
            }
        })
    }

    /// Returns what may be searched for: in a made-up world a relation that is asked for of each
    /// thing that was named and can have it; in a file the questions, and the titles of what was
    /// shown.
    pub fn searches(&self) -> Vec<String> {
        let mut searches: Vec<String> = Vec::new();
        let mut add = |search: String| {
            if !searches.contains(&search) {
                searches.push(search);
            }
        };
        let queries: Vec<&Query> = self
            .problems
            .iter()
            .filter_map(|it| it.query.as_ref())
            .collect();
        let mut named: Vec<(String, Kind)> = Vec::new();
        for query in &queries {
            named.push((query.subject.clone(), query.first().of()));
        }
        for fact in &self.facts {
            let led = fact.relation.leads().map(|kind| (fact.value.clone(), kind));
            named.push((fact.subject.clone(), fact.relation.of()));
            named.extend(led);
        }
        let asked = |relation: &Relation| {
            let mut queries = queries.iter();
            queries.any(|it| it.relation == *relation || it.through == Some(*relation))
        };
        for (name, kind) in named {
            let fitting = Relation::ALL.into_iter().filter(asked);
            for relation in fitting.filter(|it| it.of() == kind) {
                add(words(relation, &name));
            }
        }
        if queries.is_empty() {
            let questions = self.problems.iter().map(|problem| problem.question.clone());
            let titles = self.seen.iter().map(|document| document.title.clone());
            questions
                .chain(titles.filter(|title| !title.is_empty()))
                .for_each(add);
        }
        searches
    }

    /// Returns the searches whose fact was not shown yet.
    pub fn open_searches(&self) -> Vec<String> {
        let facts = self.facts.iter();
        let known: BTreeSet<String> = facts
            .map(|fact| words(fact.relation, &fact.subject))
            .collect();
        let mut searches = self.searches();
        searches.retain(|search| !known.contains(search));
        searches
    }

    /// Returns what may be the answer to a question, in the order in which it was shown, and last
    /// that it is unknown: values of the relation that is asked for; in a file the titles of what
    /// was shown.
    pub fn candidates(&self, problem: &Problem) -> Vec<String> {
        let shown: Vec<String> = match &problem.query {
            Some(query) => {
                let facts = self.facts.iter();
                let of_relation = facts.filter(|fact| fact.relation == query.relation);
                of_relation.map(|fact| fact.value.clone()).collect()
            }
            None => self
                .seen
                .iter()
                .map(|document| document.title.clone())
                .collect(),
        };
        let mut candidates: Vec<String> = Vec::new();
        for value in shown.into_iter().chain([UNKNOWN.into()]) {
            if !value.is_empty() && !candidates.contains(&value) {
                candidates.push(value);
            }
        }
        candidates
    }

    /// Returns the sentences that were shown, each once.
    pub fn sentences(&self) -> Vec<&str> {
        let mut kept: Vec<&str> = Vec::new();
        for sentence in self
            .seen
            .iter()
            .flat_map(|document| sentences(&document.text))
        {
            if !kept.contains(&sentence) {
                kept.push(sentence);
            }
        }
        kept
    }

    /// Returns the sentences that matter: the facts that the questions join; for those of a file,
    /// what has a right answer.
    pub fn needed(&self) -> Vec<&str> {
        let is_needed = |sentence: &&str| {
            let fact = Fact::parse(sentence);
            self.problems.iter().any(|problem| match &problem.query {
                Some(query) => fact
                    .as_ref()
                    .is_some_and(|fact| joins(&self.facts, query, fact)),
                None => problem.answers.iter().any(|it| holds(sentence, it)),
            })
        };
        self.sentences().into_iter().filter(is_needed).collect()
    }
}

/// Returns the words of a search for a fact.
fn words(relation: Relation, name: &str) -> String {
    format!("{} of {name}", relation.name())
}

fn value<'a>(facts: &'a [Fact], subject: &str, relation: Relation) -> Option<&'a str> {
    let mut facts = facts.iter();
    let found = facts.find(|fact| fact.subject == subject && fact.relation == relation)?;
    Some(&found.value)
}

/// Returns the answer to a question, or the search for the fact that is missing.
fn solve(facts: &[Fact], query: &Query) -> Result<String, String> {
    let find =
        |name: &str, relation| value(facts, name, relation).ok_or_else(|| words(relation, name));
    let meant = match query.through {
        None => query.subject.as_str(),
        Some(through) => find(&query.subject, through)?,
    };
    find(meant, query.relation).map(String::from)
}

/// Returns whether a question joins a fact.
fn joins(facts: &[Fact], query: &Query, fact: &Fact) -> bool {
    if fact.subject == query.subject && fact.relation == query.first() {
        return true;
    }
    let through = query.through;
    let meant = through.and_then(|through| value(facts, &query.subject, through));
    fact.relation == query.relation && meant == Some(&fact.subject)
}

/// Returns whether the words of an answer occur in a text, one after the other.
fn holds(text: &str, answer: &str) -> bool {
    let (text, answer) = (normalised_words(text), normalised_words(answer));
    !answer.is_empty() && text.windows(answer.len()).any(|run| run == answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(title: &str, text: &str) -> Document {
        Document {
            title: title.into(),
            text: text.into(),
        }
    }

    fn two_hop() -> Problem {
        let query = Query {
            subject: "Anna Hale".into(),
            through: Some(Relation::Home),
            relation: Relation::Dish,
        };
        Problem::made_up(query, "soup")
    }

    const PERSON: &str = "The hobby of Anna Hale is chess. The home of Anna Hale is Old Mill.";
    const TOWN: &str = "The dish of Old Mill is soup. The river of Old Mill is Rhine.";
    const OTHER: &str = "The dish of New Gate is pie. The river of New Gate is Elbe.";

    fn with<T>(texts: &[&str], problem: Problem, look: impl Fn(&View<'_>) -> T) -> T {
        let documents: Vec<Document> = texts.iter().map(|text| document("T", text)).collect();
        look(&View::new(&[problem], documents.iter().collect(), 0, 6))
    }

    #[test]
    fn the_first_missing_fact_is_searched_for_until_the_answer_is_known() {
        let missing = |texts: &[&str]| with(texts, two_hop(), |view| view.missing());
        assert_eq!(missing(&[]).as_deref(), Some("home of Anna Hale"));
        assert_eq!(
            missing(&[PERSON, OTHER]).as_deref(),
            Some("dish of Old Mill")
        );
        assert_eq!(missing(&[PERSON, TOWN]), None);
        let known = |texts: &[&str]| with(texts, two_hop(), |view| view.known(&two_hop()));
        assert_eq!(known(&[TOWN]), None);
        assert_eq!(known(&[PERSON, TOWN]).as_deref(), Some("soup"));
    }

    #[test]
    fn searches_join_names_with_the_relations_that_fit_them() {
        let searches = |texts: &[&str]| with(texts, two_hop(), |view| view.searches());
        assert_eq!(searches(&[]), ["home of Anna Hale"]);
        assert_eq!(
            searches(&[PERSON, OTHER]),
            ["home of Anna Hale", "dish of Old Mill", "dish of New Gate"]
        );
        let open = with(&[PERSON, OTHER], two_hop(), |view| view.open_searches());
        assert_eq!(open, ["dish of Old Mill"]);
    }

    #[test]
    fn candidates_are_values_of_the_relation_that_is_asked_for() {
        let candidates =
            |texts: &[&str]| with(texts, two_hop(), |view| view.candidates(&two_hop()));
        assert_eq!(candidates(&[PERSON]), ["unknown"]);
        assert_eq!(
            candidates(&[OTHER, TOWN, OTHER]),
            ["pie", "soup", "unknown"]
        );
    }

    #[test]
    fn the_facts_that_a_question_joins_matter() {
        with(&[OTHER, TOWN], two_hop(), |view| {
            assert!(view.needed().is_empty())
        });
        with(&[OTHER, TOWN, PERSON], two_hop(), |view| {
            assert_eq!(
                view.needed(),
                [
                    "The dish of Old Mill is soup.",
                    "The home of Anna Hale is Old Mill."
                ]
            );
        });
    }

    #[test]
    fn of_a_file_each_question_is_searched_for_once() {
        let problem = Problem {
            question: "Who swam?".into(),
            answers: vec!["Bo Ek".into()],
            query: None,
        };
        let documents = [document("Lakes", "Long ago Bo Ek swam. Nobody saw it.")];
        let view = |seen, acts| View::new(std::slice::from_ref(&problem), seen, acts, 3);
        let first = view(vec![], 0);
        assert_eq!(first.missing().as_deref(), Some("Who swam?"));
        assert_eq!(view(vec![], 1).missing(), None);
        let later = view(documents.iter().collect(), 1);
        assert_eq!(later.searches(), ["Who swam?", "Lakes"]);
        assert_eq!(later.candidates(&problem), ["Lakes", "unknown"]);
        assert_eq!(later.known(&problem).as_deref(), Some("Bo Ek"));
        assert_eq!(later.needed(), ["Long ago Bo Ek swam."]);
    }
}
