#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use memloom_sdk::random::Random;
use memloom_sdk::text::word_count;

fn at(session: u32) -> Moment {
    Moment {
        session,
        time: format!("{session} May 2023"),
    }
}

fn insert(text: &str, turn: &str) -> Operation {
    Operation::insert(text, "Anna", vec![turn.into()])
}

fn update(id: &str, text: &str, turn: &str) -> Operation {
    Operation::update(id, text, vec![turn.into()])
}

fn query(text: &str) -> Query {
    Query::new(text, 10)
}

/// Returns a page with two lines.
fn written() -> Page {
    let mut bank = Page::default();
    let results = bank.apply(at(1), vec![insert(" I live in Rome.\n\nI ski. ", "D1:1")]);
    assert_eq!(results, [Ok("p1".into())]);
    bank
}

#[test]
fn an_insertion_keeps_lines_and_shows_what_was_written() {
    assert_eq!(
        written().entries(),
        [Entry {
            id: "p1".into(),
            text: "I live in Rome.\n\nI ski.".into(),
            speaker: "Anna".into(),
            time: "1 May 2023".into(),
            first_session: 1,
            last_session: 1,
            evidence: vec!["D1:1".into()],
            fields: vec![],
        }]
    );
}

#[test]
fn a_second_insertion_is_refused_and_says_to_update() {
    let mut bank = written();
    let before = bank.snapshot();
    assert_eq!(
        bank.apply(at(2), vec![insert("I live in Oslo", "D2:1")]),
        [Err(Error::Invalid(
            "the page has a text: update p1 instead".into()
        ))]
    );
    assert_eq!(bank.snapshot(), before);
}

#[test]
fn an_update_overwrites_the_text_and_unites_the_evidence() {
    let mut bank = written();
    let results = bank.apply(
        at(3),
        vec![
            update("p1", "I live in Paris", "D3:4"),
            update("p1", "I swim", "D1:1"),
        ],
    );
    assert_eq!(results, [Ok("p1".into()), Ok("p1".into())]);
    let page = bank.entries().remove(0);
    assert_eq!(page.text, "I swim");
    assert_eq!(page.evidence, ["D1:1", "D3:4"]);
    assert_eq!((page.first_session, page.last_session), (1, 3));
    assert_eq!((&*page.time, &*page.speaker), ("3 May 2023", "Anna"));
}

#[test]
fn a_deletion_empties_the_page_and_its_id_is_never_given_again() {
    let mut bank = written();
    let results = bank.apply(
        at(2),
        vec![Operation::Delete("p1".into()), insert("Snow fell", "D2:1")],
    );
    assert_eq!(results, [Ok("p1".into()), Ok("p2".into())]);
    let page = bank.entries().remove(0);
    assert_eq!(
        (&*page.text, page.evidence),
        ("Snow fell", vec!["D2:1".to_string()])
    );
    assert_eq!(page.first_session, 2);
}

#[test]
fn a_bad_operation_fails_alone_and_says_why() {
    let mut bank = written();
    let with_field = Operation::Update(Revision {
        fields: vec![("plan".into(), "to ski".into())],
        ..Revision::new("p1", "I plan", vec![])
    });
    let results = bank.apply(
        at(2),
        vec![
            update("p2", "x", "D2:1"),
            update("p1", " \n", "D2:2"),
            Operation::Delete("p01".into()),
            with_field,
            Operation::custom("fold", "{}"),
            update("p1", "I swim", "D2:3"),
        ],
    );
    assert_eq!(
        results,
        [
            Err(Error::Unknown("no entry has the id \"p2\"".into())),
            Err(Error::Invalid("update of p1: the text is empty".into())),
            Err(Error::Unknown("no entry has the id \"p01\"".into())),
            Err(Error::Invalid(
                "the page bank keeps no field \"plan\" that a policy sets".into()
            )),
            Err(Error::Unsupported(
                "the page bank has no operation \"fold\"".into()
            )),
            Ok("p1".into()),
        ]
    );
    let empty = Page::default().apply(at(1), vec![insert("", "D1:1")]);
    assert_eq!(
        empty,
        [Err(Error::Invalid("insert: the text is empty".into()))]
    );
}

#[test]
fn a_text_beyond_the_words_is_cut_and_marked() {
    let mut bank = Page::default();
    bank.configure(r#"{"words": 3}"#).unwrap();
    bank.apply(at(1), vec![insert("one two\nthree, four", "D1:1")]);
    assert_eq!(
        bank.render(&["p1".into()]),
        Ok("one two\nthree [cut]".into())
    );
    let long = written().snapshot();
    let before = bank.snapshot();
    assert_eq!(
        bank.restore(&long),
        Err(Error::Invalid(
            "page: the snapshot has more words than `words`, which is 3".into()
        ))
    );
    assert_eq!(bank.snapshot(), before);
    assert_eq!(bank.restore(&before), Ok(()));
}

#[test]
fn a_query_finds_the_page_by_its_words_or_without_any() {
    let bank = written();
    let found = |query: &Query| bank.retrieve(query).unwrap();
    let hits = found(&query("rome?"));
    assert_eq!(hits[0].entry, bank.entries()[0]);
    assert!(hits[0].score > 0.0);
    assert_eq!(found(&query("dog")), []);
    let any = Query {
        threshold: -1.0,
        ..query("dog")
    };
    assert_eq!(found(&any)[0].score, 0.0);
    let all = Query {
        threshold: 5.0,
        ..query(" ")
    };
    assert_eq!(found(&all).len(), 1);
    let strict = Query {
        threshold: 5.0,
        ..query("rome")
    };
    assert_eq!(found(&strict), []);
    let none = Query {
        limit: 0,
        ..query("rome")
    };
    assert_eq!(found(&none), []);
    assert_eq!(Page::default().retrieve(&query("")), Ok(vec![]));
}

#[test]
fn speakers_are_filtered_whatever_their_case() {
    let of = |speaker: &str| Query {
        speaker: Some(speaker.into()),
        ..query("")
    };
    let bank = written();
    assert_eq!(bank.retrieve(&of("ANNA ")).unwrap().len(), 1);
    assert_eq!(bank.retrieve(&of("Ben")), Ok(vec![]));
}

#[test]
fn meanings_are_compared_where_a_vector_is_given() {
    let pointing = |x: f32, y: f32| {
        Operation::Update(Revision {
            vector: Some(vec![x, y]),
            ..Revision::new("p1", "up", vec![])
        })
    };
    let mut bank = written();
    let up = Query {
        vector: Some(vec![0.0, 1.0]),
        ..query("")
    };
    assert_eq!(bank.retrieve(&up), Ok(vec![]));
    bank.apply(at(2), vec![pointing(0.0, 2.0)]);
    assert_eq!(bank.retrieve(&up).unwrap()[0].score, 1.0);
    bank.apply(at(2), vec![pointing(1.0, 0.0)]);
    assert_eq!(bank.retrieve(&up), Ok(vec![]));
    let deep = Query {
        vector: Some(vec![0.0, 0.0, 1.0]),
        ..query("")
    };
    assert_eq!(
        bank.retrieve(&deep),
        Err(Error::Invalid(
            "a vector of 3 numbers does not fit this bank's of 2".into()
        ))
    );
    let results = bank.apply(at(3), vec![pointing(f32::NAN, 0.0)]);
    assert_eq!(
        results,
        [Err(Error::Invalid(
            "a vector must have one finite number or more".into()
        ))]
    );
}

#[test]
fn rendering_gives_the_text_as_it_was_written() {
    let bank = written();
    assert_eq!(
        bank.render(&["p1".into()]),
        Ok("I live in Rome.\n\nI ski.".into())
    );
    assert_eq!(
        bank.render(&["p7".into()]),
        Err(Error::Unknown("no entry has the id \"p7\"".into()))
    );
}

#[test]
fn a_damaged_snapshot_changes_nothing() {
    let mut bank = written();
    let before = bank.snapshot();
    let mut two = Text::default();
    for text in ["I ski", "I swim"] {
        let insertion = Insertion::new(text, "Anna", vec![]);
        two.add(&at(1), insertion, ()).unwrap();
    }
    for (bytes, why) in [
        (&before[..before.len() - 1], "page: the snapshot is damaged"),
        (b"nonsense", "page: these bytes are not a snapshot"),
        (
            &FORMAT.save(two.memory()),
            "page: the snapshot has 2 texts: a page has one",
        ),
    ] {
        assert_eq!(bank.restore(bytes), Err(Error::Invalid(why.into())));
        assert_eq!(bank.snapshot(), before);
    }
}

/// The bank as a test expects it: the number of the last page, and id, text and evidence.
#[derive(Default)]
struct Model {
    pages: usize,
    page: Option<(String, String, Vec<String>)>,
}

impl Model {
    /// Applies an operation and returns the id that is written; none if it is refused.
    fn apply(&mut self, operation: &Operation) -> Option<String> {
        match operation {
            Operation::Insert(new) if self.page.is_none() && !new.text.is_empty() => {
                self.pages += 1;
                let id = format!("p{}", self.pages);
                self.page = Some((id.clone(), new.text.clone(), new.evidence.clone()));
                Some(id)
            }
            Operation::Update(new) if !new.text.is_empty() => {
                let (id, text, evidence) = self.page.as_mut().filter(|page| page.0 == new.id)?;
                text.clone_from(&new.text);
                let more = new.evidence.iter().filter(|turn| !evidence.contains(turn));
                let more: Vec<String> = more.cloned().collect();
                evidence.extend(more);
                Some(id.clone())
            }
            Operation::Delete(id) => {
                let (id, ..) = self.page.take_if(|page| page.0 == *id)?;
                Some(id)
            }
            _ => None,
        }
    }
}

fn random_operation(random: &mut Random) -> Operation {
    const TEXTS: [&str; 5] = ["rome", "oslo\ndog", "i live", "", "live live"];
    let id = format!("p{}", random.below(12));
    let text = *random.pick(&TEXTS).unwrap();
    let turn = format!("D{}", random.below(20));
    match random.below(6) {
        0 => Operation::Delete(id),
        1 => insert(text, &turn),
        2 => Operation::custom("fold", "{}"),
        _ => update(&id, text, &turn),
    }
}

#[test]
fn random_operations_leave_what_the_model_says() {
    for seed in 0..60 {
        let mut random = Random::new(seed);
        let (mut bank, mut model) = (Page::default(), Model::default());
        for session in 1..80 {
            let operation = random_operation(&mut random);
            let expected = model.apply(&operation);
            let result = bank.apply(at(session), vec![operation]).remove(0);
            assert_eq!(result.ok(), expected);
            let entries = bank.entries().into_iter();
            let held = entries.map(|entry| (entry.id, entry.text, entry.evidence));
            assert_eq!(held.collect::<Vec<_>>(), Vec::from_iter(model.page.clone()));
            let words = model.page.as_ref().map_or(0, |page| word_count(&page.1));
            assert_eq!(bank.stats().words, words as u64);
        }
    }
}

#[test]
fn a_restored_bank_goes_on_exactly_as_the_original() {
    for seed in 0..40 {
        let mut random = Random::new(seed);
        let mut original = Page::default();
        for session in 1..=random.below(40) as u32 {
            original.apply(at(session), vec![random_operation(&mut random)]);
        }
        let bytes = original.snapshot();
        let mut restored = written();
        restored.restore(&bytes).unwrap();
        for session in 50..80 {
            let operations = vec![random_operation(&mut random), random_operation(&mut random)];
            assert_eq!(
                original.apply(at(session), operations.clone()),
                restored.apply(at(session), operations)
            );
            for text in ["live in rome", "dog", ""] {
                assert_eq!(
                    original.retrieve(&query(text)),
                    restored.retrieve(&query(text))
                );
            }
            assert_eq!(original.snapshot(), restored.snapshot());
        }
    }
}
