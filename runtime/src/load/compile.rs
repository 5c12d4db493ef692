//! Compilation of components in bounded time.

use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use wasmtime::component::Component;
use wasmtime::{Engine, WasmFeatures};

use super::complexity;
use crate::limits::Limits;

/// Returns the WebAssembly features that components may use. Several memories are
/// among them for the adapters that wasmtime writes between parts of a component.
pub(super) fn features() -> WasmFeatures {
    WasmFeatures::WASM2
        | WasmFeatures::EXTENDED_CONST
        | WasmFeatures::MULTI_MEMORY
        | WasmFeatures::COMPONENT_MODEL
}

/// Compiles a component. The error says why it cannot be.
pub(super) fn compile(engine: &Engine, limits: &Limits, bytes: &[u8]) -> Result<Component, String> {
    check_header(bytes)?;
    // A pool for each compilation: the threads of an abandoned one must not delay the
    // next.
    let pool = rayon::ThreadPoolBuilder::new()
        .thread_name(|number| format!("memloom-compile-{number}"))
        .build()
        .map_err(|error| format!("cannot start threads to compile it: {error}"))?;
    let (answer, compiled) = mpsc::channel();
    let (engine, own, bytes) = (engine.clone(), limits.clone(), bytes.to_vec());
    pool.spawn(move || {
        let compile = || match complexity::check(&bytes, features(), &own) {
            Some(why) => Err(why),
            None => Component::new(&engine, &bytes).map_err(|error| format!("{error:#}")),
        };
        let result = panic::catch_unwind(AssertUnwindSafe(compile));
        // After the timeout no one receives it.
        let _ = answer.send(result);
    });
    match compiled.recv_timeout(Duration::from_millis(limits.compile_ms)) {
        Ok(Ok(compiled)) => compiled,
        Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => Err("the compiler panicked".to_owned()),
        Err(RecvTimeoutError::Timeout) => Err(format!(
            "compiling it takes longer than `Limits::compile_ms` ({}) allows",
            limits.compile_ms
        )),
    }
}

/// Checks the header of a binary component.
fn check_header(bytes: &[u8]) -> Result<(), String> {
    let why = match bytes.get(..8) {
        Some(b"\0asm\x0d\0\x01\0") => return Ok(()),
        Some(b"\0asm\x01\0\0\0") => {
            "it is a core module, not a component; make a component of it, \
             for instance with `memloom componentize`"
        }
        Some([0, b'a', b's', b'm', ..]) => "it is WebAssembly of an unsupported version",
        Some([0x7f, b'E', b'L', b'F', ..]) => {
            "it is machine code (a `.cwasm` file?), which cannot be checked; \
             load the component from which it was compiled"
        }
        _ => "it is not WebAssembly: it lacks the header of a binary component",
    };
    Err(why.to_owned())
}
