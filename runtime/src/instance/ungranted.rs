//! Calls for what no component is granted.
//!
//! Tools that build components from other languages put functions that stop in the
//! place of WASI (`--stub-wasi`). A trap then shows a backtrace of the language's own
//! library, whose innermost named function tells what was called for.

use wasmtime::{Error, Trap, WasmBacktrace};

/// An interface that is not granted, and the advice to its users.
struct Grant {
    /// The interface of WASI.
    interface: &'static str,
    /// The meaning of that, and a substitute.
    instead: &'static str,
    /// Parts of the names of library functions that call it.
    functions: &'static [&'static str],
}

const GRANTS: [Grant; 7] = [
    Grant {
        interface: "wasi:clocks",
        instead: "no clock is given, so that a replay computes the same: take the time from the session",
        functions: &[
            "wall_clock_",
            "monotonic_clock_",
            "clock_time_get",
            "clock_res_get",
            "clock_gettime",
            "clock_getres",
            "gettimeofday",
        ],
    },
    Grant {
        interface: "wasi:random",
        instead: "no randomness is given, so that a replay computes the same: derive it from a seed or a hash",
        functions: &[
            "random_get",
            "random_insecure",
            "insecure_get",
            "insecure_seed",
            "getentropy",
            "getrandom",
        ],
    },
    Grant {
        interface: "wasi:filesystem",
        instead: "no files are given: keep the state in memory and return it from snapshot",
        functions: &["filesystem_", "preopens_", "path_open", "fd_prestat"],
    },
    Grant {
        interface: "wasi:sockets",
        instead: "no network is given: ask the model through memloom:agent/model",
        functions: &[
            "tcp_",
            "udp_",
            "ip_name_lookup",
            "instance_network",
            "sock_",
        ],
    },
    Grant {
        interface: "wasi:http",
        instead: "no network is given: ask the model through memloom:agent/model",
        functions: &["outgoing_handler_", "http_types_"],
    },
    Grant {
        interface: "wasi:cli",
        instead: "no terminal, arguments, variables or exit are given: write with memloom:agent/log, and take options from configure or load",
        functions: &[
            "environment_get",
            "environ_",
            "args_get",
            "args_sizes_get",
            "stdin_get",
            "stdout_get",
            "stderr_get",
            "terminal_",
            "exit_exit",
            "proc_exit",
            "fd_write",
            "fd_read",
        ],
    },
    Grant {
        interface: "wasi:io",
        instead: "there is nothing to read, write or wait for: write with memloom:agent/log",
        functions: &["streams_", "poll_poll", "poll_method", "poll_oneoff"],
    },
];

/// Returns the words for a trap: what was called for without a grant, where that is
/// what happened, and then wasmtime's.
pub(crate) fn explained(error: &Error) -> String {
    let stopped = error.downcast_ref() == Some(&Trap::UnreachableCodeReached);
    let frames = error.downcast_ref::<WasmBacktrace>().filter(|_| stopped);
    let names = frames.map(|trace| trace.frames().iter().map(|frame| frame.func_name()));
    match names.and_then(called_for) {
        Some(Grant {
            interface, instead, ..
        }) => format!("it called {interface}, which is not granted; {instead}\n{error:#}"),
        None => format!("{error:#}"),
    }
}

/// The grant that a stack of functions, innermost first, called for. The stub has no
/// name, so that a component's own function that panics is never meant.
fn called_for<'a>(mut names: impl Iterator<Item = Option<&'a str>>) -> Option<&'static Grant> {
    if names.next()?.is_some() {
        return None;
    }
    let caller = names.flatten().next()?;
    GRANTS.iter().find(|grant| {
        let mut functions = grant.functions.iter();
        functions.any(|function| caller.contains(function))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::types::Moment;
    use crate::{Limits, Sandbox, testing};

    fn interface(names: &[Option<&str>]) -> Option<&'static str> {
        called_for(names.iter().copied()).map(|grant| grant.interface)
    }

    #[test]
    fn the_function_that_calls_a_stub_tells_what_for() {
        for (caller, expected) in [
            ("wall_clock_now", Some("wasi:clocks")),
            ("monotonic_clock_subscribe_duration", Some("wasi:clocks")),
            ("__wasi_clock_time_get", Some("wasi:clocks")),
            ("random_get_random_bytes", Some("wasi:random")),
            (
                "filesystem_preopens_get_directories",
                Some("wasi:filesystem"),
            ),
            ("tcp_create_socket_create_tcp_socket", Some("wasi:sockets")),
            ("environment_get_environment", Some("wasi:cli")),
            ("streams_method_output_stream_write", Some("wasi:io")),
            ("my_function", None),
        ] {
            assert_eq!(interface(&[None, None, Some(caller)]), expected, "{caller}");
        }
    }

    #[test]
    fn a_function_of_the_components_own_that_stops_is_not_meant() {
        assert_eq!(interface(&[Some("random_get_card"), Some("apply")]), None);
        assert_eq!(interface(&[Some("abort"), Some("clock_gettime")]), None);
        assert_eq!(interface(&[None, None]), None);
        assert_eq!(interface(&[]), None);
    }

    #[test]
    fn a_trap_names_the_missing_grant_before_the_backtrace() {
        let stub = "(func unreachable) (func $wall_clock_now (call 0))";
        for (named, starts) in [
            (
                "wall_clock_now",
                "flat: end-session trapped: it called wasi:clocks, which is not granted; no clock is given",
            ),
            (
                "watch_the_clock",
                "flat: end-session trapped: error while executing",
            ),
        ] {
            let stub = stub.replace("wall_clock_now", named);
            let bank = testing::bank()
                .item(&stub)
                .with("end-session", &format!("(call ${named})"));
            let sandbox = Sandbox::new(Limits::default()).unwrap();
            let component = sandbox.bank_from_bytes("flat", &bank.build()).unwrap();
            let at = Moment {
                session: 1,
                time: String::new(),
            };
            let error = component.instantiate().unwrap().end_session(&at);
            let error = error.unwrap_err().to_string();
            assert!(error.starts_with(starts), "{error}");
            assert!(error.contains("backtrace"), "{error}");
        }
    }
}
