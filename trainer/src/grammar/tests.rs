#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::expression::Expression;
use super::*;

fn tokenizer() -> Tokenizer {
    let words = ["a", "b", "c", "d", "|"].map(str::to_owned);
    Tokenizer::train_words(["nothing"], &words, &[], 100).unwrap()
}

fn ids(tokenizer: &Tokenizer, text: &str) -> Vec<u32> {
    let words = text.split_whitespace();
    words.map(|word| tokenizer.id(word).unwrap()).collect()
}

/// Whether `tokens` are a whole output: at a place where the output may end.
fn accepts(grammar: &Grammar, tokens: &[u32]) -> bool {
    let start = Some(grammar.start());
    let last = tokens.iter().fold(start, |state, token| grammar.advance(state?, *token));
    last.is_some_and(|state| grammar.is_final(state))
}

#[test]
fn sequences_choices_and_groups_mean_what_they_say() {
    let tokenizer = tokenizer();
    let grammar = Grammar::parse("a (b | c d) a", &tokenizer).unwrap();
    for (text, accepted) in [
        ("a b a", true),
        ("a c d a", true),
        ("a c a", false),
        ("a b", false),
        ("a b a a", false),
        ("", false),
    ] {
        assert_eq!(accepts(&grammar, &ids(&tokenizer, text)), accepted, "{text}");
    }
    let sets = grammar.choices(&ids(&tokenizer, "a c d a")).unwrap();
    let sizes: Vec<usize> = sets.iter().map(|set| set.as_ref().unwrap().len()).collect();
    assert_eq!(sizes, [1, 2, 1, 1]);
    assert_eq!(grammar.choices(&ids(&tokenizer, "a d")), None);
}

#[test]
fn the_end_is_offered_only_where_the_output_may_go_on() {
    let tokenizer = tokenizer();
    let grammar = Grammar::parse("a | a b", &tokenizer).unwrap();
    let after = grammar.advance(grammar.start(), ids(&tokenizer, "a")[0]).unwrap();
    assert!(grammar.allowed(after).contains(&tokenizer.end()));
    let ended = grammar.advance(after, tokenizer.end()).unwrap();
    assert!(grammar.is_final(ended) && grammar.allowed(ended).is_empty());
    let whole = grammar.advance(after, ids(&tokenizer, "b")[0]).unwrap();
    assert!(grammar.is_final(whole) && grammar.allowed(whole).is_empty());
}

#[test]
fn complaints_name_the_expression_the_column_and_the_word() {
    let tokenizer = tokenizer();
    let fault = |expression: &str| {
        let error = Grammar::parse(expression, &tokenizer).unwrap_err();
        assert_eq!(error.expression, expression);
        (error.column, error.why)
    };
    assert_eq!(fault("a (b | x9) c").0, 8);
    assert!(fault("a (b | x9) c").1.contains("\"x9\" is not a token"));
    assert_eq!(fault("a (b | c"), (3, "this bracket is never closed".into()));
    assert_eq!(fault("a) b"), (2, "this bracket closes nothing".into()));
    assert_eq!(fault("a | | b"), (5, "a word or a group is missing".into()));
    assert_eq!(fault(""), (1, "a word or a group is missing".into()));
    assert_eq!(fault(&"(".repeat(100)).0, 65);
    assert_eq!(fault(&"a ".repeat(5000)), (8193, "it has more than 4096 words".into()));
}

#[test]
fn a_grammar_whose_automaton_would_explode_is_refused() {
    // After n words, which of them were `a` decides what may follow.
    let mut expression = String::new();
    for length in 0..20 {
        if length > 0 {
            expression.push_str(" | ");
        }
        let any = "(a | b) ".repeat(length);
        let rest = "(a | b) ".repeat(20 - length);
        expression.push_str(&format!("{any}a {rest}{}", "c ".repeat(length + 1)));
    }
    let error = Grammar::parse(&expression, &tokenizer()).unwrap_err();
    assert!(error.why.contains("more than 16384 states"), "{error}");
}

fn expressions() -> impl Strategy<Value = Expression> {
    let word = (0u32..4).prop_map(Expression::Word);
    word.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Expression::Sequence),
            prop::collection::vec(inner, 1..4).prop_map(Expression::Choice),
        ]
    })
}

/// All outputs, by brute force; None where they are too many.
fn language(expression: &Expression) -> Option<BTreeSet<Vec<u32>>> {
    let mut outputs = BTreeSet::new();
    match expression {
        Expression::Word(token) => {
            outputs.insert(vec![*token]);
        }
        Expression::Choice(alternatives) => {
            for alternative in alternatives {
                outputs.extend(language(alternative)?);
            }
        }
        Expression::Sequence(parts) => {
            outputs.insert(Vec::new());
            for part in parts {
                let tails = language(part)?;
                if outputs.len() * tails.len() > 2_000 {
                    return None;
                }
                let joined = outputs.iter().flat_map(|head| {
                    tails.iter().map(|tail| [head.as_slice(), tail].concat())
                });
                outputs = joined.collect();
            }
        }
    }
    Some(outputs)
}

fn written(expression: &Expression, words: &[&str]) -> String {
    let joined = |parts: &[Expression], by: &str| {
        let parts: Vec<String> = parts.iter().map(|part| written(part, words)).collect();
        format!("({})", parts.join(by))
    };
    match expression {
        Expression::Word(token) => words[*token as usize].into(),
        Expression::Sequence(parts) => joined(parts, " "),
        Expression::Choice(alternatives) => joined(alternatives, "|"),
    }
}

proptest! {
    #[test]
    fn walking_what_is_allowed_gives_the_language_and_nothing_else(expression in expressions()) {
        let Some(expected) = language(&expression) else { return Ok(()) };
        let tokenizer = tokenizer();
        let words = ["a", "b", "c", "d"];
        let grammar = Grammar::parse(&written(&expression, &words), &tokenizer).unwrap();
        let expected: BTreeSet<Vec<u32>> = expected
            .into_iter()
            .map(|output| output.iter().map(|t| tokenizer.id(words[*t as usize]).unwrap()).collect())
            .collect();
        // Every walk to a place where the output may end.
        let mut walks = BTreeSet::new();
        let mut pending = vec![(grammar.start(), Vec::new())];
        while let Some((state, tokens)) = pending.pop() {
            let allowed = grammar.allowed(state);
            prop_assert!(allowed.is_sorted());
            if grammar.is_final(state) {
                walks.insert(tokens.clone());
            }
            prop_assert!(grammar.is_final(state) || !allowed.is_empty(), "a dead end");
            for token in allowed.iter().filter(|token| **token != tokenizer.end()) {
                let mut longer = tokens.clone();
                longer.push(*token);
                pending.push((grammar.advance(state, *token).unwrap(), longer));
            }
        }
        prop_assert_eq!(&walks, &expected);
    }

    #[test]
    fn what_is_outside_the_language_is_rejected(
        expression in expressions(),
        tried in prop::collection::vec(0u32..4, 0..6),
    ) {
        let Some(expected) = language(&expression) else { return Ok(()) };
        let tokenizer = tokenizer();
        let words = ["a", "b", "c", "d"];
        let grammar = Grammar::parse(&written(&expression, &words), &tokenizer).unwrap();
        let tokens: Vec<u32> = tried.iter().map(|t| tokenizer.id(words[*t as usize]).unwrap()).collect();
        prop_assert_eq!(accepts(&grammar, &tokens), expected.contains(&tried));
    }
}
