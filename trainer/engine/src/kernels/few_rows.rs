//! Products of few rows on the CPU.
//!
//! Decoding multiplies one row per sequence with every matrix. These products read each weight
//! once, and are as fast as memory. A general matrix library copies the weights first, and uses one
//! thread.

use burn::tensor::{Tensor, TensorData};
use burn_flex::Flex;
use rayon::prelude::*;

use crate::kernels::flex_tensors::{as_slice, contiguous, from_primitive};
use crate::kernels::right_factor::RightFactor;
use crate::kernels::simd::{sum_lanes, vectorized};

/// The number of rows from which on a general matrix library is faster.
const FEW: usize = 16;

/// The number of rows, and of columns, whose sums are in registers at once.
const TILE: usize = 4;

/// The number of partial sums of an element. It is fixed, so that rounding is the same everywhere.
const LANES: usize = 16;

/// The number of columns of a task.
const TASK_COLUMNS: usize = 64;

/// A right factor whose columns are consecutive in memory.
#[derive(Debug)]
pub(super) struct ByColumn {
    /// `[columns, terms]`.
    columns: Tensor<Flex, 2>,
}

impl ByColumn {
    /// Lays out a matrix, `[terms, columns]`, by column. Returns the matrix itself where it is.
    pub(super) fn new(matrix: Tensor<Flex, 2>) -> Self {
        let columns = contiguous(matrix.transpose());
        Self {
            columns: from_primitive(columns),
        }
    }
}

impl RightFactor<Flex> for ByColumn {
    fn product(&self, left: Tensor<Flex, 2>) -> Tensor<Flex, 2> {
        let ([rows, terms], [columns, _]) = (left.dims(), self.columns.dims());
        if rows > FEW {
            return left.matmul(self.columns.clone().transpose());
        }
        let device = left.device();
        let (left, right) = (contiguous(left), contiguous(self.columns.clone()));
        let by_column = product(as_slice(&left), as_slice(&right), terms);
        let mut product = vec![0.0; rows * columns];
        for (column, sums) in by_column.chunks_exact(rows).enumerate() {
            for (row, sum) in sums.iter().enumerate() {
                product[row * columns + column] = *sum;
            }
        }
        Tensor::from_data(TensorData::new(product, [rows, columns]), &device)
    }
}

/// Computes the products of the rows of `left`, `[rows, terms]`, with the rows of `right`,
/// `[columns, terms]`: `[columns, rows]`.
fn product(left: &[f32], right: &[f32], terms: usize) -> Vec<f32> {
    let (rows, columns) = (left.len() / terms, right.len() / terms);
    let mut product = vec![0.0; rows * columns];
    let tasks = product.par_chunks_mut(TASK_COLUMNS * rows);
    let right = right.par_chunks(TASK_COLUMNS * terms);
    tasks.zip(right).for_each(|(sums, right)| {
        vectorized(
            #[inline(always)]
            || {
                let sums = sums.chunks_mut(TILE * rows);
                for (sums, right) in sums.zip(right.chunks(TILE * terms)) {
                    if right.len() == TILE * terms {
                        columns_of::<TILE>(left, right, terms, sums);
                    } else {
                        for (sums, right) in sums.chunks_mut(rows).zip(right.chunks(terms)) {
                            columns_of::<1>(left, right, terms, sums);
                        }
                    }
                }
            },
        );
    });
    product
}

/// Computes `C` columns of a product, `[C, rows]`.
#[inline(always)]
fn columns_of<const C: usize>(left: &[f32], right: &[f32], terms: usize, sums: &mut [f32]) {
    let rows = left.len() / terms;
    for (number, left) in left.chunks(TILE * terms).enumerate() {
        let sums = &mut sums[number * TILE..];
        match left.len() / terms {
            4 => tile::<4, C>(left, right, terms, sums, rows),
            3 => tile::<3, C>(left, right, terms, sums, rows),
            2 => tile::<2, C>(left, right, terms, sums, rows),
            _ => tile::<1, C>(left, right, terms, sums, rows),
        }
    }
}

/// Computes `R` rows of `C` columns, which are `by_column` apart in `into`.
#[inline(always)]
fn tile<const R: usize, const C: usize>(
    left: &[f32],
    right: &[f32],
    terms: usize,
    into: &mut [f32],
    by_column: usize,
) {
    let mut sums = [[[0.0f32; LANES]; C]; R];
    let whole = terms - terms % LANES;
    for term in (0..whole).step_by(LANES) {
        for (r, sums) in sums.iter_mut().enumerate() {
            let left = &left[r * terms + term..][..LANES];
            for (c, sums) in sums.iter_mut().enumerate() {
                let right = &right[c * terms + term..][..LANES];
                for ((sum, a), b) in sums.iter_mut().zip(left).zip(right) {
                    *sum = a.mul_add(*b, *sum);
                }
            }
        }
    }
    for (r, sums) in sums.iter_mut().enumerate() {
        for (c, sums) in sums.iter_mut().enumerate() {
            for (lane, term) in (whole..terms).enumerate() {
                sums[lane] = left[r * terms + term].mul_add(right[c * terms + term], sums[lane]);
            }
            into[c * by_column + r] = sum_lanes(*sums);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn products_of_few_rows_are_the_sums_of_their_terms(
            (rows, terms, columns) in (1usize..=FEW, 1usize..70, 1usize..200),
        ) {
            let numbers = |count: usize, salt: usize| -> Vec<f32> {
                let of = |at: usize| ((at * 7_919 + salt) % 2_003) as f32 / 1_001.0 - 1.0;
                (0..count).map(of).collect()
            };
            let (left, right) = (numbers(rows * terms, 1), numbers(terms * columns, 2));
            let device = Default::default();
            let tensor = |values: &[f32], shape: [usize; 2]| {
                Tensor::<Flex, 2>::from_data(TensorData::new(values.to_vec(), shape), &device)
            };
            let factor = ByColumn::new(tensor(&right, [terms, columns]));
            let product = factor.product(tensor(&left, [rows, terms]));
            let product: Vec<f32> = product.into_data().iter().collect();
            for row in 0..rows {
                for column in 0..columns {
                    let pairs = (0..terms).map(|term| {
                        f64::from(left[row * terms + term])
                            * f64::from(right[term * columns + column])
                    });
                    let sum: f64 = pairs.sum();
                    let found = f64::from(product[row * columns + column]);
                    prop_assert!((found - sum).abs() <= 1e-5, "{found} and {sum}");
                }
            }
        }
    }
}
