//! The public types are `Send` and `Sync` as the documentation says.

use memloom_runtime::check::{Check, Cost, Fault, Finding, Fixture, Outcome, Report};
use memloom_runtime::{
    Agent, AgentParts, Bank, BankComponent, Completion, DemonstrationModel, Difference, Edit,
    Embedder, EntryChange, Environment, EnvironmentComponent, Episode, EpisodeSetup, Error, Event,
    FinishReason, ForkPoint, GenerateCall, Inspection, Kind, LanguageModel, Limit, Limits,
    LoadedSetup, LogLine, Memory, MemoryStore, Meter, ModelError, Pace, PolicyComponent, Program,
    QuestionChange, Replay, Sandbox, ScriptedModel, SetupFiles, Snapshot, SnapshotStore, Source,
    StateChange, States, Trace, WhatIf, Worker, types,
};

/// Returns whether a type is `Sync`: an inherent function, which exists only if the
/// bound holds, is preferred to a trait's.
macro_rules! is_shared {
    ($type:ty) => {{
        #[allow(dead_code, reason = "only one of the two is called")]
        trait Otherwise {
            fn is_shared() -> bool {
                false
            }
        }
        impl<T: ?Sized> Otherwise for T {}
        struct Probe<T: ?Sized>(std::marker::PhantomData<T>);
        #[allow(dead_code, reason = "only one of the two is called")]
        impl<T: ?Sized + Sync> Probe<T> {
            fn is_shared() -> bool {
                true
            }
        }
        Probe::<$type>::is_shared()
    }};
}

fn is_sent<T: ?Sized + Send>() {}

macro_rules! sent {
    ($($type:ty),* $(,)?) => {
        $(is_sent::<$type>();)*
    };
}

macro_rules! shared {
    ($($type:ty),* $(,)?) => {
        $(
            is_sent::<$type>();
            assert!(is_shared!($type), "{}", stringify!($type));
        )*
    };
}

#[test]
fn types_without_a_model_are_sync() {
    shared!(
        AgentParts,
        Bank,
        BankComponent,
        Check,
        Completion,
        Cost,
        DemonstrationModel,
        Difference,
        Edit,
        EntryChange,
        Environment,
        EnvironmentComponent,
        EpisodeSetup,
        Error,
        Event,
        Fault,
        Finding,
        Fixture,
        FinishReason,
        ForkPoint,
        GenerateCall,
        Inspection,
        Kind,
        Limit,
        Limits,
        LoadedSetup,
        LogLine,
        Memory,
        MemoryStore,
        Meter,
        ModelError,
        Outcome,
        Pace,
        PolicyComponent,
        Program<'_>,
        QuestionChange,
        Replay,
        Report,
        Sandbox,
        SetupFiles<'_>,
        Snapshot,
        SnapshotStore,
        Source,
        StateChange,
        States,
        Trace,
        WhatIf,
        dyn Embedder,
        types::Answer,
        types::Entry,
        types::Operation,
        types::SessionContent,
        types::Turn,
    );
    // A worker is `Sync` for every type.
    shared!(Worker<Agent>, Worker<std::rc::Rc<()>>);
}

#[test]
fn types_with_a_model_are_send_and_not_sync() {
    sent!(Agent, Episode, ScriptedModel, dyn LanguageModel);
    assert!(!is_shared!(Agent));
    assert!(!is_shared!(Episode));
    assert!(!is_shared!(ScriptedModel));
}
