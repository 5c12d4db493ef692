//! Text to tokens and back, over the `tokenizers` crate: word-level for closed
//! languages, byte-level BPE for real text, or a chat model's own. A folder holds
//! `tokenizer.json` and, for a chat model, what `chat.rs` reads beside it.

mod chat_template;
mod file;
mod special_tokens;
mod token_bytes;
mod training;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use tokenizers::models::ModelWrapper;

use self::chat_template::Chat;
pub use self::file::FILE;
use self::special_tokens::{END, REPLY, SPEAKERS};

/// A tokenizer.
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    wording: Wording,
    /// Any of these ends a completion; the first is what demonstrations end with.
    ends: Arc<[u32]>,
}

/// How prompts are worded.
enum Wording {
    /// Trained by memloom: special tokens are `<unk> <end> <reply> <system> <user>
    /// <assistant>` and one `<ROLE>` for each of the policy's roles; they never
    /// match inside text, so nothing that is said can forge them.
    Own {
        /// The policy's control words, by id.
        controls: BTreeSet<u32>,
        reply: u32,
    },
    /// A chat model's own.
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
            inner
                .token_to_id(token)
                .with_context(|| format!("it has no token {token}; train it with memloom"))
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

    /// Reads a folder that memloom wrote, or a chat model's.
    pub fn load(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let unreadable = || format!("cannot read the tokenizer {}", path.display());
        let inner = tokenizers::Tokenizer::from_file(&path)
            .map_err(|error| anyhow!(error))
            .with_context(unreadable)?;
        if !Chat::is_in(folder) {
            return Self::around(inner).with_context(unreadable);
        }
        let (chat, ends) = Chat::load(folder, &inner)
            .with_context(|| format!("cannot use the chat model {}", folder.display()))?;
        Ok(Self {
            inner: chat_template::plain(inner),
            wording: Wording::Chat(Box::new(chat)),
            ends,
        })
    }

    /// Writes what [`Tokenizer::load`] reads into a folder.
    pub fn save(&self, folder: &Path) -> Result<()> {
        let path = folder.join(FILE);
        match &self.wording {
            Wording::Own { .. } => self.inner.save(&path, true).map_err(|error| anyhow!(error)),
            Wording::Chat(chat) => chat.save(folder),
        }
        .with_context(|| format!("cannot write the tokenizer {}", path.display()))
    }

    /// With values for the chat template's own variables, for instance
    /// `enable_thinking`.
    ///
    /// # Errors
    /// Where there is no template.
    pub fn with_variables(mut self, variables: &toml::Table) -> Result<Self> {
        match &mut self.wording {
            Wording::Own { .. } if variables.is_empty() => {}
            Wording::Own { .. } => bail!("backbone.template is for models with a chat template"),
            Wording::Chat(chat) => chat.set_variables(variables),
        }
        Ok(self)
    }

    /// Number of token ids.
    pub fn vocab_size(&self) -> usize {
        self.inner.get_vocab_size(true)
    }

    /// The tokens that end a completion, any of them.
    pub fn ends(&self) -> &Arc<[u32]> {
        &self.ends
    }

    /// Strings that end a completion, too: those that a chat model's
    /// `generation_config.json` names.
    pub fn stop_strings(&self) -> &[String] {
        match &self.wording {
            Wording::Own { .. } => &[],
            Wording::Chat(chat) => &chat.stop_strings,
        }
    }

    /// What each token adds to a text, by id: nothing, where it is special or never set
    /// without spaces (control words and the words of a closed language). The text of
    /// tokens is all they add, but for one space that some tokenizers begin with.
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

    /// Whether prompts are worded by a chat model's template.
    pub fn chats(&self) -> bool {
        matches!(self.wording, Wording::Chat(_))
    }

    /// How a token is written, special ones too.
    pub fn written(&self, id: u32) -> Option<String> {
        self.inner.id_to_token(id)
    }

    /// The id of a word that is one token: a control word, or one of the vocabulary.
    pub fn id(&self, word: &str) -> Option<u32> {
        self.inner.token_to_id(word)
    }

    /// What a model reads before it speaks in a role. A chat model: the messages as
    /// its template words them; what it is to do as this role is in them. Otherwise
    /// `<ROLE>`, then each message as `<user>` (or `<system>`, `<assistant>`) and its
    /// text, then `<reply>`.
    pub fn encode_prompt(&self, role: &str, messages: &[(&str, &str)]) -> Result<Vec<u32>> {
        for (speaker, _) in messages {
            if !SPEAKERS.contains(speaker) {
                bail!("a message has the role {speaker:?}: expected one of {SPEAKERS:?}");
            }
        }
        let reply = match &self.wording {
            Wording::Chat(chat) => return chat.encode(&self.inner, messages),
            Wording::Own { reply, .. } => *reply,
        };
        let mut ids = vec![self.marker(role).with_context(|| {
            format!("the policy speaks in the role {role:?}, which its description does not name")
        })?];
        for (speaker, content) in messages {
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

    /// The tokens of a text; none of them special, whatever it says.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self
            .inner
            .encode_fast(text, false)
            .map_err(|error| anyhow!(error))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The tokens of a completion; with an end where no grammar ends it.
    pub fn encode_completion(&self, text: &str, end: bool) -> Result<Vec<u32>> {
        let mut ids = self.encode(text)?;
        if end {
            ids.extend(self.ends.first());
        }
        Ok(ids)
    }

    /// The text of tokens, without ends. Control words stand apart by one space.
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
                        .with_context(|| format!("there is no token {id}"))?,
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
            // Byte-level BPE begins every piece of text with a space of its own.
            parts.push(text.strip_prefix(' ').unwrap_or(&text).to_owned());
            open.clear();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
