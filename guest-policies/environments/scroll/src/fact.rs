//! The closed language: one sentence for each fact, and questions that join one or two of them.

use memloom_sdk::types::LexiconKind;

/// A relation of a person: to a value, or to another person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The city of residence.
    City,
    /// The job.
    Job,
    /// The pet.
    Pet,
    /// The hobby.
    Hobby,
    /// The mentor, another person.
    Mentor,
    /// The friend, another person.
    Friend,
}

impl Relation {
    /// The relations to values, about which is asked.
    pub const VALUES: [Self; 4] = [Self::City, Self::Job, Self::Pet, Self::Hobby];
    /// The relations to other people.
    pub const PEOPLE: [Self; 2] = [Self::Mentor, Self::Friend];

    /// Returns the word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::City => "city",
            Self::Job => "job",
            Self::Pet => "pet",
            Self::Hobby => "hobby",
            Self::Mentor => "mentor",
            Self::Friend => "friend",
        }
    }

    /// Returns its values, one word each; none if they are people.
    #[must_use]
    pub fn values(self) -> &'static [&'static str] {
        match self {
            Self::City => &CITIES,
            Self::Job => &JOBS,
            Self::Pet => &PETS,
            Self::Hobby => &HOBBIES,
            Self::Mentor | Self::Friend => &[],
        }
    }

    fn parse(name: &str) -> Option<Self> {
        let mut all = Self::VALUES.into_iter().chain(Self::PEOPLE);
        all.find(|relation| relation.name() == name)
    }
}

/// A fact about a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// The person.
    pub person: String,
    /// The relation.
    pub relation: Relation,
    /// The value, or another person.
    pub value: String,
}

impl Fact {
    /// Returns the sentence that states it.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Self { person, value, .. } = self;
        format!("The {} of {person} is {value}.", self.relation.name())
    }

    /// Reads a sentence; none if it states no fact.
    #[must_use]
    pub fn parse(sentence: &str) -> Option<Self> {
        let (relation, rest) = sentence.strip_prefix("The ")?.split_once(" of ")?;
        let (person, value) = rest.strip_suffix('.')?.split_once(" is ")?;
        Some(Self {
            person: person.into(),
            relation: Relation::parse(relation)?,
            value: value.into(),
        })
    }
}

/// A question about a person, or about one whom a relation leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The person who is named.
    pub person: String,
    /// The relation to the person who is meant; none if it is the one who is named.
    pub through: Option<Relation>,
    /// The relation that is asked for.
    pub relation: Relation,
}

impl Query {
    /// Returns the question.
    #[must_use]
    pub fn text(&self) -> String {
        let asked = self.relation.name();
        match self.through {
            None => format!("What is the {asked} of {}?", self.person),
            Some(through) => {
                let through = through.name();
                format!("What is the {asked} of the {through} of {}?", self.person)
            }
        }
    }

    /// Reads a question; none if it is of another form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let parts = text.strip_prefix("What is the ")?.strip_suffix('?')?;
        let mut parts = parts.split(" of ");
        let relation = Relation::parse(parts.next()?)?;
        let (second, third) = (parts.next()?, parts.next());
        let (through, person) = match third {
            None => (None, second),
            Some(person) => {
                let through = Relation::parse(second.strip_prefix("the ")?)?;
                (Some(through), person)
            }
        };
        parts.next().is_none().then(|| Self {
            person: person.into(),
            through,
            relation,
        })
    }
}

/// Returns the values that are asked for, in lower case.
#[must_use]
pub fn lexicon() -> Vec<LexiconKind> {
    let kind = |relation: Relation| LexiconKind {
        name: relation.name().into(),
        cues: vec![relation.name().into()],
        values: relation
            .values()
            .iter()
            .map(|value| value.to_lowercase())
            .collect(),
    };
    Relation::VALUES.map(kind).into()
}

const CITIES: [&str; 16] = [
    "Rome", "Paris", "Oslo", "Lisbon", "Madrid", "Berlin", "Vienna", "Dublin", "Prague", "Athens",
    "Tokyo", "Boston", "Chicago", "Cairo", "Lima", "Geneva",
];

const JOBS: [&str; 16] = [
    "baker",
    "nurse",
    "pilot",
    "teacher",
    "lawyer",
    "farmer",
    "plumber",
    "dentist",
    "waiter",
    "gardener",
    "painter",
    "tailor",
    "chemist",
    "barber",
    "writer",
    "carpenter",
];

const PETS: [&str; 16] = [
    "dog", "cat", "parrot", "rabbit", "hamster", "turtle", "snake", "lizard", "goldfish", "pony",
    "ferret", "canary", "gecko", "duck", "goat", "mouse",
];

const HOBBIES: [&str; 16] = [
    "chess",
    "yoga",
    "pottery",
    "tennis",
    "knitting",
    "sailing",
    "hiking",
    "fishing",
    "dancing",
    "reading",
    "climbing",
    "baking",
    "photography",
    "archery",
    "karate",
    "juggling",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_reads_back_as_its_fact() {
        let fact = Fact {
            person: "Anna Vale".into(),
            relation: Relation::Mentor,
            value: "Ben Field".into(),
        };
        assert_eq!(fact.sentence(), "The mentor of Anna Vale is Ben Field.");
        assert_eq!(Fact::parse(&fact.sentence()), Some(fact));
        for other in [
            "",
            "The mentor of Anna.",
            "The boss of Anna is Ben.",
            "Anna is Ben.",
        ] {
            assert_eq!(Fact::parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_question_reads_back_as_it_was_meant() {
        for (through, text) in [
            (None, "What is the pet of Anna Vale?"),
            (
                Some(Relation::Friend),
                "What is the pet of the friend of Anna Vale?",
            ),
        ] {
            let query = Query {
                person: "Anna Vale".into(),
                through,
                relation: Relation::Pet,
            };
            assert_eq!(query.text(), text);
            assert_eq!(Query::parse(text), Some(query));
        }
        for other in [
            "",
            "What is the boss of Anna Vale?",
            "What is the pet of the boss of Anna Vale?",
            "What is the pet of the friend of the friend of Anna Vale?",
        ] {
            assert_eq!(Query::parse(other), None, "{other}");
        }
    }

    #[test]
    fn no_value_is_of_two_kinds() {
        let mut values: Vec<String> = lexicon().into_iter().flat_map(|kind| kind.values).collect();
        let count = values.len();
        values.sort_unstable();
        values.dedup();
        assert_eq!((count, values.len()), (64, 64));
    }
}
