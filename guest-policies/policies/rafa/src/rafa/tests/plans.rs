//! Trees of imagined steps.

use super::*;

fn planned(value: fn(&[&str]) -> String, listed: bool, right: &'static str) -> MockHost<Cases> {
    MockHost::new(Cases::default(), planner(value)).in_environment(Levers::new(listed, right, 1))
}

/// Depth 1 is worth .5 and .8, depth 2 .9 and .2 below the first act, .6 and .7 below the second.
fn published(acts: &[&str]) -> String {
    let value = match acts {
        ["pull left"] => 0.5,
        ["pull right"] => 0.8,
        ["pull left", "pull left"] => 0.9,
        ["pull left", _] => 0.2,
        ["pull right", "pull left"] => 0.6,
        ["pull right", _] => 0.7,
        _ => panic!("no value of {acts:?}"),
    };
    format!("value = {value}")
}

#[test]
fn the_leaf_of_most_discounted_worth_decides_and_one_act_is_done() {
    // Leaves: .81, .18, .54, .63.
    let mut host = planned(published, true, "left");
    let report = one(r#"{"depth": 2}"#, &mut host, 1).unwrap();
    assert_eq!((count(&report, "act"), report.malformed), (1, 0));
    let requests = ["proposer", "simulator", "critic", "reflector"];
    let counts = requests.map(|role| asked(&host, role).len());
    assert_eq!(counts, [2 + 2 * 2, 2 + 2 * 2, 2 + 2 * 2, 0]);
    assert_eq!(report.steps, 18);
    // The gate was opened by the first act.
    assert_eq!(host.bank.entries(), []);
}

#[test]
fn one_step_ahead_the_other_act_is_better() {
    let mut host = planned(published, true, "right");
    let report = one(r#"{"depth": 1}"#, &mut host, 1).unwrap();
    assert_eq!((count(&report, "act"), report.steps), (1, 6));
    assert_eq!(host.bank.entries(), []);
}

#[test]
fn of_leaves_of_equal_worth_the_first_decides() {
    let mut host = planned(|_| "value = 0.5".into(), true, "left");
    one("{}", &mut host, 1).unwrap();
    assert_eq!(host.bank.entries(), []);
}

#[test]
fn a_discount_makes_what_is_near_count_more() {
    // With the proposals below the first act all malformed, it is a leaf of worth .5.
    let model = |request: &Request| {
        let acts = acts(request);
        Ok(match (&*request.role, &acts[..]) {
            ("proposer", ["pull left"]) => "nothing".into(),
            ("critic", ["pull left"]) => "value = 0.5".into(),
            ("critic", [_]) => "value = 0.1".into(),
            ("critic", _) => "value = 0.6".into(),
            _ => return planner(|_| String::new())(request),
        })
    };
    for (discount, right) in [(0.9, "right"), (0.8, "left")] {
        let mut host =
            MockHost::new(Cases::default(), model).in_environment(Levers::new(true, right, 1));
        let options = format!(r#"{{"discount": {discount}}}"#);
        let report = one(&options, &mut host, 1).unwrap();
        assert_eq!(report.malformed, 2);
        assert_eq!(host.bank.entries(), [], "{discount}");
    }
}

#[test]
fn where_nothing_admissible_is_proposed_the_first_two_of_the_list_are() {
    let model = |request: &Request| {
        Ok(match &*request.role {
            "proposer" => "action: fly".into(),
            "critic" if acts(request) == ["pull right"] => "value = 1".into(),
            "critic" => "value = 0".into(),
            _ => String::new(),
        })
    };
    let mut host =
        MockHost::new(Cases::default(), model).in_environment(Levers::new(true, "right", 1));
    let report = one(r#"{"depth": 1}"#, &mut host, 1).unwrap();
    assert_eq!(report.malformed, 2);
    let judged: Vec<Vec<&str>> = asked(&host, "critic").into_iter().map(acts).collect();
    assert_eq!(judged, [["pull left"], ["pull right"]]);
    assert_eq!(host.bank.entries(), []);
}

#[test]
fn a_critic_without_a_number_values_nothing_and_is_malformed() {
    for output in ["it is good", "value = 1e999", "value = NaN"] {
        let model = move |request: &Request| {
            Ok(match (&*request.role, &acts(request)[..]) {
                ("critic", ["pull left"]) => output.into(),
                ("critic", _) => "value = 0.1".into(),
                _ => return planner(|_| String::new())(request),
            })
        };
        let mut host =
            MockHost::new(Cases::default(), model).in_environment(Levers::new(true, "right", 1));
        let report = one(r#"{"depth": 1}"#, &mut host, 1).unwrap();
        assert_eq!(report.malformed, 1, "{output}");
        assert_eq!(host.bank.entries(), [], "{output}");
    }
}

#[test]
fn each_act_is_planned_anew_with_what_was_seen_and_a_refusal_is_seen() {
    let mut turn = 0;
    let model = move |request: &Request| {
        Ok(match &*request.role {
            "proposer" => {
                turn += 1;
                let levers = ["nothing", "right", "middle"];
                format!("action: pull {}", levers[turn - 1])
            }
            "critic" => "value = 1".into(),
            _ => "<think>hm</think>".into(),
        })
    };
    let mut host =
        MockHost::new(Cases::default(), model).in_environment(Levers::new(false, "middle", 9));
    let options = r#"{"depth": 1, "breadth": 1, "history": 1}"#;
    let report = one(options, &mut host, 1).unwrap();
    assert_eq!((count(&report, "act"), report.malformed), (3, 0));
    let proposer = asked(&host, "proposer");
    assert_eq!(prompt(proposer[0]), "Task: Open gate 1.");
    assert_eq!(
        prompt(proposer[1]),
        "Task: Open gate 1.\n> pull nothing\nthere is nothing to pull"
    );
    assert_eq!(
        prompt(proposer[2]),
        "Task: Open gate 1.\n> pull right\nIt creaks."
    );
    // A simulator that says nothing foresees nothing.
    assert_eq!(
        prompt(asked(&host, "critic")[0]),
        "Task: Open gate 1.\n> pull nothing\nNothing happens."
    );
    assert_eq!(
        prompt(asked(&host, "simulator")[0]),
        "Task: Open gate 1.\n> pull nothing"
    );
}

#[test]
fn acts_end_after_as_many_as_options_allow() {
    let mut host = planned(|_| "value = 0.5".into(), true, "none");
    host.environment = Some(Box::new(Levers::new(true, "none", 0)));
    let report = one(r#"{"depth": 1, "acts": 3}"#, &mut host, 1).unwrap();
    assert_eq!(count(&report, "act"), 3);
}

#[test]
fn where_nothing_is_proposed_and_nothing_listed_the_act_is_empty() {
    let mut host = MockHost::new(Cases::default(), |_| Ok("hm".into()))
        .in_environment(Levers::new(false, "left", 1));
    let report = one(r#"{"reflections": 0}"#, &mut host, 1).unwrap();
    assert_eq!(
        (count(&report, "act"), report.steps, report.malformed),
        (1, 2, 2)
    );
}

#[test]
fn proposals_are_shown_to_the_next_proposer_who_alone_has_a_temperature() {
    let mut host = planned(published, true, "left");
    one(r#"{"temperature": 0.5}"#, &mut host, 1).unwrap();
    let proposer = asked(&host, "proposer");
    assert_eq!(
        prompt(proposer[1]),
        "Task: Open gate 1.\n\nActions:\npull right\npull middle\n\nProposed already:\npull left"
    );
    for request in &host.requests {
        let temperature = (request.role == "proposer").then_some(0.5);
        assert_eq!(request.temperature, temperature);
    }
}
