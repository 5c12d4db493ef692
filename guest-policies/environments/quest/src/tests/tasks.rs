//! Tasks in a made-up world.

use super::*;

#[test]
fn a_task_says_the_questions_first_and_how_to_act() {
    let mut quest = opened("{}");
    let task = task(&mut quest, 1);
    let (first, second) = task.instruction.split_once('\n').unwrap();
    let questions: Vec<&str> = first.split("; ").collect();
    assert_eq!(questions.len(), 2);
    assert!(
        questions
            .iter()
            .all(|it| it.starts_with("What is the ") && it.ends_with('?'))
    );
    assert_eq!(
        second,
        "Say `search: ...` to see documents, and `answer: ...` at the end, one answer for each \
         question in order, with `;` between them. You have 6 turns."
    );
    assert_eq!((task.steps, task.actions), (6, vec![]));
}

#[test]
fn a_search_shows_the_best_documents_with_numbers_and_the_turns_left() {
    let mut quest = opened("{}");
    task(&mut quest, 1);
    let first = quest.advise("expert", 1).unwrap();
    let name = first.split_once(" of ").unwrap().1;
    let seen = quest.act(&first).unwrap();
    let lines: Vec<&str> = seen.text.lines().collect();
    assert_eq!((lines.len(), lines[0]), (7, "You have 5 turns left."));
    let (doc, title) = lines[1].split_once(" (").unwrap();
    let number: u32 = doc.strip_prefix("Doc ").unwrap().parse().unwrap();
    assert!((1..=24).contains(&number));
    assert_eq!(title, format!("{name})"));
    assert!(lines[2].contains(&format!(" of {name} is ")));
    assert!(!seen.done && seen.reward == 0.0);
    // The same document has the same number whenever it is found.
    let again = quest.act(&format!("search: {name}")).unwrap();
    assert!(again.text.contains(lines[1]), "{}", again.text);
}

#[test]
fn c_right_answers_are_paid_when_the_task_ends() {
    for (options, paid, share) in [("{}", 1.0, 1.0), (r#"{"scale": "count"}"#, 2.0, 1.0)] {
        let mut quest = opened(options);
        task(&mut quest, 1);
        let actions = follow(&mut quest, "expert", 1);
        assert!(actions.last().unwrap().starts_with("answer: "));
        assert_eq!(score(&quest, 1).reward, share);
        let named = ["return", "exact", "f1", "answered", "success"];
        let metrics = named.map(|name| metric(&quest, 1, name));
        assert_eq!(metrics, [paid, 1.0, 1.0, 1.0, 1.0]);
        assert_eq!(metric(&quest, 1, "acts"), actions.len() as f32);
        assert_eq!(
            quest.act("search: x"),
            Err(Error::Invalid(
                "quest: the task of session 1 is over: read a session to go on".into()
            ))
        );
    }
}

#[test]
fn c_one_answer_of_two_pays_half_or_under_the_strict_rule_nothing() {
    for (options, paid) in [("{}", 0.5), (r#"{"strict": true}"#, 0.0)] {
        let mut quest = opened(options);
        task(&mut quest, 1);
        while !quest.advise("expert", 1).unwrap().starts_with("answer: ") {
            let search = quest.advise("expert", 1).unwrap();
            quest.act(&search).unwrap();
        }
        let both = quest.advise("expert", 1).unwrap();
        let one = both.split(';').next().unwrap();
        let seen = quest.act(one).unwrap();
        assert_eq!(
            (&*seen.text, seen.done, seen.reward),
            ("The task is over.", true, paid)
        );
        assert_eq!(score(&quest, 1).reward, paid);
    }
}

#[test]
fn d_what_makes_no_sense_is_told_and_costs_a_turn() {
    let mut quest = opened(r#"{"turns": 4}"#);
    task(&mut quest, 1);
    for (action, seen) in [
        (
            "look",
            "You have 3 turns left.\nSay `search: ...` or `answer: ...`.",
        ),
        (
            "search: ?!",
            "You have 2 turns left.\nThe search has no words.",
        ),
        (
            "search: zebra",
            "You have 1 turn left: answer now.\nNothing was found.",
        ),
    ] {
        assert_eq!(quest.act(action).unwrap().text, seen);
    }
    let last = quest.act("search:").unwrap();
    assert_eq!(
        (&*last.text, last.done, last.reward),
        (
            "You have no turns left.\nThe search has no words.",
            true,
            0.0
        )
    );
    assert_eq!(score(&quest, 1).reward, 0.0);
}

#[test]
fn d_empty_answers_are_worth_nothing_and_cost_the_penalty_as_giving_up_does() {
    for action in ["answer:", "answer: ;", "give-up"] {
        for (options, paid) in [("{}", 0.0), (r#"{"penalty": 0.1}"#, -0.1)] {
            let mut quest = opened(options);
            task(&mut quest, 1);
            let seen = quest.act(action).unwrap();
            assert_eq!((seen.done, seen.reward), (true, paid), "{action}");
            assert_eq!(score(&quest, 1).reward, 0.0);
            assert_eq!(metric(&quest, 1, "return"), paid);
        }
    }
}

#[test]
fn remarks_before_the_action_are_heard_by_nobody() {
    let [mut plain, mut with] = ["{}", r#"{"notes": true}"#].map(opened);
    task(&mut plain, 1);
    task(&mut with, 1);
    loop {
        let action = plain.advise("expert", 1).unwrap();
        let advice = with.advise("expert", 1).unwrap();
        assert!(advice.ends_with(&action));
        let seen = plain.act(&action).unwrap();
        assert_eq!(with.act(&advice).unwrap(), seen);
        if seen.done {
            let notes: Vec<&str> = advice.lines().collect();
            assert!((3..=5).contains(&notes.len()), "{advice}");
            assert!(
                notes[..notes.len() - 1]
                    .iter()
                    .all(|it| fact::Fact::parse(it).is_some())
            );
            return;
        }
    }
}

#[test]
fn an_expert_searches_for_what_it_does_not_know_and_then_answers() {
    let mut quest = opened(r#"{"tasks": 30, "top": 1}"#);
    for session in 1..=30 {
        task(&mut quest, session);
        let actions = follow(&mut quest, "expert", 1);
        assert_eq!(score(&quest, session).reward, 1.0, "{actions:?}");
        let mut searches = actions[..actions.len() - 1].to_vec();
        assert!(searches.iter().all(|action| action.starts_with("search: ")));
        searches.sort();
        searches.dedup();
        assert_eq!(searches.len(), actions.len() - 1);
    }
}

#[test]
fn demonstrators_differ_in_how_much_they_search() {
    let mut quest = opened(r#"{"tasks": 20}"#);
    let mut acts = |demonstrator| {
        let mut all = 0;
        for session in 1..=20 {
            task(&mut quest, session);
            all += follow(&mut quest, demonstrator, 1).len();
        }
        all
    };
    let [nothing, expert, everything] = ["nothing", "expert", "everything"].map(&mut acts);
    assert_eq!(nothing, 20);
    assert!(expert > 60 && everything > expert, "{expert} {everything}");
}

#[test]
fn a_task_that_is_read_again_begins_anew_and_undoes_later_ones() {
    let mut quest = opened(r#"{"tasks": 2}"#);
    for session in [1, 2] {
        task(&mut quest, session);
        follow(&mut quest, "expert", 1);
    }
    task(&mut quest, 1);
    assert_eq!(
        [1, 2].map(|session| score(&quest, session).reward),
        [0.0; 2]
    );
}

#[test]
fn a_silent_question_says_what_each_task_came_to() {
    let questions = opened(r#"{"tasks": 2}"#).questions().unwrap();
    let ids: Vec<&str> = questions.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["task-1", "task-2"]);
    assert_eq!(questions[1].sessions, [2]);
    assert!(
        questions
            .iter()
            .all(|it| it.text.is_empty() && it.evidence.is_empty())
    );
}
