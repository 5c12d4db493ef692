//! Activations of gated linear units.

/// The activation of a gated linear unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// x σ(x), as in SwiGLU.
    Silu,
    /// GELU in its approximation by tanh.
    GeluTanh,
}
