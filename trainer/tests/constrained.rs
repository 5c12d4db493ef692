//! An untrained backbone with the policy `memory-r2`: under the policy's schemas all outputs are
//! parsed, and without them none is.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, Mutex};

use burn_flex::Flex;
use memloom_engine::generation::{Request, generate};
use memloom_engine::grammar::Grammars;
use memloom_engine::model::{Backbone, BackboneConfig, Family, WeightDtype};
use memloom_engine::tokenizer::Tokenizer;
use memloom_runtime::types::{FinishReason, Report, Turn};
use memloom_runtime::{
    Agent, AgentParts, Completion, GenerateCall, LanguageModel, Limits, ModelError, Sandbox,
};
use memloom_tests::component;
use memloom_trainer::rollout::batcher::AtOnce;
use memloom_trainer::rollout::policy_model::Sampling;
use memloom_trainer::rollout::single::run_single;

/// A model that counts the outputs that were cut off.
struct Counting {
    own: Box<dyn LanguageModel>,
    cut: Arc<Mutex<u32>>,
}

impl LanguageModel for Counting {
    fn generate(&mut self, call: &GenerateCall) -> Result<Completion, ModelError> {
        let completion = self.own.generate(call)?;
        if completion.finish == FinishReason::Length {
            *self.cut.lock().unwrap() += 1;
        }
        Ok(completion)
    }
}

/// Returns the reports of two sessions, each with the number of outputs that were cut off.
fn sessions(options: &str, seed: u64) -> [(Report, u32); 2] {
    let sandbox = Sandbox::new(Limits::default()).unwrap();
    let parts = AgentParts {
        bank: sandbox.bank(component("flat")).unwrap(),
        policy: sandbox.policy(component("memory-r2")).unwrap(),
        policy_options: options.into(),
        lexicon: vec![],
    };
    let texts = [r#"{"facts": [{"speaker": "Ada", "dia_id": "m1", "fact": "Ada skis."}]}"#.into()];
    let roles = ["extractor", "manager", "answerer"].map(str::to_owned);
    let tokenizer = Arc::new(Tokenizer::train_bpe(&texts, &[], &roles, 340).unwrap());
    let config = BackboneConfig {
        family: Family::LLAMA,
        vocab_size: tokenizer.vocab_size(),
        hidden_size: 16,
        layers: 1,
        heads: 2,
        kv_heads: 1,
        head_dim: 8,
        intermediate_size: 24,
        qkv_bias: false,
        qk_norm: false,
        rope_theta: 10_000.0,
        rope_scaling: None,
        sliding: None,
        query_pre_attn_scalar: None,
        norm_eps: 1e-6,
        tie_embeddings: true,
        context: 40_000,
        weight_dtype: WeightDtype::Float32,
    };
    let model = Backbone::<Flex>::random(&config, 3, &Default::default()).unwrap();
    let mut engine = AtOnce::new(|jobs: &[Request]| {
        let samples = generate(&model, jobs).into_iter();
        samples
            .map(|sample| sample.map_err(|error| error.to_string()))
            .collect()
    });
    let sampling = Sampling {
        seed,
        occasion: [0, 0],
        temperature: 1.0,
        top_k: 0,
        top_p: 1.0,
    };
    let cut = Arc::new(Mutex::new(0));
    let grammars = Arc::new(Grammars::new(tokenizer));
    run_single(&grammars, sampling, &mut engine, |own| {
        let cut = cut.clone();
        let model = Counting {
            own,
            cut: cut.clone(),
        };
        let mut agent = Agent::start(&parts, Box::new(model))?;
        let turn = |id: &str, speaker: &str, text: &str| Turn {
            id: id.into(),
            speaker: speaker.into(),
            text: text.into(),
        };
        let mut observe = |at: &str, turns| -> anyhow::Result<(Report, u32)> {
            let report = agent.observe(at, turns)?;
            Ok((report, std::mem::take(&mut *cut.lock().unwrap())))
        };
        Ok([
            observe(
                "3 May",
                vec![turn("m1", "Ada", "I ski."), turn("m2", "Zoë \"Z\"", "Oh.")],
            )?,
            observe("4 May", vec![turn("m3", "Ada", "I ski no more.")])?,
        ])
    })
    .unwrap()
}

/// Returns how often a report counts a name among its operations.
fn count(report: &Report, name: &str) -> u32 {
    let named = report.operations.iter().filter(|(other, _)| other == name);
    named.map(|(_, count)| count).sum()
}

#[test]
fn what_a_constrained_role_says_is_always_understood() {
    let (mut operations, mut whole, mut kept) = (0, 0, 0);
    // Texts of 300 letters do not fit the tokens.
    let options = |tokens: u32| {
        format!(
            r#"{{"constrained": true, "max_chunks": 1, "max_tokens": {tokens}, "max_facts": 9, "max_fact_chars": 300}}"#
        )
    };
    let budgets = [64, 80, 100, 120, 150, 700].map(options);
    for (seed, options) in (0..8).flat_map(|seed| budgets.iter().map(move |of| (seed, of))) {
        let all = sessions(options, seed);
        for (report, cut) in &all {
            // What is cut keeps its complete items, and is malformed where it has none.
            assert_eq!(
                report.malformed + count(report, "output:cut"),
                *cut,
                "{report:?}"
            );
            assert_eq!(
                count(report, "output:cut"),
                count(report, "output:repaired")
            );
            whole += report.steps - cut;
            kept += count(report, "output:cut");
            operations += ["insert", "update", "delete"]
                .map(|name| count(report, name))
                .iter()
                .sum::<u32>();
        }
        // In the second session the bank may refuse to change an entry twice.
        assert_eq!(all[0].0.refused, 0, "{all:?}");
        assert_eq!(format!("{all:?}"), format!("{:?}", sessions(options, seed)));
    }
    assert!(
        whole > 10 && kept > 0 && operations > 10,
        "{whole} outputs, {kept} cut, {operations} operations"
    );
}

#[test]
fn a_constrained_output_always_ends_within_its_tokens() {
    for options in [
        r#"{"constrained": true, "max_chunks": 1, "max_tokens": 700}"#,
        r#"{"constrained": true, "max_chunks": 1, "max_tokens": 700, "max_facts": 3, "max_fact_chars": 24}"#,
    ] {
        for seed in 0..8 {
            for (report, cut) in sessions(options, seed) {
                assert_eq!((report.malformed, cut), (0, 0), "{report:?}");
            }
        }
    }
}

#[test]
fn without_a_schema_it_is_garbage() {
    let all = sessions(r#"{"max_chunks": 1, "max_tokens": 700}"#, 1);
    for (report, _) in all {
        assert_eq!(report.malformed, report.steps, "{report:?}");
    }
}
