//! Instructions for a judge of answers. The published ones (`src/evaluation/evaluate_qa.py`)
//! differ by the kind of question, and so do these. The form of the verdict is the host's.

use crate::episode::Asked;
use crate::kind::Kind;

const BEGINNING: &str = "A user has talked with an assistant over many sessions, and asks a \
                         question. Judge the answer.";

/// Returns the instruction for a question.
#[must_use]
pub fn rubric(asked: &Asked) -> String {
    let Asked { kind, answer, .. } = asked;
    let (what, rule) = match kind {
        Kind::Preference => (
            "A good answer is described so",
            "The answer is correct if it remembers what the user has told and makes use of it. It \
             need not meet every point of the description.",
        ),
        Kind::Abstention => (
            "The sessions do not say what is asked. The reason is",
            "The answer is correct if it recognises this: if it says that it does not know, that \
             something was never told, or that something else was told in its place. It is wrong \
             if it answers the question all the same.",
        ),
        Kind::Temporal => (
            "The right answer is",
            "The answer is correct if it contains the right answer, says the same in other words, \
             or gives all the steps that lead there. It is wrong if it has only a part of it. A \
             number of days, weeks, months or years may be one too high or one too low.",
        ),
        Kind::KnowledgeUpdate => (
            "The right answer, after a change, is",
            "The answer is correct if it contains the right answer or says the same in other \
             words. What was so before the change may stand beside it, as long as it is clear \
             what is so now.",
        ),
        Kind::User | Kind::Assistant | Kind::MultiSession | Kind::Other => (
            "The right answer is",
            "The answer is correct if it contains the right answer, says the same in other words, \
             or gives all the steps that lead there. It is wrong if it has only a part of it.",
        ),
    };
    format!("{BEGINNING}\n\n{what}: {answer}\n\n{rule}")
}
