//! Memory of this process, as Linux counts it.

use std::io::Result;

/// Memory that is held now, in bytes; 0 where the system does not say.
pub fn rss_bytes() -> u64 {
    status("VmRSS:")
}

/// Most memory that was held so far, in bytes; 0 where the system does not say.
pub fn peak_rss_bytes() -> u64 {
    status("VmHWM:")
}

/// Has [`peak_rss_bytes`] count from now on.
///
/// # Errors
/// Where the system does not let it.
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
    fn what_is_held_is_counted_in_bytes() {
        let kept = vec![1u8; 64 << 20];
        assert!(rss_bytes() > 64 << 20);
        assert!(peak_rss_bytes() > 64 << 20);
        assert!(kept.iter().all(|byte| *byte == 1));
    }
}
