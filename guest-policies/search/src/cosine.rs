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

#[cfg(test)]
mod tests {
    use super::*;

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
