//! Tasks with outputs as text.

use super::*;

const OUTPUTS: [&str; 5] = ["one", "two", "three", "four", "It is\n\\boxed{Rome}."];

#[test]
fn a_text_prompt_has_instructions_problem_memory_and_section() {
    let mut host = MockHost::scripted(Page::default(), &OUTPUTS).in_environment(made_up("{}", 0));
    one(&mut configured("{}"), &mut host, 1);
    let [_, second, .., last] = &host.requests[..] else {
        panic!("too few requests");
    };
    assert!(
        second.messages[0]
            .content
            .starts_with("You read a long text,")
    );
    let question = part(second, "Problem");
    assert!(question.starts_with("What is the ") && question.ends_with('?'));
    let section = part(second, "Section");
    assert_eq!(
        prompt(second),
        format!("Problem:\n{question}\n\nMemory:\none\n\nSection:\n{section}")
    );
    assert_eq!(
        prompt(last),
        format!("Problem:\n{question}\n\nMemory:\nfour")
    );
    let system = &last.messages[0].content;
    assert!(
        system.ends_with(r"End your reply with the answer in a box: \boxed{...}"),
        "{system}"
    );
}

#[test]
fn own_instructions_replace_the_built_in_ones() {
    let options = r#"{"reader_prompt": "Read.", "answerer_prompt": "Say.", "boxed": false}"#;
    let mut host = MockHost::scripted(Page::default(), &OUTPUTS).in_environment(made_up("{}", 0));
    let report = one(&mut configured(options), &mut host, 1);
    assert_eq!(host.requests[0].messages[0].content, "Read.");
    assert_eq!(
        host.requests[4].messages[0].content,
        "Say.\n\nEnd your reply with the answer in one line of this form:\nanswer: ..."
    );
    // The model answered in a box, not on a line.
    assert_eq!(report.malformed, 1);
}

#[test]
fn an_answer_goes_to_the_environment_as_the_model_says_it() {
    let right = made_up("{}", 3);
    let mut expert = made_up("{}", 3);
    expert.session(1).unwrap();
    (0..4).for_each(|_| drop(expert.act("next").unwrap()));
    let advice = expert.advise("expert", 1).unwrap();
    let answer = advice::answer(&advice).unwrap().to_string();
    for (said, options, paid, malformed) in [
        (
            format!(r"Maybe \boxed{{no}}. \boxed{{{answer}}}"),
            "{}",
            1.0,
            0,
        ),
        (
            format!("Well.\nAnswer: {answer}"),
            r#"{"boxed": false}"#,
            1.0,
            0,
        ),
        (format!("<think>no</think>{answer}"), "{}", 1.0, 1),
        (format!("It must be {answer}"), "{}", 0.0, 1),
        (String::new(), "{}", 0.0, 1),
    ] {
        let script = ["one", "two", "three", "four", &said];
        let snapshot = right.snapshot();
        let mut scroll = Scroll::default();
        scroll.restore(&snapshot).unwrap();
        let mut host = MockHost::scripted(Page::default(), &script).in_environment(scroll);
        let report = one(&mut configured(options), &mut host, 1);
        assert_eq!(
            (reward(&host), report.malformed),
            (paid, malformed),
            "{said}"
        );
    }
}

#[test]
fn each_task_begins_without_memory() {
    let script = [OUTPUTS, OUTPUTS].concat();
    let mut host =
        MockHost::scripted(Page::default(), &script).in_environment(made_up(r#"{"tasks": 2}"#, 0));
    let mut policy = configured("{}");
    let reports = [1, 2].map(|index| one(&mut policy, &mut host, index));
    assert_eq!(part(&host.requests[5], "Memory"), "No memory yet.");
    let counts = |report| ["insert", "update", "delete"].map(|name| count(report, name));
    assert_eq!(reports.each_ref().map(counts), [[1, 3, 0], [1, 3, 1]]);
    assert_eq!(host.bank.entries()[0].first_session, 2);
}

#[test]
fn another_bank_keeps_the_memory_as_its_one_entry() {
    let script = ["one\nline", "two", "three", "four\nlines", r"\boxed{x}"];
    let mut host = MockHost::scripted(Flat::default(), &script).in_environment(made_up("{}", 0));
    let report = one(&mut configured("{}"), &mut host, 1);
    assert_eq!(part(&host.requests[1], "Memory"), "one line");
    assert_eq!(host.entry_texts(), ["four lines"]);
    assert_eq!(report.refused, 0);
}

#[test]
fn a_task_without_a_limit_is_refused() {
    let mut host = MockHost::scripted(Page::default(), &[]);
    let endless = Task {
        index: 3,
        time: "day 3".into(),
        instruction: "Wander.".into(),
        actions: vec![],
        steps: 0,
    };
    let result = configured("{}").observe(&mut host, SessionContent::Task(endless), None);
    assert_eq!(
        result,
        Err(Error::Unsupported(
            "memagent reads in as many acts as a task allows but one: session 3 has no limit"
                .into()
        ))
    );
}

#[test]
fn a_model_that_fails_ends_the_session() {
    let mut host = MockHost::scripted(Page::default(), &["one"]).in_environment(made_up("{}", 0));
    let content = host.environment.as_mut().unwrap().session(1).unwrap();
    assert_eq!(
        configured("{}").observe(&mut host, content, None),
        Err(Error::Invalid("the script has no further output".into()))
    );
}
