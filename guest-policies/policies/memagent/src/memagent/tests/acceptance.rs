//! The statements that a port of MemAgent has to meet, by letter.

use environment_scroll::notes;
use environment_scroll::text::{Category, Problem};
use memloom_sdk::random::Random;
use memloom_sdk::text::{sentences, word_count};

use super::*;

/// Returns 17500 words: sentences of seven.
fn long_text() -> String {
    let sentences = (0..2500).map(|number| format!("The code of box {number} is K{number}."));
    sentences.collect::<Vec<_>>().join(" ")
}

const SECTIONS: &str = r#"{"sections": 5, "section_words": 3500}"#;

/// Reads the long text with a model that names each memory by its number, and answers.
fn read_long(answer: &'static str) -> (MockHost<Page>, Report) {
    let mut calls = 0;
    let model = move |request: &Request| {
        calls += 1;
        Ok(match request.role.as_str() {
            "reader" => format!("This is memory {calls}."),
            _ => answer.into(),
        })
    };
    let mut host =
        MockHost::new(Page::default(), model).in_environment(of_file(&long_text(), SECTIONS));
    let report = one(&mut configured("{}"), &mut host, 1);
    (host, report)
}

#[test]
fn a_17500_words_are_five_nexts_and_six_outputs_and_each_prompt_has_the_last_memory_alone() {
    let (host, report) = read_long(r"\boxed{Ann}");
    // The last act is the answer.
    assert_eq!(count(&report, "act"), 5 + 1);
    assert_eq!((report.steps, report.malformed, report.refused), (6, 0, 0));
    let roles: Vec<&str> = host.requests.iter().map(|request| &*request.role).collect();
    assert_eq!(
        roles,
        ["reader", "reader", "reader", "reader", "reader", "answerer"]
    );
    let sections: Vec<&str> = host.requests[..5]
        .iter()
        .map(|it| part(it, "Section"))
        .collect();
    assert_eq!(sections.join(" "), long_text());
    assert!(sections.iter().all(|section| word_count(section) == 3500));
    assert_eq!(part(&host.requests[0], "Memory"), "No memory yet.");
    for (number, request) in host.requests.iter().enumerate().skip(1) {
        assert_eq!(part(request, "Memory"), format!("This is memory {number}."));
        assert_eq!(part(request, "Problem"), "Who is it?");
        for earlier in &sections[..number] {
            let read = earlier.split(". ").next().unwrap();
            assert!(!prompt(request).contains(read));
        }
    }
    assert_eq!(reward(&host), 1.0);
}

#[test]
fn b_rewards_one_and_three_zeros_are_advantages_of_all_six_steps_of_their_session() {
    let rollouts = [r"\boxed{Ann}", r"\boxed{Ben}", "I do not know", ""].map(read_long);
    let rewards = rollouts.each_ref().map(|(host, _)| reward(host));
    assert_eq!(rewards, [1.0, 0.0, 0.0, 0.0]);
    let mean = rewards.iter().sum::<f32>() / 4.0;
    assert_eq!(
        rewards.map(|reward| reward - mean),
        [0.75, -0.25, -0.25, -0.25]
    );
    for (host, report) in &rollouts {
        let questions = host.environment.as_ref().unwrap().questions().unwrap();
        assert_eq!((questions.len(), &questions[0].sessions), (1, &vec![1]));
        assert_eq!(report.steps, 6);
    }
}

#[test]
fn c_an_empty_output_is_the_fixed_phrase_again_and_malformed() {
    let script = [
        "",
        "Ann is here.",
        "<think>Hm</think> ",
        "Ann.",
        r"\boxed{x}",
    ];
    let mut host = MockHost::scripted(Page::default(), &script).in_environment(made_up("{}", 0));
    let report = one(&mut configured("{}"), &mut host, 1);
    let memories: Vec<&str> = host.requests.iter().map(|it| part(it, "Memory")).collect();
    let none = "No memory yet.";
    assert_eq!(memories, [none, none, "Ann is here.", none, "Ann."]);
    assert_eq!((report.steps, report.malformed), (5, 2));
    let counts = ["insert", "update", "delete"].map(|name| count(&report, name));
    assert_eq!(counts, [2, 0, 1]);
}

#[test]
fn d_an_output_of_1500_tokens_ends_at_1024_and_is_stored() {
    let model = |request: &Request| {
        Ok(match request.role.as_str() {
            "reader" => "word ".repeat(1500),
            _ => r"\boxed{word}".into(),
        })
    };
    let mut host = MockHost::new(Page::default(), model).in_environment(made_up("{}", 0));
    let report = one(&mut configured("{}"), &mut host, 1);
    assert!(
        host.requests[..4]
            .iter()
            .all(|request| request.max_tokens == 1024)
    );
    assert_eq!(host.requests[4].max_tokens, 256);
    assert_eq!(word_count(&host.entry_texts()[0]), 1024);
    assert_eq!(report.malformed, 0);
}

/// Returns the problem of a prompt about a made-up text.
fn problem(request: &Request) -> Problem {
    let question = part(request, "Problem");
    let answers = vec!["not told".into()];
    Problem::new(question, answers, Category::TwoHop).unwrap()
}

#[test]
fn g_a_reader_who_keeps_all_always_finds_the_needle() {
    let keep_all = |request: &Request| {
        let memory = part(request, "Memory");
        Ok(match request.role.as_str() {
            "reader" => format!("{memory}\n{}", part(request, "Section")),
            _ => {
                let read: Vec<&str> = sentences(memory).collect();
                let answer = notes::answer(&problem(request), &read).unwrap();
                format!(r"It is \boxed{{{answer}}}.")
            }
        })
    };
    let world = r#"{"documents": 40, "sections": 8, "section_words": 200}"#;
    for index in 0..60 {
        let mut host =
            MockHost::new(Page::default(), keep_all).in_environment(made_up(world, index));
        one(&mut configured(r#"{"memory_tokens": 10000}"#), &mut host, 1);
        assert_eq!(reward(&host), 1.0, "{index}");
    }
}

#[test]
fn g_a_reader_who_never_updates_is_right_by_chance() {
    let mut random = Random::new(7);
    let mut rewards = 0.0;
    let episodes = 300;
    for index in 0..episodes {
        let seed = random.bits();
        let never = move |request: &Request| {
            Ok(match request.role.as_str() {
                "reader" => "No memory yet.".into(),
                _ => {
                    assert_eq!(part(request, "Memory"), "No memory yet.");
                    let values = notes::guesses(&problem(request));
                    let guess = Random::new(seed).pick(values).copied().unwrap();
                    format!(r"\boxed{{{guess}}}")
                }
            })
        };
        let mut host = MockHost::new(Page::default(), never).in_environment(made_up("{}", index));
        let report = one(&mut configured("{}"), &mut host, 1);
        assert_eq!((report.malformed, host.entry_texts().len()), (0, 0));
        rewards += reward(&host);
    }
    let share = rewards / episodes as f32;
    assert!(share > 0.0 && share <= 0.1, "{share}");
}
