//! A model and an embedder that repeat recorded outputs.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::event::Event;
use crate::model::{Completion, Embedder, GenerateCall, LanguageModel, ModelError};

/// A model and embedder that repeat, in every call of the host, the outputs that were
/// recorded in it, in order. Clones share the outputs.
#[derive(Clone)]
pub(super) struct RecordedModel(Arc<Mutex<RecordedOutputs>>);

/// The outputs that are left, and counts of those that were used.
#[derive(Default)]
pub(super) struct RecordedOutputs {
    outputs: VecDeque<(GenerateCall, Result<Completion, String>)>,
    counts: Vec<(String, Option<u32>)>,
    parts: Vec<((String, u32, u32), Option<String>)>,
    embeddings: Vec<Embedding>,
    all_embeddings: Vec<Embedding>,
    /// The number of outputs that were repeated.
    pub(super) repeated: usize,
    /// The number of these whose request differed from the recorded one.
    pub(super) to_other_prompts: usize,
    /// The number of outputs that were not requested.
    pub(super) unsaid: usize,
    /// The number of requests beyond the recorded ones.
    pub(super) unanswered: usize,
}

/// Texts and their recorded vectors.
type Embedding = (Vec<String>, Result<Option<Vec<Vec<f32>>>, String>);

impl RecordedModel {
    /// Returns a model of all recorded outputs.
    pub(super) fn new(events: &[Event]) -> Self {
        Self(Arc::new(Mutex::new(RecordedOutputs {
            all_embeddings: embeddings(events),
            ..RecordedOutputs::default()
        })))
    }

    /// Returns whether the episode had an embedder.
    pub(super) fn embeds(&self) -> bool {
        let outputs = self.outputs();
        let mut results = outputs.all_embeddings.iter().map(|(_, result)| result);
        results.any(|result| !matches!(result, Ok(None)))
    }

    /// Prepares the outputs of a call of the host.
    pub(super) fn prepare(&self, call: &[Event]) {
        let mut outputs = self.outputs();
        outputs.unsaid += outputs.outputs.len();
        outputs.outputs = call
            .iter()
            .filter_map(|event| match event {
                Event::Generate { call, result } => Some((call.clone(), result.clone())),
                _ => None,
            })
            .collect();
        outputs.embeddings = embeddings(call);
        let counts = call.iter().filter_map(|event| match event {
            Event::Count { text, tokens } => Some((text.clone(), *tokens)),
            _ => None,
        });
        outputs.counts = counts.collect();
        let parts = call.iter().filter_map(|event| match event {
            Event::Cut {
                text,
                first,
                end,
                tokens,
            } => Some(((text.clone(), *first, *end), tokens.clone())),
            _ => None,
        });
        outputs.parts = parts.collect();
    }

    /// Returns the outputs that are left.
    pub(super) fn outputs(&self) -> MutexGuard<'_, RecordedOutputs> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn embeddings(events: &[Event]) -> Vec<Embedding> {
    let embeddings = events.iter().filter_map(|event| match event {
        Event::Embed { texts, result } => Some((texts.clone(), result.clone())),
        _ => None,
    });
    embeddings.collect()
}

impl LanguageModel for RecordedModel {
    fn generate(&mut self, call: &GenerateCall) -> Result<Completion, ModelError> {
        let mut outputs = self.outputs();
        let Some((recorded, result)) = outputs.outputs.pop_front() else {
            outputs.unanswered += 1;
            return Err(ModelError::new(
                "the policy requests more outputs than were recorded in this session or question",
            ));
        };
        outputs.repeated += 1;
        outputs.to_other_prompts += usize::from(recorded != *call);
        result.map_err(ModelError::new)
    }

    /// Returns the number that was recorded for the same text in this call of the host.
    fn count(&mut self, text: &str) -> Option<u32> {
        let outputs = self.outputs();
        let mut counts = outputs.counts.iter();
        counts.find_map(|(own, tokens)| (own == text).then_some(*tokens)?)
    }

    /// Returns the part that was recorded for the same text in this call of the host.
    fn cut(&mut self, text: &str, first: u32, end: u32) -> Option<String> {
        let outputs = self.outputs();
        let wanted = (text, first, end);
        let same = |(own, first, end): &(String, u32, u32)| (own.as_str(), *first, *end) == wanted;
        let mut parts = outputs.parts.iter();
        let (_, tokens) = parts.find(|(cut, _)| same(cut))?;
        tokens.clone()
    }
}

impl Embedder for RecordedModel {
    /// Returns the vectors that were recorded for the same texts in this call of the
    /// host. If there are none, returns the vector of each text from any call.
    fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        let mut outputs = self.outputs();
        let same = outputs.embeddings.iter().position(|(own, _)| own == texts);
        if let Some(index) = same {
            let (_, result) = outputs.embeddings.remove(index);
            return result
                .map(Option::unwrap_or_default)
                .map_err(ModelError::new);
        }
        let vector = |text: &String| {
            let recorded = outputs.all_embeddings.iter().find_map(|(own, result)| {
                let index = own.iter().position(|own| own == text)?;
                result.as_ref().ok()?.as_ref()?.get(index).cloned()
            });
            recorded.ok_or_else(|| ModelError::new(format!("no vector was recorded for {text:?}")))
        };
        texts.iter().map(vector).collect()
    }
}
