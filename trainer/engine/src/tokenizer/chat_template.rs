//! A chat model's wording: its template, rendered as Hugging Face renders it, and
//! what ends its replies. Nothing that is said can forge a special token.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value as Variable};
use minijinja::{AutoEscape, Environment, Error, ErrorKind};
use serde_json::{Map, Value};

use crate::tokenizer::file::FILE;

/// Templates and special tokens.
const CONFIG: &str = "tokenizer_config.json";
/// The template, in newer folders.
const TEMPLATE: &str = "chat_template.jinja";
/// What ends a completion.
const GENERATION: &str = "generation_config.json";
/// Begins and ends the number of a message whose text is put in later: private use,
/// so no template says it.
const MARK: char = '\u{F8FF}';

/// A chat model's template, and the files that it comes from.
pub(super) struct Chat {
    templates: Environment<'static>,
    /// The file of the template: its name among them, by which messages call it.
    source: String,
    /// Tokens that mean something to the model, as they are written.
    special: Vec<String>,
    /// What the template may ask for besides the messages.
    variables: BTreeMap<String, Variable>,
    /// Reads special tokens where they are written.
    marked: tokenizers::Tokenizer,
    /// Strings that end a reply.
    pub(super) stop_strings: Vec<String>,
    /// Names and bytes.
    files: Vec<(&'static str, Vec<u8>)>,
}

/// The tokenizer that reads no special tokens in what is said.
pub(super) fn plain(mut tokenizer: tokenizers::Tokenizer) -> tokenizers::Tokenizer {
    tokenizer.set_encode_special_tokens(true);
    tokenizer
}

impl Chat {
    /// Whether the folder is a chat model's.
    pub(super) fn is_in(folder: &Path) -> bool {
        folder.join(CONFIG).exists()
    }

    /// Reads the template and what ends a reply.
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
            serde_json::from_slice(text).with_context(|| format!("{name} is no JSON object"))
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
            let end = written(&config, "eos_token").with_context(|| {
                format!("neither {GENERATION} nor {CONFIG} says what ends a reply")
            })?;
            ends.push(tokenizer.token_to_id(end).with_context(|| {
                format!("{CONFIG} says that {end} ends a reply, which is no token")
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

    /// Writes the files as they were.
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

    /// The messages and the beginning of a reply. Where a message holds the writing
    /// of a special token, it is cut out and read as plain text.
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
                "the chat template changes what is said, and a message holds the writing of a special token",
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
            // Its chain says where in the template.
            anyhow!(error).context("the chat template refuses the messages")
        })
    }
}

/// The template in a `tokenizer_config.json`: one, or several by name.
fn template(config: &Map<String, Value>) -> Result<String> {
    let named = |entry: &&Value| entry["name"] == "default";
    let template = match config.get("chat_template") {
        Some(Value::Array(entries)) => entries.iter().find(named).map(|entry| &entry["template"]),
        template => template,
    };
    let template = template.and_then(Value::as_str).with_context(|| {
        format!(
            "there is no chat template, neither {TEMPLATE} nor in {CONFIG}: memloom trains models that were taught to chat"
        )
    })?;
    Ok(template.to_owned())
}

/// How a special token is written: a string, or an object that holds it.
fn written<'a>(config: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    match config.get(name)? {
        Value::Object(token) => token.get("content")?.as_str(),
        token => token.as_str(),
    }
}

/// One id, several, or none.
fn ids(said: Option<&Value>) -> Result<Vec<u32>> {
    let wrong = || anyhow!("{GENERATION}: eos_token_id is neither a token id nor a list of them");
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

/// One string, several, or none.
fn strings(said: Option<&Value>) -> Result<Vec<String>> {
    let wrong = || anyhow!("{GENERATION}: stop_strings is neither a string nor a list of them");
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

/// Jinja as `transformers` sets it up, without what changes from day to day:
/// templates that ask for the date fall back to theirs.
fn environment(source: &str, template: String) -> Result<Environment<'static>> {
    let mut environment = Environment::new();
    // Whatever the file is called, nothing that is said is escaped.
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    let mut syntax = SyntaxConfig::builder();
    environment.set_syntax(syntax.trim_blocks(true).lstrip_blocks(true).build()?);
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.add_function("raise_exception", |why: String| -> Result<String, Error> {
        Err(Error::new(ErrorKind::InvalidOperation, why))
    });
    if let Err(error) = environment.add_template_owned(source.to_owned(), template) {
        bail!("the chat template is no Jinja template: {error:#}");
    }
    Ok(environment)
}
