//! The retrieval study: recall of a question's evidence among the bank's best entries, by words, by
//! embedding, and by both.
//!
//! The bank has an entry for each turn of an episode: text and speaker, the turn's id as evidence,
//! and the text's vector. The policy `memory-r2` writes the same entries if its demonstrator keeps
//! everything.

use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use memloom_runtime::types::{Entry, Hit, Insertion, Moment, Operation, Query};
use memloom_runtime::{Bank, Embedder, Sandbox};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use crate::config::RunFile;
use crate::env::{OpenEpisode, TrainingEnv, bank};
use crate::rng::{Purpose, generator};
use crate::run::progress::Console;
use crate::study::analysis::{commit, machine};
use crate::study::statistics::{Interval, bootstrap};

/// Number of entries that a question finds.
const LIMIT: usize = 10;

/// Constant of reciprocal rank fusion, with the value of Cormack, Clarke and Büttcher (2009).
const FUSION: f64 = 60.0;

/// Results of the study.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Commit of the code, if it ran in a checkout.
    pub commit: Option<String>,
    /// Processor and number of cores.
    pub machine: String,
    /// Seconds taken.
    pub seconds: f64,
    /// Number of entries that a question finds.
    pub limit: usize,
    /// Ids of the episodes.
    pub episodes: Vec<String>,
    /// Entries of all banks.
    pub entries: u32,
    /// Recall over all questions, then by category.
    pub recall: Vec<Recall>,
}

/// Mean recall over the questions of a category.
#[derive(Debug, Serialize)]
pub struct Recall {
    /// Category; `all` for all questions.
    pub category: String,
    /// Number of questions.
    pub questions: usize,
    /// Recall by words.
    pub bm25: Interval,
    /// Recall by embedding.
    pub cosine: Interval,
    /// Recall by the two rankings fused.
    pub fused: Interval,
}

/// A question's recall by words, by embedding, and by both.
struct Asked {
    category: String,
    recall: [f64; 3],
}

/// Measures all episodes of the run file's environment, of every split that has an end.
///
/// # Errors
/// Fails if the run file has no embedder, no question names its evidence, or a component or the
/// embedder fails.
pub fn run(file: &RunFile, console: Console) -> Result<Report> {
    let start = Instant::now();
    let env = TrainingEnv::load(file)?;
    for warning in &env.report.warnings {
        eprintln!("warning: {warning}");
    }
    let embedder = env.embedder.as_deref();
    let embedder = embedder.context("this study needs an embedder: set embedder.path")?;
    let component = bank(file, &Sandbox::new(file.limits.clone())?)?;
    let splits = env.report.splits.iter();
    let ends = splits.filter_map(|split| Some((&split.name, split.episodes?)));
    let all: Vec<_> = ends
        .flat_map(|(split, count)| (0..count).map(move |index| (split, index)))
        .collect();
    let mut phase = console.phase("retrieval", all.len() as u64, 0);
    let (mut episodes, mut entries, mut asked) = (Vec::new(), 0, Vec::new());
    for (done, (split, index)) in (1..).zip(all) {
        let opened = env.open(split, index, 0)?;
        let mut bank = component.instantiate()?;
        fill(&mut bank, &opened, embedder)
            .and_then(|()| ask(&mut bank, &opened, embedder, &mut asked))
            .with_context(|| format!("retrieval in {}", opened.id))?;
        entries += bank.stats()?.entries;
        phase.at(done, &opened.id);
        episodes.push(opened.id);
    }
    drop(phase);
    ensure!(
        !asked.is_empty(),
        "the environment {} has no question with evidence in a split that has an end",
        env.description.name
    );
    let mut random = generator(file.run.seed, Purpose::Retrieval, &[]);
    let mut recall = Vec::from_iter(Recall::of("all", asked.iter(), &mut random));
    for name in &env.description.categories {
        let own = asked.iter().filter(|asked| asked.category == *name);
        recall.extend(Recall::of(name, own, &mut random));
    }
    Ok(Report {
        recall,
        commit: commit(),
        machine: machine(),
        seconds: start.elapsed().as_secs_f64(),
        limit: LIMIT,
        episodes,
        entries,
    })
}

/// Inserts every turn of an episode into an empty bank.
fn fill(bank: &mut Bank, opened: &OpenEpisode, embedder: &dyn Embedder) -> Result<()> {
    for (session, turns) in (1..).zip(&opened.turns) {
        let Some(first) = turns.first() else {
            continue;
        };
        let vectors = embed(embedder, turns.iter().map(|turn| turn.text.clone()))?;
        let insertions: Vec<Operation> = turns
            .iter()
            .zip(vectors)
            .map(|(turn, vector)| {
                Operation::Insert(Insertion {
                    vector: Some(vector),
                    ..Insertion::new(&turn.text, &turn.speaker, vec![turn.id.clone()])
                })
            })
            .collect();
        let at = Moment {
            session,
            time: first.time.clone(),
        };
        for (turn, result) in turns.iter().zip(bank.apply(&at, &insertions)?) {
            result.with_context(|| format!("the bank refuses the turn {}", turn.id))?;
        }
        bank.end_session(&at)?;
    }
    Ok(())
}

/// Asks the bank every question that has evidence.
fn ask(
    bank: &mut Bank,
    opened: &OpenEpisode,
    embedder: &dyn Embedder,
    asked: &mut Vec<Asked>,
) -> Result<()> {
    let questions = opened.questions.iter();
    let questions: Vec<_> = questions.filter(|q| !q.evidence.is_empty()).collect();
    let vectors = embed(embedder, questions.iter().map(|q| q.text.clone()))?;
    let entries = bank.stats()?.entries;
    for (question, vector) in questions.iter().zip(vectors) {
        let by_words = bank.retrieve(&Query::new(&question.text, entries))?;
        let by_vector = bank.retrieve(&Query {
            vector: Some(vector),
            // Below every cosine: an entry that points away has a rank, too.
            threshold: -2.0,
            ..Query::new(&question.text, entries)
        })?;
        let found = |hits: &[Hit]| recall(&question.evidence, hits.iter().map(|hit| &hit.entry));
        asked.push(Asked {
            category: question.category.clone(),
            recall: [
                found(&by_words),
                found(&by_vector),
                recall(&question.evidence, fused([&by_vector, &by_words])),
            ],
        });
    }
    Ok(())
}

/// Returns one vector for each text.
fn embed(embedder: &dyn Embedder, texts: impl Iterator<Item = String>) -> Result<Vec<Vec<f32>>> {
    let texts: Vec<String> = texts.collect();
    let vectors = embedder.embed(&texts)?;
    ensure!(
        vectors.len() == texts.len(),
        "the embedder gave {} vectors for {} texts",
        vectors.len(),
        texts.len()
    );
    Ok(vectors)
}

/// Returns the entries of two rankings, best first, by reciprocal rank fusion. Of equal ones the
/// first in the first ranking comes first.
fn fused(rankings: [&[Hit]; 2]) -> impl Iterator<Item = &Entry> {
    let mut sums: Vec<(f64, &Entry)> = Vec::new();
    let mut places = HashMap::new();
    for ranking in rankings {
        for (rank, Hit { entry, .. }) in (1..).zip(ranking) {
            let place = *places.entry(&entry.id).or_insert(sums.len());
            if place == sums.len() {
                sums.push((0.0, entry));
            }
            sums[place].0 += 1.0 / (FUSION + f64::from(rank));
        }
    }
    sums.sort_by(|a, b| b.0.total_cmp(&a.0));
    sums.into_iter().map(|(_, entry)| entry)
}

/// Returns the share of evidence that the best entries name.
fn recall<'a>(evidence: &[String], ranking: impl Iterator<Item = &'a Entry>) -> f64 {
    let best = ranking.take(LIMIT);
    let named: BTreeSet<&String> = best.flat_map(|entry| &entry.evidence).collect();
    let found = evidence.iter().filter(|turn| named.contains(turn));
    found.count() as f64 / evidence.len() as f64
}

impl Recall {
    /// Returns the means with their intervals; `None` without questions.
    fn of<'a>(
        category: &str,
        asked: impl Iterator<Item = &'a Asked>,
        random: &mut ChaCha8Rng,
    ) -> Option<Self> {
        let asked: Vec<&Asked> = asked.collect();
        let mut mean = |of: usize| {
            let mean = |drawn: &mut dyn Iterator<Item = &&Asked>| {
                let (mut sum, mut count) = (0.0, 0.0);
                for asked in drawn {
                    sum += asked.recall[of];
                    count += 1.0;
                }
                (count > 0.0).then(|| sum / count)
            };
            bootstrap(&asked, mean, random)
        };
        Some(Self {
            category: category.to_owned(),
            questions: asked.len(),
            bm25: mean(0)?,
            cosine: mean(1)?,
            fused: mean(2)?,
        })
    }
}

/// Returns the report as text: a line for each category.
pub fn text(report: &Report) -> String {
    let mut lines = vec![
        format!(
            "recall@{} of evidence in %, {} entries of {} episodes; 95 % intervals over questions",
            report.limit,
            report.entries,
            report.episodes.len()
        ),
        String::new(),
        "category     questions  BM25               cosine             fused by rank".into(),
    ];
    let percent = |Interval { value, low, high }: Interval| {
        let [value, low, high] = [value, low, high].map(|share| 100.0 * share);
        format!("{value:5.1} [{low:4.1}, {high:4.1}]")
    };
    for row in &report.recall {
        let [bm25, cosine, fused] = [row.bm25, row.cosine, row.fused].map(percent);
        let (name, questions) = (&row.category, row.questions);
        lines.push(format!(
            "{name:<12} {questions:>9}  {bm25:<18} {cosine:<18} {fused}"
        ));
    }
    lines.push(String::new());
    lines.push(format!("{:.0} s on {}", report.seconds, report.machine));
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hits on entries, each the evidence of the turn of its name.
    fn hits(ids: &[&str]) -> Vec<Hit> {
        let hit = |id: &&str| Hit {
            entry: Entry {
                id: (*id).into(),
                text: String::new(),
                speaker: String::new(),
                time: String::new(),
                first_session: 1,
                last_session: 1,
                evidence: vec![(*id).into()],
                fields: Vec::new(),
            },
            score: 0.0,
        };
        ids.iter().map(hit).collect()
    }

    fn order(a: &[&str], b: &[&str]) -> Vec<String> {
        fused([&hits(a), &hits(b)])
            .map(|entry| entry.id.clone())
            .collect()
    }

    #[test]
    fn an_entry_that_both_rankings_have_comes_before_the_best_of_one() {
        // 1/61 is less than 1/62 + 1/63.
        assert_eq!(order(&["a", "b"], &["c", "d", "b"]), ["b", "a", "c", "d"]);
        // 1/61 is more than 1/140 + 1/140, the sum of two ranks of 80.
        let fill = |mark: &str| (0..79).map(|n| format!("{mark}{n}")).collect::<Vec<_>>();
        let (one, other) = (fill("one"), fill("other"));
        let with_last = |fill: &[String]| {
            let ids: Vec<&str> = fill.iter().map(String::as_str).chain(["late"]).collect();
            hits(&ids)
        };
        let (one, other) = (with_last(&one), with_last(&other));
        let first = fused([&one, &other]).next().map(|entry| &*entry.id);
        assert_eq!(first, Some("one0"));
    }

    #[test]
    fn equal_sums_keep_the_order_of_the_first_ranking() {
        assert_eq!(order(&["a", "b"], &["b", "a"]), ["a", "b"]);
        assert_eq!(order(&["b", "a"], &["a", "b"]), ["b", "a"]);
        assert_eq!(order(&["a"], &["b"]), ["a", "b"]);
        assert_eq!(order(&[], &["b"]), ["b"]);
    }

    #[test]
    fn recall_is_the_share_of_evidence_among_the_ten_best() {
        let ids: Vec<String> = (1..=12).map(|n| format!("D1:{n}")).collect();
        let hits = hits(&ids.iter().map(String::as_str).collect::<Vec<_>>());
        let recall = |evidence: &[&str]| {
            let evidence: Vec<String> = evidence.iter().map(|&turn| turn.into()).collect();
            recall(&evidence, hits.iter().map(|hit| &hit.entry))
        };
        assert_eq!(recall(&["D1:10"]), 1.0);
        assert_eq!(recall(&["D1:11"]), 0.0);
        assert_eq!(recall(&["D1:1", "D1:12", "D2:1", "D1:2"]), 0.5);
    }
}
