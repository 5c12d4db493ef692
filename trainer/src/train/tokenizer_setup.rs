//! The run's tokenizer: that of a chat model, or one trained on the policy's prompts in
//! training episodes.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use memloom_engine::tokenizer::Tokenizer;
use memloom_engine::{grammar, tokenizer};
use memloom_runtime::{Completion, DemonstrationModel, GenerateCall, LanguageModel, ModelError};

use crate::config::{RunFile, TokenizerKind};
use crate::env::TrainingEnv;
use crate::rollout::outcome::RolloutCounts;

/// Returns the tokenizer of the model that the run starts from. Without a model, returns the
/// one in the run's folder, and trains it first if there is none.
pub fn ready(file: &RunFile, env: &TrainingEnv) -> Result<Tokenizer> {
    if let Some(model) = &file.backbone.path {
        return Tokenizer::load(model)?.with_variables(&file.backbone.template);
    }
    let out = &file.run.out;
    let path = out.join(tokenizer::FILE);
    if path.exists() {
        return Tokenizer::load(out);
    }
    let tokenizer = train(file, env, file.tokenizer.episodes)?;
    let beside = out.join("tokenizer.partial");
    let written = || -> Result<()> {
        std::fs::create_dir_all(&beside)?;
        tokenizer.save(&beside)?;
        std::fs::rename(beside.join(tokenizer::FILE), &path)?;
        Ok(std::fs::remove_dir(&beside)?)
    };
    written().with_context(|| format!("cannot write {}", path.display()))?;
    Ok(tokenizer)
}

/// Returns the tokenizer of the model that the run starts from. Without a model, returns one of
/// the kind that the run would train, from one episode, and writes nothing.
pub(super) fn preview(file: &RunFile, env: &TrainingEnv) -> Result<Tokenizer> {
    match &file.backbone.path {
        Some(_) => ready(file, env),
        None => train(file, env, 1),
    }
}

fn train(file: &RunFile, env: &TrainingEnv, episodes: u64) -> Result<Tokenizer> {
    let texts = prompts(file, env, episodes)?;
    let settings = &file.tokenizer;
    let (controls, roles) = (&env.policy.control_words, &env.policy.roles);
    match settings.kind {
        TokenizerKind::Words => {
            Tokenizer::train_words(&texts, controls, roles, settings.vocabulary)
        }
        TokenizerKind::Bytes => Tokenizer::train_bpe(&texts, controls, roles, settings.vocabulary),
    }
    .context("cannot train the tokenizer")
}

/// Returns the prompts and outputs of training episodes with the script `everything`. Where the
/// policy acts, what it says can be any word of the environment's closed language, which follows.
fn prompts(file: &RunFile, env: &TrainingEnv, episodes: u64) -> Result<Vec<String>> {
    let wanted = env.at_most("train", episodes)?;
    let horizon = file
        .stages
        .iter()
        .map(|stage| stage.horizon)
        .max()
        .unwrap_or(0);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let mut acts = 0;
    for index in 0..wanted {
        let opened = env.open("train", index, horizon)?;
        let model = Box::new(Reader {
            controls: env.policy.control_words.clone(),
            seen: seen.clone(),
        });
        let mut episode = opened.demonstrate(model)?;
        let mut counts = RolloutCounts::default();
        for session in 1..=opened.sessions() {
            counts
                .observe(&mut episode, session, Some(("everything", 0)))
                .with_context(|| format!("reading {} for the tokenizer", opened.id))?;
        }
        acts += counts.operations.get("act").copied().unwrap_or(0);
    }
    let mut texts = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
    if acts > 0 {
        let kinds = env.description.lexicon.iter();
        texts.extend(kinds.flat_map(|kind| kind.values.iter().cloned()));
    }
    Ok(texts)
}

/// A model that records the texts of prompts and demonstrations, and the words of grammars.
struct Reader {
    controls: Vec<String>,
    seen: Arc<Mutex<Vec<String>>>,
}

impl LanguageModel for Reader {
    fn generate(&mut self, call: &GenerateCall) -> Result<Completion, ModelError> {
        let completion = DemonstrationModel.generate(call)?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.extend(
            call.request
                .messages
                .iter()
                .map(|message| message.content.clone()),
        );
        let words = call.request.grammar.as_deref().map(grammar::words);
        let words = words.into_iter().flatten();
        // Control words are tokens already.
        let new = words.filter(|word| !self.controls.iter().any(|control| control == word));
        seen.extend(new.map(String::from));
        seen.push(completion.text.clone());
        Ok(completion)
    }
}
