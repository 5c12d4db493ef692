//! The closed language: one sentence for each fact, and questions that join one or two of them.

use memloom_sdk::types::LexiconKind;

/// A kind of made-up things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A person.
    Person,
    /// An employer.
    Firm,
    /// A town.
    Town,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Person, Self::Firm, Self::Town];
}

/// A relation of a thing: to a value, or to another thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The firm that a person works for.
    Employer,
    /// The town that a person lives in.
    Home,
    /// The hobby of a person.
    Hobby,
    /// The town that a firm is in.
    Seat,
    /// The product of a firm.
    Product,
    /// The dish of a town.
    Dish,
    /// The river of a town.
    River,
}

impl Relation {
    /// All relations.
    pub const ALL: [Self; 7] = [
        Self::Employer,
        Self::Home,
        Self::Hobby,
        Self::Seat,
        Self::Product,
        Self::Dish,
        Self::River,
    ];

    /// Returns the word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Employer => "employer",
            Self::Home => "home",
            Self::Hobby => "hobby",
            Self::Seat => "seat",
            Self::Product => "product",
            Self::Dish => "dish",
            Self::River => "river",
        }
    }

    /// Returns the kind of things that have it.
    #[must_use]
    pub fn of(self) -> Kind {
        match self {
            Self::Employer | Self::Home | Self::Hobby => Kind::Person,
            Self::Seat | Self::Product => Kind::Firm,
            Self::Dish | Self::River => Kind::Town,
        }
    }

    /// Returns the kind of things that it leads to; none if it has values.
    #[must_use]
    pub fn leads(self) -> Option<Kind> {
        match self {
            Self::Employer => Some(Kind::Firm),
            Self::Home | Self::Seat => Some(Kind::Town),
            Self::Hobby | Self::Product | Self::Dish | Self::River => None,
        }
    }

    /// Returns its values, one word each; none if it leads to things.
    #[must_use]
    pub fn values(self) -> &'static [&'static str] {
        match self {
            Self::Hobby => &HOBBIES,
            Self::Product => &PRODUCTS,
            Self::Dish => &DISHES,
            Self::River => &RIVERS,
            Self::Employer | Self::Home | Self::Seat => &[],
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|relation| relation.name() == name)
    }
}

/// A fact about a thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// The thing.
    pub subject: String,
    /// The relation.
    pub relation: Relation,
    /// The value, or another thing.
    pub value: String,
}

impl Fact {
    /// Returns the sentence that states it.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Self { subject, value, .. } = self;
        format!("The {} of {subject} is {value}.", self.relation.name())
    }

    /// Reads a sentence; none if it states no fact.
    #[must_use]
    pub fn parse(sentence: &str) -> Option<Self> {
        let (relation, rest) = sentence.strip_prefix("The ")?.split_once(" of ")?;
        let (subject, value) = rest.strip_suffix('.')?.split_once(" is ")?;
        Some(Self {
            subject: subject.into(),
            relation: Relation::parse(relation)?,
            value: value.into(),
        })
    }
}

/// A question about a thing, or about one that a relation leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The thing that is named.
    pub subject: String,
    /// The relation to the thing that is meant; none if it is the one that is named.
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
            None => format!("What is the {asked} of {}?", self.subject),
            Some(through) => {
                let through = through.name();
                format!("What is the {asked} of the {through} of {}?", self.subject)
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
        let (through, subject) = match third {
            None => (None, second),
            Some(subject) => {
                let through = Relation::parse(second.strip_prefix("the ")?)?;
                (Some(through), subject)
            }
        };
        parts.next().is_none().then(|| Self {
            subject: subject.into(),
            through,
            relation,
        })
    }

    /// Returns the relation of the thing that is named.
    #[must_use]
    pub fn first(&self) -> Relation {
        self.through.unwrap_or(self.relation)
    }
}

/// Returns the values that are asked for, in lower case.
#[must_use]
pub fn lexicon() -> Vec<LexiconKind> {
    let asked = Relation::ALL
        .into_iter()
        .filter(|relation| relation.leads().is_none());
    let kind = |relation: Relation| LexiconKind {
        name: relation.name().into(),
        cues: vec![relation.name().into()],
        values: relation
            .values()
            .iter()
            .map(|value| value.to_lowercase())
            .collect(),
    };
    asked.map(kind).collect()
}

const HOBBIES: [&str; 12] = [
    "chess", "yoga", "pottery", "tennis", "knitting", "sailing", "hiking", "fishing", "dancing",
    "archery", "karate", "juggling",
];

const PRODUCTS: [&str; 12] = [
    "lamps", "boots", "clocks", "pianos", "kites", "bottles", "mirrors", "tents", "scales",
    "candles", "gloves", "maps",
];

const DISHES: [&str; 12] = [
    "soup",
    "pie",
    "stew",
    "curry",
    "pizza",
    "noodles",
    "dumplings",
    "omelette",
    "pancakes",
    "risotto",
    "salad",
    "goulash",
];

const RIVERS: [&str; 12] = [
    "Rhine", "Danube", "Elbe", "Loire", "Ebro", "Tagus", "Vistula", "Severn", "Thames", "Seine",
    "Tiber", "Rhone",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_reads_back_as_its_fact() {
        let fact = Fact {
            subject: "Anna Hale".into(),
            relation: Relation::Employer,
            value: "Cedar Motors".into(),
        };
        assert_eq!(
            fact.sentence(),
            "The employer of Anna Hale is Cedar Motors."
        );
        assert_eq!(Fact::parse(&fact.sentence()), Some(fact));
        for other in ["", "The boss of Anna is Ben.", "Anna is Ben.", "The dish."] {
            assert_eq!(Fact::parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_question_reads_back_as_it_was_meant() {
        for (through, relation, text) in [
            (None, Relation::Hobby, "What is the hobby of Anna Hale?"),
            (
                Some(Relation::Home),
                Relation::Dish,
                "What is the dish of the home of Anna Hale?",
            ),
        ] {
            let query = Query {
                subject: "Anna Hale".into(),
                through,
                relation,
            };
            assert_eq!(query.text(), text);
            assert_eq!(Query::parse(text), Some(query));
        }
        for other in [
            "",
            "What is the boss of Anna Hale?",
            "What is the dish of the boss of Anna Hale?",
            "What is the dish of the home of the home of Anna Hale?",
        ] {
            assert_eq!(Query::parse(other), None, "{other}");
        }
    }

    #[test]
    fn no_value_is_of_two_kinds() {
        let mut values: Vec<String> = lexicon().into_iter().flat_map(|kind| kind.values).collect();
        values.sort_unstable();
        let count = values.len();
        values.dedup();
        assert_eq!((count, values.len()), (48, 48));
    }
}
