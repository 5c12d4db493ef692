//! The host's calls into hostile guests: load, and one function of the world, or each.

use memloom_runtime::types::{Answer, Moment, Operation, Query, Question};
use memloom_runtime::{
    AgentParts, Bank, DemonstrationModel, Environment, Episode, Error, LanguageModel, Sandbox,
    ScriptedModel,
};

use super::guest::Guest;
use super::said;
use crate::component;

const BANK: [&str; 9] = [
    "get-schema",
    "apply",
    "retrieve",
    "entries",
    "render",
    "end-session",
    "get-stats",
    "snapshot",
    "restore",
];
const ENVIRONMENT: [&str; 12] = [
    "describe",
    "load",
    "open",
    "get-session",
    "act",
    "advise",
    "questions",
    "score",
    "rubric",
    "demonstrate",
    "snapshot",
    "restore",
];

impl Guest {
    /// Runs the calls that the file asks for and returns the host's error. Errors of several
    /// functions that differ only in the function's name count as one.
    pub(super) fn attack(&self, sandbox: &Sandbox) -> String {
        let call = |function: &str| match self.world.as_str() {
            "environment" => self.environment(sandbox, function),
            "policy" => self.policy(sandbox, function),
            _ => self.bank(sandbox, function),
        };
        if self.call != "each" {
            return said(call(&self.call));
        }
        let functions: &[&str] = match self.world.as_str() {
            "environment" => &ENVIRONMENT,
            _ => &BANK,
        };
        let each = |function: &&str| said(call(function)).replacen(function, "EACH", 1);
        let mut errors: Vec<String> = functions.iter().map(each).collect();
        errors.dedup();
        errors.join("; ")
    }

    fn bank(&self, sandbox: &Sandbox, function: &str) -> Result<(), Error> {
        let component = sandbox.bank_from_bytes(&self.name, &self.bytes)?;
        if function == "load" {
            return Ok(());
        }
        let mut bank = component.instantiate()?;
        if function == "end-session twice" {
            bank.end_session(&at())?;
            drop(bank);
            bank = component.instantiate()?;
        }
        call_bank(&mut bank, function)
    }

    fn environment(&self, sandbox: &Sandbox, function: &str) -> Result<(), Error> {
        let component = sandbox.environment_from_bytes(&self.name, &self.bytes)?;
        call_environment(&mut component.instantiate()?, function)
    }

    /// Calls the policy in an episode whose other parts are honest.
    fn policy(&self, sandbox: &Sandbox, function: &str) -> Result<(), Error> {
        let policy = sandbox.policy_from_bytes(&self.name, &self.bytes)?;
        if function == "describe" {
            return policy.describe().map(drop);
        }
        let mut environment = sandbox.environment(component("chronicle"))?.instantiate()?;
        environment.load(&[], "{}")?;
        environment.open("train", 0, 2)?;
        let parts = AgentParts {
            bank: sandbox.bank(component("flat"))?,
            policy,
            policy_options: "{}".into(),
            lexicon: Vec::new(),
        };
        let mut episode = Episode::start(&parts, environment, yes())?;
        episode.record();
        match function {
            "configure" => Ok(()),
            "observe" => episode.observe(1, None).map(drop),
            "answer" => {
                let question = &episode.questions()?[0];
                episode.answer(question).map(drop)
            }
            _ => panic!("{}: policies have no {function}", self.name),
        }
    }
}

fn yes() -> Box<dyn LanguageModel> {
    Box::new(ScriptedModel::answering(|_| Ok("yes".into())))
}

fn at() -> Moment {
    Moment {
        session: 1,
        time: "3 May".into(),
    }
}

fn call_bank(bank: &mut Bank, function: &str) -> Result<(), Error> {
    match function {
        // Every bank is configured before its first call.
        "configure" => Ok(()),
        "get-schema" => bank.schema().map(drop),
        "apply" => {
            let insert = Operation::insert("Ann lives in Oslo", "Ann", vec!["D1:1".into()]);
            bank.apply(&at(), &[insert]).map(drop)
        }
        "retrieve" => bank.retrieve(&Query::new("Oslo", 2)).map(drop),
        "entries" => bank.entries().map(drop),
        "render" => bank.render(&["m1".into()]).map(drop),
        "end-session" | "end-session twice" => bank.end_session(&at()),
        "get-stats" => bank.stats().map(drop),
        "snapshot" => bank.snapshot().map(drop),
        "restore" => bank.restore(&[1, 2, 3, 4]),
        "restore 1 GiB" => bank.restore(&vec![1; 1 << 30]),
        _ => panic!("banks have no {function}"),
    }
}

fn call_environment(environment: &mut Environment, function: &str) -> Result<(), Error> {
    match function {
        "describe" => environment.describe().map(drop),
        "load" => environment.load(&[], "{}").map(drop),
        "open" => environment.open("train", 0, 0).map(drop),
        "get-session" => environment.session(1).map(drop),
        "act" => environment.act("look").map(drop),
        "advise" => environment.advise("expert", 0).map(drop),
        "questions" => environment.questions().map(drop),
        "score" => {
            let answer = Answer {
                text: "Oslo".into(),
                citations: vec![],
            };
            environment.score("q1", &answer).map(drop)
        }
        "rubric" => environment.rubric("q1").map(drop),
        "demonstrate" => environment.demonstrate("expert", 1, 0).map(drop),
        "snapshot" => environment.snapshot().map(drop),
        "restore" => environment.restore(&[1, 2, 3, 4]),
        _ => panic!("environments have no {function}"),
    }
}

/// Runs an episode of honest components and returns the names of its states, its answers and
/// their rewards.
///
/// # Errors
/// Fails if any part of the episode fails.
pub(super) fn honest(sandbox: &Sandbox) -> Result<Vec<String>, Error> {
    let mut environment = sandbox.environment(component("chronicle"))?.instantiate()?;
    environment.load(&[], "{}")?;
    environment.open("train", 3, 2)?;
    let parts = AgentParts {
        bank: sandbox.bank(component("flat"))?,
        policy: sandbox.policy(component("selector"))?,
        policy_options: "{}".into(),
        lexicon: environment.describe()?.lexicon,
    };
    let mut episode = Episode::start(&parts, environment, Box::new(DemonstrationModel))?;
    let mut said = Vec::new();
    for session in 1..=2 {
        episode.observe(session, Some(("expert", 1)))?;
        said.push(episode.snapshot()?.name());
    }
    let questions: Vec<Question> = episode.questions()?;
    for question in &questions {
        let answer = episode.answer(question)?;
        let score = episode.score(question, &answer)?;
        said.push(format!("{} {}", answer.text, score.reward));
    }
    Ok(said)
}
