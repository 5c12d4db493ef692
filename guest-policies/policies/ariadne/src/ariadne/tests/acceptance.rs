//! The examples that the policy is held to: reading, writing and acting.

use super::*;

/// Observes the maze's first text, of which the model makes these triples and pairs.
fn refined(known: &[&str], triples: &str, pairs: &str) -> (Report, Vec<String>) {
    let mut host = in_maze(true, 1, &[triples, pairs, &action("look"), "none"]);
    linked(&mut host.bank, known);
    let report = one(&mut configured(FEW), &mut host, 1);
    (report, host.entry_texts())
}

#[test]
fn triples_are_linked_and_what_is_none_is_malformed() {
    let output = "kitchen, contains, fridge; fridge, state, closed; bad";
    let mut host = in_maze(true, 1, &[output, &action("look"), "none"]);
    let report = one(&mut configured(FEW), &mut host, 1);
    assert_eq!(
        host.entry_texts(),
        ["kitchen, contains, fridge", "fridge, state, closed"]
    );
    assert_eq!((report.malformed, count(&report, "link")), (1, 2));

    let tuple = r#"("Golden Locker.", "is in", "I")"#;
    let mut host = in_maze(true, 1, &[tuple, &action("look"), "none"]);
    let report = one(&mut configured(FEW), &mut host, 1);
    assert_eq!(host.entry_texts(), ["golden locker, is in, inventory"]);
    assert_eq!(
        (report.malformed, count(&report, "output:repaired")),
        (0, 1)
    );
}

#[test]
fn a_refined_triple_is_replaced() {
    let (report, texts) = refined(
        &["key 1, is in, white locker"],
        "key 1, is in, inventory",
        "[[key 1, is in, white locker -> key 1, is in, inventory]]",
    );
    assert_eq!(texts, ["key 1, is in, inventory"]);
    assert_eq!((count(&report, "replace"), report.refused), (1, 0));
}

#[test]
fn a_refined_triple_that_is_not_known_is_refused() {
    let (report, texts) = refined(
        &["key 1, is in, white locker"],
        "key 1, is in, inventory",
        "[[key 1, is in, red locker -> key 1, is in, inventory]]",
    );
    assert_eq!(
        texts,
        ["key 1, is in, white locker", "key 1, is in, inventory"]
    );
    assert_eq!((count(&report, "replace"), report.refused), (1, 1));
}

#[test]
fn triples_of_two_rooms_are_kept() {
    let (report, texts) = refined(
        &["room a, is west of, room b", "room a, is beside, room b"],
        "room a, is under, room b",
        "[[room a, is west of, room b -> room a, is under, room b], \
          [room a, is beside, room b -> room a, is under, room b]]",
    );
    assert_eq!(
        texts,
        [
            "room a, is west of, room b",
            "room a, is beside, room b",
            "room a, is under, room b"
        ]
    );
    assert_eq!((count(&report, "replace"), report.refused), (0, 0));
}

#[test]
fn a_thing_named_like_a_direction_is_shown_to_the_refiner() {
    let mut host = in_maze(
        true,
        1,
        &["east wing, is, open", "[]", &action("look"), "none"],
    );
    linked(
        &mut host.bank,
        &["east wing, is, closed", "east wing, is east of, hall"],
    );
    one(&mut configured(FEW), &mut host, 1);
    assert_eq!(host.requests[1].role, "refiner");
    assert_eq!(
        host.requests[1].messages[1].content,
        "Old:\neast wing, is, closed\n\nNew:\neast wing, is, open"
    );
}

#[test]
fn a_walk_takes_the_shortest_way_and_each_step_is_an_act() {
    let none = "none";
    let outputs = [none, &action("go to C"), none, none, &action("look"), none];
    let mut host = in_maze(false, 3, &outputs);
    linked(&mut host.bank, &["b, is west of, a", "c, is south of, b"]);
    let report = one(&mut configured(FEW), &mut host, 1);
    assert_eq!(count(&report, "act"), 3);
    assert_eq!((report.malformed, report.refused), (0, 0));
    let last = &host.requests[4].messages[1].content;
    assert!(
        last.contains(
            "What was done:\n> go west\nyou are in b. b has exits east, south.\n\nNow:\n> go south\n\
             you are in c. c has exits north."
        ),
        "{last}"
    );
    // Both ways of each step are known now.
    assert!(host.entry_texts().contains(&"b, is north of, c".into()));
}

#[test]
fn a_walk_to_a_room_without_a_known_way_costs_one_act_and_says_so() {
    for listed in [true, false] {
        let outputs = ["none", &action("go to c"), &action("look"), "none"];
        let mut host = in_maze(listed, 1, &outputs);
        let report = one(&mut configured(FEW), &mut host, 1);
        assert_eq!((count(&report, "act"), report.malformed), (1, 0));
        let last = &host.requests[2].messages[1].content;
        assert!(
            last.contains("Now:\n> go to c\nno way to c is known."),
            "{last}"
        );
        // Without another act, the task's acts are used up by such walks.
        let options = FEW.replace('}', r#", "acts": 2}"#);
        let outputs = ["none", &action("go to c"), &action("go to c")];
        let mut host = in_maze(listed, 9, &outputs);
        let report = one(&mut configured(&options), &mut host, 1);
        assert_eq!((count(&report, "act"), report.steps), (0, 3));
    }
}

#[test]
fn an_action_outside_the_list_is_malformed_and_the_first_one_is_done() {
    for (options, extraction, output) in [
        (FEW, "none", action("fly")),
        (FEW, "none", "go west".into()),
        (WORDS, "t1 drop", "fly".into()),
    ] {
        let mut host = in_maze(true, 1, &[extraction, &output, extraction]);
        let report = one(&mut configured(options), &mut host, 1);
        assert_eq!((report.malformed, count(&report, "act")), (1, 1));
        let last = host.requests.last().unwrap();
        assert_eq!(last.role, "extractor");
        assert!(host.bank.entries().is_empty());
    }
    let mut host = in_maze(false, 1, &["none", "fly", "none"]);
    let report = one(&mut configured(FEW), &mut host, 1);
    assert_eq!((report.malformed, count(&report, "act")), (1, 1));
}

#[test]
fn what_the_environment_refuses_is_an_act_that_changes_nothing() {
    let outputs = ["none", &action("sing"), "none", &action("look"), "none"];
    let mut host = in_maze(false, 2, &outputs);
    let report = one(&mut configured(FEW), &mut host, 1);
    assert_eq!((count(&report, "act"), report.malformed), (2, 0));
    let last = &host.requests[3].messages[1].content;
    assert!(last.contains("> sing\nnobody sings here."), "{last}");
}
