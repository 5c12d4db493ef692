//! Bindings that wit-bindgen generates. The worlds in `wit/` share `state`, whose export
//! macro may exist only once in a crate. So every exported interface has its own world
//! here, and a component's world is the union of those that it exports.
#![allow(missing_docs, reason = "generated from documented WIT")]

pub mod host {
    wit_bindgen::generate!({
        inline: "
            package memloom:guest;
            world host {
                import memloom:agent/types@0.2.0;
                import memloom:agent/bank@0.2.0;
                import memloom:agent/model@0.2.0;
                import memloom:agent/embedder@0.2.0;
                import memloom:agent/acting@0.2.0;
                import memloom:agent/log@0.2.0;
            }
        ",
        path: "../../wit",
        generate_all,
        generate_unused_types: true,
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
    });
}

pub mod bank {
    wit_bindgen::generate!({
        inline: "
            package memloom:guest;
            world bank {
                export memloom:agent/bank@0.2.0;
            }
        ",
        path: "../../wit",
        pub_export_macro: true,
        with: {
            "memloom:agent/types@0.2.0": crate::bindings::host::memloom::agent::types,
            "memloom:agent/bank@0.2.0/query": crate::bindings::host::memloom::agent::bank::Query,
            "memloom:agent/bank@0.2.0/hit": crate::bindings::host::memloom::agent::bank::Hit,
            "memloom:agent/bank@0.2.0/stats": crate::bindings::host::memloom::agent::bank::Stats,
            "memloom:agent/bank@0.2.0/schema": crate::bindings::host::memloom::agent::bank::Schema,
            "memloom:agent/bank@0.2.0/operation-schema": crate::bindings::host::memloom::agent::bank::OperationSchema,
        },
    });
}

pub mod environment {
    wit_bindgen::generate!({
        inline: "
            package memloom:guest;
            world environment {
                export memloom:agent/environment@0.2.0;
            }
        ",
        path: "../../wit",
        pub_export_macro: true,
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
        with: {
            "memloom:agent/types@0.2.0": crate::bindings::host::memloom::agent::types,
        },
    });
}

pub mod policy {
    wit_bindgen::generate!({
        inline: "
            package memloom:guest;
            world policy {
                export memloom:agent/policy@0.2.0;
            }
        ",
        path: "../../wit",
        pub_export_macro: true,
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
        with: {
            "memloom:agent/types@0.2.0": crate::bindings::host::memloom::agent::types,
        },
    });
}

pub mod state {
    wit_bindgen::generate!({
        inline: "
            package memloom:guest;
            world state {
                export memloom:agent/state@0.2.0;
            }
        ",
        path: "../../wit",
        pub_export_macro: true,
        with: {
            "memloom:agent/types@0.2.0": crate::bindings::host::memloom::agent::types,
        },
    });
}
