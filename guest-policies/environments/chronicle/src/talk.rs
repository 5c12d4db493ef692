//! Small talk, about which there are no questions. No sentence contains a cue or a value.

/// Everyday events without facts, and the possible words for `{x}`.
pub const EPHEMERA: [(&str, &[&str]); 16] = [
    ("I ate {x} for lunch today.", &FOOD),
    ("I cooked {x} for dinner last night.", &FOOD),
    ("I burned the {x} this evening.", &FOOD),
    ("We had {x} this morning.", &FOOD),
    ("I lost my {x} yesterday.", &THINGS),
    ("I bought a new {x} yesterday.", &THINGS),
    ("I forgot my {x} on the bus.", &THINGS),
    ("Somebody took my {x} by mistake.", &THINGS),
    ("I watched a {x} film last night.", &TEMPERS),
    ("I had a {x} day today.", &TEMPERS),
    ("I read a {x} book this week.", &TEMPERS),
    ("The weather was {x} this morning.", &TEMPERS),
    ("The {x} was late again today.", &TRANSPORT),
    ("I missed the {x} this morning.", &TRANSPORT),
    ("I slept badly last night.", &[]),
    ("It rained all day here.", &[]),
];

const FOOD: [&str; 8] = [
    "pizza", "soup", "pasta", "salad", "rice", "curry", "pancakes", "noodles",
];

const THINGS: [&str; 8] = [
    "umbrella", "wallet", "phone", "scarf", "jacket", "hat", "watch", "bag",
];

const TEMPERS: [&str; 6] = [
    "funny",
    "strange",
    "boring",
    "wonderful",
    "terrible",
    "quiet",
];

const TRANSPORT: [&str; 4] = ["bus", "train", "tram", "taxi"];

/// Small talk; `{n}` is the person addressed.
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
