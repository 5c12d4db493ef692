//! Tasks that are played under a grammar: actions that the task lists, in their own words.

use memloom_sdk::acting::{Form, Rules, Sitting, Taken};
use memloom_sdk::host::{Message, Request};
use memloom_sdk::text::sentences;
use memloom_sdk::types::{Error, Task};

use crate::means::{Means, ROUTER, Turn};

/// Plays a task to its end.
///
/// # Errors
/// If the model or the environment fails, or if the task lists no actions.
pub fn play(means: &mut Means<'_>, task: &Task, memory: &str) -> Result<Vec<Turn>, Error> {
    let question = sentences(&task.instruction).next().unwrap_or_default();
    let rules = Rules {
        form: Form::Words,
        numbered: false,
        window: usize::MAX,
        acts: means.options.calls.saturating_add(1),
        ..Rules::default()
    };
    let mut sitting = Sitting::new(task.clone(), rules);
    while !sitting.is_over() {
        if sitting.form() == Form::Text {
            return Err(Error::Unsupported(format!(
                "router chooses among listed actions where outputs are constrained, and session {} \
                 lists none: let the environment list them, or leave `constrained` out",
                task.index
            )));
        }
        let advice = means.host.advise();
        let request = Request {
            grammar: sitting.grammar(),
            demonstration: advice.and_then(|advice| sitting.demonstration(&advice)),
            ..Request::new(
                ROUTER,
                messages(means, task, memory, question, &sitting),
                sitting.most_words() + 1,
            )
        };
        means.report.step();
        let output = means.host.generate(&request)?.text;
        if sitting.take(means.host, &output)? == Taken::Malformed {
            means.malformed(&output);
        }
    }
    let turns = sitting.turns().iter().map(|turn| Turn {
        action: turn.action.clone(),
        seen: turn.observation.clone(),
    });
    let turns: Vec<Turn> = turns.collect();
    for _ in &turns {
        means.report.operation("act");
    }
    Ok(turns)
}

/// Returns the messages before a choice. Memory stands between the task and its question, which stands
/// last: a small model reads it with the question in mind, and answers to what stands last.
fn messages(
    means: &Means<'_>,
    task: &Task,
    memory: &str,
    question: &str,
    sitting: &Sitting,
) -> Vec<Message> {
    let opening = match memory {
        "" => task.instruction.clone(),
        _ => format!("{}\n{memory}\n{question}", task.instruction),
    };
    let own = means.options.instruction.as_ref();
    let system = own.map(|own| Message::new("system", own));
    let messages = sitting.messages(&opening, question);
    system.into_iter().chain(messages).collect()
}
