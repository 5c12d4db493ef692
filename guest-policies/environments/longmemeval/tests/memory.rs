//! The memory that a large file takes. The data stays as it came: only one instance at a time is
//! parsed beside it.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

use environment_longmemeval::LongMemEval;
use memloom_sdk::Environment;
use memloom_sdk::environment::DataFile;

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator, which counts the bytes that are held.
struct Counting;

// SAFETY: all is left to the system's allocator, with the same arguments.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(held, Ordering::Relaxed);
        // SAFETY: the caller's layout is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the pointer came from `alloc` with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const INSTANCES: usize = 40;
const SESSIONS: usize = 50;

fn large() -> Vec<u8> {
    let text = "Tell me more about it, \\\"please\\\". ".repeat(60);
    let mut file = String::from("[");
    for number in 0..INSTANCES {
        let comma = if number == 0 { "" } else { "," };
        let ids: Vec<String> = (0..SESSIONS)
            .map(|session| format!("\"s{session}\""))
            .collect();
        let dates = vec!["\"2023/05/30 (Tue) 23:40\""; SESSIONS].join(",");
        let turn = format!("{{\"role\": \"user\", \"content\": \"{text}\"}}");
        let session = format!("[{}]", vec![turn; 4].join(","));
        let sessions = vec![session; SESSIONS].join(",");
        write!(
            file,
            "{comma}\n{{\"question_id\": \"q{number}\", \"question_type\": \"multi-session\", \
             \"question\": \"What?\", \"answer\": \"it\", \"question_date\": \"2023/06/01\", \
             \"haystack_session_ids\": [{}], \"haystack_dates\": [{dates}], \
             \"haystack_sessions\": [{sessions}], \"answer_session_ids\": [\"s3\"]}}",
            ids.join(",")
        )
        .unwrap();
    }
    file.push_str("\n]");
    file.into_bytes()
}

#[test]
fn a_large_file_takes_its_own_size_and_that_of_two_instances() {
    let bytes = large();
    let size = bytes.len();
    assert!(size > 15_000_000, "{size}");
    let file = DataFile {
        name: "large.json".into(),
        bytes,
    };
    let before = HELD.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let mut environment = LongMemEval::default();
    environment.load(vec![file], "{}").unwrap();
    environment.open("held-out", 7, 0).unwrap();
    let taken = PEAK.load(Ordering::Relaxed) - before;
    assert!(
        taken < 2 * size / INSTANCES + (1 << 20),
        "{taken} bytes beside a file of {size}"
    );
}
