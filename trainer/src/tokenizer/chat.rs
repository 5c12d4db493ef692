//! A chat model's wording: its template, rendered as Hugging Face renders it, and
//! what ends its replies. Nothing that is said can forge a special token.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use memloom_runtime::types::Message;
use minijinja::Environment;
use minijinja::value::{Serde, Value as Variable};
use serde_json::{Map, Value};

use super::jinja::{Raised, environment};
use super::{ends, special_tokens};

/// Templates and special tokens.
pub(super) const CONFIG: &str = "tokenizer_config.json";
/// The template, in newer folders.
const TEMPLATE: &str = "chat_template.jinja";
/// Strings and tokens that end a completion.
pub(super) const GENERATION: &str = "generation_config.json";
/// The model's shape and, in some folders alone, tokens that end a completion.
pub(super) const MODEL: &str = "config.json";
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
    pub(super) marked: tokenizers::Tokenizer,
    /// Strings that end a reply.
    pub(super) stop_strings: Vec<String>,
    /// Bytes by name.
    files: BTreeMap<&'static str, Vec<u8>>,
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

    /// Reads the template, gives the tokenizer the tokens that only other files know, and
    /// reads what ends a reply: first what the template ends a turn with,
    /// if that does.
    pub(super) fn load(
        folder: &Path,
        model: &Path,
        tokenizer: &mut tokenizers::Tokenizer,
    ) -> Result<(Self, Arc<[u32]>)> {
        let mut files = BTreeMap::new();
        let tokens = [special_tokens::ROLES, special_tokens::IDS];
        let others = [super::FILE, CONFIG, TEMPLATE, GENERATION, MODEL];
        for name in tokens.into_iter().chain(others) {
            let own = folder.join(name);
            let path = match name {
                GENERATION | MODEL if !own.exists() => model.join(name),
                _ => own,
            };
            if path.exists() {
                let bytes = std::fs::read(&path)
                    .with_context(|| format!("cannot read {}", path.display()))?;
                files.insert(name, bytes);
            }
        }
        let json = |name: &str| -> Result<Map<String, Value>> {
            let text = files.get(name).map_or(&b"{}"[..], Vec::as_slice);
            serde_json::from_slice(text).with_context(|| format!("{name} is no JSON object"))
        };
        let mut config = json(CONFIG)?;
        special_tokens::merge(&mut config, json(special_tokens::ROLES)?);
        special_tokens::add(tokenizer, &config, &json(special_tokens::IDS)?)?;
        let named = special_tokens::named(&config);
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
        let source = folder.join(name).display().to_string();
        // As in transformers, they are there and none.
        let nothing = ["tools", "documents"].map(|name| (name, Variable::from(())));
        let tokens = named.iter().map(|(name, token)| (*name, (*token).into()));
        let variables = nothing.into_iter().chain(tokens);
        let mut generation = json(GENERATION)?;
        let said = ends::complete(&mut generation, json(MODEL)?);
        let eos = named.iter().find(|(name, _)| *name == "eos_token");
        let eos = eos.map(|(_, token)| *token);
        let mut ends = ends::read(tokenizer, &generation, said, eos)?;
        // The weights are written with a configuration of their own.
        files.remove(MODEL);
        if said == MODEL {
            files.insert(GENERATION, serde_json::to_vec_pretty(&generation)?);
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
            templates: environment(&source, &template)?,
            source,
            variables: variables
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            marked,
            stop_strings: strings(generation.get("stop_strings"))?,
            files,
        };
        let turn = chat.end_of_turn();
        ends.sort_by_key(|end| Some(*end) != turn);
        Ok((chat, ends.into()))
    }

    /// Writes the files as they were; where only the model's configuration says what
    /// ends a reply, `generation_config.json` says so from then on.
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
        messages: &[Message],
    ) -> Result<Vec<u32>> {
        let ids = |tokenizer: &tokenizers::Tokenizer, text: &str| -> Result<Vec<u32>> {
            let encoding = tokenizer.encode_fast(text, false);
            Ok(encoding.map_err(|error| anyhow!(error))?.get_ids().to_vec())
        };
        let forged =
            |text: &str| text.contains(MARK) || self.special.iter().any(|s| text.contains(s));
        if !messages.iter().any(|message| forged(&message.content)) {
            let all = messages
                .iter()
                .map(|message| (&*message.role, &*message.content));
            return ids(&self.marked, &self.render(all, true)?);
        }
        let places: Vec<String> = (0..messages.len())
            .map(|number| format!("{MARK}{number}{MARK}"))
            .collect();
        let all = messages.iter().zip(&places);
        let all = all.map(|(message, place)| (&*message.role, &**place));
        let around = self.render(all, true)?;
        let mut tokens = Vec::new();
        for (index, part) in around.split(MARK).enumerate() {
            if index % 2 == 0 {
                tokens.extend(ids(&self.marked, part)?);
                continue;
            }
            let number: usize = part.parse().context(
                "the chat template changes what is said, and a message holds the writing of a special token",
            )?;
            tokens.extend(ids(plain, &messages[number].content)?);
        }
        Ok(tokens)
    }

    /// The token that the template ends a turn of the assistant with, if it is one.
    pub(super) fn end_of_turn(&self) -> Option<u32> {
        const REPLY: &str = "A reply.";
        let turns = [("user", "A question?"), ("assistant", REPLY)];
        let chat = self.render(turns.into_iter(), false).ok()?;
        let (_, after) = chat.rsplit_once(REPLY)?;
        let tokens = self.marked.get_added_tokens_decoder().into_iter();
        let tokens = tokens.filter(|(_, token)| !token.content.is_empty());
        let places = tokens.filter_map(|(id, token)| {
            let place = after.find(&token.content)?;
            Some((place, Reverse(token.content.len()), id))
        });
        places.min().map(|(_, _, id)| id)
    }

    /// Renders chats of all shapes, whose messages say nothing. Returns a line for each
    /// shape but the first that the template itself refuses.
    pub(super) fn trial(&self) -> Result<Vec<String>> {
        const SHAPES: [&[&str]; 4] = [
            &["user"],
            &["system", "user"],
            &["user", "assistant", "user"],
            &["system", "user", "assistant", "user"],
        ];
        let mut refusals = Vec::new();
        for (number, roles) in SHAPES.into_iter().enumerate() {
            let messages = roles.iter().map(|role| (*role, "A sentence."));
            let Err(error) = self.render(messages, true) else {
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

    /// The messages, and the beginning of a reply where one is `asked` for.
    fn render<'a>(
        &self,
        messages: impl Iterator<Item = (&'a str, &'a str)>,
        asked: bool,
    ) -> Result<String> {
        let messages: Vec<Variable> = messages
            .map(|(role, content)| minijinja::context! { role, content })
            .collect();
        let template = self.templates.get_template(&self.source)?;
        let context = minijinja::context! {
            messages,
            add_generation_prompt => asked,
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

#[cfg(test)]
mod tests;
