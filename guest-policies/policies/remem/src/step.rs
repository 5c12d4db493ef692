//! A step of a task: thoughts and prunes, and then one act.

use memloom_sdk::acting::{Sitting, Taken};
use memloom_sdk::host::{Message, Request};
use memloom_sdk::text::first_words;
use memloom_sdk::types::{Error, Task};

use crate::demonstration;
use crate::means::Means;
use crate::numbers::listed;
use crate::options::Options;
use crate::output::{self, Output};
use crate::shown::{Pruned, Shown};
use crate::{prompts, words};

/// The actor's role.
pub const ACTOR: &str = "actor";

/// The reply to an output that has none of the forms.
const NO_FORM: &str = "The reply begins with none of the forms.";
/// The reply to a prune whose numbers cannot be read.
const NO_NUMBERS: &str = "The numbers cannot be read, and nothing is dropped.";
/// The reply to an action that cannot be taken.
const NO_ACTION: &str = "There is no such action.";
/// The end of a reply after which something else than an act may follow.
const GO_ON: &str = "Go on.";
/// The end of a reply after which only an act may follow.
const ACT_NOW: &str = "Now act: reply with a line that begins with Action:";

/// A step in progress.
struct Step {
    /// The outputs without an act that are still allowed.
    left: u32,
    /// Those that were given, and the replies to them; none under a grammar.
    talk: Vec<Message>,
    /// True if a thought was demonstrated.
    has_thought: bool,
}

/// Asks for outputs until one acts. Returns false if none does within the rounds: then the last one is
/// malformed.
///
/// # Errors
/// If the model or the host fails.
pub fn act(
    means: &mut Means<'_>,
    task: &Task,
    shown: &mut Shown,
    sitting: &mut Sitting,
) -> Result<bool, Error> {
    let mut step = Step {
        left: means.options.rounds,
        talk: Vec::new(),
        has_thought: false,
    };
    loop {
        let advice = means.host.advise();
        let demonstration =
            advice.and_then(|advice| step.demonstration(means.options, &advice, shown, sitting));
        let request = step.request(means.options, task, shown, sitting, demonstration);
        means.report.step();
        let output = means.host.generate(&request)?.text;
        let read = step.read(&output, means.options, shown, sitting);
        let said = read.as_ref().and_then(|read| choice(read, means.options));
        if let Some(said) = said.filter(|said| sitting.reads(said)) {
            match sitting.take(means.host, &said)? {
                Taken::Page => continue,
                Taken::Act | Taken::Malformed => return Ok(true),
            }
        }
        let may_follow = step.left > 0;
        let reply = match &read {
            Some(Output::Think(_)) if may_follow => None,
            Some(Output::Prune(Some(numbers))) if may_follow => {
                let pruned = shown.prune(numbers);
                means.prune(&pruned.ids);
                means.report.refused(pruned.unknown.len() as u32);
                Some(told(&pruned))
            }
            _ => {
                means.report.malformed_output(task.index, ACTOR, &output);
                Some(fault(read.as_ref()).into())
            }
        };
        if !may_follow {
            return Ok(false);
        }
        step.left -= 1;
        step.answer(means.options, read.as_ref(), &output, reply);
    }
}

impl Step {
    /// Returns the experiences that may be pruned now.
    fn prunable<'a>(&self, options: &Options, shown: &'a Shown) -> Option<&'a Shown> {
        (options.prunes() && self.left > 0).then_some(shown)
    }

    fn request(
        &self,
        options: &Options,
        task: &Task,
        shown: &Shown,
        sitting: &Sitting,
        demonstration: Option<String>,
    ) -> Request {
        let messages = prompts::messages(options, &task.instruction, shown, sitting);
        let messages = messages.into_iter().chain(self.talk.iter().cloned());
        let grammar = sitting.grammar();
        let grammar = grammar.map(|it| words::grammar(self.prunable(options, shown), &it));
        let (tokens, stop) = match grammar {
            Some(_) => (words::most_words(sitting) + 1, Vec::new()),
            None => (options.output_tokens, output::stops()),
        };
        Request {
            grammar,
            stop,
            demonstration,
            ..Request::new(ACTOR, messages.collect(), tokens)
        }
    }

    /// Reads an output; none if it is malformed.
    fn read(
        &self,
        output: &str,
        options: &Options,
        shown: &Shown,
        sitting: &Sitting,
    ) -> Option<Output> {
        if options.constrained {
            return words::parse(output, self.prunable(options, shown), sitting);
        }
        let is_form = |read: &Output| options.prunes() || !matches!(read, Output::Prune(_));
        output::parse(output).filter(is_form)
    }

    /// Returns what a demonstrator would say: before the first act he prunes what is of no help for
    /// it; the lines of his advice before the last are a thought, and the last is the action.
    fn demonstration(
        &mut self,
        options: &Options,
        advice: &str,
        shown: &Shown,
        sitting: &Sitting,
    ) -> Option<String> {
        let (thought, action) = advice.rsplit_once('\n').unwrap_or(("", advice));
        if let Some(shown) = self
            .prunable(options, shown)
            .filter(|_| sitting.acts() == 0)
        {
            let numbers = demonstration::pruned(shown, action);
            if let Some(&first) = numbers.first() {
                return Some(match options.constrained {
                    true => words::prune(first),
                    false => output::write(&Output::Prune(Some(numbers))),
                });
            }
        }
        if options.constrained {
            return sitting.demonstration(action);
        }
        let thinks = self.left > 0 && !self.has_thought && !thought.trim().is_empty();
        if thinks {
            self.has_thought = true;
            return Some(output::write(&Output::Think(thought.trim().into())));
        }
        let action = first_words(action, usize::MAX);
        (!action.is_empty()).then(|| output::write(&Output::Act(action)))
    }

    /// Notes an output without an act, and the reply to it. Under a grammar the prompt shows what a
    /// prune has left, and there is no talk.
    fn answer(
        &mut self,
        options: &Options,
        read: Option<&Output>,
        output: &str,
        reply: Option<String>,
    ) {
        if options.constrained {
            return;
        }
        let said = match read {
            Some(Output::Prune(None)) | None => output.trim().into(),
            Some(read) => output::write(read),
        };
        let next = if self.left > 0 { GO_ON } else { ACT_NOW };
        let reply = reply.into_iter().chain([next.into()]);
        self.talk.push(Message::new("assistant", said));
        let reply = reply.collect::<Vec<_>>().join(" ");
        self.talk.push(Message::new("user", reply));
    }
}

/// Returns the words in which an action is taken in a sitting; none for other outputs.
fn choice(read: &Output, options: &Options) -> Option<String> {
    match read {
        Output::Act(action) if options.constrained => Some(action.clone()),
        Output::Act(_) => Some(output::write(read)),
        Output::Think(_) | Output::Prune(_) => None,
    }
}

/// Returns what a prune did.
fn told(pruned: &Pruned) -> String {
    let part = |what: &str, numbers: &[usize]| {
        (!numbers.is_empty()).then(|| format!("{what}: {}.", listed(numbers)))
    };
    let parts = [
        part("Dropped", &pruned.numbers),
        part("Unknown", &pruned.unknown),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Returns the fault of an output.
fn fault(read: Option<&Output>) -> &'static str {
    match read {
        Some(Output::Prune(None)) => NO_NUMBERS,
        Some(Output::Act(_)) => NO_ACTION,
        Some(Output::Think(_) | Output::Prune(Some(_))) | None => NO_FORM,
    }
}
