//! What model and embedder said, said again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::model::{Completion, Embedder, GenerateCall, LanguageModel, ModelError};
use crate::trace::Event;

/// Says in every call of the host what was said in it, in order, whatever is
/// asked. Clones share what is left to say.
#[derive(Clone)]
pub(super) struct Recorded(Arc<Mutex<Said>>);

#[derive(Default)]
pub(super) struct Said {
    outputs: VecDeque<(GenerateCall, Result<Completion, String>)>,
    embeddings: Vec<Embedding>,
    all_embeddings: Vec<Embedding>,
    /// Outputs that were said.
    pub(super) said: usize,
    /// Those of them that another request got than when they were recorded.
    pub(super) to_others: usize,
    /// Outputs that nobody asked for.
    pub(super) unsaid: usize,
    /// Requests for which no output was left.
    pub(super) unanswered: usize,
}

type Embedding = (Vec<String>, Result<Option<Vec<Vec<f32>>>, String>);

impl Recorded {
    pub(super) fn of(events: &[Event]) -> Self {
        Self(Arc::new(Mutex::new(Said {
            all_embeddings: embeddings(events),
            ..Said::default()
        })))
    }

    /// Whether there was an embedder.
    pub(super) fn embeds(&self) -> bool {
        let said = self.left();
        let mut results = said.all_embeddings.iter().map(|(_, result)| result);
        results.any(|result| !matches!(result, Ok(None)))
    }

    /// Readies what was said in a call of the host.
    pub(super) fn prepare(&self, call: &[Event]) {
        let mut said = self.left();
        said.unsaid += said.outputs.len();
        said.outputs = call
            .iter()
            .filter_map(|event| match event {
                Event::Generate { call, result } => Some((call.clone(), result.clone())),
                _ => None,
            })
            .collect();
        said.embeddings = embeddings(call);
    }

    pub(super) fn left(&self) -> MutexGuard<'_, Said> {
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

impl LanguageModel for Recorded {
    fn generate(&mut self, call: &GenerateCall) -> Result<Completion, ModelError> {
        let mut left = self.left();
        let Some((recorded, result)) = left.outputs.pop_front() else {
            left.unanswered += 1;
            return Err(ModelError::new(
                "the policy asks for more outputs than were recorded in this session or question",
            ));
        };
        left.said += 1;
        left.to_others += usize::from(recorded != *call);
        result.map_err(ModelError::new)
    }
}

impl Embedder for Recorded {
    /// As recorded for the same texts in this call of the host; failing that, the
    /// vectors that each of the texts was given anywhere.
    fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        let mut left = self.left();
        let same = left.embeddings.iter().position(|(own, _)| own == texts);
        if let Some(place) = same {
            let (_, result) = left.embeddings.remove(place);
            return result
                .map(Option::unwrap_or_default)
                .map_err(ModelError::new);
        }
        let vector = |text: &String| {
            let known = left.all_embeddings.iter().find_map(|(own, result)| {
                let place = own.iter().position(|own| own == text)?;
                result.as_ref().ok()?.as_ref()?.get(place).cloned()
            });
            known.ok_or_else(|| ModelError::new(format!("no vector was recorded for {text:?}")))
        };
        texts.iter().map(vector).collect()
    }
}
