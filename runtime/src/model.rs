//! The language model and the embedder that policies use.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::types::{FinishReason, Request, ToolCall};

/// A language model that speaks for a policy's roles: a trainer's engine, a client of
/// a server, a script.
///
/// ```
/// use memloom_runtime::{Completion, GenerateCall, LanguageModel, ModelError};
///
/// /// A model that keeps everything. A client of an inference server looks alike.
/// struct Hoarder;
///
/// impl LanguageModel for Hoarder {
///     fn generate(&mut self, call: &GenerateCall) -> Result<Completion, ModelError> {
///         match call.request.role.as_str() {
///             "extractor" => Ok(Completion::of_text("t1 keep")),
///             "manager" => Ok(Completion::of_text("f1 insert")),
///             other => Err(ModelError::new(format!("unknown role {other}"))),
///         }
///     }
/// }
/// ```
pub trait LanguageModel: Send {
    /// Generates an output. Blocks until it is complete.
    ///
    /// # Errors
    /// If there is no output. The policy gets the message and may go on without one;
    /// if it gives up, the episode's call fails with [`Error::Model`].
    ///
    /// [`Error::Model`]: crate::Error::Model
    fn generate(&mut self, call: &GenerateCall) -> Result<Completion, ModelError>;

    /// Returns the number of tokens of a text; none, as by default, if the model has no
    /// tokenizer here. Policies then count words.
    fn count(&mut self, _text: &str) -> Option<u32> {
        None
    }

    /// Returns the tokens `first` to `end` (exclusive) of a text, without characters that are
    /// cut; none, as by default, if the model has no tokenizer here.
    fn cut(&mut self, _text: &str, _first: u32, _end: u32) -> Option<String> {
        None
    }
}

/// A request and its place in the episode. No other call of the episode has the same
/// place, so it can seed random numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GenerateCall {
    /// The policy's request.
    pub request: Request,
    /// The observed session, counted from 1; 0 for a question.
    pub session: u32,
    /// The number of calls, of all roles, before it in this session or question.
    pub step: u32,
    /// The id of the question, where one is answered.
    pub question: Option<String>,
}

/// An output of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Completion {
    /// The text, without end marker and without the calls that were parsed from it.
    pub text: String,
    /// The calls of tools, if the request offers tools.
    pub tool_calls: Vec<ToolCall>,
    /// The number of calls that could not be parsed, named no tool of the request, or had
    /// arguments that are no JSON object.
    pub malformed_calls: u32,
    /// The reason why it ended.
    pub finish: FinishReason,
    /// The text's tokens with the end marker; empty if the model does not return
    /// tokens.
    pub tokens: Vec<u32>,
    /// The log-probability of each token under the distribution from which it was drawn.
    /// As long as `tokens`.
    pub logprobs: Vec<f32>,
    /// The prompt's length in tokens; 0 if the model does not return it.
    pub prompt_tokens: u32,
}

impl Completion {
    /// Returns a text without tokens.
    pub fn of_text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            tool_calls: Vec::new(),
            malformed_calls: 0,
            finish: FinishReason::Stop,
            tokens: Vec::new(),
            logprobs: Vec::new(),
            prompt_tokens: 0,
        }
    }
}

/// The reason why a model has no output.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct ModelError {
    why: String,
    unavailable: bool,
}

impl ModelError {
    /// Returns an error with the reason `why`.
    pub fn new(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            unavailable: false,
        }
    }

    /// Returns an error for a model that cannot be reached, such as a server that is
    /// down. The policy and its request are not to blame.
    pub fn unavailable(why: impl Into<String>) -> Self {
        Self {
            unavailable: true,
            ..Self::new(why)
        }
    }

    /// Returns whether the model could not be reached.
    pub fn is_unavailable(&self) -> bool {
        self.unavailable
    }
}

type Script = dyn FnMut(&GenerateCall) -> Result<String, ModelError> + Send;

/// A model that returns prepared outputs.
///
/// ```
/// use memloom_runtime::types::Request;
/// use memloom_runtime::{GenerateCall, LanguageModel, ScriptedModel};
///
/// let call = GenerateCall {
///     request: Request::new("extractor", vec![], 10),
///     session: 1,
///     step: 0,
///     question: None,
/// };
/// let mut model = ScriptedModel::new(["t1 keep"]);
/// assert_eq!(model.generate(&call).unwrap().text, "t1 keep");
/// assert!(model.generate(&call).is_err()); // the script has ended
///
/// let mut model = ScriptedModel::answering(|call| Ok(format!("I am {}", call.request.role)));
/// assert_eq!(model.generate(&call).unwrap().text, "I am extractor");
/// ```
pub struct ScriptedModel {
    script: Box<Script>,
}

impl ScriptedModel {
    /// Returns a model with these outputs in order. Later calls fail with a message that
    /// names the call.
    pub fn new(outputs: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut outputs: VecDeque<String> = outputs.into_iter().map(Into::into).collect();
        let length = outputs.len();
        Self::answering(move |call| {
            outputs.pop_front().ok_or_else(|| {
                ModelError::new(format!(
                    "the script has {length} outputs, none for {} at call {} of {}",
                    call.request.role,
                    call.step,
                    context(call)
                ))
            })
        })
    }

    /// Returns a model whose outputs a closure computes.
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

/// A model that returns each request's own demonstration.
///
/// It needs sessions that are observed with a demonstrator, as in the example of
/// [`Episode`](crate::Episode).
#[derive(Clone, Copy, Debug, Default)]
pub struct DemonstrationModel;

impl LanguageModel for DemonstrationModel {
    fn generate(&mut self, call: &GenerateCall) -> Result<Completion, ModelError> {
        match &call.request.demonstration {
            Some(text) => Ok(Completion::of_text(text)),
            None => Err(ModelError::new(format!(
                "the request has no demonstration for {} at call {} of {}; observe with a demonstrator",
                call.request.role,
                call.step,
                context(call)
            ))),
        }
    }
}

/// Returns the session or question of a call as text.
fn context(call: &GenerateCall) -> String {
    match &call.question {
        Some(question) => format!("the question {question}"),
        None => format!("session {}", call.session),
    }
}

/// A function from texts to vectors.
///
/// ```
/// use memloom_runtime::{Embedder, ModelError};
///
/// /// Embeds texts by their lengths.
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
    /// Returns one vector for each text, all of one length.
    ///
    /// # Errors
    /// If a text cannot be embedded. The episode's call fails with the message.
    fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError>;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn call(step: u32, question: Option<&str>) -> GenerateCall {
        GenerateCall {
            request: Request::new("extractor", vec![], 10),
            session: 2,
            step,
            question: question.map(Into::into),
        }
    }

    #[test]
    fn a_script_returns_its_outputs_and_then_names_the_call_without_one() {
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
    fn a_demonstration_is_returned_as_it_is_and_its_lack_is_an_error() {
        let mut shown = call(0, None);
        shown.request.demonstration = Some("t1 drop".into());
        assert_eq!(DemonstrationModel.generate(&shown).unwrap().text, "t1 drop");
        assert_eq!(
            DemonstrationModel
                .generate(&call(4, None))
                .unwrap_err()
                .to_string(),
            "the request has no demonstration for extractor at call 4 of session 2; \
             observe with a demonstrator"
        );
    }
}
