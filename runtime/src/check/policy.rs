//! What a policy must do, among a bank and an environment.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use cpu_time::ThreadTime;

use super::Check;
use super::fixture::{Company, Tale};
use super::generators::{Draw, NO_OBJECTS, SCRIPTS, huge, shown};
use super::report::{Costs, Fault, Suite, refused, survived, told};
use super::state::{self, Subject};
use crate::agent::episode::{Episode, EpisodeParts};
use crate::error::Error;
use crate::model::{Completion, GenerateCall, LanguageModel, ModelError};
use crate::policy::PolicyComponent;
use crate::types::{
    Gesture, Hint, PolicyDescription, Question, Report, Session, SessionContent, Task, Turn,
};

pub(crate) fn run(
    check: &Check,
    suite: &mut Suite,
    company: &Company,
    loaded: Result<PolicyComponent, Error>,
) -> Result<(), Error> {
    let Some(policy) = suite.contract(loaded) else {
        return Ok(());
    };
    // Where this fails, others are to blame.
    let lexicon = company.tale()?.lexicon;
    let parts = EpisodeParts {
        bank: company.bank.clone(),
        policy: policy.clone(),
        policy_options: check.options.clone(),
        lexicon,
    };
    let stage = Stage { parts, company };
    let described = suite.require("description", "name, roles, control words", || {
        let description = policy.describe()?;
        described(&description).map(|()| description)
    });
    suite.require("configure", "it takes its options and the lexicon", || {
        stage
            .episode(Manner::Shown)
            .map(drop)
            .map_err(|fault| Fault {
                advice: "take these, or give it others: memloom check --config RUN.toml".into(),
                ..fault
            })
    });
    let mut costs = Costs::default();
    suite.require("limits", "an episode under the default limits", || {
        limits(&stage, &mut costs)
    });
    suite.costs(costs);
    suite.check(
        "requests",
        "described roles and words, and what a demonstrator says",
        || {
            described
                .as_ref()
                .map_or(Ok(()), |description| requests(&stage, description))
        },
    );
    suite.check("model-output", "nothing that a model says stops it", || {
        model_output(&stage)
    });
    suite.check("answers", "cite entries and change nothing", || {
        answers(&stage)
    });
    suite.check("unicode", "every script is read", || {
        sessions(&stage, SCRIPTS.map(str::to_owned).to_vec())
    });
    suite.check(
        "bad-arguments",
        "what makes no sense is refused, not trapped on",
        || {
            bad_options(&stage)?;
            sessions(&stage, vec![String::new(), " \n".into(), huge()])?;
            odd_sessions(&stage)
        },
    );
    state::run(suite, check.seed, || {
        let (episode, tale) = stage.episode(Manner::Mixed(check.seed))?;
        let subject = PolicySubject {
            parts: stage.parts.clone(),
            episode,
            seed: check.seed,
        };
        let Tale {
            sessions,
            questions,
            ..
        } = tale;
        let draw = Draw::new(check.seed, "policy");
        Ok((
            subject,
            PolicyDriver {
                draw,
                sessions: sessions.into(),
                questions: questions.into(),
            },
        ))
    });
    Ok(())
}

/// What a policy is put on.
struct Stage<'a> {
    parts: EpisodeParts,
    company: &'a Company,
}

impl Stage<'_> {
    /// An episode with a model, and what can be told in it.
    fn episode(&self, manner: Manner) -> Result<(Episode, Tale), Fault> {
        self.with(Speaker::new(manner))
    }

    fn with(&self, model: Speaker) -> Result<(Episode, Tale), Fault> {
        let mut tale = self.company.tale()?;
        let (bank, environment) = (tale.bank.fork()?, tale.environment.fork()?);
        let started = ThreadTime::now();
        let episode = Episode::assemble(&self.parts, bank, environment, Box::new(model), started)?;
        Ok((episode, tale))
    }
}

/// How the model speaks.
#[derive(Clone, Copy)]
enum Manner {
    /// As the demonstrator, or one word where there is none.
    Shown,
    /// Now so, now nonsense, by seed and place.
    Mixed(u64),
    /// This nonsense, by its place in [`nonsense`].
    Nonsense(usize),
    /// It fails.
    Failing,
}

/// A model that needs no weights, and remembers what it was asked.
#[derive(Clone)]
struct Speaker {
    manner: Manner,
    asked: Arc<Mutex<Vec<GenerateCall>>>,
}

impl Speaker {
    fn new(manner: Manner) -> Self {
        Self {
            manner,
            asked: Arc::default(),
        }
    }

    fn asked(&self) -> Vec<GenerateCall> {
        std::mem::take(&mut self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn nonsense() -> Vec<String> {
    let mut all: Vec<String> = [
        "",
        "\0",
        "{",
        "t1 keep t1 keep t1",
        "]]}\u{202e}",
        "-1 1e999 NaN",
    ]
    .map(str::to_owned)
    .to_vec();
    all.extend(SCRIPTS.map(str::to_owned));
    all.push(huge());
    all
}

impl LanguageModel for Speaker {
    fn generate(&mut self, call: &GenerateCall) -> Result<Completion, ModelError> {
        let asked = self.asked.lock();
        asked
            .unwrap_or_else(PoisonError::into_inner)
            .push(call.clone());
        let shown = || {
            call.request
                .demonstration
                .clone()
                .unwrap_or_else(|| "nothing".into())
        };
        Ok(Completion::of_text(match self.manner {
            Manner::Shown => shown(),
            Manner::Nonsense(place) => nonsense().swap_remove(place),
            Manner::Failing => return Err(ModelError::new("it is not there")),
            Manner::Mixed(seed) => {
                let place = format!("{} {} {:?}", call.session, call.step, call.request.messages);
                let mut draw = Draw::new(seed, &place);
                match draw.below(3) {
                    0 => draw.sentence(5),
                    _ => shown(),
                }
            }
        }))
    }
}

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
                let what = format!("the {what} {word:?} is empty, has spaces or is there twice");
                return fault(what, "write each as one word, once");
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

fn limits(stage: &Stage<'_>, costs: &mut Costs) -> Result<(), Fault> {
    let (mut episode, tale) = stage.episode(Manner::Shown)?;
    for (content, hints) in &tale.sessions {
        let result = episode.agent.attend(content, Some(hints));
        costs.note("observe", episode.agent.policy().used(), result)?;
    }
    for text in &tale.questions {
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

fn requests(stage: &Stage<'_>, description: &PolicyDescription) -> Result<(), Fault> {
    let model = Speaker::new(Manner::Shown);
    let (mut episode, tale) = stage.with(model.clone())?;
    let one_of = |words: &[String], word: &str| words.iter().any(|known| known == word);
    for (content, hints) in &tale.sessions {
        episode.agent.attend(content, Some(hints))?;
        for call in model.asked() {
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
                    "nothing is asked for".into(),
                    "give messages and max-tokens",
                );
            }
            let Some(demonstration) = &request.demonstration else {
                let advice = "with hints, say what a demonstrator would answer";
                return fault("there is no demonstration".into(), advice);
            };
            let Some(grammar) = &request.grammar else {
                continue;
            };
            if let Err((what, advice)) = demonstrated(grammar, demonstration, description) {
                return fault(what, advice);
            }
        }
    }
    for text in &tale.questions {
        episode.answer(&question(text))?;
        if let Some(call) = model
            .asked()
            .iter()
            .find(|call| !one_of(&description.roles, &call.request.role))
        {
            let what = format!("the role {:?} is not described", call.request.role);
            return Err(Fault::new("answer", what, "list it in `describe`"));
        }
    }
    Ok(())
}

/// Whether a grammar is one, as far as can be told without a tokenizer, and has a
/// demonstration in it.
fn demonstrated(
    grammar: &str,
    demonstration: &str,
    description: &PolicyDescription,
) -> Result<(), (String, &'static str)> {
    if grammar.trim_start().starts_with('{') {
        let json = |text| serde_json::from_str::<serde_json::Value>(text);
        if let Err(why) = json(grammar) {
            let what = format!("the grammar begins with {{ and is no JSON schema: {why}");
            return Err((what, "give a JSON schema, or an expression of words"));
        }
        if let Err(why) = json(demonstration) {
            let what = format!("the grammar is a JSON schema, the demonstration no JSON: {why}");
            return Err((what, "demonstrate what the grammar allows"));
        }
        return Ok(());
    }
    let words: Vec<&str> = grammar
        .split(|letter: char| letter.is_whitespace() || "()|".contains(letter))
        .filter(|word| !word.is_empty())
        .collect();
    let is_control = |word: &&&str| {
        description
            .control_words
            .iter()
            .any(|known| known == **word)
    };
    if let Some(word) = words.iter().find(|word| !is_control(word)) {
        let what = format!("the grammar's word {word:?} is no control word");
        return Err((what, "list it in `describe`"));
    }
    let mut said = demonstration.split_whitespace();
    match said.find(|word| !words.contains(word)) {
        None => Ok(()),
        Some(word) => {
            let what = format!("the demonstration's word {word:?} is not in the grammar");
            Err((what, "demonstrate what the grammar allows"))
        }
    }
}

fn model_output(stage: &Stage<'_>) -> Result<(), Fault> {
    let failing = [Manner::Failing];
    for manner in (0..nonsense().len()).map(Manner::Nonsense).chain(failing) {
        let (mut episode, tale) = stage.episode(manner)?;
        let said = match manner {
            Manner::Nonsense(place) => {
                format!("where the model says {}", shown(&nonsense()[place]))
            }
            _ => "where the model fails".into(),
        };
        for (content, hints) in tale.sessions.iter().take(2) {
            survived(
                format!("observe {said}"),
                episode.agent.attend(content, Some(hints)),
            )?;
            survived(
                format!("observe {said}"),
                episode.agent.attend(content, None),
            )?;
        }
        for text in tale.questions.iter().take(2) {
            survived(format!("answer {said}"), episode.answer(&question(text)))?;
        }
    }
    Ok(())
}

fn answers(stage: &Stage<'_>) -> Result<(), Fault> {
    let (mut episode, tale) = stage.episode(Manner::Shown)?;
    for (content, hints) in &tale.sessions {
        episode.agent.attend(content, Some(hints))?;
    }
    let entries = episode.entries()?;
    let held: BTreeSet<&String> = entries.iter().flat_map(|entry| &entry.evidence).collect();
    let before = episode.snapshot()?.name();
    for text in &tale.questions {
        let answer = episode.answer(&question(text))?;
        let at = format!("answer({text:?})");
        if let Some(turn) = answer.citations.iter().find(|turn| !held.contains(turn)) {
            let what = format!("cites {turn:?}, which supports no entry");
            return Err(Fault::new(
                at,
                what,
                "cite the evidence of entries that were read",
            ));
        }
        if episode.snapshot()?.name() != before {
            let advice = "keep nothing of a question for the next one";
            return Err(Fault::new(at, "changed the state", advice));
        }
    }
    Ok(())
}

/// Sessions, one a text, in which everything is that text.
fn sessions(stage: &Stage<'_>, texts: Vec<String>) -> Result<(), Fault> {
    let (mut episode, _) = stage.episode(Manner::Shown)?;
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
            gesture: Gesture::Insert,
        };
        let content = SessionContent::Dialogue(session);
        survived(
            format!("observe of {}", shown(&text)),
            episode.agent.attend(&content, Some(&[hint])),
        )?;
        survived(
            format!("answer({})", shown(&text)),
            episode.answer(&question(&text)),
        )?;
    }
    Ok(())
}

fn bad_options(stage: &Stage<'_>) -> Result<(), Fault> {
    for options in NO_OBJECTS {
        let parts = EpisodeParts {
            policy_options: options.into(),
            ..stage.parts.clone()
        };
        let stage = Stage {
            parts,
            company: stage.company,
        };
        let tale = stage.company.tale()?;
        let model = Box::new(Speaker::new(Manner::Shown));
        let started = Episode::start(&stage.parts, tale.environment, model);
        refused(format!("configure with the options {options:?}"), started)?;
    }
    Ok(())
}

fn odd_sessions(stage: &Stage<'_>) -> Result<(), Fault> {
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
    };
    let contents = [
        ("no turns", dialogue(1, &[])),
        ("two turns of one id", dialogue(2, &["D2:1", "D2:1"])),
        ("500 turns", dialogue(3, &many)),
        ("index 0", dialogue(0, &["D0:1"])),
        ("the last index", dialogue(u32::MAX, &["D9:1"])),
        ("a task", SessionContent::Task(task)),
    ];
    let gestures = ["", "no such turn", "D1:1"]
        .map(|turn| [Gesture::Update(turn.into()), Gesture::Delete(turn.into())]);
    let gestures = gestures
        .into_iter()
        .flatten()
        .chain([Gesture::Insert, Gesture::Skip]);
    let hints: Vec<Hint> = gestures
        .map(|gesture| Hint {
            turn: "D2:1".into(),
            gesture,
        })
        .collect();
    let (mut episode, _) = stage.episode(Manner::Shown)?;
    for (name, content) in contents {
        for hints in [None, Some(&[][..]), Some(&hints)] {
            survived(
                format!("observe of a session with {name}"),
                episode.agent.attend(&content, hints),
            )?;
        }
    }
    Ok(())
}

struct PolicySubject {
    parts: EpisodeParts,
    episode: Episode,
    seed: u64,
}

impl PolicySubject {
    fn model(&self) -> Box<dyn LanguageModel> {
        Box::new(Speaker::new(Manner::Mixed(self.seed)))
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
    draw: Draw,
    sessions: Arc<[(SessionContent, Vec<Hint>)]>,
    questions: Arc<[String]>,
}

impl Subject for PolicySubject {
    type Driver = PolicyDriver;

    fn step(&mut self, driver: &mut PolicyDriver) -> Result<String, Error> {
        let draw = &mut driver.draw;
        match draw.below(4) {
            0 | 1 if !driver.sessions.is_empty() => {
                let (content, hints) = draw.pick(&driver.sessions);
                let hints = (draw.clone().below(3) > 0).then_some(&hints[..]);
                told::<Report>(self.episode.agent.attend(content, hints))
            }
            2 if !driver.questions.is_empty() => {
                let text: &String = draw.pick(&driver.questions);
                told(self.episode.answer(&question(text)))
            }
            _ => told(self.episode.entries()),
        }
    }

    fn snapshot(&mut self) -> Result<Vec<u8>, Error> {
        self.episode.agent.policy().snapshot()
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), Error> {
        self.episode.agent.policy().restore(state)
    }

    /// Among copies of the others, so that they do not make the difference.
    fn fresh(&mut self) -> Result<Self, Error> {
        let started = ThreadTime::now();
        let around = self.episode.agent.surroundings();
        let (bank, environment) = (around.bank.fork()?, around.environment().fork()?);
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
    fn a_demonstration_is_held_against_its_grammar() {
        let description = PolicyDescription {
            name: "p".into(),
            summary: String::new(),
            roles: vec![],
            control_words: ["t1", "keep", "drop"].map(str::to_owned).into(),
        };
        let verdict = |grammar: &str, said: &str| {
            demonstrated(grammar, said, &description).map_err(|(what, _)| what)
        };
        assert_eq!(verdict("t1 (keep | drop)", "t1 keep"), Ok(()));
        assert_eq!(verdict(" {\"type\": \"array\"}", "[1]"), Ok(()));
        for (grammar, said, what) in [
            ("t1 (keep | lose)", "t1 keep", "\"lose\" is no control word"),
            ("t1 keep", "t1 drop", "\"drop\" is not in the grammar"),
            ("{\"type\"", "{}", "is no JSON schema: EOF"),
            ("{}", "t1 keep", "the demonstration no JSON"),
        ] {
            let refused = verdict(grammar, said).expect_err(what);
            assert!(refused.contains(what), "{refused}");
        }
    }
}
