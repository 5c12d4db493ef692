//! A ranking as a task.

use memloom_sdk::random::Random;

use crate::options::{Actions, Options};
use crate::scoring::ndcg;
use crate::shop::catalogue::{ASPECTS, CATEGORIES, Catalogue, Item};
use crate::shop::review::likes;
use crate::stream::{Memory, Task};
use crate::visit::{Outcome, Visit};

/// The category of all rankings.
pub const CATEGORY: &str = "ranking";
/// The number of items of a task.
const ITEMS: usize = 40;
/// The number of items that a taste likes but for one aspect.
const NEAR: usize = 9;
/// The number of items in the answer of a demonstrator.
const RANKED: usize = 10;

/// A ranking as a task.
pub struct Ranking {
    catalogue: Catalogue,
    person: String,
    category: usize,
    items: Vec<Item>,
    /// The place of the only relevant item.
    relevant: usize,
    sessions: Vec<u32>,
    steps: u32,
    actions: Actions,
}

impl Ranking {
    /// Draws the items of a task for a person's wish of a category; his taste comes with the
    /// sessions that told it.
    pub fn new(
        options: &Options,
        catalogue: Catalogue,
        (person, category): (String, usize),
        (liked, sessions): (Item, Vec<u32>),
        random: &mut Random,
    ) -> Self {
        let mut others: Vec<Item> = Item::all().filter(|&item| item != liked).collect();
        random.shuffle(&mut others);
        let near = |item: &Item| item.agreement(liked) + 1 == ASPECTS.len();
        let (mut items, far): (Vec<Item>, Vec<Item>) = others.into_iter().partition(near);
        items.truncate(NEAR);
        items.extend(far.into_iter().take(ITEMS - 1 - NEAR));
        random.shuffle(&mut items);
        let relevant = random.below(ITEMS as u64) as usize;
        items.insert(relevant, liked);
        Self {
            catalogue,
            person,
            category,
            items,
            relevant,
            sessions,
            steps: 1 + options.slack,
            actions: options.actions,
        }
    }

    fn describe(&self, place: usize) -> String {
        let item = self.catalogue.describe(self.category, self.items[place]);
        format!("i{}: {item}.", place + 1)
    }

    /// Returns the places of the items that an answer names, without repetitions and unknown
    /// ones.
    fn places(&self, answer: &str) -> Vec<usize> {
        let mut places = Vec::new();
        for word in answer.split(|c: char| c.is_whitespace() || c == ',') {
            let number = word.strip_prefix('i').and_then(|n| n.parse::<usize>().ok());
            let place = number.and_then(|number| number.checked_sub(1));
            if let Some(place) = place.filter(|&place| place < ITEMS && !places.contains(&place)) {
                places.push(place);
            }
        }
        places
    }
}

impl Task for Ranking {
    fn category(&self) -> &'static str {
        CATEGORY
    }

    fn sessions(&self) -> &[u32] {
        &self.sessions
    }

    fn instruction(&self) -> String {
        let items: Vec<String> = (0..ITEMS).map(|place| self.describe(place)).collect();
        format!(
            "{} wants a {}. Rank the items that fit, best first. {} Actions: {}.",
            self.person,
            CATEGORIES[self.category],
            items.join(" "),
            self.steps
        )
    }

    fn steps(&self) -> u32 {
        self.steps
    }

    fn choices(&self, _visit: &Visit) -> Vec<String> {
        (1..=ITEMS)
            .map(|number| format!("answer i{number}"))
            .collect()
    }

    fn act(&self, action: &str, visit: &mut Visit) -> String {
        let action = action.trim();
        let (verb, answer) = action.split_once(' ').unwrap_or((action, ""));
        if verb != "answer" {
            return "This is no action. Use answer with items, best first.".into();
        }
        let mut places = self.places(answer).into_iter();
        let rank = places.position(|place| place == self.relevant);
        let first = f32::from(rank == Some(0));
        visit.end(Outcome {
            reward: rank.map_or(0.0, |rank| ndcg(rank + 1)),
            em: first,
            f1: first,
        });
        match rank {
            Some(rank) => format!("You ranked it {}.", rank + 1),
            None => "You did not rank it.".into(),
        }
    }

    fn explanation(&self) -> String {
        format!("{} bought {}", self.person, self.describe(self.relevant))
    }

    fn advise(&self, memories: &[Memory<'_>], _visit: &Visit, random: &mut Random) -> String {
        let likes = likes(&self.catalogue, memories, &self.person);
        let fit = |item: &Item| {
            let values = item.0.iter().enumerate();
            let liked = values
                .filter(|&(aspect, value)| likes.get(&(self.category, aspect)) == Some(value));
            liked.count()
        };
        let mut places: Vec<usize> = (0..ITEMS).collect();
        random.shuffle(&mut places);
        places.sort_by_key(|&place| ASPECTS.len() - fit(&self.items[place]));
        places.truncate(match self.actions {
            Actions::Listed => 1,
            Actions::Open => RANKED,
        });
        let named: Vec<String> = places
            .iter()
            .map(|place| format!("i{}", place + 1))
            .collect();
        format!("answer {}", named.join(" "))
    }
}
