//! Tokenizers, on the `tokenizers` crate: word-level for closed languages, byte-level BPE for real
//! text, or a chat model's own.
//!
//! A folder holds `tokenizer.json` and, for a chat model, the other files in `file.rs`. For a GGUF
//! file they are made from its metadata (`gguf/`).

mod added_tokens;
#[cfg(test)]
mod chat_fixture;
mod chat_template;
mod ends;
mod file;
mod folder;
mod gguf;
mod jinja;
mod prompt;
mod special_tokens;
mod tojson;
mod token_bytes;
mod tokenizer_json;
mod training;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use tokenizers::models::ModelWrapper;

use self::chat_template::Chat;
pub use self::file::FILE;
use self::folder::Folder;
pub use self::prompt::{Prompt, PromptMessage};
use self::special_tokens::{END, REPLY, SPEAKERS};

/// A tokenizer and its prompt format.
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    wording: Wording,
    /// The end tokens. Demonstrations end with the first.
    ends: Arc<[u32]>,
}

/// The format of prompts.
enum Wording {
    /// The format of tokenizers that memloom trains. Their special tokens are `<unk> <end> <reply>
    /// <system> <user> <assistant>` and one `<ROLE>` per role of the policy. Special tokens never
    /// match inside text, so text cannot inject them.
    Own {
        /// The ids of the policy's control words.
        controls: BTreeSet<u32>,
        reply: u32,
    },
    /// A chat model's template.
    Chat(Box<Chat>),
}

impl Tokenizer {
    pub(super) fn around(mut inner: tokenizers::Tokenizer) -> Result<Self> {
        inner.set_encode_special_tokens(true);
        let controls = inner
            .get_added_tokens_decoder()
            .into_iter()
            .filter(|(_, token)| !token.special)
            .map(|(id, _)| id)
            .collect();
        let id = |token: &str| {
            inner.token_to_id(token).with_context(|| {
                format!("missing the token {token}: train the tokenizer with memloom")
            })
        };
        Ok(Self {
            ends: [id(END)?].into(),
            wording: Wording::Own {
                reply: id(REPLY)?,
                controls,
            },
            inner,
        })
    }

    /// Loads a folder written by memloom, a chat model's folder, or a chat model's GGUF file.
    pub fn load(folder: &Path) -> Result<Self> {
        Self::load_adapter(folder, folder)
    }

    /// Loads an adapter's folder. If it names no end tokens, those of the `model`'s folder apply.
    pub fn load_adapter(folder: &Path, model: &Path) -> Result<Self> {
        let files = Folder::open(folder)?;
        let mut inner = tokenizer_json::read(&files)?;
        if !Chat::is_in(&files) {
            let path = files.path(FILE);
            return Self::around(inner)
                .with_context(|| format!("cannot read the tokenizer {}", path.display()));
        }
        let (chat, ends) = Chat::load(&files, model, &mut inner)
            .with_context(|| format!("cannot use the chat model {}", folder.display()))?;
        Ok(Self {
            inner: chat_template::plain(inner),
            wording: Wording::Chat(Box::new(chat)),
            ends,
        })
    }

    /// Writes the files that [`Tokenizer::load`] reads into a folder.
    pub fn save(&self, folder: &Path) -> Result<()> {
        let path = folder.join(FILE);
        match &self.wording {
            Wording::Own { .. } => self.inner.save(&path, true).map_err(|error| anyhow!(error)),
            Wording::Chat(chat) => chat.save(folder),
        }
        .with_context(|| format!("cannot write the tokenizer {}", path.display()))
    }

    /// Sets variables of the chat template, such as `enable_thinking`.
    ///
    /// # Errors
    /// Fails if there is no template.
    pub fn with_variables(mut self, variables: &toml::Table) -> Result<Self> {
        match &mut self.wording {
            Wording::Own { .. } if variables.is_empty() => {}
            Wording::Own { .. } => bail!("backbone.template needs a model with a chat template"),
            Wording::Chat(chat) => chat.set_variables(variables),
        }
        Ok(self)
    }

    /// Returns the number of token ids.
    pub fn vocab_size(&self) -> usize {
        self.inner.get_vocab_size(true)
    }

    /// Returns the tokens that end a completion.
    pub fn ends(&self) -> &Arc<[u32]> {
        &self.ends
    }

    /// Returns the strings that end a completion, from a chat model's `generation_config.json`.
    pub fn stop_strings(&self) -> &[String] {
        match &self.wording {
            Wording::Own { .. } => &[],
            Wording::Chat(chat) => &chat.stop_strings,
        }
    }

    /// Returns the token that ends an assistant's turn in a chat model's template, if there is one.
    pub fn end_of_turn(&self) -> Option<u32> {
        match &self.wording {
            Wording::Own { .. } => None,
            Wording::Chat(chat) => chat.end_of_turn(),
        }
    }

    /// Renders a few chats with a chat model's template. Returns a line for each chat that the
    /// template rejects with `raise_exception`, and one if it has no place for a system message.
    ///
    /// # Errors
    /// Fails if a chat cannot be rendered for another reason, or if the template rejects a single
    /// question.
    pub fn render_trial_chats(&self) -> Result<Vec<String>> {
        match &self.wording {
            Wording::Own { .. } => Ok(Vec::new()),
            Wording::Chat(chat) => {
                let mut lines = chat.render_trial_chats()?;
                lines.extend(chat.system_warning());
                Ok(lines)
            }
        }
    }

    /// Returns the bytes that each token adds to a text, by id. Special tokens add none, nor do
    /// tokens that are always set apart by spaces (control words and the words of a closed
    /// language). Some tokenizers put one space before the first token's bytes.
    pub(crate) fn bytes(&self) -> Vec<Vec<u8>> {
        let mut bytes = token_bytes::bytes(&self.inner);
        let apart = match &self.wording {
            Wording::Own { controls, .. } => Some(controls),
            Wording::Chat(_) => None,
        };
        for id in apart.into_iter().flatten().chain(&*self.ends) {
            if let Some(bytes) = bytes.get_mut(*id as usize) {
                bytes.clear();
            }
        }
        bytes
    }

    /// Returns whether prompts use a chat template.
    pub fn chats(&self) -> bool {
        matches!(self.wording, Wording::Chat(_))
    }

    /// Returns the text of a token, special tokens included.
    pub fn written(&self, id: u32) -> Option<String> {
        self.inner.id_to_token(id)
    }

    /// Returns the id of a word that is one token: a control word, or a word of the vocabulary.
    pub fn id(&self, word: &str) -> Option<u32> {
        self.inner.token_to_id(word)
    }

    /// Encodes a prompt of texts for a role: messages of (role, content).
    ///
    /// # Errors
    /// Fails like [`Tokenizer::encode_chat`].
    pub fn encode_prompt(&self, role: &str, messages: &[(&str, &str)]) -> Result<Vec<u32>> {
        self.encode_chat(role, Prompt::of_texts(messages))
    }

    /// Encodes a prompt for a role.
    ///
    /// A chat model's prompt is the rendered messages, which state the role's task themselves.
    /// Where the template has no place for a system message, its text and an empty line begin the
    /// first user message.
    /// Otherwise the prompt is `<ROLE>`, then `<user>` (or `<system>`, `<assistant>`) and the text
    /// of each message, then `<reply>`. The text of a reply that was begun comes last.
    ///
    /// # Errors
    /// Fails for an unknown role of the policy or of a message, and for tools and calls of tools
    /// that the template has no place for.
    pub fn encode_chat(&self, role: &str, mut prompt: Prompt<'_>) -> Result<Vec<u32>> {
        let begun = prompt.split_begun();
        let mut ids = match &self.wording {
            Wording::Chat(chat) => chat.encode(&self.inner, &prompt)?,
            Wording::Own { reply, .. } => self.encode_own(role, &prompt, *reply)?,
        };
        if !begun.is_empty() {
            ids.extend(self.encode(begun)?);
        }
        Ok(ids)
    }

    /// Encodes a prompt in the format of tokenizers that memloom trains.
    fn encode_own(&self, role: &str, prompt: &Prompt<'_>, reply: u32) -> Result<Vec<u32>> {
        let calls = |message: &PromptMessage<'_>| !message.tool_calls.is_empty();
        if !prompt.tools.is_empty() || prompt.messages.iter().any(calls) {
            bail!(
                "a tokenizer that memloom trained has no place for tools: they need the template of a chat model"
            );
        }
        let mut ids = vec![self.marker(role).with_context(|| {
            format!("unknown role {role:?}: the policy's description does not name it")
        })?];
        for PromptMessage {
            role: speaker,
            content,
            ..
        } in &prompt.messages
        {
            if !SPEAKERS.contains(speaker) {
                bail!("a message has the role {speaker:?}: expected one of {SPEAKERS:?}");
            }
            ids.push(self.marker(speaker).with_context(|| {
                format!("the tokenizer has no token for the message role {speaker}")
            })?);
            ids.extend(self.encode(content)?);
        }
        ids.push(reply);
        Ok(ids)
    }

    fn marker(&self, name: &str) -> Option<u32> {
        self.inner.token_to_id(&format!("<{name}>"))
    }

    /// Encodes a text. No token of the result is special.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self
            .inner
            .encode_fast(text, false)
            .map_err(|error| anyhow!(error))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// Encodes a completion. Appends an end token if `end`, for completions that no grammar ends.
    pub fn encode_completion(&self, text: &str, end: bool) -> Result<Vec<u32>> {
        let mut ids = self.encode(text)?;
        if end {
            ids.extend(self.ends.first());
        }
        Ok(ids)
    }

    /// Returns the byte in a text at which each of its tokens ends, in order. A token may end
    /// inside a character.
    ///
    /// # Errors
    /// Fails if the text cannot be encoded.
    pub fn token_ends(&self, text: &str) -> Result<Vec<usize>> {
        let encoding = self.inner.encode(text, false);
        let encoding = encoding.map_err(|error| anyhow!(error))?;
        Ok(encoding.get_offsets().iter().map(|(_, end)| *end).collect())
    }

    /// Decodes tokens to text, without end tokens. Control words are separated by one space.
    pub fn decode(&self, ids: &[u32]) -> Result<String> {
        let Wording::Own { controls, .. } = &self.wording else {
            return self.inner.decode(ids, true).map_err(|error| anyhow!(error));
        };
        let closed = matches!(self.inner.get_model(), ModelWrapper::WordLevel(_));
        let mut parts: Vec<String> = Vec::new();
        let mut open: Vec<u32> = Vec::new();
        for id in ids.iter().copied().filter(|id| !self.ends.contains(id)) {
            if closed || controls.contains(&id) {
                self.flush(&mut open, &mut parts)?;
                parts.push(
                    self.inner
                        .id_to_token(id)
                        .with_context(|| format!("unknown token id {id}"))?,
                );
            } else {
                open.push(id);
            }
        }
        self.flush(&mut open, &mut parts)?;
        Ok(parts.join(" "))
    }

    fn flush(&self, open: &mut Vec<u32>, parts: &mut Vec<String>) -> Result<()> {
        if !open.is_empty() {
            let text = self
                .inner
                .decode(open, false)
                .map_err(|error| anyhow!(error))?;
            // Byte-level BPE puts a space before every piece of text.
            parts.push(text.strip_prefix(' ').unwrap_or(&text).to_owned());
            open.clear();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
