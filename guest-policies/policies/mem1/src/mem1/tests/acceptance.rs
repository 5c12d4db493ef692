//! The acceptance checks of MEM1's specification, by letter, with outputs as text.

use memloom_sdk::text::word_count;

use super::*;

/// Returns an output that searches with a state.
fn search(state: &str, words: &str) -> String {
    format!("<think>{state}</think><search>{words}</search>")
}

/// Returns a host with a script in the gardens.
fn scripted(outputs: &[String], turns: u32) -> MockHost<Page> {
    let outputs: Vec<&str> = outputs.iter().map(String::as_str).collect();
    MockHost::scripted(Page::default(), &outputs).in_environment(gates(turns))
}

#[test]
fn a_the_third_prompt_has_the_second_output_and_information_and_not_the_first() {
    let outputs = [
        search("Nothing yet.", "Alder"),
        search("Iron at Alder.", "Birch"),
        "<think>Enough.</think><answer>oak</answer>".into(),
    ];
    let mut host = scripted(&outputs, 6);
    let report = one(&mut configured("{}"), &mut host);
    let third = shown(&host.requests[2]);
    let second_information = "<information>\nYou have 4 turns left.\nDoc ";
    for part in [
        &*outputs[1],
        second_information,
        "The gate of Birch is made of oak.",
    ] {
        assert!(third.contains(part), "{part}");
    }
    for older in ["Nothing yet.", "made of iron", "You have 5 turns left."] {
        assert!(!third.contains(older), "{older}");
    }
    // The last turn is a reply that was begun.
    let roles: Vec<&str> = host.requests[2]
        .messages
        .iter()
        .map(|it| &*it.role)
        .collect();
    assert_eq!(roles, ["user", "assistant"]);
    assert!(third.ends_with("made of oak.\n</information>\n"));
    let counts = ["act", "insert", "update", "delete"].map(|name| count(&report, name));
    assert_eq!(
        (report.steps, report.malformed, counts),
        (3, 0, [3, 1, 2, 0])
    );
    let entry = host.bank.entries().remove(0);
    assert_eq!(entry.text, "Enough.");
    assert_eq!(entry.evidence.len(), 2);
    assert!(
        entry
            .evidence
            .iter()
            .all(|document| document.starts_with("Doc "))
    );
}

#[test]
fn a_for_chat_servers_what_was_found_is_a_user_s_message() {
    let outputs = [
        search("s", "Alder"),
        "<think></think><answer>x</answer>".into(),
    ];
    let mut host = scripted(&outputs, 6);
    one(&mut configured(r#"{"begun": false}"#), &mut host);
    let messages = &host.requests[1].messages;
    let roles: Vec<&str> = messages.iter().map(|it| &*it.role).collect();
    assert_eq!(roles, ["user", "assistant", "user"]);
    assert_eq!(messages[1].content, outputs[0]);
    assert!(messages[2].content.starts_with("<information>\n"));
}

#[test]
fn b_what_follows_a_search_is_cut_off_and_on_the_last_turn_only_an_answer_ends_an_output() {
    let outputs = [
        format!("{}<information>made up", search("s", "Alder")),
        search("s", "Birch"),
        "<think>s</think><answer>oak</answer> I think".into(),
    ];
    let mut host = scripted(&outputs, 3);
    one(&mut configured("{}"), &mut host);
    assert!(!shown(&host.requests[1]).contains("made up"));
    let stops: Vec<usize> = host
        .requests
        .iter()
        .map(|request| request.stop.len())
        .collect();
    assert_eq!(stops, [2, 2, 1]);
    assert_eq!(host.requests[2].stop, ["</answer>"]);
    assert!(
        host.requests
            .iter()
            .all(|request| request.max_tokens == 1000)
    );
}

/// Searches through all turns, with states of one length, and returns the words of each prompt.
fn prompt_words(turns: u32) -> Vec<usize> {
    let names = ["Alder", "Birch", "Clover", "Daisy"];
    let output =
        move |turn: usize| search("I know some gates and not others yet.", names[turn % 4]);
    let outputs: Vec<String> = (0..turns as usize).map(output).collect();
    let mut host = scripted(&outputs, turns);
    one(&mut configured("{}"), &mut host);
    assert_eq!(host.requests.len(), turns as usize);
    host.requests
        .iter()
        .map(|request| word_count(&shown(request)))
        .collect()
}

#[test]
fn b_from_turn_3_to_12_prompts_stay_as_long_within_5_percent() {
    let words = prompt_words(13);
    let (third, others) = (words[2] as f64, &words[3..12]);
    for count in others {
        let ratio = *count as f64 / third;
        assert!((0.95..=1.05).contains(&ratio), "{words:?}");
    }
}

#[test]
fn c_answers_in_order_with_semicolons_are_judged_each() {
    let mut quest = made_up("{}", 3);
    quest.session(1).unwrap();
    while let search = quest.advise("expert", 1).unwrap()
        && search.starts_with("search: ")
    {
        quest.act(&search).unwrap();
    }
    let right = quest.advise("expert", 1).unwrap();
    let right = right.strip_prefix("answer: ").unwrap().to_string();
    let first = right.split(';').next().unwrap();
    for (said, paid) in [
        (right.clone(), 1.0),
        (first.into(), 0.5),
        (format!("{right}; Rome"), 1.0),
    ] {
        let output = format!("<think>Known.</think><answer>{said}</answer>");
        let host = MockHost::scripted(Page::default(), &[&output]);
        let mut host = host.in_environment(made_up("{}", 3));
        one(&mut configured("{}"), &mut host);
        assert_eq!(reward(&host), paid, "{said}");
    }
}

#[test]
fn d_an_output_without_tags_is_malformed_and_ends_the_task_with_nothing() {
    for output in ["I do not know", "", "<search>Alder"] {
        let mut host = scripted(&[output.into()], 6);
        let report = one(&mut configured("{}"), &mut host);
        assert_eq!((report.steps, report.malformed), (1, 1));
        assert_eq!((count(&report, "act"), reward(&host)), (0, 0.0));
    }
}

#[test]
fn d_an_empty_answer_is_worth_nothing_and_an_empty_search_is_told_so() {
    let outputs = [
        "<think>s</think><search></search>".into(),
        "<think>s</think><answer></answer>".into(),
    ];
    let mut host = scripted(&outputs, 6);
    let report = one(&mut configured("{}"), &mut host);
    assert!(shown(&host.requests[1]).contains("The search has no words."));
    assert_eq!((report.malformed, count(&report, "act")), (0, 2));
    assert_eq!(reward(&host), 0.0);
}

/// Returns the peak of prompt and output, less the first prompt, and the dependency, as the
/// trainer's figures define them, in words.
fn token_use(turns: u32) -> (f64, f64) {
    let output = word_count(&search("I know some gates and not others yet.", "Alder")) as f64;
    let prompts: Vec<f64> = prompt_words(turns).iter().map(|it| *it as f64).collect();
    let peak = prompts
        .iter()
        .fold(0.0, |most: f64, prompt| most.max(prompt + output));
    let dependency = prompts
        .iter()
        .map(|prompt| (prompt + output / 2.0) * output);
    (peak - prompts[0], dependency.sum())
}

#[test]
fn e_the_peak_does_not_grow_with_the_turns_and_the_dependency_grows_in_proportion() {
    let [(few, half), (many, whole)] = [6, 12].map(token_use);
    assert!((few - many).abs() <= 1.0, "{few} {many}");
    let ratio = whole / half;
    assert!((1.95..=2.1).contains(&ratio), "{ratio}");
}

#[test]
fn f_two_courses_that_part_after_turn_2_have_equal_prompts_up_to_there() {
    let begin = [search("s", "Alder"), search("t", "Birch")];
    let courses = ["Clover", "Daisy"].map(|words| {
        let third = search("u", words);
        let last = "<think>v</think><answer>x</answer>".to_string();
        let mut host = scripted(&[&begin[..], &[third, last]].concat(), 6);
        one(&mut configured("{}"), &mut host);
        host.requests
    });
    let [one, other] = &courses;
    assert_eq!(one[..3], other[..3]);
    assert_ne!(one[3], other[3]);
}

#[test]
fn what_a_turn_shows_is_cut_after_its_tokens() {
    let outputs = [
        search("s", "Alder"),
        "<think></think><answer>x</answer>".into(),
    ];
    let mut host = scripted(&outputs, 6);
    let report = one(&mut configured(r#"{"information_tokens": 5}"#), &mut host);
    let second = shown(&host.requests[1]);
    assert!(second.ends_with("<information>\nYou have 5 turns left\n</information>\n"));
    // An empty state leaves the page empty.
    assert_eq!((count(&report, "delete"), host.entry_texts().len()), (1, 0));
}

#[test]
fn own_instructions_stand_before_the_questions() {
    let outputs = ["<think></think><answer>x</answer>".into()];
    let mut host = scripted(&outputs, 6);
    one(&mut configured(r#"{"instruction": "Seek."}"#), &mut host);
    let first = shown(&host.requests[0]);
    assert!(first.starts_with("Seek.\nWhat is the gate of ") && first.ends_with(" made of?"));
}
