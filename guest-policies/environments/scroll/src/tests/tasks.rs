//! Tasks, in which the question comes first.

use super::*;

#[test]
fn a_task_says_the_question_first_and_allows_an_action_for_each_section_and_the_answer() {
    let mut scroll = opened("{}");
    let task = task(&mut scroll, 1);
    let lines: Vec<&str> = task.instruction.lines().collect();
    assert!(lines[0].starts_with("What is the ") && lines[0].ends_with('?'));
    assert_eq!(
        lines[1..],
        [
            "The answer is in a text of 4 sections. Say `next` for the next section, and \
             `answer: ...` at the end."
        ]
    );
    assert_eq!((task.steps, task.actions), (5, vec![]));
}

#[test]
fn sections_come_in_order_and_an_answer_ends_the_task() {
    let mut scroll = opened("{}");
    task(&mut scroll, 1);
    let text = scroll.open.as_ref().unwrap().texts[0].clone();
    for section in &text.sections {
        let seen = scroll.act("next").unwrap();
        assert_eq!((&seen.text, seen.done, seen.reward), (section, false, 0.0));
    }
    let right = &text.problem.answers[0];
    let seen = scroll
        .act(&format!(r"answer: it is \boxed{{{right}}}"))
        .unwrap();
    assert_eq!(
        (&*seen.text, seen.done, seen.reward),
        ("The task is over.", true, 1.0)
    );
    assert_eq!(came_to(&scroll, 1), 1.0);
    assert_eq!(
        scroll.act("next"),
        Err(Error::Invalid(
            "scroll: the task of session 1 is over: read a session to go on".into()
        ))
    );
}

#[test]
fn e_what_makes_no_sense_is_an_observation_and_an_empty_answer_is_worth_nothing() {
    let mut scroll = opened("{}");
    task(&mut scroll, 1);
    assert_eq!(
        scroll.act("look").unwrap().text,
        "Say `next`, or `answer: ...`."
    );
    let seen = scroll.act("answer:").unwrap();
    assert_eq!((seen.done, seen.reward), (true, 0.0));
    assert_eq!(came_to(&scroll, 1), 0.0);

    task(&mut scroll, 1);
    (0..4).for_each(|_| drop(scroll.act("next").unwrap()));
    let seen = scroll.act("next").unwrap();
    assert_eq!(
        (&*seen.text, seen.done, seen.reward),
        ("The text has ended. You have no actions left.", true, 0.0)
    );
    assert_eq!(came_to(&scroll, 1), 0.0);
}

#[test]
fn e_a_text_beyond_the_sections_is_refused_with_both_numbers() {
    let mut scroll = Scroll::default();
    scroll.load(vec![], r#"{"sections": 3}"#).unwrap();
    let Err(Error::Invalid(why)) = scroll.open("train", 0, 0) else {
        panic!("opened");
    };
    let end =
        "has 4 sections of 64 words, but `sections` is 3: raise it, or set `over` to `middle`";
    assert!(why.ends_with(end), "{why}");
    scroll
        .load(vec![], r#"{"sections": 3, "over": "middle"}"#)
        .unwrap();
    scroll.open("train", 0, 0).unwrap();
    assert_eq!(task(&mut scroll, 1).steps, 4);
}

#[test]
fn an_expert_keeps_what_can_still_matter_and_is_right() {
    let mut scroll = opened(r#"{"tasks": 40}"#);
    for session in 1..=40 {
        task(&mut scroll, session);
        let actions = follow(&mut scroll, "expert");
        assert_eq!(actions[0], "next");
        assert_eq!(actions.len(), 5);
        assert_eq!(came_to(&scroll, session), 1.0, "{actions:?}");
        let text = &scroll.open.as_ref().unwrap().texts[session as usize - 1];
        let facts = actions[4].matches("The ").count();
        assert_eq!(
            facts,
            if text.problem.category == Category::OneHop {
                1
            } else {
                2
            }
        );
    }
}

#[test]
fn demonstrators_differ_in_what_they_keep() {
    let mut scroll = opened("{}");
    let mut notes = |demonstrator| {
        task(&mut scroll, 1);
        let actions = follow(&mut scroll, demonstrator);
        actions.last().unwrap().matches("The ").count()
    };
    assert_eq!([notes("everything"), notes("nothing")], [32, 0]);
    assert!(notes("demonstrator") < 16);
}

#[test]
fn a_task_that_is_read_again_begins_anew_and_undoes_later_ones() {
    let mut scroll = opened(r#"{"tasks": 2}"#);
    for session in [1, 2] {
        task(&mut scroll, session);
        follow(&mut scroll, "expert");
    }
    task(&mut scroll, 1);
    assert_eq!([came_to(&scroll, 1), came_to(&scroll, 2)], [0.0, 0.0]);
}

#[test]
fn a_silent_question_says_what_each_task_came_to() {
    let scroll = opened(r#"{"tasks": 2}"#);
    let questions = scroll.questions().unwrap();
    assert_eq!(questions.len(), 2);
    assert_eq!(questions[1].id, "task-2");
    assert_eq!(questions[1].sessions, [2]);
    assert!(questions.iter().all(|question| question.text.is_empty()));
    assert!(
        questions
            .iter()
            .all(|question| question.evidence.is_empty())
    );
}
