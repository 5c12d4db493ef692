//! The expression's syntax.

/// Groups inside groups; more is no grammar that anybody wrote.
const DEEPEST: usize = 64;

/// Words in an expression. It comes from a guest, and the automaton's making may
/// take the square of them.
const MOST_WORDS: usize = 4096;

/// A parsed expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expression {
    /// One token.
    Word(u32),
    /// One after the other.
    Sequence(Vec<Expression>),
    /// One of them.
    Choice(Vec<Expression>),
}

/// A fault: its column, from 1, and what is wrong.
type Fault = (usize, String);

enum Symbol<'a> {
    Word(&'a str),
    Or,
    Open,
    Close,
}

/// Parses an expression whose words `id` turns into tokens.
pub(super) fn parse(
    text: &str,
    id: impl Fn(&str) -> Option<u32>,
) -> Result<Expression, Fault> {
    let symbols = symbols(text);
    let mut words = symbols.iter().filter(|(_, s)| matches!(s, Symbol::Word(_)));
    if let Some((column, _)) = words.nth(MOST_WORDS) {
        return Err((*column, format!("it has more than {MOST_WORDS} words")));
    }
    let mut parser = Parser {
        symbols,
        at: 0,
        end: text.chars().count() + 1,
        id,
    };
    let expression = parser.choice(0)?;
    match parser.symbols.get(parser.at) {
        None => Ok(expression),
        Some((column, _)) => Err((*column, "this bracket closes nothing".into())),
    }
}

/// The symbols with their columns.
fn symbols(text: &str) -> Vec<(usize, Symbol<'_>)> {
    let is_edge = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '|');
    let mut symbols = Vec::new();
    let mut rest = text;
    let mut column = 1;
    while let Some(first) = rest.chars().next() {
        let length = if is_edge(first) {
            first.len_utf8()
        } else {
            rest.find(is_edge).unwrap_or(rest.len())
        };
        let (symbol, after) = rest.split_at(length);
        match symbol {
            "(" => symbols.push((column, Symbol::Open)),
            ")" => symbols.push((column, Symbol::Close)),
            "|" => symbols.push((column, Symbol::Or)),
            _ if first.is_whitespace() => {}
            word => symbols.push((column, Symbol::Word(word))),
        }
        column += symbol.chars().count();
        rest = after;
    }
    symbols
}

struct Parser<'a, F> {
    symbols: Vec<(usize, Symbol<'a>)>,
    at: usize,
    /// Column behind the last.
    end: usize,
    id: F,
}

impl<F: Fn(&str) -> Option<u32>> Parser<'_, F> {
    fn choice(&mut self, depth: usize) -> Result<Expression, Fault> {
        let mut alternatives = vec![self.sequence(depth)?];
        while let Some((_, Symbol::Or)) = self.symbols.get(self.at) {
            self.at += 1;
            alternatives.push(self.sequence(depth)?);
        }
        Ok(match alternatives.len() {
            1 => alternatives.remove(0),
            _ => Expression::Choice(alternatives),
        })
    }

    fn sequence(&mut self, depth: usize) -> Result<Expression, Fault> {
        let mut parts = Vec::new();
        while let Some((column, symbol)) = self.symbols.get(self.at) {
            let column = *column;
            match symbol {
                Symbol::Or | Symbol::Close => break,
                Symbol::Word(word) => {
                    let token = (self.id)(word).ok_or_else(|| {
                        let why = format!("{word:?} is not a token of its own: add it to the policy's control words");
                        (column, why)
                    })?;
                    parts.push(Expression::Word(token));
                    self.at += 1;
                }
                Symbol::Open => {
                    if depth == DEEPEST {
                        return Err((column, format!("groups are more than {DEEPEST} deep")));
                    }
                    self.at += 1;
                    parts.push(self.choice(depth + 1)?);
                    match self.symbols.get(self.at) {
                        Some((_, Symbol::Close)) => self.at += 1,
                        _ => return Err((column, "this bracket is never closed".into())),
                    }
                }
            }
        }
        if parts.is_empty() {
            let column = self.symbols.get(self.at).map_or(self.end, |(column, _)| *column);
            return Err((column, "a word or a group is missing".into()));
        }
        Ok(Expression::Sequence(parts))
    }
}
