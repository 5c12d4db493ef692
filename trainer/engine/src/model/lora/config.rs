//! PEFT's `adapter_config.json`: the shape of what is added to a model.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::model::config::{ConfigError, FILE as MODEL};
use crate::model::config_json::{read_json, write_json};
use crate::model::json_object::Json;

/// The file, beside the adapter's weights.
pub const FILE: &str = "adapter_config.json";

/// Matrices of a layer that something can be added to, as Hugging Face calls them.
pub const MODULES: [&str; 7] = [
    "q_proj",
    "k_proj",
    "v_proj",
    "o_proj",
    "gate_proj",
    "up_proj",
    "down_proj",
];

/// What is said of additions in ways that change what they compute, or where, and that
/// memloom does not know. Without meaning where it is null, false or empty.
const UNKNOWN: [&str; 18] = [
    "alora_invocation_tokens",
    "alpha_pattern",
    "arrow_config",
    "exclude_modules",
    "fan_in_fan_out",
    "kasa_config",
    "layer_replication",
    "layers_to_transform",
    "lora_bias",
    "modules_to_save",
    "monteclora_config",
    "rank_pattern",
    "target_parameters",
    "trainable_token_indices",
    "use_bdlora",
    "use_dora",
    "use_qalora",
    "velora_config",
];

/// Shape of what is added to a backbone.
#[derive(Clone, Debug, PartialEq)]
pub struct LoraConfig {
    /// Inner width of the products.
    pub rank: usize,
    /// Products are multiplied by this over `rank`.
    pub alpha: f64,
    /// Share of the products' inputs that training leaves out, below 1.
    pub dropout: f64,
    /// Matrices that have an addition: names of [`MODULES`], or longer ones that end
    /// with them, as in `model.layers.0.self_attn.q_proj`.
    pub targets: Vec<String>,
    /// Where the model is that they are added to: a folder, from the adapter's own or
    /// from the working directory.
    pub base: String,
}

impl LoraConfig {
    /// Whether a folder holds an adapter.
    pub fn is_in(folder: &Path) -> bool {
        folder.join(FILE).exists()
    }

    /// What products are multiplied by.
    pub(super) fn scale(&self) -> f64 {
        self.alpha / self.rank as f64
    }

    /// Whether something is added to a matrix.
    pub(super) fn adapts(&self, name: &str) -> bool {
        self.targets.iter().any(|target| {
            let before = name.strip_suffix(target.as_str());
            before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
        })
    }

    /// Errors that name what makes no sense.
    pub fn check(&self) -> Result<(), String> {
        if self.rank == 0 {
            return Err("rank = 0 must be at least 1".into());
        }
        if !(self.alpha > 0.0 && self.alpha.is_finite()) {
            return Err(format!("alpha = {} must be above 0", self.alpha));
        }
        if !(0.0..1.0).contains(&self.dropout) {
            let dropout = self.dropout;
            return Err(format!("dropout = {dropout} must be from 0 to below 1"));
        }
        if self.targets.is_empty() {
            return Err("targets is empty: nothing would be trained".into());
        }
        let unknown = self.targets.iter().find(|target| {
            let name = target.rsplit('.').next().unwrap_or_default();
            !MODULES.contains(&name)
        });
        match unknown {
            Some(target) => Err(format!(
                "targets names {target:?}; known are {}",
                MODULES.join(", ")
            )),
            None => Ok(()),
        }
    }

    /// The folder of the model that an adapter in `folder` belongs to.
    ///
    /// # Errors
    /// Where there is none.
    pub fn base_folder(&self, folder: &Path) -> Result<PathBuf, ConfigError> {
        let found = [folder.join(&self.base), PathBuf::from(&self.base)];
        let mut found = found.into_iter();
        let base = found.find(|base| base.join(MODEL).exists());
        base.ok_or_else(|| ConfigError::Unusable {
            path: folder.join(FILE),
            why: format!(
                "its base model {:?} is no folder with a {MODEL}: say where the model is, in backbone.path of a run file or with --base",
                self.base
            ),
        })
    }

    /// Reads an adapter's configuration and checks it.
    pub fn read(folder: &Path) -> Result<Self, ConfigError> {
        read_json(&folder.join(FILE), |file| {
            let config = Self::from_json(file)?;
            config.check().map(|()| config)
        })
    }

    fn from_json(file: &Json<'_>) -> Result<Self, String> {
        let kind = file.text("peft_type")?.ok_or("it has no peft_type")?;
        if kind != "LORA" {
            return Err(format!("peft_type is {kind}, only LORA is known"));
        }
        if let Some(bias) = file.text("bias")?.filter(|bias| *bias != "none") {
            return Err(format!("bias is {bias}, only none is known"));
        }
        // Others change the model that the adapter is for.
        match file.0.get("init_lora_weights") {
            None | Some(Value::Bool(_) | Value::Null) => {}
            Some(Value::String(name)) if name == "gaussian" => {}
            Some(other) => return Err(format!("init_lora_weights is {other}, not known")),
        }
        for key in UNKNOWN {
            file.refuse_set(key)?;
        }
        let targets = file.0.get("target_modules").and_then(Value::as_array);
        let targets = targets.ok_or("target_modules is no list of names")?;
        let names = targets.iter().map(|name| name.as_str().map(str::to_owned));
        let rank = file.count("r")?;
        let alpha = file.needed("lora_alpha")?;
        Ok(Self {
            rank,
            alpha: match file.flag("use_rslora")? {
                // Divided by the root of the rank.
                Some(true) => alpha * (rank as f64).sqrt(),
                _ => alpha,
            },
            dropout: file.number("lora_dropout")?.unwrap_or(0.0),
            targets: names
                .collect::<Option<_>>()
                .ok_or("target_modules is no list of names")?,
            base: file
                .text("base_model_name_or_path")?
                .unwrap_or_default()
                .into(),
        })
    }

    /// Writes what PEFT reads.
    pub(super) fn write(&self, folder: &Path) -> Result<(), ConfigError> {
        let file = json!({
            "peft_type": "LORA",
            "task_type": "CAUSAL_LM",
            "base_model_name_or_path": self.base,
            "r": self.rank,
            "lora_alpha": self.alpha,
            "lora_dropout": self.dropout,
            "target_modules": self.targets,
            "bias": "none",
            "fan_in_fan_out": false,
            "inference_mode": true,
            "init_lora_weights": true,
            "modules_to_save": null,
            "use_dora": false,
            "use_rslora": false,
        });
        write_json(&folder.join(FILE), &file)
    }
}
