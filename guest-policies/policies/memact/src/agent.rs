//! The agent, which plays a task call by call.

use memloom_sdk::host::{Message, Request};
use memloom_sdk::types::{Error, Task};

use crate::call;
use crate::demonstration::of_advice;
use crate::options::{Calls, Options};
use crate::prompts::{self, Shown, hint};
use crate::records::{Effect, Records};
use crate::tools::tools;

/// The role of all requests.
pub const AGENT: &str = "agent";

/// The action that ends a task whose limits are reached.
const GIVE_UP: &str = "give-up";

/// The outcome of an output without a call.
const NO_CALL: &str = "The last reply had no call that can be read.";

/// The pressure to fold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pressure {
    None,
    Suggested,
    Required,
}

/// Plays a task to its end. Where outputs or tokens are used up, it is given up.
///
/// # Errors
/// If the model or the host fails.
pub fn play(records: &mut Records<'_>, task: &Task) -> Result<(), Error> {
    let options = records.options;
    let questions = task.instruction.lines().next().unwrap_or_default().trim();
    records.clear();
    let mut note = String::new();
    for _ in 0..options.turns {
        let rendered = records.rendered()?;
        let messages = |note: &str| {
            let records = &*rendered;
            prompts::messages(
                options,
                &Shown {
                    questions,
                    records,
                    note,
                },
            )
        };
        let tokens = tokens(records, &messages(&note));
        if tokens >= options.budget_tokens {
            break;
        }
        let pressure = pressure(options, tokens, rendered.is_empty());
        if pressure != Pressure::None {
            let hint = hint(tokens, options, pressure == Pressure::Required);
            note = format!("{note}\n{hint}").trim_start().into();
        }
        let request = Request {
            tools: tools(options),
            demonstration: demonstration(records, pressure),
            ..Request::new(AGENT, messages(&note), options.output_tokens)
        };
        records.report.step();
        let output = records.host.generate(&request)?;
        let Some(read) = call::parse(&output, options.calls) else {
            records
                .report
                .malformed_output(task.index, AGENT, &output.text);
            note = NO_CALL.into();
            continue;
        };
        if read.is_repaired {
            records.report.repaired();
        }
        if read.is_cut {
            records.report.cut();
        }
        let mut reasons: Vec<String> = Vec::new();
        for call in read.calls {
            let effect = match call {
                Ok(call) => records.carry_out(&call, pressure == Pressure::Required)?,
                Err(why) => records.refused(why),
            };
            match effect {
                Effect::Done => return Ok(()),
                Effect::Recorded => {}
                Effect::Refused(why) => reasons.push(format!("The last call failed. {why}")),
            }
        }
        note = reasons.join("\n");
    }
    records.act(GIVE_UP).map(drop)
}

/// Returns the tokens of messages.
fn tokens(records: &mut Records<'_>, messages: &[Message]) -> u32 {
    let counted = messages
        .iter()
        .map(|message| records.host.count(&message.content));
    counted.fold(0, u32::saturating_add)
}

fn pressure(options: &Options, tokens: u32, is_empty: bool) -> Pressure {
    let reached = |limit: u32| limit > 0 && tokens >= limit && !is_empty;
    match (reached(options.require_at), reached(options.suggest_at)) {
        (true, _) => Pressure::Required,
        (false, true) => Pressure::Suggested,
        (false, false) => Pressure::None,
    }
}

/// Returns what a demonstrator would say; none where calls are tools, which are no text.
fn demonstration(records: &mut Records<'_>, pressure: Pressure) -> Option<String> {
    let advice = records.host.advise()?;
    let all = records.all();
    let of_text = records.options.calls == Calls::Json;
    of_text.then(|| of_advice(&advice, &all, pressure != Pressure::None))?
}
