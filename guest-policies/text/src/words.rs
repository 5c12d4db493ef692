//! Words: what banks are searched by and charged for, and what answers are compared
//! by.
//!
//! A script with spaces has its words between them: runs of letters, digits and `_`.
//! A script without spaces shows no ends of words, and a dictionary for each is more
//! than a component should carry. An ideograph is a word, since it means something
//! by itself. A letter of kana, Thai, Lao, Khmer or Burmese is a sound and alone
//! tells nothing apart, so each two neighbours are a word.

use std::borrow::Cow;

use unicode_normalization::char::{decompose_compatible, is_combining_mark};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Scripts, by the way in which their letters make words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    /// A run of them is a word.
    Spaced,
    /// Each is a word.
    Ideographs,
    /// Each two neighbours are a word.
    Hiragana,
    Katakana,
    Thai,
    Lao,
    Tai,
    Khmer,
    Burmese,
}

/// The script of a letter, by its block.
fn script(letter: char) -> Script {
    match letter {
        ..'\u{e01}' => Script::Spaced,
        ..='\u{e7f}' => Script::Thai,
        ..='\u{eff}' => Script::Lao,
        '\u{1000}'..='\u{109f}' | '\u{a9e0}'..='\u{a9ff}' | '\u{aa60}'..='\u{aa7f}' => {
            Script::Burmese
        }
        '\u{1780}'..='\u{17ff}' => Script::Khmer,
        '\u{1950}'..='\u{19df}' | '\u{1a20}'..='\u{1aaf}' | '\u{aa80}'..='\u{aadf}' => Script::Tai,
        '\u{3041}'..='\u{309f}' | '\u{1b001}'..='\u{1b11f}' | '\u{1b150}'..='\u{1b152}' => {
            Script::Hiragana
        }
        '\u{30a0}'..='\u{30ff}'
        | '\u{31f0}'..='\u{31ff}'
        | '\u{ff66}'..='\u{ff9f}'
        | '\u{1b000}'
        | '\u{1b120}'..='\u{1b122}'
        | '\u{1b155}'
        | '\u{1b164}'..='\u{1b167}' => Script::Katakana,
        '\u{2e80}'..='\u{2fdf}'
        | '\u{3005}'..='\u{3007}'
        | '\u{3021}'..='\u{303c}'
        | '\u{3100}'..='\u{312f}'
        | '\u{31a0}'..='\u{31bf}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}' => Script::Ideographs,
        _ => Script::Spaced,
    }
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Returns true for a mark on the letter before it. A sign that makes an emoji is none.
fn is_mark(c: char) -> bool {
    c >= '\u{300}'
        && is_combining_mark(c)
        && !matches!(c, '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Returns true if a word, or a run of letters that make words, goes on.
fn goes_on(of: Script, c: char) -> bool {
    // The sign of a long vowel is in one block and used with both.
    let long_vowel = c == 'ー' && of == Script::Hiragana;
    is_letter(c) && (script(c) == of || long_vowel) || is_mark(c)
}

/// The words of a text as they stand there, with the byte at which each begins.
pub fn word_indices(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = text.char_indices().peekable();
    // The script of a pair of which the first letter of `rest` is the second.
    let mut pair: Option<Script> = None;
    std::iter::from_fn(move || {
        loop {
            let second = pair.take();
            let (start, first) = match second {
                Some(_) => rest.next()?,
                None => rest.find(|&(_, c)| is_letter(c))?,
            };
            let of = second.unwrap_or_else(|| script(first));
            let end = match of {
                Script::Spaced => {
                    while rest.next_if(|&(_, c)| goes_on(of, c)).is_some() {}
                    rest.peek().map_or(text.len(), |&(at, _)| at)
                }
                Script::Ideographs => {
                    while rest.next_if(|&(_, c)| is_mark(c)).is_some() {}
                    rest.peek().map_or(text.len(), |&(at, _)| at)
                }
                _ => match rest.peek().filter(|&&(_, c)| goes_on(of, c)) {
                    Some(&(at, next)) => {
                        pair = Some(of);
                        at + next.len_utf8()
                    }
                    None if second.is_some() => continue,
                    None => start + first.len_utf8(),
                },
            };
            return Some((start, &text[start..end]));
        }
    })
}

/// The words of a text as they stand there: those of [`word_indices`] alone.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    word_indices(text).map(|(_, word)| word)
}

/// Returns the number of words in a text, however it is encoded: the measure of a bank's size.
/// Of a text with spaces, matches of `\b\w+\b`, as in Memory-R2's code (`memory.py`).
#[must_use]
pub fn word_count(text: &str) -> usize {
    words(&composed(text)).count()
}

/// The text in the one encoding in which words are compared: marks composed with
/// their letters (NFC), full-width and half-width forms as the usual ones.
#[must_use]
pub fn composed(text: &str) -> Cow<'_, str> {
    let has_width = |c: char| ('\u{ff00}'..='\u{ffef}').contains(&c);
    let is_composed =
        || !text.chars().any(has_width) && is_nfc_quick(text.chars()) == IsNormalized::Yes;
    if text.is_ascii() || is_composed() {
        return Cow::Borrowed(text);
    }
    let mut usual = String::with_capacity(text.len());
    for c in text.chars() {
        match has_width(c) {
            true => decompose_compatible(c, |part| usual.push(part)),
            false => usual.push(c),
        }
    }
    Cow::Owned(usual.nfc().collect())
}

/// Returns true if a text has a letter or a punctuation mark of a script without spaces.
#[must_use]
pub fn lacks_spaces(text: &str) -> bool {
    let mut letters = text.chars();
    letters.any(|c| script(c) != Script::Spaced || ('\u{3000}'..='\u{303f}').contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        words(text).collect()
    }

    #[test]
    fn words_are_runs_of_letters_digits_and_underscores() {
        assert_eq!(
            cut("I'm 25, snake_case; Köln—ok!"),
            ["I", "m", "25", "snake_case", "Köln", "ok"]
        );
        let found: Vec<(usize, &str)> = word_indices(" ö, b1").collect();
        assert_eq!(found, [(1, "ö"), (5, "b1")]);
        assert_eq!(word_count("It's 3.5 km."), 5);
        assert_eq!(word_count(" ?! "), 0);
        assert_eq!(word_count(""), 0);
    }

    #[test]
    fn texts_with_spaces_are_cut_at_all_that_is_no_letter_and_nowhere_else() {
        let by_hand = |text: &'static str| -> Vec<&'static str> {
            let parts = text.split(|c: char| !c.is_alphanumeric() && c != '_');
            parts.filter(|part| !part.is_empty()).collect()
        };
        for text in [
            "Grüße aus Køge, señor Đorđe – naïve “quotes” it’s 50 % off…",
            "Ана живее в София (2019), а Øystein не.",
            "أنا أعيش في القاهرة",
            "אני גר בחיפה",
            "안나는 서울에 산다. 2023년!",
            "Η Άννα ζει στην Αθήνα",
            "Tôi sống ở Hà Nội",
            "❤️ 1️⃣ family 👩‍👩‍👧‍👦 and 🏳️‍🌈 and 🇳🇴",
            "half-width? no: ½ km², x₂ №5",
            "zero\u{200b}width\u{200d}and\u{feff}marks",
        ] {
            assert_eq!(cut(text), by_hand(text));
            assert_eq!(word_count(text), by_hand(text).len());
            assert!(matches!(composed(text), Cow::Borrowed(_)), "{text}");
            assert!(!lacks_spaces(text), "{text}");
        }
    }

    #[test]
    fn each_ideograph_is_a_word() {
        assert_eq!(cut("安娜住在北京。"), ["安", "娜", "住", "在", "北", "京"]);
        assert_eq!(cut("時々〇"), ["時", "々", "〇"]);
        assert_eq!(cut("𠮷野"), ["𠮷", "野"]);
    }

    #[test]
    fn each_two_neighbours_of_a_script_of_sounds_are_a_word() {
        assert_eq!(cut("ローマ"), ["ロー", "ーマ"]);
        assert_eq!(cut("らーめん"), ["らー", "ーめ", "めん"]);
        assert_eq!(cut("โรม ณ ที่"), ["โร", "รม", "ณ", "ที", "ี่"]);
        assert_eq!(cut("ໂຣມ"), ["ໂຣ", "ຣມ"]);
        assert_eq!(cut("ឆ្កែ"), ["ឆ្", "្ក", "កែ"]);
        assert_eq!(cut("ခွေး၊"), ["ခွ", "ွေ", "ေး"]);
    }

    #[test]
    fn words_end_where_the_script_changes() {
        assert_eq!(
            cut("Annaは2023年5月にローマへ行った"),
            [
                "Anna", "は", "2023", "年", "5", "月", "に", "ロー", "ーマ", "へ", "行", "った"
            ]
        );
        assert_eq!(cut("T恤_1 แมวTom"), ["T", "恤", "_1", "แม", "มว", "Tom"]);
        let found: Vec<(usize, &str)> = word_indices("a罗b").collect();
        assert_eq!(found, [(0, "a"), (1, "罗"), (4, "b")]);
    }

    #[test]
    fn a_mark_belongs_to_its_letter() {
        assert_eq!(
            cut("cafe\u{301}s e\u{301}\u{323}"),
            ["cafe\u{301}s", "e\u{301}\u{323}"]
        );
        assert_eq!(cut("हिन्दी में"), ["हिन्दी", "में"]);
        assert_eq!(cut("\u{301}a"), ["a"]);
        assert_eq!(cut("葛\u{e0100}城"), ["葛", "城"]);
    }

    #[test]
    fn a_text_has_the_same_words_however_it_is_encoded() {
        for (one, other) in [
            ("café", "cafe\u{301}"),
            ("가나", "\u{1100}\u{1161}\u{1102}\u{1161}"),
            ("ガギ", "カ\u{3099}キ\u{3099}"),
            ("ガギ", "ｶﾞｷﾞ"),
            ("Rome 2023年!", "Ｒｏｍｅ　２０２３年！"),
        ] {
            let squeeze = |text: &str| composed(text).replace('\u{3000}', " ");
            assert_eq!(squeeze(one), squeeze(other));
            assert_eq!(word_count(one), word_count(other), "{one}");
        }
    }

    #[test]
    fn scripts_without_spaces_are_told_by_letters_and_punctuation() {
        for text in [
            "Anna住",
            "แมว",
            "Rome。",
            "「x」",
            "ខ្មែរ",
            "မြန်မာ",
            "ລາວ",
            "カ",
        ] {
            assert!(lacks_spaces(text), "{text}");
        }
    }
}
