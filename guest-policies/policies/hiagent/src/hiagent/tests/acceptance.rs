//! The acceptance checks of HiAgent's specification, by letter, with outputs as text.

use memloom_sdk::text::word_count;

use super::*;

#[test]
fn b_once_a_second_subgoal_is_named_the_first_is_one_line_until_it_is_retrieved() {
    let acts = idle("{}", 6);
    let outputs = [
        begin("clear the way", &acts[0]),
        go_on(&acts[1]),
        begin("build", &acts[2]),
        "Red is\nout of the way.".into(),
        "Retrieve: 1".into(),
        go_on(&acts[3]),
        go_on(&acts[4]),
    ];
    let mut host = scripted("{}", &outputs);
    let report = observed(&mut configured(r#"{"steps": 6}"#), &mut host, 1);
    let prompts: Vec<String> = host.requests.iter().map(shown).collect();
    let roles: Vec<&str> = host.requests.iter().map(|it| &*it.role).collect();
    assert_eq!(
        roles,
        [
            "actor",
            "actor",
            "actor",
            "summariser",
            "actor",
            "actor",
            "actor"
        ]
    );
    let pairs = |prompt: &str| prompt.matches("\nObservation: ").count();
    assert_eq!(
        prompts
            .iter()
            .map(|prompt| pairs(prompt))
            .collect::<Vec<_>>(),
        [0, 1, 2, 2, 1, 3, 2]
    );
    // The prompt after the second subgoal holds one line for the first and no observation of it.
    let line =
        "Subgoal 1, finished: clear the way Red is out of the way.\nSubgoal 2, open: build\n";
    let after = &prompts[4];
    assert!(after.contains(line), "{after}");
    assert!(!after.contains(&format!("Action: {}", acts[1])));
    // What is retrieved is in the next prompt, and not in the one after.
    let both = "Subgoal 1, finished: clear the way Red is out of the way.\nAction: ";
    assert!(prompts[5].contains(both) && prompts[6].contains(line));
    for act in &acts[..2] {
        assert!(prompts[5].contains(&format!("Action: {act}\nObservation: ")));
    }
    let counts = ["act", "retrieve", "open-group", "close-group", "insert"];
    assert_eq!(counts.map(|name| count(&report, name)), [5, 1, 2, 1, 5]);
    assert_eq!((report.steps, report.malformed, report.refused), (7, 0, 0));
}

#[test]
fn a_subgoal_that_is_named_again_goes_on() {
    let acts = idle("{}", 2);
    let outputs = [begin("build", &acts[0]), begin("build", &acts[1])];
    let mut host = scripted("{}", &outputs);
    let report = observed(&mut configured(r#"{"steps": 2}"#), &mut host, 1);
    assert_eq!(count(&report, "open-group"), 1);
    let groups = host.bank.entries().into_iter();
    assert!(groups.map(|entry| entry.fields[1].1.clone()).eq(["1", "1"]));
}

/// Returns the mean number of words of the prompts of a script of 30 acts, with a new subgoal after
/// every fifth.
fn context(options: &str) -> f64 {
    let world = r#"{"size": [6, 6], "steps": 40}"#;
    let acts = idle(world, 30);
    let mut place = 0;
    let model = move |request: &Request| {
        if request.role == "summariser" {
            return Ok("reached. nothing has changed.".into());
        }
        place += 1;
        let act = &acts[place - 1];
        Ok(match (place - 1) % 5 {
            0 => begin(&format!("part {}", place / 5 + 1), act),
            _ => go_on(act),
        })
    };
    let mut host = MockHost::new(Tray::default(), model).in_environment(blocks(world, 0));
    let report = observed(&mut configured(options), &mut host, 1);
    assert_eq!((count(&report, "act"), report.malformed), (30, 0));
    let words = host.requests.iter().map(|it| word_count(&shown(it)));
    words.sum::<usize>() as f64 / host.requests.len() as f64
}

#[test]
fn c_with_summaries_prompts_are_shorter_by_30_percent_and_more() {
    let with = context("{}");
    let without = context(r#"{"summarise": false, "retrieve": false}"#);
    assert!(with <= 0.7 * without, "{with} {without}");
}

#[test]
fn d_a_subgoal_that_does_not_exist_is_not_retrieved_and_the_step_counts() {
    let acts = idle("{}", 1);
    for (options, why) in [
        (r#"{"steps": 3}"#, "Retrieve: there is no subgoal 9."),
        (
            r#"{"steps": 3, "retrieve": false}"#,
            "Retrieve: there is no such reply.",
        ),
    ] {
        let outputs = [begin("a", &acts[0]), "Retrieve: 9".into(), go_on("fly")];
        let mut host = scripted("{}", &outputs);
        let report = observed(&mut configured(options), &mut host, 1);
        let last = shown(&host.requests[2]);
        assert!(last.ends_with(&format!("\n\n{why}")), "{last}");
        assert_eq!((report.steps, report.refused, report.malformed), (3, 1, 0));
        assert_eq!(metric(&host, "acts"), 2.0);
    }
}

#[test]
fn d_an_action_with_an_unknown_block_is_told_so_and_leaves_the_world_as_it_is() {
    let outputs = [begin("a", "pick up pink"), go_on("stack red on pink")];
    let mut host = scripted("{}", &outputs);
    let advice = |host: &MockHost<Tray>| {
        let environment = host.environment.as_ref().unwrap();
        environment.advise("expert", 1).unwrap()
    };
    let mut untouched = blocks("{}", 0);
    untouched.session(1).unwrap();
    let report = observed(&mut configured(r#"{"steps": 2}"#), &mut host, 1);
    assert_eq!(advice(&host), untouched.advise("expert", 1).unwrap());
    let told = "Action: pick up pink\nObservation: that is no action: say check valid actions.";
    assert!(shown(&host.requests[1]).ends_with(told));
    assert_eq!((metric(&host, "refused"), report.malformed), (2.0, 0));
}

#[test]
fn d_of_two_actions_the_first_is_taken() {
    let acts = idle("{}", 1);
    let output = format!("{}\nAction: check valid actions", begin("a", &acts[0]));
    let mut host = scripted("{}", &[output]);
    let report = observed(&mut configured(r#"{"steps": 1}"#), &mut host, 1);
    assert_eq!(count(&report, "act"), 1);
    assert!(host.entry_texts()[0].starts_with(&format!("{}\n", acts[0])));
}

#[test]
fn d_an_empty_output_is_malformed_and_nothing_is_done_in_its_place() {
    for output in ["", "I think.", "Subgoal: a"] {
        let outputs = [output.into(), begin("a", "check valid actions")];
        let mut host = scripted("{}", &outputs);
        let report = observed(&mut configured(r#"{"steps": 2}"#), &mut host, 1);
        assert_eq!((report.steps, report.malformed), (2, 1));
        let second = shown(&host.requests[1]);
        assert!(second.ends_with("\n\nThe last reply had no action that can be read."));
        // The one act is that of the second output.
        assert_eq!(metric(&host, "acts"), 1.0);
        let entry = &host.entry_texts()[0];
        assert!(
            entry.starts_with("check valid actions\nyou can: "),
            "{entry}"
        );
    }
}

#[test]
fn a_summary_that_cannot_be_read_is_malformed_and_the_next_subgoal_begins() {
    let acts = idle("{}", 3);
    let outputs = [
        begin("a", &acts[0]),
        begin("b", &acts[1]),
        " \n".into(),
        go_on(&acts[2]),
    ];
    let mut host = scripted("{}", &outputs);
    let report = observed(&mut configured(r#"{"steps": 3}"#), &mut host, 1);
    assert_eq!((report.steps, report.malformed), (4, 1));
    assert!(shown(&host.requests[3]).contains("Subgoal 1, finished: a (no summary)\n"));
}

#[test]
fn the_baseline_shows_all_acts_and_speaks_of_no_subgoal() {
    let acts = idle("{}", 3);
    let outputs = [go_on(&acts[0]), begin("a", &acts[1]), go_on(&acts[2])];
    let mut host = scripted("{}", &outputs);
    let options = r#"{"summarise": false, "retrieve": false, "steps": 3}"#;
    let report = observed(&mut configured(options), &mut host, 1);
    let last = shown(&host.requests[2]);
    assert_eq!(last.matches("\nObservation: ").count(), 2);
    assert!(!last.to_lowercase().contains("subgoal") && !last.contains("Retrieve"));
    assert_eq!(["act", "open-group"].map(|it| count(&report, it)), [3, 0]);
    let ablation = r#"{"retrieve": false, "steps": 3}"#;
    let mut host = scripted(
        "{}",
        &[begin("a", &acts[0]), go_on(&acts[1]), go_on(&acts[2])],
    );
    observed(&mut configured(ablation), &mut host, 1);
    let first = shown(&host.requests[0]);
    assert!(first.contains("Subgoal: what") && !first.contains("Retrieve"));
}

#[test]
fn a_seen_action_ends_an_output_and_own_instructions_come_first() {
    let mut host = scripted("{}", &[go_on("look")]);
    let options = r#"{"steps": 1, "instruction": "Build."}"#;
    observed(&mut configured(options), &mut host, 1);
    let request = &host.requests[0];
    assert_eq!(
        (&*request.stop, request.max_tokens),
        (&["\nObservation:".to_string()][..], 256)
    );
    assert!(
        request.messages[0]
            .content
            .starts_with("Build.\n\nWork subgoal by subgoal.")
    );
    // An act without a subgoal is shown by itself.
    assert_eq!(host.bank.entries()[0].fields[1].1, "");
}
