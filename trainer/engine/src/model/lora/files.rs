//! Adapter folders in PEFT's layout: `adapter_config.json` and `adapter_model.safetensors`, with
//! PEFT's names and orientation.

use std::path::Path;

use burn::tensor::{Tensor, TensorData};

use crate::kernels::{Kernels, floats};
use crate::model::decoder::Backbone;
use crate::model::lora::{Lora, LoraConfig};
use crate::model::parameter_names::VALUE_HEAD;
use crate::model::weights::{ModelFileError, transpose_into};
use crate::safetensors::{Reader, WeightDtype, WeightsError, Writer};

/// The weights file of an adapter folder.
pub(in crate::model) const WEIGHTS: &str = "adapter_model.safetensors";

/// Returns PEFT's name of the matrix `A` or `B`.
fn name(module: &str, letter: char) -> String {
    format!("base_model.model.{module}.lora_{letter}.weight")
}

impl<B: Kernels> Lora<B> {
    /// Writes the adapter, and the value head if there is one, into `folder`.
    pub(in crate::model) fn save(
        &self,
        folder: &Path,
        value_head: Option<&Tensor<B, 2>>,
    ) -> Result<(), ModelFileError> {
        let mut file = Writer::new(WeightDtype::Float32, ("format", "pt"));
        for part in self.layers.iter().flatten().flatten() {
            for (letter, matrix) in [('A', &part.a), ('B', &part.b)] {
                let [inputs, outputs] = matrix.dims();
                file.put(name(&part.name, letter), &[outputs, inputs], || {
                    floats(matrix.clone().transpose())
                });
            }
        }
        if let Some(head) = value_head {
            file.put(VALUE_HEAD.into(), &[1, head.dims()[0]], || {
                floats(head.clone())
            });
        }
        self.config.write(folder)?;
        file.write(&folder.join(WEIGHTS))?;
        Ok(())
    }
}

impl<B: Kernels> Backbone<B> {
    /// Adds the adapter in a folder, written by PEFT or [`Backbone::save`]. Its files must hold no
    /// other tensors.
    pub fn with_adapter(mut self, folder: &Path) -> Result<Self, ModelFileError> {
        let config = LoraConfig::read(folder)?;
        let mut file = Reader::open(&folder.join(WEIGHTS))?;
        let device = self.device();
        let mut take = |name: &str, [inputs, outputs]: [usize; 2]| {
            let theirs = file.take(name, &[outputs, inputs])?;
            let mut ours = vec![0.0; inputs * outputs];
            transpose_into(&theirs, inputs, &mut ours, outputs, 0);
            let data = TensorData::new(ours, [inputs, outputs]);
            Ok::<_, WeightsError>(Tensor::<B, 2>::from_data(data, &device))
        };
        let lora = Lora::of(&config, &self.config, |module, inputs, outputs| {
            Ok::<_, WeightsError>([
                take(&name(module, 'A'), [inputs, config.rank])?,
                take(&name(module, 'B'), [config.rank, outputs])?,
            ])
        })?;
        if file.has(VALUE_HEAD) {
            let hidden = self.config.hidden_size;
            let values = file.take(VALUE_HEAD, &[1, hidden])?;
            let head = Tensor::from_data(TensorData::new(values, [hidden, 1]), &device);
            self.value_head = Some(head.require_grad());
        }
        file.finish()?;
        Ok(self.attach(lora))
    }

    /// Reads weights of this model that [`Backbone::save`] wrote.
    pub fn reload(&self, folder: &Path) -> Result<Self, ModelFileError> {
        match self.lora {
            Some(_) => self.clone().with_adapter(folder),
            None => Ok(Self::load(folder, &self.device())?
                .within(self.context())
                .with_precision(self.precision)),
        }
    }
}
