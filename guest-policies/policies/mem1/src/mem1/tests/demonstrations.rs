//! Demonstrations, which follow a demonstrator's notes and action.

use super::*;

/// Follows a demonstrator through an episode, and returns reward and report.
fn follow(who: &'static str, options: &str, world: &str, index: u64) -> (f32, Report) {
    let host = MockHost::demonstrated(Page::default());
    let mut host = host.in_environment(made_up(world, index));
    host.demonstrator = Some((who, 1));
    let report = one(&mut configured(options), &mut host);
    assert!(
        host.requests
            .iter()
            .all(|request| request.demonstration.is_some())
    );
    (reward(&host), report)
}

const LISTED: &str = r#"{"actions": "listed", "notes": true}"#;
const OPEN: &str = r#"{"notes": true}"#;

#[test]
fn an_expert_shows_what_to_keep_and_to_do_in_either_form() {
    for index in 0..20 {
        for (options, world) in [("{}", OPEN), (r#"{"constrained": true}"#, LISTED)] {
            let (paid, report) = follow("expert", options, world, index);
            assert_eq!((paid, report.malformed, report.refused), (1.0, 0, 0));
        }
    }
}

#[test]
fn every_demonstrator_is_followed_in_either_form() {
    for who in ["everything", "nothing", "demonstrator"] {
        for index in 0..10 {
            for (options, world) in [("{}", OPEN), (r#"{"constrained": true}"#, LISTED)] {
                let (_, report) = follow(who, options, world, index);
                assert_eq!((report.malformed, report.refused), (0, 0), "{who}");
            }
        }
    }
}

#[test]
fn a_demonstrated_state_has_the_notes_one_a_line() {
    let host = MockHost::demonstrated(Page::default());
    let mut host = host.in_environment(made_up(OPEN, 1));
    host.demonstrator = Some(("expert", 1));
    one(&mut configured("{}"), &mut host);
    let first = host.requests[0].demonstration.as_deref().unwrap();
    assert!(first.starts_with("<think></think><search>"), "{first}");
    let last = host
        .requests
        .last()
        .unwrap()
        .demonstration
        .as_deref()
        .unwrap();
    assert!(
        last.starts_with("<think>The ") && last.ends_with("</answer>"),
        "{last}"
    );
    let state = host.entry_texts().remove(0);
    assert!(
        last.contains(&state) && (2..=4).contains(&state.lines().count()),
        "{state}"
    );
}
