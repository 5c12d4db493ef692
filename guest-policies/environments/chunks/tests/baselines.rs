//! Rewards of fixed ways of keeping a memory in each world, with a perfect reader of what was
//! kept, and with the policy `selector` and the bank `flat`. The following command prints a
//! table: `cargo test --release -p environment-chunks --test baselines -- --nocapture`.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use bank_flat::Flat;
use environment_chunks::Chunks;
use memloom_sdk::text::word_count;
use memloom_sdk::types::{Answer, DemonstratedOperation, SessionContent};
use memloom_sdk::{Environment, MockHost, Policy};
use policy_selector::Selector;

const EPISODES: u64 = 40;
const DEMONSTRATORS: [&str; 4] = ["expert", "everything", "demonstrator", "nothing"];

/// Means over episodes.
struct Worth {
    /// The mean reward of the answers.
    answers: f32,
    /// The words of what was kept divided by those that were told.
    share: f32,
}

/// An agent that keeps turns and answers questions.
trait Agent {
    fn observe(&mut self, chunks: &mut Chunks, session: u32, demonstrator: &str, seed: u64);
    fn answer(&mut self, question: &str) -> String;
    fn words(&mut self) -> usize;
}

fn worth(options: &str, demonstrator: &str, agent: fn() -> Box<dyn Agent>) -> Worth {
    let (mut answers, mut share) = (0.0, 0.0);
    let mut chunks = Chunks::default();
    chunks.load(vec![], options).unwrap();
    for index in 0..EPISODES {
        let mut agent = agent();
        let episode = chunks.open("held-out", index, 0).unwrap();
        let mut told = 0;
        for session in 1..=episode.sessions {
            let SessionContent::Dialogue(dialogue) = chunks.session(session).unwrap() else {
                panic!("a task");
            };
            let turns = dialogue.turns.iter();
            told += turns.map(|turn| word_count(&turn.text)).sum::<usize>();
            agent.observe(&mut chunks, session, demonstrator, index);
        }
        let questions = chunks.questions().unwrap();
        let mut sum = 0.0;
        for question in &questions {
            let answer = Answer {
                text: agent.answer(&question.text),
                citations: vec![],
            };
            sum += chunks.score(&question.id, &answer).unwrap().reward;
        }
        answers += sum / questions.len() as f32;
        share += agent.words() as f32 / told as f32;
    }
    let count = EPISODES as f32;
    Worth {
        answers: answers / count,
        share: share / count,
    }
}

/// Returns what each demonstrator comes to; prints it.
fn table(options: &str, agent: fn() -> Box<dyn Agent>) -> BTreeMap<&'static str, Worth> {
    let all = DEMONSTRATORS.map(|name| {
        let worth = worth(options, name, agent);
        let Worth { answers, share } = &worth;
        println!("{options} {name}: answers {answers:.3} kept {share:.2}");
        (name, worth)
    });
    all.into()
}

/// The turns that a demonstrator keeps, the last written last.
#[derive(Default)]
struct Kept(Vec<(String, String)>);

impl Agent for Reader {
    fn observe(&mut self, chunks: &mut Chunks, session: u32, demonstrator: &str, seed: u64) {
        let SessionContent::Dialogue(dialogue) = chunks.session(session).unwrap() else {
            panic!("a task");
        };
        let texts: BTreeMap<String, String> = dialogue
            .turns
            .into_iter()
            .map(|turn| (turn.id, turn.text))
            .collect();
        for hint in chunks.demonstrate(demonstrator, session, seed).unwrap() {
            if let DemonstratedOperation::Update(before) = &hint.operation {
                self.kept.0.retain(|(turn, _)| turn != before);
            }
            let text = texts[&hint.turn].clone();
            self.kept.0.push((hint.turn, text));
        }
    }

    fn answer(&mut self, question: &str) -> String {
        (self.read)(&self.kept, question).unwrap_or_default()
    }

    fn words(&mut self) -> usize {
        self.kept.0.iter().map(|(_, text)| word_count(text)).sum()
    }
}

/// A perfect reader of what was kept.
struct Reader {
    kept: Kept,
    read: fn(&Kept, &str) -> Option<String>,
}

/// Follows the newest statements from the innermost relation outwards.
fn newest(kept: &Kept, question: &str) -> Option<String> {
    let asked = question.strip_prefix("What is the ")?.strip_suffix('?')?;
    let mut parts: Vec<&str> = asked.split(" of ").collect();
    let mut thing = parts.pop()?.to_owned();
    while let Some(relation) = parts.pop() {
        let subject = format!("The {} of {thing} is ", relation.trim_start_matches("the "));
        let mut statements = kept.0.iter().rev();
        let value = statements.find_map(|(_, text)| Some(text.split_once(&subject)?.1))?;
        thing = value.trim_end_matches('.').into();
    }
    Some(thing)
}

/// Gives the label of the kept example that shares most words with the text.
fn nearest(kept: &Kept, question: &str) -> Option<String> {
    let text = question.rsplit(": ").next()?;
    let shared = |example: &str| {
        let lower = |word: &&str| word.bytes().all(|byte| byte.is_ascii_lowercase());
        let names = text.split(' ').filter(|word| word.len() == 6).filter(lower);
        names
            .filter(|word| example.split(' ').any(|other| other == *word))
            .count()
    };
    let examples = kept
        .0
        .iter()
        .filter_map(|(_, text)| text.split_once("\nlabel: "));
    let best = examples.max_by_key(|(example, _)| shared(example));
    best.filter(|(example, _)| shared(example) > 0)
        .map(|(_, label)| label.into())
}

/// The policy `selector`, whose model does as the demonstrator.
struct Selecting {
    policy: Selector,
    host: MockHost<Flat>,
}

impl Agent for Selecting {
    fn observe(&mut self, chunks: &mut Chunks, session: u32, demonstrator: &str, seed: u64) {
        let hints = chunks.demonstrate(demonstrator, session, seed).unwrap();
        let content = chunks.session(session).unwrap();
        let report = self
            .policy
            .observe(&mut self.host, content, Some(hints))
            .unwrap();
        assert_eq!((report.malformed, report.refused), (0, 0));
    }

    fn answer(&mut self, question: &str) -> String {
        self.policy.answer(&mut self.host, question).unwrap().text
    }

    fn words(&mut self) -> usize {
        self.host
            .entry_texts()
            .iter()
            .map(|text| word_count(text))
            .sum()
    }
}

fn selecting() -> Box<dyn Agent> {
    let mut policy = Selector::default();
    policy.configure("{}", vec![]).unwrap();
    let host = MockHost::demonstrated(Flat::default());
    Box::new(Selecting { policy, host })
}

fn reader(read: fn(&Kept, &str) -> Option<String>) -> Box<dyn Agent> {
    Box::new(Reader {
        kept: Kept::default(),
        read,
    })
}

#[test]
fn conflicts_can_be_solved_from_everything_and_not_from_nothing() {
    for options in [
        r#"{"world": "conflicts"}"#,
        r#"{"world": "conflicts", "numbered": false, "slots": 120, "rewritten": 1.5}"#,
    ] {
        let all = table(options, || reader(newest));
        assert!((all["everything"].answers - 1.0).abs() < 1e-5);
        assert!((all["expert"].answers - 1.0).abs() < 1e-5);
        assert!(all["expert"].share < 0.6 * all["everything"].share);
        assert!((0.4..0.9).contains(&all["demonstrator"].answers));
        assert_eq!(all["nothing"].answers, 0.0);
    }
}

#[test]
fn labels_can_be_solved_from_everything_and_not_from_nothing() {
    for options in [
        r#"{"world": "labels"}"#,
        r#"{"world": "labels", "classes": 24, "examples": 200, "questions": 60}"#,
    ] {
        let all = table(options, || reader(nearest));
        assert!((all["everything"].answers - 1.0).abs() < 1e-5);
        assert!((all["expert"].answers - 1.0).abs() < 1e-5);
        assert!(all["expert"].share < 0.7 * all["everything"].share);
        assert!((0.4..1.0).contains(&all["demonstrator"].answers));
        assert_eq!(all["nothing"].answers, 0.0);
    }
}

#[test]
fn a_small_policy_that_does_as_the_expert_answers_from_its_bank() {
    for (options, least) in [
        (r#"{"world": "conflicts", "two_hop": 0}"#, 0.95),
        (r#"{"world": "labels", "flexible": true}"#, 0.8),
    ] {
        let all = table(options, selecting);
        assert!(all["expert"].answers > least, "{}", all["expert"].answers);
        assert!(all["demonstrator"].answers < all["expert"].answers - 0.05);
        assert_eq!(all["nothing"].answers, 0.0);
    }
}
