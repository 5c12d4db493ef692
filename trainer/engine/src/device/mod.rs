//! Where tensors are: on the processor, or on an NVIDIA GPU.

#[cfg(feature = "cuda")]
mod cuda;

use std::fmt;
use std::str::FromStr;

use anyhow::Result;
use burn::backend::Autodiff;
use burn_flex::Flex;
use serde::{Deserialize, Serialize};

use crate::kernels::Trainable;

/// A device that models train and sample on: `cpu`, or `cuda:` and a number.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum Device {
    /// The processor. The same seed gives the same bytes.
    #[default]
    Cpu,
    /// An NVIDIA GPU, for programs built with the cargo feature `cuda`. Sums may be in
    /// another order from run to run.
    Cuda(usize),
}

/// What can be done on any device.
pub trait Work {
    /// What comes of it.
    type Done;

    /// Does it with tensors that are on `device`.
    fn on<B: Trainable>(self, device: &B::Device) -> Self::Done;
}

struct Nothing;

impl Work for Nothing {
    type Done = ();

    fn on<B: Trainable>(self, _: &B::Device) {}
}

impl Device {
    /// Does `work` on this device.
    ///
    /// # Errors
    /// Where there is no such device, or this program cannot use it.
    pub fn run<W: Work>(self, work: W) -> Result<W::Done> {
        match self {
            Self::Cpu => Ok(work.on::<Autodiff<Flex>>(&Default::default())),
            #[cfg(feature = "cuda")]
            Self::Cuda(number) => Ok(work.on::<Autodiff<burn_cuda::Cuda>>(&cuda::find(number)?)),
            #[cfg(not(feature = "cuda"))]
            Self::Cuda(_) => anyhow::bail!(
                "device {self}: this program was built without CUDA; build it with `cargo build --release --features memloom-trainer/cuda`, or use the device cpu"
            ),
        }
    }

    /// Looks whether it can be used.
    ///
    /// # Errors
    /// Where there is no such device, or this program cannot use it.
    pub fn check(self) -> Result<()> {
        self.run(Nothing)
    }

    /// What the GPU's driver calls it; none on the processor.
    ///
    /// # Errors
    /// Where there is no such GPU.
    pub fn name(self) -> Result<Option<String>> {
        match self {
            #[cfg(feature = "cuda")]
            Self::Cuda(number) => cuda::name(number).map(Some),
            _ => Ok(None),
        }
    }

    /// Memory that is taken on the GPU, in bytes, by whomever; none on the processor.
    /// What tensors have left stays taken, so that this is the most that there was.
    ///
    /// # Errors
    /// Where there is no such GPU.
    pub fn taken_bytes(self) -> Result<Option<u64>> {
        match self {
            #[cfg(feature = "cuda")]
            Self::Cuda(number) => cuda::taken(number).map(Some),
            _ => Ok(None),
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => write!(f, "cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

impl From<Device> for String {
    fn from(device: Device) -> Self {
        device.to_string()
    }
}

impl FromStr for Device {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_prefix("cuda:").map(str::parse);
        match (text, number) {
            ("cpu", _) => Ok(Self::Cpu),
            ("cuda", _) => Ok(Self::Cuda(0)),
            (_, Some(Ok(number))) => Ok(Self::Cuda(number)),
            _ => Err(format!(
                "there is no device {text:?}: use cpu, or cuda:0 for the first GPU"
            )),
        }
    }
}

impl TryFrom<String> for Device {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// What tests of models and losses run on: with the feature `cuda` it is the first GPU.
#[cfg(test)]
pub(crate) mod tested {
    #[cfg(feature = "cuda")]
    pub use burn_cuda::Cuda as Plain;
    #[cfg(not(feature = "cuda"))]
    pub use burn_flex::Flex as Plain;

    /// The same with gradients.
    pub type Tracked = burn::backend::Autodiff<Plain>;
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn devices_have_names() {
        for (text, device) in [("cpu", Device::Cpu), ("cuda:3", Device::Cuda(3))] {
            assert_eq!(text.parse(), Ok(device));
            assert_eq!(device.to_string(), text);
        }
        assert_eq!("cuda".parse(), Ok(Device::Cuda(0)));
        for text in ["", "gpu", "cuda:", "cuda:-1", "cuda:x", "CPU"] {
            let error = text.parse::<Device>().unwrap_err();
            assert!(
                error.contains(&format!("{text:?}")) && error.contains("cuda:0"),
                "{error}"
            );
        }
    }

    /// On a machine without a GPU, or in a program without CUDA.
    #[test]
    fn a_device_that_is_not_there_is_named() {
        assert!(Device::Cpu.check().is_ok());
        let error = Device::Cuda(7000).check().unwrap_err().to_string();
        assert!(
            error.starts_with("device cuda:7000: ") && error.ends_with("use the device cpu"),
            "{error}"
        );
    }
}
