//! The header of a GGUF file: metadata, then the list of tensors.

use std::collections::BTreeMap;
use std::io::Read;

use crate::gguf::metadata::{Item, List, Metadata, Value};
use crate::gguf::quantisation::Quantisation;

const MAGIC: [u8; 4] = *b"GGUF";
/// Version 1 had counts of 32 bits.
const VERSIONS: [u32; 2] = [2, 3];
/// The maximum size of a header. The largest vocabularies take 10 MiB.
const LONGEST: u64 = 128 << 20;
const ALIGNMENT: &str = "general.alignment";

/// The header of a file.
pub(super) struct Header {
    pub(super) metadata: Metadata,
    pub(super) tensors: BTreeMap<String, Place>,
    /// The place of the first tensor's data.
    pub(super) data: u64,
}

/// The type and the place of a tensor.
pub(super) struct Place {
    pub(super) quantisation: &'static Quantisation,
    /// The sizes, the outermost first.
    pub(super) shape: Vec<usize>,
    /// The place after the beginning of the data.
    pub(super) start: u64,
    pub(super) bytes: u64,
}

impl Header {
    /// Reads a header. The error says what is wrong with it.
    pub(super) fn read(input: impl Read) -> Result<Self, String> {
        let mut input = Input { input, at: 0 };
        if input.bytes(4).is_ok_and(|magic| magic != MAGIC) || input.at < 4 {
            return Err("not a GGUF file".into());
        }
        let version = input.u32()?;
        if !VERSIONS.contains(&version) {
            return Err(format!(
                "unsupported GGUF version {version}; supported: 2, 3"
            ));
        }
        let (tensors, pairs) = (input.u64()?, input.u64()?);
        let mut metadata = Metadata::default();
        for _ in 0..pairs {
            let (key, value) = input.pair()?;
            if metadata.0.contains_key(&key) {
                return Err(format!("the metadata has {key} twice"));
            }
            metadata.0.insert(key, value);
        }
        let mut places = BTreeMap::new();
        for _ in 0..tensors {
            let name = input.text()?;
            let place = input.place().map_err(|why| format!("{name}: {why}"))?;
            if places.contains_key(&name) {
                return Err(format!("the tensor {name} is there twice"));
            }
            places.insert(name, place);
        }
        let alignment = metadata.count(ALIGNMENT)?.unwrap_or(32) as u64;
        if !alignment.is_power_of_two() || alignment > LONGEST {
            return Err(format!(
                "{ALIGNMENT} is {alignment}, expected a power of two"
            ));
        }
        Ok(Self {
            metadata,
            tensors: places,
            data: input.at.next_multiple_of(alignment),
        })
    }
}

/// A reader that counts, and reads no more than a header may have.
struct Input<R> {
    input: R,
    at: u64,
}

impl<R: Read> Input<R> {
    /// Reads bytes. Memory grows with what the file has, not with `count`.
    fn bytes(&mut self, count: u64) -> Result<Vec<u8>, String> {
        if count > LONGEST - self.at {
            return Err(format!(
                "its header has more than {} MiB: the file is damaged",
                LONGEST >> 20
            ));
        }
        let mut bytes = Vec::new();
        match self.input.by_ref().take(count).read_to_end(&mut bytes) {
            Ok(read) if read as u64 == count => {}
            Ok(_) => return Err("ends inside its header: the file is truncated".into()),
            Err(error) => return Err(format!("cannot be read: {error}")),
        }
        self.at += count;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let bytes = self.bytes(N as u64)?;
        Ok(bytes.try_into().expect("as many bytes as asked for"))
    }

    fn u32(&mut self) -> Result<u32, String> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, String> {
        self.array().map(u64::from_le_bytes)
    }

    fn text(&mut self) -> Result<String, String> {
        let length = self.u64()?;
        let text = String::from_utf8(self.bytes(length)?);
        text.map_err(|_| format!("the text before byte {} is not UTF-8", self.at))
    }

    fn item(&mut self) -> Result<Item, String> {
        let number = self.u32()?;
        Item::of(number).ok_or_else(|| format!("a value has the unknown type {number}"))
    }

    fn pair(&mut self) -> Result<(String, Value), String> {
        let key = self.text()?;
        let item = self.item()?;
        let value = match (item.size(), item) {
            (Some(size), _) => item.scalar(&self.bytes(size as u64)?),
            (None, Item::Text) => Value::Text(self.text()?),
            (None, _) => Value::List(self.list().map_err(|why| format!("{key}: {why}"))?),
        };
        Ok((key, value))
    }

    fn list(&mut self) -> Result<List, String> {
        let item = self.item()?;
        let count = self.u64()?;
        let bytes = match (item.size(), item) {
            (Some(size), _) => self.bytes(count.saturating_mul(size as u64))?,
            (None, Item::Text) => {
                let mut bytes = Vec::new();
                for _ in 0..count {
                    let text = self.text()?;
                    bytes.extend((text.len() as u64).to_le_bytes());
                    bytes.extend(text.into_bytes());
                }
                bytes
            }
            (None, _) => return Err("lists of lists are not supported".into()),
        };
        Ok(List { item, bytes })
    }

    fn place(&mut self) -> Result<Place, String> {
        let dimensions = self.u32()?;
        if !(1..=4).contains(&dimensions) {
            return Err(format!("{dimensions} dimensions, expected 1 to 4"));
        }
        // The innermost comes first in the file.
        let mut shape = Vec::new();
        let mut values: u64 = 1;
        for _ in 0..dimensions {
            let size = self.u64()?;
            let product = values.checked_mul(size).filter(|values| *values < 1 << 48);
            values = product.ok_or("too many values")?;
            shape.push(size as usize);
        }
        let quantisation = Quantisation::of(self.u32()?)?;
        let row = shape[0];
        if !row.is_multiple_of(quantisation.values) {
            return Err(format!(
                "a row has {row} values, expected a multiple of {} for {}",
                quantisation.values, quantisation.name
            ));
        }
        shape.reverse();
        Ok(Place {
            quantisation,
            shape,
            start: self.u64()?,
            bytes: values / quantisation.values as u64 * quantisation.bytes as u64,
        })
    }
}
