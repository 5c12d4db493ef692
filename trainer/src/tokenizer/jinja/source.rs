//! A template's source, reworded where chat templates say more than Jinja in Rust has.
//! Lines and whitespace stay.

use std::ops::Range;

use minijinja::machinery::{Token, Tokenizer};
use minijinja::syntax::SyntaxConfig;

use super::percent;

/// Rewords `{% generation %}`, by which `transformers` finds what the assistant says, as a
/// block that does nothing but have variables of its own; and `left % right` as a call,
/// since `%` formats strings in Python.
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

/// Splits a source up to its first fault, which compiling it will name.
fn tokens<'a>(source: &'a str, syntax: &SyntaxConfig) -> Vec<Placed<'a>> {
    let mut tokenizer = Tokenizer::new(source, "", false, syntax.clone());
    let mut tokens = Vec::new();
    while let Ok(Some((token, span))) = tokenizer.next_token() {
        tokens.push((token, span.start_offset as usize..span.end_offset as usize));
    }
    tokens
}

/// A place between brackets, or outside of all.
#[derive(Default)]
struct Level {
    /// Where the product began that is being read. `%` has the rank of `*` and `/`, and
    /// all of them group from the left.
    first: usize,
    /// Whether what comes next goes on with that product.
    goes_on: bool,
    /// Whether an operand has been read, and no operator after it.
    read: bool,
}

impl Level {
    /// Begins an operand, or the signs before it.
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

/// Finds each `%`, as the first token of what is left of it, and its own place.
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

/// Whether a word is a value and not the name of a statement or an operator.
fn is_operand(word: &str, before: Option<&Token<'_>>) -> bool {
    const OPERATORS: [&str; 7] = ["and", "or", "not", "in", "is", "if", "else"];
    !matches!(before, Some(Token::BlockStart)) && !OPERATORS.contains(&word)
}

/// Returns where the operand ends that begins at a token: a value with its signs,
/// attributes, subscripts, calls, filters and tests.
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
            // Texts side by side are one.
            Some(Token::Str(_) | Token::String(_)) => at + 1,
            Some(Token::Pow) => return operand_end(tokens, at + 1),
            _ => return at.min(tokens.len()),
        };
    }
}

/// Returns where a token ends, with all that it encloses.
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

/// Puts texts in the place of others. Of those at one place the first comes first.
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
