#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::stream::Memory;
use crate::visit::Visit;
use memloom_sdk::generated::Split;

fn generated(index: u64, sessions: u32) -> Stream {
    let json = r#"{"mode": "shop", "actions": "open"}"#;
    let address = Address {
        split: Split::Train,
        index,
        sessions,
    };
    stream(&Options::parse(json).unwrap(), &address)
}

/// The share of tasks whose relevant item comes first by what was said, which `heard` may change.
fn found(sessions: u32, heard: fn(&Line) -> String) -> f32 {
    let mut firsts = Vec::new();
    for index in 0..20 {
        let stream = generated(index, sessions);
        let mut said: Vec<(String, String)> = Vec::new();
        for sitting in &stream.sittings {
            let task = match sitting {
                Sitting::Talk(lines) => {
                    let lines = lines.iter().map(|line| (line.speaker.clone(), heard(line)));
                    said.extend(lines);
                    continue;
                }
                Sitting::Task(task) => task,
            };
            let memories: Vec<Memory<'_>> = said
                .iter()
                .map(|(speaker, text)| Memory { speaker, text })
                .collect();
            let mut visit = task.begin();
            let action = task.advise(&memories, &visit, &mut Random::new(index));
            visit.act(task.as_ref(), &action);
            firsts.push(visit.outcome.em);
        }
    }
    firsts.iter().sum::<f32>() / firsts.len() as f32
}

#[test]
fn the_latest_reviews_tell_every_taste() {
    assert_eq!(found(60, |line| line.text.clone()), 1.0);
}

#[test]
fn lures_mislead_who_takes_them_for_reviews() {
    let taken = found(24, |line| {
        let text = line.text.replace(" for my nephew. He", ". I");
        let text = text.replace(" for my boss. She", ". I");
        let text = text.replace("My sister has", "I bought");
        text.replace("She loves", "I love")
            .replace("I loves", "I love")
    });
    assert!(taken < 0.8, "{taken}");
}

#[test]
fn what_others_like_does_not_count() {
    let catalogue = Catalogue::new(Split::Train, &mut Random::new(2));
    let item = Item([1, 2, 3]);
    let text = review::liking(&catalogue, 4, item, 2);
    let by = |speaker| Memory {
        speaker,
        text: &text,
    };
    let likes = |memories: &[Memory<'_>]| review::likes(&catalogue, memories, "Ben Hill");
    assert_eq!(likes(&[by("Ben Hill")]), [((4, 2), 3)].into());
    assert_eq!(likes(&[by("Anna Moss"), by("")]), review::Likes::new());
}

#[test]
fn a_ranking_is_worth_what_its_first_ten_are() {
    let stream = generated(3, 2);
    let (_, task) = stream.tasks().next().unwrap();
    let text = task.explanation();
    let relevant = text.split_once(" bought ").unwrap().1;
    let relevant = relevant.split_once(':').unwrap().0;
    let others: Vec<String> = (1..=40)
        .map(|number| format!("i{number}"))
        .filter(|id| id != relevant)
        .collect();
    let worth = |answer: String| {
        let mut visit = Visit::default();
        visit.act(task, &format!("answer {answer}"));
        assert!(visit.over);
        visit.outcome
    };
    let after = |count: usize| format!("{} {relevant}", others[..count].join(" "));
    assert_eq!((worth(after(0)).reward, worth(after(0)).em), (1.0, 1.0));
    assert_eq!((worth(after(2)).reward, worth(after(2)).em), (0.5, 0.0));
    assert!(worth(after(9)).reward > 0.28);
    assert_eq!(worth(after(10)).reward, 0.0);
    let repeated = format!("{0} {0}, {0} i0 i41 i i-1 x {1}", others[0], after(2));
    assert_eq!(worth(repeated).reward, 0.5);
    assert_eq!(worth(String::new()).reward, 0.0);
}
