//! The sentences of a text that matter for its question, and the answer that they give.

use crate::fact::{Fact, Query};
use crate::scoring::holds;
use crate::text::{Category, Problem};

/// Returns for each sentence of a text, as far as it was read, whether it can still matter: in a
/// made-up text the facts that the question joins, and as long as it is not known who is meant, those
/// of everybody that may be asked for; in a file's text what holds an answer.
#[must_use]
pub fn needed(problem: &Problem, read: &[&str]) -> Vec<bool> {
    let Some(query) = closed(problem) else {
        let holds_one = |sentence: &&str| problem.answers.iter().any(|it| holds(sentence, it));
        return read.iter().map(holds_one).collect();
    };
    let facts: Vec<Option<Fact>> = read.iter().map(|sentence| Fact::parse(sentence)).collect();
    let meant = meant(&query, facts.iter().flatten());
    let is_needed = |fact: &Fact| {
        let leads = Some(fact.relation) == query.through && fact.person == query.person;
        let answers = fact.relation == query.relation
            && meant.as_ref().is_none_or(|meant| fact.person == *meant);
        leads || answers
    };
    let needed = facts
        .iter()
        .map(|fact| fact.as_ref().is_some_and(is_needed));
    needed.collect()
}

/// Returns the answer that sentences give; none if they give none.
#[must_use]
pub fn answer(problem: &Problem, kept: &[&str]) -> Option<String> {
    let Some(query) = closed(problem) else {
        let held = |answer: &&String| kept.iter().any(|sentence| holds(sentence, answer));
        return problem.answers.iter().find(held).cloned();
    };
    let facts: Vec<Fact> = kept
        .iter()
        .filter_map(|sentence| Fact::parse(sentence))
        .collect();
    let meant = meant(&query, facts.iter())?;
    let mut about = facts.into_iter();
    let found = about.find(|fact| fact.person == meant && fact.relation == query.relation);
    found.map(|fact| fact.value)
}

/// Returns the values that may be asked for; none in a file's text.
#[must_use]
pub fn guesses(problem: &Problem) -> &'static [&'static str] {
    closed(problem).map_or(&[], |query| query.relation.values())
}

fn closed(problem: &Problem) -> Option<Query> {
    match problem.category {
        Category::OneHop | Category::TwoHop => Query::parse(&problem.question),
        Category::File => None,
    }
}

/// Returns the person who is meant, if the facts tell.
fn meant<'a>(query: &Query, mut facts: impl Iterator<Item = &'a Fact>) -> Option<String> {
    let Some(through) = query.through else {
        return Some(query.person.clone());
    };
    let leading = facts.find(|fact| fact.person == query.person && fact.relation == through);
    leading.map(|fact| fact.value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(question: &str, answer: &str, category: Category) -> Problem {
        Problem {
            question: question.into(),
            answers: vec![answer.into()],
            category,
        }
    }

    const READ: [&str; 5] = [
        "The pet of Ben Field is dog.",
        "The city of Ben Field is Rome.",
        "The city of Greta Moss is Oslo.",
        "The friend of Anna Vale is Ben Field.",
        "The city of Anna Vale is Paris.",
    ];

    #[test]
    fn before_the_first_hop_is_known_the_second_may_be_anybodys() {
        let question = "What is the city of the friend of Anna Vale?";
        let problem = problem(question, "Rome", Category::TwoHop);
        assert_eq!(needed(&problem, &READ[..3]), [false, true, true]);
        assert_eq!(answer(&problem, &READ[..3]), None);
        assert_eq!(needed(&problem, &READ), [false, true, false, true, false]);
        assert_eq!(answer(&problem, &READ).as_deref(), Some("Rome"));
        assert_eq!(guesses(&problem).len(), 16);
    }

    #[test]
    fn one_hop_needs_one_fact() {
        let problem = problem("What is the city of Anna Vale?", "Paris", Category::OneHop);
        assert_eq!(needed(&problem, &READ), [false, false, false, false, true]);
        assert_eq!(answer(&problem, &READ).as_deref(), Some("Paris"));
    }

    #[test]
    fn in_a_files_text_what_holds_the_answer_matters() {
        let problem = problem("What is the city of Anna Vale?", "oslo", Category::File);
        assert_eq!(needed(&problem, &READ), [false, false, true, false, false]);
        assert_eq!(answer(&problem, &READ).as_deref(), Some("oslo"));
        assert_eq!(answer(&problem, &READ[..2]), None);
        assert_eq!(guesses(&problem), [""; 0]);
    }
}
