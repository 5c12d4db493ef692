//! Splits of a user's data by a hash of ids, so that what belongs to a split does not depend on
//! the rest of the file.

use serde::Deserialize;

use crate::generated::Split;
use crate::random::splitmix64;
use crate::types::Error;

/// The percentages of `train`, `validation` and `held-out`. By default all is held out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Shares([u32; 3]);

impl Default for Shares {
    fn default() -> Self {
        Self([0, 0, 100])
    }
}

impl Shares {
    /// Checks that the percentages add up to 100; `whose` is the environment's name.
    ///
    /// # Errors
    /// [`Error::Invalid`] if they do not.
    pub fn check(self, whose: &str) -> Result<(), Error> {
        if self.0.iter().map(|&share| u64::from(share)).sum::<u64>() == 100 {
            return Ok(());
        }
        let [train, validation, held_out] = self.0;
        Err(Error::Invalid(format!(
            "{whose}'s `split` is [{train}, {validation}, {held_out}]: give three percentages, \
             of train, validation and held-out, that add up to 100"
        )))
    }

    /// Returns the split of an id.
    pub fn split_of(self, id: &str) -> Split {
        let [train, validation, _] = self.0;
        match hash(id) % 100 {
            place if place < u64::from(train) => Split::Train,
            place if place < u64::from(train) + u64::from(validation) => Split::Validation,
            _ => Split::HeldOut,
        }
    }
}

/// Returns a hash of a text that is the same everywhere: FNV-1a, mixed.
pub fn hash(text: &str) -> u64 {
    let mut hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    splitmix64(&mut hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_split_about_as_the_percentages_say() {
        let shares = Shares([60, 10, 30]);
        let mut counts = [0; 3];
        for number in 0..10_000 {
            counts[shares.split_of(&format!("q{number}")) as usize] += 1;
        }
        for (count, share) in counts.into_iter().zip(shares.0) {
            assert!(share.abs_diff(count / 100) <= 1, "{counts:?}");
        }
    }

    #[test]
    fn by_default_all_is_held_out() {
        assert_eq!(Shares::default().check("diary"), Ok(()));
        assert_eq!(Shares::default().split_of("q1"), Split::HeldOut);
    }

    #[test]
    fn percentages_that_do_not_add_up_are_refused() {
        for shares in [[50, 50, 50], [u32::MAX, 1, 100]] {
            let [train, validation, held_out] = shares;
            assert_eq!(
                Shares(shares).check("diary"),
                Err(Error::Invalid(format!(
                    "diary's `split` is [{train}, {validation}, {held_out}]: give three \
                     percentages, of train, validation and held-out, that add up to 100"
                )))
            );
        }
    }
}
