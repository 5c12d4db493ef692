//! Instructions for a judge of answers. The form of the verdict is the host's.

use crate::episode::Asked;

/// Returns the instruction for a question.
#[must_use]
pub fn rubric(asked: &Asked) -> String {
    let candidates = asked.candidates.join("\n- ");
    if asked.points.is_empty() {
        return format!(
            "A long text was read in pieces, and a question about it was asked. Judge the answer.\
             \n\nRight answers are:\n- {candidates}\n\nThe answer is correct if it contains one \
             of them or says the same in other words. Where a right answer describes good \
             answers, it is correct if it fits the description. Where a right answer is that \
             something was not told, it is correct if it says so."
        );
    }
    let points = asked.points.join("\n- ");
    format!(
        "A book was read in pieces, and a summary of it was asked for. Judge the summary.\n\n\
         A good summary is:\n- {candidates}\n\nIts key points are:\n- {points}\n\nThe summary is \
         correct if it is fluent, gives most of the key points, and says nothing that contradicts \
         the good summary."
    )
}
