//! The demonstrated use of experiences.

use crate::shown::Shown;

/// Returns the numbers of the experiences that a demonstrator prunes before an action: those without
/// all of its words, where another one has them.
pub fn pruned(shown: &Shown, action: &str) -> Vec<usize> {
    let fits = |number: &usize| {
        let mut all = shown.experiences().iter();
        all.any(|it| it.number == *number && it.has_words_of(action))
    };
    let numbers = shown.experiences().iter().map(|it| it.number);
    let (kept, pruned): (Vec<usize>, Vec<usize>) = numbers.partition(fits);
    match kept.is_empty() {
        true => Vec::new(),
        false => pruned,
    }
}
