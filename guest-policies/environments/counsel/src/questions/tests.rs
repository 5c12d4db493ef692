#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::options::Tool;
use crate::questions::archive::search;
use crate::questions::chain::Chain;
use crate::questions::knowledge::Knowledge;
use crate::stream::{Memory, Task};
use crate::visit::Visit;
use memloom_sdk::generated::Split;

const ADDRESS: Address = Address {
    split: Split::HeldOut,
    index: 5,
    sessions: 40,
};

fn options(json: &str) -> Options {
    Options::parse(json).unwrap()
}

/// A question about one fact that only advisers know.
fn question(json: &str) -> Question {
    let options = Rc::new(options(json));
    let world = Rc::new(World::new(&options, &ADDRESS));
    let chains = Chain::all(&world, 1).into_iter();
    let advised = |chain: &Chain| !world.is_written(chain.facts[0].relation);
    let chain = chains
        .clone()
        .find(advised)
        .or(chains.clone().next())
        .unwrap();
    let mut random = memloom_sdk::random::Random::new(1);
    Question {
        choices: Choices::new(&options, &world, &chain, &mut random),
        options,
        world,
        chain,
        sessions: Vec::new(),
        steps: 20,
    }
}

#[test]
fn the_facts_on_the_path_lead_to_the_answer() {
    let world = World::new(&options("{}"), &ADDRESS);
    for chain in (1..=3).flat_map(|hops| Chain::all(&world, hops)) {
        let mut known = Knowledge::default();
        for &fact in &chain.facts {
            known.learn(&world.sentence(fact));
        }
        let found = chain
            .relations()
            .try_fold(chain.start(&world), |subject, relation| {
                known.value(relation, subject)
            });
        assert_eq!(found, Some(chain.gold(&world)));
        let text = chain.question(&world);
        assert_eq!(text.matches(" of ").count(), chain.facts.len(), "{text}");
        assert!(text.ends_with(&format!(" of {}?", chain.start(&world))));
    }
}

#[test]
fn a_search_finds_what_the_archive_has_best_first() {
    let world = World::new(&options("{}"), &ADDRESS);
    for fact in world.facts() {
        let sentence = world.sentence(fact);
        let query = sentence.split_once(" is ").unwrap().0.to_uppercase();
        let found = search(&world, &query);
        assert!((1..=3).contains(&found.len()));
        match world.is_written(fact.relation) {
            true => assert_eq!(found[0], sentence),
            false => assert!(!found.contains(&sentence)),
        }
    }
    assert_eq!(
        search(&world, "the sea is deep of it"),
        Vec::<String>::new()
    );
}

#[test]
fn advisers_charge_for_one_fact_at_a_time() {
    let question = question("{}");
    let adviser = &question.world.advisers[0];
    let (name, price) = (&adviser.name, adviser.price);
    let relation = question.chain.facts[0].relation.name();
    let subject = question.chain.start(&question.world);
    let mut visit = Visit::default();
    let free = [
        format!("ask nobody: {relation} of {subject}"),
        format!("ask {name} {relation} of {subject}"),
        format!("ask {name}:"),
        format!("ask {name}: {relation}"),
        format!("ask {name}: {subject}"),
        format!("ask {name}: mentor and firm of {subject}"),
        "ask".into(),
    ];
    for action in &free {
        visit.act(&question, action);
        assert_eq!((visit.spent, visit.asked), (0, 0), "{action}");
    }
    let named = format!("{} wants to be asked for one fact.", adviser.name);
    assert_eq!(visit.observed[3], named);
    // No adviser of this name, no colon, nothing after it, and no words at all.
    assert_eq!(visit.faults, 4);
    let lower = format!("{relation} of {subject}").to_lowercase();
    let answer = visit.act(
        &question,
        &format!("ask {}: please: {lower}?", name.to_uppercase()),
    );
    assert!(
        answer
            .0
            .starts_with(&format!("{name} says that the {relation} of {subject} is "))
    );
    assert_eq!((visit.spent, visit.asked), (price, 1));
    let left = format!("Coins left: {}.", 10 - price);
    assert!(answer.0.ends_with(&left), "{}", answer.0);
    for _ in 0..10 {
        visit.act(&question, &format!("ask {name}: {lower}"));
    }
    assert_eq!(visit.spent, 10 / price * price);
    assert_eq!(
        visit.observed.last().unwrap(),
        &format!("You cannot pay {name}.")
    );
}

#[test]
fn a_tool_that_is_missing_is_no_action() {
    for (json, tool, action) in [
        (r#"{"tools": ["ask"]}"#, Tool::Search, "search home"),
        (r#"{"tools": ["search"]}"#, Tool::Ask, "ask"),
    ] {
        let question = question(json);
        let said = Visit::default().act(&question, action).0;
        assert!(said.starts_with("This is no action."), "{tool:?}: {said}");
        assert!(!said.contains(action.split(' ').next().unwrap()), "{said}");
        assert!(question.choices(&Visit::default()).len() > 6);
    }
    assert_eq!(
        question(r#"{"tools": []}"#)
            .choices(&Visit::default())
            .len(),
        6
    );
}

#[test]
fn an_answer_is_worth_its_match_less_its_price() {
    let answered = |json: &str, shorten: bool, spent: u32| {
        let question = question(json);
        let gold = question.chain.gold(&question.world);
        let answer = if shorten {
            gold.split(' ').next().unwrap()
        } else {
            gold
        };
        let mut visit = Visit {
            spent,
            ..Visit::default()
        };
        visit.act(&question, &format!("answer the {}!", answer.to_lowercase()));
        [visit.outcome.reward, visit.outcome.em, visit.outcome.f1]
    };
    let near = |found: [f32; 3], expected: [f32; 3]| {
        let mut pairs = found.iter().zip(expected);
        assert!(
            pairs.all(|(one, two)| (one - two).abs() < 1e-6),
            "{found:?}"
        );
    };
    near(answered("{}", false, 0), [1.0, 1.0, 1.0]);
    near(answered("{}", false, 5), [0.9, 1.0, 1.0]);
    near(answered("{}", true, 0), [0.0, 0.0, 2.0 / 3.0]);
    let f1 = r#"{"reward": "f1", "price_weight": 0.6, "budget": 20}"#;
    near(answered(f1, true, 15), [0.55 * 2.0 / 3.0, 0.0, 2.0 / 3.0]);
}

/// Returns the metrics of a session that is lived with these actions.
fn metrics(json: &str, actions: &[String]) -> std::collections::BTreeMap<String, f32> {
    let question = question(json);
    let mut visit = Visit::default();
    for action in actions {
        visit.act(&question, action);
    }
    let score = crate::scoring::score(&question.options, &visit, &[visit.spent]);
    score.metrics.into_iter().collect()
}

#[test]
fn the_metric_route_punishes_what_is_no_action_and_a_task_without_an_answer() {
    let json = r#"{"price_weight": 0.6}"#;
    let question = question(json);
    let adviser = &question.world.advisers[0];
    let fact = question.chain.facts[0];
    let ask = format!(
        "ask {}: {} of {}",
        adviser.name,
        fact.relation.name(),
        question.chain.start(&question.world)
    );
    let right = format!("answer {}", question.chain.gold(&question.world));
    let wrong = "answer nobody".to_string();
    let route = |actions: &[&String]| {
        let actions: Vec<String> = actions.iter().map(ToString::to_string).collect();
        let metrics = metrics(json, &actions);
        (metrics["success"], metrics["route"])
    };
    assert_eq!(route(&[&right]), (1.0, 1.0));
    let (success, paid) = route(&[&ask, &right]);
    let thrift = 1.0 - adviser.price as f32 / 10.0;
    assert_eq!(success, 1.0);
    assert!((paid - (0.4 + 0.6 * thrift)).abs() < 1e-6, "{paid}");
    assert_eq!(route(&[&wrong]), (0.0, 0.0));
    assert_eq!(route(&[&String::new(), &right]), (1.0, -1.0));
    assert_eq!(route(&[&"ask nobody: x".into(), &right]), (1.0, -1.0));
    assert_eq!(route(&[&ask]), (0.0, -1.0));
    assert_eq!(route(&[&ask; 20]), (0.0, -1.0));
}

#[test]
fn a_percentile_of_costs_counts_the_tasks_of_the_episode_so_far() {
    let question = question(r#"{"cost": "percentile", "price_weight": 0.6}"#);
    let gold = question.chain.gold(&question.world);
    let mut visit = Visit {
        spent: 4,
        ..Visit::default()
    };
    visit.act(&question, &format!("answer {gold}"));
    let route = |costs: &[u32]| {
        let score = crate::scoring::score(&question.options, &visit, costs);
        let found = score.metrics.into_iter().find(|(name, _)| name == "route");
        found.unwrap().1
    };
    for (costs, expected) in [
        (&[4][..], 0.4 + 0.6 * 0.5),
        (&[0, 4], 0.4),
        (&[4, 9], 1.0),
        (&[0, 1, 9, 4], 0.4 + 0.6 * (1.0 - (2.0 - 0.15) / 2.7)),
    ] {
        assert!((route(costs) - expected).abs() < 1e-6, "{costs:?}");
    }
}

#[test]
fn an_adviser_who_is_good_at_the_domain_is_counted() {
    let question = question("{}");
    let fact = question.chain.facts[0];
    let (name, subject) = (fact.relation.name(), question.chain.start(&question.world));
    for adviser in &question.world.advisers {
        let ask = format!("ask {}: {name} of {subject}", adviser.name);
        let good = adviser.competence[fact.relation.domain()] == adviser::Competence::Good;
        assert_eq!(metrics("{}", &[ask])["well-asked"], f32::from(good));
    }
}

#[test]
fn of_a_trace_the_last_answer_counts_and_its_form_is_paid() {
    let json = r#"{"tools": []}"#;
    let gold = question(json).chain.gold(&question(json).world).to_string();
    let gold = &*gold;
    let think = "<think>hm</think>";
    let search = "<search>who is it</search> <information>I forget</information>";
    let trace = |parts: &[&str], answer: &str| {
        let answer = format!("<answer>{answer}</answer>");
        let parts = [parts, &[&*answer]].concat();
        metrics(json, &[format!("answer {}", parts.join("\n"))])["trace"]
    };
    for (parts, answer, expected) in [
        (&[think, search, think][..], gold, 1.0),
        (&[think], gold, 0.95),
        (&[think, search, think, think], gold, 0.9 + 0.2 / 3.0),
        (&[think, search, think, think], "nobody", 0.2 / 3.0),
        (&[think, "<b>so</b>"], gold, 0.9),
        (&[think, "<answer>nobody</answer>"], gold, 0.95),
    ] {
        let found = trace(parts, answer);
        assert!((found - expected).abs() < 1e-6, "{parts:?}: {found}");
    }
    assert_eq!(metrics(json, &[format!("answer {gold}")])["trace"], 0.9);
}

#[test]
fn one_relation_of_two_domains_is_asked_where_options_say_so() {
    let options = options(r#"{"tools": ["ask"], "domains": 2, "hops": 1, "told": false}"#);
    let world = World::new(&options, &ADDRESS);
    let stream = stream(&options, &ADDRESS);
    for (_, task) in stream.tasks() {
        assert_eq!(task.category(), "one-hop");
        let instruction = task.instruction();
        assert!(!instruction.contains("towns"), "{instruction}");
        let relations = ["mayor", "river", "dish"];
        assert!(relations.iter().all(|name| !instruction.contains(name)));
    }
    for sitting in &stream.sittings {
        if let Sitting::Talk(lines) = sitting {
            let facts = world.facts().map(|fact| world.sentence(fact));
            let facts: Vec<String> = facts.collect();
            assert!(lines.iter().all(|line| !facts.contains(&line.text)));
            assert!(lines.iter().all(|line| !line.text.contains("towns")));
        }
    }
}

/// The sentences that a session tells.
fn told(sitting: &Sitting) -> Vec<String> {
    match sitting {
        Sitting::Talk(lines) => lines.iter().map(|line| line.text.clone()).collect(),
        Sitting::Task(task) => vec![task.explanation()],
    }
}

#[test]
fn the_sessions_that_a_question_names_are_those_that_help() {
    let (mut solved, mut all) = (0.0, 0.0);
    for index in 0..20 {
        let address = Address { index, ..ADDRESS };
        let stream = stream(&options("{}"), &address);
        for (session, task) in stream.tasks().skip(1) {
            let named = task.sessions().iter();
            let texts: Vec<String> = named
                .flat_map(|&earlier| told(&stream.sittings[earlier as usize - 1]))
                .collect();
            assert!(!texts.is_empty() && task.sessions().iter().all(|&one| one < session));
            let memories: Vec<Memory<'_>> = texts
                .iter()
                .map(|text| Memory { speaker: "", text })
                .collect();
            let mut visit = task.begin();
            // One action is slack.
            while !visit.over && visit.acts + 1 < task.steps() {
                let mut random = memloom_sdk::random::Random::new(index);
                let action = task.advise(&memories, &visit, &mut random);
                visit.act(task, &action);
            }
            all += 1.0;
            solved += visit.outcome.em;
        }
    }
    assert!(solved / all > 0.97, "{solved} of {all}");
}

#[test]
fn what_need_not_be_remembered_is_never_a_fact() {
    let stream = stream(&options("{}"), &ADDRESS);
    let world = World::new(&options("{}"), &ADDRESS);
    let lines = stream.sittings.iter().filter_map(|sitting| match sitting {
        Sitting::Talk(lines) => Some(lines),
        Sitting::Task(_) => None,
    });
    let (mut lures, mut facts) = (0, 0);
    for line in lines.flatten() {
        let stated = world.facts().any(|fact| line.text == world.sentence(fact));
        facts += u32::from(stated);
        assert!(line.needed || !stated);
        if let Some((_, lure)) = line.text.split_once(" that the ") {
            let claim = format!("The {lure}");
            assert!(world.facts().all(|fact| claim != world.sentence(fact)));
            lures += 1;
        }
    }
    assert!(lures > 10 && facts > 10, "{lures} {facts}");
}
