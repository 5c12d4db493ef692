//! Relations between things.

use crate::questions::kind::Kind;

/// A relation. A subject has one value of each of its relations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// A person's teacher.
    Mentor,
    /// The firm that a person works for.
    Firm,
    /// The town that a person lives in.
    Home,
    /// The person who leads a firm.
    Head,
    /// The town that a firm is in.
    Base,
    /// A firm's product.
    Product,
    /// The person who leads a town.
    Mayor,
    /// The river that a town is at.
    River,
    /// A town's dish.
    Dish,
}

impl Relation {
    /// All relations, three for each kind of subject in turn.
    pub const ALL: [Self; 9] = [
        Self::Mentor,
        Self::Firm,
        Self::Home,
        Self::Head,
        Self::Base,
        Self::Product,
        Self::Mayor,
        Self::River,
        Self::Dish,
    ];

    /// Returns the word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mentor => "mentor",
            Self::Firm => "firm",
            Self::Home => "home",
            Self::Head => "head",
            Self::Base => "base",
            Self::Product => "product",
            Self::Mayor => "mayor",
            Self::River => "river",
            Self::Dish => "dish",
        }
    }

    /// Returns the place of its domain in [`DOMAINS`](super::kind::DOMAINS).
    #[must_use]
    pub fn domain(self) -> usize {
        self as usize / Kind::SUBJECTS.len()
    }

    /// Returns the kind of its subjects.
    #[must_use]
    pub fn subject(self) -> Kind {
        Kind::SUBJECTS[self.domain()]
    }

    /// Returns the kind of its values.
    #[must_use]
    pub fn value(self) -> Kind {
        match self {
            Self::Mentor | Self::Head | Self::Mayor => Kind::Person,
            Self::Firm => Kind::Firm,
            Self::Home | Self::Base => Kind::Town,
            Self::Product => Kind::Product,
            Self::River => Kind::River,
            Self::Dish => Kind::Dish,
        }
    }

    /// Returns the relations of a kind of subject.
    pub fn of(kind: Kind) -> impl Iterator<Item = Self> {
        Self::ALL
            .into_iter()
            .filter(move |relation| relation.subject() == kind)
    }

    /// Returns the sentence that states a value of it.
    #[must_use]
    pub fn sentence(self, subject: &str, value: &str) -> String {
        format!("The {} of {subject} is {value}.", self.name())
    }
}
