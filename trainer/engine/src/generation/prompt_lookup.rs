//! Drafts of tokens that a completion copies (prompt lookup decoding, Saxena 2023).
//!
//! Extracted facts and answers repeat parts of their prompt. A draft is what followed the last
//! tokens where they came before. The model reads it with the tokens before it, and the sequence
//! keeps what it would have sampled anyway, so samples are those of one token at a time.

/// The maximum number of last tokens that are compared. A longer match is no better.
const LONGEST: usize = 8;

/// The minimum number of last tokens that must come before. One token says too little.
const SHORTEST: usize = 2;

/// Returns up to `most` tokens that followed the longest earlier match of the last tokens; the
/// latest among equal matches. Returns nothing if fewer than [`SHORTEST`] tokens match.
pub(super) fn draft(tokens: &[u32], most: usize) -> &[u32] {
    let matched = |end: usize| {
        let pairs = tokens[..end].iter().rev().zip(tokens.iter().rev());
        pairs.take(LONGEST).take_while(|(a, b)| a == b).count()
    };
    let ends = SHORTEST..tokens.len().max(SHORTEST);
    match ends.max_by_key(|end| matched(*end)) {
        Some(end) if matched(end) >= SHORTEST => &tokens[end..(end + most).min(tokens.len())],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_what_followed_the_longest_match() {
        let tokens = [7, 1, 2, 3, 4, 9, 2, 3, 5, 9, 1, 2, 3];
        assert_eq!(draft(&tokens, 2), [4, 9]);
        assert_eq!(draft(&tokens, 100), &tokens[4..]);
        assert_eq!(draft(&tokens, 0), [0u32; 0]);
    }

    #[test]
    fn the_latest_of_equal_matches_counts() {
        assert_eq!(draft(&[1, 2, 8, 5, 1, 2, 9, 6, 1, 2], 1), [9]);
        // A repetition goes on.
        assert_eq!(draft(&[3, 3, 3], 4), [3]);
    }

    #[test]
    fn one_equal_token_is_no_match() {
        assert_eq!(draft(&[1, 2, 3, 2], 4), [0u32; 0]);
        assert_eq!(draft(&[1], 4), [0u32; 0]);
        assert_eq!(draft(&[], 4), [0u32; 0]);
    }
}
