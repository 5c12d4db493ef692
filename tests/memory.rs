//! Memory of this process.

/// Returns the resident memory of this process in KiB.
///
/// # Panics
/// Panics if /proc does not report it.
pub fn resident_kib() -> u64 {
    status("VmRSS:")
}

/// Returns the resident memory of this process that no file backs, in KiB.
///
/// # Panics
/// Panics if /proc does not report it.
pub fn anonymous_kib() -> u64 {
    status("RssAnon:")
}

fn status(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a /proc");
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let number = line.and_then(|line| line.split_whitespace().next());
    number
        .and_then(|number| number.parse().ok())
        .unwrap_or_else(|| panic!("{field} in KiB"))
}
