//! The pretrained models of `cargo xtask weights`. Each test is left out, with a line, where its
//! model is not there.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::sync::Arc;

use burn_flex::Flex;
use memloom_engine::generation::{Request, generate};
use memloom_engine::kernels::{Layout, floats};
use memloom_engine::model::Backbone;
use memloom_engine::sentence_encoder::SentenceEncoder;
use memloom_engine::tokenizer::Tokenizer;
use memloom_tests::{pretrained, root};
use serde::Deserialize;

/// A chat and the continuation by `transformers`, from `tests/reference/smollm2.py`.
#[derive(Deserialize)]
struct Case {
    messages: Vec<Message>,
    tokens: Vec<u32>,
    likeliest: Vec<usize>,
    logits: Vec<f32>,
    greedy: Vec<u32>,
}

#[derive(Deserialize)]
struct Message {
    role: String,
    content: String,
}

fn cases() -> Vec<Case> {
    let path = root().join("tests/reference/smollm2.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn logits(model: &Backbone<Flex>, tokens: &[u32]) -> Vec<f32> {
    let mut layout = Layout::default();
    layout.push_row(tokens, std::iter::empty());
    floats(model.logits(layout, &[tokens.len() - 1]))
}

#[test]
fn smollm2_says_what_it_says_in_transformers() {
    let Some(folder) = pretrained("models/SmolLM2-135M-Instruct") else {
        return;
    };
    let model = Backbone::<Flex>::load(&folder, &Default::default()).unwrap();
    let tokenizer = Tokenizer::load(&folder).unwrap();
    let cases = cases();
    assert_eq!(cases.len(), 20);
    let mut requests = Vec::new();
    for case in &cases {
        let messages = case.messages.iter();
        let messages: Vec<_> = messages.map(|said| (&*said.role, &*said.content)).collect();
        let tokens = tokenizer.encode_prompt("anybody", &messages).unwrap();
        assert_eq!(tokens, case.tokens);
        let found = logits(&model, &tokens);
        for (token, expected) in case.likeliest.iter().zip(&case.logits) {
            let off = (found[*token] - expected).abs();
            assert!(off < 1e-3, "a logit differs by {off}");
        }
        requests.push(Request {
            role: "assistant".into(),
            prompt: tokens.into(),
            grammar: None,
            ends: Arc::from([]),
            max_tokens: case.greedy.len(),
            temperature: 0.0,
            top_k: 0,
            top_p: 1.0,
            stop: None,
            seed: 0,
        });
    }
    for (sample, case) in generate(&model, &requests).into_iter().zip(&cases) {
        let said = tokenizer.decode(&sample.unwrap().tokens).unwrap();
        assert_eq!(said, tokenizer.decode(&case.greedy).unwrap());
        assert_eq!(case.greedy.len(), 64);
    }
}

#[test]
fn smollm2_is_the_same_in_its_gguf_file() {
    let folder = pretrained("models/SmolLM2-135M-Instruct");
    let file = pretrained("target/weights/SmolLM2-135M-Instruct.Q4_1.gguf");
    let (Some(folder), Some(file)) = (folder, file) else {
        return;
    };
    let tokens = &cases()[0].tokens;
    let of = |path: &Path| {
        let model = Backbone::<Flex>::load(path, &Default::default()).unwrap();
        logits(&model, tokens)
    };
    assert!(of(&folder) == of(&file), "the logits differ");
    let [folder, file] = [folder, file].map(|path| Tokenizer::load(&path).unwrap());
    let messages = [("system", "Be brief."), ("user", "12 <|im_end|> cafés")];
    let prompt = |tokenizer: &Tokenizer| tokenizer.encode_prompt("anybody", &messages).unwrap();
    assert_eq!(prompt(&folder), prompt(&file));
    assert_eq!(folder.ends(), file.ends());
}

#[test]
fn minilm_finds_the_sentence_that_answers_a_question() {
    let Some(folder) = pretrained("models/all-MiniLM-L6-v2") else {
        return;
    };
    let encoder = SentenceEncoder::<Flex>::load(&folder, &Default::default()).unwrap();
    let texts = [
        "Where does Anna live now?",
        "Anna moved to Lisbon in May.",
        "Tom bought a red bicycle.",
        "The soup needs more salt.",
    ];
    let vectors = encoder.embed(&texts.map(str::to_owned)).unwrap();
    let cosine = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    assert!((cosine(&vectors[0], &vectors[0]) - 1.0).abs() < 1e-5);
    let near = cosine(&vectors[0], &vectors[1]);
    for other in &vectors[2..] {
        assert!(near > cosine(&vectors[0], other) + 0.3);
    }
}
