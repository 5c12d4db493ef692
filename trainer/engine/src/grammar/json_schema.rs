//! JSON schemas, over the `llguidance` crate: which tokens can go on with a text, so
//! that it becomes one JSON text of the schema.
//!
//! Any cut of a text into tokens is allowed, not only the tokenizer's own, and text is
//! all that counts: special tokens have none.

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

use crate::grammar::state::{Place, State};

/// Bytes of a schema: one from a component is not trusted.
const MOST_BYTES: usize = 1 << 15;

/// Stack of the thread that compiles: a schema of the most bytes, whose references form
/// one long chain, takes a quarter of it.
const STACK: usize = 1 << 26;

/// States of a schema's lexer, 1 to 2 kB each.
const MOST_STATES: usize = 50_000;

/// Token ids in the sets that are kept to be shared: 128 MiB.
const MOST_HELD: usize = 1 << 25;

/// A tokenizer as schemas see it, and the sets of its tokens that have been allowed.
pub(super) struct Spelling {
    factory: ParserFactory,
    sets: Mutex<Sets>,
}

/// Sets by their bits: inside strings, the same nearly whole vocabulary is allowed again
/// and again, and has one allocation.
#[derive(Default)]
struct Sets {
    known: HashMap<Box<[u32]>, Arc<[u32]>>,
    held: usize,
}

/// A compiled schema.
pub(super) struct Schema {
    spelling: Arc<Spelling>,
    first: Box<Matcher>,
    allowed: Arc<[u32]>,
}

impl Spelling {
    /// Of tokens with these bytes, by id.
    pub(super) fn new(bytes: &[Vec<u8>], end: u32) -> Result<Self, String> {
        // Otherwise an output could come to a place where it can neither go on nor end.
        let mut single = [false; 256];
        for token in bytes {
            if let [byte] = token[..] {
                single[usize::from(byte)] = true;
            }
        }
        let utf8 = (b' '..=b'~').chain(0x80..=0xbf).chain(0xc2..=0xf4);
        if let Some(byte) = { utf8 }.find(|byte| !single[usize::from(*byte)]) {
            return Err(format!(
                "the tokenizer has no token for the byte {byte:#04x} alone: it must be able to write any text, byte by byte (tokenizer.kind = \"bytes\" can)"
            ));
        }
        if end as usize >= bytes.len() {
            return Err(format!("the end token {end} is none of the tokenizer's"));
        }
        let info = TokRxInfo::new(bytes.len() as u32, end);
        let tokens = ApproximateTokEnv::new(TokTrie::from(&info, bytes));
        let mut factory = ParserFactory::new(
            &(Arc::new(tokens) as _),
            InferenceCapabilities::default(),
            &SlicedBiasComputer::json_slices(),
        )
        .map_err(|error| error.to_string())?;
        factory.quiet();
        *factory.limits_mut() = ParserLimits {
            max_lexer_states: MOST_STATES,
            verbose_errors: false,
            ..ParserLimits::default()
        };
        Ok(Self {
            factory,
            sets: Mutex::default(),
        })
    }

    /// The set of a mask, sorted.
    fn set(&self, mask: &SimpleVob) -> Arc<[u32]> {
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(set) = sets.known.get(mask.as_slice()) {
            return set.clone();
        }
        let set: Arc<[u32]> = mask.to_list().into();
        if sets.held + set.len() > MOST_HELD {
            *sets = Sets::default();
        }
        sets.held += set.len();
        sets.known.insert(mask.as_slice().into(), set.clone());
        set
    }
}

impl Schema {
    /// Compiles a JSON schema.
    pub(super) fn compile(text: &str, spelling: Arc<Spelling>) -> Result<Self, String> {
        if text.len() > MOST_BYTES {
            return Err(format!("it is longer than {MOST_BYTES} bytes"));
        }
        let mut schema: Value =
            serde_json::from_str(text).map_err(|error| format!("it is no JSON ({error})"))?;
        let options = JsonCompileOptions {
            // Whitespace without a bound would be a way never to end.
            whitespace_pattern: Some(" ".into()),
            ..JsonCompileOptions::default()
        };
        options.apply_to(&mut schema);
        // Tokenizers that begin a text with a space of its own leave it out again.
        let text = GrammarWithLexer::from_lark("start: \" \"? @schema".into());
        let schema = GrammarWithLexer {
            name: Some("schema".into()),
            ..GrammarWithLexer::from_json_schema(schema)
        };
        let grammar = TopLevelGrammar {
            grammars: vec![text, schema],
            max_tokens: None,
        };
        let compile = || Box::new(Matcher::new(spelling.factory.create_parser(grammar)));
        let mut first = thread::scope(|scope| {
            let thread = thread::Builder::new().stack_size(STACK);
            let thread = thread
                .spawn_scoped(scope, compile)
                .map_err(|e| e.to_string())?;
            thread.join().map_err(|_| "llguidance panicked".to_owned())
        })?;
        let allowed = allowed(&spelling, &mut first)?;
        Ok(Self {
            spelling,
            first,
            allowed,
        })
    }

    /// Before the first token.
    pub(super) fn start(&self) -> State {
        state(self.first.clone(), self.allowed.clone())
    }

    /// After a token that is allowed.
    pub(super) fn advance(&self, mut reading: Box<Matcher>, token: u32) -> Result<State, String> {
        reading.consume_token(token).map_err(brief)?;
        let allowed = allowed(&self.spelling, &mut reading)?;
        Ok(state(reading, allowed))
    }
}

fn state(reading: Box<Matcher>, allowed: Arc<[u32]>) -> State {
    State {
        allowed,
        place: Place::Schema(reading),
    }
}

/// What may come next.
fn allowed(spelling: &Spelling, reading: &mut Matcher) -> Result<Arc<[u32]>, String> {
    match reading.get_error() {
        Some(error) => Err(brief(error)),
        None if reading.is_stopped() => Ok([].into()),
        None => Ok(spelling.set(&reading.compute_mask().map_err(brief)?)),
    }
}

/// An error of the crate's, which goes on with the state of its parser.
fn brief(error: impl fmt::Display) -> String {
    let error = error.to_string();
    match error.lines().next() {
        Some("NoExtensionBias") | None => "no text fits it".into(),
        Some(line) => line.into(),
    }
}
