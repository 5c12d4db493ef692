//! One LoGo-GRPO step on a tiny model: two rollouts of two sessions, and two rerolls of the second
//! session.
//!
//!     cargo run --release -p memloom-trainer --example one_grpo_step
//!
//! The reward of an output is the share of its tokens that are even. A real run gets rewards from an
//! environment; everything else is as in a run.

use anyhow::{Result, anyhow};
use burn::backend::Autodiff;
use burn_flex::Flex;
use memloom_algorithm::loss::{
    Aggregation, Estimator, LossInputs, Objective, Ratio, policy_loss, shares,
};
use memloom_algorithm::{AlgorithmName, Credit, Gae, Normalisation, Rewards, Settings};
use memloom_engine::generation::{Request, Sample, generate};
use memloom_engine::kernels::floats;
use memloom_engine::model::{
    Backbone, BackboneConfig, Family, Row, Sequence, WeightDtype, choice_logprobs,
};
use memloom_engine::optim::{AdamW, Gradients};

/// Prompts of the two sessions.
const PROMPTS: [&[u32]; 2] = [&[1, 2], &[4, 5]];

fn main() -> Result<()> {
    let model = Backbone::<Autodiff<Flex>>::random(&tiny(), 1, &Default::default())?;

    // Rollouts: one output per session. Rerolls repeat the second session of the first rollout.
    let rollouts = [
        [sample(&model, 0, 10)?, sample(&model, 1, 11)?],
        [sample(&model, 0, 20)?, sample(&model, 1, 21)?],
    ];
    let rerolls = [sample(&model, 1, 30)?, sample(&model, 1, 31)?];

    // Global groups compare the rollouts session by session; the local group compares rerolls.
    let settings = Settings {
        credit: Credit::Session,
        normalisation: Normalisation::Z_SCORE,
        gae: Gae {
            discount: 1.0,
            decay: 1.0,
        },
        beta: 0.1,
        smoothing: 0.0,
    };
    let algorithm = AlgorithmName::LOGO_GRPO.build(&settings);
    let of_sessions = |rollout: &[Sample; 2]| rollout.iter().map(|s| Some(reward(s))).collect();
    let table = Rewards {
        sessions: rollouts.iter().map(of_sessions).collect(),
        ..Rewards::default()
    };
    let global = algorithm
        .advantages(std::slice::from_ref(&table))
        .remove(0)
        .sessions;
    let rewards = rerolls.each_ref().map(reward);
    let local = algorithm.group_advantages(&rewards);
    println!("global rewards     {:?}", table.sessions);
    println!("global advantages  {global:?}");
    println!("local rewards      {rewards:?}");
    println!("local advantages   {local:?}");

    // A row per output with an advantage: groups without variance carry no gradient.
    let mut rows = Vec::new();
    let mut inputs = LossInputs::default();
    let mut lengths = Vec::new();
    let mut train = |trajectory: u64, session: usize, sample: &Sample, advantage: f64| {
        rows.push(Row {
            prompt: PROMPTS[session].into(),
            completions: vec![Sequence {
                tokens: sample.tokens.clone(),
                choices: sample.choices.clone(),
            }],
        });
        inputs.push(advantage as f32, &sample.logprobs);
        lengths.push((sample.tokens.len(), trajectory));
    };
    for (trajectory, (rollout, advantages)) in (0..).zip(rollouts.iter().zip(&global)) {
        for (session, (sample, advantage)) in rollout.iter().zip(advantages).enumerate() {
            if let Some(advantage) = advantage {
                train(trajectory, session, sample, *advantage);
            }
        }
    }
    for (trajectory, (sample, advantage)) in (2..).zip(rerolls.iter().zip(local.iter().flatten())) {
        train(trajectory, 1, sample, *advantage);
    }
    let objective = Objective {
        ratio: Ratio::Token,
        clip_low: 0.2,
        clip_high: 0.2,
        dual_clip: None,
        aggregation: Aggregation::Trajectory,
        fixed_length: 1.0,
        kl: 0.0,
        estimator: Estimator::K3,
        entropy: 0.0,
        importance_cap: None,
    };
    inputs.shares = shares(&lengths, objective.aggregation, objective.fixed_length);

    let rows: Vec<&Row> = rows.iter().collect();
    let choices = choice_logprobs(&model, &rows, 1.0);
    let loss = policy_loss(choices.logprobs, choices.entropies, &inputs, &objective);
    println!("loss               {:?}", floats(loss.sum.clone().inner()));
    let mut gradients = Gradients::new();
    gradients.add(&model, loss.sum.backward());
    let (_model, norm) = AdamW::new(0.0, 1.0).step(model, gradients, 1e-3);
    println!("gradient norm      {norm}");
    Ok(())
}

/// Samples an output of eight tokens for a session.
fn sample(model: &Backbone<Autodiff<Flex>>, session: usize, seed: u64) -> Result<Sample> {
    let request = Request {
        role: "manager".into(),
        prompt: PROMPTS[session].into(),
        grammar: None,
        ends: [].into(),
        max_tokens: 8,
        temperature: 1.0,
        top_k: 0,
        top_p: 1.0,
        stop: None,
        seed,
    };
    let sample = generate(&model.valid(), &[request]).remove(0);
    sample.map_err(|error| anyhow!("{error}"))
}

fn reward(sample: &Sample) -> f64 {
    let even = sample.tokens.iter().filter(|token| **token % 2 == 0);
    even.count() as f64 / sample.tokens.len() as f64
}

fn tiny() -> BackboneConfig {
    BackboneConfig {
        family: Family::LLAMA,
        vocab_size: 11,
        hidden_size: 32,
        layers: 2,
        heads: 4,
        kv_heads: 2,
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
        context: 64,
        weight_dtype: WeightDtype::Float32,
    }
}
