use burn::tensor::Tensor;
use proptest::prelude::*;

use super::*;
use crate::device::tested::{Plain, Tracked};
use crate::kernels::{Kernels, floats};
use crate::model::decoder::Backbone;
use crate::model::packing::{Sequence, choice_logprobs, distinct_tokens, micro_batches};
use crate::model::{BackboneConfig, Rewrite, SlidingWindow};

/// Returns a row whose prompt is `prompt`, given as (token, repeats), with free completions.
fn row(prompt: &[(u32, usize)], completions: &[&[u32]]) -> Row {
    let prompt = prompt
        .iter()
        .flat_map(|(token, times)| std::iter::repeat_n(*token, *times));
    let completions = completions.iter().map(|tokens| Sequence {
        tokens: tokens.to_vec(),
        choices: vec![None; tokens.len()],
    });
    Row {
        prompt: prompt.collect(),
        completions: completions.collect(),
    }
}

/// Rows that share nothing, a block, two blocks, all of another's prompt, and the same prompt.
fn rows() -> Vec<Row> {
    vec![
        row(&[(1, 64), (2, 9)], &[&[5, 6, 7], &[8]]),
        row(&[(3, 40)], &[&[1, 2]]),
        row(&[(1, 64)], &[&[4, 4, 9]]),
        row(&[(1, 40), (7, 30)], &[&[2, 3]]),
        row(&[(1, 64), (2, 9)], &[&[6]]),
        row(&[(1, 64), (2, 3)], &[]),
        row(&[(9, 5)], &[&[3, 1]]),
    ]
}

fn laid_out(rows: &[&Row]) -> PrefixTrie {
    PrefixTrie::new(rows, |row| {
        row.completions.iter().map(|c| &c.tokens[..]).collect()
    })
}

#[test]
fn a_shared_beginning_is_laid_out_once() {
    let rows = rows();
    let rows: Vec<&Row> = rows.iter().collect();
    let trie = laid_out(&rows);
    // 32 shared by four prompts, 32 more by three of them, and 9 by the two equal ones.
    let prompts = 32 + 32 + (9 + 3) + (8 + 30) + 40 + 5;
    let completions = 3 + 1 + 2 + 3 + 2 + 1 + 2;
    assert_eq!(trie.layout.tokens.len(), prompts + completions);
    assert_eq!(distinct_tokens(&rows), prompts + completions);
    assert_eq!(trie.layout.rows.len(), 3);
    assert_eq!(trie.places[0].prompt_end, trie.places[4].prompt_end);
}

#[test]
fn micro_batches_keep_similar_prompts_together_and_hold_every_row_once() {
    let rows = rows();
    assert_eq!(micro_batches(&rows, 1000), [[2, 5, 0, 4, 3, 1, 6]]);
    let batches = micro_batches(&rows, 130);
    assert_eq!(batches, [vec![2, 5, 0, 4, 3], vec![1, 6]]);
    let alone = micro_batches(&rows, 1);
    assert_eq!(alone.len(), rows.len());
    assert_eq!(alone[0], [0]);
    assert!(micro_batches(&[], 12).is_empty());
}

/// Reads the gradient of every parameter.
struct Gradients<'a>(
    &'a <Tracked as burn::tensor::backend::AutodiffBackend>::Gradients,
    Vec<f32>,
);

impl Rewrite<Tracked> for Gradients<'_> {
    fn rewrite<const D: usize>(
        &mut self,
        name: &str,
        parameter: Tensor<Tracked, D>,
    ) -> Tensor<Tracked, D> {
        self.1.extend(floats(parameter.grad(self.0).expect(name)));
        parameter
    }
}

/// The families, one with a window that ends within a shared block, and one after it.
fn families() -> [BackboneConfig; 3] {
    let wide = SlidingWindow {
        size: 50,
        layers: vec![true, false],
        rope_theta: None,
    };
    let wide = BackboneConfig {
        sliding: Some(wide),
        ..BackboneConfig::tiny()
    };
    [BackboneConfig::tiny(), BackboneConfig::tiny_gemma3(), wide]
}

fn model<B: Kernels>(family: &BackboneConfig) -> Backbone<B> {
    let config = BackboneConfig {
        context: 256,
        ..family.clone()
    };
    Backbone::random(&config, 7, &Default::default()).expect("a sound shape")
}

/// Returns the log-probabilities and the gradients of their sum.
fn gradients(family: &BackboneConfig, rows: &[&Row]) -> (Vec<f32>, Vec<f32>) {
    let model = model::<Tracked>(family);
    let logprobs = choice_logprobs(&model, rows, 0.9).logprobs;
    let gradients = logprobs.clone().sum().backward();
    let mut read = Gradients(&gradients, Vec::new());
    model.rewrite(&mut read);
    (floats(logprobs), read.1)
}

#[test]
fn losses_and_gradients_are_those_of_rows_that_share_nothing() {
    for family in families() {
        assert_alike(&family, &rows());
    }
}

/// The prompts of a task of twenty turns, each the former one with its completion of two tokens and
/// an observation of eight.
fn conversation() -> Vec<Row> {
    let mut prompt = vec![(1, 40)];
    let turns = (0..20).map(|turn| {
        let said = [2 + turn % 5, 3];
        let row = row(&prompt, &[&said]);
        prompt.extend([(said[0], 1), (said[1], 1), (4 + turn % 3, 8)]);
        row
    });
    turns.collect()
}

#[test]
fn a_task_of_twenty_turns_reads_its_history_once() {
    let rows = conversation();
    let alone: usize = rows.iter().map(Row::tokens).sum();
    let together = distinct_tokens(&rows.iter().collect::<Vec<_>>());
    // A history of 232 tokens, and less than a block that each turn reads again.
    assert_eq!((alone, together), (2740, 564));
    assert_eq!(micro_batches(&rows, 700), [(0..20).collect::<Vec<_>>()]);
    assert_alike(&BackboneConfig::tiny(), &rows);
}

fn assert_alike(family: &BackboneConfig, rows: &[Row]) {
    let (logprobs, together) = gradients(family, &rows.iter().collect::<Vec<_>>());
    let mut alone = vec![0.0; together.len()];
    let mut expected = Vec::new();
    for row in rows.iter().filter(|row| !row.completions.is_empty()) {
        let (logprobs, gradients) = gradients(family, &[row]);
        expected.extend(logprobs);
        alone.iter_mut().zip(gradients).for_each(|(a, g)| *a += g);
    }
    assert_eq!(logprobs.len(), expected.len());
    for (together, alone) in logprobs.iter().zip(&expected) {
        assert!((together - alone).abs() < 1e-5, "{together} and {alone}");
    }
    let scale = alone.iter().fold(0.0f32, |scale, g| scale.max(g.abs()));
    for (together, alone) in together.iter().zip(&alone) {
        let apart = (together - alone).abs() / scale;
        assert!(apart < 1e-6, "{together} and {alone} at a scale of {scale}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_rows_score_as_they_do_alone(
        given in prop::collection::vec(
            (prop::collection::vec((1u32..3, 1usize..40), 1..5), prop::collection::vec(0u32..9, 1..4)),
            1..7,
        ),
        family in 0usize..3,
    ) {
        let rows: Vec<Row> = given.iter().map(|(prompt, tokens)| row(prompt, &[tokens])).collect();
        let rows: Vec<&Row> = rows.iter().collect();
        prop_assert_eq!(laid_out(&rows).layout.tokens.len(), distinct_tokens(&rows));
        let model = model::<Plain>(&families()[family]);
        let together = floats(choice_logprobs(&model, &rows, 1.0).logprobs);
        let alone = rows.iter().flat_map(|row| floats(choice_logprobs(&model, &[row], 1.0).logprobs));
        for (together, alone) in together.into_iter().zip(alone) {
            prop_assert!((together - alone).abs() < 1e-5, "{} and {}", together, alone);
        }
    }
}
