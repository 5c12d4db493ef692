//! Chat templates, rendered as Hugging Face renders them. Message text cannot inject special
//! tokens.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value as Variable};
use minijinja::{AutoEscape, Environment, Error, ErrorKind};
use serde_json::{Map, Value};

use crate::tokenizer::file::FILE;

/// The file of the template and the special tokens.
const CONFIG: &str = "tokenizer_config.json";
/// The file of the template in newer folders.
const TEMPLATE: &str = "chat_template.jinja";
/// The file that names the end tokens.
const GENERATION: &str = "generation_config.json";
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
    marked: tokenizers::Tokenizer,
    /// Strings that end a reply.
    pub(super) stop_strings: Vec<String>,
    /// The files' names and contents.
    files: Vec<(&'static str, Vec<u8>)>,
}

/// Returns a tokenizer that recognises no special tokens in text.
pub(super) fn plain(mut tokenizer: tokenizers::Tokenizer) -> tokenizers::Tokenizer {
    tokenizer.set_encode_special_tokens(true);
    tokenizer
}

impl Chat {
    /// Returns whether a folder belongs to a chat model.
    pub(super) fn is_in(folder: &Path) -> bool {
        folder.join(CONFIG).exists()
    }

    /// Reads the template and the end tokens.
    pub(super) fn load(
        folder: &Path,
        tokenizer: &tokenizers::Tokenizer,
    ) -> Result<(Self, Arc<[u32]>)> {
        let mut files = Vec::new();
        for name in [FILE, CONFIG, TEMPLATE, GENERATION] {
            let path = folder.join(name);
            if path.exists() {
                let bytes = std::fs::read(&path)
                    .with_context(|| format!("cannot read {}", path.display()))?;
                files.push((name, bytes));
            }
        }
        let bytes = |name: &str| {
            let found = files.iter().find(|(found, _)| *found == name);
            found.map(|(_, bytes)| bytes.as_slice())
        };
        let json = |name: &str| -> Result<Map<String, Value>> {
            let text = bytes(name).unwrap_or(b"{}");
            serde_json::from_slice(text).with_context(|| format!("{name} is not a JSON object"))
        };
        let config = json(CONFIG)?;
        let (name, template) = match bytes(TEMPLATE) {
            Some(text) => {
                let text = String::from_utf8(text.to_vec());
                (
                    TEMPLATE,
                    text.with_context(|| format!("{TEMPLATE} is not UTF-8"))?,
                )
            }
            None => (CONFIG, template(&config)?),
        };
        let source = folder.join(name).display().to_string();
        let mut variables = BTreeMap::new();
        for name in ["bos_token", "eos_token", "pad_token", "unk_token"] {
            if let Some(token) = written(&config, name) {
                variables.insert(name.to_owned(), token.into());
            }
        }
        let generation = json(GENERATION)?;
        let mut ends = ids(generation.get("eos_token_id"))?;
        if ends.is_empty() {
            let end = written(&config, "eos_token")
                .with_context(|| format!("neither {GENERATION} nor {CONFIG} names an end token"))?;
            ends.push(tokenizer.token_to_id(end).with_context(|| {
                format!("the eos_token {end} of {CONFIG} is not in the vocabulary")
            })?);
        }
        let special = tokenizer
            .get_added_tokens_decoder()
            .into_values()
            .filter(|token| token.special)
            .map(|token| token.content);
        let mut marked = tokenizer.clone();
        marked.set_encode_special_tokens(false);
        let chat = Self {
            special: special.collect(),
            templates: environment(&source, template)?,
            source,
            variables,
            marked,
            stop_strings: strings(generation.get("stop_strings"))?,
            files,
        };
        Ok((chat, ends.into()))
    }

    /// Writes the files unchanged.
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
    }

    /// Renders and encodes the messages and the beginning of a reply. Text that contains a special
    /// token's text is inserted as plain text.
    pub(super) fn encode(
        &self,
        plain: &tokenizers::Tokenizer,
        messages: &[(&str, &str)],
    ) -> Result<Vec<u32>> {
        let ids = |tokenizer: &tokenizers::Tokenizer, text: &str| -> Result<Vec<u32>> {
            let encoding = tokenizer.encode_fast(text, false);
            Ok(encoding.map_err(|error| anyhow!(error))?.get_ids().to_vec())
        };
        let forged =
            |text: &str| text.contains(MARK) || self.special.iter().any(|s| text.contains(s));
        if !messages.iter().any(|(_, content)| forged(content)) {
            return ids(&self.marked, &self.render(messages.iter().copied())?);
        }
        let places: Vec<String> = (0..messages.len())
            .map(|number| format!("{MARK}{number}{MARK}"))
            .collect();
        let all = messages.iter().zip(&places);
        let around = self.render(all.map(|((role, _), place)| (*role, &**place)))?;
        let mut tokens = Vec::new();
        for (index, part) in around.split(MARK).enumerate() {
            if index % 2 == 0 {
                tokens.extend(ids(&self.marked, part)?);
                continue;
            }
            let number: usize = part.parse().context(
                "the chat template changes message text, and a message contains the text of a special token",
            )?;
            tokens.extend(ids(plain, messages[number].1)?);
        }
        Ok(tokens)
    }

    fn render<'a>(&self, messages: impl Iterator<Item = (&'a str, &'a str)>) -> Result<String> {
        let messages: Vec<Variable> = messages
            .map(|(role, content)| minijinja::context! { role, content })
            .collect();
        let template = self.templates.get_template(&self.source)?;
        let context = minijinja::context! {
            messages,
            add_generation_prompt => true,
            ..Variable::from(&self.variables)
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

/// Returns the text of a special token, given as a string or an object.
fn written<'a>(config: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    match config.get(name)? {
        Value::Object(token) => token.get("content")?.as_str(),
        token => token.as_str(),
    }
}

/// Reads an id, a list of ids, or nothing.
fn ids(said: Option<&Value>) -> Result<Vec<u32>> {
    let wrong = || anyhow!("{GENERATION}: eos_token_id must be a token id or a list of token ids");
    let one = |value: &Value| {
        let id = value.as_u64().and_then(|id| u32::try_from(id).ok());
        id.ok_or_else(wrong)
    };
    match said {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(ids)) => ids.iter().map(one).collect(),
        Some(id) => one(id).map(|id| vec![id]),
    }
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

/// Returns a Jinja environment set up as in `transformers`. The function for today's date is left
/// out, so that prompts do not change from day to day; templates fall back to a fixed date.
fn environment(source: &str, template: String) -> Result<Environment<'static>> {
    let mut environment = Environment::new();
    // Text is never escaped, whatever the file's extension.
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    let mut syntax = SyntaxConfig::builder();
    environment.set_syntax(syntax.trim_blocks(true).lstrip_blocks(true).build()?);
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.add_function("raise_exception", |why: String| -> Result<String, Error> {
        Err(Error::new(ErrorKind::InvalidOperation, why))
    });
    if let Err(error) = environment.add_template_owned(source.to_owned(), template) {
        bail!("invalid Jinja chat template: {error:#}");
    }
    Ok(environment)
}
