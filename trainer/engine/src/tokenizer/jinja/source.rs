//! Rewrites parts of a template's source that `minijinja` does not support. Lines and whitespace
//! stay.

use std::ops::Range;

use minijinja::machinery::{Token, Tokenizer};
use minijinja::syntax::SyntaxConfig;

use crate::tokenizer::jinja::percent;

/// Replaces `{% generation %}`, which marks the assistant's text for `transformers`, with a block
/// that only scopes variables. Replaces `left % right` with a call, because `%` formats strings in
/// Python.
pub(super) fn adapt(source: &str, syntax: &SyntaxConfig) -> String {
    let tokens = tokens(source, syntax);
    let mut edits = Vec::new();
    for pair in tokens.windows(2) {
        if let [(Token::BlockStart, _), (Token::Ident(name), place)] = pair {
            match *name {
                "generation" => edits.push((place.clone(), "with")),
                "endgeneration" => edits.push((place.clone(), "endwith")),
                _ => {}
            }
        }
    }
    for (first, operator) in remainders(&tokens) {
        let start = tokens[first].1.start;
        let end = tokens[operand_end(&tokens, operator + 1) - 1].1.end;
        edits.push((start..start, percent::BEGIN));
        edits.push((tokens[operator].1.clone(), ","));
        edits.push((end..end, ")"));
    }
    apply(source, edits)
}

type Placed<'a> = (Token<'a>, Range<usize>);

/// Splits a source into tokens, up to its first syntax error. The compiler reports that error.
fn tokens<'a>(source: &'a str, syntax: &SyntaxConfig) -> Vec<Placed<'a>> {
    let mut tokenizer = Tokenizer::new(source, "", false, syntax.clone());
    let mut tokens = Vec::new();
    while let Ok(Some((token, span))) = tokenizer.next_token() {
        tokens.push((token, span.start_offset as usize..span.end_offset as usize));
    }
    tokens
}

/// The state of the scan inside one pair of brackets, or outside all brackets.
#[derive(Default)]
struct Level {
    /// The index of the current product's first token. `%` has the precedence of `*` and `/`, and
    /// all are left-associative.
    first: usize,
    /// True if the next operand belongs to the current product.
    goes_on: bool,
    /// True if the last token ended an operand.
    read: bool,
}

impl Level {
    /// Starts an operand or the signs before it.
    fn begin(&mut self, index: usize) {
        if !self.goes_on {
            self.first = index;
            self.goes_on = true;
        }
    }

    fn read(&mut self, index: usize) {
        if !self.read {
            self.begin(index);
            self.read = true;
        }
    }
}

/// Returns the indices of each `%` and of the first token of its left operand, as `(operand, %)`.
fn remainders(tokens: &[Placed<'_>]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut levels = vec![Level::default()];
    let mut before = None;
    for (index, (token, _)) in tokens.iter().enumerate() {
        let before = before.replace(token);
        let Some(level) = levels.last_mut() else {
            // More brackets are closed than opened.
            return found;
        };
        match token {
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => {
                level.read(index);
                levels.push(Level::default());
            }
            Token::ParenClose | Token::BracketClose | Token::BraceClose => {
                levels.pop();
            }
            Token::Mod if level.read => {
                found.push((level.first, index));
                level.read = false;
            }
            Token::Mul | Token::Div | Token::FloorDiv | Token::Pow => level.read = false,
            Token::Plus | Token::Minus if !level.read => level.begin(index),
            Token::Dot | Token::Pipe => {}
            Token::Ident(_) if matches!(before, Some(Token::Dot | Token::Pipe)) => {}
            Token::Ident(word) if is_operand(word, before) => level.read(index),
            Token::Str(_)
            | Token::String(_)
            | Token::Int(_)
            | Token::Int128(_)
            | Token::Float(_) => level.read(index),
            _ => *level = Level::default(),
        }
    }
    found
}

/// Returns whether a word is a value, not a statement or an operator.
fn is_operand(word: &str, before: Option<&Token<'_>>) -> bool {
    const OPERATORS: [&str; 7] = ["and", "or", "not", "in", "is", "if", "else"];
    !matches!(before, Some(Token::BlockStart)) && !OPERATORS.contains(&word)
}

/// Returns the end of the operand that begins at a token: a value with its signs, attributes,
/// subscripts, calls, filters and tests.
fn operand_end(tokens: &[Placed<'_>], mut at: usize) -> usize {
    let token = |at: usize| tokens.get(at).map(|(token, _)| token);
    while matches!(token(at), Some(Token::Plus | Token::Minus)) {
        at += 1;
    }
    at = part_end(tokens, at);
    loop {
        at = match token(at) {
            Some(Token::Dot | Token::Pipe) => at + 2,
            Some(Token::ParenOpen | Token::BracketOpen) => part_end(tokens, at),
            Some(Token::Ident("is")) => match token(at + 1) {
                Some(Token::Ident("not")) => at + 3,
                _ => at + 2,
            },
            // Adjacent string literals are one string.
            Some(Token::Str(_) | Token::String(_)) => at + 1,
            Some(Token::Pow) => return operand_end(tokens, at + 1),
            _ => return at.min(tokens.len()),
        };
    }
}

/// Returns the end of a token, or of the brackets that it opens.
fn part_end(tokens: &[Placed<'_>], start: usize) -> usize {
    let mut depth = 0usize;
    for (index, (token, _)) in tokens.iter().enumerate().skip(start) {
        match token {
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => depth += 1,
            Token::ParenClose | Token::BracketClose | Token::BraceClose => {
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
        if depth == 0 {
            return index + 1;
        }
    }
    tokens.len()
}

/// Replaces ranges of a source. Insertions at the same place keep their order.
fn apply(source: &str, mut edits: Vec<(Range<usize>, &str)>) -> String {
    edits.sort_by_key(|(place, _)| place.start);
    let mut result = String::with_capacity(source.len());
    let mut done = 0;
    for (place, text) in edits {
        result.push_str(&source[done..place.start]);
        result.push_str(text);
        done = place.end;
    }
    result.push_str(&source[done..]);
    result
}
