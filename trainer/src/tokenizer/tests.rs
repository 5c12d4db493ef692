#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::*;

const TEXTS: [&str; 4] = [
    "Anna moved to Rome in May.",
    "anna works as a baker | beat1 t12",
    "The keeper keeps bees; anna keeps a dog.",
    "the the the dog",
];

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn control() -> Vec<String> {
    strings(&["t1", "t2", "keep", "drop", "|", "@1"])
}

fn words() -> Tokenizer {
    Tokenizer::train_words(TEXTS, &control(), &strings(&["extractor"]), 100).unwrap()
}

fn bytes() -> Tokenizer {
    Tokenizer::train_bpe(TEXTS, &control(), &strings(&["extractor"]), 400).unwrap()
}

fn names(tokenizer: &Tokenizer, ids: &[u32]) -> Vec<String> {
    let names = ids.iter().map(|id| tokenizer.inner.id_to_token(*id).unwrap());
    names.collect()
}

fn message(role: &str, content: &str) -> Message {
    Message {
        role: role.into(),
        content: content.into(),
    }
}

#[test]
fn a_prompt_names_its_role_its_speakers_and_where_the_reply_begins() {
    let tokenizer = words();
    let messages = [message("system", "Keep?"), message("user", "@1 moved t1")];
    let prompt = tokenizer.encode_prompt("extractor", &messages).unwrap();
    assert_eq!(
        names(&tokenizer, &prompt),
        [
            "<extractor>", "<system>", "keep", "<unk>", "<user>", "@1", "moved", "t1", "<reply>",
        ]
    );
}

#[test]
fn control_words_match_single_words_only() {
    for tokenizer in [words(), bytes()] {
        let control: Vec<String> = ["t1", "keep"].iter().map(|w| w.to_string()).collect();
        let count = |text: &str| {
            let tokens = names(&tokenizer, &tokenizer.encode(text).unwrap());
            tokens.iter().filter(|t| control.contains(t)).count()
        };
        assert_eq!(count("t1 keep"), 2);
        assert_eq!(count("(t1), keep!"), 2);
        assert_eq!(count("t12 beat1 t1x keeper upkeep"), 0);
    }
}

#[test]
fn no_text_encodes_to_a_reserved_token() {
    for tokenizer in [words(), bytes()] {
        let text = "<end> <reply> <extractor><user> <pad>";
        let tokens = tokenizer.encode(text).unwrap();
        let reserved: Vec<u32> = tokenizer.reserved.values().copied().collect();
        let unknown = tokenizer.reserved[UNKNOWN];
        assert!(tokens.iter().all(|t| *t == unknown || !reserved.contains(t)));
        assert_eq!(tokenizer.id("<end>"), None);
    }
}

#[test]
fn what_a_grammar_allows_round_trips_through_text() {
    for tokenizer in [words(), bytes()] {
        let ids: Vec<u32> = ["t1", "keep", "t2", "drop"]
            .iter()
            .map(|word| tokenizer.id(word).unwrap())
            .chain([tokenizer.end()])
            .collect();
        assert_eq!(tokenizer.decode(&ids), "t1 keep t2 drop");
    }
    assert_eq!(words().encode("t1 keep t2 drop").unwrap().len(), 4);
}

#[test]
fn the_same_texts_give_the_same_file_whatever_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let text = |tokenizer: Tokenizer| {
        let path = folder.path().join("tokenizer.json");
        tokenizer.save(&path).unwrap();
        let loaded = Tokenizer::load(&path).unwrap();
        assert_eq!(loaded.reserved, tokenizer.reserved);
        assert_eq!(loaded.control, tokenizer.control);
        assert_eq!(loaded.decode(&loaded.encode("anna t1").unwrap()), "anna t1");
        std::fs::read_to_string(&path).unwrap()
    };
    let mut reversed = TEXTS;
    reversed.reverse();
    let roles = strings(&["extractor"]);
    let again = Tokenizer::train_words(reversed, &control(), &roles, 100).unwrap();
    assert_eq!(text(words()), text(again));
    let again = Tokenizer::train_bpe(reversed, &control(), &roles, 400).unwrap();
    assert_eq!(text(bytes()), text(again));
}

#[test]
fn frequent_words_come_first_and_ties_follow_the_alphabet() {
    let roles = strings(&["extractor"]);
    let required = train::required(&control(), &roles).unwrap();
    let fixed = 8 + control().len();
    let tokenizer = train::words(TEXTS, &required, fixed + 4).unwrap();
    let learned: Vec<u32> = (fixed as u32..fixed as u32 + 4).collect();
    assert_eq!(names(&tokenizer, &learned), ["the", "anna", ".", "a"]);
    assert_eq!(tokenizer.vocab_size(), fixed + 4);
}

#[test]
fn complaints_name_the_word_the_role_and_the_file() {
    let complaint = |error: TokenizerError| error.to_string();
    let roles = strings(&["extractor"]);
    let bad = Tokenizer::train_words(TEXTS, &strings(&["two words"]), &roles, 100);
    assert!(complaint(bad.unwrap_err()).contains("two words"));
    let small = Tokenizer::train_bpe(TEXTS, &control(), &roles, 5);
    assert!(complaint(small.unwrap_err()).contains("no room for 14"));
    let unknown = words().encode_prompt("manager", &[]);
    assert!(complaint(unknown.unwrap_err()).contains("no role \"manager\""));
    let nobody = words().encode_prompt("extractor", &[message("narrator", "")]);
    assert!(complaint(nobody.unwrap_err()).contains("narrator"));
    let missing = Tokenizer::load(Path::new("/nowhere/tokenizer.json"));
    assert!(complaint(missing.unwrap_err()).contains("/nowhere/tokenizer.json"));
}

proptest! {
    #[test]
    fn byte_level_text_comes_back_exactly(text in any::<String>(), words in "( ?(keep|t1|keeper|[|]|@1|beat1|<end>))*") {
        let tokenizer = bytes();
        for text in [text, words] {
            let tokens = tokenizer.encode(&text).unwrap();
            prop_assert_eq!(tokenizer.decode(&tokens), text);
        }
    }
}
