//! The plan of one act: a tree of imagined steps, of which the best leaf's first action is done.

use memloom_sdk::types::Error;

use crate::means::Means;
use crate::roles::critic::value;
use crate::roles::proposer::propose;
use crate::roles::simulator::simulate;
use crate::story::{State, Step};

/// A tree that is being grown.
struct Tree<'t, 'm> {
    means: &'t mut Means<'m>,
    /// The state before the first imagined step.
    root: State<'t>,
    /// A demonstrator's action.
    advice: Option<String>,
    /// The imagined steps down to the present node.
    path: Vec<Step>,
}

/// Returns the first action on the way to the leaf of most worth, the first of equals. None if nothing
/// was proposed and nothing is `listed`.
///
/// # Errors
/// If the model fails.
pub fn choose(
    means: &mut Means<'_>,
    root: State<'_>,
    listed: &[String],
) -> Result<Option<String>, Error> {
    let advice = means.host.advise();
    let last_line = |advice: String| advice.lines().last().map(String::from);
    let mut tree = Tree {
        means,
        root,
        advice: advice.and_then(last_line),
        path: Vec::new(),
    };
    let mut best: Option<(f64, String)> = None;
    for action in tree.proposed(listed)? {
        let worth = tree.worth(&action)?;
        if best.as_ref().is_none_or(|(most, _)| worth > *most) {
            best = Some((worth, action));
        }
    }
    Ok(best.map(|(_, action)| action))
}

impl Tree<'_, '_> {
    fn proposed(&mut self, listed: &[String]) -> Result<Vec<String>, Error> {
        let state = State {
            imagined: &self.path,
            ..self.root
        };
        propose(self.means, &state, listed, self.advice.as_deref())
    }

    /// Returns the worth of the best leaf below an action: its value, times the discount for each step
    /// after the first. A state in which nothing is proposed is a leaf.
    fn worth(&mut self, action: &str) -> Result<f64, Error> {
        let seen = self.foreseen(action)?;
        self.path.push(Step {
            action: action.into(),
            seen,
        });
        let first = self.path.first().map(|step| &*step.action);
        let is_advised = self.advice.as_deref().map(|advice| first == Some(advice));
        let state = State {
            imagined: &self.path,
            ..self.root
        };
        let value = value(self.means, &state, is_advised)?;
        let ahead = self.path.len() as u32;
        let mut best: Option<f64> = None;
        if ahead < self.means.options.depth() {
            for next in self.proposed(&[])? {
                let worth = self.worth(&next)?;
                best = Some(best.map_or(worth, |most| most.max(worth)));
            }
        }
        self.path.pop();
        let discount = self.means.options.discount.powi(ahead as i32 - 1);
        Ok(best.unwrap_or(value * discount))
    }

    /// Returns what is seen after an action in imagination; nothing where outputs are constrained.
    fn foreseen(&mut self, action: &str) -> Result<String, Error> {
        if self.means.options.constrained {
            return Ok(String::new());
        }
        let state = State {
            imagined: &self.path,
            ..self.root
        };
        simulate(self.means, &state, action)
    }
}
