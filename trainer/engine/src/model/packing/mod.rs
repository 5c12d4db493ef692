//! Completions packed with the prompt they share, and the log-probabilities of their tokens.
//!
//! The rows of a pass form a trie (`prefix_trie/`): prompts that begin alike share that beginning.

mod prefix_trie;
mod row;

use burn::tensor::Tensor;

pub use self::row::{Row, Sequence};
use crate::kernels::{Choice, Kernels, Layout, Trainable};
use crate::model::activation_checkpointing::CheckpointedPass;
use crate::model::decoder::Backbone;
use crate::model::packing::prefix_trie::{PrefixTrie, by_prompt, shared};

/// The scores of the free tokens of rows, flat, in order of rows, completions and tokens.
#[derive(Clone, Debug)]
pub struct ChoiceScores<B: Kernels> {
    /// The log-probability of each free token within its set, `[free tokens]`.
    pub logprobs: Tensor<B, 1>,
    /// The entropy of each free token's distribution in nats, `[free tokens]`.
    pub entropies: Tensor<B, 1>,
}

/// Returns log π(token) of every free token of `rows`: the log-softmax of the logits over
/// `temperature` within the token's set. `temperature` must be above 0. Only positions that predict
/// a free token reach the LM head.
pub fn choice_logprobs<B: Kernels>(
    model: &Backbone<B>,
    rows: &[&Row],
    temperature: f32,
) -> ChoiceScores<B> {
    let hidden = |layout, at: &[usize]| model.hidden(layout, at);
    scores(model, rows, temperature, hidden)
}

/// Computes [`choice_logprobs`] with checkpointed activations. The checkpoints are `None` if no
/// token is free.
pub fn choice_logprobs_checkpointed<B: Trainable>(
    model: &Backbone<B>,
    rows: &[&Row],
    temperature: f32,
) -> (ChoiceScores<B>, Option<CheckpointedPass<B>>) {
    let mut pass = None;
    let choices = scores(model, rows, temperature, |layout, at| {
        let (hidden, recorded) = CheckpointedPass::forward(model, layout, at);
        pass = Some(recorded);
        hidden
    });
    (choices, pass)
}

/// Computes [`choice_logprobs`] for an update, with checkpointed activations if
/// `checkpoint_layers`.
pub fn choice_logprobs_for_update<B: Trainable>(
    model: &Backbone<B>,
    rows: &[&Row],
    temperature: f32,
    checkpoint_layers: bool,
) -> (ChoiceScores<B>, Option<CheckpointedPass<B>>) {
    match checkpoint_layers {
        true => choice_logprobs_checkpointed(model, rows, temperature),
        false => (choice_logprobs(model, rows, temperature), None),
    }
}

fn scores<B: Kernels>(
    model: &Backbone<B>,
    rows: &[&Row],
    temperature: f32,
    hidden: impl FnOnce(Layout, &[usize]) -> Tensor<B, 2>,
) -> ChoiceScores<B> {
    // Tokens after a completion's last free token predict nothing.
    let trie = PrefixTrie::new(rows, |row| {
        let completions = row.completions.iter();
        let cut = completions.map(|c| &c.tokens[..c.free().last().unwrap_or(0)]);
        cut.collect()
    });
    let mut at = Vec::new();
    let mut choices = Vec::new();
    for (row, places) in rows.iter().zip(&trie.places) {
        for (completion, start) in row.completions.iter().zip(&places.completions) {
            for index in completion.free() {
                at.push(match index {
                    0 => places.prompt_end,
                    _ => start + index - 1,
                });
                choices.push(Choice {
                    token: completion.tokens[index],
                    allowed: completion.choices[index].clone(),
                });
            }
        }
    }
    if at.is_empty() {
        let nothing = Tensor::zeros([0], &model.device());
        return ChoiceScores {
            logprobs: nothing.clone(),
            entropies: nothing,
        };
    }
    let hidden = hidden(trie.layout, &at);
    let (logprobs, entropies) = B::score_choices(
        hidden,
        model.lm_head_weight(),
        &choices,
        temperature,
        model.precision,
    );
    ChoiceScores {
        logprobs,
        entropies,
    }
}

/// Returns the value head's prediction for each row's prompt, `[rows]`. Completions are not read.
///
/// # Panics
/// Panics without a value head.
pub fn prompt_values<B: Kernels>(model: &Backbone<B>, rows: &[&Row]) -> Tensor<B, 1> {
    let (layout, at) = prompts(rows);
    model.values(model.hidden(layout, &at))
}

/// Computes [`prompt_values`] with checkpointed activations.
///
/// # Panics
/// Panics without a value head.
pub fn prompt_values_checkpointed<B: Trainable>(
    model: &Backbone<B>,
    rows: &[&Row],
) -> (Tensor<B, 1>, CheckpointedPass<B>) {
    let (layout, at) = prompts(rows);
    let (hidden, pass) = CheckpointedPass::forward(model, layout, &at);
    (model.values(hidden), pass)
}

/// Returns a layout of the prompts and the indices of their last tokens.
fn prompts(rows: &[&Row]) -> (Layout, Vec<usize>) {
    let trie = PrefixTrie::new(rows, |_| Vec::new());
    let at = trie.places.iter().map(|places| places.prompt_end);
    (trie.layout, at.collect())
}

/// Returns the number of tokens that a pass over `rows` computes: each shared beginning counts
/// once.
pub fn distinct_tokens(rows: &[&Row]) -> usize {
    let order = by_prompt(rows);
    let all: usize = rows.iter().map(|row| row.tokens()).sum();
    let pairs = order.windows(2);
    all - pairs
        .map(|pair| shared(rows[pair[0]], rows[pair[1]]))
        .sum::<usize>()
}

/// Splits rows into micro-batches of at most `tokens` distinct tokens, as indices into `rows`. A
/// longer row is a batch of its own. Rows with similar prompts come together, in the order of
/// their prompts, and the batch with the most tokens comes first.
pub fn micro_batches(rows: &[Row], tokens: usize) -> Vec<Vec<usize>> {
    let rows: Vec<&Row> = rows.iter().collect();
    let mut batches: Vec<(usize, Vec<usize>)> = Vec::new();
    for index in by_prompt(&rows) {
        let own = rows[index].tokens();
        if let Some((sum, batch)) = batches.last_mut()
            && let Some(last) = batch.last()
            && *sum + own - shared(rows[*last], rows[index]) <= tokens
        {
            *sum += own - shared(rows[*last], rows[index]);
            batch.push(index);
        } else {
            batches.push((own, vec![index]));
        }
    }
    batches.sort_by_key(|(sum, _)| std::cmp::Reverse(*sum));
    batches.into_iter().map(|(_, batch)| batch).collect()
}

#[cfg(test)]
mod tests;
