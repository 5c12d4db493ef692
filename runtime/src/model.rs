//! The language model and the embedder, as the host grants them to policies.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::types::{FinishReason, Request};

/// Speaks for a policy's roles. Implemented by a trainer's engine, by a client
/// of a server, by a script.
///
/// ```
/// use memloom_runtime::{Completion, GenerateCall, LanguageModel, ModelError};
///
/// /// Keeps everything. A client of an inference server looks alike.
/// struct Hoarder;
///
/// impl LanguageModel for Hoarder {
///     fn generate(&mut self, call: &GenerateCall) -> Result<Completion, ModelError> {
///         match call.request.role.as_str() {
///             "extractor" => Ok(Completion::of_text("t1 keep")),
///             "manager" => Ok(Completion::of_text("f1 insert")),
///             other => Err(ModelError::new(format!("who is {other}?"))),
///         }
///     }
/// }
/// ```
pub trait LanguageModel: Send {
    /// Blocks until the model has spoken.
    ///
    /// # Errors
    /// Saying why it cannot. The policy is told and may go on without; where it
    /// gives up, the episode's call fails with [`Error::Model`].
    ///
    /// [`Error::Model`]: crate::Error::Model
    fn generate(&mut self, call: &GenerateCall) -> Result<Completion, ModelError>;
}

/// A request and its place in the episode: enough to derive random numbers that
/// no other call of the episode shares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GenerateCall {
    /// What the policy asks for.
    pub request: Request,
    /// The session that is observed, from 1; 0 where a question is answered.
    pub session: u32,
    /// How many calls, of all roles, came before in this session or question.
    pub step: u32,
    /// Id of the question that is answered.
    pub question: Option<String>,
}

/// What a model said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Completion {
    /// The text, without end marker.
    pub text: String,
    /// Why it ended.
    pub finish: FinishReason,
    /// The text's tokens with the end marker; empty where the model has none to show.
    pub tokens: Vec<u32>,
    /// Log-probability of each token under the distribution it was drawn from,
    /// as long as `tokens`.
    pub logprobs: Vec<f32>,
    /// Length of the prompt in tokens; 0 where the model does not say.
    pub prompt_tokens: u32,
}

impl Completion {
    /// A text without tokens, from something that is no language model.
    pub fn of_text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            finish: FinishReason::Stop,
            tokens: Vec::new(),
            logprobs: Vec::new(),
            prompt_tokens: 0,
        }
    }
}

/// Why a model could not speak.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct ModelError {
    why: String,
    unavailable: bool,
}

impl ModelError {
    /// For the reason `why`.
    pub fn new(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            unavailable: false,
        }
    }

    /// Because it could not be had, for the reason `why`: a server that is down, say.
    /// What it was asked for says nothing about who asked.
    pub fn unavailable(why: impl Into<String>) -> Self {
        Self {
            unavailable: true,
            ..Self::new(why)
        }
    }

    /// Whether the model could not be had.
    pub fn is_unavailable(&self) -> bool {
        self.unavailable
    }
}

type Script = dyn FnMut(&GenerateCall) -> Result<String, ModelError> + Send;

/// Says what it was told to say, call by call.
///
/// ```
/// use memloom_runtime::types::Request;
/// use memloom_runtime::{GenerateCall, LanguageModel, ScriptedModel};
///
/// let call = GenerateCall {
///     request: Request {
///         role: "extractor".into(),
///         messages: vec![],
///         max_tokens: 10,
///         grammar: None,
///         demonstration: None,
///     },
///     session: 1,
///     step: 0,
///     question: None,
/// };
/// let mut model = ScriptedModel::new(["t1 keep"]);
/// assert_eq!(model.generate(&call).unwrap().text, "t1 keep");
/// assert!(model.generate(&call).is_err()); // the script has no more
///
/// let mut model = ScriptedModel::answering(|call| Ok(format!("I am {}", call.request.role)));
/// assert_eq!(model.generate(&call).unwrap().text, "I am extractor");
/// ```
pub struct ScriptedModel {
    script: Box<Script>,
}

impl ScriptedModel {
    /// Says the outputs in order; fails, naming the call, when there are no more.
    pub fn new(outputs: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut outputs: VecDeque<String> = outputs.into_iter().map(Into::into).collect();
        let length = outputs.len();
        Self::answering(move |call| {
            outputs.pop_front().ok_or_else(|| {
                ModelError::new(format!(
                    "the script has {length} outputs, none for {} at call {} of {}",
                    call.request.role,
                    call.step,
                    place(call)
                ))
            })
        })
    }

    /// Says what the closure returns for a call.
    pub fn answering(
        script: impl FnMut(&GenerateCall) -> Result<String, ModelError> + Send + 'static,
    ) -> Self {
        Self {
            script: Box::new(script),
        }
    }
}

impl LanguageModel for ScriptedModel {
    fn generate(&mut self, call: &GenerateCall) -> Result<Completion, ModelError> {
        (self.script)(call).map(Completion::of_text)
    }
}

/// Says what a demonstrator would: the request's own demonstration.
///
/// For episodes that are observed with a demonstrator: [`Episode`](crate::Episode)
/// shows one.
#[derive(Clone, Copy, Debug, Default)]
pub struct DemonstrationModel;

impl LanguageModel for DemonstrationModel {
    fn generate(&mut self, call: &GenerateCall) -> Result<Completion, ModelError> {
        match &call.request.demonstration {
            Some(text) => Ok(Completion::of_text(text)),
            None => Err(ModelError::new(format!(
                "the policy gives no demonstration for {} at call {} of {}; observe with a demonstrator",
                call.request.role,
                call.step,
                place(call)
            ))),
        }
    }
}

fn place(call: &GenerateCall) -> String {
    match &call.question {
        Some(question) => format!("the question {question}"),
        None => format!("session {}", call.session),
    }
}

/// Turns texts into vectors.
///
/// ```
/// use memloom_runtime::{Embedder, ModelError};
///
/// /// Texts are alike where they are equally long.
/// struct Lengths;
///
/// impl Embedder for Lengths {
///     fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
///         Ok(texts.iter().map(|text| vec![text.len() as f32, 1.0]).collect())
///     }
/// }
///
/// let vectors = Lengths.embed(&["a".into(), "bc".into()]).unwrap();
/// assert_eq!(vectors, [[1.0, 1.0], [2.0, 1.0]]);
/// ```
pub trait Embedder: Send + Sync {
    /// One vector a text, all of one length.
    ///
    /// # Errors
    /// Saying why it cannot; the episode's call fails with it.
    fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError>;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn call(step: u32, question: Option<&str>) -> GenerateCall {
        GenerateCall {
            request: Request {
                role: "extractor".into(),
                messages: vec![],
                max_tokens: 10,
                grammar: None,
                demonstration: None,
            },
            session: 2,
            step,
            question: question.map(Into::into),
        }
    }

    #[test]
    fn a_script_says_its_outputs_and_then_names_the_call_it_has_none_for() {
        let mut model = ScriptedModel::new(["t1 keep"]);
        assert_eq!(model.generate(&call(0, None)).unwrap().text, "t1 keep");
        assert_eq!(
            model.generate(&call(1, None)).unwrap_err().to_string(),
            "the script has 1 outputs, none for extractor at call 1 of session 2"
        );
        assert_eq!(
            model
                .generate(&call(0, Some("q3")))
                .unwrap_err()
                .to_string(),
            "the script has 1 outputs, none for extractor at call 0 of the question q3"
        );
    }

    #[test]
    fn a_demonstration_is_said_as_it_is_and_its_lack_is_an_error() {
        let mut shown = call(0, None);
        shown.request.demonstration = Some("t1 drop".into());
        assert_eq!(DemonstrationModel.generate(&shown).unwrap().text, "t1 drop");
        assert_eq!(
            DemonstrationModel
                .generate(&call(4, None))
                .unwrap_err()
                .to_string(),
            "the policy gives no demonstration for extractor at call 4 of session 2; \
             observe with a demonstrator"
        );
    }
}
