//! Sentences that nobody will ask about. None contains a cue or a value.

/// What passed and leaves nothing to remember. `{x}` is one of the words.
pub struct Passing {
    /// The sentence.
    pub sentence: &'static str,
    /// What may stand for `{x}`.
    pub words: &'static [&'static str],
}

/// Everyday events.
pub const EPHEMERA: [Passing; 16] = [
    Passing { sentence: "I ate {x} for lunch today.", words: &FOOD },
    Passing { sentence: "I cooked {x} for dinner last night.", words: &FOOD },
    Passing { sentence: "I burned the {x} this evening.", words: &FOOD },
    Passing { sentence: "We had {x} this morning.", words: &FOOD },
    Passing { sentence: "I lost my {x} yesterday.", words: &THINGS },
    Passing { sentence: "I bought a new {x} yesterday.", words: &THINGS },
    Passing { sentence: "I forgot my {x} on the bus.", words: &THINGS },
    Passing { sentence: "Somebody took my {x} by mistake.", words: &THINGS },
    Passing { sentence: "I watched a {x} film last night.", words: &TEMPERS },
    Passing { sentence: "I had a {x} day today.", words: &TEMPERS },
    Passing { sentence: "I read a {x} book this week.", words: &TEMPERS },
    Passing { sentence: "The weather was {x} this morning.", words: &TEMPERS },
    Passing { sentence: "The {x} was late again today.", words: &TRANSPORT },
    Passing { sentence: "I missed the {x} this morning.", words: &TRANSPORT },
    Passing { sentence: "I slept badly last night.", words: &[] },
    Passing { sentence: "It rained all day here.", words: &[] },
];

const FOOD: [&str; 8] = [
    "pizza", "soup", "pasta", "salad", "rice", "curry", "pancakes", "noodles",
];

const THINGS: [&str; 8] = [
    "umbrella", "wallet", "phone", "scarf", "jacket", "hat", "watch", "bag",
];

const TEMPERS: [&str; 6] = ["funny", "strange", "boring", "wonderful", "terrible", "quiet"];

const TRANSPORT: [&str; 4] = ["bus", "train", "tram", "taxi"];

/// Small talk; `{n}` is whom it is said to.
pub const TALK: [&str; 20] = [
    "How are you today, {n}?",
    "That sounds great, {n}, well done.",
    "Thanks for asking, I am fine.",
    "What a nice day it is.",
    "I am happy to see you, {n}.",
    "Good to hear from you again, {n}.",
    "See you soon, {n}, take care.",
    "Really, tell me more about it.",
    "Let us talk again next week.",
    "You are right about that, {n}.",
    "I hope you had a good week.",
    "That made me laugh so much.",
    "I thought about you yesterday, {n}.",
    "It is good to be here.",
    "Did you sleep well, {n}?",
    "I did not know that, {n}.",
    "Oh, that is hard to believe.",
    "We should meet more often, {n}.",
    "I am a little tired today.",
    "You always say that, {n}.",
];
