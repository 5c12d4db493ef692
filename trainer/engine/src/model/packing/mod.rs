//! Completions packed with the prompts that they share, and the log-probability
//! of what was chosen in them.

use std::sync::Arc;

use burn::tensor::Tensor;

use crate::kernels::Layout;
use crate::kernels::{Choice, Kernels, Trainable};
use crate::model::activation_checkpointing::Tape;
use crate::model::decoder::Backbone;

/// A completion and, for each of its tokens, the set that it was chosen from
/// (ascending; None: the whole vocabulary).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sequence {
    /// Token ids.
    pub tokens: Vec<u32>,
    /// As many as tokens.
    pub choices: Vec<Option<Arc<[u32]>>>,
}

impl Sequence {
    /// Indices of the tokens that were chosen from more than one.
    pub fn free(&self) -> impl Iterator<Item = usize> {
        let sets = self.choices.iter().enumerate();
        sets.filter(|(_, set)| set.as_ref().is_none_or(|set| set.len() > 1))
            .map(|(index, _)| index)
    }
}

/// One prompt, not empty, and the completions that follow it: each sees the
/// prompt and itself. Prompt and completion together fit the backbone's context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Token ids.
    pub prompt: Arc<[u32]>,
    /// What follows, each on its own.
    pub completions: Vec<Sequence>,
}

impl Row {
    /// Tokens of the prompt and of all completions.
    pub fn tokens(&self) -> usize {
        let completions = self.completions.iter().map(|c| c.tokens.len());
        self.prompt.len() + completions.sum::<usize>()
    }

    /// Tokens of the prompt and of the longest completion: what the context must hold.
    pub fn span(&self) -> usize {
        let completions = self.completions.iter().map(|c| c.tokens.len());
        self.prompt.len() + completions.max().unwrap_or(0)
    }
}

/// What a model thinks of the free tokens of rows, flat, in order of rows,
/// completions and tokens.
#[derive(Clone, Debug)]
pub struct Choices<B: Kernels> {
    /// Log-probability of each free token among its set, [free tokens].
    pub logprobs: Tensor<B, 1>,
    /// Entropy of what each was chosen from, in nats, [free tokens].
    pub entropies: Tensor<B, 1>,
}

/// log π(token) of every free token of `rows`: the log-softmax of the logits
/// over `temperature`, above 0, within the token's set. Only the positions that
/// predict a free token reach the head.
pub fn choice_logprobs<B: Kernels>(
    model: &Backbone<B>,
    rows: &[&Row],
    temperature: f32,
) -> Choices<B> {
    let hidden = |layout, at: &[usize]| model.hidden(layout, at);
    scored(model, rows, temperature, hidden)
}

/// The same, keeping no more than each layer's input for the way back; the tape is
/// none where nothing was free.
pub fn choice_logprobs_taped<B: Trainable>(
    model: &Backbone<B>,
    rows: &[&Row],
    temperature: f32,
) -> (Choices<B>, Option<Tape<B>>) {
    let mut tape = None;
    let choices = scored(model, rows, temperature, |layout, at| {
        let (hidden, recorded) = Tape::record(model, layout, at);
        tape = Some(recorded);
        hidden
    });
    (choices, tape)
}

/// With gradients, as an update needs them: the one or the other of the two above, and
/// the tape if layers run again.
pub fn scored_for_update<B: Trainable>(
    model: &Backbone<B>,
    rows: &[&Row],
    temperature: f32,
    checkpoint_layers: bool,
) -> (Choices<B>, Option<Tape<B>>) {
    match checkpoint_layers {
        true => choice_logprobs_taped(model, rows, temperature),
        false => (choice_logprobs(model, rows, temperature), None),
    }
}

fn scored<B: Kernels>(
    model: &Backbone<B>,
    rows: &[&Row],
    temperature: f32,
    hidden: impl FnOnce(Layout, &[usize]) -> Tensor<B, 2>,
) -> Choices<B> {
    let mut layout = Layout::default();
    let mut at = Vec::new();
    let mut choices = Vec::new();
    for row in rows {
        let before = layout.tokens.len() + row.prompt.len();
        let mut start = before;
        // What follows a completion's last free token predicts nothing.
        let fed = row.completions.iter().map(|completion| {
            let fed = completion.free().last().unwrap_or(0);
            for index in completion.free() {
                at.push(if index == 0 { before } else { start + index } - 1);
                choices.push(Choice {
                    token: completion.tokens[index],
                    among: completion.choices[index].clone(),
                });
            }
            start += fed;
            &completion.tokens[..fed]
        });
        layout.push_row(&row.prompt, fed);
    }
    if at.is_empty() {
        let nothing = Tensor::zeros([0], &model.device());
        return Choices {
            logprobs: nothing.clone(),
            entropies: nothing,
        };
    }
    let hidden = hidden(layout, &at);
    let (logprobs, entropies) = B::choose(
        hidden,
        model.words(),
        &choices,
        temperature,
        model.precision,
    );
    Choices {
        logprobs,
        entropies,
    }
}

/// What the value head thinks that each row's prompt leads to, `[rows]`; completions
/// are not looked at.
///
/// # Panics
/// Without a value head.
pub fn prompt_values<B: Kernels>(model: &Backbone<B>, rows: &[&Row]) -> Tensor<B, 1> {
    let (layout, at) = prompts(rows);
    model.judged(model.hidden(layout, &at))
}

/// The same, keeping no more than each layer's input for the way back.
///
/// # Panics
/// Without a value head.
pub fn prompt_values_taped<B: Trainable>(
    model: &Backbone<B>,
    rows: &[&Row],
) -> (Tensor<B, 1>, Tape<B>) {
    let (layout, at) = prompts(rows);
    let (hidden, tape) = Tape::record(model, layout, &at);
    (model.judged(hidden), tape)
}

/// The prompts alone, and their last tokens.
fn prompts(rows: &[&Row]) -> (Layout, Vec<usize>) {
    let mut layout = Layout::default();
    let mut at = Vec::new();
    for row in rows {
        layout.push_row(&row.prompt, std::iter::empty());
        at.push(layout.tokens.len() - 1);
    }
    (layout, at)
}

/// Splits rows into micro-batches of at most `tokens` tokens (one row may be
/// longer and is then alone), as indices into `rows`: longest rows first, rows
/// of similar length together, equal ones in their order.
pub fn micro_batches(rows: &[Row], tokens: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(rows[*index].tokens()));
    let mut batches: Vec<Vec<usize>> = Vec::new();
    let mut room = 0;
    for index in order {
        let length = rows[index].tokens();
        match batches.last_mut() {
            Some(batch) if length <= room => batch.push(index),
            _ => {
                batches.push(vec![index]);
                room = tokens;
            }
        }
        room = room.saturating_sub(length);
    }
    batches
}

#[cfg(test)]
mod tests;
