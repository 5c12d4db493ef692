//! The shape of a LoRA adapter, and PEFT's `adapter_config.json`.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::model::config::{ConfigError, FILE as MODEL};
use crate::model::config_json::{read_json, write_json};
use crate::model::json_object::Json;

/// The configuration file of an adapter folder.
pub const FILE: &str = "adapter_config.json";

/// The matrices of a layer that an adapter can change, by Hugging Face's names.
pub const MODULES: [&str; 7] = [
    "q_proj",
    "k_proj",
    "v_proj",
    "o_proj",
    "gate_proj",
    "up_proj",
    "down_proj",
];

/// Settings of PEFT that change the computation in unsupported ways. They have no effect if null,
/// false or empty.
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

/// The shape of a LoRA adapter.
#[derive(Clone, Debug, PartialEq)]
pub struct LoraConfig {
    /// The rank of the products.
    pub rank: usize,
    /// The scale of the products, times `rank`.
    pub alpha: f64,
    /// The dropout probability of the products' inputs in training, below 1.
    pub dropout: f64,
    /// The adapted matrices: names in [`MODULES`], or longer names that end with one, such as
    /// `model.layers.0.self_attn.q_proj`.
    pub targets: Vec<String>,
    /// The folder of the base model, relative to the adapter's folder or to the working directory.
    pub base: String,
}

impl LoraConfig {
    /// Returns whether a folder holds an adapter.
    pub fn is_in(folder: &Path) -> bool {
        folder.join(FILE).exists()
    }

    /// Returns the scale of the products.
    pub(super) fn scale(&self) -> f64 {
        self.alpha / self.rank as f64
    }

    /// Returns whether the adapter changes a matrix.
    pub(super) fn adapts(&self, name: &str) -> bool {
        self.targets.iter().any(|target| {
            let before = name.strip_suffix(target.as_str());
            before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
        })
    }

    /// Checks the values. The error names the key.
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
                "targets names {target:?}; supported: {}",
                MODULES.join(", ")
            )),
            None => Ok(()),
        }
    }

    /// Returns the folder of the base model of an adapter in `folder`.
    ///
    /// # Errors
    /// Fails if there is no such folder.
    pub fn base_folder(&self, folder: &Path) -> Result<PathBuf, ConfigError> {
        let found = [folder.join(&self.base), PathBuf::from(&self.base)];
        let mut found = found.into_iter();
        let base = found.find(|base| base.is_file() || base.join(MODEL).exists());
        base.ok_or_else(|| ConfigError::Unusable {
            path: folder.join(FILE),
            why: format!(
                "the base model {:?} is neither a folder with {MODEL} nor a file: set backbone.path in the run file or pass --base",
                self.base
            ),
        })
    }

    /// Reads and checks the configuration of an adapter folder.
    pub fn read(folder: &Path) -> Result<Self, ConfigError> {
        read_json(&folder.join(FILE), |file| {
            let config = Self::from_json(file)?;
            config.check().map(|()| config)
        })
    }

    fn from_json(file: &Json<'_>) -> Result<Self, String> {
        let kind = file.text("peft_type")?.ok_or("missing peft_type")?;
        if kind != "LORA" {
            return Err(format!("unsupported peft_type {kind}; supported: LORA"));
        }
        if let Some(bias) = file.text("bias")?.filter(|bias| *bias != "none") {
            return Err(format!("unsupported bias {bias}; supported: none"));
        }
        // Other initialisations change the base model.
        match file.0.get("init_lora_weights") {
            None | Some(Value::Bool(_) | Value::Null) => {}
            Some(Value::String(name)) if name == "gaussian" => {}
            Some(other) => {
                return Err(format!(
                    "unsupported init_lora_weights {other}; supported: true, false, gaussian"
                ));
            }
        }
        for key in UNKNOWN {
            file.refuse_set(key)?;
        }
        let targets = file.0.get("target_modules").and_then(Value::as_array);
        let targets = targets.ok_or("target_modules must be a list of names")?;
        let names = targets.iter().map(|name| name.as_str().map(str::to_owned));
        let rank = file.count("r")?;
        let alpha = file.needed("lora_alpha")?;
        Ok(Self {
            rank,
            alpha: match file.flag("use_rslora")? {
                // Rank-stabilised LoRA divides by the root of the rank.
                Some(true) => alpha * (rank as f64).sqrt(),
                _ => alpha,
            },
            dropout: file.number("lora_dropout")?.unwrap_or(0.0),
            targets: names
                .collect::<Option<_>>()
                .ok_or("target_modules must be a list of names")?,
            base: file
                .text("base_model_name_or_path")?
                .unwrap_or_default()
                .into(),
        })
    }

    /// Writes the configuration as PEFT reads it.
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
