//! A check of a policy's requests before a run: its prompts, grammars and demonstrations of the
//! first sessions are held against the tokenizer and the context.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Result, bail, ensure};
use memloom_engine::grammar::Grammars;
use memloom_engine::tokenizer::Tokenizer;
use memloom_runtime::{
    Completion, DemonstrationModel, Embedder, GenerateCall, LanguageModel, ModelError,
};

use crate::config::{Learn, RunFile};
use crate::env::TrainingEnv;
use crate::rollout::outcome::RolloutCounts;
use crate::rollout::policy_model::{check, count, cut, encode};

/// The sessions that are played. In the second one a policy may change what it wrote in the first.
const SESSIONS: u32 = 2;

/// Checks that a model's tokenizer has the policy's control words.
pub(super) fn has_control_words(tokenizer: &Tokenizer, env: &TrainingEnv) -> Result<()> {
    let policy = &env.policy;
    // A chat model's tokenizer sets no word apart, so that words could not be told from text.
    let lacking = |word: &&String| tokenizer.chats() || tokenizer.id(word).is_none();
    if let Some(word) = policy.control_words.iter().find(lacking) {
        bail!(
            "the policy {} speaks in control words, which the tokenizer of backbone.path does not have (the first is {word:?}): leave backbone.path out to train a new model, or take a policy that speaks text, such as memory-r2",
            policy.name
        );
    }
    Ok(())
}

/// Plays the beginning of a training episode with a demonstrator, and one question, without any
/// server. `context` is the most tokens that a prompt may have; none leaves that unchecked.
///
/// # Errors
/// The first request of the run's own model whose grammar the tokenizer cannot follow, whose
/// prompt cannot be encoded, or whose first prompt does not fit the context.
pub(super) fn requests_fit(
    file: &RunFile,
    env: &TrainingEnv,
    tokenizer: Tokenizer,
    context: Option<usize>,
) -> Result<()> {
    let horizon = file.stages.first().map_or(0, |stage| stage.horizon);
    let opened = env.open("train", 0, horizon)?;
    let fault = Arc::new(Mutex::new(None));
    let checking = Checking {
        grammars: Grammars::new(Arc::new(tokenizer)),
        served: (env.policy.roles.iter())
            .filter(|role| env.servers.serves(role))
            .cloned()
            .collect(),
        learning: (file.stages.iter())
            .map(|stage| stage.learn(&file.algorithm).clone())
            .collect(),
        context,
        asked: BTreeSet::new(),
        fault: fault.clone(),
    };
    let mut episode = opened.without_servers(Box::new(checking))?;
    if env.servers.embedder().is_some() {
        episode.set_embedder(Arc::new(OneVector));
    }
    let mut counts = RolloutCounts::default();
    let played: Result<()> = (1..=opened.sessions().min(SESSIONS))
        .try_for_each(|session| counts.observe(&mut episode, session, Some(("everything", 0))));
    if played.is_ok()
        && let Some(question) = opened.questions.iter().find(|q| !q.is_silent())
    {
        // An error of the policy itself is the run's to report. The model's own is in `fault`.
        let _ = episode.answer(question);
    }
    let fault = fault.lock().unwrap_or_else(PoisonError::into_inner).take();
    fault.map_or(Ok(()), |fault: anyhow::Error| {
        Err(fault.context(format!("the policy {} in {}", env.policy.name, opened.id)))
    })
}

/// A model that returns demonstrations and checks requests.
struct Checking {
    grammars: Grammars,
    /// Roles of other models.
    served: BTreeSet<String>,
    /// The learners of each stage.
    learning: Vec<Learn>,
    context: Option<usize>,
    /// Roles that were asked before.
    asked: BTreeSet<String>,
    /// The first fault.
    fault: Arc<Mutex<Option<anyhow::Error>>>,
}

impl Checking {
    fn check(&mut self, call: &GenerateCall) -> Result<()> {
        let request = &call.request;
        let role = &request.role;
        if self.served.contains(role) {
            ensure!(
                request.grammar.is_none(),
                "servers.{role}: the policy gives {role} an output grammar, which only the run's own model supports: remove the section, or have the policy leave the grammar out"
            );
            return Ok(());
        }
        check(request).map_err(anyhow::Error::msg)?;
        ensure!(
            request.temperature.is_none() || !self.learning.iter().any(|learn| learn.learns(role)),
            "the policy sets a temperature for its role {role}, which learns: ratios assume one temperature; let `learn` name another role, or have the policy leave it out"
        );
        let prompt = encode(self.grammars.tokenizer(), request)?;
        // Later prompts of a role may outgrow the context, which a run counts.
        let is_first = self.asked.insert(role.clone());
        if let Some(context) = self.context.filter(|_| is_first) {
            ensure!(
                prompt.len() < context,
                "the first prompt of its role {role} has {} tokens, and the backbone reads {context}: raise backbone.context, or have the policy ask in fewer words or about less at once",
                prompt.len()
            );
        }
        if let Some(grammar) = &request.grammar {
            self.grammars.compile(grammar)?;
        }
        Ok(())
    }
}

impl LanguageModel for Checking {
    fn generate(&mut self, call: &GenerateCall) -> Result<Completion, ModelError> {
        if let Err(fault) = self.check(call) {
            let message = format!("{fault:#}");
            let mut first = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
            first.get_or_insert(fault);
            return Err(ModelError::new(message));
        }
        // Policies that are only trained by reward need no demonstrations.
        match &call.request.demonstration {
            Some(_) => DemonstrationModel.generate(call),
            None => Ok(Completion::of_text("")),
        }
    }

    fn count(&mut self, text: &str) -> Option<u32> {
        count(self.grammars.tokenizer(), text)
    }

    fn cut(&mut self, text: &str, first: u32, end: u32) -> Option<String> {
        cut(self.grammars.tokenizer(), text, first, end)
    }
}

/// An embedder in the place of a server's.
struct OneVector;

impl Embedder for OneVector {
    fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        Ok(vec![vec![1.0]; texts.len()])
    }
}
