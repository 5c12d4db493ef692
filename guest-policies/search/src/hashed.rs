//! Words hashed into a vector, where there is no embedder (Weinberger et al. 2009).

use memloom_sdk::shares::hash;
use memloom_sdk::text::lower_words;

use crate::unit;

/// Returns a vector of length 1 with so many numbers, 1 or more: every word of the text adds or takes
/// one at the place of its hash. Texts without words give zeros.
pub fn hashed(text: &str, numbers: usize) -> Vec<f32> {
    let mut counts = vec![0.0; numbers];
    for word in lower_words(text) {
        let hash = hash(&word);
        let sign = if hash >> 63 == 0 { 1.0 } else { -1.0 };
        counts[(hash % numbers as u64) as usize] += sign;
    }
    unit(&counts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cosine;

    #[test]
    fn texts_are_alike_as_far_as_they_share_words() {
        let of = |text| hashed(text, 64);
        assert_eq!(of("Anna skis"), of("skis, ANNA!"));
        let likeness = |text| cosine(&of("Anna lives in Rome"), &of(text));
        assert!(likeness("Anna lives here") > 0.4);
        assert!(likeness("the weather was strange").abs() < 0.4);
    }

    #[test]
    fn a_text_without_words_has_no_direction() {
        assert_eq!(hashed(" ?! ", 3), [0.0; 3]);
        assert_eq!(hashed("word", 1).len(), 1);
    }
}
