//! The quantisations of ggml: blocks of values with common scales. The arithmetic is that of the
//! Python package `gguf`, operation by operation, so that both give the same bits.

use half::{bf16, f16};

/// A type of tensors.
pub(super) struct Quantisation {
    /// The number in files.
    id: u32,
    pub(super) name: &'static str,
    /// The number of values of a block.
    pub(super) values: usize,
    /// The size of a block.
    pub(super) bytes: usize,
    /// Writes the values of a block.
    dequantise: fn(&[u8], &mut [f32]),
}

macro_rules! quantisations {
    ($($id:literal $name:ident: $values:literal values in $bytes:literal bytes by $by:expr;)*) => {
        static ALL: &[Quantisation] = &[$(Quantisation {
            id: $id,
            name: stringify!($name),
            values: $values,
            bytes: $bytes,
            dequantise: $by,
        }),*];
    };
}

quantisations! {
    0 F32: 1 values in 4 bytes by |block, out| out[0] = f32::from_le_bytes(first(block));
    1 F16: 1 values in 2 bytes by |block, out| out[0] = half(block);
    2 Q4_0: 32 values in 18 bytes by |block, out| {
        let scale = half(block);
        nibbles(&block[2..], |at, value| out[at] = scale * (f32::from(value) - 8.0));
    };
    3 Q4_1: 32 values in 20 bytes by |block, out| {
        let (scale, least) = (half(block), half(&block[2..]));
        nibbles(&block[4..], |at, value| out[at] = scale * f32::from(value) + least);
    };
    6 Q5_0: 32 values in 22 bytes by |block, out| {
        let scale = half(block);
        fives(&block[2..], |at, value| out[at] = scale * (f32::from(value) - 16.0));
    };
    7 Q5_1: 32 values in 24 bytes by |block, out| {
        let (scale, least) = (half(block), half(&block[2..]));
        fives(&block[4..], |at, value| out[at] = scale * f32::from(value) + least);
    };
    8 Q8_0: 32 values in 34 bytes by |block, out| {
        let scale = half(block);
        for (out, value) in out.iter_mut().zip(&block[2..]) {
            *out = f32::from(value.cast_signed()) * scale;
        }
    };
    12 Q4_K: 256 values in 144 bytes by |block, out| {
        let qs = &block[16..];
        super_block(block, out, |part, at| nibble(qs, part, at));
    };
    13 Q5_K: 256 values in 176 bytes by |block, out| {
        let (high, qs) = (&block[16..48], &block[48..]);
        super_block(block, out, |part, at| {
            nibble(qs, part, at) | (high[at] >> part & 1) << 4
        });
    };
    14 Q6_K: 256 values in 210 bytes by sixes;
    30 BF16: 1 values in 2 bytes by |block, out| {
        out[0] = bf16::from_le_bytes(first(block)).to_f32();
    };
}

/// Types without support, so that errors name them.
const OTHERS: [(u32, &str); 20] = [
    (9, "Q8_1"),
    (10, "Q2_K"),
    (11, "Q3_K"),
    (15, "Q8_K"),
    (16, "IQ2_XXS"),
    (17, "IQ2_XS"),
    (18, "IQ3_XXS"),
    (19, "IQ1_S"),
    (20, "IQ4_NL"),
    (21, "IQ3_S"),
    (22, "IQ2_S"),
    (23, "IQ4_XS"),
    (24, "I8"),
    (25, "I16"),
    (26, "I32"),
    (27, "I64"),
    (28, "F64"),
    (34, "TQ1_0"),
    (35, "TQ2_0"),
    (39, "MXFP4"),
];

impl Quantisation {
    /// Returns the type with a number. The error names the type.
    pub(super) fn of(id: u32) -> Result<&'static Self, String> {
        let known = ALL.iter().find(|quantisation| quantisation.id == id);
        known.ok_or_else(|| {
            let other = OTHERS.iter().find(|(other, _)| *other == id);
            let name = other.map_or_else(|| format!("number {id}"), |(_, name)| (*name).into());
            let supported: Vec<&str> = ALL.iter().map(|known| known.name).collect();
            format!(
                "unsupported quantisation {name}; supported: {}",
                supported.join(", ")
            )
        })
    }

    /// Returns the values of whole blocks.
    pub(super) fn values_of(&self, bytes: &[u8]) -> Vec<f32> {
        let mut values = vec![0.0; bytes.len() / self.bytes * self.values];
        let blocks = bytes.chunks_exact(self.bytes);
        for (block, out) in blocks.zip(values.chunks_exact_mut(self.values)) {
            (self.dequantise)(block, out);
        }
        values
    }
}

fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    std::array::from_fn(|at| bytes[at])
}

fn half(bytes: &[u8]) -> f32 {
    f16::from_le_bytes(first(bytes)).to_f32()
}

/// Passes on the 32 values of 16 bytes: all low halves, then all high halves.
fn nibbles(bytes: &[u8], mut put: impl FnMut(usize, u8)) {
    for (at, byte) in bytes.iter().enumerate() {
        put(at, byte & 0xF);
        put(at + 16, byte >> 4);
    }
}

/// Passes on 32 values of 5 bits: 4 bytes with the high bits, then the nibbles.
fn fives(bytes: &[u8], mut put: impl FnMut(usize, u8)) {
    let high = u32::from_le_bytes(first(bytes));
    nibbles(&bytes[4..], |at, low| {
        put(at, low | ((high >> at & 1) as u8) << 4);
    });
}

/// Returns value `at` of a part of 32 values: the parts of a pair share their bytes.
fn nibble(bytes: &[u8], part: usize, at: usize) -> u8 {
    bytes[part / 2 * 32 + at] >> (part % 2 * 4) & 0xF
}

/// Writes the 8 parts of 32 values of a block with scales of 6 bits. `value` returns the value of a
/// part at a place.
fn super_block(block: &[u8], out: &mut [f32], value: impl Fn(usize, usize) -> u8) {
    let (scale, least) = (half(block), half(&block[2..]));
    let packed = &block[4..16];
    for (part, out) in out.chunks_exact_mut(32).enumerate() {
        let [scales, leasts] = match part.checked_sub(4) {
            None => [packed[part] & 0x3F, packed[part + 4] & 0x3F],
            Some(rest) => {
                let low = packed[rest + 8];
                [
                    low & 0xF | packed[rest] >> 2 & 0x30,
                    low >> 4 | packed[rest + 4] >> 2 & 0x30,
                ]
            }
        };
        let (scale, least) = (scale * f32::from(scales), least * f32::from(leasts));
        for (at, out) in out.iter_mut().enumerate() {
            *out = scale * f32::from(value(part, at)) - least;
        }
    }
}

/// Writes the 16 parts of 16 values of 6 bits of a block.
fn sixes(block: &[u8], out: &mut [f32]) {
    let (low, high, scales) = (&block[..128], &block[128..192], &block[192..208]);
    let scale = half(&block[208..]);
    for (at, out) in out.iter_mut().enumerate() {
        // Two halves of 128 values; in each, 64 bytes of nibbles and 32 of pairs of bits.
        let (side, place) = (at / 128, at % 128);
        let nibble = low[side * 64 + place % 64] >> (place / 64 * 4) & 0xF;
        let pair = high[side * 32 + place % 32] >> (place / 32 * 2) & 3;
        let value = f32::from(nibble | pair << 4) - 32.0;
        *out = scale * f32::from(scales[at / 16].cast_signed()) * value;
    }
}
