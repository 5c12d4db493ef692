//! Inputs for checks: random ones from a seed, and difficult ones.

/// A stream of random numbers. A clone continues with the same numbers.
#[derive(Clone)]
pub(crate) struct RandomStream(blake3::OutputReader);

impl RandomStream {
    /// Returns the stream of a seed for a purpose.
    pub(crate) fn new(seed: u64, purpose: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher
            .update(&seed.to_le_bytes())
            .update(purpose.as_bytes());
        Self(hasher.finalize_xof())
    }

    /// Returns 64 random bits.
    pub(crate) fn bits(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// Returns a number below `bound`, which must not be 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.bits() % bound as u64) as usize
    }

    /// Returns one of the items, which must not be empty.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// Returns a speaker's name.
    pub(crate) fn speaker(&mut self) -> &'static str {
        SPEAKERS[self.below(SPEAKERS.len())]
    }

    /// Returns a text in a random script.
    pub(crate) fn script(&mut self) -> &'static str {
        SCRIPTS[self.below(SCRIPTS.len())]
    }

    /// Returns a sentence of `words` words, all ASCII.
    pub(crate) fn sentence(&mut self, words: usize) -> String {
        let drawn: Vec<&str> = (0..words).map(|_| WORDS[self.below(WORDS.len())]).collect();
        drawn.join(" ")
    }
}

const WORDS: [&str; 24] = [
    "Anna", "lives", "in", "Oslo", "now", "and", "works", "as", "a", "baker", "likes", "chess",
    "moved", "to", "Rome", "has", "the", "dog", "Rex", "on", "May", "12", "not", "yet",
];

/// The speakers of random turns.
const SPEAKERS: [&str; 3] = ["Anna", "Ben", "Cleo Marie"];

/// Texts in many scripts, and texts that are often handled wrongly.
pub(crate) const SCRIPTS: [&str; 12] = [
    "Grüße aus Køge, señor Đorđe",
    "我住在北京,喜欢下棋",
    "अन्ना दिल्ली में रहती है",
    "أنا أعيش في القاهرة",
    "Ана живее в София",
    "아나는 서울에 산다",
    "family 👩‍👩‍👧‍👦 and 🏳️‍🌈 and 🇳🇴",
    "combining e\u{301}\u{323} and a\u{30a}",
    "zero\u{200b}width\u{200d}and\u{feff}marks",
    "right-to-left \u{202e}override\u{202c}",
    "a NUL \0 inside",
    "\u{10ffff} last of all",
];

/// Texts that are no JSON object.
pub(crate) const NO_OBJECTS: [&str; 8] =
    ["", "{", "[]", "null", "3", "\"text\"", "{\"a\" 1}", "{}{}"];

/// Returns a text of about a megabyte.
pub(crate) fn huge() -> String {
    "a long story ".repeat(80_000)
}

/// Returns the beginning of a text, for messages.
pub(crate) fn excerpt(text: &str) -> String {
    let beginning: String = text.chars().take(40).collect();
    let rest = if beginning.len() < text.len() {
        "…"
    } else {
        ""
    };
    format!("{beginning:?}{rest}")
}
