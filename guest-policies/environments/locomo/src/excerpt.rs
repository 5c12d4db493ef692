//! Excerpts: a few turns of some consecutive sessions of a conversation, as an episode of its own.

use std::collections::BTreeSet;
use std::ops::Range;

use memloom_sdk::random::Random;

use crate::conversation::{Asked, Conversation, SessionView};

/// Returns an excerpt: `turns` consecutive turns of each session, all of shorter ones, from a session
/// in the first half on, up to `horizon` sessions; 0 means all. If a session can hold the whole
/// evidence of a question, its turns hold that of one. The questions are those whose whole evidence
/// is in the excerpt. A longer horizon continues a shorter one.
#[must_use]
pub fn excerpt(
    conversation: &Conversation,
    id: String,
    turns: usize,
    horizon: u32,
    random: &mut Random,
) -> Conversation {
    let sittings = &conversation.sittings;
    let first = random.below(sittings.len().div_ceil(2) as u64) as usize;
    let most = match horizon {
        0 => sittings.len(),
        horizon => horizon as usize,
    };
    let cut: Vec<SessionView> = sittings[first..]
        .iter()
        .take(most)
        .map(|view| SessionView {
            time: view.time.clone(),
            turns: view.turns[window(conversation, view, turns, random)].to_vec(),
        })
        .collect();
    let kept = cut.iter().flat_map(|view| &view.turns);
    let kept: BTreeSet<&str> = kept.map(|turn| turn.id.as_str()).collect();
    let is_told = |asked: &&Asked| {
        let mut evidence = asked.question.evidence.iter();
        evidence.all(|turn| kept.contains(turn.as_str()))
    };
    let asked = conversation.asked.iter().filter(is_told).cloned();
    let asked = asked.map(|mut asked| {
        for session in &mut asked.question.sessions {
            *session -= first as u32;
        }
        asked
    });
    Conversation {
        id,
        speakers: conversation.speakers.clone(),
        asked: asked.collect(),
        sittings: cut,
    }
}

/// Returns the turns of a session that an excerpt has.
fn window(
    conversation: &Conversation,
    view: &SessionView,
    turns: usize,
    random: &mut Random,
) -> Range<usize> {
    let last = view.turns.len().saturating_sub(turns);
    let place = |id: &String| view.turns.iter().position(|turn| turn.id == *id);
    let holds = |start: usize| {
        let held = start..start + turns;
        conversation.asked.iter().any(|asked| {
            let mut evidence = asked.question.evidence.iter();
            evidence.all(|turn| place(turn).is_some_and(|place| held.contains(&place)))
        })
    };
    let starts: Vec<usize> = (0..=last).filter(|start| holds(*start)).collect();
    let start = match random.pick(&starts) {
        Some(start) => *start,
        None => random.below(last as u64 + 1) as usize,
    };
    start..(start + turns).min(view.turns.len())
}
