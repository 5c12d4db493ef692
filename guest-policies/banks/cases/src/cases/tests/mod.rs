#![allow(clippy::unwrap_used, reason = "tests")]

mod forgetting;
mod learning;
mod retrieval;
mod snapshots;

use super::*;

fn at(session: u32) -> Moment {
    Moment {
        session,
        time: format!("{session} May 2023"),
    }
}

fn case(goal: &str, plan: &str, fields: &[(&str, &str)]) -> Insertion {
    let named = [("plan", plan)].into_iter().chain(fields.iter().copied());
    Insertion {
        fields: named.map(|(n, v)| (n.to_string(), v.to_string())).collect(),
        ..Insertion::new(goal, "", vec![])
    }
}

fn tried(goal: &str, plan: &str, outcome: &str) -> Operation {
    Operation::Insert(case(goal, plan, &[("outcome", outcome)]))
}

fn outcome(ids: &[&str], reward: f32, goal: &str) -> Operation {
    let arguments = serde_json::json!({"ids": ids, "reward": reward, "goal": goal});
    Operation::custom("outcome", arguments.to_string())
}

fn find(bank: &Cases, text: &str, options: &str) -> Vec<(String, f32)> {
    let query = Query {
        options: options.into(),
        ..Query::new(text, 10)
    };
    let hits = bank.retrieve(&query).unwrap().into_iter();
    hits.map(|hit| (hit.entry.id, hit.score)).collect()
}

fn ids(found: &[(String, f32)]) -> Vec<&str> {
    found.iter().map(|(id, _)| id.as_str()).collect()
}

fn field(bank: &Cases, id: &str, name: &str) -> String {
    let entry = bank.entries().into_iter().find(|e| e.id == id).unwrap();
    let found = entry.fields.into_iter().find(|(other, _)| other == name);
    found.unwrap().1
}

/// A bank with a way to a lamp that failed, one that did not, and a recipe.
fn errands() -> Cases {
    let mut bank = Cases::default();
    let operations = vec![
        tried("find the lamp", "go east", "failure"),
        tried("find the lamp", "go west", "success"),
        tried("cook rice", "boil water", "unknown"),
    ];
    let results = bank.apply(at(1), operations);
    assert_eq!(results, ["c1", "c2", "c3"].map(|id| Ok(id.into())));
    bank
}

#[test]
fn a_case_shows_what_was_written_and_counted() {
    let mut bank = errands();
    let insertion = Insertion {
        speaker: "Ben".into(),
        evidence: vec!["D2:1".into(), "D2:1".into()],
        ..case(
            "pay the\nrent",
            "open pay",
            &[("score", "0.5"), ("outcome", "failure")],
        )
    };
    assert_eq!(
        bank.apply(at(2), vec![Operation::Insert(insertion)]),
        [Ok("c4".into())]
    );
    let entry = bank.entries().remove(3);
    assert_eq!(
        (&*entry.text, &*entry.speaker, &*entry.time),
        ("pay the rent", "Ben", "2 May 2023")
    );
    assert_eq!(
        (entry.first_session, entry.last_session, entry.evidence),
        (2, 2, vec!["D2:1".into()])
    );
    let values: Vec<String> = entry
        .fields
        .iter()
        .map(|(n, v)| format!("{n}={v}"))
        .collect();
    assert_eq!(
        values,
        [
            "plan=open pay",
            "outcome=failure",
            "score=0.5",
            "site=",
            "steps=",
            "modes=",
            "uses=1",
            "wins=0.5"
        ]
    );
    assert_eq!(
        bank.render(&["c4".into(), "c3".into()]).unwrap(),
        "[c4] (2 May 2023) Ben: pay the rent | plan: open pay | outcome: failure | score: 0.5 | uses: 1 | wins: 0.5\n\
         [c3] (1 May 2023) cook rice | plan: boil water | outcome: unknown | uses: 0 | wins: 0"
    );
    assert!(matches!(
        bank.render(&["c9".into()]),
        Err(Error::Unknown(_))
    ));
}

#[test]
fn the_same_goal_and_plan_are_one_case() {
    let mut bank = errands();
    let again = Insertion {
        evidence: vec!["D3:1".into()],
        ..case(
            "find  the lamp",
            "go east",
            &[("outcome", "success"), ("steps", "4")],
        )
    };
    let other = tried("find the lamp", "ask Ben", "success");
    let results = bank.apply(at(3), vec![Operation::Insert(again), other]);
    assert_eq!(results, [Ok("c1".into()), Ok("c4".into())]);
    let entry = bank.entries().remove(0);
    assert_eq!(
        (entry.first_session, entry.last_session, entry.evidence),
        (1, 3, vec!["D3:1".into()])
    );
    let shown = ["outcome", "uses", "wins", "steps"].map(|name| field(&bank, "c1", name));
    assert_eq!(shown, ["success", "2", "1", "4"]);
}

#[test]
fn an_update_changes_what_it_names() {
    let mut bank = errands();
    let update = |id: &str, goal: &str, fields: &[(&str, &str)]| {
        Operation::Update(Revision {
            fields: fields
                .iter()
                .map(|(n, v)| (n.to_string(), v.to_string()))
                .collect(),
            ..Revision::new(id, goal, vec!["D2:1".into()])
        })
    };
    let results = bank.apply(
        at(2),
        vec![
            update("c3", "cook red rice", &[("outcome", "success")]),
            update("c3", "find the lamp", &[("plan", "go west")]),
            update("c3", "cook rice", &[("plan", " ")]),
            update("c9", "cook rice", &[]),
        ],
    );
    assert_eq!(results[0], Ok("c3".into()));
    let twin = "update of c3: c2 has this goal and plan already";
    assert_eq!(results[1], Err(Error::Invalid(twin.into())));
    assert!(matches!(&results[2], Err(Error::Invalid(why)) if why.contains("plan")));
    assert!(matches!(results[3], Err(Error::Unknown(_))));
    assert_eq!(bank.entries()[2].text, "cook red rice");
    let shown = ["plan", "outcome", "uses"].map(|name| field(&bank, "c3", name));
    assert_eq!(shown, ["boil water", "success", "0"]);
    assert_eq!(ids(&find(&bank, "red", "")), ["c3"]);
}

#[test]
fn a_bad_operation_fails_alone_and_says_why() {
    let mut bank = errands();
    let operations = vec![
        Operation::insert("a goal alone", "", vec![]),
        tried("", "go", "success"),
        tried("go", "go", "perhaps"),
        Operation::custom("merge", "{}"),
        Operation::custom("outcome", r#"{"ids": ["c1", "c9"], "reward": 1}"#),
        Operation::custom("outcome", r#"{"ids": [], "reward": 1}"#),
        Operation::custom("outcome", r#"{"ids": ["c1"], "reward": 2}"#),
        Operation::custom("outcome", r#"{"ids": ["c1"]}"#),
        Operation::custom("outcome", "[]"),
        Operation::Delete("c01".into()),
        Operation::Delete("c3".into()),
    ];
    let results = bank.apply(at(2), operations);
    let said: Vec<String> = results.iter().map(|result| format!("{result:?}")).collect();
    let parts = [
        "a case needs a plan",
        "the goal is empty",
        "give success, failure or unknown",
        "no operation \\\"merge\\\"",
        "Unknown(\"no entry has the id \\\"c9\\\"",
        "`ids` is empty",
        "`reward` is 2",
        "missing field `reward`",
        "give a JSON object",
        "Unknown",
        "Ok(\"c3\")",
    ];
    assert_eq!(said.len(), parts.len());
    for (said, part) in said.iter().zip(parts) {
        assert!(said.contains(part), "{said}");
    }
    assert_eq!(field(&bank, "c1", "uses"), "1");
    assert_eq!(bank.stats().entries, 2);
}
