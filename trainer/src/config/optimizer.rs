//! `[optimizer]` and `[warm_start]`: AdamW, in the stages and before them.

use serde::{Deserialize, Serialize};

/// `[optimizer]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct OptimizerSection {
    /// Learning rate of the stages; a stage may name its own.
    pub learning_rate: f64,
    /// Decoupled weight decay of matrices.
    pub weight_decay: f64,
    /// Global gradient norm above which gradients are scaled down.
    pub max_gradient_norm: f64,
    /// Tokens of a micro-batch: bounds memory, not the result. A row that is longer is a
    /// micro-batch of its own; the longest such row of a step comes first, so that too
    /// little memory shows at once.
    pub micro_batch_tokens: usize,
    /// Whether an update keeps no more of a layer than its input and runs the layer
    /// again for its gradient: the same result, about a third slower, in a fraction of
    /// the memory. Default false.
    pub checkpoint_layers: bool,
}

impl Default for OptimizerSection {
    fn default() -> Self {
        Self {
            learning_rate: 3e-4,
            weight_decay: 0.01,
            max_gradient_norm: 1.0,
            micro_batch_tokens: 4096,
            checkpoint_layers: false,
        }
    }
}

/// `[warm_start]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct WarmStartSection {
    /// Who is imitated: a demonstrator of the environment.
    pub demonstrator: String,
    /// AdamW steps; 0 starts from random weights.
    pub steps: u64,
    /// Demonstrated episodes in a step.
    pub episodes: u64,
    /// Peak learning rate; linear warm-up over a tenth of the steps, then cosine to a tenth.
    pub learning_rate: f64,
}

impl Default for WarmStartSection {
    fn default() -> Self {
        Self {
            demonstrator: "demonstrator".into(),
            steps: 300,
            episodes: 4,
            learning_rate: 2e-3,
        }
    }
}
