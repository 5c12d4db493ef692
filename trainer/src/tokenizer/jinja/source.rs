//! A template's source, reworded where `transformers` reads more than Jinja has.

use std::ops::Range;

use minijinja::machinery::{Token, Tokenizer};
use minijinja::syntax::SyntaxConfig;

/// Returns the source with `{% generation %}`, by which `transformers` finds what the
/// assistant says, as a block that does nothing but have variables of its own. Lines and
/// whitespace stay.
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
