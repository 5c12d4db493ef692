//! Checks of policies, with a bank and an environment.

use std::collections::BTreeSet;
use std::sync::Arc;

use cpu_time::ThreadTime;

use super::fixture::{DEMONSTRATOR, Fixture, FixtureEpisode};
use super::generators::{NO_OBJECTS, RandomStream, SCRIPTS, excerpt, huge};
use super::report::{Costs, Fault, Suite, outcome_text, refused, survived};
use super::state::{self, Subject};
use super::test_model::{ModelOutput, TestModel, invalid_outputs};
use crate::agent::AgentParts;
use crate::agent::episode::Episode;
use crate::error::Error;
use crate::model::LanguageModel;
use crate::policy::PolicyComponent;
use crate::types::{
    DemonstratedOperation, Hint, PolicyDescription, Question, Report, Session, SessionContent,
    Task, Turn,
};

/// Runs all checks of a policy. The error is one of the fixture.
pub(crate) fn run(
    suite: &mut Suite,
    fixture: &Fixture,
    options: &str,
    loaded: Result<PolicyComponent, Error>,
) -> Result<(), Error> {
    let Some(policy) = suite.contract(loaded) else {
        return Ok(());
    };
    // An error here is the fixture's, not the policy's.
    let lexicon = fixture.open()?.lexicon;
    let parts = AgentParts {
        bank: fixture.bank.clone(),
        policy: policy.clone(),
        policy_options: options.to_owned(),
        lexicon,
    };
    let test_bed = TestBed { parts, fixture };
    let described = suite.require("description", "name, roles, control words", || {
        let description = policy.describe()?;
        described(&description).map(|()| description)
    });
    suite.require("configure", "it takes its options and the lexicon", || {
        test_bed
            .episode(ModelOutput::Demonstrated)
            .map(drop)
            .map_err(|fault| Fault {
                advice: "take these, or give it others: memloom check --config RUN.toml".into(),
                ..fault
            })
    });
    let mut costs = Costs::default();
    suite.require("limits", "an episode under the default limits", || {
        limits(&test_bed, &mut costs)
    });
    suite.costs(costs);
    suite.check(
        "requests",
        "described roles and words, and what a demonstrator says",
        || {
            // Control words may depend on the options.
            match described {
                Some(_) => requests(&test_bed, &test_bed.parts.describe_policy()?),
                None => Ok(()),
            }
        },
    );
    suite.check("model-output", "nothing that a model says stops it", || {
        model_output(&test_bed)
    });
    suite.check("answers", "cite entries and change nothing", || {
        answers(&test_bed)
    });
    suite.check("unicode", "every script is read", || {
        sessions(&test_bed, SCRIPTS.map(str::to_owned).to_vec())
    });
    suite.check(
        "bad-arguments",
        "invalid ones are refused and do not trap",
        || {
            bad_options(&test_bed)?;
            sessions(&test_bed, vec![String::new(), " \n".into(), huge()])?;
            odd_sessions(&test_bed)
        },
    );
    let seed = suite.seed();
    state::run(suite, || {
        let (episode, fixture_episode) = test_bed.episode(ModelOutput::Mixed(seed))?;
        let subject = PolicySubject {
            parts: test_bed.parts.clone(),
            episode,
            seed,
        };
        let FixtureEpisode {
            sessions,
            questions,
            ..
        } = fixture_episode;
        let random = RandomStream::new(seed, "policy");
        Ok((
            subject,
            PolicyDriver {
                random,
                sessions: sessions.into(),
                questions: questions.into(),
            },
        ))
    });
    Ok(())
}

/// A policy with its fixture.
struct TestBed<'a> {
    parts: AgentParts,
    fixture: &'a Fixture,
}

impl TestBed<'_> {
    /// Returns an episode with a model, and the fixture's episode.
    fn episode(&self, output: ModelOutput) -> Result<(Episode, FixtureEpisode), Fault> {
        self.with_model(TestModel::new(output))
    }

    fn with_model(&self, model: TestModel) -> Result<(Episode, FixtureEpisode), Fault> {
        let mut fixture_episode = self.fixture.open()?;
        let (bank, environment) = (
            fixture_episode.bank.fork()?,
            fixture_episode.environment.fork()?,
        );
        let started = ThreadTime::now();
        let episode = Episode::assemble(&self.parts, bank, environment, Box::new(model), started)?;
        Ok((episode, fixture_episode))
    }
}

/// Checks a description.
fn described(description: &PolicyDescription) -> Result<(), Fault> {
    let fault = |what: String, advice: &str| Err(Fault::new("describe", what, advice));
    if description.name.trim().is_empty() {
        return fault("the name is empty".into(), "give the policy a name");
    }
    for (what, words) in [
        ("role", &description.roles),
        ("control word", &description.control_words),
    ] {
        let mut seen = BTreeSet::new();
        for word in words {
            if word.is_empty() || word.contains(char::is_whitespace) || !seen.insert(word) {
                let what = format!("the {what} {word:?} is empty, has spaces or occurs twice");
                return fault(what, "list each once, as one word");
            }
        }
    }
    Ok(())
}

fn question(text: &str) -> Question {
    Question {
        id: "asked".into(),
        text: text.into(),
        category: String::new(),
        sessions: Vec::new(),
        evidence: Vec::new(),
    }
}

/// Lets the policy observe a session of the fixture. A task is read again before it is acted in: how
/// it begins depends on what was done in those before.
fn observe(
    episode: &mut Episode,
    content: &SessionContent,
    hints: Option<&[Hint]>,
) -> Result<Report, Error> {
    let task = match content {
        SessionContent::Task(task) => Some(episode.session(task.index)?),
        SessionContent::Dialogue(_) => None,
    };
    let content = task.as_ref().unwrap_or(content);
    let demonstrator = hints.map(|_| DEMONSTRATOR);
    episode.agent.observe_session(content, hints, demonstrator)
}

fn limits(test_bed: &TestBed<'_>, costs: &mut Costs) -> Result<(), Fault> {
    let (mut episode, fixture_episode) = test_bed.episode(ModelOutput::Demonstrated)?;
    for (content, hints) in &fixture_episode.sessions {
        let result = observe(&mut episode, content, Some(hints));
        costs.note("observe", episode.agent.policy().used(), result)?;
    }
    for text in &fixture_episode.questions {
        let result = episode.answer(&question(text));
        costs.note("answer", episode.agent.policy().used(), result)?;
    }
    let result = episode.agent.policy().snapshot();
    let state = costs.note("snapshot", episode.agent.policy().used(), result)?;
    let result = episode.agent.policy().restore(&state.unwrap_or_default());
    costs
        .note("restore", episode.agent.policy().used(), result)
        .map(drop)
}

fn requests(test_bed: &TestBed<'_>, description: &PolicyDescription) -> Result<(), Fault> {
    let model = TestModel::new(ModelOutput::Demonstrated);
    let (mut episode, fixture_episode) = test_bed.with_model(model.clone())?;
    let mut known = known_words(description, &fixture_episode);
    let one_of = |words: &[String], word: &str| words.iter().any(|listed| listed == word);
    for (content, hints) in &fixture_episode.sessions {
        observe(&mut episode, content, Some(hints))?;
        for call in model.take_calls() {
            let request = &call.request;
            let at = format!(
                "observe of session {}, call {} of the model",
                call.session, call.step
            );
            let fault = |what: String, advice: &str| Err(Fault::new(at.clone(), what, advice));
            if !one_of(&description.roles, &request.role) {
                let what = format!("the role {:?} is not described", request.role);
                return fault(what, "list it in `describe`");
            }
            if request.max_tokens == 0 || request.messages.is_empty() {
                return fault(
                    "the request is empty".into(),
                    "give messages and max-tokens",
                );
            }
            let Some(demonstration) = &request.demonstration else {
                let advice = "with hints, give the demonstrator's output";
                return fault("there is no demonstration".into(), advice);
            };
            let read = request.messages.iter();
            known.extend(read.flat_map(|message| words(&message.content)));
            let Some(grammar) = &request.grammar else {
                continue;
            };
            if let Err((what, advice)) = demonstrated(grammar, demonstration, &known) {
                return fault(what, advice);
            }
        }
    }
    for text in &fixture_episode.questions {
        episode.answer(&question(text))?;
        if let Some(call) = model
            .take_calls()
            .iter()
            .find(|call| !one_of(&description.roles, &call.request.role))
        {
            let what = format!("the role {:?} is not described", call.request.role);
            return Err(Fault::new("answer", what, "list it in `describe`"));
        }
    }
    Ok(())
}

/// Returns the words that a grammar may be of before a policy has read anything: control words, those
/// of the environment's closed language, and those of the tasks' actions.
fn known_words(description: &PolicyDescription, episode: &FixtureEpisode) -> BTreeSet<String> {
    let lexicon = episode.lexicon.iter().flat_map(|kind| &kind.values);
    let tasks = episode
        .sessions
        .iter()
        .filter_map(|(content, _)| match content {
            SessionContent::Task(task) => Some(&task.actions),
            SessionContent::Dialogue(_) => None,
        });
    let texts = lexicon.chain(tasks.flatten());
    let mut known: BTreeSet<String> = texts.flat_map(|text| words(text)).collect();
    known.extend(description.control_words.iter().cloned());
    known
}

/// Returns the words of a text as they are, its marks, and its words without them in small letters.
fn words(text: &str) -> impl Iterator<Item = String> {
    let marks = text.matches(|letter: char| !letter.is_alphanumeric() && !letter.is_whitespace());
    let all = text.split_whitespace().chain(marks).map(str::to_owned);
    all.chain(parts(text))
}

/// Returns the words of a text in small letters, without punctuation.
fn parts(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// Checks a grammar, as far as possible without a tokenizer, and that it allows a
/// demonstration.
fn demonstrated(
    grammar: &str,
    demonstration: &str,
    known: &BTreeSet<String>,
) -> Result<(), (String, &'static str)> {
    if grammar.trim_start().starts_with('{') {
        let json = |text| serde_json::from_str::<serde_json::Value>(text);
        if let Err(why) = json(grammar) {
            let what = format!("the grammar begins with {{ and is not a JSON schema: {why}");
            return Err((what, "give a JSON schema, or an expression of words"));
        }
        if let Err(why) = json(demonstration) {
            let what =
                format!("the grammar is a JSON schema, but the demonstration is not JSON: {why}");
            return Err((what, "give a demonstration that the grammar allows"));
        }
        return Ok(());
    }
    let allowed: Vec<&str> = grammar
        .split(|letter: char| letter.is_whitespace() || "()|".contains(letter))
        .filter(|word| !word.is_empty())
        .collect();
    let is_known = |word: &str| {
        let mut parts = parts(word).peekable();
        known.contains(word) || parts.peek().is_some() && parts.all(|part| known.contains(&part))
    };
    if let Some(word) = allowed.iter().find(|word| !is_known(word)) {
        let what = format!(
            "the grammar's word {word:?} is neither a control word nor known from the environment"
        );
        return Err((what, "list it in `describe`"));
    }
    let mut output = demonstration.split_whitespace();
    match output.find(|word| !allowed.contains(word)) {
        None => Ok(()),
        Some(word) => {
            let what = format!("the demonstration's word {word:?} is not in the grammar");
            Err((what, "give a demonstration that the grammar allows"))
        }
    }
}

fn model_output(test_bed: &TestBed<'_>) -> Result<(), Fault> {
    let failing = [ModelOutput::Failing];
    for output in (0..invalid_outputs().len())
        .map(ModelOutput::Invalid)
        .chain(failing)
    {
        let (mut episode, fixture_episode) = test_bed.episode(output)?;
        let condition = match output {
            ModelOutput::Invalid(index) => {
                format!(
                    "with the model's output {}",
                    excerpt(&invalid_outputs()[index])
                )
            }
            _ => "with a failing model".into(),
        };
        for (content, hints) in fixture_episode.sessions.iter().take(2) {
            survived(
                format!("observe {condition}"),
                observe(&mut episode, content, Some(hints)),
            )?;
            survived(
                format!("observe {condition}"),
                observe(&mut episode, content, None),
            )?;
        }
        for text in fixture_episode.questions.iter().take(2) {
            survived(
                format!("answer {condition}"),
                episode.answer(&question(text)),
            )?;
        }
    }
    Ok(())
}

fn answers(test_bed: &TestBed<'_>) -> Result<(), Fault> {
    let (mut episode, fixture_episode) = test_bed.episode(ModelOutput::Demonstrated)?;
    for (content, hints) in &fixture_episode.sessions {
        observe(&mut episode, content, Some(hints))?;
    }
    let entries = episode.entries()?;
    let held: BTreeSet<&String> = entries.iter().flat_map(|entry| &entry.evidence).collect();
    let before = episode.snapshot()?.name();
    for text in &fixture_episode.questions {
        let answer = episode.answer(&question(text))?;
        let at = format!("answer({text:?})");
        if let Some(turn) = answer.citations.iter().find(|turn| !held.contains(turn)) {
            let what = format!("cites {turn:?}, which is not evidence of any entry");
            return Err(Fault::new(at, what, "cite the evidence of entries"));
        }
        if episode.snapshot()?.name() != before {
            let advice = "keep no state of a question for the next one";
            return Err(Fault::new(at, "changed the state", advice));
        }
    }
    Ok(())
}

/// Runs one session for each text, in which all strings are that text.
fn sessions(test_bed: &TestBed<'_>, texts: Vec<String>) -> Result<(), Fault> {
    let (mut episode, _) = test_bed.episode(ModelOutput::Demonstrated)?;
    for (index, text) in (1..).zip(texts) {
        let turns = (1..=2).map(|turn| Turn {
            id: format!("D{index}:{turn}{text}"),
            speaker: text.clone(),
            text: text.clone(),
        });
        let session = Session {
            index,
            time: text.clone(),
            turns: turns.collect(),
        };
        let hint = Hint {
            turn: session.turns[0].id.clone(),
            operation: DemonstratedOperation::Insert,
        };
        let content = SessionContent::Dialogue(session);
        survived(
            format!("observe of {}", excerpt(&text)),
            episode.agent.observe_session(&content, Some(&[hint]), None),
        )?;
        survived(
            format!("answer({})", excerpt(&text)),
            episode.answer(&question(&text)),
        )?;
    }
    Ok(())
}

fn bad_options(test_bed: &TestBed<'_>) -> Result<(), Fault> {
    for options in NO_OBJECTS {
        let parts = AgentParts {
            policy_options: options.into(),
            ..test_bed.parts.clone()
        };
        let test_bed = TestBed {
            parts,
            fixture: test_bed.fixture,
        };
        let fixture_episode = test_bed.fixture.open()?;
        let model = Box::new(TestModel::new(ModelOutput::Demonstrated));
        let started = Episode::start(&test_bed.parts, fixture_episode.environment, model);
        refused(format!("configure with the options {options:?}"), started)?;
    }
    Ok(())
}

fn odd_sessions(test_bed: &TestBed<'_>) -> Result<(), Fault> {
    let turn = |id: &str| Turn {
        id: id.into(),
        speaker: "Anna".into(),
        text: "Hello.".into(),
    };
    let dialogue = |index, turns: &[&str]| {
        let turns = turns.iter().map(|id| turn(id)).collect();
        SessionContent::Dialogue(Session {
            index,
            time: "now".into(),
            turns,
        })
    };
    let many: Vec<String> = (0..500).map(|number| format!("D1:{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let task = Task {
        index: 4,
        time: "now".into(),
        instruction: "Look.".into(),
        actions: vec!["look".into(), "wait".into()],
        steps: 3,
    };
    let contents = [
        ("no turns", dialogue(1, &[])),
        ("two turns of one id", dialogue(2, &["D2:1", "D2:1"])),
        ("500 turns", dialogue(3, &many)),
        ("index 0", dialogue(0, &["D0:1"])),
        ("the last index", dialogue(u32::MAX, &["D9:1"])),
        ("a task", SessionContent::Task(task)),
    ];
    let operations = ["", "no such turn", "D1:1"].map(|turn| {
        [
            DemonstratedOperation::Update(turn.into()),
            DemonstratedOperation::Delete(turn.into()),
        ]
    });
    let operations = operations
        .into_iter()
        .flatten()
        .chain([DemonstratedOperation::Insert, DemonstratedOperation::Skip]);
    let hints: Vec<Hint> = operations
        .map(|operation| Hint {
            turn: "D2:1".into(),
            operation,
        })
        .collect();
    let (mut episode, _) = test_bed.episode(ModelOutput::Demonstrated)?;
    for (name, content) in contents {
        for hints in [None, Some(&[][..]), Some(&hints)] {
            survived(
                format!("observe of a session with {name}"),
                episode.agent.observe_session(&content, hints, None),
            )?;
        }
    }
    Ok(())
}

struct PolicySubject {
    parts: AgentParts,
    episode: Episode,
    seed: u64,
}

impl PolicySubject {
    fn model(&self) -> Box<dyn LanguageModel> {
        Box::new(TestModel::new(ModelOutput::Mixed(self.seed)))
    }

    fn copy(&self, episode: Episode) -> Self {
        Self {
            parts: self.parts.clone(),
            episode,
            seed: self.seed,
        }
    }
}

#[derive(Clone)]
struct PolicyDriver {
    random: RandomStream,
    sessions: Arc<[(SessionContent, Vec<Hint>)]>,
    questions: Arc<[String]>,
}

impl Subject for PolicySubject {
    type Driver = PolicyDriver;

    fn call(&mut self, driver: &mut PolicyDriver) -> Result<String, Error> {
        let random = &mut driver.random;
        match random.below(4) {
            0 | 1 if !driver.sessions.is_empty() => {
                let (content, hints) = random.pick(&driver.sessions);
                let hints = (random.clone().below(3) > 0).then_some(&hints[..]);
                outcome_text::<Report>(observe(&mut self.episode, content, hints))
            }
            2 if !driver.questions.is_empty() => {
                let text: &String = random.pick(&driver.questions);
                outcome_text(self.episode.answer(&question(text)))
            }
            _ => outcome_text(self.episode.entries()),
        }
    }

    fn snapshot(&mut self) -> Result<Vec<u8>, Error> {
        self.episode.agent.policy().snapshot()
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), Error> {
        self.episode.agent.policy().restore(state)
    }

    /// Uses forks of bank and environment, so that only the policy can differ.
    fn fresh(&mut self) -> Result<Self, Error> {
        let started = ThreadTime::now();
        let host = self.episode.agent.host();
        let (bank, environment) = (host.bank.fork()?, host.environment().fork()?);
        let model = self.model();
        let episode = Episode::assemble(&self.parts, bank, environment, model, started)?;
        Ok(self.copy(episode))
    }

    fn fork(&mut self) -> Result<Self, Error> {
        let model = self.model();
        let episode = self.episode.fork(model)?;
        Ok(self.copy(episode))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demonstration_is_checked_against_its_grammar() {
        let mut known: BTreeSet<String> = ["t1", "keep", "drop", ":"].map(str::to_owned).into();
        known.extend(words("Anna's hat is 1.5 metres wide."));
        let check = |grammar: &str, demonstration: &str| {
            demonstrated(grammar, demonstration, &known).map_err(|(what, _)| what)
        };
        assert_eq!(check("t1 (keep | drop)", "t1 keep"), Ok(()));
        assert_eq!(check("t1 : (anna's | 1.5)", "t1 : 1.5"), Ok(()));
        assert_eq!(check(" {\"type\": \"array\"}", "[1]"), Ok(()));
        for (grammar, demonstration, what) in [
            (
                "t1 (keep | lose)",
                "t1 keep",
                "\"lose\" is neither a control word nor known from the environment",
            ),
            ("t1 ;", "t1 ;", "\";\" is neither a control word"),
            ("t1 keep", "t1 drop", "\"drop\" is not in the grammar"),
            ("{\"type\"", "{}", "is not a JSON schema: EOF"),
            ("{}", "t1 keep", "the demonstration is not JSON"),
        ] {
            let refused = check(grammar, demonstration).expect_err(what);
            assert!(refused.contains(what), "{refused}");
        }
    }
}
