//! A host whose model's tokens are known.

use bank_flat::Flat;
use memloom_sdk::bank::{Hit, Query, Schema, Stats};
use memloom_sdk::host::{Completion, FinishReason, Host, Request};
use memloom_sdk::types::{Entry, Error, Moment, Observation, Operation};
use memloom_sdk::{Environment, MockHost};

/// A host whose tokens are words with the spaces before them, or single bytes. An output ends where
/// its text ends, or is cut off at the request's limit.
pub struct Speaker {
    inner: MockHost<Flat>,
    bytes: bool,
    /// The most tokens of an output, whatever is asked for.
    most: u32,
    /// The outputs in order.
    pub outputs: Vec<Completion>,
}

impl Speaker {
    /// Returns a host that says the text of a function of the number of earlier outputs.
    pub fn new(mut say: impl FnMut(usize) -> String + 'static) -> Self {
        let mut calls = 0;
        let model = move |_: &Request| {
            calls += 1;
            Ok(say(calls - 1))
        };
        Self {
            inner: MockHost::new(Flat::default(), model),
            bytes: false,
            most: u32::MAX,
            outputs: Vec::new(),
        }
    }

    /// Returns a host that says the numbers from 1, without end: `1 2 3 …`.
    pub fn counting() -> Self {
        let mut said = 0;
        let mut host = Self::new(|_| String::new());
        host.inner = MockHost::new(Flat::default(), move |request| {
            let numbers = (said + 1..).take(1 + request.max_tokens as usize);
            said += request.max_tokens;
            Ok(numbers.map(|number| format!(" {number}")).collect())
        });
        host
    }

    /// Returns a host that says what is demonstrated.
    pub fn demonstrated() -> Self {
        let mut host = Self::new(|_| String::new());
        host.inner = MockHost::demonstrated(Flat::default());
        host
    }

    /// Makes each byte a token.
    pub fn in_bytes(mut self) -> Self {
        self.bytes = true;
        self
    }

    /// Makes every output end after so many tokens, as where the model's context is full.
    pub fn full_after(mut self, tokens: u32) -> Self {
        self.most = tokens;
        self
    }

    /// Sets the environment, with an open episode.
    pub fn in_environment(mut self, environment: impl Environment + 'static) -> Self {
        self.inner.environment = Some(Box::new(environment));
        self
    }

    /// Sets the demonstrator.
    pub fn advised(mut self, demonstrator: &'static str) -> Self {
        self.inner.demonstrator = Some((demonstrator, 1));
        self
    }

    pub fn environment(&mut self) -> &mut dyn Environment {
        self.inner.environment.as_deref_mut().unwrap()
    }

    pub fn requests(&self) -> &[Request] {
        &self.inner.requests
    }

    /// Returns the text of the reply that each request begins with.
    pub fn begun(&self) -> Vec<&str> {
        let last = self
            .inner
            .requests
            .iter()
            .filter_map(|request| request.messages.last());
        last.map(|message| match message.role.as_str() {
            "assistant" => message.content.as_str(),
            _ => "",
        })
        .collect()
    }

    /// Returns the byte at which each token of a text ends.
    fn ends(&self, text: &str) -> Vec<usize> {
        if self.bytes {
            return (1..=text.len()).collect();
        }
        let mut letters = text.char_indices().peekable();
        let mut ends = Vec::new();
        while let Some((at, letter)) = letters.next() {
            let next = letters.peek().is_none_or(|(_, next)| next.is_whitespace());
            if !letter.is_whitespace() && next {
                ends.push(at + letter.len_utf8());
            }
        }
        ends
    }
}

impl Host for Speaker {
    fn generate(&mut self, request: &Request) -> Result<Completion, Error> {
        let text = self.inner.generate(request)?.text;
        let tokens = self.count(&text);
        let most = request.max_tokens.min(self.most);
        let finish = match tokens > most {
            true => FinishReason::Length,
            false => FinishReason::Stop,
        };
        let output = Completion {
            text: match finish {
                FinishReason::Length => self.cut(&text, 0, most),
                FinishReason::Stop => text,
            },
            tokens: tokens.min(most),
            finish,
            ..Completion::of_text("")
        };
        self.outputs.push(output.clone());
        Ok(output)
    }

    fn count(&mut self, text: &str) -> u32 {
        self.ends(text).len() as u32
    }

    fn cut(&mut self, text: &str, first: u32, end: u32) -> String {
        let ends = self.ends(text);
        let at = |token: u32| match (token as usize).min(ends.len()) {
            0 => 0,
            token => ends[token - 1],
        };
        let (mut start, mut end) = (at(first), at(end.max(first)));
        while !text.is_char_boundary(start) {
            start += 1;
        }
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text[start..end.max(start)].into()
    }

    fn act(&mut self, action: &str) -> Result<Observation, Error> {
        self.inner.act(action)
    }

    fn advise(&mut self) -> Option<String> {
        self.inner.advise()
    }

    fn schema(&mut self) -> Schema {
        self.inner.schema()
    }

    fn apply(&mut self, at: &Moment, operations: &[Operation]) -> Vec<Result<String, Error>> {
        self.inner.apply(at, operations)
    }

    fn retrieve(&mut self, query: &Query) -> Result<Vec<Hit>, Error> {
        self.inner.retrieve(query)
    }

    fn entries(&mut self) -> Vec<Entry> {
        self.inner.entries()
    }

    fn render(&mut self, ids: &[String]) -> Result<String, Error> {
        self.inner.render(ids)
    }

    fn stats(&mut self) -> Stats {
        self.inner.stats()
    }

    fn embed(&mut self, texts: &[String]) -> Option<Vec<Vec<f32>>> {
        self.inner.embed(texts)
    }
}
