//! Cosine similarity.

/// Returns the cosine of two vectors of one length, in [-1, 1]; 0 if one of them is
/// zero.
pub fn cosine(a: &[f32], b: &[f32]) -> f32 {
    // In f64 no sum of squares of finite f32 overflows.
    let dot = |x: &[f32], y: &[f32]| -> f64 {
        let products = x.iter().zip(y).map(|(&x, &y)| f64::from(x) * f64::from(y));
        products.sum()
    };
    let norms = dot(a, a).sqrt() * dot(b, b).sqrt();
    if norms > 0.0 {
        // Adding 0 makes -0 a 0, so that equal scores tie.
        (dot(a, b) / norms).clamp(-1.0, 1.0) as f32 + 0.0
    } else {
        0.0
    }
}

/// Returns a vector of length 1 of the same direction; of zeros if it has none.
pub fn unit(vector: &[f32]) -> Vec<f32> {
    let squares = vector.iter().map(|&x| f64::from(x) * f64::from(x));
    let length = squares.sum::<f64>().sqrt();
    let scaled = |&x: &f32| match length > 0.0 {
        true => (f64::from(x) / length) as f32,
        false => 0.0,
    };
    vector.iter().map(scaled).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_has_length_one_unless_there_is_no_direction() {
        assert_eq!(unit(&[3.0, -4.0]), [0.6, -0.8]);
        assert_eq!(unit(&[f32::MAX, 0.0]), [1.0, 0.0]);
        assert_eq!(unit(&[0.0, 0.0]), [0.0, 0.0]);
    }

    #[test]
    fn only_direction_counts() {
        assert!((cosine(&[1.0, 1.0], &[3.0, 3.0]) - 1.0).abs() < 1e-6);
        assert!((cosine(&[1.0, 0.0], &[1.0, 1.0]) - 0.5_f32.sqrt()).abs() < 1e-6);
        assert!((cosine(&[1.0, 0.0], &[-2.0, 0.0]) + 1.0).abs() < 1e-6);
        assert_eq!(cosine(&[0.0, 0.0], &[1.0, 0.0]), 0.0);
    }

    #[test]
    fn huge_vectors_have_a_likeness_too() {
        assert!((cosine(&[f32::MAX, f32::MAX], &[f32::MAX, f32::MAX]) - 1.0).abs() < 1e-6);
    }
}
