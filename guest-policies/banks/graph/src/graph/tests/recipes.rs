//! Recipes and plans.

use super::*;

fn recipe(item: &str, makes: u32, needs: &[(&str, u32)], tools: &[&str]) -> Operation {
    let needs: BTreeMap<&str, u32> = needs.iter().copied().collect();
    let arguments =
        serde_json::json!({"item": item, "makes": makes, "needs": needs, "tools": tools});
    Operation::custom("recipe", arguments.to_string())
}

fn workshop() -> Graph {
    let mut bank = Graph::default();
    let recipes = vec![
        recipe("stick", 4, &[("planks", 2)], &[]),
        recipe("planks", 4, &[("log", 1)], &[]),
    ];
    assert_eq!(apply(&mut bank, recipes), ["g1", "g2"]);
    bank
}

/// Returns the plan for an item as (item, amount, crafts).
fn plan(bank: &Graph, item: &str, count: u32) -> Vec<(String, String, String)> {
    let query = Query {
        options: serde_json::json!({"requires": item, "count": count}).to_string(),
        ..Query::new("", 99)
    };
    let hits = bank.retrieve(&query).unwrap().into_iter();
    hits.map(|hit| {
        ["item", "amount", "crafts"]
            .map(|name| field(&hit.entry, name))
            .into()
    })
    .collect()
}

fn steps(expected: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    let owned = |&(a, b, c): &(&str, &str, &str)| (a.into(), b.into(), c.into());
    expected.iter().map(owned).collect()
}

#[test]
fn a_plan_names_parts_before_what_is_made_of_them() {
    let bank = workshop();
    assert_eq!(
        plan(&bank, "Stick", 3),
        steps(&[("log", "1", "0"), ("planks", "2", "1"), ("stick", "3", "1")])
    );
    assert_eq!(
        plan(&bank, "stick", 10),
        steps(&[
            ("log", "2", "0"),
            ("planks", "6", "2"),
            ("stick", "10", "3")
        ])
    );
    assert_eq!(plan(&bank, "diamond", 2), steps(&[("diamond", "2", "0")]));
    assert_eq!(bank.entries()[0].text, "4 stick from 2 planks");
}

#[test]
fn a_tool_is_needed_once_however_much_is_made() {
    let mut bank = workshop();
    let tools = vec![
        recipe("table", 1, &[("planks", 4)], &[]),
        recipe("pickaxe", 1, &[("planks", 3), ("stick", 2)], &["table"]),
    ];
    apply(&mut bank, tools);
    assert_eq!(
        plan(&bank, "pickaxe", 5),
        steps(&[
            ("log", "7", "0"),
            ("planks", "25", "7"),
            ("stick", "10", "3"),
            ("table", "1", "1"),
            ("pickaxe", "5", "5"),
        ])
    );
    assert_eq!(
        texts(&bank)[3],
        "1 pickaxe from 3 planks, 2 stick with table"
    );
}

#[test]
fn a_circle_is_refused_by_its_name() {
    let mut bank = workshop();
    assert_eq!(
        refusal(&mut bank, recipe("log", 1, &[("stick", 1)], &[])),
        "recipe: log needs stick needs planks needs log: a circle"
    );
    assert_eq!(
        refusal(&mut bank, recipe("saw", 1, &[("iron", 1)], &["saw"])),
        "recipe: saw needs saw: a circle"
    );
}

#[test]
fn an_item_has_one_recipe_the_last() {
    let mut bank = workshop();
    let other = recipe("planks", 2, &[("log", 1)], &[]);
    assert_eq!(apply(&mut bank, vec![other.clone(), other]), ["g3", "g3"]);
    assert_eq!(
        texts(&bank),
        ["4 stick from 2 planks", "2 planks from 1 log"]
    );
}

#[test]
fn numbers_of_recipes_are_one_or_more() {
    let mut bank = Graph::default();
    for (makes, needs) in [(0, &[("log", 1)][..]), (1, &[]), (1, &[("log", 0)])] {
        let why = refusal(&mut bank, recipe("planks", makes, needs, &[]));
        assert!(why.contains("must be 1 or more"), "{why}");
    }
    let huge = vec![
        recipe("a", 1, &[("b", u32::MAX)], &[]),
        recipe("b", 1, &[("c", u32::MAX)], &[]),
        recipe("c", 1, &[("d", u32::MAX)], &[]),
    ];
    apply(&mut bank, huge);
    let found = plan(&bank, "a", u32::MAX);
    assert_eq!(found[0].1, u64::MAX.to_string());
}
