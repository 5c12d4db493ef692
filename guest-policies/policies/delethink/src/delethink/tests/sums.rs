//! Demonstrations and grammars over the environment `sums`.

use super::*;
use memloom_sdk::Host;
use memloom_sdk::text::apart;

/// Chunks in which a chain of eight steps takes several.
const WORDS: &str = r#"{"constrained": true, "context": 25, "state": 15, "head": 5, "chunks": 5}"#;

fn constrained(options: &str, sums: &Sums) -> Delethink {
    let mut policy = Delethink::default();
    policy.configure(options, sums.describe().lexicon).unwrap();
    policy
}

#[test]
fn what_an_expert_works_out_is_spread_over_chunks_and_earns_everything() {
    let text = r#"{"context": 25, "state": 15, "head": 5, "chunks": 5}"#;
    let open = r#"{"context": 25, "state": 15, "head": 5, "chunks": 5, "closing": ""}"#;
    for options in [WORDS, text, open] {
        let sums = opened(r#"{"depth": [8, 8]}"#);
        let mut policy = constrained(options, &sums);
        let mut host = Speaker::demonstrated()
            .in_environment(sums)
            .advised("expert");
        for session in 1..=8 {
            let before = host.requests().len();
            let report = live(&mut policy, &mut host, session);
            assert_eq!(
                (reward(&mut host, session), report.malformed),
                (1.0, 0),
                "{options}"
            );
            let asked = host.requests()[before..].to_vec();
            assert!(asked.len() > 1 && asked.len() == report.steps as usize);
            let said: Vec<String> = asked
                .iter()
                .map(|it| it.demonstration.clone().unwrap())
                .collect();
            let lengths = said.iter().map(|text| host.count(text));
            let budgets = asked.iter().map(|request| request.max_tokens);
            assert!(
                lengths
                    .zip(budgets)
                    .all(|(length, budget)| length <= budget)
            );
            let content = host.environment().session(session).unwrap();
            let steps = host.environment().advise("expert", 1).unwrap();
            let whole = said.concat().replace("\n</think>", "");
            let expected = match options == WORDS {
                true => apart(&steps),
                false => steps,
            };
            assert_eq!(whole, expected, "{content:?}");
        }
    }
}

#[test]
fn what_is_demonstrated_under_a_grammar_has_its_words_which_are_control_words() {
    assert!(configured("{}").describe().control_words.is_empty());
    let sums = opened(r#"{"depth": [4, 8]}"#);
    let mut policy = constrained(WORDS, &sums);
    let mut host = Speaker::demonstrated()
        .in_environment(sums)
        .advised("demonstrator");
    for session in 1..=8 {
        live(&mut policy, &mut host, session);
    }
    let control = policy.describe().control_words;
    for request in host.requests() {
        let grammar = request.grammar.as_deref().unwrap();
        let allowed: Vec<&str> = grammar
            .split(['(', ')', '|', ' '])
            .filter(|word| !word.is_empty())
            .collect();
        let said = request.demonstration.as_deref().unwrap();
        assert!(
            said.split_whitespace().all(|word| allowed.contains(&word)),
            "{said}"
        );
        assert!(
            allowed
                .iter()
                .all(|word| control.iter().any(|listed| listed == word))
        );
        assert!(request.stop.is_empty());
        assert!(
            request
                .messages
                .iter()
                .all(|message| message.role != "system")
        );
    }
}

#[test]
fn words_are_parted_by_spaces_where_chunks_meet() {
    let sums = opened("{}");
    let mut policy = constrained(WORDS, &sums);
    let first = "adds 4 makes 7 .".to_owned() + &" is".repeat(21);
    let second = "right answer :".to_owned() + &" is".repeat(9);
    let mut host =
        Speaker::new(move |call| [&first, &second][call.min(1)].clone()).in_environment(sums);
    live(&mut policy, &mut host, 1);
    let begun = host.begun();
    assert_eq!(begun[1], "adds 4 makes 7 .".to_owned() + &" is".repeat(10));
    assert_eq!(
        begun[2],
        "adds 4 makes 7 . right answer :".to_owned() + &" is".repeat(7)
    );
}

#[test]
fn an_answer_that_the_limit_broke_off_goes_on_in_the_next_chunk() {
    let sums = opened("{}");
    let mut policy = constrained(WORDS, &sums);
    let first = "is ".repeat(24) + "answer : 5";
    let mut host = Speaker::new(move |call| match call {
        0 => first.clone(),
        _ => ": 5".into(),
    })
    .in_environment(sums);
    let report = live(&mut policy, &mut host, 1);
    assert_eq!((report.steps, report.malformed), (2, 0));
    let grammars: Vec<&str> = host
        .requests()
        .iter()
        .map(|request| request.grammar.as_deref().unwrap())
        .collect();
    assert!(grammars[0].starts_with("(answer : (0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9) | ("));
    assert_eq!(grammars[1], ": (0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9)");
}

#[test]
fn an_open_language_has_no_grammar() {
    let refused = Delethink::default().configure(WORDS, vec![]);
    assert_eq!(
        refused,
        Err(Error::Invalid(
            "delethink's options: `constrained` outputs are words of a closed language, and the \
             environment's is open: leave it out"
                .into()
        ))
    );
}
