//! The client of servers that sample token by token: requests, and replies that it refuses.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use memloom_engine::generation::{FinishReason, Request, Sample};
use memloom_engine::grammar::Grammars;
use memloom_engine::tokenizer::Tokenizer;
use memloom_tests::server::{Reply, Server};
use memloom_trainer::clients::Client;
use memloom_trainer::clients::vllm::{TokenLimits, VllmSampler};
use serde_json::{Value, json};

const LIMITS: TokenLimits = TokenLimits {
    context: 10,
    vocabulary: 100,
};

fn asking(server: &Server) -> VllmSampler {
    let settings = format!("url = \"{}\"\nmodel = \"m\"", server.url());
    let settings = toml::from_str(&settings).unwrap();
    VllmSampler::new(Client::new("sampler", &settings, 1).unwrap())
}

fn job() -> Request {
    Request {
        role: "extractor".into(),
        prompt: [5, 6, 7].into(),
        grammar: None,
        ends: [2, 3].into(),
        max_tokens: 4,
        temperature: 0.5,
        top_k: 0,
        top_p: 1.0,
        stop: None,
        seed: u64::MAX - 10,
    }
}

fn reply(tokens: &[u32], logprobs: &[f64]) -> Value {
    let content: Vec<Value> = logprobs.iter().map(|l| json!({"logprob": l})).collect();
    json!({"choices": [{"token_ids": tokens, "logprobs": {"content": content}}]})
}

fn sample(reply: Value, job: &Request) -> Result<Sample, String> {
    let server = Server::start(move |_, _| Reply::json(&reply));
    let jobs = [job.clone()];
    let mut samples = asking(&server).generate(&jobs, |_| "adapter", LIMITS);
    samples.remove(0)
}

#[test]
fn tokens_and_their_log_probabilities_come_back_as_they_were_sampled() {
    let server = Server::start(|_, _| Reply::json(&reply(&[8, 9, 3], &[-0.5, -1.5, 0.0])));
    let samples = asking(&server).generate(&[job()], |_| "adapter", LIMITS);
    let expected = Sample {
        tokens: vec![8, 9, 3],
        logprobs: vec![-0.5, -1.5, 0.0],
        choices: vec![None; 3],
        finish: FinishReason::Stop,
    };
    assert_eq!(samples, [Ok(expected)]);
    let asked = server.asked().remove(0);
    assert_eq!(asked.path, "/inference/v1/generate");
    let seed = ((u64::MAX - 10) + 6) >> 1;
    let body = json!({
        "model": "adapter",
        "token_ids": [5, 6, 7],
        "sampling_params": {
            "max_tokens": 4,
            "temperature": 0.5,
            "top_p": 1.0,
            "seed": seed,
            "stop_token_ids": [2, 3],
            "ignore_eos": true,
            "logprobs": 0,
            "detokenize": false,
        },
        "stream": false,
    });
    assert_eq!(asked.body, body);
    assert!(i64::try_from(seed).is_ok());
}

#[test]
fn what_ends_a_sample_is_told_apart() {
    let four = reply(&[8, 8, 8, 8], &[-1.0; 4]);
    assert_eq!(
        sample(four.clone(), &job()).unwrap().finish,
        FinishReason::Length
    );
    let long = Request {
        prompt: [5; 6].into(),
        max_tokens: 50,
        ..job()
    };
    assert_eq!(sample(four, &long).unwrap().finish, FinishReason::Context);
    let full = Request {
        prompt: [5; 10].into(),
        ..job()
    };
    let nothing = sample(Value::Null, &full).unwrap();
    assert_eq!(nothing, Sample::empty(FinishReason::Overflow));
}

#[test]
fn a_grammar_is_asked_choice_by_choice() {
    let words: Vec<String> = ["t1 t2 keep drop"].map(str::to_owned).into();
    let controls: Vec<String> = ["t1", "t2", "keep", "drop"].map(str::to_owned).into();
    let tokenizer = Tokenizer::train_words(&words, &controls, &["x".into()], 100).unwrap();
    let grammars = Grammars::new(Arc::new(tokenizer));
    let tokenizer = grammars.tokenizer();
    let grammar = grammars
        .compile("t1 (keep | drop) t2 (keep | drop)")
        .unwrap();
    let id = |word: &str| tokenizer.encode(word).unwrap()[0];
    let [t1, t2, keep, drop] = ["t1", "t2", "keep", "drop"].map(id);
    let server = Server::start(|_, asked| {
        let allowed = asked.body["sampling_params"]["allowed_token_ids"].as_array();
        let largest = allowed.unwrap().iter().map(|id| id.as_u64().unwrap()).max();
        Reply::json(&reply(&[largest.unwrap() as u32], &[-0.25]))
    });
    let job = Request {
        grammar: Some(grammar),
        max_tokens: 20,
        ..job()
    };
    let limits = TokenLimits {
        context: 100,
        ..LIMITS
    };
    let jobs = [job.clone()];
    let sample = asking(&server).generate(&jobs, |_| "a", limits).remove(0);
    let sample = sample.unwrap();
    let last = keep.max(drop);
    assert_eq!(sample.tokens[..4], [t1, last, t2, last]);
    assert_eq!(sample.logprobs[..4], [0.0, -0.25, 0.0, -0.25]);
    assert_eq!(sample.finish, FinishReason::Stop);
    assert_eq!(
        job.grammar.unwrap().choices(&sample.tokens).unwrap(),
        Some(sample.choices)
    );
    let asked = server.asked();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0].body["token_ids"], json!([5, 6, 7, t1]));
    assert_eq!(asked[1].body["token_ids"], json!([5, 6, 7, t1, last, t2]));
    let params = |at: usize| &asked[at].body["sampling_params"];
    assert_eq!(params(0)["max_tokens"], 1);
    assert_ne!(params(0)["seed"], params(1)["seed"]);
}

#[test]
fn a_schema_is_not_asked_for() {
    let texts = ["some text".to_owned()];
    let tokenizer = Tokenizer::train_bpe(&texts, &[], &[], 300).unwrap();
    let grammars = Grammars::new(Arc::new(tokenizer));
    let job = Request {
        grammar: Some(grammars.compile(r#"{"type": "string"}"#).unwrap()),
        ..job()
    };
    let refusal = sample(Value::Null, &job).unwrap_err();
    assert!(
        refusal.contains("the policy gives extractor a JSON schema"),
        "{refusal}"
    );
}

#[test]
fn a_sample_that_does_not_fit_is_refused_at_once() {
    let broken = [
        (reply(&[8, 2], &[-1.0]), "1 log-probabilities for 2 tokens"),
        (reply(&[], &[]), "0 tokens, not 1 to 4"),
        (reply(&[8; 5], &[-1.0; 5]), "5 tokens, not 1 to 4"),
        (
            reply(&[100, 2], &[-1.0; 2]),
            "the token 100, but the backbone has 100",
        ),
        (reply(&[8, 2], &[-1.0, 0.5]), "the log-probability 0.5"),
        (
            reply(&[2, 2], &[-1.0; 2]),
            "continues after the end token 2",
        ),
        (
            reply(&[8], &[-1.0]),
            "after 1 of 4 tokens without an end token",
        ),
        (json!({"choices": []}), "no choices"),
        (json!({"choices": [{"token_ids": [2]}]}), "no logprobs"),
        (json!({"choices": [{"text": "Rome"}]}), "no token_ids"),
        (
            json!({"choices": [{"token_ids": [-2]}]}),
            "not a sample of tokens",
        ),
    ];
    for (reply, said) in broken {
        let complaint = sample(reply, &job()).unwrap_err();
        assert!(complaint.contains(said), "{complaint}");
        let start = "/inference/v1/generate, attempt 1 of 5: ";
        assert!(complaint.contains(start), "{complaint}");
    }
}

#[test]
fn a_server_that_does_not_mask_or_says_log_probabilities_of_before_is_refused() {
    let check = |tokens: u32, logprob: f64| {
        let server = Server::start(move |_, _| Reply::json(&reply(&[tokens], &[logprob])));
        let checked = asking(&server).check(7, LIMITS);
        checked.map_err(|error| format!("{error:#}"))
    };
    assert_eq!(check(7, 0.0), Ok(()));
    let complaint = check(7, -3.5).unwrap_err();
    assert!(complaint.contains("--logprobs-mode processed_logprobs"));
    let complaint = check(8, 0.0).unwrap_err();
    assert!(complaint.contains("the token 8, which is not allowed"));
}
