//! The life of a session: what is seen goes into the graph, and in a task the graph leads to acts.

use memloom_sdk::policy::HintedOperations;
use memloom_sdk::types::{DemonstratedOperation, Error, Session, Task, Turn as Said};
use memloom_sdk::verdicts::MOST_MARKS;

use crate::actor::{self, Choice};
use crate::extractor::{self, Candidate};
use crate::items;
use crate::map;
use crate::means::Means;
use crate::memory::{self, Fact};
use crate::story::{Story, Turn};
use crate::triple::Triple;
use crate::{planner, refiner, sentence};

/// Plays a task to its end.
///
/// # Errors
/// If the model or the host fails, or if actions are to be chosen and the task lists none.
pub fn task(means: &mut Means<'_>, task: Task) -> Result<(), Error> {
    let limit = match task.steps {
        0 => means.options.acts,
        steps => means.options.acts.min(steps),
    };
    let sentences = means.options.task_sentences;
    let mut story = Story::new(&task.instruction, task.actions, sentences);
    perceive(means, &mut story, None)?;
    let mut is_done = false;
    while !is_done && (story.turns.len() as u32) < limit {
        let items = items::items(means, &story)?;
        let recalled = memory::recall(means, &story, &items)?;
        let map = memory::map(means.host)?;
        let exits = match means.options.plan {
            true => planner::exits(means, &story, &map)?,
            false => String::new(),
        };
        if means.options.plan {
            planner::plan(means, &mut story, &recalled, &exits)?;
        }
        let choice = actor::choose(means, &mut story, &map, &recalled, &exits)?;
        story.shown = recalled.triples;
        is_done = match choice {
            Choice::Act(action) => act(means, &mut story, action)?,
            Choice::Walk(room) => {
                let here = story.here.as_deref().unwrap_or_default();
                match map.path(here, &room) {
                    Some(path) if !path.is_empty() => walk(means, &mut story, &path, limit)?,
                    path => {
                        story.turns.push(Turn {
                            observation: match path {
                                Some(_) => format!("you are in {room}."),
                                None => format!("no way to {room} is known."),
                            },
                            action: format!("{}{room}", map::GO_TO),
                        });
                        false
                    }
                }
            }
        };
    }
    Ok(())
}

/// Walks in these directions, as far as the task allows. Returns whether the task is over.
fn walk(
    means: &mut Means<'_>,
    story: &mut Story,
    path: &[&'static str],
    limit: u32,
) -> Result<bool, Error> {
    for way in path {
        let before = story.here.clone();
        if story.turns.len() as u32 >= limit {
            return Ok(false);
        }
        if act(means, story, format!("go {way}"))? {
            return Ok(true);
        }
        if story.here == before {
            // The way is barred.
            break;
        }
    }
    Ok(false)
}

/// Acts, and takes in what comes of it. Returns whether the task is over. An action that the
/// environment refuses changes nothing, and the reason is what comes of it.
fn act(means: &mut Means<'_>, story: &mut Story, action: String) -> Result<bool, Error> {
    means.report.operation("act");
    let (observation, is_done) = match means.host.act(&action) {
        Ok(seen) => {
            story.actions = seen.actions;
            (seen.text, seen.done)
        }
        Err(Error::Invalid(why) | Error::Unknown(why)) => (why, false),
        Err(error) => return Err(error),
    };
    let way = map::walked(&action);
    story.turns.push(Turn {
        action,
        observation,
    });
    perceive(means, story, way)?;
    Ok(is_done)
}

/// Takes in the last observation, after a move in a direction or another act.
fn perceive(means: &mut Means<'_>, story: &mut Story, way: Option<&str>) -> Result<(), Error> {
    let text = story.observation().to_string();
    let before = story.here.clone();
    story.here = sentence::location(&text).or_else(|| before.clone());
    let candidates = sentence::facts(&text, story.here.as_deref()).into_iter();
    let candidates = candidates.map(|triple| Candidate {
        triple,
        turn: None,
        demonstrated: Some(true),
    });
    let facts = extractor::facts(means, &text, candidates.collect(), &story.shown)?;
    let moved = match (before, way, &story.here) {
        (Some(from), Some(way), Some(to)) if from != *to => map::of_move(&from, way, to),
        _ => Vec::new(),
    };
    let episode = learn(means, &text, facts, moved, &[])?;
    story.episodes.extend(episode);
    Ok(())
}

/// Writes facts into the graph, in the place of old ones, and what a move shows, and notes the
/// observation. Returns its id.
fn learn(
    means: &mut Means<'_>,
    text: &str,
    mut facts: Vec<Fact>,
    moved: Vec<Triple>,
    evidence: &[String],
) -> Result<Option<String>, Error> {
    let pairs = match facts.is_empty() {
        true => Vec::new(),
        false => {
            let map = memory::map(means.host)?;
            refiner::pairs(means, &facts, &map)?
        }
    };
    for triple in moved {
        if facts.iter().all(|fact| fact.triple != triple) {
            facts.push(Fact {
                triple,
                evidence: Vec::new(),
            });
        }
    }
    let ids = memory::write(means, &pairs, &facts)?;
    memory::note(means, text, &ids, evidence)
}

/// Reads a dialogue, some turns at a time. With hints, a demonstrator keeps what it would insert or
/// update with.
///
/// # Errors
/// If the model or the host fails.
pub fn dialogue(
    means: &mut Means<'_>,
    session: Session,
    hinted: Option<&HintedOperations>,
) -> Result<(), Error> {
    let keeps = |turn: &Said| {
        hinted.map(|hinted| match hinted.get(&turn.id) {
            Some(DemonstratedOperation::Insert | DemonstratedOperation::Update(_)) => true,
            Some(DemonstratedOperation::Delete(_) | DemonstratedOperation::Skip) | None => false,
        })
    };
    for turns in session.turns.chunks(MOST_MARKS) {
        let said = turns
            .iter()
            .map(|turn| format!("{}: {}", turn.speaker, turn.text));
        let text = said.collect::<Vec<_>>().join("\n");
        let candidates = turns.iter().flat_map(|turn| {
            let facts = sentence::facts(&turn.text, None).into_iter();
            facts.map(|triple| Candidate {
                triple,
                turn: Some(turn.id.clone()),
                demonstrated: keeps(turn),
            })
        });
        let facts = extractor::facts(means, &text, candidates.collect(), &[])?;
        let ids: Vec<String> = turns.iter().map(|turn| turn.id.clone()).collect();
        learn(means, &text, facts, Vec::new(), &ids)?;
    }
    Ok(())
}
