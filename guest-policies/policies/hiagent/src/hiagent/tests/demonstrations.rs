//! Demonstrations, which follow a demonstrator's subgoals and actions.

use super::*;

/// Follows a demonstrator through a task.
fn follow(who: &'static str, options: &str, world: &str, index: u64) -> (MockHost<Tray>, Report) {
    let host = MockHost::demonstrated(Tray::default());
    let mut host = host.in_environment(blocks(world, index));
    host.demonstrator = Some((who, 1));
    let report = observed(&mut configured(options), &mut host, 1);
    (host, report)
}

/// Returns the options of a policy and those of a world that go together.
fn forms(world: &str) -> [(&'static str, String); 4] {
    let world = |more: &str| format!(r#"{{"world": "{world}", "size": [3, 4]{more}}}"#);
    [
        ("{}", world(r#", "subgoals": true"#)),
        (
            r#"{"constrained": true}"#,
            world(r#", "subgoals": true, "feedback": "valid-actions""#),
        ),
        (
            r#"{"constrained": true, "summarise": false, "retrieve": false}"#,
            world(r#", "subgoals": true, "feedback": "valid-actions""#),
        ),
        // Without subgoals in the advice, the first goal is pursued throughout.
        ("{}", world("")),
    ]
}

#[test]
fn e_an_expert_shows_subgoals_and_actions_to_the_end_in_every_form() {
    for world in ["blocksworld", "gripper"] {
        for (options, world) in forms(world) {
            for index in 0..6 {
                let (host, report) = follow("expert", options, &world, index);
                assert_eq!(
                    ["success", "return"].map(|it| metric(&host, it)),
                    [1.0, 1.0]
                );
                assert_eq!((report.malformed, report.refused), (0, 0));
            }
        }
    }
}

#[test]
fn every_demonstrator_is_followed_in_every_form() {
    for who in ["everything", "nothing", "demonstrator"] {
        for (options, world) in forms("blocksworld") {
            for index in 0..3 {
                let (_, report) = follow(who, options, &world, index);
                assert_eq!((report.malformed, report.refused), (0, 0), "{who}");
            }
        }
    }
}

#[test]
fn an_expert_s_subgoals_are_reached_one_after_another() {
    let world = r#"{"subgoals": true, "size": [5, 5]}"#;
    for index in 0..5 {
        let (host, report) = follow("expert", "{}", world, index);
        let summaries: Vec<&Request> = host
            .requests
            .iter()
            .filter(|request| request.role == "summariser")
            .collect();
        assert_eq!(summaries.len() as u32 + 1, count(&report, "open-group"));
        assert!(summaries.len() >= 2, "{index}");
        for request in summaries {
            let summary = request.demonstration.as_deref().unwrap();
            assert!(summary.starts_with("reached."), "{summary}");
        }
    }
}
