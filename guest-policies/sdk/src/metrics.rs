//! Metrics of an answer: F1 and BLEU-1 over words, normalised as SQuAD's
//! evaluation does, and exact match.

use std::collections::{BTreeMap, BTreeSet};

use crate::text::{composed, lacks_spaces, words};

/// The words that are compared: lower case, without ASCII punctuation and
/// without the articles a, an, the. What is written without spaces is cut as
/// [`words`] cuts it, without any punctuation.
pub fn normalised_words(text: &str) -> Vec<String> {
    let kept: String = composed(text)
        .to_lowercase()
        .chars()
        .filter(|c| !c.is_ascii_punctuation())
        .collect();
    let mut normalised = Vec::new();
    for part in kept.split_whitespace() {
        match lacks_spaces(part) {
            true => normalised.extend(words(part)),
            false => normalised.push(part),
        }
    }
    normalised.retain(|word| !matches!(*word, "a" | "an" | "the"));
    normalised.into_iter().map(str::to_string).collect()
}

/// Token F1 with each word counted as often as both texts have it (SQuAD).
/// Two empty texts match fully, an empty and a full one not at all.
pub fn f1(answer: &str, gold: &str) -> f32 {
    let (answer, gold) = (normalised_words(answer), normalised_words(gold));
    f1_of(shared_count(&answer, &gold), answer.len(), gold.len())
}

/// Token F1 as Memory-R2's code computes it (`rema.py`): the overlap counts
/// distinct words, the lengths count all. Below [`f1`] where words repeat.
pub fn f1_paper(answer: &str, gold: &str) -> f32 {
    let (answer, gold) = (normalised_words(answer), normalised_words(gold));
    let distinct: BTreeSet<&String> = answer.iter().collect();
    let overlap = gold
        .iter()
        .collect::<BTreeSet<_>>()
        .intersection(&distinct)
        .count();
    f1_of(overlap, answer.len(), gold.len())
}

/// Returns 1 if the gold text's normalised words stand in the answer's, as a text within a text
/// (MemoryAgentBench's substring match, `utils/eval_other_utils.py`), else 0. No words are found
/// in no words only.
pub fn contains(answer: &str, gold: &str) -> f32 {
    let [answer, gold] = [answer, gold].map(|text| normalised_words(text).join(" "));
    f32::from(match gold.as_str() {
        "" => answer.is_empty(),
        gold => answer.contains(gold),
    })
}

/// BLEU-1: clipped unigram precision times brevity penalty (Papineni et al. 2002).
pub fn bleu_1(answer: &str, gold: &str) -> f32 {
    let (answer, gold) = (normalised_words(answer), normalised_words(gold));
    if answer.is_empty() || gold.is_empty() {
        return f32::from(answer.is_empty() && gold.is_empty());
    }
    let precision = shared_count(&answer, &gold) as f32 / answer.len() as f32;
    let brevity = (1.0 - gold.len() as f32 / answer.len() as f32)
        .min(0.0)
        .exp();
    precision * brevity
}

/// Exact match as Memory-R1 rewards it: 1 if two texts are equal and not empty in lower case, with
/// every run of other characters than letters and digits as one space. Articles count.
pub fn exact_match(answer: &str, gold: &str) -> f32 {
    let words = |text: &str| -> Vec<String> {
        let lower = composed(text).to_lowercase();
        let words = lower.split(|c: char| !c.is_alphanumeric());
        words
            .filter(|word| !word.is_empty())
            .map(String::from)
            .collect()
    };
    let answer = words(answer);
    f32::from(!answer.is_empty() && answer == words(gold))
}

fn f1_of(overlap: usize, answer: usize, gold: usize) -> f32 {
    if answer + gold == 0 {
        1.0
    } else {
        2.0 * overlap as f32 / (answer + gold) as f32
    }
}

fn shared_count(answer: &[String], gold: &[String]) -> usize {
    let mut left: BTreeMap<&String, usize> = BTreeMap::new();
    for word in gold {
        *left.entry(word).or_default() += 1;
    }
    let mut shared = 0;
    for word in answer {
        if let Some(count) = left.get_mut(word).filter(|count| **count > 0) {
            *count -= 1;
            shared += 1;
        }
    }
    shared
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f32, expected: f32) {
        assert!(
            (found - expected).abs() < 1e-6,
            "{found} instead of {expected}"
        );
    }

    #[test]
    fn case_punctuation_and_articles_do_not_count() {
        assert_eq!(
            normalised_words("The dog's  a-b, AN end."),
            ["dogs", "ab", "end"]
        );
        near(f1("The Beach!", "beach"), 1.0);
    }

    #[test]
    fn what_is_written_without_spaces_is_cut_into_words() {
        assert_eq!(
            normalised_words("Anna住在罗马。 2023年！"),
            ["anna", "住", "在", "罗", "马", "2023", "年"]
        );
        assert_eq!(normalised_words("ローマ、 。"), ["ロー", "ーマ"]);
        // Shared: two of six and two.
        near(f1("安娜住在罗马", "罗马。"), 0.5);
        near(f1("罗马", "奥斯陆"), 0.0);
        near(f1("ﾛｰﾏ", "ローマ"), 1.0);
        near(f1("Ｒｏｍｅ", "rome"), 1.0);
        // Shared: six of twelve and six.
        near(f1("อยู่ในกรุงโรม", "กรุงโรม"), 2.0 / 3.0);
        near(f1("", "。"), 1.0);
    }

    #[test]
    fn what_is_written_with_spaces_is_parted_by_them_alone() {
        for text in [
            "Grüße, it’s “fine” – 50 % of 3.5 km",
            "अन्ना दिल्ली में रहती है।",
            "안나는 서울에 산다 2023년",
            "Ана живее в София",
        ] {
            let kept: String = text
                .to_lowercase()
                .replace(|c: char| c.is_ascii_punctuation(), "");
            let parted: Vec<&str> = kept.split_whitespace().collect();
            assert_eq!(normalised_words(text), parted);
        }
    }

    #[test]
    fn f1_is_the_harmonic_mean_of_precision_and_recall() {
        // Shared: may, 12. Precision 2/3, recall 2/2.
        near(f1("on May 12", "12 May"), 0.8);
        near(f1("rome", "oslo"), 0.0);
    }

    #[test]
    fn the_papers_f1_counts_repeated_words_once() {
        // "new new york" against "new york new": 3 shared, 2 distinct ones, lengths 3 and 3.
        near(f1("new new york", "new york new"), 1.0);
        near(f1_paper("new new york", "new york new"), 2.0 / 3.0);
        // "very very good" against "very good": Counter overlap 2 of 3 and 2.
        near(f1("very very good", "very good"), 0.8);
        near(f1_paper("very very good", "very good"), 0.8);
    }

    #[test]
    fn bleu_clips_and_punishes_brevity() {
        // 1 of 3 words survives clipping; no shorter than gold.
        near(bleu_1("yes yes yes", "yes"), 1.0 / 3.0);
        // All right but 1 word for 3: exp(1 - 3).
        near(bleu_1("rome", "rome in italy"), (-2.0_f32).exp());
        near(bleu_1("rome in italy", "rome in italy"), 1.0);
    }

    #[test]
    fn an_exact_match_differs_in_case_and_punctuation_alone() {
        near(exact_match("7 May", "7 may."), 1.0);
        near(exact_match("the beach", "beach"), 0.0);
        near(exact_match("May 7", "7 May"), 0.0);
        near(exact_match("", ""), 0.0);
        near(exact_match("«Zoë»", "zoë"), 1.0);
    }

    #[test]
    fn a_gold_text_is_found_within_an_answer() {
        near(contains("It is Paris.", "paris"), 1.0);
        near(contains("in the Parisian style", "Paris"), 1.0);
        near(contains("on the 3rd of May", "May 3rd"), 0.0);
    }

    #[test]
    fn silence_matches_silence_only() {
        for metric in [f1, f1_paper, bleu_1, contains] {
            near(metric("", ""), 1.0);
            near(metric("", "rome"), 0.0);
            near(metric("rome", ""), 0.0);
        }
    }
}
