//! The decision of an actor's output.

/// A decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// An act.
    Act {
        /// The subgoal that begins with it; none if the open one goes on.
        subgoal: Option<String>,
        /// The action for the environment.
        action: String,
    },
    /// The acts for the subgoal of this number are to be shown once more.
    Retrieve(u32),
}

/// Returns the decision that follows a demonstrator's advice: its last line is the action, and the
/// line before it, if there is one, the subgoal that the action serves. Without such a line, the
/// first of the `goals` is the subgoal. None if there is no action.
pub fn advised(advice: &str, goals: &[&str], open: Option<&str>) -> Option<Decision> {
    let mut lines = advice.lines().rev();
    let action = lines.next()?.trim();
    let told = lines.next().map(str::trim).filter(|told| !told.is_empty());
    let subgoal = told.or_else(|| goals.first().copied().filter(|_| open.is_none()));
    (!action.is_empty()).then(|| Decision::Act {
        subgoal: subgoal.filter(|it| open != Some(*it)).map(String::from),
        action: action.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(subgoal: Option<&str>, action: &str) -> Option<Decision> {
        Some(Decision::Act {
            subgoal: subgoal.map(String::from),
            action: action.into(),
        })
    }

    #[test]
    fn a_subgoal_is_named_where_it_is_not_the_open_one() {
        let goals = ["red is on blue.", "blue is on green."];
        let advice = "blue is on green.\npick up blue";
        for (advice, open, decision) in [
            (advice, None, act(Some(goals[1]), "pick up blue")),
            (advice, Some(goals[0]), act(Some(goals[1]), "pick up blue")),
            (advice, Some(goals[1]), act(None, "pick up blue")),
            ("pick up red", None, act(Some(goals[0]), "pick up red")),
            ("pick up red", Some(goals[1]), act(None, "pick up red")),
            ("", None, None),
        ] {
            assert_eq!(advised(advice, &goals, open), decision, "{advice} {open:?}");
        }
    }
}
