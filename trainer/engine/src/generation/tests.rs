#![allow(clippy::unwrap_used, reason = "tests")]

use std::ops::Range;
use std::sync::Arc;

use burn::tensor::Tensor;

use super::*;
use crate::device::tested::Plain;
use crate::grammar::{Grammar, Grammars};
use crate::kernels::{Kernels, floats};
use crate::model::{Backbone, BackboneConfig, Rewrite, Row, Sequence, choice_logprobs};
use crate::tokenizer::Tokenizer;

fn tokenizer() -> Tokenizer {
    let words = ["a", "b", "c", "d"].map(str::to_owned);
    Tokenizer::train_words(&["one two three".to_owned()], &words, &[], 100).unwrap()
}

fn model(heads: usize) -> Backbone<Plain> {
    let config = BackboneConfig {
        vocab_size: tokenizer().vocab_size(),
        heads,
        head_dim: 32 / heads,
        ..BackboneConfig::tiny()
    };
    Backbone::random(&config, 11, &Default::default()).unwrap()
}

/// Returns a model with a layer whose window is shorter than the requests.
fn gemma3() -> Backbone<Plain> {
    let config = BackboneConfig {
        vocab_size: tokenizer().vocab_size(),
        ..BackboneConfig::tiny_gemma3()
    };
    Backbone::random(&config, 11, &Default::default()).unwrap()
}

pub(super) fn grammar(expression: &str) -> Option<Arc<Grammar>> {
    Some(
        Grammars::new(Arc::new(tokenizer()))
            .compile(expression)
            .unwrap(),
    )
}

pub(super) fn request(
    prompt: &[u32],
    grammar: Option<Arc<Grammar>>,
    max_tokens: usize,
    seed: u64,
) -> Request {
    Request {
        role: "extractor".into(),
        prompt: prompt.into(),
        grammar,
        ends: tokenizer().ends().clone(),
        max_tokens,
        temperature: 0.9,
        top_k: 0,
        top_p: 1.0,
        stop: None,
        seed,
    }
}

/// Requests with mixed prompt lengths, shared prompts, and with and without grammars.
fn requests() -> Vec<Request> {
    let long: Vec<u32> = (0..40).map(|i| i % 11).collect();
    let mut requests = Vec::new();
    for seed in 0..6 {
        requests.push(request(
            &[1, 2, 3],
            grammar("a (b | c) d d (a | b | c d) a"),
            20,
            seed,
        ));
        requests.push(request(
            &[1, 2, 3],
            grammar("(a | a b) | c (a | d) d"),
            20,
            10 + seed,
        ));
        requests.push(request(&long, grammar("a b (b | c | d)"), 20, 20 + seed));
        requests.push(request(&long[..7], None, 3 + seed as usize, 30 + seed));
        requests.push(request(&long, None, 100, 40 + seed));
    }
    requests
}

pub(super) fn run(model: &Backbone<Plain>, requests: &[Request]) -> Vec<Sample> {
    generate(model, requests)
        .into_iter()
        .map(Result::unwrap)
        .collect()
}

#[test]
fn sampled_log_probabilities_are_those_of_the_loss() {
    for model in [model(4), model(8), gemma3()] {
        let requests = requests();
        for (request, sample) in requests.iter().zip(run(&model, &requests)) {
            assert_eq!(sample.tokens.len(), sample.logprobs.len());
            if let Some(grammar) = &request.grammar {
                assert_eq!(
                    grammar.choices(&sample.tokens).unwrap(),
                    Some(sample.choices.clone())
                );
            }
            let sequence = Sequence {
                tokens: sample.tokens.clone(),
                choices: sample.choices.clone(),
            };
            let free: Vec<usize> = sequence.free().collect();
            let row = Row {
                prompt: request.prompt.clone(),
                completions: vec![sequence],
            };
            let scored = floats(choice_logprobs(&model, &[&row], request.temperature).logprobs);
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

/// Scales the last norm until logits overflow.
struct Huge;

impl<B: Kernels> Rewrite<B> for Huge {
    fn rewrite<const D: usize>(&mut self, name: &str, parameter: Tensor<B, D>) -> Tensor<B, D> {
        match name {
            "norm" => parameter.mul_scalar(3e38),
            _ => parameter,
        }
    }
}

#[test]
fn a_model_with_logits_that_are_not_finite_gives_no_sample() {
    let model = model(4).rewrite(&mut Huge);
    for result in generate(&model, &requests()) {
        let error = result.unwrap_err();
        assert!(matches!(error, GenerateError::Logit { .. }), "{error}");
    }
}

#[test]
fn samples_follow_a_schema_and_their_log_probabilities_are_those_of_the_loss() {
    let texts = [r#"Anna said: {"name": "Ben", "all": [1, 23]}"#.to_owned()];
    let tokenizer = Arc::new(Tokenizer::train_bpe(&texts, &[], &[], 330).unwrap());
    let config = BackboneConfig {
        vocab_size: tokenizer.vocab_size() + 3,
        ..BackboneConfig::tiny()
    };
    let model = Backbone::<Plain>::random(&config, 12, &Default::default()).unwrap();
    let schema = r#"{"type": "object", "properties": {
        "name": {"type": "string", "maxLength": 12},
        "all": {"type": "array", "items": {"type": "integer", "maximum": 999}, "maxItems": 3}
    }, "required": ["name"], "additionalProperties": false}"#;
    let grammar = Grammars::new(tokenizer.clone()).compile(schema).unwrap();
    let mut whole = 0;
    for seed in 0..20 {
        let request = Request {
            grammar: Some(grammar.clone()),
            ends: tokenizer.ends().clone(),
            top_k: [0, 0, 7][seed as usize % 3],
            ..request(&[1, 2, 3], None, 200, seed)
        };
        let sample = run(&model, std::slice::from_ref(&request)).remove(0);
        let text = tokenizer.decode(&sample.tokens).unwrap();
        if sample.finish == FinishReason::Stop {
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert!(value["name"].is_string(), "{text}");
            whole += 1;
        }
        let choices = grammar.choices(&sample.tokens).unwrap().unwrap();
        if request.top_k == 0 {
            assert_eq!(choices, sample.choices);
        }
        let sequence = Sequence {
            tokens: sample.tokens.clone(),
            choices: sample.choices.clone(),
        };
        let free: Vec<usize> = sequence.free().collect();
        let row = Row {
            prompt: request.prompt.clone(),
            completions: vec![sequence],
        };
        let scored = floats(choice_logprobs(&model, &[&row], request.temperature).logprobs);
        for (index, scored) in free.iter().zip(scored) {
            let sampled = sample.logprobs[*index];
            assert!((sampled - scored).abs() < 1e-5, "{sampled} and {scored}");
        }
    }
    assert!(whole > 10, "{whole}");
}

#[test]
fn batching_does_not_change_samples() {
    let model = model(4);
    let requests = requests();
    let together = run(&model, &requests);
    let alone: Vec<Sample> = requests
        .iter()
        .map(|request| run(&model, std::slice::from_ref(request)).remove(0))
        .collect();
    assert_alike(&together, &alone);
}

#[test]
fn the_same_seeds_give_the_same_bytes() {
    let model = model(4);
    let requests = requests();
    let first = run(&model, &requests);
    for _ in 0..3 {
        assert_eq!(run(&model, &requests), first);
    }
}

#[test]
fn samples_are_as_frequent_as_they_are_probable() {
    let model = model(4);
    let grammar = grammar("a (b | c) (a | d)");
    let requests: Vec<Request> = (0..4000)
        .map(|seed| request(&[5, 1], grammar.clone(), 9, seed))
        .collect();
    let mut seen: std::collections::BTreeMap<Vec<u32>, (f64, f64)> = Default::default();
    for sample in run(&model, &requests) {
        let probability = f64::from(sample.logprobs.iter().sum::<f32>()).exp();
        let entry = seen.entry(sample.tokens).or_default();
        entry.0 += 1.0 / requests.len() as f64;
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
fn completions_end_at_an_end_token_or_a_limit() {
    let model = model(4);
    let tokenizer = tokenizer();
    let id = |word: &str| tokenizer.id(word).unwrap();
    let only = &run(&model, &[request(&[1], grammar("a b"), 9, 0)])[0];
    assert_eq!(
        (only.tokens.as_slice(), only.finish),
        (&[id("a"), id("b")][..], FinishReason::Stop)
    );
    let cut = &run(&model, &[request(&[1], grammar("a b (c | d)"), 2, 0)])[0];
    assert_eq!((cut.tokens.len(), cut.finish), (2, FinishReason::Length));
    let none = &run(&model, &[request(&[1], grammar("a b"), 0, 0)])[0];
    assert_eq!((none.tokens.len(), none.finish), (0, FinishReason::Length));
    let full = &run(
        &model,
        &[request(&[2; 60], grammar(&"(a | b) ".repeat(9)), 9, 0)],
    )[0];
    assert_eq!((full.tokens.len(), full.finish), (4, FinishReason::Context));
    let fits = &run(
        &model,
        &[request(&[2; 60], grammar(&"(a | b) ".repeat(9)), 4, 0)],
    )[0];
    assert_eq!((fits.tokens.len(), fits.finish), (4, FinishReason::Length));
    let requests: Vec<Request> = (0..60)
        .map(|seed| request(&[3, 1], None, 40, seed))
        .collect();
    let mut stopped = 0;
    for sample in run(&model, &requests) {
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
fn greedy_takes_the_most_likely_token_whatever_the_seed() {
    let model = model(4);
    let greedy = |seed| Request {
        temperature: 0.0,
        ..request(&[1, 4], grammar("(a | b) (c | d) (a | d)"), 9, seed)
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
fn a_prompt_that_fills_the_context_gives_an_empty_sample_and_leaves_the_others() {
    let model = model(4);
    let requests = [
        request(&[1; 64], None, 5, 0),
        request(&[1; 3], grammar("a b"), 5, 0),
        request(&[], None, 5, 0),
        request(&[1; 900], grammar("a b"), 0, 0),
        request(&[1; 63], None, 5, 0),
    ];
    let results = generate(&model, &requests);
    let overflow = Ok(Sample::empty(FinishReason::Overflow));
    assert_eq!((&results[0], &results[3]), (&overflow, &overflow));
    assert_eq!(results[1].as_ref().unwrap().tokens.len(), 2);
    assert_eq!(results[2], Err(GenerateError::Empty));
    assert_eq!(results[4].as_ref().unwrap().tokens.len(), 1);
}

/// Submits one request per pass. Returns the samples in order and the number of passes.
fn one_by_one(model: &Backbone<Plain>, requests: &[Request]) -> (Vec<Sample>, usize) {
    join(Scheduler::new(model.clone()), requests)
}

/// The first pass of each request and the one after its last, if one request begins before each pass.
fn spans(model: &Backbone<Plain>, requests: &[Request]) -> Vec<Range<usize>> {
    let mut scheduler = Scheduler::new(model.clone());
    let mut spans: Vec<Range<usize>> = Vec::new();
    let mut pass = 0;
    while spans.len() < requests.len() || spans.iter().any(|span| span.end == usize::MAX) {
        if let Some(request) = requests.get(spans.len()) {
            scheduler.submit(spans.len(), request.clone());
            spans.push(pass..usize::MAX);
        }
        pass += 1;
        for (ticket, _) in scheduler.step() {
            spans[ticket].end = pass;
        }
    }
    spans
}

fn join(mut scheduler: Scheduler<Plain>, requests: &[Request]) -> (Vec<Sample>, usize) {
    let mut samples = vec![None; requests.len()];
    let mut waiting = requests.iter().enumerate();
    let mut passes = 0;
    while samples.iter().any(Option::is_none) {
        if let Some((ticket, request)) = waiting.next() {
            scheduler.submit(ticket, request.clone());
        }
        passes += 1;
        for (ticket, sample) in scheduler.step() {
            assert!(samples[ticket].is_none());
            samples[ticket] = Some(sample.unwrap());
        }
    }
    assert!(scheduler.step().is_empty());
    (samples.into_iter().flatten().collect(), passes)
}

pub(super) fn assert_alike(one: &[Sample], other: &[Sample]) {
    assert_eq!(one.len(), other.len());
    for (one, other) in one.iter().zip(other) {
        assert_eq!((&one.tokens, one.finish), (&other.tokens, other.finish));
        for (one, other) in one.logprobs.iter().zip(&other.logprobs) {
            assert!((one - other).abs() < 1e-5);
        }
    }
}

#[test]
fn requests_join_and_leave_while_others_go_on() {
    let model = model(4);
    let requests = requests();
    let (samples, passes) = one_by_one(&model, &requests);
    assert_alike(&samples, &run(&model, &requests));
    let spans = spans(&model, &requests);
    let pairs = || {
        let with = |one| spans.iter().map(move |other| (one, other));
        spans.iter().flat_map(with)
    };
    let joins = |(one, other): (&Range<usize>, &Range<usize>)| {
        one.start < other.start && other.start < one.end
    };
    assert!(pairs().any(joins), "no request joins another: {spans:?}");
    let leaves =
        |(one, other): (&Range<usize>, &Range<usize>)| other.start < one.end && one.end < other.end;
    assert!(pairs().any(leaves), "no request leaves another: {spans:?}");
    // No request waits: there are no more passes than until the request that ends last by itself.
    let alone = |request| one_by_one(&model, std::slice::from_ref(request)).1;
    let last = requests.iter().map(alone).enumerate();
    assert!(last.map(|(joined, own)| joined + own).max() >= Some(passes));
    assert_eq!(one_by_one(&model, &requests), (samples, passes));
}

/// Returns a model with a long context.
pub(super) fn long_model() -> Backbone<Plain> {
    long(BackboneConfig::tiny())
}

fn long(family: BackboneConfig) -> Backbone<Plain> {
    let config = BackboneConfig {
        vocab_size: 50,
        context: 2000,
        ..family
    };
    Backbone::random(&config, 12, &Default::default()).unwrap()
}

/// Returns requests whose prompts share a prefix of `shared` tokens.
pub(super) fn alike(shared: usize, own: usize, count: u32) -> Vec<Request> {
    let token = |index: u32| index.wrapping_mul(2_654_435_761) % 50;
    (0..count)
        .map(|member| {
            let shared = (0..shared as u32).map(token);
            let own = (0..own as u32).map(|index| token(1_000_000 * (member + 1) + index));
            let prompt: Vec<u32> = shared.chain(own).collect();
            request(&prompt, None, 6, u64::from(member))
        })
        .collect()
}

#[test]
fn shared_prefixes_do_not_change_samples() {
    let mut gemma3 = BackboneConfig::tiny_gemma3();
    gemma3.sliding.as_mut().unwrap().size = 200;
    for model in [long_model(), long(gemma3)] {
        assert_shared_prefixes_change_nothing(&model);
    }
}

fn assert_shared_prefixes_change_nothing(model: &Backbone<Plain>) {
    let mut requests = alike(300, 40, 5);
    // A prompt that is a prefix of others, and one that is a prefix of that prompt.
    requests.push(request(&requests[0].prompt[..300], None, 6, 7));
    requests.push(request(&requests[0].prompt[..120], None, 6, 8));
    let together = run(model, &requests);
    let alone: Vec<Sample> = requests
        .iter()
        .map(|request| run(model, std::slice::from_ref(request)).remove(0))
        .collect();
    assert_alike(&together, &alone);
    assert_alike(&one_by_one(model, &requests).0, &alone);
}

#[test]
fn top_k_and_top_p_samples_are_scored_within_their_candidates() {
    let model = model(4);
    let requests = requests().into_iter().map(|request| Request {
        top_k: 5,
        top_p: 0.8,
        ..request
    });
    let requests: Vec<Request> = requests.collect();
    for (request, sample) in requests.iter().zip(run(&model, &requests)) {
        let choices = sample.choices.iter().flatten();
        assert_eq!(choices.clone().count(), sample.tokens.len());
        for (among, token) in choices.zip(&sample.tokens) {
            assert!(among.len() <= 5 && among.contains(token));
        }
        let sequence = Sequence {
            tokens: sample.tokens.clone(),
            choices: sample.choices.clone(),
        };
        let free: Vec<usize> = sequence.free().collect();
        let row = Row {
            prompt: request.prompt.clone(),
            completions: vec![sequence],
        };
        let scored = floats(choice_logprobs(&model, &[&row], request.temperature).logprobs);
        for (index, scored) in free.iter().zip(scored) {
            assert!((sample.logprobs[*index] - scored).abs() < 1e-5);
        }
    }
}

#[test]
fn a_stop_string_ends_a_completion_within_tokens_too() {
    let model = model(4);
    let tokenizer = Arc::new(tokenizer());
    let stop = StopStrings::new(&tokenizer, &["o th".into(), "never".into()]);
    let ids = |text: &str| tokenizer.encode(text).unwrap();
    let both = stop.as_ref().unwrap();
    assert!(both.ends(&ids("one two three")) && !both.ends(&ids("one two")));
    assert_eq!(both.cut("one two three"), "one tw");
    let two = StopStrings::new(&tokenizer, &["two".into()]);
    let end = tokenizer.ends()[0];
    let mut stopped = 0;
    for seed in 0..40 {
        let request = Request {
            stop: two.clone(),
            ..request(&[3, 1], None, 40, seed)
        };
        let sample = run(&model, &[request]).remove(0);
        let two = tokenizer.id("two").unwrap();
        assert!(!sample.tokens[..sample.tokens.len() - 1].contains(&two));
        let last = sample.tokens.last();
        stopped += usize::from(last == Some(&two));
        let ended = last == Some(&two) || last == Some(&end);
        assert_eq!(ended, sample.finish == FinishReason::Stop);
    }
    assert!(stopped > 5, "{stopped} of 40");
    assert!(StopStrings::new(&tokenizer, &[]).is_none());
}
