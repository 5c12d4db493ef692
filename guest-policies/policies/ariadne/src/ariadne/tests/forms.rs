//! Roles, prompts and the reading of dialogue, as text and under a grammar.

use super::*;

#[test]
fn all_roles_are_asked_in_order_and_see_what_they_need() {
    let plan = r#"{"main_goal": "reach c", "plan_steps": [{"sub_goal_1": "go west"}]}"#;
    let outputs = [
        "lamp, is in, a; a, has exits, west",
        r#"{"lamp": 1}"#,
        "True",
        plan,
        &action("go west"),
        "none",
    ];
    let mut host = in_maze(true, 1, &outputs);
    let report = one(&mut configured("{}"), &mut host, 1);
    let roles: Vec<&str> = host.requests.iter().map(|r| &*r.role).collect();
    assert_eq!(
        roles,
        [
            "extractor",
            "items",
            "explorer",
            "planner",
            "actor",
            "extractor"
        ]
    );
    assert_eq!((report.steps, report.malformed), (6, 0));
    let user = |place: usize| &*host.requests[place].messages[1].content;
    let start = "go to c. you are in a. a has exits west.";
    let known = format!(
        "Goal:\n{start}\n\nWhat is known:\nlamp, is in, a\n\nEarlier observations:\n{start}\n\n\
         Now:\n{start}\n\nExits that were never taken:\na: west"
    );
    let known = known.replace(&format!("Earlier observations:\n{start}\n\n"), "");
    assert_eq!(user(3), known);
    assert_eq!(
        user(4),
        format!("{known}\n\nPlan:\nmain goal: reach c\n1. go west\n\nActions:\nlook\ngo west")
    );
    assert_eq!(
        user(5),
        "Triples so far, as an example:\nlamp, is in, a\n\nObservation:\n\
         you are in b. b has exits east, south."
    );
    assert_eq!(
        host.entry_texts(),
        [
            "lamp, is in, a",
            "a, has exits, west",
            start,
            "b, is west of, a",
            "a, is east of, b",
            "you are in b. b has exits east, south.",
        ]
    );
}

#[test]
fn outputs_that_cannot_be_read_are_counted_and_change_nothing() {
    let outputs = [
        "<think>",
        "lamp",
        "perhaps",
        "I plan to win",
        "west",
        "<think>",
    ];
    let mut host = in_maze(true, 1, &outputs);
    let report = one(&mut configured(r#"{"episodes": 0}"#), &mut host, 1);
    assert_eq!((report.steps, report.malformed), (6, 6));
    assert_eq!(count(&report, "link"), 0);
}

#[test]
fn old_observations_are_shown_but_not_those_of_the_last_five_acts() {
    let none = "none";
    let mut outputs = vec!["lamp, is in, a".to_string()];
    outputs.extend((0..7).flat_map(|_| [action("look"), none.to_string()]));
    let outputs: Vec<&str> = outputs.iter().map(String::as_str).collect();
    let mut host = in_maze(true, 7, &outputs);
    let options = r#"{"plan": false, "items": "names", "window": 1}"#;
    let report = one(&mut configured(options), &mut host, 1);
    assert_eq!(count(&report, "episode"), 8);
    let shows = host
        .requests
        .iter()
        .filter(|request| request.role == "actor");
    let shows = shows.map(|request| prompt(request).contains("Earlier observations"));
    // The instruction is the first observation, and the first that is old enough.
    assert_eq!(
        shows.collect::<Vec<_>>(),
        [false, false, false, false, false, true, true]
    );
}

#[test]
fn a_small_model_sees_few_words_and_chooses_among_actions_and_rooms() {
    let outputs = [
        "t1 keep",
        "go to c",
        "t1 drop t2 drop",
        "t1 keep",
        "look",
        "t1 keep",
    ];
    let mut host = in_maze(true, 3, &outputs);
    linked(
        &mut host.bank,
        &["b, is west of, a", "c, is south of, b", "lamp, is in, c"],
    );
    let options = WORDS.replace('}', r#", "task_sentences": 1, "hops": 1}"#);
    let report = one(&mut configured(&options), &mut host, 1);
    assert_eq!((report.malformed, report.refused), (0, 0));
    let requests = &host.requests;
    assert_eq!(prompt(&requests[0]), "user: a has exits west . t1");
    assert_eq!(requests[0].grammar.as_deref(), Some("t1 (keep | drop)"));
    assert_eq!(
        prompt(&requests[1]),
        "user: go to c. you are in a. a has exits west.\nnotes :\nlamp is in c .\nc is south of b ."
    );
    assert_eq!(
        requests[1].grammar.as_deref(),
        Some("(look | go west | go to b | go to c)")
    );
    assert_eq!(requests[1].max_tokens, 4);
    assert_eq!(
        prompt(&requests[4]),
        "user: go to c. you are in a. a has exits west.\nnotes :\nlamp is in c .\nc is south of b .\n---\n\
         assistant: go west\n---\nuser: you are in b. b has exits east, south.\n---\n\
         assistant: go south\n---\nuser: you are in c. c has exits north.\ngo to c.\nnotes :\n\
         b is north of c .\nc has exits north .\nlamp is in c .\nc is south of b ."
    );
}

#[test]
fn a_dialogue_is_read_with_its_turns_as_evidence() {
    let session = || {
        dialogue_session(
            1,
            &[
                ("Anna", "i put red cup in blue box."),
                ("Ben", "red cup is in old chest."),
                ("Anna", "it rained all day."),
            ],
        )
    };
    for (options, outputs) in [
        (WORDS, &["t1 keep t2 drop"][..]),
        (FEW, &["red cup, is in, blue box"]),
    ] {
        let mut host = MockHost::scripted(Graph::default(), outputs);
        let report = configured(options).observe(&mut host, session(), None);
        assert_eq!(report.unwrap().malformed, 0);
        let entries = host.bank.entries();
        assert_eq!(host.entry_texts(), ["red cup, is in, blue box"]);
        assert_eq!(entries[0].evidence, ["D1:1"]);
        let answer = configured(options);
        if options == WORDS {
            let answer = answer.answer(&mut host, "Where is red cup?").unwrap();
            assert_eq!(
                (&*answer.text, &answer.citations[..]),
                ("blue box", &["D1:1".into()][..])
            );
        }
    }
}

#[test]
fn with_hints_what_a_demonstrator_would_insert_is_kept() {
    let session = dialogue_session(
        1,
        &[
            ("Anna", "i put red cup in blue box."),
            ("Anna", "my aunt has old vase."),
            ("Anna", "red cup is in old chest."),
        ],
    );
    let hints = vec![
        hint("D1:1", DemonstratedOperation::Insert),
        hint("D1:3", DemonstratedOperation::Update("D1:1".into())),
    ];
    for options in [WORDS, FEW] {
        let mut host = MockHost::demonstrated(Graph::default());
        let read = configured(options).observe(&mut host, session.clone(), Some(hints.clone()));
        assert_eq!(read.unwrap().malformed, 0);
        let texts = host.entry_texts();
        assert!(
            texts.contains(&"red cup, is in, old chest".into()),
            "{texts:?}"
        );
        assert!(texts.iter().all(|text| !text.contains("vase")), "{texts:?}");
    }
}

#[test]
fn a_question_is_answered_in_words_from_triples() {
    let mut host = MockHost::scripted(Graph::default(), &["It is there.\nanswer: blue box"]);
    linked(&mut host.bank, &["red cup, is in, blue box"]);
    let answer = configured("{}")
        .answer(&mut host, "Where is red cup?")
        .unwrap();
    assert_eq!(answer.text, "blue box");
    let request = &host.requests[0];
    assert_eq!(request.demonstration.as_deref(), Some("answer: blue box"));
    assert_eq!(
        request.messages[1].content,
        "What is known:\nred cup, is in, blue box\n\nQuestion:\nWhere is red cup?"
    );
    let mut host = MockHost::scripted(Graph::default(), &[]);
    linked(&mut host.bank, &["red cup, is in, blue box"]);
    let of = |host: &mut MockHost<Graph>, question| {
        configured(WORDS).answer(host, question).unwrap().text
    };
    assert_eq!(of(&mut host, "what is in the blue box?"), "red cup");
    assert_eq!(of(&mut host, "who sings?"), "");
}

#[test]
fn with_an_embedder_triples_must_be_like_the_item() {
    fn embed(text: &str) -> Vec<f32> {
        let has = |word: &str| f32::from(u8::from(text.contains(word)));
        vec![has("lamp"), has("hall") * 2.0, 0.1]
    }
    let outputs = [
        "lamp, is in, shed; lamp, is in, hall",
        &action("look"),
        "none",
    ];
    let mut host = in_maze(true, 1, &outputs);
    host.embedder = Some(embed);
    let mut policy = configured(r#"{"plan": false, "episodes": 0}"#);
    let outputs = [outputs[0], r#"{"lamp": 1}"#, outputs[1], outputs[2]];
    let mut with_items = in_maze(true, 1, &outputs);
    with_items.embedder = Some(embed);
    one(&mut policy, &mut with_items, 1);
    let actor = &with_items.requests[2].messages[1].content;
    assert!(
        actor.contains("What is known:\nlamp, is in, shed\n\nNow"),
        "{actor}"
    );
}
