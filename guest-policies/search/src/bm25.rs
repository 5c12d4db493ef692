//! Search by words: BM25 (Robertson and Zaragoza 2009) over an index that every write
//! updates.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};

use memloom_text::words as text;

/// The saturation of repeated words, with the value of most search engines.
const K1: f32 = 1.2;
/// The discount of long texts, with the value of most search engines.
const B: f32 = 0.75;

/// Words that are too common to distinguish texts, and the rests of clitics after `'`.
/// Sorted.
const STOP_WORDS: [&str; 70] = [
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "d", "did", "do", "does", "for",
    "from", "had", "has", "have", "he", "her", "him", "his", "i", "if", "in", "is", "it", "its",
    "ll", "m", "me", "my", "of", "on", "or", "our", "re", "s", "she", "so", "t", "that", "the",
    "their", "them", "then", "there", "these", "they", "this", "to", "us", "ve", "was", "we",
    "were", "what", "when", "where", "which", "who", "whom", "whose", "why", "will", "with",
    "would", "you", "your", "yours",
];

/// The length of the longest of them in bytes: longer words need no lookup.
const LONGEST_STOP_WORD: usize = 5;

/// Texts by number, searchable by word.
#[derive(Default)]
pub struct Index {
    /// The texts with each word, in order of their numbers.
    postings: HashMap<String, Vec<Posting>, BuildHasherDefault<DefaultHasher>>,
    /// The number of texts.
    texts: u32,
    /// The number of searchable words in all texts.
    words: u64,
}

/// A word in a text.
#[derive(Debug, PartialEq, Eq)]
struct Posting {
    /// The text's number.
    text: u64,
    /// The number of its occurrences.
    count: u32,
    /// The number of searchable words of the text, repeated here for scoring.
    length: u32,
}

impl Index {
    /// Adds a text under a new number.
    pub fn add(&mut self, number: u64, text: &str) {
        let lower = text::composed(text).to_lowercase();
        let counts = counted(&lower);
        let length = total(&counts);
        self.texts += 1;
        self.words += u64::from(length);
        for (word, count) in counts {
            let posting = Posting {
                text: number,
                count,
                length,
            };
            match self.postings.get_mut(word) {
                Some(list) => {
                    let at = list.partition_point(|posting| posting.text < number);
                    list.insert(at, posting);
                }
                None => {
                    self.postings.insert(word.to_owned(), vec![posting]);
                }
            }
        }
    }

    /// Removes the text that was added under this number.
    pub fn remove(&mut self, number: u64, text: &str) {
        let lower = text::composed(text).to_lowercase();
        let counts = counted(&lower);
        self.texts -= 1;
        self.words -= u64::from(total(&counts));
        for (word, _) in counts {
            let Some(list) = self.postings.get_mut(word) else {
                continue;
            };
            if let Ok(at) = list.binary_search_by_key(&number, |posting| posting.text) {
                list.remove(at);
            }
            if list.is_empty() {
                self.postings.remove(word);
            }
        }
    }

    /// Returns the scores above 0 in order of the texts' numbers.
    pub fn scores(&self, query: &str) -> Vec<(u64, f32)> {
        let texts = self.texts as f32;
        let length_weight = B * texts / self.words as f32;
        let mut sums: Vec<(u64, f32)> = Vec::new();
        for (word, _) in counted(&text::composed(query).to_lowercase()) {
            let Some(list) = self.postings.get(word) else {
                continue;
            };
            let having = list.len() as f32;
            let rarity = (1.0 + (texts - having + 0.5) / (having + 0.5)).ln();
            let most = rarity * (K1 + 1.0);
            let parts = list.iter().map(|posting| {
                let (count, length) = (posting.count as f32, posting.length as f32);
                let discount = 1.0 - B + length_weight * length;
                (posting.text, most * count / (count + K1 * discount))
            });
            sums = merged(sums, parts);
        }
        sums
    }
}

/// Merges two lists in order of numbers, and adds the scores of equal numbers.
fn merged(
    mut sums: Vec<(u64, f32)>,
    parts: impl ExactSizeIterator<Item = (u64, f32)>,
) -> Vec<(u64, f32)> {
    if parts.len() < sums.len() / 32 {
        for (number, part) in parts {
            match sums.binary_search_by_key(&number, |sum| sum.0) {
                Ok(at) => sums[at].1 += part,
                Err(at) => sums.insert(at, (number, part)),
            }
        }
        return sums;
    }
    let mut merged = Vec::with_capacity(sums.len() + parts.len());
    let mut sums = sums.into_iter().peekable();
    for (number, part) in parts {
        while let Some(sum) = sums.next_if(|sum| sum.0 < number) {
            merged.push(sum);
        }
        let before = sums.next_if(|sum| sum.0 == number);
        merged.push((number, before.map_or(part, |sum| sum.1 + part)));
    }
    merged.extend(sums);
    merged
}

/// Returns the searchable words of a text in lower case, sorted, with their counts.
fn counted(lower: &str) -> Vec<(&str, u32)> {
    let is_stop_word =
        |word: &&str| word.len() <= LONGEST_STOP_WORD && STOP_WORDS.binary_search(word).is_ok();
    let mut words: Vec<&str> = text::words(lower)
        .filter(|word| !is_stop_word(word))
        .collect();
    words.sort_unstable();
    let runs = words.chunk_by(|a, b| a == b);
    runs.map(|run| (run[0], run.len() as u32)).collect()
}

fn total(counts: &[(&str, u32)]) -> u32 {
    counts.iter().map(|(_, count)| count).sum()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use memloom_sdk::random::Random;

    fn index(texts: &[&str]) -> Index {
        let mut index = Index::default();
        for (number, text) in texts.iter().enumerate() {
            index.add(number as u64, text);
        }
        index
    }

    #[test]
    fn stop_words_are_sorted() {
        assert!(STOP_WORDS.is_sorted());
        let longest = STOP_WORDS.iter().map(|word| word.len()).max();
        assert_eq!(longest, Some(LONGEST_STOP_WORD));
    }

    #[test]
    fn scores_follow_the_formula() {
        let index = index(&["I live in Rome", "Rome, old Rome", "my dog"]);
        // Lengths 2, 3, 1 (mean 2); "rome" is in 2 of 3 texts.
        let rarity = (1.0_f32 + 1.5 / 2.5).ln();
        let first = rarity * 2.2 / (1.0 + 1.2);
        let second = rarity * 2.0 * 2.2 / (2.0 + 1.2 * (0.25 + 0.75 * 1.5));
        let scores = index.scores("Where is ROME?");
        assert_eq!(scores.len(), 2);
        assert_eq!((scores[0].0, scores[1].0), (0, 1));
        assert!((scores[0].1 - first).abs() < 1e-6);
        assert!((scores[1].1 - second).abs() < 1e-6);
    }

    #[test]
    fn words_add_up_and_stop_words_find_nothing() {
        let index = index(&["green tea", "green", "tea"]);
        let scores = index.scores("green tea");
        assert_eq!(scores.len(), 3);
        assert!(scores[0].1 > scores[1].1);
        assert!(index.scores("what is the").is_empty());
        assert!(index.scores("").is_empty());
    }

    #[test]
    fn texts_without_spaces_are_found_by_what_they_share() {
        for (texts, query) in [
            (
                ["安娜住在罗马。", "本喜欢滑雪。", "安娜养了一只猫。"],
                "安娜住在哪里？",
            ),
            (
                [
                    "アンナはローマに住んでいます。",
                    "ベンはスキーが好きです。",
                    "アンナは猫を飼っています。",
                ],
                "どこに住んでいますか",
            ),
            (
                ["แอนนาอาศัยอยู่ในกรุงโรม", "เบนชอบเล่นสกี", "แอนนาเลี้ยงแมวหนึ่งตัว"],
                "แอนนาอาศัยอยู่ที่ไหน",
            ),
            (
                [
                    "안나는 로마에 살아요.",
                    "벤은 스키를 좋아해요.",
                    "안나는 고양이를 키워요.",
                ],
                "안나는 어디에 살아요?",
            ),
            (["ແອນນາຢູ່ໃນໂຣມ", "ເບນມັກຫຼິ້ນສະກີ", "ແອນນາລ້ຽງແມວ"], "ແອນນາຢູ່ໃສ"),
            (["អាណារស់នៅទីក្រុងរ៉ូម", "បេនចូលចិត្តជិះស្គី", "អាណាចិញ្ចឹមឆ្មា"], "អាណារស់នៅទីណា"),
            (
                ["အန်နာ ရောမမှာနေတယ်။", "ဘင် စကီးစီးရတာကြိုက်တယ်။", "အန်နာ ကြောင်မွေးတယ်။"],
                "ဘယ်သူ ရောမမှာနေလဲ",
            ),
            (
                ["Anna住在Rome。", "Ben喜欢滑雪。", "Anna养猫。"],
                "Ｒｏｍｅ",
            ),
            (["ローマ", "オスロ", "ベルン"], "ﾛｰﾏ"),
        ] {
            let scores = index(&texts).scores(query);
            let best = scores.iter().max_by(|a, b| a.1.total_cmp(&b.1));
            assert_eq!(best.map(|best| best.0), Some(0), "{query}: {scores:?}");
        }
    }

    #[test]
    fn an_index_that_changed_scores_like_a_fresh_one() {
        const WORDS: [&str; 6] = ["rome", "oslo", "dog", "cat", "live", "work"];
        let mut random = Random::new(11);
        let mut texts: BTreeMap<u64, String> = BTreeMap::new();
        let mut changed = Index::default();
        for step in 0..300 {
            let number = random.below(20);
            if let Some(old) = texts.remove(&number) {
                changed.remove(number, &old);
            }
            if random.chance(0.7) {
                let text: Vec<&str> = (0..1 + random.below(6))
                    .filter_map(|_| random.pick(&WORDS).copied())
                    .collect();
                changed.add(number, &text.join(" "));
                texts.insert(number, text.join(" "));
            }
            let mut fresh = Index::default();
            for (number, text) in &texts {
                fresh.add(*number, text);
            }
            assert_eq!(
                changed.scores("dog live rome"),
                fresh.scores("dog live rome"),
                "{step}"
            );
            assert_eq!(changed.postings, fresh.postings);
        }
    }
}
