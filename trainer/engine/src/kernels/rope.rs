//! Rotary position embeddings (Su et al., <https://arxiv.org/abs/2104.09864>) in Hugging Face's
//! layout: column i of a head rotates with column i + width / 2.

use crate::kernels::Heads;
use crate::kernels::simd::for_each_chunk;

/// The number of rows in a parallel chunk.
const ROWS: usize = 32;

/// Tables of cosines and sines by position.
#[derive(Debug)]
pub struct Rope {
    half: usize,
    cos: Vec<f32>,
    sin: Vec<f32>,
}

impl Rope {
    /// Returns tables for positions below `context`. A head has two columns for each of the
    /// `frequencies`, in radians per position. Angles are rounded to 32 bits before the cosine, as
    /// Hugging Face does; the difference shows at long positions.
    pub fn new(context: usize, frequencies: &[f64]) -> Self {
        let angles = (0..context).flat_map(|position| {
            frequencies
                .iter()
                .map(move |frequency| position as f32 * *frequency as f32)
        });
        let (cos, sin) = angles
            .map(|angle| (f64::from(angle).cos() as f32, f64::from(angle).sin() as f32))
            .unzip();
        Self {
            half: frequencies.len(),
            cos,
            sin,
        }
    }

    /// Returns the cosines or sines of each position, `[positions, width]`, for both halves of a
    /// head.
    pub(super) fn cos_sin_rows(&self, positions: &[u32], sines: bool) -> Vec<f32> {
        let table = if sines { &self.sin } else { &self.cos };
        let rows = positions.iter().map(|p| *p as usize * self.half);
        rows.flat_map(|start| {
            let row = &table[start..start + self.half];
            row.iter().chain(row).copied()
        })
        .collect()
    }

    /// Rotates the heads in `row` by a position, or back if `inverse`.
    #[inline(always)]
    fn rotate(&self, row: &mut [f32], position: u32, inverse: bool) {
        let start = position as usize * self.half;
        let cos = &self.cos[start..start + self.half];
        let sin = &self.sin[start..start + self.half];
        let sign = if inverse { -1.0 } else { 1.0 };
        for head in row.chunks_exact_mut(2 * self.half) {
            let (first, second) = head.split_at_mut(self.half);
            for (((a, b), c), s) in first.iter_mut().zip(second).zip(cos).zip(sin) {
                let s = s * sign;
                (*a, *b) = (*a * c - *b * s, *b * c + *a * s);
            }
        }
    }

    /// Rotates the queries and keys of rows `[queries | keys | values]`, one row per position.
    pub(super) fn rotate_rows(
        &self,
        rows: &mut [f32],
        positions: &[u32],
        heads: Heads,
        inverse: bool,
    ) {
        let columns = heads.columns();
        let rotated = (heads.queries + heads.keys) * heads.width;
        for_each_chunk(
            rows,
            ROWS * columns,
            #[inline(always)]
            |index, rows| {
                let positions = &positions[index * ROWS..];
                for (row, position) in rows.chunks_exact_mut(columns).zip(positions) {
                    self.rotate(&mut row[..rotated], *position, inverse);
                }
            },
        );
    }
}
