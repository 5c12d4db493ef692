//! Advisers: what they charge, what they know, and what they say of themselves.

use memloom_sdk::random::Random;

use crate::questions::kind::DOMAINS;

/// The highest price of a question, in coins.
const HIGHEST_PRICE: u64 = 5;

/// The probability that an adviser is right in a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Competence {
    /// Right 95 times in 100.
    Good,
    /// Right 60 times in 100.
    Fair,
    /// Right 20 times in 100.
    Poor,
}

impl Competence {
    /// Returns the probability that a fact is known.
    #[must_use]
    pub fn probability(self) -> f64 {
        match self {
            Self::Good => 0.95,
            Self::Fair => 0.6,
            Self::Poor => 0.2,
        }
    }
}

/// An adviser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adviser {
    /// The name.
    pub name: String,
    /// The price of a question, in coins.
    pub price: u32,
    /// The competence by domain.
    pub competence: [Competence; DOMAINS.len()],
    /// The domains that he says he is good at; he is at least good at those of his own.
    pub claims: [bool; DOMAINS.len()],
}

/// Draws advisers with these names. At least one is good at each domain.
#[must_use]
pub fn draw(names: &[String], honesty: f64, random: &mut Random) -> Vec<Adviser> {
    let best = DOMAINS.map(|_| random.below(names.len() as u64) as usize);
    let drawn = names.iter().enumerate().map(|(place, name)| {
        let price = 1 + random.below(HIGHEST_PRICE) as u32;
        let competence = best.map(|best| match random.below(4) {
            _ if best == place => Competence::Good,
            0 => Competence::Good,
            1 => Competence::Fair,
            _ => Competence::Poor,
        });
        let claims =
            competence.map(|competence| competence == Competence::Good || !random.chance(honesty));
        Adviser {
            name: name.clone(),
            price,
            competence,
            claims,
        }
    });
    drawn.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advisers(honesty: f64) -> Vec<Adviser> {
        let names = ["Doctor Drake", "Aunt Lark", "Judge Hawk"].map(String::from);
        let drawn = (0..200).flat_map(|seed| draw(&names, honesty, &mut Random::new(seed)));
        drawn.collect()
    }

    fn flattering(honesty: f64) -> usize {
        let claimed = advisers(honesty)
            .into_iter()
            .flat_map(|adviser| adviser.claims.into_iter().zip(adviser.competence));
        claimed
            .filter(|&(claims, competence)| claims && competence != Competence::Good)
            .count()
    }

    #[test]
    fn somebody_is_good_at_everything() {
        for three in advisers(0.5).chunks(3) {
            for domain in 0..DOMAINS.len() {
                let good = |adviser: &Adviser| adviser.competence[domain] == Competence::Good;
                assert!(three.iter().any(good));
            }
        }
    }

    #[test]
    fn the_honest_never_flatter_and_others_always_do() {
        assert_eq!(flattering(1.0), 0);
        assert!(flattering(0.5) > 200);
        assert!(
            advisers(0.0)
                .iter()
                .all(|adviser| adviser.claims == [true; 3])
        );
    }
}
