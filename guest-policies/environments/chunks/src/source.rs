//! The sources of questions: what each asks for and by what it is scored. The names are those of
//! the published data (MemoryAgentBench, `metadata.source`; Mem-alpha, `sub_source`).

use crate::scorer::Scorer;

/// A family of sources, which are scored alike.
#[derive(Debug, PartialEq, Eq)]
pub struct Family {
    /// The beginning of its sources' names.
    pub name: &'static str,
    /// The competency that it measures.
    pub competency: &'static str,
    /// The scorer.
    pub scorer: Scorer,
    /// The instruction before each question.
    pub instruction: &'static str,
    /// The rest of the published names.
    sources: &'static [&'static str],
}

/// The category of sources that no family has.
pub const OTHER: &str = "other";

const RETRIEVAL: &str = "accurate-retrieval";
const LEARNING: &str = "test-time-learning";
const RANGE: &str = "long-range-understanding";
const CONFLICT: &str = "conflict-resolution";

const BRIEF: &str = "Answer from what you have read, in as few words as possible.";
const NEWEST: &str = "You have read numbered facts. Where two of them contradict each other, the \
                      one with the larger number holds, even if it is not so in the real world. \
                      Answer in as few words as possible.";
const LABEL: &str = "You have read texts with their labels. Give this text its label. Answer with \
                     the number alone.";
const BOXED: &str = "You have read texts with their labels. Give this text its label. Answer with \
                     \\boxed{NUMBER}.";
const BOOK: &str = "You have read a book. Follow the request.";

/// All families.
pub const FAMILIES: [Family; 17] = [
    family(
        "ruler_qa",
        RETRIEVAL,
        Scorer::Contains,
        BRIEF,
        &["1_197K", "2_421K"],
    ),
    family(
        "eventqa_",
        RETRIEVAL,
        Scorer::All,
        "You have read a book. Say which of the possible events comes next, in its own words.",
        &["full", "65536", "131072"],
    ),
    family(
        "longmemeval_",
        RETRIEVAL,
        Scorer::Contains,
        BRIEF,
        &["s*", "s_-1_500"],
    ),
    family("squad", RETRIEVAL, Scorer::Contains, BRIEF, &[""]),
    family("hotpotqa", RETRIEVAL, Scorer::Contains, BRIEF, &[""]),
    family("perltqa", RETRIEVAL, Scorer::Parts, BRIEF, &[""]),
    family("lme_train", RETRIEVAL, Scorer::Contains, BRIEF, &[""]),
    family(
        "recsys_",
        LEARNING,
        Scorer::Films,
        "You have read talks about films. Recommend films to the user of this talk: a numbered \
         list of 20 titles, best first, and nothing else.",
        &["redial_full"],
    ),
    family(
        "icl_",
        LEARNING,
        Scorer::Label,
        LABEL,
        &[
            "banking77_5900shot_balance",
            "clinic150_7050shot_balance",
            "nlu_8296shot_balance",
            "trec_coarse_6600shot_balance",
            "trec_fine_6400shot_balance",
        ],
    ),
    family("pubmed-rct", LEARNING, Scorer::Boxed, BOXED, &[""]),
    family("ttl_train", LEARNING, Scorer::Boxed, BOXED, &[""]),
    family("infbench_sum", RANGE, Scorer::F1, BOOK, &["_eng_shots2"]),
    family(
        "infbench_qa",
        RANGE,
        Scorer::Contains,
        BRIEF,
        &["_eng_shots2"],
    ),
    family(
        "detective_qa",
        RANGE,
        Scorer::Exact,
        "You have read a detective story. Answer with one of the options, as it stands there, and \
         nothing else.",
        &[""],
    ),
    family("booksum", RANGE, Scorer::Keywords, BOOK, &[""]),
    family(
        "factconsolidation_sh_",
        CONFLICT,
        Scorer::Contains,
        NEWEST,
        &["6k", "32k", "64k", "262k"],
    ),
    family(
        "factconsolidation_mh_",
        CONFLICT,
        Scorer::Contains,
        NEWEST,
        &["6k", "32k", "64k", "262k"],
    ),
];

/// The instruction for questions of sources that no family has.
pub const DEFAULT_INSTRUCTION: &str = BRIEF;

const fn family(
    name: &'static str,
    competency: &'static str,
    scorer: Scorer,
    instruction: &'static str,
    sources: &'static [&'static str],
) -> Family {
    Family {
        name,
        competency,
        scorer,
        instruction,
        sources,
    }
}

impl Family {
    /// Returns the family of a source.
    #[must_use]
    pub fn of(source: &str) -> Option<&'static Self> {
        FAMILIES
            .iter()
            .find(|family| source.starts_with(family.name))
    }

    /// Returns the category of one of its sources: the competency and the published name; the
    /// family's name for a name that is not published.
    #[must_use]
    pub fn category(&self, source: &str) -> String {
        let rest = source.strip_prefix(self.name);
        let published = rest.is_some_and(|rest| self.sources.contains(&rest));
        match published {
            true => format!("{}/{source}", self.competency),
            false => self.categories().swap_remove(0),
        }
    }

    /// Returns the categories of its sources: the family's, then those of the published names.
    #[must_use]
    pub fn categories(&self) -> Vec<String> {
        let (name, competency) = (self.name, self.competency);
        let mut categories = vec![format!("{competency}/{}", name.trim_end_matches('_'))];
        let named = self.sources.iter().filter(|rest| !rest.is_empty());
        categories.extend(named.map(|rest| format!("{competency}/{name}{rest}")));
        categories
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_belongs_to_the_family_that_its_name_begins_with() {
        let category = |source: &str| Family::of(source).map(|family| family.category(source));
        for (source, expected) in [
            (
                "factconsolidation_mh_262k",
                "conflict-resolution/factconsolidation_mh_262k",
            ),
            (
                "factconsolidation_sh_1k",
                "conflict-resolution/factconsolidation_sh",
            ),
            ("eventqa_full", "accurate-retrieval/eventqa_full"),
            ("squad", "accurate-retrieval/squad"),
            ("detective_qa", "long-range-understanding/detective_qa"),
        ] {
            assert_eq!(category(source).as_deref(), Some(expected));
        }
        assert_eq!(category("my_icl_set"), None);
    }

    #[test]
    fn no_category_is_there_twice() {
        let all: Vec<String> = FAMILIES.iter().flat_map(Family::categories).collect();
        let different: std::collections::BTreeSet<&String> = all.iter().collect();
        assert_eq!(all.len(), different.len());
    }
}
