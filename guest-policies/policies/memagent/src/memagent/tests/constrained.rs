//! Tasks with outputs under a grammar.

use memloom_sdk::verdicts;

use super::*;

const OPTIONS: &str = r#"{"constrained": true}"#;

/// Keeps the lines of a prompt that meet a condition.
fn keeping(request: &Request, keeps: impl Fn(&str) -> bool) -> String {
    let lines: Vec<&str> = prompt(request).lines().collect();
    let verdicts: Vec<bool> = lines[1..lines.len() - 1]
        .iter()
        .map(|line| keeps(line))
        .collect();
    verdicts::output(&verdicts)
}

#[test]
fn a_reader_keeps_or_drops_sentences_of_memory_and_section() {
    let model = |request: &Request| {
        Ok(match request.role.as_str() {
            "reader" => keeping(request, |line| line.starts_with("The pet of")),
            _ => "unknown".into(),
        })
    };
    let mut host = MockHost::new(Page::default(), model).in_environment(made_up("{}", 0));
    let report = one(&mut configured(OPTIONS), &mut host, 1);
    assert_eq!((report.malformed, report.refused), (0, 0));
    let first = &host.requests[0];
    let lines: Vec<&str> = prompt(first).lines().collect();
    assert!(lines[0].starts_with("What is the "));
    assert!(
        lines[1].starts_with("The ") && lines[1].ends_with(". t1"),
        "{}",
        lines[1]
    );
    assert_eq!((lines.len(), lines[9]), (1 + 8 + 1, lines[0]));
    assert_eq!(first.max_tokens, 17);
    assert!(
        first
            .grammar
            .as_deref()
            .unwrap()
            .ends_with("t8 (keep | drop)")
    );
    let kept = host.entry_texts().remove(0);
    assert!(kept.lines().all(|line| line.starts_with("The pet of")));
    let last = host.requests.last().unwrap();
    assert!(prompt(last).starts_with(&kept));
    let pets = kept
        .lines()
        .map(|line| line.rsplit(' ').next().unwrap().trim_end_matches('.'));
    let mut choices: Vec<&str> = Vec::new();
    for pet in pets {
        if !choices.contains(&pet) {
            choices.push(pet);
        }
    }
    assert_eq!(
        last.grammar,
        Some(format!("({} | unknown)", choices.join(" | ")))
    );
    assert_eq!(last.max_tokens, 2);
}

#[test]
fn where_the_memory_names_no_value_nobody_is_asked_for_one() {
    let drop_all = |request: &Request| Ok(keeping(request, |_| false));
    let mut host = MockHost::new(Page::default(), drop_all).in_environment(made_up("{}", 0));
    let report = one(&mut configured(OPTIONS), &mut host, 1);
    assert_eq!(
        (report.steps, report.malformed, count(&report, "act")),
        (4, 0, 5)
    );
    assert_eq!((host.entry_texts().len(), reward(&host)), (0, 0.0));
}

#[test]
fn sixteen_lines_are_asked_about_at_a_time() {
    let keep_all = |request: &Request| {
        Ok(match request.role.as_str() {
            "reader" => keeping(request, |_| true),
            _ => "unknown".into(),
        })
    };
    let mut host = MockHost::new(Page::default(), keep_all).in_environment(made_up("{}", 0));
    let report = one(&mut configured(OPTIONS), &mut host, 1);
    // Sections of 8 lines, and memories of 0, 8, 16 and 24: 1 + 1 + 2 + 2 outputs.
    assert_eq!(report.steps, 6 + 1);
    assert_eq!(host.entry_texts()[0].lines().count(), 32);
}

#[test]
fn what_does_not_fit_into_the_memory_is_dropped_whole() {
    let keep_all = |request: &Request| {
        Ok(match request.role.as_str() {
            "reader" => keeping(request, |_| true),
            _ => "unknown".into(),
        })
    };
    let options = r#"{"constrained": true, "memory_tokens": 30}"#;
    let mut host = MockHost::new(Page::default(), keep_all).in_environment(made_up("{}", 0));
    one(&mut configured(options), &mut host, 1);
    let kept = host.entry_texts().remove(0);
    let first: Vec<&str> = prompt(&host.requests[0]).lines().skip(1).collect();
    assert!(
        kept.lines()
            .zip(&first)
            .all(|(kept, first)| first.starts_with(kept))
    );
    assert!((3..=4).contains(&kept.lines().count()));
}

#[test]
fn an_output_outside_the_grammar_changes_nothing() {
    let script = ["t1 keep", "keep", "", "t9", "paris"];
    let mut host = MockHost::scripted(Page::default(), &script).in_environment(made_up("{}", 0));
    let report = one(&mut configured(OPTIONS), &mut host, 1);
    assert_eq!((report.steps, report.malformed), (4, 4));
    assert_eq!(host.entry_texts().len(), 0);
}

#[test]
fn own_instructions_come_first() {
    let options = r#"{"constrained": true, "reader_prompt": "keep facts"}"#;
    let keep_all = |request: &Request| {
        assert_eq!(
            request.messages.len(),
            if request.role == "reader" { 2 } else { 1 }
        );
        Ok("?".into())
    };
    let mut host = MockHost::new(Page::default(), keep_all).in_environment(made_up("{}", 0));
    one(&mut configured(options), &mut host, 1);
    assert_eq!(host.requests[0].messages[0].content, "keep facts");
}
