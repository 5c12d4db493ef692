//! Notes, and memory in prompts.

use memloom_sdk::mock_host::dialogue_session;

use super::*;

/// Asks the first adviser in the first task, then answers something.
fn asked_once<B: Bank>(bank: B, index: u64, options: &str) -> (MockHost<B>, Report, bool) {
    let first = First::new(ASKED, index);
    let wrong = "<think>hm</think><answer>nobody</answer>";
    let mut host = MockHost::scripted(bank, &[&first.ask(), wrong, wrong, wrong])
        .in_environment(opened(ASKED, index, 4));
    let report = live(options, &mut host, 1).remove(0);
    let said = host.requests[1].messages.last().unwrap().content.clone();
    let is_right = said.contains(&format!(" is {}.", first.gold));
    (host, report, is_right)
}

#[test]
fn who_was_right_about_what_is_kept_and_shown_in_the_next_task() {
    let mut verdicts = [0, 0];
    for index in 0..8 {
        let first = First::new(ASKED, index);
        let (mut host, report, is_right) = asked_once(Flat::default(), index, "{}");
        verdicts[usize::from(is_right)] += 1;
        assert_eq!((count(&report, "act"), count(&report, "insert")), (2, 1));
        let entry = host.bank.entries().remove(0);
        let word = if is_right { "right" } else { "wrong" };
        let begin = format!("{} was {word}: the {} is ", first.adviser, first.question);
        assert!(entry.text.starts_with(&begin), "{}", entry.text);
        assert_eq!(entry.speaker, first.adviser);
        one(&mut configured("{}"), &mut host, 3).unwrap();
        let shown = last(host.requests.last().unwrap());
        let notes = format!("Notes from earlier tasks:\n{}\n\nTask: ", entry.text);
        assert!(shown.starts_with(&notes), "{shown}");
    }
    assert!(verdicts.iter().all(|&count| count > 0), "{verdicts:?}");
}

#[test]
fn a_bank_of_cases_gets_verdicts_as_cases_and_prompts_show_them_alike() {
    for index in 0..4 {
        let first = First::new(ASKED, index);
        let (flat, ..) = asked_once(Flat::default(), index, "{}");
        let (mut host, _, is_right) = asked_once(Cases::default(), index, "{}");
        let case = host.bank.entries().remove(0);
        let outcome = if is_right { "success" } else { "failure" };
        assert_eq!(case.text, format!("{}: {}", first.adviser, first.question));
        assert_eq!(case.fields[1], ("outcome".into(), outcome.into()));
        one(&mut configured("{}"), &mut host, 3).unwrap();
        let shown = last(host.requests.last().unwrap());
        let line = format!("\n{}\n", flat.entry_texts()[0]);
        assert!(shown.contains(&line), "{shown}");
    }
}

#[test]
fn nothing_is_kept_without_notes_and_the_bank_is_not_asked_without_a_limit() {
    let (host, report, _) = asked_once(Flat::default(), 1, r#"{"notes": "none"}"#);
    assert_eq!(count(&report, "insert"), 0);
    assert!(host.bank.entries().is_empty());
    let (mut host, ..) = asked_once(Flat::default(), 1, "{}");
    one(&mut configured(r#"{"limit": 0}"#), &mut host, 3).unwrap();
    assert!(last(host.requests.last().unwrap()).starts_with("Task: "));
}

#[test]
fn facts_and_turns_are_kept_with_all_and_hearsay_is_not() {
    let (mut host, ..) = asked_once(Flat::default(), 1, r#"{"notes": "all"}"#);
    let first = First::new(ASKED, 1);
    let texts = host.entry_texts();
    assert_eq!(
        texts[1..],
        [format!("The {} is {}.", first.question, first.gold)]
    );
    let lines = [("Ann", "I trust Ben about firms."), ("Cleo", "It rains.")];
    for (options, kept) in [("{}", 2), (r#"{"notes": "all"}"#, 4)] {
        let dialogue = dialogue_session(2, &lines);
        let report = configured(options)
            .observe(&mut host, dialogue, None)
            .unwrap();
        assert_eq!(host.bank.entries().len(), kept);
        assert_eq!(
            (report.steps, count(&report, "insert")),
            (0, kept as u32 - 2)
        );
    }
    assert_eq!(host.bank.entries()[2].evidence, ["D2:1"]);
}

#[test]
fn a_bank_of_cases_is_refused_by_name_where_turns_are_to_be_kept() {
    let mut host = MockHost::scripted(Cases::default(), &[]).in_environment(opened(ASKED, 1, 4));
    let refused = one(&mut configured(r#"{"notes": "all"}"#), &mut host, 1);
    let why = "router keeps facts and turns, and the bank cases keeps cases: use flat, or set `notes` \
               to \"verdicts\"";
    assert_eq!(refused, Err(Error::Unsupported(why.into())));
}

#[test]
fn an_asker_who_remembers_who_was_right_asks_better_than_one_who_forgets() {
    // Asks about each fact the adviser of the most right notes less wrong ones, then believes.
    let asker = |request: &Request| {
        let shown = &request.messages[1].content;
        let turn = last(request);
        if let Some((_, said)) = turn
            .split_once(" is ")
            .filter(|_| turn.contains(" says that "))
        {
            let said = said.split_once(". Coins").unwrap().0;
            return Ok(format!("<think>hm</think><answer>{said}</answer>"));
        }
        let (notes, task) = shown.split_once("Task: ").unwrap();
        let (question, rest) = task.split_once("? ").unwrap();
        let question = question.split_once(" is the ").unwrap().1;
        let names = rest
            .split(". ")
            .filter_map(|part| part.split_once(" costs "));
        let worth = |name: &str| {
            let right = notes.matches(&format!("{name} was right")).count() as i32;
            right - notes.matches(&format!("{name} was wrong")).count() as i32
        };
        let best = names.map(|(name, _)| name).max_by_key(|name| worth(name));
        let best = best.unwrap();
        Ok(format!(
            "<think>hm</think><search>{best}: {question}</search>"
        ))
    };
    let success = |limit: u32| {
        let (mut sum, mut tasks) = (0.0, 0.0);
        for index in 0..20 {
            let options = ASKED.replace("\"domains\": 2", "\"domains\": 1");
            let mut host =
                MockHost::new(Flat::default(), asker).in_environment(opened(&options, index, 16));
            live(&format!(r#"{{"limit": {limit}}}"#), &mut host, 16);
            for session in (5..=16).filter(|session| session % 4 != 2) {
                sum += metrics(&host, session)["success"];
                tasks += 1.0;
            }
        }
        sum / tasks
    };
    let (remembers, forgets) = (success(64), success(0));
    println!("remembers {remembers:.3}, forgets {forgets:.3}");
    assert!(remembers >= forgets + 0.2, "{remembers} {forgets}");
}
