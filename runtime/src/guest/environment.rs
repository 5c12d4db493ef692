//! The exports of environments.

use wasmtime::component::{Instance, InstancePre};
use wasmtime::{Result, Store};

use super::{Fallible, Function, Refusable, Versioned, exports_v0_1, v0_1};
use crate::bindings::environment::{Guest, GuestIndices};
use crate::instance::interface::Interface;
use crate::instance::store_data::StoreData;
use crate::kind::Kind;
use crate::types::{
    Answer, DataFile, EnvironmentDescription, Error, Hint, LoadReport, Observation, OpenEpisode,
    Question, Score, SessionContent,
};

type Data = StoreData<()>;

/// The exports of an environment.
pub(crate) struct EnvironmentGuest(Versioned<Guest, OldEnvironment>);

/// The exports of an environment of 0.1.
struct OldEnvironment {
    describe: Function<(), EnvironmentDescription>,
    load: Fallible<(Vec<DataFile>, String), LoadReport>,
    open: Fallible<(String, u64, u32), OpenEpisode>,
    get_session: Fallible<(u32,), v0_1::SessionContent>,
    act: Fallible<(String,), v0_1::Observation>,
    questions: Fallible<(), Vec<Question>>,
    score: Fallible<(String, Answer), Score>,
    demonstrate: Fallible<(String, u32, u64), Vec<Hint>>,
}

impl Interface for EnvironmentGuest {
    const KIND: Kind = Kind::Environment;
    type Host = ();
    type Indices = Versioned<GuestIndices, ()>;

    fn find(pre: &InstancePre<Data>) -> Result<Self::Indices> {
        Ok(match exports_v0_1(pre, "environment") {
            true => Versioned::V0_1(()),
            false => Versioned::Present(GuestIndices::new(pre)?),
        })
    }

    fn load(indices: &Self::Indices, store: &mut Store<Data>, instance: &Instance) -> Result<Self> {
        Ok(Self(match indices {
            Versioned::Present(indices) => Versioned::Present(indices.load(store, instance)?),
            Versioned::V0_1(()) => Versioned::V0_1(OldEnvironment::load(store, instance)?),
        }))
    }
}

impl OldEnvironment {
    fn load(store: &mut Store<Data>, instance: &Instance) -> Result<Self> {
        Ok(Self {
            describe: v0_1::function(&mut *store, instance, "environment", "describe")?,
            load: v0_1::function(&mut *store, instance, "environment", "load")?,
            open: v0_1::function(&mut *store, instance, "environment", "open")?,
            get_session: v0_1::function(&mut *store, instance, "environment", "get-session")?,
            act: v0_1::function(&mut *store, instance, "environment", "act")?,
            questions: v0_1::function(&mut *store, instance, "environment", "questions")?,
            score: v0_1::function(&mut *store, instance, "environment", "score")?,
            demonstrate: v0_1::function(&mut *store, instance, "environment", "demonstrate")?,
        })
    }
}

impl EnvironmentGuest {
    pub(crate) fn call_describe(&self, store: &mut Store<Data>) -> Result<EnvironmentDescription> {
        match &self.0 {
            Versioned::Present(environment) => environment.call_describe(store),
            Versioned::V0_1(environment) => Ok(environment.describe.call(store, ())?.0),
        }
    }

    pub(crate) fn call_load(
        &self,
        store: &mut Store<Data>,
        files: &[DataFile],
        options: &str,
    ) -> Result<Refusable<LoadReport>> {
        match &self.0 {
            Versioned::Present(environment) => environment.call_load(store, files, options),
            Versioned::V0_1(environment) => {
                let arguments = (files.to_vec(), options.to_owned());
                Ok(environment.load.call(store, arguments)?.0)
            }
        }
    }

    pub(crate) fn call_open(
        &self,
        store: &mut Store<Data>,
        split: &str,
        index: u64,
        horizon: u32,
    ) -> Result<Refusable<OpenEpisode>> {
        match &self.0 {
            Versioned::Present(environment) => environment.call_open(store, split, index, horizon),
            Versioned::V0_1(environment) => Ok(environment
                .open
                .call(store, (split.to_owned(), index, horizon))?
                .0),
        }
    }

    pub(crate) fn call_get_session(
        &self,
        store: &mut Store<Data>,
        index: u32,
    ) -> Result<Refusable<SessionContent>> {
        match &self.0 {
            Versioned::Present(environment) => environment.call_get_session(store, index),
            Versioned::V0_1(environment) => {
                let (content,) = environment.get_session.call(store, (index,))?;
                Ok(content.map(Into::into))
            }
        }
    }

    pub(crate) fn call_act(
        &self,
        store: &mut Store<Data>,
        action: &str,
    ) -> Result<Refusable<Observation>> {
        match &self.0 {
            Versioned::Present(environment) => environment.call_act(store, action),
            Versioned::V0_1(environment) => {
                let (seen,) = environment.act.call(store, (action.to_owned(),))?;
                Ok(seen.map(Into::into))
            }
        }
    }

    pub(crate) fn call_advise(
        &self,
        store: &mut Store<Data>,
        demonstrator: &str,
        seed: u64,
    ) -> Result<Refusable<String>> {
        match &self.0 {
            Versioned::Present(environment) => environment.call_advise(store, demonstrator, seed),
            Versioned::V0_1(_) => Ok(Err(Error::Unsupported(
                "the environment is built against memloom:agent@0.1.0, where demonstrators do not \
                 act"
                .into(),
            ))),
        }
    }

    pub(crate) fn call_questions(
        &self,
        store: &mut Store<Data>,
    ) -> Result<Refusable<Vec<Question>>> {
        match &self.0 {
            Versioned::Present(environment) => environment.call_questions(store),
            Versioned::V0_1(environment) => Ok(environment.questions.call(store, ())?.0),
        }
    }

    pub(crate) fn call_score(
        &self,
        store: &mut Store<Data>,
        question: &str,
        answer: &Answer,
    ) -> Result<Refusable<Score>> {
        match &self.0 {
            Versioned::Present(environment) => environment.call_score(store, question, answer),
            Versioned::V0_1(environment) => {
                let arguments = (question.to_owned(), answer.clone());
                Ok(environment.score.call(store, arguments)?.0)
            }
        }
    }

    pub(crate) fn call_rubric(
        &self,
        store: &mut Store<Data>,
        question: &str,
    ) -> Result<Refusable<Option<String>>> {
        match &self.0 {
            Versioned::Present(environment) => environment.call_rubric(store, question),
            Versioned::V0_1(_) => Ok(Ok(None)),
        }
    }

    pub(crate) fn call_demonstrate(
        &self,
        store: &mut Store<Data>,
        demonstrator: &str,
        index: u32,
        seed: u64,
    ) -> Result<Refusable<Vec<Hint>>> {
        match &self.0 {
            Versioned::Present(environment) => {
                environment.call_demonstrate(store, demonstrator, index, seed)
            }
            Versioned::V0_1(environment) => {
                let arguments = (demonstrator.to_owned(), index, seed);
                Ok(environment.demonstrate.call(store, arguments)?.0)
            }
        }
    }
}
