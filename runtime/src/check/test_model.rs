//! The language model of the checks of policies.

use std::sync::{Arc, Mutex, PoisonError};

use super::generators::{RandomStream, SCRIPTS, huge};
use crate::model::{Completion, GenerateCall, LanguageModel, ModelError};

/// The outputs of a test model.
#[derive(Clone, Copy)]
pub(crate) enum ModelOutput {
    /// The demonstration, or one word without one.
    Demonstrated,
    /// The demonstration or a random sentence, by seed and place.
    Mixed(u64),
    /// An invalid output, by its index in [`invalid_outputs`].
    Invalid(usize),
    /// An error.
    Failing,
}

/// A model without weights that records its calls.
#[derive(Clone)]
pub(crate) struct TestModel {
    output: ModelOutput,
    calls: Arc<Mutex<Vec<GenerateCall>>>,
}

impl TestModel {
    pub(crate) fn new(output: ModelOutput) -> Self {
        Self {
            output,
            calls: Arc::default(),
        }
    }

    /// Takes the calls since the last time.
    pub(crate) fn take_calls(&self) -> Vec<GenerateCall> {
        std::mem::take(&mut self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Returns outputs that no policy expects.
pub(crate) fn invalid_outputs() -> Vec<String> {
    let mut all: Vec<String> = [
        "",
        "\0",
        "{",
        "t1 keep t1 keep t1",
        "]]}\u{202e}",
        "-1 1e999 NaN",
    ]
    .map(str::to_owned)
    .to_vec();
    all.extend(SCRIPTS.map(str::to_owned));
    all.push(huge());
    all
}

impl LanguageModel for TestModel {
    fn generate(&mut self, call: &GenerateCall) -> Result<Completion, ModelError> {
        let calls = self.calls.lock();
        calls
            .unwrap_or_else(PoisonError::into_inner)
            .push(call.clone());
        let demonstration = || {
            call.request
                .demonstration
                .clone()
                .unwrap_or_else(|| "nothing".into())
        };
        Ok(Completion::of_text(match self.output {
            ModelOutput::Demonstrated => demonstration(),
            ModelOutput::Invalid(index) => invalid_outputs().swap_remove(index),
            ModelOutput::Failing => return Err(ModelError::new("the model is unavailable")),
            ModelOutput::Mixed(seed) => {
                let purpose = format!("{} {} {:?}", call.session, call.step, call.request.messages);
                let mut random = RandomStream::new(seed, &purpose);
                match random.below(3) {
                    0 => random.sentence(5),
                    _ => demonstration(),
                }
            }
        }))
    }
}
