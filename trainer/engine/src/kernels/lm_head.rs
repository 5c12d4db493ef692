//! Log-probabilities of choices over a large vocabulary, without materialising all logits.
//!
//! Logits are computed for a block of the vocabulary at a time, reduced to the terms of the
//! softmax, and computed again in the backward pass. Choices among few tokens use only those rows
//! of the LM head.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use burn::backend::Autodiff;
use burn::tensor::backend::Backend;
use burn::tensor::ops::FloatTensor;
use burn::tensor::{Int, Tensor};

use crate::kernels::custom_op::{
    CustomBackward, custom_op, from_primitive, primitive, tracked_primitive,
};
use crate::kernels::primitives::Primitives;
use crate::kernels::softmax_block::{SoftmaxBlock, SoftmaxGradient};
use crate::kernels::{Choice, Precision, indices};

/// The number of logits in a block: 32 MiB.
const BLOCK_LOGITS: usize = 1 << 23;

/// The minimum number of tokens in a block.
const MIN_BLOCK_TOKENS: usize = 256;

/// Computes log-probabilities and entropies; see
/// [`score_choices`](crate::kernels::Kernels::score_choices).
pub(super) fn score_choices<B: Primitives>(
    hidden: Tensor<B, 2>,
    weight: Tensor<B, 2>,
    choices: &[Choice],
    temperature: f32,
    precision: Precision,
) -> (Tensor<B, 1>, Tensor<B, 1>) {
    let scored = ScoredChoices::new(hidden, weight, choices, temperature, precision);
    (scored.logprobs, scored.entropies)
}

/// Computes log-probabilities and entropies with gradients.
pub(crate) fn score_choices_autodiff<B: Primitives>(
    hidden: Tensor<Autodiff<B>, 2>,
    weight: Tensor<Autodiff<B>, 2>,
    choices: &[Choice],
    temperature: f32,
    precision: Precision,
) -> (Tensor<Autodiff<B>, 1>, Tensor<Autodiff<B>, 1>) {
    let count = choices.len();
    let (hidden, weight) = (tracked_primitive(hidden), tracked_primitive(weight));
    let scored = ScoredChoices::new(
        from_primitive::<B, 2>(hidden.primitive.clone()),
        from_primitive::<B, 2>(weight.primitive.clone()),
        choices,
        temperature,
        precision,
    );
    let both = Tensor::cat(vec![scored.logprobs, scored.entropies], 0);
    let both: Tensor<Autodiff<B>, 1> = custom_op([hidden, weight], scored.saved, primitive(both));
    let part = |start: usize| both.clone().slice(start..start + count);
    (part(0), part(count))
}

/// Choices that are scored together.
#[derive(Clone, Debug)]
struct Group {
    /// The indices of the choices.
    at: Vec<usize>,
    /// The tokens that the choices are scored against, ascending. `None` is the whole vocabulary.
    tokens: Option<Vec<u32>>,
    /// The choices, with tokens as indices into `tokens`.
    choices: Arc<[Choice]>,
}

impl Group {
    /// Splits choices into those among few tokens, if these are few together, and the others.
    fn split(choices: &[Choice], vocabulary: usize) -> Vec<Self> {
        let few = |choice: &&Choice| {
            let allowed = choice.allowed.as_ref();
            allowed.is_some_and(|allowed| allowed.len() * 16 <= vocabulary)
        };
        let sets = choices.iter().filter(few).flat_map(|c| c.allowed.iter());
        let union: BTreeSet<u32> = sets.flat_map(|set| set.iter().copied()).collect();
        let apart = union.len() * 4 <= vocabulary;
        let (narrow, wide): (Vec<usize>, Vec<usize>) =
            (0..choices.len()).partition(|at| apart && few(&&choices[*at]));
        let tokens: Vec<u32> = union.into_iter().collect();
        let index = |token: &u32| tokens.partition_point(|other| other < token) as u32;
        let indexed = |at: &usize| Choice {
            token: index(&choices[*at].token),
            allowed: choices[*at]
                .allowed
                .as_ref()
                .map(|set| set.iter().map(index).collect()),
        };
        let narrow = Self {
            choices: narrow.iter().map(indexed).collect(),
            at: narrow,
            tokens: Some(tokens.clone()),
        };
        let wide = Self {
            choices: wide.iter().map(|at| choices[*at].clone()).collect(),
            at: wide,
            tokens: None,
        };
        [wide, narrow]
            .into_iter()
            .filter(|group| !group.at.is_empty())
            .collect()
    }

    /// Returns blocks of `0..count`.
    fn blocks(&self, count: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let width = (BLOCK_LOGITS / self.at.len().max(1)).max(MIN_BLOCK_TOKENS);
        (0..count)
            .step_by(width)
            .map(move |start| start..(start + width).min(count))
    }

    /// Returns the group's rows of a tensor with one row per choice.
    fn rows<B: Backend, const D: usize>(&self, all: &Tensor<B, D>) -> Tensor<B, D> {
        match self.at.len() == all.dims()[0] {
            true => all.clone(),
            false => all
                .clone()
                .select(0, indices(self.at.iter().copied(), &all.device())),
        }
    }

    /// Returns the group's rows of the LM head.
    fn weight_rows<B: Backend>(&self, all: &Tensor<B, 2>) -> Tensor<B, 2> {
        match &self.tokens {
            None => all.clone(),
            Some(tokens) => {
                let tokens = tokens.iter().map(|token| *token as usize);
                all.clone().select(0, indices(tokens, &all.device()))
            }
        }
    }

    /// Returns the LM head rows of a block.
    fn places<B: Backend>(&self, block: Range<usize>, device: &B::Device) -> Tensor<B, 1, Int> {
        match &self.tokens {
            None => indices(block, device),
            Some(tokens) => indices(tokens[block].iter().map(|token| *token as usize), device),
        }
    }
}

/// The softmax of a group.
#[derive(Clone, Debug)]
struct GroupSoftmax<B: Backend> {
    group: Group,
    log_sums: Tensor<B, 1>,
    /// The mean logit under the softmax.
    means: Tensor<B, 1>,
    /// The logits, kept if they fit one block.
    logits: Option<Tensor<B, 2>>,
}

/// The tensors saved for the backward pass.
#[derive(Clone, Debug)]
struct SavedScores<B: Backend> {
    hidden: Tensor<B, 2>,
    weight: Tensor<B, 2>,
    temperature: f32,
    precision: Precision,
    parts: Vec<GroupSoftmax<B>>,
}

struct ScoredChoices<B: Backend> {
    logprobs: Tensor<B, 1>,
    entropies: Tensor<B, 1>,
    saved: SavedScores<B>,
}

impl<B: Primitives> ScoredChoices<B> {
    fn new(
        hidden: Tensor<B, 2>,
        weight: Tensor<B, 2>,
        choices: &[Choice],
        temperature: f32,
        precision: Precision,
    ) -> Self {
        let [vocabulary, _] = weight.dims();
        let device = hidden.device();
        let mut saved = SavedScores {
            hidden,
            weight,
            temperature,
            precision,
            parts: Vec::new(),
        };
        let (mut logprobs, mut entropies, mut order) = (Vec::new(), Vec::new(), Vec::new());
        for group in Group::split(choices, vocabulary) {
            order.extend(group.at.iter().copied());
            let (part, chosen) = saved.part(group);
            let means = part.means.clone().div_scalar(temperature);
            logprobs.push(chosen.div_scalar(temperature) - part.log_sums.clone());
            entropies.push((part.log_sums.clone() - means).clamp_min(0.0));
            saved.parts.push(part);
        }
        let in_order = |mut parts: Vec<Tensor<B, 1>>| match parts.len() {
            1 => parts.remove(0),
            _ => {
                let mut back = vec![0; order.len()];
                for (index, at) in order.iter().enumerate() {
                    back[*at] = index;
                }
                Tensor::cat(parts, 0).select(0, indices(back.into_iter(), &device))
            }
        };
        Self {
            logprobs: in_order(logprobs),
            entropies: in_order(entropies),
            saved,
        }
    }
}

impl<B: Primitives> SavedScores<B> {
    /// Computes a group's softmax block by block. Returns it with the chosen logits.
    fn part(&self, group: Group) -> (GroupSoftmax<B>, Tensor<B, 1>) {
        let hidden = group.rows(&self.hidden);
        let weight = group.weight_rows(&self.weight);
        let [count, _] = weight.dims();
        let mut kept = None;
        let mut terms: Option<SoftmaxBlock<B>> = None;
        for block in group.blocks(count) {
            let logits = self.logits(&hidden, &weight, block.clone());
            if block == (0..count) {
                kept = Some(logits.clone());
            }
            let new = B::softmax_block(logits, &group.choices, block, self.temperature);
            terms = Some(match terms {
                None => new,
                Some(old) => old.merge(new, self.temperature),
            });
        }
        let terms = terms.expect("a vocabulary is not empty");
        let part = GroupSoftmax {
            group,
            log_sums: terms.maxima.div_scalar(self.temperature) + terms.sums.clone().log(),
            means: terms.weighted_sums / terms.sums,
            logits: kept,
        };
        (part, terms.chosen)
    }

    /// Computes the logits of a block, `[choices, block]`.
    fn logits(
        &self,
        hidden: &Tensor<B, 2>,
        weight: &Tensor<B, 2>,
        block: Range<usize>,
    ) -> Tensor<B, 2> {
        let weight = weight.clone().slice([block]);
        B::product(hidden.clone(), weight.transpose(), self.precision)
    }
}

impl<B: Primitives> CustomBackward<B, 2> for SavedScores<B> {
    fn gradients(
        mut self,
        grad: FloatTensor<B>,
        [hidden, weight]: [bool; 2],
    ) -> [Option<FloatTensor<B>>; 2] {
        let grad: Tensor<B, 1> = from_primitive(grad);
        let mut to_hidden = None;
        let mut to_weight = None;
        for part in std::mem::take(&mut self.parts) {
            self.add_gradients(
                part,
                &grad,
                hidden.then_some(&mut to_hidden),
                weight.then_some(&mut to_weight),
            );
        }
        [to_hidden.map(primitive), to_weight.map(primitive)]
    }
}

/// A wanted gradient, `None` before its first term.
type Sum<'a, B> = Option<&'a mut Option<Tensor<B, 2>>>;

impl<B: Primitives> SavedScores<B> {
    /// Adds a group's gradients to those that are wanted.
    fn add_gradients(
        &self,
        part: GroupSoftmax<B>,
        grad: &Tensor<B, 1>,
        to_hidden: Sum<'_, B>,
        to_weight: Sum<'_, B>,
    ) {
        let GroupSoftmax { group, means, .. } = &part;
        let device = self.hidden.device();
        let count = self.hidden.dims()[0];
        let temperature = self.temperature;
        let logprobs = group
            .rows(&grad.clone().slice(0..count))
            .div_scalar(temperature);
        let entropies = group.rows(&grad.clone().slice(count..2 * count));
        // With the entropy H: dH / dx = -p (x - mean) / temperature².
        let linear = entropies.div_scalar(-temperature * temperature);
        let gradient_terms = SoftmaxGradient {
            log_sums: part.log_sums.clone(),
            constant: logprobs.clone().neg() - linear.clone() * means.clone(),
            linear,
            chosen: logprobs,
        };
        let hidden = group.rows(&self.hidden);
        let weight = group.weight_rows(&self.weight);
        let mut own: Option<Tensor<B, 2>> = None;
        let mut to_weight = to_weight;
        for block in group.blocks(weight.dims()[0]) {
            let logits = match &part.logits {
                Some(logits) => logits.clone(),
                None => self.logits(&hidden, &weight, block.clone()),
            };
            let gradients = B::logit_gradients(
                logits,
                &group.choices,
                block.clone(),
                temperature,
                &gradient_terms,
            );
            if to_hidden.is_some() {
                let weight = weight.clone().slice([block.clone()]);
                let new = B::product(gradients.clone(), weight, self.precision);
                own = Some(match own {
                    Some(sum) => sum + new,
                    None => new,
                });
            }
            if let Some(to_weight) = &mut to_weight {
                let new = B::product(gradients.transpose(), hidden.clone(), self.precision);
                let at = group.places::<B>(block, &device);
                add_rows(to_weight, self.weight.dims(), at, new);
            }
        }
        if let (Some(to_hidden), Some(own)) = (to_hidden, own) {
            let at = indices::<B>(group.at.iter().copied(), &device);
            add_rows(to_hidden, self.hidden.dims(), at, own);
        }
    }
}

/// Adds `rows` to the rows `at` of a sum of the given shape. `at` is ascending, so rows that cover
/// the whole shape are the sum itself.
fn add_rows<B: Primitives>(
    sum: &mut Option<Tensor<B, 2>>,
    shape: [usize; 2],
    at: Tensor<B, 1, Int>,
    rows: Tensor<B, 2>,
) {
    let begun = sum.take();
    *sum = Some(match begun {
        None if rows.dims() == shape => rows,
        None => B::add_rows(Tensor::zeros(shape, &rows.device()), at, rows),
        Some(begun) => B::add_rows(begun, at, rows),
    });
}
