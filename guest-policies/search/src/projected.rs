//! Vectors of fewer numbers, by a random projection (Achlioptas 2003).

use memloom_sdk::random::splitmix64;

/// Multiplies a vector by a fixed matrix of 1 and -1 with so many rows, which keeps angles about as they
/// are. Lengths grow with the number of rows.
pub fn projected(vector: &[f32], rows: usize) -> Vec<f32> {
    let mut sums = vec![0.0; rows];
    let mut state = 0;
    for &x in vector {
        for block in sums.chunks_mut(64) {
            let bits = splitmix64(&mut state);
            for (place, sum) in block.iter_mut().enumerate() {
                *sum += if bits >> place & 1 == 1 { x } else { -x };
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cosine;

    #[test]
    fn angles_stay_about_as_they_are() {
        let one: Vec<f32> = (0..300).map(|place| (place % 7) as f32 - 3.0).collect();
        let other: Vec<f32> = (0..300).map(|place| (place % 5) as f32 - 2.0).collect();
        let both: Vec<f32> = one.iter().zip(&other).map(|(x, y)| x + y).collect();
        for (a, b) in [(&one, &other), (&one, &both), (&both, &both)] {
            let near = [a, b].map(|long| projected(long, 128));
            assert_eq!(near[0].len(), 128);
            let off = cosine(&near[0], &near[1]) - cosine(a, b);
            assert!(off.abs() < 0.2, "{off}");
        }
    }
}
