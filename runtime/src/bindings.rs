//! Bindings that wasmtime generates from `wit/`: one world with all imports and
//! exports, so that each type exists once.
#![allow(missing_docs, reason = "generated from documented WIT")]
#![allow(unsafe_code, reason = "wasmtime's generated typed calls")]

wasmtime::component::bindgen!({
    inline: "
        package memloom:runtime;
        world host {
            import memloom:agent/types@0.2.0;
            import memloom:agent/model@0.2.0;
            import memloom:agent/embedder@0.2.0;
            import memloom:agent/acting@0.2.0;
            import memloom:agent/log@0.2.0;
            export memloom:agent/bank@0.2.0;
            export memloom:agent/environment@0.2.0;
            export memloom:agent/policy@0.2.0;
            export memloom:agent/state@0.2.0;
        }
    ",
    path: "../wit",
    imports: { default: trappable },
    additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
});

pub use exports::memloom::agent::{bank, environment, policy, state};
pub use memloom::agent::{log, model, types};
