//! Demonstrations: an expert's advice in every form.

use super::*;

#[test]
fn demonstrations_follow_the_advice_in_every_form() {
    let house_options = r#"{"rooms": 4, "objects": 6, "distractors": 0, "sessions": 4}"#;
    let told = r#"{"rooms": 4, "objects": 6, "distractors": 0, "sessions": 4, "tour": "told"}"#;
    for options in [WORDS, FEW, "{}"] {
        for of_house in [house_options, told] {
            let mut host =
                MockHost::demonstrated(Graph::default()).in_environment(house(of_house, 3));
            host.demonstrator = Some(("expert", 1));
            let mut policy = configured(options);
            for session in 1..=4 {
                let report = one(&mut policy, &mut host, session);
                assert_eq!((report.malformed, report.refused), (0, 0), "{options}");
                assert_eq!(count(&report, "output:repaired"), 0);
            }
            let environment = host.environment.as_deref().unwrap();
            for category in ["find", "hunt", "tidy"] {
                let (sum, tasks) = mean(environment, category, "success");
                assert_eq!(sum, tasks, "{category}");
            }
        }
    }
}

#[test]
fn under_sampling_actions_are_not_demonstrated() {
    let mut host = in_maze(true, 1, &["t1 keep", "look", "t1 keep"]);
    one(&mut configured(WORDS), &mut host, 1);
    let actor = host.requests.iter().find(|it| it.role == "actor").unwrap();
    assert_eq!(actor.demonstration, None);
}
