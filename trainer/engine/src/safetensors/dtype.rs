//! The types of weights in files.

/// The type of the weights in files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WeightDtype {
    /// 32-bit floats.
    #[default]
    Float32,
    /// 16-bit floats with 5 exponent bits.
    Float16,
    /// 16-bit floats with 8 exponent bits.
    Bfloat16,
}

impl WeightDtype {
    /// All types.
    pub(crate) const ALL: [Self; 3] = [Self::Float32, Self::Float16, Self::Bfloat16];

    /// Returns the name in configuration files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float32 => "float32",
            Self::Float16 => "float16",
            Self::Bfloat16 => "bfloat16",
        }
    }
}
