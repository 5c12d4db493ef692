//! Analysis of a component's state: whether its linear memories are all of it, so
//! that a fork can map them. It runs once, when a component is loaded.
//!
//! A core module also has globals and tables, and a component has handles of
//! resources. They are no state if every call leaves them unchanged. Compiled code
//! moves one global, the stack pointer, and moves it back. [`balance`] proves that
//! for each function, since any other component would carry data from one rollout
//! into the next. Globals without such a proof are moved into a memory, if only one
//! module uses them.

mod balance;
mod globals;
mod links;
mod module;

use std::borrow::Cow;

use wasmparser::{Encoding, FuncValidatorAllocations, Parser, Payload, ValidPayload, Validator};

use self::links::Links;
use self::module::{Module, ModuleSummary};

/// Returns a component that behaves alike and whose memories are all of its state:
/// often the same one. The error says why there is none, so that forks go through
/// exports.
///
/// Takes about as long as validation.
pub(crate) fn forkable(component: &[u8]) -> Result<Cow<'_, [u8]>, String> {
    // A component that cannot be read here is refused when it is compiled.
    let modules = analyse(component).unwrap_or_else(|error| Err(error.to_string()))?;
    if modules.iter().all(|module| module.moved.is_empty()) {
        return Ok(component.into());
    }
    let moved = globals::move_globals(component, &mut modules.iter());
    moved.map(Cow::Owned).map_err(|error| error.to_string())
}

/// The component or module that encloses the part of a binary that is being read.
enum Enclosing {
    Component {
        /// Indices of its core modules in the order of the file.
        modules: Vec<usize>,
        links: Links,
    },
    Module(Box<Module>),
}

/// Returns a summary of each core module in the order of the file, or the reason why
/// the component cannot be forked by memory.
fn analyse(component: &[u8]) -> wasmparser::Result<Result<Vec<ModuleSummary>, String>> {
    let mut validator = Validator::new();
    let mut allocations = FuncValidatorAllocations::default();
    let mut open: Vec<Enclosing> = Vec::new();
    let mut summaries: Vec<ModuleSummary> = Vec::new();
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload?;
        let valid = validator.payload(&payload)?;
        match (&payload, open.last_mut()) {
            (Payload::Version { encoding, .. }, _) => open.push(match encoding {
                Encoding::Module => Enclosing::Module(Box::default()),
                Encoding::Component => Enclosing::Component {
                    modules: Vec::new(),
                    links: Links::default(),
                },
            }),
            (Payload::End(_), Some(Enclosing::Module(module))) => {
                match module.summarize() {
                    Ok(module) => summaries.push(module),
                    Err(why) => return Ok(Err(why)),
                }
                open.pop();
                if let Some(Enclosing::Component { modules, .. }) = open.last_mut() {
                    modules.push(summaries.len() - 1);
                }
            }
            (Payload::End(_), _) => drop(open.pop()),
            (_, Some(Enclosing::Module(module))) => {
                module.read(&payload)?;
                if let ValidPayload::Func(function, body) = valid {
                    allocations = module.function(&function, &body, allocations)?;
                }
            }
            (_, Some(Enclosing::Component { modules, links })) => {
                if let Err(why) = links.read(&payload, modules, &summaries)? {
                    return Ok(Err(why));
                }
            }
            (_, None) => {}
        }
    }
    Ok(Ok(summaries))
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
