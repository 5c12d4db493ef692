//! The scores of answers.

use memloom_sdk::metrics::{bleu_1, contains, f1, f1_paper};
use memloom_sdk::types::{Answer, Score};

use crate::episode::{Asked, Episode};
use crate::kind::Kind;
use crate::retrieval::{DEPTHS, Figures, figures};

/// Scores an answer. F1 is the reward. Where there is no answer, only silence is right; an
/// answer that says so in words needs a judge. `recall` is the share of the answer sessions
/// that are cited; it and the figures of retrieval leave questions without an answer out.
#[must_use]
pub fn score(episode: &Episode, asked: &Asked, answer: &Answer) -> Score {
    let abstains = asked.kind == Kind::Abstention;
    let gold = if abstains { "" } else { &asked.answer };
    let text = answer.text.trim();
    let mut metrics = vec![
        ("f1".into(), f1(text, gold)),
        ("f1-paper".into(), f1_paper(text, gold)),
        ("bleu-1".into(), bleu_1(text, gold)),
        ("contains".into(), contains(text, gold)),
    ];
    let reward = metrics[0].1;
    if !abstains {
        metrics.extend(retrieval(episode, asked, &answer.citations));
    }
    Score { reward, metrics }
}

fn retrieval(episode: &Episode, asked: &Asked, citations: &[String]) -> Vec<(String, f32)> {
    let (mut turns, mut sessions): (Vec<&str>, Vec<u32>) = Default::default();
    for citation in citations {
        let Some(session) = home(episode, citation) else {
            continue;
        };
        if !turns.contains(&citation.as_str()) {
            turns.push(citation);
        }
        if !sessions.contains(&session) {
            sessions.push(session);
        }
    }
    let wanted = &asked.question.sessions;
    let cited = wanted.iter().filter(|one| sessions.contains(one)).count();
    let mut metrics = vec![("recall".into(), cited as f32 / wanted.len() as f32)];
    let evidence: Vec<&str> = asked.question.evidence.iter().map(String::as_str).collect();
    for depth in DEPTHS {
        for (prefix, figures) in [
            ("", figures(&sessions, wanted, depth)),
            ("turn-", figures(&turns, &evidence, depth)),
        ] {
            let Figures { any, all, ndcg } = figures;
            for (name, value) in [("recall-any", any), ("recall-all", all), ("ndcg", ndcg)] {
                metrics.push((format!("{prefix}{name}@{depth}"), value));
            }
        }
    }
    metrics
}

/// Returns the session of a turn.
fn home(episode: &Episode, turn: &str) -> Option<u32> {
    let mut sessions = (1..).zip(&episode.sittings);
    let (index, _) = sessions.find(|(_, view)| view.turns.iter().any(|one| one.id == turn))?;
    Some(index)
}
