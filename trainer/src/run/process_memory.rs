//! Memory of this process, as reported by Linux.

use std::io::Result;

/// Returns the resident memory in bytes; 0 on systems that do not report it.
pub fn rss_bytes() -> u64 {
    status("VmRSS:")
}

/// Returns the peak resident memory in bytes; 0 on systems that do not report it.
pub fn peak_rss_bytes() -> u64 {
    status("VmHWM:")
}

/// Resets the peak of [`peak_rss_bytes`] to the present memory.
///
/// # Errors
/// Fails if the system does not allow it.
pub fn reset_peak_rss() -> Result<()> {
    std::fs::write("/proc/self/clear_refs", "5")
}

fn status(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix(field))
        .and_then(|rest| {
            rest.trim()
                .trim_end_matches("kB")
                .trim()
                .parse::<u64>()
                .ok()
        });
    kib.map_or(0, |kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_counted_in_bytes() {
        let kept = vec![1u8; 64 << 20];
        assert!(rss_bytes() > 64 << 20);
        assert!(peak_rss_bytes() > 64 << 20);
        assert!(kept.iter().all(|byte| *byte == 1));
    }
}
