//! A population of instructions inside training (INSPO, arXiv 2512.01945): each episode draws one, and
//! rewards move the weights of those drawn.

use serde::{Deserialize, Serialize};

/// An instruction.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Member {
    /// The text.
    pub text: String,
    /// Moving average of the rewards under it, less those of all.
    pub weight: f64,
    /// Number of episodes that drew it.
    pub episodes: u64,
}

/// Instructions with weights.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Population {
    /// At least 1, the oldest first.
    pub members: Vec<Member>,
    /// Moving average of the rewards of all episodes; none before the first.
    pub baseline: Option<f64>,
}

impl Population {
    /// Returns a population of these texts.
    pub fn new(texts: &[String]) -> Self {
        let members = texts.iter().map(|text| Member::new(text.clone()));
        Self {
            members: members.collect(),
            baseline: None,
        }
    }

    /// Returns the probabilities of the members: softmax(weight / temperature).
    pub fn shares(&self, temperature: f64) -> Vec<f64> {
        let scaled = self.members.iter().map(|it| it.weight / temperature);
        let scaled: Vec<f64> = scaled.collect();
        let most = scaled.iter().copied().fold(f64::MIN, f64::max);
        let powers: Vec<f64> = scaled.iter().map(|it| (it - most).exp()).collect();
        let sum: f64 = powers.iter().sum();
        powers.into_iter().map(|power| power / sum).collect()
    }

    /// Returns the number of the member that a random number from 0 to 1 draws.
    pub fn draw(&self, temperature: f64, random: f64) -> usize {
        let mut sum = 0.0;
        let mut passed = |share: &f64| {
            sum += share;
            sum <= random
        };
        let shares = self.shares(temperature);
        let number = shares.iter().take_while(|share| passed(share)).count();
        number.min(self.members.len() - 1)
    }

    /// Counts the rewards of a step, as (member, reward), one for each episode. `momentum` is the share
    /// of a moving average that stays.
    pub fn reward(&mut self, rewards: &[(usize, f64)], momentum: f64) {
        if rewards.is_empty() {
            return;
        }
        let mean = rewards.iter().map(|(_, reward)| reward).sum::<f64>() / rewards.len() as f64;
        let baseline = self
            .baseline
            .map_or(mean, |own| momentum * own + (1.0 - momentum) * mean);
        for (number, reward) in rewards {
            let member = &mut self.members[*number];
            member.weight = momentum * member.weight + (1.0 - momentum) * (reward - baseline);
            member.episodes += 1;
        }
        self.baseline = Some(baseline);
    }

    /// Returns the number of the best member: the first of the highest weight.
    pub fn best(&self) -> usize {
        self.extreme(|one, other| one > other)
    }

    /// Returns the number of the worst member: the first of the lowest weight.
    pub fn worst(&self) -> usize {
        self.extreme(|one, other| one < other)
    }

    fn extreme(&self, beyond: fn(f64, f64) -> bool) -> usize {
        let mut found = 0;
        for (number, member) in self.members.iter().enumerate() {
            if beyond(member.weight, self.members[found].weight) {
                found = number;
            }
        }
        found
    }

    /// Adds a text as a member of average weight. The worst member leaves if there are `most`.
    pub fn admit(&mut self, text: String, most: usize) {
        if self.members.len() >= most {
            self.members.remove(self.worst());
        }
        self.members.push(Member::new(text));
    }
}

impl Member {
    fn new(text: String) -> Self {
        Self {
            text,
            weight: 0.0,
            episodes: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn population(weights: &[f64]) -> Population {
        let texts: Vec<String> = (0..weights.len()).map(|it| it.to_string()).collect();
        let mut population = Population::new(&texts);
        for (member, weight) in population.members.iter_mut().zip(weights) {
            member.weight = *weight;
        }
        population
    }

    /// zoo-b 5.9: w = (0, 0) and w = (.6, .2) at a temperature of .2.
    #[test]
    fn shares_are_a_softmax_of_weights() {
        assert_eq!(population(&[0.0, 0.0]).shares(0.2), [0.5, 0.5]);
        let shares = population(&[0.6, 0.2]).shares(0.2);
        assert!((shares[0] - 0.8808).abs() < 5e-5 && (shares[1] - 0.1192).abs() < 5e-5);
        assert_eq!(population(&[900.0, -900.0]).shares(0.2), [1.0, 0.0]);
    }

    #[test]
    fn each_member_is_drawn_by_its_share() {
        let population = population(&[0.6, 0.2]);
        assert_eq!(population.draw(0.2, 0.0), 0);
        assert_eq!(population.draw(0.2, 0.88), 0);
        assert_eq!(population.draw(0.2, 0.89), 1);
        assert_eq!(population.draw(0.2, 1.0), 1);
    }

    #[test]
    fn weights_follow_rewards_over_those_of_all() {
        let mut population = population(&[0.0, 0.0]);
        population.reward(&[(0, 0.9), (1, 0.1)], 0.9);
        assert_eq!(population.baseline, Some(0.5));
        let weights = |it: &Population| [it.members[0].weight, it.members[1].weight];
        let [good, bad] = weights(&population);
        assert!((good - 0.04).abs() < 1e-12 && (bad + 0.04).abs() < 1e-12);
        // A member that is not drawn keeps its weight.
        population.reward(&[(0, 1.0)], 0.9);
        assert!((population.baseline.unwrap_or_default() - 0.55).abs() < 1e-12);
        let [better, same] = weights(&population);
        assert!((better - (0.9 * good + 0.1 * 0.45)).abs() < 1e-12);
        assert_eq!(same, bad);
        let before = population.clone();
        population.reward(&[], 0.9);
        assert_eq!(population, before);
    }

    #[test]
    fn the_worst_leaves_for_a_newcomer_if_there_are_enough() {
        let mut population = population(&[0.3, -0.2, 0.1]);
        assert_eq!((population.best(), population.worst()), (0, 1));
        population.admit("new".into(), 4);
        assert_eq!(population.members.len(), 4);
        population.admit("newer".into(), 4);
        let texts: Vec<&str> = population
            .members
            .iter()
            .map(|it| it.text.as_str())
            .collect();
        assert_eq!(texts, ["0", "2", "new", "newer"]);
    }
}
