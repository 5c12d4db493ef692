//! The algorithms, a file each. A run file names one in `algorithm.name`.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::algorithm::{Algorithm, Settings};

/// Declares each algorithm's file and lists it under its name.
macro_rules! algorithms {
    ($($name:literal => $file:ident::$algorithm:ident,)*) => {
        $(pub mod $file;)*

        const ALGORITHMS: &[(&str, fn(&Settings) -> Box<dyn Algorithm>)] =
            &[$(($name, |settings| Box::new($file::$algorithm::new(settings)))),*];
    };
}

algorithms! {
    "logo-grpo" => logo_grpo::LogoGrpo,
    "local-grpo" => local_grpo::LocalGrpo,
    "session-grpo" => session_grpo::SessionGrpo,
    "grpo" => grpo::Grpo,
    "rloo" => rloo::Rloo,
    "reinforce++" => reinforce_plus_plus::ReinforcePlusPlus,
    "gigpo" => gigpo::GiGpo,
    "ppo" => ppo::Ppo,
    "dpo" => dpo::Dpo,
    "webrl" => webrl::WebRl,
}

/// The name of an algorithm. Reads from and writes to a string; a name that no algorithm
/// has is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct AlgorithmName(&'static str);

impl AlgorithmName {
    /// LoGo-GRPO, the default.
    pub const LOGO_GRPO: Self = Self("logo-grpo");

    /// Returns the names of all algorithms.
    pub fn all() -> impl Iterator<Item = Self> {
        ALGORITHMS.iter().map(|(name, _)| Self(name))
    }

    /// Returns the algorithm of this name.
    pub fn build(self, settings: &Settings) -> Box<dyn Algorithm> {
        let (_, build) = ALGORITHMS
            .iter()
            .find(|(name, _)| *name == self.0)
            .expect("a name is only made from one in the list");
        build(settings)
    }

    /// Returns the name as run files write it.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl TryFrom<String> for AlgorithmName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let known = Self::all().find(|name| name.0 == text);
        known.ok_or_else(|| {
            let known: Vec<&str> = Self::all().map(Self::as_str).collect();
            format!(
                "there is no algorithm {text:?}; there are: {}",
                known.join(", ")
            )
        })
    }
}

impl<'de> Deserialize<'de> for AlgorithmName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod published;
#[cfg(test)]
mod tests;
