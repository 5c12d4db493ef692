//! What may go from thread to thread, and what may be shared, as the
//! documentation says.

use memloom_runtime::check::{Check, Company, Cost, Fault, Finding, Outcome, Report};
use memloom_runtime::{
    Agent, Bank, BankComponent, Completion, DemonstrationModel, Difference, Edit, Embedder,
    EntryChange, Environment, EnvironmentComponent, Episode, EpisodeParts, Error, Event, Files,
    FinishReason, ForkPoint, GenerateCall, Inspection, Kind, LanguageModel, Limit, Limits, LogLine,
    Memory, MemoryStore, Meter, ModelError, Pace, PolicyComponent, Program, QuestionChange, Replay,
    Sandbox, ScriptedModel, Setting, Snapshot, SnapshotStore, Source, Stage, StateChange, States,
    Trace, WhatIf, Worker, types,
};

/// Whether a type is `Sync`: an inherent function is preferred to a trait's, and
/// exists only where the bound holds.
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
fn all_but_what_holds_a_model_is_shared() {
    shared!(
        Bank,
        BankComponent,
        Check,
        Company,
        Completion,
        Cost,
        DemonstrationModel,
        Difference,
        Edit,
        EntryChange,
        Environment,
        EnvironmentComponent,
        EpisodeParts,
        Error,
        Event,
        Fault,
        Files<'_>,
        Finding,
        FinishReason,
        ForkPoint,
        GenerateCall,
        Inspection,
        Kind,
        Limit,
        Limits,
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
        Setting,
        Snapshot,
        SnapshotStore,
        Source,
        Stage,
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
    // Whatever it works for.
    shared!(Worker<Agent>, Worker<std::rc::Rc<()>>);
}

#[test]
fn what_holds_a_model_is_sent_and_not_shared() {
    sent!(Agent, Episode, ScriptedModel, dyn LanguageModel);
    assert!(!is_shared!(Agent));
    assert!(!is_shared!(Episode));
    assert!(!is_shared!(ScriptedModel));
}
