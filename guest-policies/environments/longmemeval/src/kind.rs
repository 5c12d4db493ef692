//! Kinds of questions.

/// A kind of question. Its name is the category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Kind {
    /// Asks for something that the user said in one session.
    User,
    /// Asks for something that the assistant said in one session.
    Assistant,
    /// Wants an answer that suits the user. The published answer is a rubric.
    Preference,
    /// Needs several sessions.
    MultiSession,
    /// Needs dates.
    Temporal,
    /// Asks for something that has changed.
    KnowledgeUpdate,
    /// Cannot be answered. The published answer says why.
    Abstention,
    /// A kind that the benchmark does not have.
    Other,
}

/// The end of the ids of questions that cannot be answered, whatever their type.
const ABSTENTION: &str = "_abs";

impl Kind {
    /// All kinds in the order of reports.
    pub const ALL: [Self; 8] = [
        Self::User,
        Self::Assistant,
        Self::Preference,
        Self::MultiSession,
        Self::Temporal,
        Self::KnowledgeUpdate,
        Self::Abstention,
        Self::Other,
    ];

    /// Returns its name: the published type, `abstention` or `other`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "single-session-user",
            Self::Assistant => "single-session-assistant",
            Self::Preference => "single-session-preference",
            Self::MultiSession => "multi-session",
            Self::Temporal => "temporal-reasoning",
            Self::KnowledgeUpdate => "knowledge-update",
            Self::Abstention => "abstention",
            Self::Other => "other",
        }
    }

    /// Returns the kind of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Returns the kind of a question with this id and published type.
    #[must_use]
    pub fn of(id: &str, published: &str) -> Self {
        match Self::parse(published) {
            _ if id.ends_with(ABSTENTION) => Self::Abstention,
            Some(kind) if kind != Self::Abstention => kind,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_says_that_there_is_no_answer_and_the_type_the_rest() {
        assert_eq!(Kind::of("q1_abs", "multi-session"), Kind::Abstention);
        assert_eq!(Kind::of("q1_abs_2", "multi-session"), Kind::MultiSession);
        assert_eq!(Kind::of("q1", "abstention"), Kind::Other);
        assert_eq!(Kind::of("q1", "two-sessions"), Kind::Other);
    }
}
