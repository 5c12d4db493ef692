//! Training on tasks.
#![allow(clippy::unwrap_used, reason = "tests")]

use memloom_tests::server::{Reply, Server};
use memloom_tests::{TinyRun, assert_same, component, root};

/// Returns a run in a small house, with a policy that acts.
fn acting(settings: &[&str]) -> TinyRun {
    let mut run = TinyRun::new();
    run.settings = vec![
        format!("components.environment={}", component("house").display()),
        format!("components.policy={}", component("react").display()),
    ];
    let small = [
        "environment.options.rooms=2",
        "environment.options.objects=6",
        "environment.options.distractors=0",
        "environment.options.mix=[\"report\",\"find\"]",
        "policy.options.notes=observations",
        "algorithm.penalty=0.1",
    ];
    let settings = small.iter().chain(settings);
    run.settings.extend(settings.map(|text| (*text).to_owned()));
    run
}

#[test]
fn tasks_without_questions_train_and_resume_to_the_same_bytes() {
    let [whole, parts] = [(); 2].map(|()| acting(&["policy.options.constrained=true"]));
    whole.finish(&[]);
    parts.finish(&["--set", "run.max_steps=3"]);
    parts.finish(&["--resume"]);
    assert_same(&whole, &parts);
    let steps = whole.steps();
    assert_eq!(steps.len(), 6);
    for step in &steps {
        assert!(step["success"].is_number(), "{step}");
        assert!(step["operations"]["act"].as_u64() > Some(0), "{step}");
    }
    let groups = |step: &serde_json::Value| step["global_groups"].as_u64().unwrap();
    assert!(steps.iter().map(groups).sum::<u64>() > 0);
}

#[test]
fn rerolls_that_live_on_generate_more_and_one_session_is_the_default() {
    let first = |settings: &[&str]| {
        let own = [
            "policy.options.constrained=true",
            "algorithm.local_probability=1.0",
            "stage.0.horizon=3",
            "run.max_steps=1",
        ];
        let run = acting(&[&own, settings].concat());
        run.finish(&[]);
        run.steps().remove(0)
    };
    let default = first(&[]);
    assert_eq!(default, first(&["algorithm.reroll_sessions=1"]));
    let longer = first(&["algorithm.reroll_sessions=2"]);
    let tokens = |step: &serde_json::Value| step["generated_tokens"].as_u64().unwrap();
    assert!(tokens(&longer) > tokens(&default));
    for key in ["reward", "score", "cost", "bank_words", "success"] {
        assert_eq!(longer[key], default[key], "{key}");
    }
}

#[test]
fn rerolls_from_a_demonstrator_s_states_are_the_only_groups() {
    let first = |before: &str| {
        let run = acting(&[
            "policy.options.constrained=true",
            "algorithm.name=local-grpo",
            "algorithm.episodes=1",
            "algorithm.local_probability=1.0",
            "algorithm.rerolls=4",
            "stage.0.horizon=3",
            "run.max_steps=1",
            &format!("algorithm.before={before}"),
        ]);
        run.finish(&[]);
        run.steps().remove(0)
    };
    let step = first("expert");
    let count = |step: &serde_json::Value, key: &str| step[key].as_u64().unwrap();
    let groups = |step| {
        (
            count(step, "local_groups"),
            count(step, "groups_without_question"),
        )
    };
    // The tour, the report and the search. Nobody asks about a report at its own end.
    assert_eq!(groups(&step), (2, 1), "{step}");
    assert_eq!(count(&step, "global_groups"), 0);
    assert_eq!(count(&step, "rerolled"), 8);
    assert_ne!(step, first("policy"));
}

#[test]
fn outputs_are_dealt_and_episodes_drawn_again_and_variants_play_and_it_resumes() {
    let settings = [
        "policy.options.constrained=true",
        "policy.variants=[{ share = 0.5, options = { memory_words = 0 } }]",
        "algorithm.most_steps=12",
        "draw.share=0.5",
        "draw.low=0.0",
        "draw.high=1.0",
        "stage.0.environment={ drift = 0.5 }",
        "evaluation.samples=2",
    ];
    let [whole, parts] = [(); 2].map(|()| acting(&settings));
    whole.finish(&[]);
    parts.finish(&["--set", "run.max_steps=3"]);
    parts.finish(&["--resume"]);
    assert_same(&whole, &parts);
    for step in whole.steps() {
        assert!(step["trained_steps"].as_u64() <= Some(24), "{step}");
    }
}

#[test]
fn earlier_successes_are_trained_on_again_and_resumed() {
    let run = || {
        let mut run = TinyRun::new();
        run.settings = vec![
            format!("components.environment={}", component("sums").display()),
            format!("components.policy={}", component("remem").display()),
        ];
        // One answer of a few is right.
        let own = [
            "environment.options={ codes = 2, depth = [0, 0], tasks = 1, actions = \"listed\" }",
            "policy.options={ constrained = true, memory = \"none\" }",
            "stage.0.horizon=1",
            "stage.1.horizon=1",
            "algorithm.name=webrl",
            "algorithm.decay=0.5",
            "replay={ share = 2.0, low = 0.0, high = 1.0 }",
        ];
        run.settings.extend(own.map(str::to_owned));
        run
    };
    let [whole, parts] = [run(), run()];
    whole.finish(&[]);
    parts.finish(&["--set", "run.max_steps=3"]);
    parts.finish(&["--resume"]);
    assert_same(&whole, &parts);
    let steps = whole.steps();
    assert_eq!(steps[0]["replayed"].as_u64(), None);
    assert!(
        steps.iter().any(|step| step["replayed"].as_u64() > Some(0)),
        "{steps:?}"
    );
}

/// zoo-b 5.9: one member and no reflector.
#[test]
fn a_population_of_one_is_the_option_itself() {
    let text = "look before you act";
    let option = format!("policy.options.instruction={text:?}");
    let texts = format!("instructions={{ texts = [{text:?}], every = 0 }}");
    let [plain, one] =
        [option, texts].map(|own| acting(&["policy.options.constrained=true", &own]));
    plain.finish(&[]);
    one.finish(&[]);
    let metrics = |run: &TinyRun| std::fs::read(run.out().join("metrics.jsonl")).unwrap();
    assert_eq!(metrics(&plain), metrics(&one));
    assert!(plain.weights("final") == one.weights("final"));
}

#[test]
fn instructions_are_written_by_a_server_drawn_and_resumed() {
    let server = Server::start(|number, asked| {
        assert!(
            asked.body["messages"][0]["content"]
                .as_str()
                .unwrap()
                .contains("Failure 1")
        );
        match number % 2 {
            0 => Reply::chat("look before you act"),
            _ => Reply::chat("look twice"),
        }
    });
    let served = format!(
        "servers.reflector={{ url=\"{}/v1\", model=\"writer\", attempts=1 }}",
        server.url()
    );
    let settings = [
        "policy.options.constrained=true",
        "instructions.texts=[\"look before you act\", \"act before you look\"]",
        "instructions.every=2",
        "instructions.verify=1",
        &served,
    ];
    let [whole, parts] = [(); 2].map(|()| acting(&settings));
    whole.finish(&[]);
    parts.finish(&["--set", "run.max_steps=3"]);
    parts.finish(&["--resume"]);
    assert_same(&whole, &parts);
    let written = whole.lines("instructions");
    assert_eq!(written.len(), 3);
    // The first of two replies is a copy, and the other may be admitted once.
    assert_eq!(written[0]["refused"], 1);
    for line in &written {
        let admitted = line["texts"].as_array().unwrap().len() - 2;
        assert!(admitted <= 1, "{line}");
        let shares = line["shares"].as_array().unwrap();
        assert_eq!(shares.len(), 2 + admitted, "{line}");
    }
    let kept = std::fs::read_to_string(whole.out().join("instructions.json")).unwrap();
    assert!(kept.contains("act before you look"), "{kept}");
}

#[test]
fn answers_learn_where_a_run_asks_for_it() {
    let run = |settings: &[&str]| {
        let text = [
            "policy.options.action_tokens=3",
            "policy.options.thoughts=0",
            "environment.options.mix=[\"report\",\"find\",\"recall\"]",
            "run.max_steps=1",
        ];
        let run = acting(&[&text, settings].concat());
        run.finish(&[]);
        run.steps().remove(0)
    };
    let without = run(&[]);
    assert_eq!(without["answer_groups"].as_u64(), None);
    let with = run(&["algorithm.learn_answers=true", "algorithm.answer_samples=2"]);
    assert!(with["answer_groups"].as_u64() > Some(0), "{with}");
    assert!(with["steps"].as_u64() > without["steps"].as_u64());
}

#[test]
fn a_role_that_learns_in_no_stage_keeps_its_weights() {
    let run = |settings: &[&str]| {
        let mut run = TinyRun::new();
        let own = [
            "backbone.separate_roles=true",
            "stage.0.learn=manager",
            "stage.1.learn=manager",
        ];
        let settings = own.iter().chain(settings);
        run.settings = settings.map(|text| (*text).to_owned()).collect();
        run.finish(&[]);
        ["final/extractor", "final/manager"].map(|folder| run.weights(folder))
    };
    let [extractor, manager] = run(&["stage.0.carry=last", "stage.1.carry=last"]);
    let [same, other] = run(&[
        "stage.0.carry=last",
        "stage.1.carry=last",
        "stage.0.learning_rate=0",
        "stage.1.learning_rate=0",
    ]);
    assert!(extractor == same);
    assert!(manager != other);
}

#[test]
fn intrinsic_rewards_are_paid_and_resumed_and_weights_of_zero_change_nothing() {
    let encoder = root().join("trainer/engine/src/sentence_encoder/fixtures/tiny-bert");
    let encoder = format!("embedder.path=\"{}\"", encoder.display());
    // The encoder knows words, and no numbers of actions.
    let in_words = [
        "policy.options.constrained=true",
        "policy.options.numbered=false",
        &encoder,
    ];
    let paid = |weights: [&str; 2]| {
        let own = ["intrinsic.begin=0", "intrinsic.success=0.4"];
        let own = [&in_words[..], &own].concat();
        acting(&[&own[..], &weights].concat())
    };
    let weights = ["intrinsic.exploit=0.5", "intrinsic.explore=0.25"];
    let [whole, parts] = [(); 2].map(|()| paid(weights));
    whole.finish(&[]);
    parts.finish(&["--set", "run.max_steps=3"]);
    parts.finish(&["--resume"]);
    assert_same(&whole, &parts);
    let given: Vec<f64> = whole
        .steps()
        .iter()
        .map(|step| step["intrinsic"].as_f64().unwrap())
        .collect();
    // Nothing has failed before the first step, so that all work is new, and nothing succeeded.
    assert_eq!(given[0], 0.25, "{given:?}");
    assert!(
        given[1..].iter().all(|given| (0.0..=0.75).contains(given)),
        "{given:?}"
    );
    assert!(given[1..].iter().any(|given| *given != 0.25), "{given:?}");
    let unpaid = paid(["intrinsic.exploit=0.0", "intrinsic.explore=0.0"]);
    let without = acting(&in_words);
    unpaid.finish(&[]);
    without.finish(&[]);
    assert_eq!(unpaid.steps(), without.steps());
    assert_eq!(unpaid.weights("final"), without.weights("final"));
    let norms = |run: &TinyRun| -> Vec<f64> {
        let norm = |step: &serde_json::Value| step["gradient_norm"].as_f64().unwrap();
        run.steps().iter().map(norm).collect()
    };
    assert_ne!(norms(&whole), norms(&without));
}
