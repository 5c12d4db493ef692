//! Episodes with code words, and tasks that list their answers.

use super::*;

const CODED: &str = r#"{"codes": 3, "depth": [0, 2], "tasks": 12}"#;

#[test]
fn the_first_task_with_a_code_word_tells_it_and_the_later_ones_need_its_session() {
    for order in [r#""given""#, r#""easy-first""#, r#""hard-first""#, "4"] {
        let options = CODED.replace('}', &format!(r#", "order": {order}}}"#));
        for index in 0..20 {
            let mut sums = opened(&options, index);
            let questions = sums.questions().unwrap();
            let tasks = sums.opened().unwrap().tasks.clone();
            let mut told: Vec<(String, u32)> = Vec::new();
            for ((session, problem), question) in (1..).zip(&tasks).zip(questions) {
                let code = problem.code.as_ref().unwrap();
                let instruction = task(&mut sums, session).instruction.to_lowercase();
                let tells = instruction.starts_with(&code.to_string());
                match told.iter().find(|(word, _)| *word == code.word) {
                    Some((_, first)) => assert_eq!(question.sessions, [*first, session]),
                    None => {
                        assert!(tells, "{instruction}");
                        assert_eq!(question.sessions, [session]);
                        told.push((code.word.clone(), session));
                        continue;
                    }
                }
                assert!(!tells && instruction.contains(&format!(" has {} ", code.word)));
            }
            assert!(told.len() <= 3);
        }
    }
}

#[test]
fn the_meanings_of_an_episode_are_in_no_other_split() {
    let meanings = |split: &str, index| {
        let mut sums = loaded(r#"{"codes": 2, "tasks": 20}"#);
        sums.open(split, index, 0).unwrap();
        let tasks = &sums.opened().unwrap().tasks;
        let codes: BTreeSet<String> = tasks
            .iter()
            .map(|it| it.code.as_ref().unwrap().to_string())
            .collect();
        codes
    };
    let of = |split| (0..300).map(|index| meanings(split, index)).collect();
    let [train, validation, held_out]: [BTreeSet<_>; 3] =
        ["train", "validation", "held-out"].map(of);
    assert!(train.is_disjoint(&validation) && train.is_disjoint(&held_out));
    assert!(validation.is_disjoint(&held_out));
}

#[test]
fn listed_answers_are_all_digits_and_advice_is_one_of_them() {
    let mut sums = opened(r#"{"codes": 2, "actions": "listed"}"#, 0);
    for session in 1..=8 {
        let Task {
            actions,
            instruction,
            ..
        } = task(&mut sums, session);
        assert_eq!(actions.len(), 10);
        assert_eq!(actions[9], "answer: 9");
        assert!(!instruction.contains("answer"), "{instruction}");
        for name in ["expert", "everything", "demonstrator", "nothing"] {
            assert!(actions.contains(&sums.advise(name, 5).unwrap()));
        }
        let advice = sums.advise("expert", 0).unwrap();
        assert_eq!(sums.act(&advice).unwrap().reward, 1.0);
    }
}

#[test]
fn without_changes_nothing_is_said_about_numbers_that_go_round() {
    let options = r#"{"codes": 1, "depth": [0, 0], "actions": "listed"}"#;
    let mut sums = opened(options, 3);
    let first = task(&mut sums, 1).instruction;
    let words: Vec<&str> = first.split(' ').collect();
    assert_eq!((words[1], words.len()), ("is", 12), "{first}");
    assert_eq!(words[0].to_lowercase(), words[5]);
    let second = task(&mut sums, 2).instruction;
    assert_eq!(second.split(' ').count(), 9, "{second}");
    assert_eq!(sums.questions().unwrap()[0].category, "one-or-two-steps");
}

#[test]
fn codes_and_listed_answers_go_with_no_files() {
    let why =
        "sums's `codes` and `actions` are about made-up problems: leave them out, or the files";
    for options in [r#"{"codes": 1}"#, r#"{"actions": "listed"}"#] {
        let refused = Sums::default().load(own_files(), options);
        assert_eq!(refused, Err(Error::Invalid(why.into())));
    }
}
