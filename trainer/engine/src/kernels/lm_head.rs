//! Log-probabilities of choices over a large vocabulary, without their logits ever
//! being there all at once.
//!
//! Logits are made for a block of words at a time, reduced to what the softmax needs
//! of them, and made again on the way back. Choices among a few words do not see the
//! whole vocabulary at all.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use burn::backend::Autodiff;
use burn::tensor::backend::Backend;
use burn::tensor::ops::FloatTensor;
use burn::tensor::{Int, Tensor};

use crate::kernels::custom_op::{Known, differentiable, tracked, values, whole};
use crate::kernels::primitives::Primitives;
use crate::kernels::softmax_block::{Partial, Slope};
use crate::kernels::{Choice, Precision, indices};

/// Logits of a block: 32 MiB.
const LOGITS: usize = 1 << 23;

/// Fewest words of a block, however many choices there are.
const WORDS: usize = 256;

/// Log-probabilities and entropies; see [`choose`](crate::kernels::Kernels::choose).
pub(super) fn choose<B: Primitives>(
    hidden: Tensor<B, 2>,
    words: Tensor<B, 2>,
    choices: &[Choice],
    temperature: f32,
    precision: Precision,
) -> (Tensor<B, 1>, Tensor<B, 1>) {
    let scored = Scored::new(hidden, words, choices, temperature, precision);
    (scored.logprobs, scored.entropies)
}

/// The same with gradients.
pub(crate) fn choose_tracked<B: Primitives>(
    hidden: Tensor<Autodiff<B>, 2>,
    words: Tensor<Autodiff<B>, 2>,
    choices: &[Choice],
    temperature: f32,
    precision: Precision,
) -> (Tensor<Autodiff<B>, 1>, Tensor<Autodiff<B>, 1>) {
    let count = choices.len();
    let (hidden, words) = (tracked(hidden), tracked(words));
    let scored = Scored::new(
        whole::<B, 2>(hidden.primitive.clone()),
        whole::<B, 2>(words.primitive.clone()),
        choices,
        temperature,
        precision,
    );
    let both = Tensor::cat(vec![scored.logprobs, scored.entropies], 0);
    let both: Tensor<Autodiff<B>, 1> =
        differentiable([hidden, words], scored.remembered, values(both));
    let part = |start: usize| both.clone().slice(start..start + count);
    (part(0), part(count))
}

/// Choices that are scored together.
#[derive(Clone, Debug)]
struct Group {
    /// Which.
    at: Vec<usize>,
    /// The words that they are scored against, ascending; None: all of them.
    words: Option<Vec<u32>>,
    /// With tokens as places in `words`.
    choices: Arc<[Choice]>,
}

impl Group {
    /// Choices among few words that are few together, and the others.
    fn all(choices: &[Choice], vocabulary: usize) -> Vec<Self> {
        let few = |choice: &&Choice| {
            let among = choice.among.as_ref();
            among.is_some_and(|among| among.len() * 16 <= vocabulary)
        };
        let sets = choices.iter().filter(few).flat_map(|c| c.among.iter());
        let union: BTreeSet<u32> = sets.flat_map(|set| set.iter().copied()).collect();
        let apart = union.len() * 4 <= vocabulary;
        let (narrow, wide): (Vec<usize>, Vec<usize>) =
            (0..choices.len()).partition(|at| apart && few(&&choices[*at]));
        let words: Vec<u32> = union.into_iter().collect();
        let place = |token: &u32| words.partition_point(|word| word < token) as u32;
        let placed = |at: &usize| Choice {
            token: place(&choices[*at].token),
            among: choices[*at]
                .among
                .as_ref()
                .map(|set| set.iter().map(place).collect()),
        };
        let narrow = Self {
            choices: narrow.iter().map(placed).collect(),
            at: narrow,
            words: Some(words.clone()),
        };
        let wide = Self {
            choices: wide.iter().map(|at| choices[*at].clone()).collect(),
            at: wide,
            words: None,
        };
        [wide, narrow]
            .into_iter()
            .filter(|group| !group.at.is_empty())
            .collect()
    }

    /// Ranges of `count` words.
    fn blocks(&self, count: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let width = (LOGITS / self.at.len().max(1)).max(WORDS);
        (0..count)
            .step_by(width)
            .map(move |start| start..(start + width).min(count))
    }

    /// Its rows of what there is one of for each choice.
    fn rows<B: Backend, const D: usize>(&self, all: &Tensor<B, D>) -> Tensor<B, D> {
        match self.at.len() == all.dims()[0] {
            true => all.clone(),
            false => all
                .clone()
                .select(0, indices(self.at.iter().copied(), &all.device())),
        }
    }

    /// Its rows of the head's matrix.
    fn words<B: Backend>(&self, all: &Tensor<B, 2>) -> Tensor<B, 2> {
        match &self.words {
            None => all.clone(),
            Some(words) => {
                let words = words.iter().map(|word| *word as usize);
                all.clone().select(0, indices(words, &all.device()))
            }
        }
    }

    /// Where a block's words are in the head's matrix.
    fn places<B: Backend>(&self, block: Range<usize>, device: &B::Device) -> Tensor<B, 1, Int> {
        match &self.words {
            None => indices(block, device),
            Some(words) => indices(words[block].iter().map(|word| *word as usize), device),
        }
    }
}

/// A group's softmax.
#[derive(Clone, Debug)]
struct Part<B: Backend> {
    group: Group,
    log_sums: Tensor<B, 1>,
    /// Means of the logits over the softmax.
    means: Tensor<B, 1>,
    /// Where one block was all.
    logits: Option<Tensor<B, 2>>,
}

/// What the gradients are computed from.
#[derive(Clone, Debug)]
struct Remembered<B: Backend> {
    hidden: Tensor<B, 2>,
    words: Tensor<B, 2>,
    temperature: f32,
    precision: Precision,
    parts: Vec<Part<B>>,
}

struct Scored<B: Backend> {
    logprobs: Tensor<B, 1>,
    entropies: Tensor<B, 1>,
    remembered: Remembered<B>,
}

impl<B: Primitives> Scored<B> {
    fn new(
        hidden: Tensor<B, 2>,
        words: Tensor<B, 2>,
        choices: &[Choice],
        temperature: f32,
        precision: Precision,
    ) -> Self {
        let [vocabulary, _] = words.dims();
        let device = hidden.device();
        let mut remembered = Remembered {
            hidden,
            words,
            temperature,
            precision,
            parts: Vec::new(),
        };
        let (mut logprobs, mut entropies, mut order) = (Vec::new(), Vec::new(), Vec::new());
        for group in Group::all(choices, vocabulary) {
            order.extend(group.at.iter().copied());
            let (part, chosen) = remembered.part(group);
            let means = part.means.clone().div_scalar(temperature);
            logprobs.push(chosen.div_scalar(temperature) - part.log_sums.clone());
            entropies.push((part.log_sums.clone() - means).clamp_min(0.0));
            remembered.parts.push(part);
        }
        let in_order = |mut parts: Vec<Tensor<B, 1>>| match parts.len() {
            1 => parts.remove(0),
            _ => {
                let mut back = vec![0; order.len()];
                for (place, at) in order.iter().enumerate() {
                    back[*at] = place;
                }
                Tensor::cat(parts, 0).select(0, indices(back.into_iter(), &device))
            }
        };
        Self {
            logprobs: in_order(logprobs),
            entropies: in_order(entropies),
            remembered,
        }
    }
}

impl<B: Primitives> Remembered<B> {
    /// A group's softmax, block by block, and its chosen logits.
    fn part(&self, group: Group) -> (Part<B>, Tensor<B, 1>) {
        let hidden = group.rows(&self.hidden);
        let words = group.words(&self.words);
        let [count, _] = words.dims();
        let mut kept = None;
        let mut seen: Option<Partial<B>> = None;
        for block in group.blocks(count) {
            let logits = self.logits(&hidden, &words, block.clone());
            if block == (0..count) {
                kept = Some(logits.clone());
            }
            let new = B::partial(logits, &group.choices, block, self.temperature);
            seen = Some(match seen {
                None => new,
                Some(old) => old.and(new, self.temperature),
            });
        }
        let seen = seen.expect("a vocabulary is not empty");
        let part = Part {
            group,
            log_sums: seen.tops.div_scalar(self.temperature) + seen.sums.clone().log(),
            means: seen.weighted / seen.sums,
            logits: kept,
        };
        (part, seen.chosen)
    }

    /// Logits of a block of words, [choices, block].
    fn logits(
        &self,
        hidden: &Tensor<B, 2>,
        words: &Tensor<B, 2>,
        block: Range<usize>,
    ) -> Tensor<B, 2> {
        let words = words.clone().slice([block]);
        self.precision.product(hidden.clone(), words.transpose())
    }
}

impl<B: Primitives> Known<B, 2> for Remembered<B> {
    fn gradients(
        mut self,
        grad: FloatTensor<B>,
        [hidden, words]: [bool; 2],
    ) -> [Option<FloatTensor<B>>; 2] {
        let grad: Tensor<B, 1> = whole(grad);
        let mut to_hidden = None;
        let mut to_words = None;
        for part in std::mem::take(&mut self.parts) {
            self.add(
                part,
                &grad,
                hidden.then_some(&mut to_hidden),
                words.then_some(&mut to_words),
            );
        }
        [to_hidden.map(values), to_words.map(values)]
    }
}

/// A gradient that has not begun where it is none.
type Sum<'a, B> = Option<&'a mut Option<Tensor<B, 2>>>;

impl<B: Primitives> Remembered<B> {
    /// Adds a part's gradients to those that are wanted.
    fn add(&self, part: Part<B>, grad: &Tensor<B, 1>, to_hidden: Sum<'_, B>, to_words: Sum<'_, B>) {
        let Part { group, means, .. } = &part;
        let device = self.hidden.device();
        let count = self.hidden.dims()[0];
        let temperature = self.temperature;
        let logprobs = group
            .rows(&grad.clone().slice(0..count))
            .div_scalar(temperature);
        let entropies = group.rows(&grad.clone().slice(count..2 * count));
        // With H the entropy, dH / dx = -p (x - mean) / temperature².
        let linear = entropies.div_scalar(-temperature * temperature);
        let slope = Slope {
            log_sums: part.log_sums.clone(),
            constant: logprobs.clone().neg() - linear.clone() * means.clone(),
            linear,
            chosen: logprobs,
        };
        let hidden = group.rows(&self.hidden);
        let words = group.words(&self.words);
        let mut own: Option<Tensor<B, 2>> = None;
        let mut to_words = to_words;
        for block in group.blocks(words.dims()[0]) {
            let logits = match &part.logits {
                Some(logits) => logits.clone(),
                None => self.logits(&hidden, &words, block.clone()),
            };
            let slopes = B::slopes(logits, &group.choices, block.clone(), temperature, &slope);
            if to_hidden.is_some() {
                let words = words.clone().slice([block.clone()]);
                let new = self.precision.product(slopes.clone(), words);
                own = Some(match own {
                    Some(sum) => sum + new,
                    None => new,
                });
            }
            if let Some(to_words) = &mut to_words {
                let new = self.precision.product(slopes.transpose(), hidden.clone());
                let at = group.places::<B>(block, &device);
                add_rows(to_words, self.words.dims(), at, new);
            }
        }
        if let (Some(to_hidden), Some(own)) = (to_hidden, own) {
            let at = indices::<B>(group.at.iter().copied(), &device);
            add_rows(to_hidden, self.hidden.dims(), at, own);
        }
    }
}

/// Adds to some rows of a sum of the given shape. Rows in order that are all of them
/// are the sum, if it has not begun: `at` is ascending.
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
