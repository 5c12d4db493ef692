//! A trace as a file: frames, each of which vouches for all bytes before it, so
//! that what is damaged is known to the frame.
//!
//! The file is a magic and a version, then a frame for the setting, one for each
//! event, and an empty one that says that the trace ends here. A frame is the
//! length of its content (4 bytes, little-endian), the content in postcard's
//! encoding, and 16 bytes of the BLAKE3 hash of the file up to there.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Event, Trace};
use crate::error::Error;
use crate::store::atomic_file as files;

const MAGIC: &[u8; 8] = b"mltrace\0";
/// Raised whenever [`Event`], the setting, or a type of the contract changes.
const VERSION: u32 = 2;
/// Bytes of a hash that a frame ends with.
const CHECK: usize = 16;

impl Trace {
    /// Writes the trace as a file, beside and renamed into place.
    ///
    /// # Errors
    /// [`Error::Trace`] where the file cannot be written.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        self.encode()
            .and_then(|bytes| files::write(path, &[&bytes]).map_err(|error| error.to_string()))
            .map_err(|why| failed("write", path, why))
    }

    /// Reads a trace that [`Trace::write`] wrote. Takes no more memory than a few
    /// times the file's size, whatever the file says of itself.
    ///
    /// # Errors
    /// [`Error::Trace`] where the file cannot be read, is no trace, is of another
    /// version, or is damaged: the message says at which byte.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|error| failed("read", path, error.to_string()))?;
        Self::decode(&bytes).map_err(|why| failed("read", path, why))
    }

    fn encode(&self) -> Result<Vec<u8>, String> {
        let mut frames = Writer::new();
        frames.put(&self.setting)?;
        for event in &self.events {
            frames.put(event)?;
        }
        frames.frame(&[])?;
        Ok(frames.bytes)
    }

    fn decode(bytes: &[u8]) -> Result<Self, String> {
        let mut frames = Reader::new(bytes)?;
        let Some(setting) = frames.next()? else {
            return Err(frames.damaged("it ends before it begins"));
        };
        let mut events: Vec<Event> = Vec::new();
        while let Some(event) = frames.next()? {
            events.push(event);
        }
        match bytes.len() - frames.offset {
            0 => Ok(Self { setting, events }),
            more => Err(format!(
                "it is damaged at byte {}, after its end: {more} bytes follow; record it again",
                frames.offset
            )),
        }
    }
}

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

struct Reader<'a> {
    bytes: &'a [u8],
    hasher: blake3::Hasher,
    /// Where the next frame begins.
    offset: usize,
    /// Frames that were read.
    frames: usize,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Result<Self, String> {
        let rest = bytes.strip_prefix(MAGIC).ok_or("it is no memloom trace")?;
        let mut reader = Self {
            bytes,
            hasher: blake3::Hasher::new(),
            offset: MAGIC.len(),
            frames: 0,
        };
        let Some(version) = rest.first_chunk::<4>() else {
            return Err(reader.cut());
        };
        match u32::from_le_bytes(*version) {
            VERSION => {}
            other => {
                return Err(format!(
                    "it has version {other}, this memloom reads {VERSION}: record it again"
                ));
            }
        }
        reader.offset += version.len();
        reader.hasher.update(&bytes[..reader.offset]);
        Ok(reader)
    }

    /// The next frame's content; none at the end.
    fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>, String> {
        let rest = &self.bytes[self.offset..];
        let Some((length, after)) = rest.split_first_chunk::<4>() else {
            return Err(self.cut());
        };
        let said = u32::from_le_bytes(*length) as usize;
        let whole = said
            .checked_add(CHECK)
            .and_then(|end| after.get(..end))
            .map(|frame| frame.split_at(said));
        let Some((content, check)) = whole else {
            return Err(self.cut());
        };
        self.hasher.update(length).update(content);
        if self.hasher.finalize().as_bytes()[..CHECK] != *check {
            let end = self.offset + length.len() + said + CHECK;
            return Err(self.damaged(&format!("the frame up to byte {end} does not fit its hash")));
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
                return Err(self.damaged(&format!("{} bytes mean nothing", more.len())));
            }
            Err(why) => return Err(self.damaged(&why)),
        };
        self.offset += length.len() + said + CHECK;
        self.frames += 1;
        Ok(Some(value))
    }

    /// The message for a frame that cannot be what was written.
    fn damaged(&self, why: &str) -> String {
        format!(
            "it is damaged at byte {}, {}: {why}; record it again",
            self.offset,
            self.place()
        )
    }

    /// The message for a file whose end is missing, or so its lengths say.
    fn cut(&self) -> String {
        format!(
            "it is damaged at byte {}, {}: the file ends at byte {} in the middle of it; \
             record it again",
            self.offset,
            self.place(),
            self.bytes.len()
        )
    }

    fn place(&self) -> String {
        match self.frames {
            0 => "in its head".to_owned(),
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
