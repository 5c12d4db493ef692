//! The extractor, which says what triples an observation gives: it writes them, or keeps or drops
//! numbered candidates.

use memloom_sdk::host::{Message, Request};
use memloom_sdk::types::Error;
use memloom_sdk::verdicts::{self, MOST_MARKS, marked};

use crate::means::Means;
use crate::memory::Fact;
use crate::prompts;
use crate::triple::{self, Triple};

/// The role.
pub const EXTRACTOR: &str = "extractor";

/// A triple that a rule reads in a sentence.
pub struct Candidate {
    /// The triple.
    pub triple: Triple,
    /// The turn that says it; none in a task.
    pub turn: Option<String>,
    /// True if a demonstrator keeps it; none without a demonstrator.
    pub demonstrated: Option<bool>,
}

/// Returns the facts that an observation gives. `shown` are triples as an example.
///
/// # Errors
/// If the model fails.
pub fn facts(
    means: &mut Means<'_>,
    observation: &str,
    candidates: Vec<Candidate>,
    shown: &[Triple],
) -> Result<Vec<Fact>, Error> {
    match means.options.constrained {
        true => kept(means, candidates),
        false => written(means, observation, &candidates, shown),
    }
}

fn written(
    means: &mut Means<'_>,
    observation: &str,
    candidates: &[Candidate],
    shown: &[Triple],
) -> Result<Vec<Fact>, Error> {
    let all_known = candidates.iter().all(|it| it.demonstrated.is_some());
    let demonstrated = candidates.iter().filter(|it| it.demonstrated == Some(true));
    let demonstration = triple::write(demonstrated.map(|it| &it.triple));
    let example = match shown.is_empty() {
        true => String::new(),
        false => triple::write(shown),
    };
    let prompt = prompts::parts([
        ("Triples so far, as an example", &*example),
        ("Observation", observation),
    ]);
    let demonstration = all_known.then_some(demonstration);
    let output = means.ask(EXTRACTOR, prompts::EXTRACTOR, prompt, demonstration)?;
    let Some(read) = triple::parse(&output) else {
        means.malformed(EXTRACTOR, &output);
        return Ok(Vec::new());
    };
    for _ in 0..read.malformed {
        means.report.malformed();
    }
    if read.is_repaired {
        means.report.repaired();
    }
    let fact = |triple: Triple| Fact {
        evidence: evidence(&triple, candidates),
        triple,
    };
    Ok(read.triples.into_iter().map(fact).collect())
}

/// Returns the turns that say a triple by the rule, or else those that say something of its subject.
fn evidence(triple: &Triple, candidates: &[Candidate]) -> Vec<String> {
    let of = |says: &dyn Fn(&Triple) -> bool| -> Vec<String> {
        let turns = candidates.iter().filter(|it| says(&it.triple));
        let mut turns: Vec<String> = turns.filter_map(|it| it.turn.clone()).collect();
        turns.dedup();
        turns
    };
    let exact = of(&|other| other == triple);
    match exact.is_empty() {
        true => of(&|other| other.subject == triple.subject),
        false => exact,
    }
}

/// Returns the candidates that are kept. Of an output that cannot be read none is kept.
fn kept(means: &mut Means<'_>, candidates: Vec<Candidate>) -> Result<Vec<Fact>, Error> {
    let mut candidates = candidates.into_iter().peekable();
    let mut kept = Vec::new();
    while candidates.peek().is_some() {
        let shown: Vec<Candidate> = candidates.by_ref().take(MOST_MARKS).collect();
        let lines = shown.iter().zip(1..);
        let lines = lines.map(|(it, number)| marked(&it.triple.sentence(), number));
        let prompt = lines.collect::<Vec<_>>().join("\n");
        let demonstrated: Option<Vec<bool>> = shown.iter().map(|it| it.demonstrated).collect();
        let output = means.generate(&Request {
            grammar: Some(verdicts::grammar(shown.len())),
            demonstration: demonstrated.map(|kept| verdicts::output(&kept)),
            ..Request::new(
                EXTRACTOR,
                vec![Message::new("user", prompt)],
                2 * shown.len() as u32 + 1,
            )
        })?;
        let Some(verdicts) = verdicts::parse(&output, shown.len()) else {
            means.malformed(EXTRACTOR, &output);
            continue;
        };
        let facts = shown.into_iter().zip(verdicts).filter(|(_, keeps)| *keeps);
        kept.extend(facts.map(|(it, _)| Fact {
            triple: it.triple,
            evidence: it.turn.into_iter().collect(),
        }));
    }
    Ok(kept)
}
