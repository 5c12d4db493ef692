//! The target `grammar` for cargo-fuzz. Without it, `memloom-fuzz` runs the same function.

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| memloom_fuzz::grammar(bytes));

#[cfg(not(fuzzing))]
fn main() {
    eprintln!("run cargo fuzz run grammar, or cargo run --release -- grammar SECONDS");
}
