//! JSON schemas, on the `llguidance` crate: the tokens that continue a text towards a JSON value of
//! the schema.
//!
//! JSON is compact: no spaces between its parts. Where the schema leaves only one text, that text is
//! split as the tokenizer splits it, so its tokens are forced and cost no pass of the model.
//! Elsewhere any split is allowed. Special tokens have no text and are never allowed, nor are
//! tokens that end inside a character which no token completes. So every state has a next token,
//! and bytes that a tokenizer lacks are in no output.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::{fmt, thread};

use llguidance::api::{GrammarWithLexer, ParserLimits, TopLevelGrammar};
use llguidance::earley::SlicedBiasComputer;
use llguidance::toktrie::{
    ApproximateTokEnv, InferenceCapabilities, SimpleVob, TokRxInfo, TokTrie,
};
use llguidance::{JsonCompileOptions, Matcher, ParserFactory};
use serde_json::Value;

use crate::grammar::single_bytes::SingleBytes;
use crate::grammar::state::{GrammarState, Position};
use crate::tokenizer::Tokenizer;

/// The maximum size of a schema in bytes. Schemas come from components and are not trusted.
const MAX_BYTES: usize = 1 << 15;

/// The stack of the compiling thread. A schema of the maximum size whose references form one chain
/// needs a quarter of it.
const STACK: usize = 1 << 26;

/// The maximum number of lexer states, at 1 to 2 kB each.
const MAX_STATES: usize = 50_000;

/// The maximum number of token ids in cached sets: 128 MiB.
const MAX_CACHED_IDS: usize = 1 << 25;

/// The maximum number of cached forced texts.
const MAX_FORCED: usize = 1 << 16;

/// A vocabulary indexed for schemas, and a cache of allowed sets.
pub(super) struct SchemaVocabulary {
    factory: ParserFactory,
    single: SingleBytes,
    sets: Mutex<Sets>,
    tokenizer: Arc<Tokenizer>,
    /// The bytes of each token.
    bytes: Vec<Vec<u8>>,
    /// The forced token of forced texts.
    forced: Mutex<HashMap<Box<[u8]>, Option<u32>>>,
}

/// Allowed sets by bit mask. Inside strings, the same set of nearly the whole vocabulary recurs,
/// and is allocated once.
#[derive(Default)]
struct Sets {
    by_mask: HashMap<Box<[u32]>, Arc<[u32]>>,
    ids: usize,
}

/// A compiled schema.
pub(super) struct JsonSchema {
    vocabulary: Arc<SchemaVocabulary>,
    first: Box<Matcher>,
    allowed: Arc<[u32]>,
}

impl SchemaVocabulary {
    /// Indexes a tokenizer's vocabulary.
    pub(super) fn new(tokenizer: Arc<Tokenizer>) -> Result<Self, String> {
        let (bytes, end) = (tokenizer.bytes(), tokenizer.ends()[0]);
        let single = SingleBytes::of(&bytes);
        // Structure, keys and numbers are of these bytes.
        if let Some(byte) = (b' '..=b'~').find(|byte| !single.has(*byte)) {
            return Err(format!(
                "the tokenizer has no token for the byte {byte:#04x}: a schema needs a token for every printable ASCII character (set tokenizer.kind = \"bytes\")"
            ));
        }
        if end as usize >= bytes.len() {
            return Err(format!(
                "the end token {end} is outside the vocabulary of {} tokens",
                bytes.len()
            ));
        }
        let info = TokRxInfo::new(bytes.len() as u32, end);
        let allowed: Vec<Vec<u8>> = bytes
            .iter()
            .map(|token| match single.can_go_on_after(token) {
                true => token.clone(),
                false => Vec::new(),
            })
            .collect();
        let tokens = ApproximateTokEnv::new(TokTrie::from(&info, &allowed));
        let mut factory = ParserFactory::new(
            &(Arc::new(tokens) as _),
            InferenceCapabilities::default(),
            &SlicedBiasComputer::json_slices(),
        )
        .map_err(|error| error.to_string())?;
        factory.quiet();
        *factory.limits_mut() = ParserLimits {
            max_lexer_states: MAX_STATES,
            verbose_errors: false,
            ..ParserLimits::default()
        };
        Ok(Self {
            factory,
            single,
            sets: Mutex::default(),
            tokenizer,
            bytes,
            forced: Mutex::default(),
        })
    }

    /// Returns the first token of a forced text, or `None` if it may reach beyond the text.
    fn forced(&self, text: Vec<u8>) -> Option<u32> {
        if text.is_empty() {
            return None;
        }
        let mut forced = self.forced.lock().unwrap_or_else(PoisonError::into_inner);
        if forced.len() == MAX_FORCED {
            forced.clear();
        }
        *forced.entry(text.into()).or_insert_with_key(|text| {
            let whole = text.utf8_chunks().next()?.valid();
            match self.tokenizer.encode_completion(whole, false).as_deref() {
                Ok([first, _, ..]) => {
                    let bytes = &self.bytes[*first as usize];
                    let begins = !bytes.is_empty() && text.starts_with(bytes);
                    (begins && self.single.can_go_on_after(bytes)).then_some(*first)
                }
                _ => None,
            }
        })
    }

    /// Returns the token ids of a mask, ascending.
    fn set(&self, mask: &SimpleVob) -> Arc<[u32]> {
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(set) = sets.by_mask.get(mask.as_slice()) {
            return set.clone();
        }
        let set: Arc<[u32]> = mask.to_list().into();
        if sets.ids + set.len() > MAX_CACHED_IDS {
            *sets = Sets::default();
        }
        sets.ids += set.len();
        sets.by_mask.insert(mask.as_slice().into(), set.clone());
        set
    }
}

impl JsonSchema {
    /// Compiles a JSON schema.
    pub(super) fn compile(text: &str, vocabulary: Arc<SchemaVocabulary>) -> Result<Self, String> {
        if text.len() > MAX_BYTES {
            return Err(format!("longer than {MAX_BYTES} bytes"));
        }
        let mut schema: Value =
            serde_json::from_str(text).map_err(|error| format!("invalid JSON ({error})"))?;
        if let Some(missing) = vocabulary.single.first_unwritable(&schema) {
            return Err(missing);
        }
        let options = JsonCompileOptions {
            whitespace_flexible: false,
            ..JsonCompileOptions::default()
        };
        options.apply_to(&mut schema);
        // Some tokenizers begin a text with a space and strip it on decoding.
        let text = GrammarWithLexer::from_lark("start: \" \"? @schema".into());
        let schema = GrammarWithLexer {
            name: Some("schema".into()),
            ..GrammarWithLexer::from_json_schema(schema)
        };
        let grammar = TopLevelGrammar {
            grammars: vec![text, schema],
            max_tokens: None,
        };
        let compile = || Box::new(Matcher::new(vocabulary.factory.create_parser(grammar)));
        let mut first = thread::scope(|scope| {
            let thread = thread::Builder::new().stack_size(STACK);
            let thread = thread
                .spawn_scoped(scope, compile)
                .map_err(|e| e.to_string())?;
            thread.join().map_err(|_| "llguidance panicked".to_owned())
        })?;
        let allowed = allowed(&vocabulary, &mut first)?;
        Ok(Self {
            vocabulary,
            first,
            allowed,
        })
    }

    /// Returns the state before the first token.
    pub(super) fn start(&self) -> GrammarState {
        state(self.first.clone(), self.allowed.clone())
    }

    /// Returns the state after an allowed token.
    pub(super) fn advance(
        &self,
        mut matcher: Box<Matcher>,
        token: u32,
    ) -> Result<GrammarState, String> {
        matcher.consume_token(token).map_err(brief)?;
        let allowed = allowed(&self.vocabulary, &mut matcher)?;
        Ok(state(matcher, allowed))
    }

    /// Returns the state with every split of a forced text allowed.
    pub(super) fn any_split(&self, mut matcher: Box<Matcher>) -> Result<GrammarState, String> {
        let allowed = any_split(&self.vocabulary, &mut matcher)?;
        Ok(state(matcher, allowed))
    }
}

fn state(matcher: Box<Matcher>, allowed: Arc<[u32]>) -> GrammarState {
    GrammarState {
        allowed,
        position: Position::Schema(matcher),
    }
}

/// Returns the tokens allowed next.
fn allowed(vocabulary: &SchemaVocabulary, matcher: &mut Matcher) -> Result<Arc<[u32]>, String> {
    match vocabulary.forced(matcher.compute_ff_bytes()) {
        Some(token) => Ok([token].into()),
        None => any_split(vocabulary, matcher),
    }
}

/// Returns the tokens allowed next, in any split of a forced text.
fn any_split(vocabulary: &SchemaVocabulary, matcher: &mut Matcher) -> Result<Arc<[u32]>, String> {
    match matcher.get_error() {
        Some(error) => Err(brief(error)),
        None if matcher.is_stopped() => Ok([].into()),
        None => Ok(vocabulary.set(&matcher.compute_mask().map_err(brief)?)),
    }
}

/// Returns the first line of an error from `llguidance`, which appends its parser state.
fn brief(error: impl fmt::Display) -> String {
    let error = error.to_string();
    match error.lines().next() {
        Some("NoExtensionBias") | None => "no text matches it".into(),
        Some(line) => line.into(),
    }
}
