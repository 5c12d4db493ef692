//! A run's metrics as a TensorBoard event file. The file is rewritten from the run's JSON
//! lines each time, so that a killed and resumed run loses and repeats nothing.
//!
//! Format: TFRecord records of `Event` messages (protocol buffers). See
//! `tensorflow/core/lib/io/record_writer.h` and `core/util/event.proto`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use crc::{CRC_32_ISCSI, Crc};

use crate::report::jsonl::{Point, Points};
use crate::run::atomic_fs::write_file;

const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);

/// Writes `FOLDER/tensorboard/events.out.tfevents.0.memloom`. The wall time of a point is the
/// run's seconds so far, counted from 1970: the same JSON lines give the same bytes.
///
/// # Errors
/// Fails if the folder or file cannot be written.
pub fn write(folder: &Path, points: &Points) -> Result<()> {
    let folder = folder.join("tensorboard");
    fs::create_dir_all(&folder)
        .with_context(|| format!("cannot create folder {}", folder.display()))?;
    write_file(
        &folder.join("events.out.tfevents.0.memloom"),
        &event_file(points),
    )
}

fn event_file(points: &Points) -> Vec<u8> {
    let mut all: Vec<(&str, &Point)> = points
        .iter()
        .flat_map(|(kind, points)| points.iter().map(|point| (kind.as_str(), point)))
        .collect();
    all.sort_by(|(_, a), (_, b)| a.seconds.total_cmp(&b.seconds));
    let mut bytes = Vec::new();
    let mut version = Message::default();
    version.double(1, 0.0);
    version.bytes(3, b"brain.Event:2");
    record(&mut bytes, &version.0);
    for (kind, point) in all {
        record(&mut bytes, &event(kind, point));
    }
    bytes
}

fn event(kind: &str, point: &Point) -> Vec<u8> {
    let mut summary = Message::default();
    for (key, figure) in &point.figures {
        let mut value = Message::default();
        value.bytes(1, format!("{kind}/{key}").as_bytes());
        value.float(2, *figure as f32);
        summary.bytes(1, &value.0);
    }
    let mut event = Message::default();
    event.double(1, point.seconds);
    event.integer(2, point.step);
    event.bytes(5, &summary.0);
    event.0
}

/// Appends a record: length and content, each with its checksum.
fn record(file: &mut Vec<u8>, content: &[u8]) {
    let length = (content.len() as u64).to_le_bytes();
    file.extend_from_slice(&length);
    file.extend_from_slice(&masked(&length).to_le_bytes());
    file.extend_from_slice(content);
    file.extend_from_slice(&masked(content).to_le_bytes());
}

fn masked(bytes: &[u8]) -> u32 {
    CRC.checksum(bytes)
        .rotate_right(15)
        .wrapping_add(0xa282_ead8)
}

/// A protocol buffers message under construction.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn integer(&mut self, field: u64, value: u64) {
        self.varint(field << 3);
        self.varint(value);
    }

    fn double(&mut self, field: u64, value: f64) {
        self.varint(field << 3 | 1);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn bytes(&mut self, field: u64, value: &[u8]) {
        self.varint(field << 3 | 2);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
    }

    fn float(&mut self, field: u64, value: f32) {
        self.varint(field << 3 | 5);
        self.0.extend_from_slice(&value.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_format() {
        // The check value of CRC-32C, then masked as record_writer.h does.
        assert_eq!(CRC.checksum(b"123456789"), 0xe306_9283);
        assert_eq!(masked(b"123456789"), 0xc78a_b0e5);
    }

    #[test]
    fn a_point_is_an_event_with_a_value_for_each_figure() {
        let point = Point {
            step: 300,
            seconds: 1.5,
            figures: BTreeMap::from([("f1".into(), 0.5)]),
        };
        let mut expected = vec![0x09];
        expected.extend_from_slice(&1.5f64.to_le_bytes());
        expected.extend_from_slice(&[0x10, 0xac, 0x02, 0x2a, 16, 0x0a, 14, 0x0a, 7]);
        expected.extend_from_slice(b"step/f1");
        expected.push(0x15);
        expected.extend_from_slice(&0.5f32.to_le_bytes());
        assert_eq!(event("step", &point), expected);
    }

    #[test]
    fn events_are_in_the_order_of_their_times() {
        let at = |seconds: f64| Point {
            step: 1,
            seconds,
            figures: BTreeMap::from([("x".into(), 1.0)]),
        };
        let points = Points::from([
            ("a".into(), vec![at(1.0), at(3.0)]),
            ("b".into(), vec![at(2.0)]),
        ]);
        let file = event_file(&points);
        let tags: Vec<u8> = file
            .windows(3)
            .filter(|bytes| bytes.ends_with(b"/x"))
            .map(|bytes| bytes[0])
            .collect();
        assert_eq!(tags, b"aba");
    }
}
