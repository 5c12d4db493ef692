//! Episodes with seeded random outputs, recorded and replayed: each replay must be bit for bit
//! the same.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use memloom_runtime::types::Split;
use memloom_runtime::{
    Completion, Embedder, EpisodeSetup, Error, GenerateCall, LanguageModel, LoadedSetup,
    ModelError, Program, SetupFiles, Trace,
};

use crate::component;

/// Counts of replayed episodes and mismatches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Episodes recorded and replayed.
    pub replayed: u64,
    /// Episodes whose replay differed.
    pub mismatches: u64,
}

/// Returns the environments of `guest-policies/`, with the files that they read.
pub fn environments(conversations: Vec<PathBuf>) -> [(&'static str, Vec<PathBuf>); 5] {
    [
        ("chronicle", vec![]),
        ("locomo", conversations),
        ("house", vec![]),
        ("office", vec![]),
        ("counsel", vec![]),
    ]
}

/// Returns policies, with their options, whose episodes in an environment are recorded: in worlds of tasks
/// `react`, which acts and keeps notes; elsewhere `selector`, whose outputs are drawn from its
/// grammars, and `memory-r2`, which also embeds.
pub fn policies(environment: &str) -> [(&'static str, &'static str); 2] {
    match environment {
        "house" | "office" | "counsel" => [
            ("react", r#"{"constrained": true}"#),
            ("react", r#"{"constrained": true, "notes": "observations"}"#),
        ],
        _ => [("selector", "{}"), ("memory-r2", "{}")],
    }
}

/// Records episodes of an environment and replays each from its file. Policies take turns; so do
/// the environment's splits.
///
/// # Errors
/// Fails if setting up, recording or replaying fails.
///
/// # Panics
/// Panics if the components are not built.
pub fn replay(environment: &str, data: &[PathBuf], episodes: u64) -> Result<Count, Error> {
    let stages = policies(environment).map(|policy| stage(environment, policy, data));
    let stages = stages.into_iter().collect::<Result<Vec<_>, _>>()?;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("episode.trace");
    let mut count = Count::default();
    for number in 0..episodes {
        let stage = &stages[(number % 2) as usize];
        record(stage, number).write(&path)?;
        let trace = Trace::read(&path)?;
        let replay = trace.replay(stage, None)?;
        let whole = replay.difference.is_none() && replay.events == trace.events.len();
        count.replayed += 1;
        count.mismatches += u64::from(!whole);
    }
    Ok(count)
}

/// Loads a policy with its options and an environment with the bank `flat`.
///
/// # Errors
/// Fails if the environment refuses its data.
///
/// # Panics
/// Panics if the components are not built.
pub fn stage(
    environment: &str,
    (policy, options): (&str, &str),
    data: &[PathBuf],
) -> Result<LoadedSetup, Error> {
    let mut setup = EpisodeSetup::from_files(SetupFiles {
        bank: &component("flat"),
        environment: &component(environment),
        policy: &component(policy),
        data,
    })?;
    setup.policy_options = options.into();
    setup.load()
}

/// Records an episode with random outputs; every second pair has a demonstrator's hints.
///
/// # Panics
/// Panics if the episode fails.
pub fn record(stage: &LoadedSetup, number: u64) -> Trace {
    let splits: Vec<&Split> = stage.report().splits.iter().collect();
    let split = splits[(number / 2) as usize % splits.len()];
    let program = Program {
        split: &split.name,
        index: split.episodes.map_or(number, |count| number % count.max(1)),
        horizon: 2 + (number % 7) as u32,
        demonstrator: (number / 2)
            .is_multiple_of(2)
            .then_some(("demonstrator", number)),
        from: None,
        embedder: Some(Arc::new(Letters)),
    };
    let model = Box::new(Dice::new(number));
    let (trace, lived) = stage.record(&program, model, &mut |_, _| Ok(()));
    lived.unwrap_or_else(|error| panic!("episode {number} of {}: {error}", split.name));
    trace
}

/// A model that draws outputs from the grammars of requests. Without a grammar it repeats the
/// demonstration, or makes an answer up; sometimes it talks nonsense.
pub struct Dice(u64);

impl Dice {
    /// Returns the model of a seed; the same seed gives the same outputs.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns a number below `sides`, by SplitMix64.
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) as usize % sides
    }

    /// Draws the words of one choice of an expression, up to a closing bracket; the words after
    /// it stay in `words`.
    fn draw<'w>(&mut self, words: &mut std::vec::IntoIter<&'w str>) -> Vec<&'w str> {
        let mut choices = vec![Vec::new()];
        while let Some(word) = words.next() {
            let choice = choices.len() - 1;
            match word {
                "(" => choices[choice].extend(self.draw(words)),
                ")" => break,
                "|" => choices.push(Vec::new()),
                word => choices[choice].push(word),
            }
        }
        let choice = self.roll(choices.len());
        choices.swap_remove(choice)
    }
}

impl LanguageModel for Dice {
    fn generate(&mut self, call: &GenerateCall) -> Result<Completion, ModelError> {
        let request = &call.request;
        let text = match (&request.grammar, &request.demonstration) {
            _ if self.roll(20) == 0 => "nonsense".to_owned(),
            (_, Some(shown)) if self.roll(2) == 0 => shown.clone(),
            (Some(grammar), _) => {
                let apart = grammar.replace('(', " ( ").replace(')', " ) ");
                let words: Vec<&str> = apart.split_whitespace().collect();
                self.draw(&mut words.into_iter()).join(" ")
            }
            (None, Some(shown)) => shown.clone(),
            (None, None) => format!("{{\"answer\": \"{}\"}}", self.roll(1000)),
        };
        Ok(Completion {
            tokens: vec![self.roll(1000) as u32],
            logprobs: vec![-(self.roll(1000) as f32) / 999.0],
            prompt_tokens: 7,
            ..Completion::of_text(text)
        })
    }
}

/// An embedder that counts letters.
struct Letters;

impl Embedder for Letters {
    fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        let vector = |text: &String| {
            let mut counts = vec![0.1; 26];
            for byte in text.bytes().filter(u8::is_ascii_alphabetic) {
                counts[usize::from(byte.to_ascii_lowercase() - b'a')] += 1.0;
            }
            counts
        };
        Ok(texts.iter().map(vector).collect())
    }
}

/// Writes a small LoCoMo file of made-up conversations into a folder, and returns its path.
///
/// # Panics
/// Panics if the file cannot be written.
pub fn conversations(folder: &Path) -> PathBuf {
    let conversation = |name: &str| {
        serde_json::json!({
            "sample_id": name,
            "conversation": {
                "speaker_a": "Ann",
                "speaker_b": "Bo",
                "session_1_date_time": "1:56 pm on 8 May, 2023",
                "session_1": [
                    {"speaker": "Ann", "dia_id": "D1:1", "text": "I adopted a dog named Rex."},
                    {"speaker": "Bo", "dia_id": "D1:2", "text": "Nice! How are you?"},
                ],
                "session_2_date_time": "2:00 pm on 9 June, 2023",
                "session_2": [
                    {"speaker": "Bo", "dia_id": "D2:1", "text": "I moved to Oslo for a job."},
                    {"speaker": "Ann", "dia_id": "D2:2", "text": "Great news! Rex is well."},
                ],
            },
            "qa": [
                {"question": "What is Ann's dog called?", "answer": "Rex",
                 "evidence": ["D1:1"], "category": 4},
                {"question": "Where did Bo move?", "answer": "Oslo",
                 "evidence": ["D2:1"], "category": 4},
            ],
        })
    };
    let path = folder.join("conversations.json");
    let all = ["conv-43", "conv-44", "conv-26"].map(conversation);
    let text = serde_json::to_vec(&all).expect("JSON");
    std::fs::write(&path, text).expect("a file");
    path
}
