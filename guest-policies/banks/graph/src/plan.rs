//! Plans from recipes: the items that something is made of, in the order in which they are made.

use std::collections::{BTreeMap, BTreeSet};

use crate::node::Recipe;

/// Recipes by the item that they make.
pub type Recipes<'a> = BTreeMap<&'a str, &'a Recipe>;

/// An item of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step<'a> {
    /// The item.
    pub item: &'a str,
    /// The number that is needed.
    pub amount: u64,
    /// The number of times that its recipe is used; 0 for an item without a recipe.
    pub crafts: u64,
}

/// Returns the items that go into an item.
fn parts<'a>(recipes: &Recipes<'a>, item: &str) -> Vec<&'a str> {
    let Some(recipe) = recipes.get(item) else {
        return Vec::new();
    };
    let needs = recipe.needs.keys().map(String::as_str);
    needs
        .chain(recipe.tools.iter().map(String::as_str))
        .collect()
}

/// Returns a circle through an item, `log needs planks needs log`; none if there is none.
pub fn circle(recipes: &Recipes<'_>, item: &str) -> Option<String> {
    let mut paths: Vec<Vec<&str>> = vec![vec![item]];
    let mut seen = BTreeSet::new();
    while let Some(path) = paths.pop() {
        for part in parts(recipes, path.last()?) {
            let longer: Vec<&str> = path.iter().copied().chain([part]).collect();
            if part == item {
                return Some(longer.join(" needs "));
            }
            if seen.insert(part) {
                paths.push(longer);
            }
        }
    }
    None
}

/// Returns what it takes to have so many of an item, parts before what is made of them. Recipes have
/// no circles. An item without a recipe is raw; a tool is needed once.
pub fn plan<'a>(recipes: &Recipes<'a>, item: &'a str, count: u64) -> Vec<Step<'a>> {
    let order = order(recipes, item);
    let mut amounts: BTreeMap<&str, u64> = BTreeMap::from([(item, count)]);
    let mut tools: BTreeSet<&str> = BTreeSet::new();
    let mut steps = Vec::new();
    for item in order.into_iter().rev() {
        let used_up = amounts.get(item).copied().unwrap_or(0);
        let amount = used_up.saturating_add(u64::from(tools.contains(item)));
        let recipe = recipes.get(item);
        let crafts = recipe.map_or(0, |recipe| amount.div_ceil(u64::from(recipe.makes)));
        if let Some(recipe) = recipe {
            for (part, each) in &recipe.needs {
                let sum = amounts.entry(part).or_default();
                *sum = sum.saturating_add(crafts.saturating_mul(u64::from(*each)));
            }
            tools.extend(recipe.tools.iter().map(String::as_str));
        }
        steps.push(Step {
            item,
            amount,
            crafts,
        });
    }
    steps.reverse();
    steps
}

/// Returns an item and all that goes into it, parts first.
fn order<'a>(recipes: &Recipes<'a>, item: &'a str) -> Vec<&'a str> {
    let mut order = Vec::new();
    let mut begun = BTreeSet::new();
    // An item with false waits for its parts, one with true has them.
    let mut waiting = vec![(item, false)];
    while let Some((item, has_parts)) = waiting.pop() {
        if has_parts {
            order.push(item);
        } else if begun.insert(item) {
            waiting.push((item, true));
            let parts = parts(recipes, item).into_iter().rev();
            waiting.extend(parts.map(|part| (part, false)));
        }
    }
    order
}
