//! The state that is carried, and the sizes of chunks.

use super::*;
use memloom_sdk::Host;

/// Returns the numbers of a text.
fn numbers(text: &str) -> Vec<u32> {
    let words = text.split_whitespace();
    words.map(|word| word.parse().unwrap()).collect()
}

/// Returns a host that counted through a task, and the report.
fn counted(options: &str) -> (Speaker, Report) {
    let mut host = Speaker::counting().in_environment(opened("{}"));
    let report = live(&mut configured(options), &mut host, 1);
    (host, report)
}

#[test]
fn prompts_are_the_question_and_then_the_question_with_4_and_28_tokens() {
    let (host, _) = counted(SMALL);
    let head: Vec<u32> = (1..=4).collect();
    let begun: Vec<Vec<u32>> = host.begun().into_iter().map(numbers).collect();
    assert!(begun[0].is_empty());
    assert_eq!(begun[1], [head.clone(), (37..=64).collect()].concat());
    assert_eq!(begun[2], [head, (69..=96).collect()].concat());
    let requests = host.requests();
    let budgets: Vec<u32> = requests.iter().map(|request| request.max_tokens).collect();
    assert_eq!(budgets, [64, 32, 32]);
    let total: u32 = host.outputs.iter().map(|output| output.tokens).sum();
    assert_eq!(total, 128);
    for request in requests {
        assert_eq!(request.messages[..2], requests[0].messages[..2]);
        assert_eq!((&*request.role, request.stop.len()), ("thinker", 0));
    }
}

#[test]
fn the_head_is_the_first_tokens_of_the_very_first_chunk_in_all_later_prompts() {
    let options = r#"{"context": 20, "state": 10, "head": 4, "chunks": 9}"#;
    let (host, _) = counted(options);
    let begun = host.begun();
    assert_eq!(begun.len(), 9);
    assert!(
        begun[1..]
            .iter()
            .all(|begun| begun.starts_with(" 1 2 3 4 ")),
        "{begun:?}"
    );
    let none = r#"{"context": 20, "state": 10, "head": 0, "chunks": 3}"#;
    assert_eq!(
        numbers(counted(none).0.begun()[2]),
        (21..=30).collect::<Vec<_>>()
    );
    let all = r#"{"context": 20, "state": 10, "head": 10, "chunks": 3}"#;
    assert_eq!(
        numbers(counted(all).0.begun()[2]),
        (1..=10).collect::<Vec<_>>()
    );
}

#[test]
fn an_output_that_ends_by_itself_is_the_only_one() {
    let mut host = Speaker::new(|_| "a </think> answer: 3".into()).in_environment(opened("{}"));
    let report = live(&mut configured(SMALL), &mut host, 1);
    assert_eq!(
        (host.requests().len(), report.steps, report.malformed),
        (1, 1, 0)
    );
    assert_eq!(
        (count(&report, "act"), count(&report, "output:cut")),
        (1, 0)
    );
}

#[test]
fn a_model_that_never_ends_is_asked_three_times_earns_nothing_and_is_cut_off_three_times() {
    let (mut host, report) = counted(SMALL);
    assert_eq!(
        (host.requests().len(), report.steps, report.malformed),
        (3, 3, 1)
    );
    assert_eq!(count(&report, "output:cut"), 3);
    let cut = host
        .outputs
        .iter()
        .filter(|output| output.finish == FinishReason::Length);
    assert_eq!(cut.count(), 3);
    assert_eq!((reward(&mut host, 1), count(&report, "act")), (0.0, 1));
}

#[test]
fn each_token_of_a_trace_is_in_one_output_however_often_it_is_carried() {
    for (chunks, lengths) in [(4, &[20, 8, 8, 8][..]), (1, &[20])] {
        let options = format!(r#"{{"context": 20, "state": 12, "head": 2, "chunks": {chunks}}}"#);
        let (host, _) = counted(&options);
        let said: Vec<Vec<u32>> = host.outputs.iter().map(|it| numbers(&it.text)).collect();
        assert!(said.iter().map(Vec::len).eq(lengths.iter().copied()));
        let all = (1..=lengths.iter().sum::<usize>() as u32).collect::<Vec<_>>();
        assert_eq!(said.concat(), all);
    }
}

#[test]
fn a_character_of_several_bytes_at_the_cut_is_left_out_whole() {
    let mut host = Speaker::new(|_| "aé中🦀".repeat(20))
        .in_bytes()
        .in_environment(opened("{}"));
    let options = r#"{"context": 31, "state": 14, "head": 5, "chunks": 6}"#;
    live(&mut configured(options), &mut host, 1);
    let mut lost = 0;
    for begun in &host.begun()[1..] {
        assert!(
            begun.chars().all(|letter| "aé中🦀".contains(letter)),
            "{begun}"
        );
        assert!(begun.len() <= 14 && begun.starts_with("aé"), "{begun}");
        lost += 14 - begun.len();
    }
    assert!(lost > 0);
}

#[test]
fn the_context_of_50_chunks_is_never_longer_than_the_question_and_one_chunk() {
    let options = r#"{"context": 64, "state": 32, "head": 4, "chunks": 50}"#;
    let (mut host, _) = counted(options);
    let texts = host
        .requests()
        .iter()
        .zip(&host.outputs)
        .map(|(request, output)| {
            let messages = request
                .messages
                .iter()
                .map(|message| message.content.as_str());
            messages
                .chain([output.text.as_str()])
                .collect::<Vec<_>>()
                .join(" ")
        });
    let texts: Vec<String> = texts.collect();
    let question = host.requests()[0]
        .messages
        .iter()
        .map(|it| it.content.clone());
    let question = question.collect::<Vec<_>>().join(" ");
    let question = host.count(&question);
    let peaks: Vec<u32> = texts.iter().map(|text| host.count(text)).collect();
    assert_eq!(peaks, [question + 64; 50]);
}

#[test]
fn an_output_that_is_cut_off_before_the_state_is_full_is_the_last() {
    let mut host = Speaker::counting()
        .full_after(32)
        .in_environment(opened("{}"));
    let report = live(&mut configured(SMALL), &mut host, 1);
    assert_eq!(host.outputs[0].finish, FinishReason::Length);
    assert_eq!((report.steps, report.malformed), (1, 1));
}
