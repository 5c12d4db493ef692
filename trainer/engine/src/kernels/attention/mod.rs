//! Fused attention over segments: no padding, no mask, nothing kept for the
//! backward pass but one number a head and query.
//!
//! Scores exist for a [`Block`] of queries and keys at a time, so that memory
//! grows with the length and not with its square. The work on a block is matrix
//! products of a few hundred by a few hundred by the width of a head: too small
//! for a general matrix library to pay, so they go through one register tile,
//! [`Tile::add`].

mod backward;
mod blocks;
pub(crate) mod chunked;
mod forward;

use self::blocks::Block;
pub(super) use self::forward::Attended;
use crate::kernels::Sight;

/// What the gradient of attention among the same tokens is computed from.
#[derive(Clone, Copy)]
pub(super) struct Remembered<'a> {
    /// Rotated rows [queries | keys | values].
    pub(super) rotated: &'a [f32],
    /// What the forward pass gave.
    pub(super) means: &'a [f32],
    /// What the forward pass gave.
    pub(super) log_sums: &'a [f32],
}

/// The loops for one width of a head.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loops {
    /// Attention of rotated rows [queries | keys | values] to key rows.
    pub(super) forward: fn(&Sight, &[f32], KeyRows<'_>) -> Attended,
    /// Gradient of the rotated rows, given that of the means.
    pub(super) backward: fn(&Sight, Remembered<'_>, &[f32]) -> Vec<f32>,
}

impl Loops {
    /// None for a width that has no fused loops.
    pub(super) fn of(width: usize) -> Option<Self> {
        match width {
            8 => Some(Self::compiled::<8>()),
            16 => Some(Self::compiled::<16>()),
            32 => Some(Self::compiled::<32>()),
            64 => Some(Self::compiled::<64>()),
            128 => Some(Self::compiled::<128>()),
            _ => None,
        }
    }

    fn compiled<const W: usize>() -> Self {
        Self {
            forward: forward::forward::<W>,
            backward: backward::backward::<W>,
        }
    }
}

/// Output rows that share the loads of a tile.
const ROWS: usize = 4;

/// Keys of a tile of scores.
const KEYS: usize = 32;

/// Rows of floats in which keys and values lie.
#[derive(Clone, Copy)]
pub(super) struct KeyRows<'a> {
    /// All rows.
    pub(super) data: &'a [f32],
    /// Length of a row.
    pub(super) columns: usize,
    /// Where the first head's key starts in a row.
    pub(super) keys: usize,
    /// Where the first head's value starts in a row.
    pub(super) values: usize,
}

/// A matrix operand: element (row, term) is at `row * by_row + term * by_term`.
#[derive(Clone, Copy)]
struct Operand<'a> {
    data: &'a [f32],
    by_row: usize,
    by_term: usize,
}

/// `R` rows of `W` sums that stay in registers.
struct Tile<const R: usize, const W: usize>([[f32; W]; R]);

impl<const R: usize, const W: usize> Tile<R, W> {
    #[inline(always)]
    fn zero() -> Self {
        Self([[0.0; W]; R])
    }

    /// Adds `left` [R, terms] times `right`, whose `terms` rows of `W` are
    /// `columns` apart.
    #[inline(always)]
    fn add(&mut self, left: Operand<'_>, terms: usize, right: &[f32], columns: usize) {
        for term in 0..terms {
            let row = &right[term * columns..][..W];
            for (r, sums) in self.0.iter_mut().enumerate() {
                let factor = left.data[r * left.by_row + term * left.by_term];
                for (sum, value) in sums.iter_mut().zip(row) {
                    *sum = factor.mul_add(*value, *sum);
                }
            }
        }
    }
}

/// Calls `$body` with `$R` and `$first` for tiles of rows that cover `$count`:
/// full tiles, then single rows.
macro_rules! for_each_tile {
    ($count:expr, |$R:ident, $first:ident| $body:block) => {{
        let count = $count;
        let full = count - count % ROWS;
        for $first in (0..full).step_by(ROWS) {
            const $R: usize = ROWS;
            $body
        }
        for $first in full..count {
            const $R: usize = 1;
            $body
        }
    }};
}
use for_each_tile;

/// One part of a block's keys or values, column by column, padded with zeros to a
/// multiple of [`KEYS`].
struct Transposed {
    data: Vec<f32>,
    /// Keys with padding.
    padded: usize,
}

impl Transposed {
    /// Of columns `start..start + width` of the block's keys.
    #[inline(always)]
    fn new(rows: KeyRows<'_>, block: &Block<'_>, start: usize, width: usize) -> Self {
        let padded = block.keys().next_multiple_of(KEYS);
        let mut data = vec![0.0; width * padded];
        for (at, key) in block.each_key().enumerate() {
            let row = &rows.data[key * rows.columns + start..][..width];
            for (column, value) in row.iter().enumerate() {
                data[column * padded + at] = *value;
            }
        }
        Self { data, padded }
    }
}

/// Products of the block's queries with its keys, [queries, padded]; of the
/// causal part only what is needed is right.
///
/// `queries` holds one query a row.
#[inline(always)]
fn scores(
    queries: Operand<'_>,
    width: usize,
    block: &Block<'_>,
    keys: &Transposed,
    into: &mut Vec<f32>,
) {
    let padded = keys.padded;
    into.clear();
    into.resize(block.queries.len() * padded, 0.0);
    for_each_tile!(block.queries.len(), |R, first| {
        let left = Operand {
            data: &queries.data[first * queries.by_row..],
            ..queries
        };
        for key in (0..block.visible(first + R - 1)).step_by(KEYS) {
            let mut tile = Tile::<R, KEYS>::zero();
            tile.add(left, width, &keys.data[key..], padded);
            for (r, sums) in tile.0.iter().enumerate() {
                into[(first + r) * padded + key..][..KEYS].copy_from_slice(sums);
            }
        }
    });
}

/// Sums the rows of the block's keys, weighted: row r of the result is
/// the sum over keys of `weights[first + r, key]` times the key's columns from
/// `start`. `weights` is [queries, padded] and 0 where a query does not see.
#[inline(always)]
fn weighted<const R: usize, const W: usize>(
    weights: &[f32],
    padded: usize,
    first: usize,
    rows: KeyRows<'_>,
    block: &Block<'_>,
    start: usize,
) -> Tile<R, W> {
    let visible = block.visible(first + R - 1);
    let mut tile = Tile::zero();
    let mut skipped = 0;
    for run in block.runs(visible) {
        let left = Operand {
            data: &weights[first * padded + skipped..],
            by_row: padded,
            by_term: 1,
        };
        let right = &rows.data[run.start * rows.columns + start..];
        tile.add(left, run.len(), right, rows.columns);
        skipped += run.len();
    }
    tile
}
