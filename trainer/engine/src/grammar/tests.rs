#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use serde_json::{Value, json};

use super::*;
use crate::tokenizer::Tokenizer;

/// Schemas as policies request them, and rarer ones.
fn schemas() -> Vec<Value> {
    let fact = |name: &str| {
        json!({
            "type": "object",
            "properties": {
                "operation": {"const": name},
                "content": {"type": "string", "pattern": "^\\S", "maxLength": 30},
                "dia_id": {"enum": ["D1:1", "D1:2", "D1:12"]},
            },
            "required": ["operation", "content", "dia_id"],
            "additionalProperties": false,
        })
    };
    vec![
        json!({
            "type": "object",
            "properties": {"operations": {
                "type": "array",
                "maxItems": 4,
                "items": {"anyOf": [fact("INSERT"), fact("UPDATE")]},
            }},
            "required": ["operations"],
            "additionalProperties": false,
        }),
        json!({"type": "integer", "minimum": -5, "maximum": 120}),
        json!({"enum": ["é", "日本 🙂", "a\"b\\c", "", null, 7]}),
        json!({
            "type": "object",
            "properties": {
                "a": {"type": ["boolean", "null"]},
                "b": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"$ref": "#/$defs/short"}},
            },
            "required": ["b"],
            "additionalProperties": false,
            "$defs": {"short": {"type": "string", "minLength": 2, "maxLength": 5}},
        }),
    ]
}

/// Returns whether a value matches a schema that uses the keywords above.
fn fits(value: &Value, schema: &Value, root: &Value) -> bool {
    let Some(keywords) = schema.as_object() else {
        return schema == &Value::Bool(true);
    };
    keywords
        .iter()
        .all(|(keyword, says)| match keyword.as_str() {
            "type" => match says {
                Value::Array(types) => types.iter().any(|of| is_of_type(value, of)),
                of => is_of_type(value, of),
            },
            "const" => value == says,
            "enum" => says.as_array().unwrap().contains(value),
            "anyOf" => says
                .as_array()
                .unwrap()
                .iter()
                .any(|one| fits(value, one, root)),
            "$ref" => {
                let path = says.as_str().unwrap().trim_start_matches('#');
                fits(value, root.pointer(path).unwrap(), root)
            }
            "minimum" => value.as_f64() >= says.as_f64(),
            "maximum" => value.as_f64() <= says.as_f64(),
            "minLength" => letters(value) >= says.as_u64().unwrap() as usize,
            "maxLength" => letters(value) <= says.as_u64().unwrap() as usize,
            "pattern" => {
                assert_eq!(says, "^\\S");
                value
                    .as_str()
                    .unwrap()
                    .starts_with(|first: char| !first.is_whitespace())
            }
            "minItems" => value.as_array().unwrap().len() as u64 >= says.as_u64().unwrap(),
            "maxItems" => value.as_array().unwrap().len() as u64 <= says.as_u64().unwrap(),
            "items" => value
                .as_array()
                .unwrap()
                .iter()
                .all(|item| fits(item, says, root)),
            "required" => says
                .as_array()
                .unwrap()
                .iter()
                .all(|key| value.get(key.as_str().unwrap()).is_some()),
            "properties" => value.as_object().unwrap().iter().all(|(key, value)| {
                says.get(key)
                    .is_some_and(|schema| fits(value, schema, root))
            }),
            "additionalProperties" | "$defs" => true,
            other => panic!("{other}"),
        })
}

fn is_of_type(value: &Value, of: &Value) -> bool {
    match of.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        // -0 is an integer too.
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("{other}"),
    }
}

fn letters(value: &Value) -> usize {
    value.as_str().unwrap().chars().count()
}

/// A tokenizer trained by memloom, a byte-level chat model's, and one with byte fallback as in
/// Llama 2.
fn tokenizers() -> [Tokenizer; 3] {
    let texts: Vec<String> = ["Anna left: {\"operations\": [{\"content\": \"x\"}], \"ü\"}"; 9]
        .map(str::to_owned)
        .into();
    let controls = ["t1", "keep"].map(str::to_owned);
    [
        Tokenizer::train_bpe(&texts, &controls, &["manager".into()], 320).unwrap(),
        chat(&json!({
            "added_tokens": [special(0, "<|end|>", true), special(1, "<think>", false)],
            "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
            "decoder": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
            "model": model(
                tokenizers::pre_tokenizers::byte_level::ByteLevel::alphabet().into_iter().map(String::from),
                &["\":", "Ġ\"", "Ġ{", "\"D", "e\"", "ĠĠ", "é"],
            ),
        })),
        chat(&json!({
            "added_tokens": [special(0, "<|end|>", true), special(1, "<think>", false)],
            "normalizer": {"type": "Sequence", "normalizers": [
                {"type": "Prepend", "prepend": "▁"},
                {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
            ]},
            "decoder": {"type": "Sequence", "decoders": [
                {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
                {"type": "ByteFallback"},
                {"type": "Fuse"},
                {"type": "Strip", "content": " ", "start": 1, "stop": 0},
            ]},
            "model": model(
                (0..=255u8).map(|byte| format!("<0x{byte:02X}>")).chain((b' '..=b'~').map(|byte| char::from(byte).to_string())),
                &["▁", "▁{", "\":", "▁\"", "日", "\"D", "e\""],
            ),
        })),
    ]
}

fn special(id: u32, content: &str, special: bool) -> Value {
    json!({"id": id, "content": content, "special": special, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false})
}

/// A BPE model of these tokens, without merges.
fn model(first: impl Iterator<Item = String>, others: &[&str]) -> Value {
    let mut tokens: Vec<String> = first.collect();
    tokens.sort();
    tokens.extend(others.iter().map(|&token| token.into()));
    let all = ["<|end|>", "<think>"]
        .map(str::to_owned)
        .into_iter()
        .chain(tokens);
    let vocabulary: serde_json::Map<String, Value> = all
        .enumerate()
        .map(|(id, token)| (token, id.into()))
        .collect();
    json!({"type": "BPE", "vocab": vocabulary, "merges": [], "byte_fallback": true})
}

fn chat(file: &Value) -> Tokenizer {
    let folder = tempfile::tempdir().unwrap();
    let config = json!({"eos_token": "<|end|>", "chat_template": "{{ messages[0].content }}"});
    std::fs::write(folder.path().join("tokenizer.json"), file.to_string()).unwrap();
    std::fs::write(
        folder.path().join("tokenizer_config.json"),
        config.to_string(),
    )
    .unwrap();
    Tokenizer::load(folder.path()).unwrap()
}

static GRAMMARS: LazyLock<[Grammars; 3]> = LazyLock::new(grammars);

fn grammars() -> [Grammars; 3] {
    tokenizers().map(|tokenizer| Grammars::new(Arc::new(tokenizer)))
}

/// Draws allowed tokens until the output ends. Returns the tokens and their allowed sets.
fn walk(grammar: &Grammar, tokenizer: &Tokenizer, seed: u64) -> (Vec<u32>, Choices) {
    let mut source = ChaCha8Rng::seed_from_u64(seed);
    let (mut tokens, mut sets) = (Vec::new(), Vec::new());
    let mut state = Some(grammar.start());
    while let Some(here) = state.take() {
        if here.allowed().is_empty() {
            break;
        }
        let allowed = here.allowed().clone();
        let token = allowed[source.next_u32() as usize % allowed.len()];
        assert!(
            grammar
                .advance(grammar.start(), u32::MAX)
                .unwrap()
                .is_none()
        );
        state = grammar.advance(here, token).unwrap();
        assert_eq!(state.is_none(), token == tokenizer.ends()[0]);
        tokens.push(token);
        sets.push(Some(allowed));
        assert!(tokens.len() < 3000, "it does not end");
    }
    (tokens, sets)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_sampled_output_is_json_of_the_schema(seed: u64) {
        for schema in schemas() {
            for grammars in &*GRAMMARS {
                let tokenizer = grammars.tokenizer();
                let grammar = grammars.compile(&schema.to_string()).unwrap();
                let (tokens, sets) = walk(&grammar, tokenizer, seed);
                let text = tokenizer.decode(&tokens).unwrap();
                let value: Value = serde_json::from_str(&text)
                    .map_err(|error| TestCaseError::fail(format!("{text:?}: {error}")))?;
                prop_assert!(fits(&value, &schema, &schema), "{text}");
                let again = grammar.choices(&tokens).unwrap();
                prop_assert_eq!(again.as_ref(), Some(&sets));
                let cut = grammar.choices(&tokens[..tokens.len() / 2]).unwrap();
                prop_assert_eq!(cut.unwrap(), &sets[..tokens.len() / 2]);
            }
        }
    }

    #[test]
    fn tokenized_json_of_a_schema_is_in_its_grammar(
        content in "\\PC{1,20}", id in 0usize..3,
    ) {
        let id = ["D1:1", "D1:2", "D1:12"][id];
        let content = content.replace("t1", "").replace("keep", "");
        let said = json!({"operations": [{"operation": "UPDATE", "content": content, "dia_id": id}]});
        let schema = &schemas()[0];
        for grammars in &*GRAMMARS {
            let tokenizer = grammars.tokenizer();
            let grammar = grammars.compile(&schema.to_string()).unwrap();
            let tokens = tokenizer.encode(&said.to_string()).unwrap();
            let choices = grammar.choices(&tokens).unwrap();
            prop_assert_eq!(choices.is_some(), fits(&said, schema, schema), "{}", said);
            if choices.is_some() {
                prop_assert_eq!(tokenizer.decode(&tokens).unwrap(), said.to_string());
            }
        }
    }
}

#[test]
fn the_end_is_allowed_exactly_where_the_json_may_end() {
    for grammars in &*GRAMMARS {
        let tokenizer = grammars.tokenizer();
        let end = tokenizer.ends()[0];
        let grammar = grammars
            .compile(r#"{"type": "integer", "maximum": 120}"#)
            .unwrap();
        let mut state = grammar.start();
        for (letter, may_end) in [("1", true), ("2", true), ("0", false)] {
            assert!(!state.allowed().contains(&end) || letter != "1");
            let token = tokenizer
                .bytes()
                .iter()
                .position(|bytes| bytes == letter.as_bytes());
            state = grammar
                .advance(state, token.unwrap() as u32)
                .unwrap()
                .unwrap();
            assert_eq!(state.allowed().contains(&end), may_end, "{letter}");
        }
        assert!(state.allowed().is_empty());
        assert!(grammar.advance(state, 5).unwrap().is_none());
    }
}

#[test]
fn special_tokens_and_control_words_are_not_allowed_inside_json() {
    let [own, chat, _] = &*GRAMMARS;
    for (grammars, out, inside) in [
        (
            own,
            vec!["<unk>", "<end>", "<reply>", "<manager>", "t1", "keep"],
            vec!["a"],
        ),
        (chat, vec!["<|end|>"], vec!["<think>", "a"]),
    ] {
        let tokenizer = grammars.tokenizer();
        let grammar = grammars.compile(r#"{"type": "string"}"#).unwrap();
        let quote = tokenizer.id("\"").unwrap();
        let state = grammar.advance(grammar.start(), quote).unwrap().unwrap();
        let allowed = |word: &str| state.allowed().contains(&tokenizer.id(word).unwrap());
        assert!(!out.into_iter().any(allowed));
        assert!(inside.into_iter().all(allowed));
    }
}

#[test]
fn equal_sets_are_one_allocation_and_equal_grammars_one_grammar() {
    for grammars in &*GRAMMARS {
        let tokenizer = grammars.tokenizer();
        let first = grammars.compile(r#"{"type": "string"}"#).unwrap();
        let again = grammars.compile(r#"{"type": "string"}"#).unwrap();
        assert!(Arc::ptr_eq(&first, &again));
        let other = grammars.compile(r#"{"type": "array", "items": {"type": "string"}}"#);
        let sets = |grammar: &Grammar, text: &str| {
            let tokens = text.bytes().map(|byte| {
                let all = tokenizer.bytes();
                all.iter().position(|bytes| bytes == &[byte]).unwrap() as u32
            });
            let tokens: Vec<u32> = tokens.collect();
            grammar.choices(&tokens).unwrap().unwrap()
        };
        let text = sets(&first, "\"abc");
        let list = sets(&other.unwrap(), "[\"abc");
        let inside = [&text[2], &text[3], &list[3], &list[4]].map(|set| set.as_ref().unwrap());
        assert!(inside.iter().all(|set| Arc::ptr_eq(set, inside[0])));
        assert!(inside[0].len() > 100);
    }
}

#[test]
fn equal_schemas_and_tokenizers_give_equal_sets() {
    for (one, two) in grammars().iter().zip(&grammars()) {
        // The second cache has compiled other grammars before.
        for schema in schemas() {
            two.compile(&schema.to_string()).unwrap();
        }
        for (seed, schema) in schemas().iter().rev().enumerate() {
            let walks = [one, two].map(|grammars| {
                let grammar = grammars.compile(&schema.to_string()).unwrap();
                walk(&grammar, grammars.tokenizer(), seed as u64)
            });
            assert_eq!(walks[0], walks[1]);
        }
    }
}

#[test]
fn json_of_a_schema_is_compact() {
    let grammars = &GRAMMARS[1];
    let tokenizer = grammars.tokenizer();
    let grammar = grammars
        .compile(r#"{"type": "array", "maxItems": 2}"#)
        .unwrap();
    for (text, fits) in [
        ("[]", true),
        (" [1,true]", true),
        ("[1, true]", false),
        ("[ ]", false),
        ("  []", false),
        ("[\n]", false),
        ("[] ", false),
    ] {
        let tokens = tokenizer.encode(text).unwrap();
        assert_eq!(
            grammar.choices(&tokens).unwrap().is_some(),
            fits,
            "{text:?}"
        );
    }
}

#[test]
fn text_that_a_schema_leaves_no_choice_about_is_split_as_the_tokenizer_splits_it() {
    let schema = json!({
        "type": "object",
        "properties": {"operation": {"const": "INSERT"}, "text": {"type": "string"}},
        "required": ["operation", "text"],
        "additionalProperties": false,
    });
    let said = r#"{"operation":"INSERT","text":"Ann moved."}"#;
    // The third tokenizer begins every text with a space, so it forces nothing.
    for grammars in &GRAMMARS[..2] {
        let tokenizer = grammars.tokenizer();
        let tokens = tokenizer.encode(said).unwrap();
        let grammar = grammars.compile(&schema.to_string()).unwrap();
        let choices = grammar.choices(&tokens).unwrap().unwrap();
        let forced = tokens.iter().zip(choices);
        let forced = forced.filter(|(token, set)| set.as_deref() == Some(&[**token]));
        assert!(forced.count() > 3, "{tokens:?}");
    }
}

#[test]
fn unsupported_schemas_are_refused_in_one_line() {
    let refusal = |schema: &str| {
        let refused = GRAMMARS[0].compile(schema).unwrap_err().to_string();
        assert!(
            refused.lines().count() == 1 && refused.len() < 600,
            "{refused}"
        );
        refused
    };
    for (schema, why) in [
        ("{", "invalid JSON (EOF"),
        ("{\"type\": \"string\"} {}", "invalid JSON (trailing"),
        (r#"{"type": "strng"}"#, "Invalid type: strng"),
        (r#"{"not": {"type": "string"}}"#, "not"),
        (r#"{"type": "array", "uniqueItems": true}"#, "uniqueItems"),
        (
            r#"{"$ref": "https://example.org/schema"}"#,
            "https://example.org/schema",
        ),
        (r##"{"$ref": "#/$defs/none"}"##, "none"),
        (r#"{"enum": []}"#, "Unsatisfiable"),
        (
            r#"{"type": "string", "minLength": 5, "maxLength": 3}"#,
            "minLength (5)",
        ),
        (
            r#"{"type": "object", "required": ["a"], "properties": {"a": false}}"#,
            "'a'",
        ),
        (r#"{"type": "string", "pattern": "("}"#, "regex"),
    ] {
        let refused = refusal(schema);
        assert!(
            refused.starts_with("unsupported JSON schema in request.grammar: "),
            "{refused}"
        );
        assert!(refused.contains(why), "{refused}");
    }
    let long = format!(r#"{{"description": "{}"}}"#, "x".repeat(40_000));
    assert!(refusal(&long).contains("longer than 32768 bytes"));
}

#[test]
fn a_schema_that_matches_no_text_fails_at_the_token_where_that_shows() {
    let grammars = &GRAMMARS[1];
    let grammar = grammars.compile(r##"{"$ref": "#"}"##).unwrap();
    let state = grammar.start();
    let space = state.allowed()[0];
    let failure = grammar.advance(state, space).err().unwrap().to_string();
    assert!(
        failure.contains("no text matches it: {\"$ref\""),
        "{failure}"
    );
}

/// A hostile schema is refused, or each token is found soon.
#[test]
fn hostile_schemas_are_refused_or_fast() {
    let grammars = &GRAMMARS[0];
    let chain = |link: &dyn Fn(usize) -> String| {
        let mut links = String::new();
        let mut count = 0;
        while links.len() < 31_000 {
            links += &format!("\"{count}\":{},", link(count + 1));
            count += 1;
        }
        format!(r##"{{"$ref":"#/$defs/0","$defs":{{{links}"{count}":{{"type":"string"}}}}}}"##)
    };
    let nested = |open: &str, close: &str, inner: String| {
        format!("{}{inner}{}", open.repeat(55), close.repeat(55))
    };
    let to = |next: usize| format!(r##"{{"$ref":"#/$defs/{next}"}}"##);
    let options = (0..10).map(|i| format!(r#"{{"properties":{{"k":{{"const":{i}}}}}}}"#));
    let options = options.collect::<Vec<_>>().join(",");
    let product =
        (0..12).map(|i| format!(r#"{{"anyOf":[{}]}}"#, options.replace('k', &i.to_string())));
    let properties = (0..1500).map(|i| format!("\"{i}\":{{}}"));
    for schema in [
        chain(&to),
        chain(&|next| nested("{\"items\":", "}", to(next))),
        chain(&|next| nested("{\"allOf\":[", "]}", to(next))),
        chain(&|next| nested("{\"anyOf\":[{},", "]}", to(next))),
        nested("{\"items\":", "}", "{}".into()).repeat(100),
        "{\"items\":".repeat(3000) + "{}",
        format!(
            r#"{{"type":"object","allOf":[{}]}}"#,
            product.collect::<Vec<_>>().join(",")
        ),
        format!(
            r#"{{"type":"object","properties":{{{}}}}}"#,
            properties.collect::<Vec<_>>().join(",")
        ),
        r#"{"type":"array","minItems":100000000,"items":{"type":"null"}}"#.into(),
        r#"{"type":"string","minLength":1000000000}"#.into(),
        r#"{"type":"string","pattern":"^(a{1,1000}){1,1000}$"}"#.into(),
        r#"{"type":"string","pattern":"(a|b)*a(a|b){500}"}"#.into(),
        format!(
            r#"{{"type":"string","pattern":"{}{}"}}"#,
            "a?".repeat(5000),
            "a".repeat(5000)
        ),
        r#"{"type":"integer","multipleOf":99991}"#.into(),
    ] {
        let Ok(grammar) = grammars.compile(&schema) else {
            continue;
        };
        let mut source = ChaCha8Rng::seed_from_u64(1);
        let mut state = Some(grammar.start());
        for _ in 0..100 {
            let Some(here) = state.take().filter(|here| !here.allowed().is_empty()) else {
                break;
            };
            let token = here.allowed()[source.next_u32() as usize % here.allowed().len()];
            match grammar.advance(here, token) {
                Ok(next) => state = next,
                Err(error) => assert!(error.to_string().lines().count() == 1, "{error}"),
            }
        }
    }
}

#[test]
fn word_level_tokenizers_cannot_follow_a_schema() {
    let texts = ["{ } [ ] \" :".to_owned()];
    let tokenizer = Tokenizer::train_words(&texts, &[], &[], 100).unwrap();
    let refused = Grammars::new(Arc::new(tokenizer))
        .compile("{}")
        .unwrap_err()
        .to_string();
    assert!(refused.contains("no token for the byte 0x20"), "{refused}");
}

/// Returns a byte-level chat model's tokenizer without tokens for these bytes.
fn lacking(missing: &[u8]) -> Tokenizer {
    // In byte-level vocabularies, bytes from 0xae on are the character of the same number.
    let missing = missing.iter().map(|byte| char::from(*byte).to_string());
    let missing: Vec<String> = missing.collect();
    let alphabet = tokenizers::pre_tokenizers::byte_level::ByteLevel::alphabet();
    let letters = alphabet.into_iter().map(String::from);
    chat(&json!({
        "added_tokens": [special(0, "<|end|>", true), special(1, "<think>", false)],
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "decoder": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "model": model(letters.filter(|letter| !missing.contains(letter)), &["\":", "Ġ\""]),
    }))
}

#[test]
fn a_tokenizer_that_lacks_bytes_writes_any_json_without_them() {
    // SmolLM2's lacks the first two.
    for missing in [&[0xf1, 0xf2][..], &[0xf1, 0xf2, 0xae, 0xaf, 0xb0, 0xbf]] {
        let grammars = Grammars::new(Arc::new(lacking(missing)));
        let tokenizer = grammars.tokenizer();
        for (seed, schema) in (0..40).flat_map(|seed| schemas().into_iter().map(move |s| (seed, s)))
        {
            let grammar = grammars.compile(&schema.to_string()).unwrap();
            let (tokens, _) = walk(&grammar, tokenizer, seed);
            let text = tokenizer.decode(&tokens).unwrap();
            let value: Value = serde_json::from_str(&text).unwrap();
            assert!(fits(&value, &schema, &schema), "{text}");
            assert!(!text.bytes().any(|byte| missing.contains(&byte)), "{text}");
        }
        let refused = grammars.compile(r#"{"enum": ["a", "\ud8c0\udc00"]}"#);
        let refused = refused.unwrap_err().to_string();
        assert!(
            refused.contains("cannot write the character '\\u{40000}' (U+40000)"),
            "{refused}"
        );
    }
}

#[test]
fn a_grammar_names_its_words() {
    assert_eq!(words("(go north | look)"), ["go", "north", "look"]);
    assert!(words(r#" {"type": "string"}"#).is_empty());
}
