//! Families of decoders, as Hugging Face's `config.json` tells them apart. All are
//! the same decoder with other parts switched on; a file each says which, and what
//! the family's files leave out.

mod llama;
mod qwen2;
mod qwen3;

use serde_json::{Map, Value};

use crate::model::config::BackboneConfig;

/// Whose conventions a model's files follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Llama 2 and 3; also memloom's own small backbones.
    Llama,
    /// Qwen2 and Qwen2.5.
    Qwen2,
    /// Qwen3's dense models.
    Qwen3,
}

impl Family {
    const ALL: [Self; 3] = [Self::Llama, Self::Qwen2, Self::Qwen3];

    /// `model_type` of a `config.json`.
    pub fn model_type(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::Qwen2 => "qwen2",
            Self::Qwen3 => "qwen3",
        }
    }

    /// The class that `transformers` loads it with.
    pub(super) fn architecture(self) -> &'static str {
        match self {
            Self::Llama => "LlamaForCausalLM",
            Self::Qwen2 => "Qwen2ForCausalLM",
            Self::Qwen3 => "Qwen3ForCausalLM",
        }
    }

    /// The family that a file names.
    pub(super) fn of(file: &Json<'_>) -> Result<Self, String> {
        let name = file.text("model_type")?.ok_or("it has no model_type")?;
        let mut all = Self::ALL.into_iter();
        all.find(|family| family.model_type() == name)
            .ok_or_else(|| {
                let known = Self::ALL.map(Self::model_type).join(", ");
                format!("the architecture {name} is not known; known are {known}")
            })
    }

    /// Fills in what is the family's own.
    pub(super) fn complete(
        self,
        config: &mut BackboneConfig,
        file: &Json<'_>,
    ) -> Result<(), String> {
        match self {
            Self::Llama => llama::complete(config, file),
            Self::Qwen2 => qwen2::complete(config, file),
            Self::Qwen3 => qwen3::complete(config, file),
        }
    }
}

/// A JSON object with complaints that name the key. `null` is as good as nothing.
pub(super) struct Json<'a>(pub(super) &'a Map<String, Value>);

impl<'a> Json<'a> {
    fn get(&self, key: &str) -> Option<&'a Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    fn typed<T>(
        &self,
        key: &str,
        what: &str,
        of: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, String> {
        let wrong = |value| format!("{key} is {value}, expected {what}");
        self.get(key)
            .map(|value| of(value).ok_or_else(|| wrong(value)))
            .transpose()
    }

    pub(super) fn count(&self, key: &str) -> Result<usize, String> {
        let count = self.typed(key, "a number of things", Value::as_u64)?;
        let count = count.ok_or_else(|| format!("it has no {key}"))?;
        usize::try_from(count).map_err(|_| format!("{key} is {count}, which is too many"))
    }

    pub(super) fn count_or(&self, key: &str, default: usize) -> Result<usize, String> {
        match self.get(key) {
            Some(_) => self.count(key),
            None => Ok(default),
        }
    }

    pub(super) fn number(&self, key: &str) -> Result<Option<f64>, String> {
        self.typed(key, "a number", Value::as_f64)
    }

    pub(super) fn needed(&self, key: &str) -> Result<f64, String> {
        self.number(key)?.ok_or_else(|| format!("it has no {key}"))
    }

    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>, String> {
        self.typed(key, "true or false", Value::as_bool)
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<&'a str>, String> {
        self.typed(key, "a string", Value::as_str)
    }

    pub(super) fn object(&self, key: &str) -> Result<Option<Json<'a>>, String> {
        self.typed(key, "an object", |value| value.as_object().map(Json))
    }

    /// Refuses something that memloom does not know, where it says more than nothing.
    pub(super) fn refuse_set(&self, key: &str) -> Result<(), String> {
        match self.get(key) {
            None | Some(Value::Bool(false)) => Ok(()),
            Some(Value::Array(items)) if items.is_empty() => Ok(()),
            Some(Value::Object(items)) if items.is_empty() => Ok(()),
            Some(value) => Err(format!("{key} is {value}, which memloom does not know")),
        }
    }

    /// Refuses a part that the decoder does not have.
    pub(super) fn refuse(&self, key: &str) -> Result<(), String> {
        match self.flag(key)? {
            Some(true) => Err(format!("{key} is true, which memloom does not know")),
            _ => Ok(()),
        }
    }
}
