//! Types of weights in files.

/// Type of the weights in files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stored {
    /// 32 bits.
    #[default]
    Float32,
    /// 16 bits, 5 of them exponent.
    Float16,
    /// 16 bits, 8 of them exponent.
    Bfloat16,
}

impl Stored {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Float32, Self::Float16, Self::Bfloat16];

    /// As configurations call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float32 => "float32",
            Self::Float16 => "float16",
            Self::Bfloat16 => "bfloat16",
        }
    }
}
