//! Dialogues, after which the question comes.

use super::*;

const LAST: &str = r#"{"question": "last", "tasks": 6}"#;

#[test]
fn sections_are_turns_and_the_question_is_in_words() {
    let mut scroll = opened(LAST);
    let session = dialogue(&mut scroll, 2);
    let text = scroll.open.as_ref().unwrap().texts[1].clone();
    let told: Vec<&String> = session.turns.iter().map(|turn| &turn.text).collect();
    assert_eq!(told, text.sections.iter().collect::<Vec<_>>());
    assert_eq!(
        (&*session.turns[2].id, &*session.turns[2].speaker),
        ("D2:3", "Narrator")
    );
    let question = scroll.questions().unwrap().remove(1);
    assert_eq!(
        (&*question.id, &question.text),
        ("question-2", &text.problem.question)
    );
    let right = answer(&text.problem.answers[0]);
    assert_eq!(scroll.score("question-2", &right).unwrap().reward, 1.0);
    assert_eq!(scroll.score("question-2", &answer("")).unwrap().reward, 0.0);
    assert!(matches!(scroll.act("next"), Err(Error::Unsupported(_))));
    assert!(matches!(
        scroll.advise("expert", 1),
        Err(Error::Unsupported(_))
    ));
}

#[test]
fn evidence_is_the_sections_that_the_expert_keeps() {
    let mut scroll = opened(LAST);
    for (session, question) in (1..).zip(scroll.questions().unwrap()) {
        let hints = scroll.demonstrate("expert", session, 1).unwrap();
        let kept: Vec<&String> = hints.iter().map(|hint| &hint.turn).collect();
        assert_eq!(kept, question.evidence.iter().collect::<Vec<_>>());
        let told = dialogue(&mut scroll, session).turns;
        let evidence = told
            .iter()
            .filter(|turn| question.evidence.contains(&turn.id));
        let told: String = evidence.map(|turn| &*turn.text).collect();
        let right = &scroll.open.as_ref().unwrap().texts[session as usize - 1]
            .problem
            .answers[0];
        assert!(told.contains(right.as_str()), "{told}");
    }
    let count = |demonstrator| scroll.demonstrate(demonstrator, 1, 1).unwrap().len();
    assert_eq!([count("everything"), count("nothing")], [4, 0]);
}

#[test]
fn nobody_is_told_of_twice_in_an_episode() {
    let scroll = opened(LAST);
    let texts = &scroll.open.as_ref().unwrap().texts;
    for (number, text) in texts.iter().enumerate() {
        let query = fact::Query::parse(&text.problem.question).unwrap();
        for (other, text) in texts.iter().enumerate() {
            let is_told = text.sections.concat().contains(&query.person);
            assert_eq!(is_told, other == number);
        }
    }
}
