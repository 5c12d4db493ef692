//! From bytes to a compiled component, in bounded time.

use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use wasmtime::Engine;
use wasmtime::component::Component;

use super::complexity;
use crate::limits::Limits;

/// Compiles a component, or says why it does not.
pub(super) fn compile(engine: &Engine, limits: &Limits, bytes: &[u8]) -> Result<Component, String> {
    recognise(bytes)?;
    // Threads of its own: those of a compilation that is given up are not in the
    // way of the next one.
    let pool = rayon::ThreadPoolBuilder::new()
        .thread_name(|number| format!("memloom-compile-{number}"))
        .build()
        .map_err(|error| format!("no threads to compile it in: {error}"))?;
    let (answer, compiled) = mpsc::channel();
    let (engine, own, bytes) = (engine.clone(), limits.clone(), bytes.to_vec());
    pool.spawn(move || {
        let compile = || match complexity::check(&bytes, super::features(), &own) {
            Some(why) => Err(why),
            None => Component::new(&engine, &bytes).map_err(|error| format!("{error:#}")),
        };
        let result = panic::catch_unwind(AssertUnwindSafe(compile));
        // Nobody waits any more where it took too long.
        let _ = answer.send(result);
    });
    match compiled.recv_timeout(Duration::from_millis(limits.compile_ms)) {
        Ok(Ok(compiled)) => compiled,
        Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => {
            Err("the compiler panicked at it".to_owned())
        }
        Err(RecvTimeoutError::Timeout) => Err(format!(
            "compiling it takes longer than the limit compile_ms ({}) allows",
            limits.compile_ms
        )),
    }
}

/// Whether these bytes begin as a component does.
fn recognise(bytes: &[u8]) -> Result<(), String> {
    let why = match bytes.get(..8) {
        Some(b"\0asm\x0d\0\x01\0") => return Ok(()),
        Some(b"\0asm\x01\0\0\0") => {
            "it is a core module, not a component: make one of it, \
             for instance with `memloom componentize`"
        }
        Some([0, b'a', b's', b'm', ..]) => {
            "it is WebAssembly of a version that memloom does not know"
        }
        Some([0x7f, b'E', b'L', b'F', ..]) => {
            "it is compiled already, to machine code that nobody could check \
             (a `.cwasm` file?): load the component that it was made of"
        }
        _ => "it is not WebAssembly: it does not begin as a binary component does",
    };
    Err(why.to_owned())
}
