//! The file format of traces.
//!
//! A file is a magic number and a version, then a frame for the setup, one for each
//! event, and an empty one at the end. A frame is the length of its content (4 bytes,
//! little-endian), the content in postcard's encoding, and 16 bytes of the BLAKE3
//! hash of the file up to there. So a damaged file is refused at the first damaged
//! frame.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Trace;
use crate::error::Error;
use crate::event::Event;
use crate::store::atomic_file::write_atomically;

const MAGIC: &[u8; 8] = b"mltrace\0";
/// Raised whenever [`Event`], the setup, or a type of the contract changes.
const VERSION: u32 = 3;
/// Bytes of the hash at the end of a frame.
const CHECK: usize = 16;

impl Trace {
    /// Writes the trace to a file, atomically.
    ///
    /// # Errors
    /// [`Error::Trace`] if the file cannot be written.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        self.encode()
            .and_then(|bytes| write_atomically(path, &[&bytes]).map_err(|error| error.to_string()))
            .map_err(|why| failed("write", path, why))
    }

    /// Reads a trace that [`Trace::write`] wrote. Takes at most a few times the file's
    /// size in memory, also for a malicious file.
    ///
    /// # Errors
    /// [`Error::Trace`] if the file cannot be read, is no trace, has another version, or
    /// is damaged: the message names the byte.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|error| failed("read", path, error.to_string()))?;
        Self::decode(&bytes).map_err(|why| failed("read", path, why))
    }

    fn encode(&self) -> Result<Vec<u8>, String> {
        let mut frames = Writer::new();
        frames.put(&self.setup)?;
        for event in &self.events {
            frames.put(event)?;
        }
        frames.frame(&[])?;
        Ok(frames.bytes)
    }

    fn decode(bytes: &[u8]) -> Result<Self, String> {
        let mut frames = Reader::new(bytes)?;
        let Some(setup) = frames.next()? else {
            return Err(frames.damaged("it has no setup"));
        };
        let mut events: Vec<Event> = Vec::new();
        while let Some(event) = frames.next()? {
            events.push(event);
        }
        match bytes.len() - frames.offset {
            0 => Ok(Self { setup, events }),
            more => Err(format!(
                "it is damaged at byte {}, after its end: {more} bytes follow; record it again",
                frames.offset
            )),
        }
    }
}

/// An encoder of frames.
struct Writer {
    bytes: Vec<u8>,
    hasher: blake3::Hasher,
}

impl Writer {
    fn new() -> Self {
        let mut writer = Self {
            bytes: Vec::new(),
            hasher: blake3::Hasher::new(),
        };
        writer.extend(MAGIC);
        writer.extend(&VERSION.to_le_bytes());
        writer
    }

    fn extend(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.hasher.update(bytes);
    }

    fn put(&mut self, value: &impl Serialize) -> Result<(), String> {
        let content = postcard::to_stdvec(value).map_err(|error| error.to_string())?;
        self.frame(&content)
    }

    fn frame(&mut self, content: &[u8]) -> Result<(), String> {
        let length = u32::try_from(content.len())
            .map_err(|_| format!("an event of {} bytes is too long", content.len()))?;
        self.extend(&length.to_le_bytes());
        self.extend(content);
        let check = self.hasher.finalize();
        self.extend(&check.as_bytes()[..CHECK]);
        Ok(())
    }
}

/// A decoder of frames.
struct Reader<'a> {
    bytes: &'a [u8],
    hasher: blake3::Hasher,
    /// The byte at which the next frame begins.
    offset: usize,
    /// The number of frames that were read.
    frames: usize,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Result<Self, String> {
        let rest = bytes
            .strip_prefix(MAGIC)
            .ok_or("it is not a memloom trace")?;
        let mut reader = Self {
            bytes,
            hasher: blake3::Hasher::new(),
            offset: MAGIC.len(),
            frames: 0,
        };
        let Some(version) = rest.first_chunk::<4>() else {
            return Err(reader.truncated());
        };
        match u32::from_le_bytes(*version) {
            VERSION => {}
            other => {
                return Err(format!(
                    "it has version {other}, but this memloom reads {VERSION}; record it again"
                ));
            }
        }
        reader.offset += version.len();
        reader.hasher.update(&bytes[..reader.offset]);
        Ok(reader)
    }

    /// Returns the next frame's content; none at the end.
    fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>, String> {
        let rest = &self.bytes[self.offset..];
        let Some((length, after)) = rest.split_first_chunk::<4>() else {
            return Err(self.truncated());
        };
        let stated = u32::from_le_bytes(*length) as usize;
        let whole = stated
            .checked_add(CHECK)
            .and_then(|end| after.get(..end))
            .map(|frame| frame.split_at(stated));
        let Some((content, check)) = whole else {
            return Err(self.truncated());
        };
        self.hasher.update(length).update(content);
        if self.hasher.finalize().as_bytes()[..CHECK] != *check {
            let end = self.offset + length.len() + stated + CHECK;
            return Err(self.damaged(&format!(
                "the frame up to byte {end} does not match its hash"
            )));
        }
        self.hasher.update(check);
        if content.is_empty() {
            self.offset += length.len() + CHECK;
            return Ok(None);
        }
        let value = postcard::take_from_bytes(content).map_err(|error| error.to_string());
        let value = match value {
            Ok((value, [])) => value,
            Ok((_, more)) => {
                return Err(self.damaged(&format!("{} bytes are left over", more.len())));
            }
            Err(why) => return Err(self.damaged(&why)),
        };
        self.offset += length.len() + stated + CHECK;
        self.frames += 1;
        Ok(Some(value))
    }

    /// Returns the message for a damaged frame.
    fn damaged(&self, why: &str) -> String {
        format!(
            "it is damaged at byte {}, {}: {why}; record it again",
            self.offset,
            self.location()
        )
    }

    /// Returns the message for a file that ends inside a frame, according to its lengths.
    fn truncated(&self) -> String {
        format!(
            "it is damaged at byte {}, {}: the file ends at byte {} inside a frame; \
             record it again",
            self.offset,
            self.location(),
            self.bytes.len()
        )
    }

    /// Returns the part of the file that is being read.
    fn location(&self) -> String {
        match self.frames {
            0 => "in its header".to_owned(),
            event => format!("in event {event} or its end"),
        }
    }
}

fn failed(action: &'static str, path: &Path, why: String) -> Error {
    Error::Trace {
        action,
        path: path.display().to_string(),
        why,
    }
}

#[cfg(test)]
mod tests;
