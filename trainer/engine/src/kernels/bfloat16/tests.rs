#![allow(clippy::unwrap_used, reason = "tests")]

use burn::tensor::{Tensor, TensorData};
use burn_flex::Flex;
use half::bf16;
use proptest::prelude::*;

use super::*;
use crate::kernels::bfloat16::product::Right;
use crate::kernels::right_factor::RightFactor;

/// Returns numbers of both signs and several orders of size.
fn numbers(count: usize, salt: usize) -> Vec<f32> {
    let of = |at: usize| {
        let mixed = (at * 7_919 + salt * 104_729) % 2_003;
        (mixed as f32 / 1_001.0 - 1.0) * 2f32.powi((mixed % 7) as i32 - 3)
    };
    (0..count).map(of).collect()
}

fn rounded(value: f32) -> f64 {
    f64::from(bf16::from_f32(value).to_f32())
}

/// Returns the ways in which instructions split elements.
fn splits(instructions: Instructions) -> Vec<Split> {
    match instructions {
        Instructions::Amx => vec![Split::Nearest, Split::Three],
        Instructions::Avx512 => vec![Split::Nearest],
    }
}

proptest! {
    #[test]
    fn products_in_three_parts_are_as_exact_as_32_bits(
        (rows, terms, columns) in (1usize..70, 1usize..200, 1usize..70),
        [left_by_row, right_by_row] in any::<[bool; 2]>(),
    ) {
        let device = Default::default();
        let of = |salt, by_row, shape: [usize; 2]| {
            let values = numbers(shape[0] * shape[1], salt);
            // Numbers that need all 24 bits.
            let values: Vec<f32> = values.iter().map(|value| value / 3.0).collect();
            match by_row {
                true => Tensor::<Flex, 2>::from_data(TensorData::new(values, shape), &device),
                false => Tensor::from_data(TensorData::new(values, [shape[1], shape[0]]), &device)
                    .transpose(),
            }
        };
        let left = of(1, left_by_row, [rows, terms]);
        let right = of(2, right_by_row, [terms, columns]);
        let [a, b] = [&left, &right].map(|factor| factor.to_data().to_vec::<f32>().unwrap());
        for instructions in Instructions::available() {
            if !splits(instructions).contains(&Split::Three) {
                continue;
            }
            let product =
                instructions.product_of_tensors(left.clone(), right.clone(), Split::Three);
            let product = product.into_data().to_vec::<f32>().unwrap();
            for row in 0..rows {
                for column in 0..columns {
                    let pairs = (0..terms).map(|term| {
                        f64::from(a[row * terms + term]) * f64::from(b[term * columns + column])
                    });
                    let (sum, scale) = pairs.fold((0.0, 0.0), |(sum, scale), pair: f64| {
                        (sum + pair, scale + pair.abs())
                    });
                    let found = f64::from(product[row * columns + column]);
                    // Roundings of sums in 32 bits add up like a random walk.
                    let roundings = 3.0 + (terms as f64).sqrt();
                    prop_assert!(
                        (found - sum).abs() <= roundings * 2f64.powi(-24) * scale,
                        "{} and {} at {},{} of {}", found, sum, row, column, scale
                    );
                }
            }
        }
    }

    #[test]
    fn products_are_the_sums_of_rounded_terms_for_any_shape_and_stride(
        (rows, terms, columns) in (1usize..70, 1usize..100, 1usize..70),
        [left_by_row, right_by_row] in any::<[bool; 2]>(),
        pre_rounded in any::<bool>(),
    ) {
        let left = numbers(rows * terms, 1);
        let right = numbers(terms * columns, 2);
        let strides = |by_row: bool, rows: usize, columns: usize| match by_row {
            true => (columns, 1),
            false => (1, rows),
        };
        let (left_row, left_column) = strides(left_by_row, rows, terms);
        let (right_row, right_column) = strides(right_by_row, terms, columns);
        let narrow: Vec<bf16> = right.iter().map(|value| bf16::from_f32(*value)).collect();
        for instructions in Instructions::available() {
            let product = instructions.product(
                Operand {
                    elements: Elements::Float32(&left),
                    lanes: rows,
                    terms,
                    by_lane: left_row,
                    by_term: left_column,
                },
                Right::Elements(Operand {
                    elements: match pre_rounded {
                        true => Elements::BFloat16(&narrow),
                        false => Elements::Float32(&right),
                    },
                    lanes: columns,
                    terms,
                    by_lane: right_column,
                    by_term: right_row,
                }),
                Split::Nearest,
            );
            prop_assert_eq!(product.len(), rows * columns);
            for row in 0..rows {
                for column in 0..columns {
                    let pairs = (0..terms).map(|term| {
                        let left = left[row * left_row + term * left_column];
                        rounded(left) * rounded(right[term * right_row + column * right_column])
                    });
                    let (sum, scale) = pairs.fold((0.0, 0.0), |(sum, scale), pair: f64| {
                        (sum + pair, scale + pair.abs())
                    });
                    let found = f64::from(product[row * columns + column]);
                    prop_assert!(
                        (found - sum).abs() <= 1e-6 * scale,
                        "{:?}: {} and {} at {},{}", instructions, found, sum, row, column
                    );
                }
            }
        }
    }
}

#[test]
fn a_packed_factor_gives_the_same_bytes() {
    let device = Default::default();
    for (rows, terms, columns) in [(1, 1, 1), (3, 64, 40), (40, 100, 300), (70, 33, 65)] {
        let of =
            |values, shape| Tensor::<Flex, 2>::from_data(TensorData::new(values, shape), &device);
        let left = of(numbers(rows * terms, 1), [rows, terms]);
        for right in [
            of(numbers(terms * columns, 2), [terms, columns]),
            of(numbers(terms * columns, 3), [columns, terms]).transpose(),
        ] {
            for instructions in Instructions::available() {
                let product =
                    instructions.product_of_tensors(left.clone(), right.clone(), Split::Nearest);
                let packed = Packed::new(instructions, right.clone()).product(left.clone());
                assert_eq!(packed.into_data(), product.into_data());
            }
        }
    }
}

#[test]
fn no_number_stays_none_and_infinity_stays_infinite() {
    let one = [1.0f32];
    for instructions in Instructions::available() {
        for (value, expected) in [
            (f32::INFINITY, f32::INFINITY),
            (f32::MAX, f32::INFINITY),
            (-f32::INFINITY, -f32::INFINITY),
            (f32::NAN, f32::NAN),
            (f32::from_bits(0x7f80_0001), f32::NAN),
        ] {
            let value = [value];
            let single = |elements| Operand {
                elements,
                lanes: 1,
                terms: 1,
                by_lane: 1,
                by_term: 1,
            };
            let left = single(Elements::Float32(&value));
            for split in splits(instructions) {
                let right = Right::Elements(single(Elements::Float32(&one)));
                let product = instructions.product(left, right, split);
                match split {
                    Split::Nearest => {
                        assert_eq!(product[0].is_nan(), expected.is_nan());
                        assert!(expected.is_nan() || product[0] == expected, "{product:?}");
                    }
                    Split::Three => assert!(product[0].is_nan()),
                }
            }
        }
    }
}
