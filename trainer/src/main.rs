//! memloom
fn main() {}
