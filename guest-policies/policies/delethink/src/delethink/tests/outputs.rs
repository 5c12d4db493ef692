//! Outputs, answers and sessions of every kind.

use super::*;
use memloom_sdk::mock_host::dialogue_session;
use memloom_sdk::types::Task;

#[test]
fn the_answer_after_the_thoughts_is_acted_on() {
    let right = {
        let mut sums = opened("{}");
        sums.session(1).unwrap();
        let advice = sums.advise("expert", 0).unwrap();
        advice.rsplit(' ').next().unwrap().to_owned()
    };
    for (said, expected) in [
        ("Is it \\boxed{77}?</think>\nIt is \\boxed{RIGHT}.", 1.0),
        ("77?</think>\nanswer: RIGHT lamps", 1.0),
        ("Is it \\boxed{RIGHT}?</think>\nIt is \\boxed{77}.", 0.0),
        ("It is \\boxed{RIGHT}.", 0.0),
    ] {
        let said = said.replace("RIGHT", &right);
        let finished = said.contains("</think>");
        let mut host = Speaker::new(move |_| said.clone()).in_environment(opened("{}"));
        let report = live(&mut configured("{}"), &mut host, 1);
        assert_eq!(reward(&mut host, 1), expected);
        assert_eq!(report.malformed, u32::from(!finished));
        assert_eq!((report.steps, report.refused), (1, 0));
    }
}

#[test]
fn prompts_have_instructions_and_the_question() {
    for (options, instruction) in [
        (
            "{}",
            "Think step by step. When you are done, say the answer alone, in one line of this \
             form:\nanswer: ...",
        ),
        (r#"{"instruction": "Be brave."}"#, "Be brave."),
    ] {
        let mut host = Speaker::new(|_| "</think> answer: 1".into());
        let answer = configured(options).answer(&mut host, "How many?").unwrap();
        assert_eq!((answer.text.as_str(), answer.citations.len()), ("1", 0));
        let messages = &host.requests()[0].messages;
        let texts: Vec<(&str, &str)> = messages
            .iter()
            .map(|it| (it.role.as_str(), it.content.as_str()))
            .collect();
        assert_eq!(texts, [("system", instruction), ("user", "How many?")]);
    }
}

#[test]
fn a_question_without_an_answer_is_answered_with_nothing() {
    let mut host = Speaker::counting();
    let answer = configured(SMALL).answer(&mut host, "How many?").unwrap();
    assert_eq!((answer.text.as_str(), host.requests().len()), ("", 3));
}

#[test]
fn garbage_is_counted_and_ends_the_task() {
    for garbage in [
        "",
        "</think>",
        "\u{0}",
        "answer:",
        "\\boxed{",
        "</think>\\boxed{}",
    ] {
        let mut host = Speaker::new(move |_| garbage.into()).in_environment(opened("{}"));
        let report = live(&mut configured("{}"), &mut host, 1);
        assert_eq!(
            (report.malformed, reward(&mut host, 1)),
            (1, 0.0),
            "{garbage:?}"
        );
    }
}

#[test]
fn dialogue_is_refused() {
    let mut host = Speaker::counting();
    let session = dialogue_session(1, &[("Ann", "Hello.")]);
    assert_eq!(
        configured("{}").observe(&mut host, session, None),
        Err(Error::Unsupported(
            "delethink acts in task sessions and does not read dialogue".into()
        ))
    );
    assert!(host.requests().is_empty());
}

#[test]
fn an_action_that_is_refused_is_counted_and_a_host_without_a_task_is_an_error() {
    let mut host = Speaker::new(|_| "</think> answer: 1".into()).in_environment(opened("{}"));
    // No task was read, so that the environment refuses the action.
    let content = SessionContent::Task(Task {
        index: 1,
        time: "Day 1".into(),
        instruction: "How many?".into(),
        actions: vec![],
        steps: 1,
    });
    let report = configured("{}")
        .observe(&mut host, content.clone(), None)
        .unwrap();
    assert_eq!((report.refused, count(&report, "act")), (1, 1));
    let mut host = Speaker::new(|_| "</think> answer: 1".into());
    assert!(matches!(
        configured("{}").observe(&mut host, content, None),
        Err(Error::Unsupported(_))
    ));
}

#[test]
fn a_snapshot_is_that_of_no_other_component() {
    let mut policy = configured("{}");
    assert_eq!(policy.restore(&configured(SMALL).snapshot()), Ok(()));
    assert!(policy.restore(&opened("{}").snapshot()).is_err());
    assert!(policy.restore(b"?").is_err());
}
