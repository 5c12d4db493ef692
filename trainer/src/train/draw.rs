//! The draw of a step's episodes.

use std::collections::BTreeMap;

use rand::Rng;
use rand::seq::IndexedRandom;

use crate::config::DrawSection;

/// Returns an episode that is rolled out again: one whose last mean return lies in the section's
/// range, or none if the next episode of the split is to be taken.
pub fn again(
    section: &DrawSection,
    returns: &BTreeMap<u64, f64>,
    random: &mut impl Rng,
) -> Option<u64> {
    if section.share == 0.0 || !random.random_bool(section.share) {
        return None;
    }
    let range = section.low..=section.high;
    let fit = returns.iter().filter(|(_, value)| range.contains(value));
    let fit: Vec<u64> = fit.map(|(index, _)| *index).collect();
    fit.choose(random).copied()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    #[test]
    fn episodes_in_the_range_are_drawn_again() {
        let returns = BTreeMap::from([(0, 0.0), (1, 0.05), (2, 0.5), (3, 0.75), (4, 0.9)]);
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut drawn = |share, returns: &BTreeMap<u64, f64>| -> BTreeSet<Option<u64>> {
            let section = DrawSection {
                share,
                ..DrawSection::default()
            };
            (0..100)
                .map(|_| again(&section, returns, &mut random))
                .collect()
        };
        assert_eq!(
            drawn(1.0, &returns),
            BTreeSet::from([Some(1), Some(2), Some(3)])
        );
        assert_eq!(drawn(0.0, &returns), BTreeSet::from([None]));
        assert!(drawn(0.5, &returns).contains(&None));
        assert_eq!(
            drawn(1.0, &BTreeMap::from([(7, 1.0)])),
            BTreeSet::from([None])
        );
    }
}
