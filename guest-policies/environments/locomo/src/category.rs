//! Categories of questions.

/// A category of LoCoMo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// Needs several turns. Code 1.
    MultiHop,
    /// Asks for a time. Code 2.
    Temporal,
    /// Needs general knowledge. Code 3.
    OpenDomain,
    /// Needs one turn. Code 4.
    SingleHop,
    /// Has a false premise. Code 5; Memory-R2 leaves these out.
    Adversarial,
}

impl Category {
    /// All categories in the order of their codes.
    pub const ALL: [Self; 5] = [
        Self::MultiHop,
        Self::Temporal,
        Self::OpenDomain,
        Self::SingleHop,
        Self::Adversarial,
    ];

    /// Returns the category of a code in the published file.
    #[must_use]
    pub fn from_code(code: u32) -> Option<Self> {
        Self::ALL.get((code as usize).checked_sub(1)?).copied()
    }

    /// Returns its name in reports.
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
