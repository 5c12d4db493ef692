//! The faults of the data.

use memloom_sdk::warnings::{count, listed};

/// The faults of all files, by the ids of their instances.
#[derive(Debug, Default)]
pub struct Faults {
    /// Instances that are not of the published form, each with the reason.
    pub unreadable: Vec<String>,
    /// Lines of instances without an id.
    pub unnamed: Vec<String>,
    /// Instances without a question.
    pub unasked: Vec<String>,
    /// Instances without an answer.
    pub unanswered: Vec<String>,
    /// Instances whose evidence is not in the history.
    pub without_evidence: Vec<String>,
    /// Types that the benchmark does not have, each with its question.
    pub unknown_types: Vec<String>,
    /// Sessions without a turn, each with its instance.
    pub empty: Vec<String>,
    /// Dates that cannot be read, each with its instance.
    pub undated: Vec<String>,
    /// Instances whose sessions are not in the order of their dates.
    pub unsorted: Vec<String>,
    /// Ids of answer sessions that are not in the history, each with its instance.
    pub missing: Vec<String>,
    /// Instances without a turn that is marked as evidence.
    pub unmarked: Vec<String>,
    /// Instances with more evidence than the limit of sessions.
    pub over_limit: Vec<String>,
    /// Questions that are asked before sessions of their episode.
    pub early: Vec<String>,
}

impl Faults {
    /// Returns one line for each sort of fault.
    #[must_use]
    pub fn lines(self) -> Vec<String> {
        let lists = [
            (
                self.unreadable,
                "instance",
                "not of the published form left out",
            ),
            (self.unnamed, "instance", "without a question_id left out"),
            (self.unasked, "instance", "without a question left out"),
            (self.unanswered, "instance", "without an answer left out"),
            (
                self.without_evidence,
                "instance",
                "without an answer session left out",
            ),
            (
                self.unknown_types,
                "question",
                "of an unknown type kept as `other`",
            ),
            (self.empty, "session", "without a turn left out"),
            (
                self.undated,
                "date",
                "that cannot be read, so that order in the file counts",
            ),
            (
                self.unsorted,
                "instance",
                "with sessions out of order sorted by date",
            ),
            (
                self.missing,
                "answer session",
                "that the history lacks ignored",
            ),
            (
                self.unmarked,
                "question",
                "without a marked turn, for which all turns of the answer sessions are evidence",
            ),
            (
                self.over_limit,
                "instance",
                "with more answer sessions than `sessions_limit`, which all stay",
            ),
            (
                self.early,
                "question",
                "asked before sessions of the episode",
            ),
        ];
        let found = lists.into_iter().filter(|(names, ..)| !names.is_empty());
        found
            .map(|(names, what, fate)| {
                format!("{} {fate}: {}", count(names.len(), what), listed(&names))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_faults_are_counted_and_the_first_ones_named() {
        let faults = Faults {
            unasked: vec!["q1".into()],
            unsorted: (1..=14).map(|number| format!("q{number}")).collect(),
            ..Faults::default()
        };
        assert_eq!(
            faults.lines(),
            [
                "1 instance without a question left out: q1",
                "14 instances with sessions out of order sorted by date: \
                 q1, q2, q3, q4, q5, q6, q7, q8, q9, q10, q11, q12 and 2 more",
            ]
        );
    }
}
