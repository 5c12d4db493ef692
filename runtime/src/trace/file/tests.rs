#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::limits::Limits;
use crate::model::GenerateCall;
use crate::store::snapshot::Snapshot;
use crate::trace::setup::{EpisodeSetup, Source};
use crate::types::{Answer, Error as Refusal, Query, Request, Score};

fn trace() -> Trace {
    let source = |name: &str| Source {
        name: name.into(),
        path: format!("/components/{name}").into(),
        blake3: "0123".into(),
    };
    let answer = Answer {
        text: "Oslo".into(),
        citations: vec!["D1:2".into()],
    };
    let request = Request {
        grammar: Some("t1 (keep | drop)".into()),
        ..Request::new("extractor", vec![], 9)
    };
    Trace {
        setup: EpisodeSetup {
            bank: source("flat.wasm"),
            environment: source("chronicle.wasm"),
            policy: source("selector.wasm"),
            data: vec![],
            bank_options: "{}".into(),
            environment_options: "{}".into(),
            policy_options: "{}".into(),
            limits: Limits::default(),
            wasmtime: "48".into(),
        },
        events: vec![
            Event::Captured(Snapshot::new(vec![1], vec![], vec![2]).states().clone()),
            Event::Generate {
                call: GenerateCall {
                    request,
                    session: 1,
                    step: 0,
                    question: None,
                },
                result: Err("the engine has stopped".into()),
            },
            Event::Retrieve {
                query: Query {
                    vector: Some(vec![0.5, f32::INFINITY]),
                    speaker: Some("Anna".into()),
                    threshold: 0.1,
                    ..Query::new("live", 2)
                },
                result: Err(Refusal::Invalid("too short".into())),
            },
            Event::Scored {
                question: "q1".into(),
                answer,
                result: Ok(Score {
                    reward: 0.5,
                    metrics: vec![("f1".into(), 0.5)],
                }),
            },
        ],
    }
}

/// Returns the offsets of all frames, the last empty one included, and of the file's
/// end.
fn frames(bytes: &[u8]) -> Vec<usize> {
    let mut offsets = vec![MAGIC.len() + 4];
    while offsets[offsets.len() - 1] < bytes.len() {
        let offset = offsets[offsets.len() - 1];
        let length: [u8; 4] = bytes[offset..offset + 4].try_into().unwrap();
        offsets.push(offset + 4 + u32::from_le_bytes(length) as usize + CHECK);
    }
    offsets
}

#[test]
fn a_trace_survives_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("episode.trace");
    trace().write(&path).unwrap();
    assert_eq!(Trace::read(&path).unwrap(), trace());
    let bytes = std::fs::read(&path).unwrap();
    let frames = frames(&bytes);
    assert_eq!(frames.len(), 1 + trace().events.len() + 1 + 1);
    assert_eq!(frames.last(), Some(&bytes.len()));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn every_flipped_bit_is_detected_and_its_frame_named() {
    let good = trace().encode().unwrap();
    let frames = frames(&good);
    for position in 0..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[position] ^= 1 << bit;
            let why = Trace::decode(&bad).expect_err("a flipped bit");
            let Some(frame) = frames.iter().rfind(|frame| **frame <= position) else {
                let head = position < MAGIC.len();
                let expected = if head {
                    "not a memloom trace"
                } else {
                    "has version"
                };
                assert!(why.contains(expected), "byte {position}: {why}");
                continue;
            };
            let named = format!("it is damaged at byte {frame}, ");
            assert!(why.starts_with(&named), "byte {position}, bit {bit}: {why}");
        }
    }
}

#[test]
fn a_truncated_file_is_refused_with_its_end() {
    let good = trace().encode().unwrap();
    let frames = frames(&good);
    for end in 0..good.len() {
        let why = Trace::decode(&good[..end]).expect_err("a truncated file");
        if end < MAGIC.len() {
            assert_eq!(why, "it is not a memloom trace");
            continue;
        }
        let begun = frames.iter().rfind(|frame| **frame <= end);
        let begun = begun.copied().unwrap_or(MAGIC.len());
        let named = format!("it is damaged at byte {begun}, ");
        let ends = format!("the file ends at byte {end} inside a frame; record it again");
        assert!(
            why.starts_with(&named) && why.ends_with(&ends),
            "{end}: {why}"
        );
    }
}

/// Decodes a trace with right hashes whose last event is `content`.
fn forged(content: &[u8]) -> Result<Trace, String> {
    let mut frames = Writer::new();
    frames.put(&trace().setup).unwrap();
    frames.frame(content).unwrap();
    frames.frame(&[]).unwrap();
    Trace::decode(&frames.bytes)
}

#[test]
fn a_wrong_length_takes_no_memory() {
    // An event with a string, a list and a list of structures of 2^64 - 1 each.
    let endless = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    for event in 0..20 {
        let content = [&[event][..], &endless, &endless].concat();
        let why = forged(&content).expect_err("a forged length");
        assert!(why.contains("it is damaged at byte"), "{why}");
    }
    // A frame with a length of four gigabytes.
    let good = trace().encode().unwrap();
    let mut bad = good.clone();
    let frame = frames(&good)[2];
    bad[frame..frame + 4].fill(0xff);
    assert_eq!(
        Trace::decode(&bad).unwrap_err(),
        format!(
            "it is damaged at byte {frame}, in event 2 or its end: \
             the file ends at byte {} inside a frame; record it again",
            good.len()
        )
    );
}

#[test]
fn an_invalid_event_or_surplus_bytes_are_refused() {
    let stats = postcard::to_stdvec(&trace().events[0]).unwrap();
    assert_eq!(forged(&stats).unwrap().events, trace().events[..1]);
    let why = forged(&[&stats[..], b"more"].concat()).unwrap_err();
    assert!(
        why.ends_with(": 4 bytes are left over; record it again"),
        "{why}"
    );
    let mut bytes = trace().encode().unwrap();
    let end = bytes.len();
    bytes.push(0);
    assert_eq!(
        Trace::decode(&bytes).unwrap_err(),
        format!("it is damaged at byte {end}, after its end: 1 bytes follow; record it again")
    );
}

#[test]
fn errors_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("episode.trace");
    let message = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        Trace::read(&path).expect_err("refused").to_string()
    };
    let head = format!("cannot read the trace {}: ", path.display());
    assert_eq!(message(b"PK"), format!("{head}it is not a memloom trace"));
    assert_eq!(
        message(b"mltrace\0\x09\0\0\0"),
        format!("{head}it has version 9, but this memloom reads 3; record it again")
    );
    assert_eq!(
        message(b"mltrace\0\x03\0\0\0"),
        format!(
            "{head}it is damaged at byte 12, in its header: \
             the file ends at byte 12 inside a frame; record it again"
        )
    );
}
