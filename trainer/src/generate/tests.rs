#![allow(clippy::unwrap_used, reason = "tests")]

use burn_flex::Flex;

use super::*;
use crate::model::kernels::floats;
use crate::model::{BackboneConfig, Row, Sequence, choice_logprobs};
use crate::tokenizer::Tokenizer;

fn tokenizer() -> Tokenizer {
    let words = ["a", "b", "c", "d"].map(str::to_owned);
    Tokenizer::train_words(&["one two three".to_owned()], &words, &[], 100).unwrap()
}

fn model(heads: usize) -> Backbone<Flex> {
    let config = BackboneConfig {
        vocab_size: tokenizer().vocab_size(),
        heads,
        head_dim: 32 / heads,
        ..BackboneConfig::tiny()
    };
    Backbone::random(&config, 11, &Default::default()).unwrap()
}

fn grammar(expression: &str) -> Option<Arc<Grammar>> {
    Some(Arc::new(Grammar::parse(expression, &tokenizer()).unwrap()))
}

fn job(prompt: &[u32], grammar: Option<Arc<Grammar>>, max_tokens: usize, seed: u64) -> Job {
    Job {
        role: "extractor".into(),
        prompt: prompt.into(),
        grammar,
        ends: tokenizer().ends().clone(),
        max_tokens,
        temperature: 0.9,
        seed,
    }
}

/// Mixed lengths, shared prompts, grammars and none.
fn jobs() -> Vec<Job> {
    let long: Vec<u32> = (0..40).map(|i| i % 11).collect();
    let mut jobs = Vec::new();
    for seed in 0..6 {
        jobs.push(job(
            &[1, 2, 3],
            grammar("a (b | c) d d (a | b | c d) a"),
            20,
            seed,
        ));
        jobs.push(job(
            &[1, 2, 3],
            grammar("(a | a b) | c (a | d) d"),
            20,
            10 + seed,
        ));
        jobs.push(job(&long, grammar("a b (b | c | d)"), 20, 20 + seed));
        jobs.push(job(&long[..7], None, 3 + seed as usize, 30 + seed));
        jobs.push(job(&long, None, 100, 40 + seed));
    }
    jobs
}

fn run(model: &Backbone<Flex>, jobs: &[Job]) -> Vec<Sample> {
    generate(model, jobs)
        .into_iter()
        .map(Result::unwrap)
        .collect()
}

#[test]
fn sampled_log_probabilities_are_those_of_the_loss() {
    for heads in [4, 8] {
        let model = model(heads);
        let jobs = jobs();
        for (job, sample) in jobs.iter().zip(run(&model, &jobs)) {
            assert_eq!(sample.tokens.len(), sample.logprobs.len());
            if let Some(grammar) = &job.grammar {
                assert_eq!(
                    grammar.choices(&sample.tokens),
                    Some(sample.choices.clone())
                );
            }
            let sequence = Sequence {
                tokens: sample.tokens.clone(),
                choices: sample.choices.clone(),
            };
            let free: Vec<usize> = sequence.free().collect();
            let row = Row {
                prompt: job.prompt.clone(),
                completions: vec![sequence],
            };
            let scored = floats(choice_logprobs(&model, &[&row], job.temperature).logprobs);
            assert_eq!(free.len(), scored.len());
            for (index, scored) in free.iter().zip(scored) {
                let sampled = sample.logprobs[*index];
                assert!((sampled - scored).abs() < 1e-5, "{sampled} and {scored}");
            }
            let forced = (0..sample.tokens.len()).filter(|index| !free.contains(index));
            assert!(
                forced
                    .into_iter()
                    .all(|index| sample.logprobs[index] == 0.0)
            );
        }
    }
}

#[test]
fn company_in_the_batch_changes_nothing() {
    let model = model(4);
    let jobs = jobs();
    let together = run(&model, &jobs);
    for (job, sample) in jobs.iter().zip(together) {
        let alone = &run(&model, std::slice::from_ref(job))[0];
        assert_eq!(alone.tokens, sample.tokens);
        assert_eq!(alone.finish, sample.finish);
        for (alone, together) in alone.logprobs.iter().zip(&sample.logprobs) {
            assert!((alone - together).abs() < 1e-5);
        }
    }
}

#[test]
fn the_same_seeds_give_the_same_bytes() {
    let model = model(4);
    let jobs = jobs();
    let first = run(&model, &jobs);
    for _ in 0..3 {
        assert_eq!(run(&model, &jobs), first);
    }
}

#[test]
fn samples_are_as_frequent_as_they_are_probable() {
    let model = model(4);
    let grammar = grammar("a (b | c) (a | d)");
    let jobs: Vec<Job> = (0..4000)
        .map(|seed| job(&[5, 1], grammar.clone(), 9, seed))
        .collect();
    let mut seen: std::collections::BTreeMap<Vec<u32>, (f64, f64)> = Default::default();
    for sample in run(&model, &jobs) {
        let probability = f64::from(sample.logprobs.iter().sum::<f32>()).exp();
        let entry = seen.entry(sample.tokens).or_default();
        entry.0 += 1.0 / jobs.len() as f64;
        entry.1 = probability;
    }
    assert_eq!(seen.len(), 4);
    for (tokens, (share, probability)) in seen {
        assert!(
            (share - probability).abs() < 0.03,
            "{tokens:?}: {share} for {probability}"
        );
    }
}

#[test]
fn completions_end_where_they_must() {
    let model = model(4);
    let tokenizer = tokenizer();
    let id = |word: &str| tokenizer.id(word).unwrap();
    let only = &run(&model, &[job(&[1], grammar("a b"), 9, 0)])[0];
    assert_eq!(
        (only.tokens.as_slice(), only.finish),
        (&[id("a"), id("b")][..], FinishReason::Stop)
    );
    let cut = &run(&model, &[job(&[1], grammar("a b (c | d)"), 2, 0)])[0];
    assert_eq!((cut.tokens.len(), cut.finish), (2, FinishReason::Length));
    let none = &run(&model, &[job(&[1], grammar("a b"), 0, 0)])[0];
    assert_eq!((none.tokens.len(), none.finish), (0, FinishReason::Length));
    let full = &run(
        &model,
        &[job(&[2; 60], grammar(&"(a | b) ".repeat(9)), 9, 0)],
    )[0];
    assert_eq!((full.tokens.len(), full.finish), (4, FinishReason::Context));
    let fits = &run(
        &model,
        &[job(&[2; 60], grammar(&"(a | b) ".repeat(9)), 4, 0)],
    )[0];
    assert_eq!((fits.tokens.len(), fits.finish), (4, FinishReason::Length));
    let jobs: Vec<Job> = (0..60).map(|seed| job(&[3, 1], None, 40, seed)).collect();
    let mut stopped = 0;
    for sample in run(&model, &jobs) {
        let end = tokenizer.ends()[0];
        let ended = sample.tokens.last() == Some(&end);
        assert_eq!(ended, sample.finish == FinishReason::Stop);
        assert!(ended || sample.tokens.len() == 40);
        assert!(!sample.tokens[..sample.tokens.len() - 1].contains(&end));
        stopped += usize::from(ended);
    }
    assert!(stopped > 10, "{stopped} of 60 random completions ended");
}

#[test]
fn greedy_takes_the_likeliest_whatever_the_seed() {
    let model = model(4);
    let greedy = |seed| Job {
        temperature: 0.0,
        ..job(&[1, 4], grammar("(a | b) (c | d) (a | d)"), 9, seed)
    };
    let samples = run(&model, &[greedy(1), greedy(2)]);
    assert_eq!(samples[0], samples[1]);
    assert!(
        samples[0]
            .logprobs
            .iter()
            .all(|logprob| *logprob >= 0.5f32.ln())
    );
}

#[test]
fn a_prompt_that_fills_the_context_gives_nothing_and_spares_the_others() {
    let model = model(4);
    let jobs = [
        job(&[1; 64], None, 5, 0),
        job(&[1; 3], grammar("a b"), 5, 0),
        job(&[], None, 5, 0),
        job(&[1; 900], grammar("a b"), 0, 0),
        job(&[1; 63], None, 5, 0),
    ];
    let results = generate(&model, &jobs);
    let overflow = Ok(Sample::empty(FinishReason::Overflow));
    assert_eq!((&results[0], &results[3]), (&overflow, &overflow));
    assert_eq!(results[1].as_ref().unwrap().tokens.len(), 2);
    assert_eq!(results[2], Err(GenerateError::Empty));
    assert_eq!(results[4].as_ref().unwrap().tokens.len(), 1);
}

#[test]
fn waves_keep_the_order_and_fit_the_cache() {
    let jobs: Vec<Job> = (0..5)
        .map(|seed| job(&[1; 30_000], None, 9, seed))
        .collect();
    let waves = waves(&jobs, vec![0, 1, 3, 4], 60_000);
    assert_eq!(waves, [vec![0, 1], vec![3, 4]]);
}
