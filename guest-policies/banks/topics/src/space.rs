//! The space of the reranker: a text or an embedding as a vector of length 1.

use memloom_sdk::random::splitmix64;
use memloom_search::{hashed, unit};

/// Returns the vector of a text that has an embedding or none. Words are hashed to `dimension`
/// numbers; an embedding with more is projected to as many, one with fewer stays.
pub fn vector(text: &str, embedding: Option<&[f32]>, dimension: usize) -> Vec<f32> {
    match embedding {
        None => hashed(text, dimension),
        Some(embedding) if embedding.len() <= dimension => unit(embedding),
        Some(embedding) => unit(&projected(&unit(embedding), dimension)),
    }
}

/// Multiplies a vector by a fixed matrix of 1 and -1 (Achlioptas 2003), which keeps angles about as
/// they are.
fn projected(vector: &[f32], dimension: usize) -> Vec<f32> {
    let mut sums = vec![0.0; dimension];
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
    use memloom_search::cosine;

    #[test]
    fn short_embeddings_stay_and_long_ones_keep_their_angles() {
        assert_eq!(vector("", Some(&[3.0, 4.0]), 2), [0.6, 0.8]);
        let one: Vec<f32> = (0..300).map(|place| (place % 7) as f32 - 3.0).collect();
        let other: Vec<f32> = (0..300).map(|place| (place % 5) as f32 - 2.0).collect();
        let both: Vec<f32> = one.iter().zip(&other).map(|(x, y)| x + y).collect();
        for (a, b) in [(&one, &other), (&one, &both), (&both, &both)] {
            let near = [a, b].map(|long| vector("", Some(long), 128));
            assert_eq!(near[0].len(), 128);
            let off = cosine(&near[0], &near[1]) - cosine(a, b);
            assert!(off.abs() < 0.2, "{off}");
        }
    }

    #[test]
    fn a_text_without_an_embedding_is_its_hashed_words() {
        assert_eq!(vector("Anna skis.", None, 8), hashed("anna skis", 8));
    }
}
