use memloom_sdk::text::lower_words;

use super::*;
use crate::kind::lexicon;
use crate::life::live;
use crate::options::Options;
use crate::seed;
use memloom_sdk::generated::Address;
use memloom_sdk::generated::Split;

fn episode(index: u64, sessions: u32) -> (Story, Vec<Asked>) {
    let options = Options::default();
    let address = Address {
        split: Split::HeldOut,
        index,
        sessions,
    };
    let story = live(&options, &address);
    let asked = ask(&story, &mut seed::questions(options.seed, &address));
    (story, asked)
}

/// Returns all questions of fifty episodes.
fn many() -> impl Iterator<Item = (Story, Asked)> {
    (0..50).flat_map(|index| {
        let (story, asked) = episode(index, 8);
        asked.into_iter().map(move |asked| (story.clone(), asked))
    })
}

#[test]
fn a_question_asks_for_one_kind_and_goes_through_at_most_one_other() {
    for (_, Asked { question, .. }) in many() {
        let words = lower_words(&question.text);
        let kinds = lexicon()
            .iter()
            .filter(|kind| kind.cues.iter().any(|cue| words.contains(cue)))
            .count();
        let wanted = if question.category == "multi-hop" {
            2
        } else {
            1
        };
        assert_eq!(kinds, wanted, "{}", question.text);
    }
}

#[test]
fn evidence_supports_the_answer_and_lies_in_the_sessions() {
    for (story, Asked { question, gold }) in many() {
        assert!(question.sessions.is_sorted() && !question.sessions.is_empty());
        assert_eq!(question.evidence.is_empty(), gold.is_empty());
        let told: Vec<(u32, &Line)> = story
            .lines()
            .filter(|(_, line)| question.evidence.contains(&line.id))
            .collect();
        assert_eq!(told.len(), question.evidence.len());
        for (session, line) in &told {
            assert!(question.sessions.contains(session), "{}", line.text);
        }
        let time = |session: u32| &story.sittings[session as usize - 1].time;
        let holds =
            |(session, line): &(u32, &Line)| line.text.contains(&gold) || *time(*session) == gold;
        assert!(
            gold.is_empty() || told.iter().any(holds),
            "{} {gold}",
            question.text
        );
    }
}

#[test]
fn lures_count_as_sessions_of_the_question_they_mislead() {
    let mut lures = 0;
    for index in 0..50 {
        let (story, asked) = episode(index, 8);
        for (session, line) in story.lines() {
            let Meaning::Lure(slot, _) = line.meaning else {
                continue;
            };
            lures += 1;
            let name = story.people[slot.person];
            let cue = slot.kind.cues()[0];
            let direct = asked.iter().find(|Asked { question, .. }| {
                let words = lower_words(&question.text);
                question.category != "multi-hop"
                    && !question.text.starts_with("When did")
                    && words.contains(&name.to_lowercase())
                    && words.contains(&cue.into())
            });
            let direct = direct.expect("a question about the lure's attribute");
            assert!(direct.question.sessions.contains(&session), "{}", line.text);
        }
    }
    assert!(lures > 300);
}

#[test]
fn a_cancelled_trip_has_no_date_and_counts_plan_and_cancellation() {
    let mut cancelled = 0;
    for (story, Asked { question, gold }) in many() {
        if question.category != "abstain" || !question.text.contains("'s trip to") {
            continue;
        }
        cancelled += 1;
        assert!(gold.is_empty());
        let last = story
            .lines()
            .filter(|(_, line)| question.text.contains(story.people[line.speaker]))
            .filter_map(|(session, line)| match &line.meaning {
                Meaning::Cancellation { planned, .. } => Some((session, planned.clone())),
                _ => None,
            })
            .last();
        let (session, planned) = last.expect("a cancellation");
        let plan = story.lines().find(|(_, line)| line.id == planned);
        assert!(question.sessions.contains(&session));
        assert!(plan.is_some_and(|(session, _)| question.sessions.contains(&session)));
    }
    assert!(cancelled > 30, "{cancelled}");
}

#[test]
fn about_twenty_questions_of_every_category_are_asked() {
    let count = many().count();
    assert!((900..1050).contains(&count), "{count}");
    for category in CATEGORIES {
        let share = many()
            .filter(|(_, asked)| asked.question.category == category)
            .count();
        assert!(share > 80, "{category} {share}");
    }
}

#[test]
fn ids_are_unique_and_texts_are_asked_once() {
    for index in 0..20 {
        let (_, asked) = episode(index, 16);
        let ids: BTreeSet<&str> = asked
            .iter()
            .map(|asked| asked.question.id.as_str())
            .collect();
        let texts: BTreeSet<&str> = asked
            .iter()
            .map(|asked| asked.question.text.as_str())
            .collect();
        assert_eq!((ids.len(), texts.len()), (asked.len(), asked.len()));
    }
}
