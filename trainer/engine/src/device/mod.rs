//! Devices that hold tensors: the CPU, or an NVIDIA GPU.

#[cfg(feature = "cuda")]
mod cuda;

use std::fmt;
use std::str::FromStr;

use anyhow::Result;
use burn::backend::Autodiff;
use burn_flex::Flex;
use serde::{Deserialize, Serialize};

use crate::kernels::Trainable;

/// A device for training and sampling: `cpu`, or `cuda:` and a number.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum Device {
    /// The CPU. The same seed gives the same bytes.
    #[default]
    Cpu,
    /// An NVIDIA GPU, in programs built with the cargo feature `cuda`. The order of sums may differ
    /// between runs.
    Cuda(usize),
}

/// Generic code that runs on any device. A closure cannot be generic over the backend, so this is a
/// trait.
pub trait Work {
    /// The result.
    type Done;

    /// Runs with tensors on `device`.
    fn on<B: Trainable>(self, device: &B::Device) -> Self::Done;
}

struct Nothing;

impl Work for Nothing {
    type Done = ();

    fn on<B: Trainable>(self, _: &B::Device) {}
}

impl Device {
    /// Runs `work` on this device.
    ///
    /// # Errors
    /// Fails if the device does not exist or this program cannot use it.
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

    /// Checks that this device can be used.
    ///
    /// # Errors
    /// Fails if the device does not exist or this program cannot use it.
    pub fn check(self) -> Result<()> {
        self.run(Nothing)
    }

    /// Returns the GPU's name as its driver reports it, or `None` on the CPU.
    ///
    /// # Errors
    /// Fails if the GPU does not exist.
    pub fn name(self) -> Result<Option<String>> {
        match self {
            #[cfg(feature = "cuda")]
            Self::Cuda(number) => cuda::name(number).map(Some),
            _ => Ok(None),
        }
    }

    /// Returns the bytes of GPU memory in use by all processes, or `None` on the CPU. Freed tensors
    /// stay in burn's pool, so this is also the peak.
    ///
    /// # Errors
    /// Fails if the GPU does not exist.
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
                "unknown device {text:?}: use cpu, or cuda:0 for the first GPU"
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

/// The backend of model and loss tests: the CPU, or the first GPU with the feature `cuda`.
#[cfg(test)]
pub(crate) mod tested {
    #[cfg(feature = "cuda")]
    pub use burn_cuda::Cuda as Plain;
    #[cfg(not(feature = "cuda"))]
    pub use burn_flex::Flex as Plain;

    /// The same backend with gradients.
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

    /// Holds on a machine without a GPU, and in a program without CUDA.
    #[test]
    fn a_missing_device_is_named() {
        assert!(Device::Cpu.check().is_ok());
        let error = Device::Cuda(7000).check().unwrap_err().to_string();
        assert!(
            error.starts_with("device cuda:7000: ") && error.ends_with("use the device cpu"),
            "{error}"
        );
    }
}
