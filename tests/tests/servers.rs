//! Runs with an answerer and a judge on servers: requests, costs, and questions dropped by failing
//! servers.

#![allow(clippy::unwrap_used, reason = "tests")]

use memloom_tests::server::{Asked, Reply, Server};
use memloom_tests::{TinyRun, component, memloom};
use serde_json::Value;

/// Returns a run of the policy `memory-r2` with answerer and judge at `url`.
fn read_by(url: &str, settings: &[&str]) -> TinyRun {
    let mut run = TinyRun::new();
    run.settings = [
        &format!("components.policy=\"{}\"", component("memory-r2").display()),
        "policy.options={max_chunks=1, max_tokens=32}",
        "tokenizer.kind=bytes",
        "tokenizer.vocabulary=900",
        "backbone.context=6000",
        "stage=[{horizon=1, steps=2}]",
        "evaluation.horizon=1",
        &format!(
            "servers.answerer={{url=\"{url}/v1\", model=\"reader\", attempts=1, completion_price=1000000}}"
        ),
        &format!("servers.judge={{url=\"{url}/v1\", model=\"critic\", attempts=1}}"),
    ]
    .map(str::to_owned)
    .into();
    run.settings.extend(settings.iter().map(|s| (*s).into()));
    run
}

fn is_case(asked: &Asked) -> bool {
    asked.body["model"] == "critic"
}

fn prompt(asked: &Asked) -> &str {
    asked.body["messages"][0]["content"].as_str().unwrap()
}

fn answer(asked: &Asked) -> Reply {
    match is_case(asked) {
        true => Reply::chat(r#"Why not. {"label": "CORRECT"}"#),
        false => Reply::chat("<answer>Rome</answer>"),
    }
}

fn json(path: &std::path::Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn a_served_answerer_answers_a_judge_labels_and_both_are_counted() {
    let server = Server::start(|_, asked| answer(asked));
    let run = read_by(
        &server.url(),
        &["algorithm.metric=judge", "algorithm.penalty=0"],
    );
    run.finish(&[]);

    let asked = server.asked();
    assert!(
        asked
            .iter()
            .all(|asked| asked.path == "/v1/chat/completions")
    );
    let (cases, questions): (Vec<_>, Vec<_>) = asked.iter().partition(|asked| is_case(asked));
    assert_eq!(cases.len(), questions.len());
    for case in cases {
        assert!(prompt(case).contains(r#""answer": "Rome""#));
        assert_eq!(case.body["temperature"], 0.0);
    }
    // The judge labels all answers as correct, and the label is the reward.
    for step in run.steps() {
        assert_eq!(step["score"], 1.0, "{step}");
        assert_eq!(step["dropped_questions"], 0, "{step}");
    }
    let summary = json(&run.out().join("summary.json"));
    assert_eq!(summary["held_out"]["after"]["metrics"]["judge"], 1.0);
    let script = &summary["baselines"]["keep_everything"];
    assert_eq!(script["metrics"]["judge"], 1.0);
    let (reader, judge) = (
        &summary["servers"]["answerer"],
        &summary["servers"]["judge"],
    );
    let count = questions.len() as u64;
    assert_eq!(reader["requests"], count);
    assert_eq!(reader["prompt_tokens"], 10 * count);
    assert_eq!(reader["cost"], 5.0 * count as f64);
    assert_eq!(
        (&judge["requests"], &judge["cost"]),
        (&count.into(), &0.0.into())
    );
}

#[test]
fn a_lost_question_or_verdict_counts_for_nobody() {
    // The server fails by the question's text, so every rollout loses the same questions.
    let lost = |asked: &Asked| blake(prompt(asked)) % 3;
    let server = Server::start(move |_, asked| match (is_case(asked), lost(asked)) {
        (true, 0) => Reply::chat("I cannot say."),
        (false, 1) => Reply::Status(400, &[], "too long".into()),
        _ => answer(asked),
    });
    let settings = [
        "algorithm.metric=judge",
        "algorithm.penalty=0",
        "stage=[{horizon=3, steps=2}]",
    ];
    let run = read_by(&server.url(), &settings);
    run.finish(&["--set", "evaluation.horizon=3"]);
    let dropped = |step: &Value| step["dropped_questions"].as_u64().unwrap();
    assert!(run.steps().iter().map(dropped).sum::<u64>() > 0);
    for step in run.steps() {
        assert!(step["score"] == 1.0 || step["global_groups"] == 0, "{step}");
    }
    let summary = json(&run.out().join("summary.json"));
    let after = &summary["held_out"]["after"];
    assert!(after["dropped_questions"].as_f64() > Some(0.0), "{after}");
    assert_eq!(after["metrics"]["judge"], 1.0);
    assert!(summary["servers"]["judge"]["failures"].as_u64() > Some(0));
}

/// A judge that thinks, and thinks of the wrong verdict first.
fn thinking(text: &str, finish: &str) -> Reply {
    Reply::json(&serde_json::json!({
        "choices": [{"message": {"content": text}, "finish_reason": finish}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5},
    }))
}

#[test]
fn a_verdict_is_what_the_judge_says_after_its_thoughts() {
    let server = Server::start(|_, asked| match is_case(asked) {
        true => thinking(
            r#"<think>{"label": "WRONG"}? No.</think>{"label": "CORRECT"}"#,
            "stop",
        ),
        false => Reply::chat("<think><answer>Oslo</answer>?</think><answer>Rome</answer>"),
    });
    let settings = [
        "algorithm.metric=judge",
        "algorithm.penalty=0",
        "servers.judge.max_tokens=77",
    ];
    let run = read_by(&server.url(), &settings);
    run.finish(&[]);
    for step in run.steps() {
        assert_eq!(step["score"], 1.0, "{step}");
    }
    let asked = server.asked();
    let cases: Vec<_> = asked.iter().filter(|asked| is_case(asked)).collect();
    assert!(!cases.is_empty());
    for case in cases {
        assert!(prompt(case).contains(r#""answer": "Rome""#));
        assert_eq!(case.body["max_tokens"], 77);
    }
}

#[test]
fn a_verdict_that_was_cut_off_drops_its_question() {
    let server = Server::start(
        |_, asked| match (is_case(asked), blake(prompt(asked)) % 3) {
            (true, 0) => thinking(r#"<think>Perhaps {"label": "WRONG"}"#, "length"),
            (true, 1) => thinking(r#"It is {"label": "WRONG"}, but"#, "length"),
            _ => answer(asked),
        },
    );
    let settings = [
        "algorithm.metric=judge",
        "algorithm.penalty=0",
        "stage=[{horizon=3, steps=2}]",
    ];
    let run = read_by(&server.url(), &settings);
    run.finish(&["--set", "evaluation.horizon=3"]);
    let dropped = |step: &Value| step["dropped_questions"].as_u64().unwrap();
    assert!(run.steps().iter().map(dropped).sum::<u64>() > 0);
    for step in run.steps() {
        assert!(step["score"] == 1.0 || step["global_groups"] == 0, "{step}");
    }
}

/// Returns a number derived from a text.
fn blake(text: &str) -> u64 {
    text.bytes().fold(7, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[test]
fn a_run_whose_server_is_down_says_so() {
    let url = Server::nowhere();
    let run = read_by(url.strip_suffix("/v1").unwrap(), &[]);
    let refusal = run.refusal(&[]);
    let said = format!("{url}/chat/completions, attempt 1 of 1: ");
    assert!(refusal.contains("questions of"), "{refusal}");
    assert!(
        refusal.contains("were lost: the model failed as answerer"),
        "{refusal}"
    );
    assert!(refusal.contains(&said), "{refusal}");
}

#[test]
fn a_run_goes_on_with_its_server_elsewhere_but_not_with_another_model() {
    let server = Server::start(|_, asked| answer(asked));
    let mut run = read_by(&server.url(), &[]);
    run.finish(&["--set", "run.max_steps=1"]);
    drop(server);
    let server = Server::start(|_, asked| answer(asked));
    run.settings = read_by(&server.url(), &[]).settings;
    let refusal = run.refusal(&["--resume", "--set", "servers.judge.model=other"]);
    assert!(
        refusal.contains("was begun with another run file"),
        "{refusal}"
    );
    run.finish(&["--resume"]);
    assert_eq!(run.steps().len(), 2);
    assert!(!server.asked().is_empty());
}

#[test]
fn a_cache_spares_the_server() {
    let server = Server::start(|_, asked| answer(asked));
    let run = read_by(&server.url(), &[]);
    let cache = run.folder.path().join("cache").display().to_string();
    let cached = [
        "--set".to_owned(),
        format!("servers.answerer.cache=\"{cache}\""),
        "--set".to_owned(),
        format!("servers.judge.cache=\"{cache}\""),
    ];
    run.finish(&cached.each_ref().map(String::as_str));
    drop(server);
    // The cache must answer the run's last questions: no server is left.
    let mut eval = memloom();
    eval.arg("eval").arg(run.folder.path().join("run.toml"));
    for setting in &run.settings {
        eval.args(["--set", setting]);
    }
    let output = eval.args(&cached).arg("--json").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let figures: Value = serde_json::from_slice(&output.stdout).unwrap();
    let summary = json(&run.out().join("summary.json"));
    assert_eq!(figures["reward"], summary["held_out"]["after"]["reward"]);
    assert_eq!(figures["dropped_questions"], 0.0);
}

#[test]
fn an_episode_that_a_server_answers_for_replays_without_it() {
    let server = Server::start(|_, asked| answer(asked));
    let run = read_by(&server.url(), &[]);
    let trace = run.folder.path().join("one.trace");
    let mut play = memloom();
    play.arg("play").arg(run.folder.path().join("run.toml"));
    for setting in &run.settings {
        play.args(["--set", setting]);
    }
    play.args(["--demonstrator", "everything", "--trace"])
        .arg(&trace);
    let output = play.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    // The demonstrator needs no weights to observe; only answers come from the server.
    assert!(!server.asked().is_empty());
    drop(server);
    let output = memloom().arg("replay").arg(&trace).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn what_cannot_be_served_is_refused_before_training() {
    let url = "http://127.0.0.1:9";
    for (setting, said) in [
        (
            "servers.reader={url=\"http://x\", model=\"m\"}",
            "servers.reader: the policy memory-r2 has the roles extractor, manager, answerer",
        ),
        (
            "servers.answerer.url=\"localhost:8000\"",
            "servers.answerer.url must begin with http:// or https://, got",
        ),
        (
            "servers.answerer.url=\"https://me:secret@host/v1\"",
            "servers.answerer.key_env names",
        ),
        (
            "servers.answerer.attempts=0",
            "servers.answerer: concurrency and attempts",
        ),
        (
            "servers.answerer.timeout=0",
            "servers.answerer.timeout must be in",
        ),
        (
            "servers.answerer.prompt_price=-1",
            "servers.answerer.prompt_price must be 0 or more",
        ),
        ("servers.answerer.prices=1", "prices"),
        (
            "servers.answerer.extra_body={max_tokens=7}",
            "servers.answerer.extra_body.max_tokens: the request sets this itself: use servers.answerer.token_limit_name",
        ),
        (
            "servers.judge.extra_body={messages=[]}",
            "servers.judge.extra_body.messages: the request sets this itself",
        ),
        (
            "servers.embedder={url=\"http://x\", model=\"m\", extra_body={a=1}}",
            "servers.embedder.extra_body is only for servers that chat",
        ),
        (
            "servers.answerer.token_limit_name=\"tokens\"",
            "max_completion_tokens",
        ),
        (
            "servers.answerer.max_tokens=7",
            "servers.answerer.max_tokens is only for the judge",
        ),
        (
            "servers.judge.max_tokens=0",
            "servers.judge.max_tokens must be at least 1, got 0",
        ),
        (
            "servers.answerer.key_env=\"MEMLOOM_NO_SUCH_KEY\"",
            "the environment variable MEMLOOM_NO_SUCH_KEY is not set",
        ),
        (
            "algorithm.learn=answerer",
            "algorithm.learn = \"answerer\": the policy memory-r2 has the roles extractor, manager that learn",
        ),
    ] {
        let refusal = read_by(url, &[setting]).refusal(&["--dry-run"]);
        assert!(refusal.contains(said), "{refusal}");
        assert!(!refusal.contains("secret"), "{refusal}");
    }
    let mut run = TinyRun::new();
    run.settings = vec!["algorithm.metric=judge".into()];
    let refusal = run.refusal(&["--dry-run"]);
    assert!(
        refusal.contains("needs a judge: name a server in [servers.judge]"),
        "{refusal}"
    );
}

#[test]
fn a_role_with_an_output_grammar_cannot_be_served() {
    let server = Server::start(|_, asked| answer(asked));
    let run = TinyRun::new();
    let serve = format!(
        "servers.extractor={{url=\"{}\", model=\"m\"}}",
        server.url()
    );
    let refusal = run.refusal(&["--set", &serve]);
    assert!(
        refusal.contains("the policy gives extractor an output grammar"),
        "{refusal}"
    );
    assert!(server.asked().is_empty());
}
