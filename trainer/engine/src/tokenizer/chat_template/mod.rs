//! Chat templates, rendered as Hugging Face renders them. Message text cannot inject special
//! tokens.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, ensure};
use minijinja::Environment;
use minijinja::value::{Serde, Value as Variable};
use serde_json::{Map, Value};

use crate::tokenizer::file::{
    ADDED_TOKENS, CONFIG, FILE, GENERATION, MODEL, SPECIAL_TOKENS, TEMPLATE,
};
use crate::tokenizer::folder::Folder;
use crate::tokenizer::jinja::{Raised, environment};
use crate::tokenizer::prompt::{Prompt, PromptMessage};
use crate::tokenizer::{added_tokens, ends};

/// Delimits the index of a message whose text is inserted after rendering. It is a private-use
/// character, so no template contains it.
const MARK: char = '\u{F8FF}';

/// A chat template and the files it comes from.
pub(super) struct Chat {
    templates: Environment<'static>,
    /// The path of the template's file, which errors of the template engine name.
    source: String,
    /// The text of each special token.
    special: Vec<String>,
    /// The template's variables besides the messages.
    variables: BTreeMap<String, Variable>,
    /// A tokenizer that recognises special tokens in text.
    pub(super) marked: tokenizers::Tokenizer,
    /// Strings that end a reply.
    pub(super) stop_strings: Vec<String>,
    /// True if the template refuses or drops a system message, whose text then begins the first
    /// user message.
    joins_system: bool,
    /// The files' names and contents.
    files: BTreeMap<&'static str, Vec<u8>>,
}

/// Returns a tokenizer that recognises no special tokens in text.
pub(super) fn plain(mut tokenizer: tokenizers::Tokenizer) -> tokenizers::Tokenizer {
    tokenizer.set_encode_special_tokens(true);
    tokenizer
}

impl Chat {
    /// Returns whether a folder belongs to a chat model.
    pub(super) fn is_in(folder: &Folder) -> bool {
        folder.has(CONFIG)
    }

    /// Reads the template and the end tokens, the template's end of turn first. Adds the tokens to
    /// `tokenizer` that only other files name.
    pub(super) fn load(
        folder: &Folder,
        model: &Path,
        tokenizer: &mut tokenizers::Tokenizer,
    ) -> Result<(Self, Arc<[u32]>)> {
        let mut files = BTreeMap::new();
        let all = [
            FILE,
            CONFIG,
            TEMPLATE,
            SPECIAL_TOKENS,
            ADDED_TOKENS,
            GENERATION,
            MODEL,
        ];
        for name in all {
            let bytes = match name {
                GENERATION | MODEL if !folder.has(name) && !folder.is_at(model) => {
                    Folder::open(model)?.read(name)?
                }
                _ => folder.read(name)?,
            };
            files.extend(bytes.map(|bytes| (name, bytes)));
        }
        let json = |name: &str| -> Result<Map<String, Value>> {
            let text = files.get(name).map_or(&b"{}"[..], Vec::as_slice);
            serde_json::from_slice(text).with_context(|| format!("{name} is not a JSON object"))
        };
        let mut config = json(CONFIG)?;
        added_tokens::merge(&mut config, json(SPECIAL_TOKENS)?);
        added_tokens::add(tokenizer, &config, &json(ADDED_TOKENS)?)?;
        let named = added_tokens::named(&config);
        let (name, template) = match files.get(TEMPLATE) {
            Some(text) => {
                let text = String::from_utf8(text.clone());
                (
                    TEMPLATE,
                    text.with_context(|| format!("{TEMPLATE} is not UTF-8"))?,
                )
            }
            None => (CONFIG, template(&config)?),
        };
        let source = folder.path(name).display().to_string();
        // `transformers` defines these as none.
        let nothing = ["tools", "documents"].map(|name| (name, Variable::from(())));
        let tokens = named.iter().map(|(name, token)| (*name, (*token).into()));
        let variables = nothing.into_iter().chain(tokens);
        let mut generation = json(GENERATION)?;
        let file_of_ends = ends::complete(&mut generation, json(MODEL)?);
        let eos = named.iter().find(|(name, _)| *name == "eos_token");
        let eos = eos.map(|(_, token)| *token);
        let mut ends = ends::read(tokenizer, &generation, file_of_ends, eos)?;
        // Weights are saved with a configuration of their own.
        files.remove(MODEL);
        if file_of_ends == MODEL {
            files.insert(GENERATION, serde_json::to_vec_pretty(&generation)?);
        }
        let special = tokenizer
            .get_added_tokens_decoder()
            .into_values()
            .filter(|token| token.special)
            .map(|token| token.content);
        let mut marked = tokenizer.clone();
        marked.set_encode_special_tokens(false);
        let mut chat = Self {
            joins_system: false,
            special: special.collect(),
            templates: environment(&source, &template)?,
            source,
            variables: variables
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            marked,
            stop_strings: strings(generation.get("stop_strings"))?,
            files,
        };
        chat.joins_system = chat.loses_system();
        let turn = chat.end_of_turn();
        ends.sort_by_key(|end| Some(*end) != turn);
        Ok((chat, ends.into()))
    }

    /// Writes the files unchanged, except that `generation_config.json` gets the end tokens that
    /// only the model's `config.json` names.
    pub(super) fn save(&self, folder: &Path) -> Result<()> {
        for (name, bytes) in &self.files {
            std::fs::write(folder.join(name), bytes)?;
        }
        Ok(())
    }

    pub(super) fn set_variables(&mut self, variables: &toml::Table) {
        let pairs = variables.iter();
        self.variables
            .extend(pairs.map(|(name, value)| (name.clone(), Variable::from(Serde(value)))));
        self.joins_system = self.loses_system();
    }

    /// Returns whether the template refuses a system message with `raise_exception`, or leaves its
    /// text out.
    fn loses_system(&self) -> bool {
        const INSTRUCTION: &str = "An instruction.";
        let turns = [("system", INSTRUCTION), ("user", "A question?")];
        match self.render(&Prompt::of_texts(&turns), true) {
            Ok(chat) => !chat.contains(INSTRUCTION),
            Err(error) => error.chain().any(|cause| cause.is::<Raised>()),
        }
    }

    /// Returns a line if the template has no place for a system message.
    pub(super) fn system_warning(&self) -> Option<String> {
        self.joins_system.then(|| {
            "the chat template has no system role: a system message begins the first user message"
                .to_owned()
        })
    }

    /// Renders and encodes a prompt and the beginning of a reply. Text that contains a special
    /// token's text is inserted as plain text.
    pub(super) fn encode(
        &self,
        plain: &tokenizers::Tokenizer,
        prompt: &Prompt<'_>,
    ) -> Result<Vec<u32>> {
        let first;
        let mut prompt = prompt.clone();
        if self.joins_system
            && let [system, user, ..] = &prompt.messages[..]
            && (system.role, user.role) == ("system", "user")
        {
            first = format!("{}\n\n{}", system.content, user.content);
            let joined = PromptMessage {
                content: &first,
                ..*user
            };
            prompt.messages.splice(..2, [joined]);
        }
        self.check_tools(&prompt)?;
        let messages = prompt.messages.clone();
        let ids = |tokenizer: &tokenizers::Tokenizer, text: &str| -> Result<Vec<u32>> {
            let encoding = tokenizer.encode_fast(text, false);
            Ok(encoding.map_err(|error| anyhow!(error))?.get_ids().to_vec())
        };
        let forged =
            |text: &str| text.contains(MARK) || self.special.iter().any(|s| text.contains(s));
        let calls = messages.iter().flat_map(|message| message.tool_calls);
        let in_json = prompt.tools.iter().chain(calls).map(Value::to_string);
        ensure!(
            !in_json.into_iter().any(|text| forged(&text)),
            "a tool or a call of a tool contains the text of a special token"
        );
        if !messages.iter().any(|message| forged(message.content)) {
            return ids(&self.marked, &self.render(&prompt, true)?);
        }
        let places: Vec<String> = (0..messages.len())
            .map(|number| format!("{MARK}{number}{MARK}"))
            .collect();
        for (message, place) in prompt.messages.iter_mut().zip(&places) {
            message.content = place;
        }
        let around = self.render(&prompt, true)?;
        let mut tokens = Vec::new();
        for (index, part) in around.split(MARK).enumerate() {
            if index % 2 == 0 {
                tokens.extend(ids(&self.marked, part)?);
                continue;
            }
            let number: usize = part.parse().context(
                "the chat template changes message text, and a message contains the text of a special token",
            )?;
            tokens.extend(ids(plain, messages[number].content)?);
        }
        Ok(tokens)
    }

    /// Returns the token that ends an assistant's turn in the template, if there is one.
    pub(super) fn end_of_turn(&self) -> Option<u32> {
        const REPLY: &str = "A reply.";
        let turns = [("user", "A question?"), ("assistant", REPLY)];
        let chat = self.render(&Prompt::of_texts(&turns), false).ok()?;
        let (_, after) = chat.rsplit_once(REPLY)?;
        let tokens = self.marked.get_added_tokens_decoder().into_iter();
        let tokens = tokens.filter(|(_, token)| !token.content.is_empty());
        let places = tokens.filter_map(|(id, token)| {
            let place = after.find(&token.content)?;
            Some((place, Reverse(token.content.len()), id))
        });
        places.min().map(|(_, _, id)| id)
    }

    /// Renders chats of four shapes. Returns a line for each shape except the first that the
    /// template rejects with `raise_exception`.
    pub(super) fn render_trial_chats(&self) -> Result<Vec<String>> {
        const SHAPES: [&[&str]; 4] = [
            &["user"],
            &["system", "user"],
            &["user", "assistant", "user"],
            &["system", "user", "assistant", "user"],
        ];
        let mut refusals = Vec::new();
        for (number, roles) in SHAPES.into_iter().enumerate() {
            let joined = usize::from(self.joins_system && roles[0] == "system");
            let messages = roles[joined..].iter().map(|role| (*role, "A sentence."));
            let messages: Vec<_> = messages.collect();
            let Err(error) = self.render(&Prompt::of_texts(&messages), true) else {
                continue;
            };
            let chat = roles.join(", ");
            if number == 0 || !error.chain().any(|cause| cause.is::<Raised>()) {
                return Err(error.context(format!("a trial chat of {chat}")));
            }
            refusals.push(format!("a trial chat of {chat}: {error:#}"));
        }
        Ok(refusals)
    }

    /// Checks that the template shows the tools of a prompt and the calls in its messages.
    fn check_tools(&self, prompt: &Prompt<'_>) -> Result<()> {
        let shows = |other: Prompt<'_>| -> Result<bool> {
            Ok(self.render(&other, true)? != self.render(prompt, true)?)
        };
        let without_tools = || Prompt {
            tools: &[],
            ..prompt.clone()
        };
        ensure!(
            prompt.tools.is_empty() || shows(without_tools())?,
            "the chat template has no place for tools: have the policy describe them in its text"
        );
        let Some(calling) = (prompt.messages.iter()).position(|m| !m.tool_calls.is_empty()) else {
            return Ok(());
        };
        let mut without_call = prompt.clone();
        without_call.messages[calling].tool_calls = &[];
        ensure!(
            shows(without_call)?,
            "the chat template has no place for calls of tools: have the policy write them in its text"
        );
        Ok(())
    }

    /// Renders a prompt, and the beginning of a reply if `reply` is true.
    fn render(&self, prompt: &Prompt<'_>, reply: bool) -> Result<String> {
        let message = |message: &PromptMessage<'_>| {
            let PromptMessage { role, content, .. } = *message;
            match message.tool_calls {
                [] => minijinja::context! { role, content },
                calls => {
                    minijinja::context! { role, content, tool_calls => Variable::from(Serde(calls)) }
                }
            }
        };
        let messages: Vec<Variable> = prompt.messages.iter().map(message).collect();
        let template = self.templates.get_template(&self.source)?;
        let context = minijinja::context! {
            messages,
            add_generation_prompt => reply,
            ..Variable::from(&self.variables)
        };
        let context = match prompt.tools {
            [] => context,
            tools => minijinja::context! { tools => Variable::from(Serde(tools)), ..context },
        };
        template.render(context).map_err(|error| {
            // The error chain names the line of the template.
            anyhow!(error).context("the chat template rejected the messages")
        })
    }
}

/// Returns the template in a `tokenizer_config.json`, which holds one template or several with
/// names.
fn template(config: &Map<String, Value>) -> Result<String> {
    let named = |entry: &&Value| entry["name"] == "default";
    let template = match config.get("chat_template") {
        Some(Value::Array(entries)) => entries.iter().find(named).map(|entry| &entry["template"]),
        template => template,
    };
    let template = template.and_then(Value::as_str).with_context(|| {
        format!(
            "no chat template in {TEMPLATE} or {CONFIG}: memloom needs an instruction-tuned model"
        )
    })?;
    Ok(template.to_owned())
}

/// Reads a string, a list of strings, or nothing.
fn strings(said: Option<&Value>) -> Result<Vec<String>> {
    let wrong = || anyhow!("{GENERATION}: stop_strings must be a string or a list of strings");
    let one = |value: &Value| match value.as_str() {
        Some(text) if !text.is_empty() => Ok(text.to_owned()),
        _ => Err(wrong()),
    };
    match said {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(strings)) => strings.iter().map(one).collect(),
        Some(string) => one(string).map(|string| vec![string]),
    }
}

#[cfg(test)]
mod tests;
