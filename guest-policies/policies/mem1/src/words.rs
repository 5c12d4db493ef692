//! A turn with an output under a grammar.

use memloom_sdk::Host;
use memloom_sdk::host::{Message, Request};
use memloom_sdk::text::{first_words, sentences, words};
use memloom_sdk::thoughts::spoken;
use memloom_sdk::types::Error;

use crate::options::Options;
use crate::said::Choice;
use crate::turn::{AGENT, Before, Decided};

/// The most sentences that may be kept; of more, the last ones count.
const MOST_SENTENCES: usize = 24;

/// A turn before its output.
pub struct Asked<'a> {
    /// The questions.
    pub questions: &'a str,
    /// The state; empty if there is none.
    pub state: &'a str,
    /// The last turn.
    pub before: Option<&'a Before>,
    /// The actions that may be taken.
    pub actions: &'a [String],
}

impl Asked<'_> {
    /// Returns the sentences that may be kept: those of the state, and those of what was found.
    /// A title has no mark at its end, and what is said to "you" is over with the turn.
    fn sentences(&self) -> Vec<&str> {
        let found = self.before.map_or("", |before| &before.information);
        let new = sentences(found).filter(|it| it.ends_with(['.', '!', '?', '。']));
        let new = new.filter(|it| {
            let first = words(it).next();
            first.is_some_and(|first| !first.eq_ignore_ascii_case("you"))
        });
        let mut all: Vec<&str> = Vec::new();
        for sentence in self.state.lines().chain(new) {
            if !all.contains(&sentence) {
                all.push(sentence);
            }
        }
        all.split_off(all.len().saturating_sub(MOST_SENTENCES))
    }

    /// Returns the prompt: the state, the last action and what it led to between the questions and
    /// the questions again, since a small model reads what stands in the middle with what stands
    /// before it in mind, and answers to what stands last.
    fn prompt(&self) -> String {
        let before = self
            .before
            .map(|before| [&*before.said, &*before.information]);
        let past = [self.state].into_iter().chain(before.into_iter().flatten());
        let all = [self.questions]
            .into_iter()
            .chain(past)
            .chain([self.questions]);
        let parts: Vec<&str> = all.filter(|part| !part.is_empty()).collect();
        parts.join("\n")
    }
}

/// Asks for an output under a grammar. The inner error is an output that cannot be read.
///
/// # Errors
/// If the model fails.
pub fn decide(
    host: &mut dyn Host,
    options: &Options,
    asked: &Asked<'_>,
) -> Result<Result<Decided, String>, Error> {
    let choice = Choice {
        sentences: asked.sentences(),
        actions: asked.actions,
    };
    let advice = host.advise();
    let demonstration = advice.as_deref().and_then(|advice| {
        let mut lines: Vec<&str> = advice.lines().collect();
        let action = lines.pop()?;
        choice.output(&lines, action)
    });
    let own = options.instruction.iter();
    let system = own.map(|own| Message::new("system", own));
    let prompt = Message::new("user", asked.prompt());
    let output = host.generate(&Request {
        grammar: Some(choice.grammar()),
        demonstration,
        ..Request::new(
            AGENT,
            system.chain([prompt]).collect(),
            choice.most_words() + 1,
        )
    })?;
    let read = spoken(&output.text).and_then(|said| choice.parse(said));
    Ok(match read {
        Some((kept, action)) => Ok(Decided {
            state: kept.join("\n"),
            action: action.into(),
            said: first_words(action, usize::MAX),
        }),
        None => Err(output.text),
    })
}
