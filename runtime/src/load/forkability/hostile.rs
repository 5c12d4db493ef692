//! Random components.
#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use wasm_encoder::{Component, RawSection};
use wasm_smith::{Config, Module};
use wasmtime::{Engine, Instance, Store, Val};

use super::forkable;
use crate::testing;

/// Returns a component of one module.
fn enclosed(module: &[u8]) -> Vec<u8> {
    let mut component = Component::new();
    let section = RawSection {
        id: 1,
        data: module,
    };
    component.section(&section);
    component.finish()
}

/// Returns the first module of a component.
fn inner(component: &[u8]) -> Vec<u8> {
    let mut payloads = wasmparser::Parser::new(0).parse_all(component);
    let range = payloads.find_map(|payload| match payload.unwrap() {
        wasmparser::Payload::ModuleSection {
            unchecked_range, ..
        } => Some(unchecked_range),
        _ => None,
    });
    component[range.unwrap()].to_vec()
}

/// Returns random modules without imports, with few instructions, so that globals are set
/// often.
fn module(features: bool) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 500..4000).prop_filter_map("a module", move |bytes| {
        let config = Config {
            max_imports: if features { 10 } else { 0 },
            min_globals: 2,
            min_funcs: 2,
            min_exports: 2,
            // Without bulk memory, tables and segments do not change.
            bulk_memory_enabled: features,
            reference_types_enabled: features,
            max_instructions: 60,
            exceptions_enabled: features,
            gc_enabled: features,
            threads_enabled: features,
            memory64_enabled: features,
            relaxed_simd_enabled: false,
            simd_enabled: false,
            export_everything: false,
            allow_floats: false,
            ..Config::default()
        };
        let mut source = arbitrary::Unstructured::new(&bytes);
        let mut module = Module::new(config, &mut source).ok()?;
        module.ensure_termination(1000).ok()?;
        let bytes = module.to_bytes();
        let runs = || wasmtime::Module::validate(&Engine::default(), &bytes).is_ok();
        (features || runs()).then_some(bytes)
    })
}

/// Returns the results or traps of a module's exported functions.
fn run(module: &[u8]) -> Vec<String> {
    let engine = Engine::default();
    let module = wasmtime::Module::new(&engine, module).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = match Instance::new(&mut store, &module, &[]) {
        Ok(instance) => instance,
        Err(error) => return vec![error.root_cause().to_string()],
    };
    let exports: Vec<_> = instance
        .exports(&mut store)
        .map(|export| export.into_extern())
        .collect();
    let mut seen = Vec::new();
    for function in exports
        .iter()
        .filter_map(|export| export.clone().into_func())
    {
        let ty = function.ty(&store);
        let arguments: Option<Vec<Val>> = ty.params().map(|ty| Val::default_for_ty(&ty)).collect();
        let Some(arguments) = arguments else { continue };
        for _ in 0..3 {
            let mut results = vec![Val::I32(0); ty.results().len()];
            let outcome = function.call(&mut store, &arguments, &mut results);
            seen.push(match outcome {
                Ok(()) => format!("{:?}", results.iter().map(Val::i64).collect::<Vec<_>>()),
                Err(error) => error.root_cause().to_string(),
            });
        }
    }
    seen
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_module_is_analysed_without_panic(module in module(true)) {
        if let Ok(moved) = forkable(&enclosed(&module)) {
            let mut validator = wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all());
            prop_assert!(validator.validate_all(&moved).is_ok());
        }
    }

    #[test]
    fn a_module_does_the_same_once_its_globals_are_moved(
        module in module(false).prop_filter_map("globals to move", |module| {
            let moved = forkable(&enclosed(&module)).ok()?.into_owned();
            (moved != enclosed(&module)).then(|| (inner(&moved), module))
        }),
    ) {
        let (moved, module) = module;
        prop_assert_eq!(run(&moved), run(&module));
    }

    #[test]
    fn damaged_components_are_read_without_panic(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        length in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let mut bytes = testing::bank().build();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if cut {
            bytes.truncate(length.index(bytes.len()));
        }
        let _ = forkable(&bytes);
    }
}
