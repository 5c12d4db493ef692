//! Kinds of questions.

/// A category of LoCoMo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// Needs several turns. Code 1.
    MultiHop,
    /// Asks when. Code 2.
    Temporal,
    /// Needs knowledge of the world. Code 3.
    OpenDomain,
    /// Needs one turn. Code 4.
    SingleHop,
    /// Assumes what was never said. Code 5; Memory-R2 leaves these out.
    Adversarial,
}

impl Category {
    /// In the order of their codes.
    pub const ALL: [Self; 5] = [
        Self::MultiHop,
        Self::Temporal,
        Self::OpenDomain,
        Self::SingleHop,
        Self::Adversarial,
    ];

    /// The category that the published file means by a number.
    #[must_use]
    pub fn from_code(code: u32) -> Option<Self> {
        Self::ALL.get((code as usize).checked_sub(1)?).copied()
    }

    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MultiHop => "multi-hop",
            Self::Temporal => "temporal",
            Self::OpenDomain => "open-domain",
            Self::SingleHop => "single-hop",
            Self::Adversarial => "adversarial",
        }
    }
}
