//! Outputs of every kind.

use super::*;

#[test]
fn garbage_is_counted_and_does_the_first_action() {
    let pieces = [
        "a1",
        "a9",
        "action:",
        " ",
        "\n",
        "<think>",
        "keep: t1",
        "open box 2",
        "ü",
        "{",
    ];
    for options in [
        "{}",
        r#"{"constrained": true}"#,
        r#"{"notes": "observations"}"#,
    ] {
        for listed in [true, false] {
            let mut random = Random::new(7);
            let model = move |_: &Request| {
                let length = random.below(5);
                Ok((0..length)
                    .map(|_| *random.pick(&pieces).unwrap())
                    .collect())
            };
            let boxes = Boxes::new(50, 2, listed);
            let mut host = MockHost::new(Flat::default(), model).in_environment(boxes);
            let reports = live(&mut configured(options), &mut host);
            assert_eq!(
                (count(&reports[0], "act"), count(&reports[1], "act")),
                (50, 1)
            );
            assert!(reports[0].malformed > 0 && reports[0].malformed <= reports[0].steps);
        }
    }
    let mut host = MockHost::new(Flat::default(), |_| Ok("I do not know".into()))
        .in_environment(Boxes::new(3, 1, true));
    let reports = live(&mut configured(r#"{"notes": "observations"}"#), &mut host);
    assert_eq!((reports[0].steps, reports[0].malformed), (3, 3));
    assert_eq!(host.entry_texts(), ["the key is in box 1 ."]);
}

#[test]
fn more_actions_than_control_words_are_paged() {
    let mut host =
        MockHost::new(Flat::default(), reader).in_environment(Boxes::new(200, 150, true));
    let mut policy =
        configured(r#"{"constrained": true, "notes": "none", "window": 400, "acts": 160}"#);
    let report = one(&mut policy, &mut host, 1);
    assert_eq!((count(&report, "act"), report.malformed), (160, 0));
    // Boxes 65 to 128 are on the second page, those to 192 on the third; from 150 on the key is
    // known.
    assert_eq!(report.steps, 160 + (128 - 64) + 2 * (160 - 128));
}

#[test]
fn tasks_without_listed_actions_are_acted_in_by_text() {
    for options in [
        r#"{"constrained": true, "notes": "observations"}"#,
        r#"{"notes": "observations"}"#,
    ] {
        let script = ["action: open box 2", "open box 1", "action: open box 2"];
        let mut host =
            MockHost::scripted(Flat::default(), &script).in_environment(Boxes::new(2, 2, false));
        host.demonstrator = Some(("expert", 1));
        let reports = live(&mut configured(options), &mut host);
        assert_eq!(
            host.entry_texts(),
            ["the key is in box 2 .", "nothing happens ."]
        );
        assert_eq!([reports[0].malformed, reports[1].malformed], [1, 0]);
        assert!(
            host.requests
                .iter()
                .all(|request| request.grammar.is_none())
        );
        assert_eq!(
            host.requests[2].demonstration.as_deref(),
            Some("action: open box 2")
        );
    }
}

#[test]
fn actions_in_their_own_words_are_not_listed() {
    let script = ["open box 1", "open box 3", "a2", "open box 2"];
    let mut host =
        MockHost::scripted(Flat::default(), &script).in_environment(Boxes::new(3, 2, true));
    let options = r#"{"constrained": true, "numbered": false, "notes": "observations"}"#;
    let mut policy = configured(options);
    let reports = live(&mut policy, &mut host);
    let request = &host.requests[0];
    assert_eq!(prompt(request), "user: look into all boxes .");
    let grammar = "(open box 1 | open box 2 | open box 3)";
    assert_eq!(request.grammar.as_deref(), Some(grammar));
    assert_eq!(request.max_tokens, 4);
    // A number is no action here; the first is taken.
    assert_eq!((reports[0].steps, reports[0].malformed), (3, 1));
    assert_eq!(brought(&host), 1.0);
    let numbers = policy.describe().control_words;
    assert!(!numbers.iter().any(|word| word == "a1" || word == "more"));
}
