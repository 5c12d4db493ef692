//! Demonstrations in tasks, which follow a demonstrator's notes.

use memloom_sdk::text::word_count;

use super::*;

const OWN_WORDS: &str = r#"{"constrained": true, "numbered": false}"#;

/// Follows a demonstrator through an episode, and returns reward, words of the memory and reports.
fn follow<B: Bank>(bank: B, who: &'static str, options: &str, index: u64) -> (f32, usize, Report) {
    let mut host = MockHost::demonstrated(bank).in_environment(made_up("{}", index));
    host.demonstrator = Some((who, 1));
    let report = one(&mut configured(options), &mut host, 1);
    assert!(
        host.requests
            .iter()
            .all(|request| request.demonstration.is_some())
    );
    let words = host.entry_texts().iter().map(|text| word_count(text)).sum();
    (reward(&host), words, report)
}

#[test]
fn an_expert_shows_what_to_keep_and_to_answer_in_every_form_and_bank() {
    for options in [
        "{}",
        r#"{"boxed": false}"#,
        r#"{"constrained": true}"#,
        OWN_WORDS,
    ] {
        for index in 0..40 {
            for (paid, words, report) in [
                follow(Page::default(), "expert", options, index),
                follow(Flat::default(), "expert", options, index),
            ] {
                assert_eq!(
                    (paid, report.malformed, report.refused),
                    (1.0, 0, 0),
                    "{options}"
                );
                assert!((7..=16).contains(&words), "{words}");
            }
        }
    }
}

#[test]
fn demonstrators_keep_everything_or_nothing() {
    for options in ["{}", r#"{"constrained": true}"#, OWN_WORDS] {
        let (paid, words, _) = follow(Page::default(), "everything", options, 5);
        assert!(paid == 1.0 && words > 220, "{words}");
        let (_, words, report) = follow(Page::default(), "nothing", options, 5);
        assert_eq!((words, report.malformed), (0, 0));
    }
}

#[test]
fn a_careless_demonstrator_is_right_in_most_episodes_and_always_of_the_form() {
    let mut rewards = 0.0;
    for index in 0..60 {
        let options = r#"{"constrained": true}"#;
        let (paid, _, report) = follow(Page::default(), "demonstrator", options, index);
        assert_eq!(report.malformed, 0);
        rewards += paid;
    }
    assert!((30.0..58.0).contains(&rewards), "{rewards}");
}

#[test]
fn a_demonstration_is_no_longer_than_the_memory() {
    let options = r#"{"memory_tokens": 20}"#;
    let mut host = MockHost::demonstrated(Page::default()).in_environment(made_up("{}", 5));
    host.demonstrator = Some(("everything", 1));
    one(&mut configured(options), &mut host, 1);
    let shown = host.requests[1].demonstration.as_deref().unwrap();
    assert_eq!(word_count(shown), 20);
}
