//! The prompts of text.

use super::*;

#[test]
fn experiences_stand_before_the_task_and_the_last_acts_after_it() {
    let outputs = [
        "Action: use blue key",
        "Action: use red key",
        "Action: use green key",
        "Action: use blue key",
    ];
    let mut host = doors(&outputs);
    host.environment = Some(Box::new(Doors::with_tries(3)));
    live(r#"{"history": 1}"#, &mut host, 2);
    assert_eq!(prompt(&host.requests[0]), "user: Task: Open door 1.");
    assert_eq!(
        prompt(&host.requests[3]),
        "user: Relevant experiences:\n[Experience #1]\nGoal: Open door 1.\n\
         Trajectory: use blue key -> It opens.\nCorrectness: success\n\n\
         Task: Open door 2.\n---\nassistant: Action: use green key\n---\n\
         user: It wants the blue key.\nTask: Open door 2."
    );
    let request = &host.requests[3];
    assert_eq!((&*request.role, request.max_tokens), ("actor", 512));
    assert_eq!(request.stop, ["\nObservation:"]);
    assert!(request.grammar.is_none());
    let trajectory = field(&host.bank, "c2", "plan");
    assert_eq!(
        trajectory,
        "use red key -> It wants the blue key.; use green key -> It wants the blue key.; \
         use blue key -> It opens."
    );
}

#[test]
fn of_long_tasks_the_last_acts_are_kept() {
    for (words, kept) in [
        (
            13,
            "use green key -> It wants the blue key.; use blue key -> It opens.",
        ),
        (12, "use blue key -> It opens."),
        (2, "use blue"),
    ] {
        let outputs = ["Action: use green key", "Action: use blue key"];
        let mut host = doors(&outputs);
        host.environment = Some(Box::new(Doors::with_tries(3)));
        let options = format!(r#"{{"experience_words": {words}}}"#);
        live(&options, &mut host, 1);
        let plan = field(&host.bank, "c1", "plan");
        // An arrow is no word.
        assert_eq!(plan, kept, "{words}");
    }
}

#[test]
fn recent_shows_the_last_tasks_and_rag_those_that_are_alike() {
    for (memory, expected) in [("recent", ["4", "5"]), ("rag", ["2", "1"])] {
        let mut host = doors(&["Action: use blue key"; 6]);
        let options = format!(r#"{{"memory": "{memory}", "limit": 2}}"#);
        let mut policy = configured(&options);
        for index in 1..=5 {
            one(&mut policy, &mut host, index).unwrap();
        }
        // The first door again: its number is what it has in common with one experience alone.
        one(&mut policy, &mut host, 1).unwrap();
        let last = prompt(&host.requests[5]);
        let goals: Vec<&str> = last
            .lines()
            .filter_map(|line| line.strip_prefix("Goal: Open door "))
            .map(|rest| rest.trim_end_matches('.'))
            .collect();
        // The latest stands last, or the best.
        assert_eq!(goals, expected);
    }
}

#[test]
fn experiences_are_found_by_vectors_where_the_host_has_an_embedder() {
    let mut host = doors(&["Action: use blue key"; 4]);
    // Odd and even doors are alike.
    host.embedder = Some(|text| {
        let is_odd = text.contains(['1', '3', '5']);
        vec![f32::from(is_odd), f32::from(!is_odd)]
    });
    live(r#"{"limit": 1}"#, &mut host, 4);
    for (request, goal) in [(2, "Goal: Open door 1."), (3, "Goal: Open door 2.")] {
        let prompt = prompt(&host.requests[request]);
        assert!(prompt.contains(goal), "{prompt}");
    }
}

#[test]
fn own_instructions_replace_the_built_in_ones_and_the_forms_are_added() {
    for (options, instructions) in [
        (
            r#"{"instruction": "Be brave.", "memory": "rag"}"#,
            Some(
                "Be brave.\n\nReply with one of these and nothing else:\n\
                 Think: what you think before you act\nAction: the action to take",
            ),
        ),
        (
            r#"{"instruction": "Be brave.", "memory": "rag", "rounds": 0}"#,
            Some(
                "Be brave.\n\nReply with one of these and nothing else:\n\
                 Action: the action to take",
            ),
        ),
        (
            r#"{"instruction": "Be brave.", "constrained": true}"#,
            Some("Be brave."),
        ),
        (r#"{"constrained": true}"#, None),
    ] {
        let output = if options.contains("constrained") {
            "a3"
        } else {
            "Action: a3"
        };
        let mut host =
            MockHost::scripted(Cases::default(), &[output]).in_environment(Doors::new(true));
        live(options, &mut host, 1);
        let first = &host.requests[0].messages[0];
        let system = (first.role == "system").then_some(&*first.content);
        assert_eq!(system, instructions, "{options}");
    }
}
