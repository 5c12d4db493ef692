//! Whether the linear memories of a component are all of its state, so that
//! they make a fork. Decided once, when it is loaded.
//!
//! A core module also has globals and tables, a component has handles of
//! resources. They are no state if every call leaves them as it found them.
//! Compiled code moves one global, the pointer to its stack in memory, and moves
//! it back; [`balance`] proves that function by function, since a component that
//! did not would carry secrets from one rollout into the next. Globals that only
//! one module knows and of which that cannot be told are moved into a memory.

mod balance;
mod globals;
mod links;
mod module;

use std::borrow::Cow;

use wasmparser::{Encoding, FuncValidatorAllocations, Parser, Payload, ValidPayload, Validator};

use self::links::Links;
use self::module::{Module, Settled};

/// A component whose memories are all of its state: this one, where it is so.
/// Else why not, so that forks go through its exports.
///
/// Costs about what validating it does.
pub(crate) fn forkable(component: &[u8]) -> Result<Cow<'_, [u8]>, String> {
    // What cannot be read here is refused when it is compiled.
    let modules = look(component).unwrap_or_else(|error| Err(error.to_string()))?;
    if modules.iter().all(|module| module.moved.is_empty()) {
        return Ok(component.into());
    }
    let moved = globals::moved(component, &mut modules.iter());
    moved.map(Cow::Owned).map_err(|error| error.to_string())
}

/// What encloses the part of a binary that is being read.
enum Around {
    Component {
        /// Its core modules, by their place in the file.
        modules: Vec<usize>,
        links: Links,
    },
    Module(Box<Module>),
}

/// What was found out of the core modules in the file's order, or what is in
/// the way.
fn look(component: &[u8]) -> wasmparser::Result<Result<Vec<Settled>, String>> {
    let mut validator = Validator::new();
    let mut allocations = FuncValidatorAllocations::default();
    let mut around: Vec<Around> = Vec::new();
    let mut settled: Vec<Settled> = Vec::new();
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload?;
        let valid = validator.payload(&payload)?;
        match (&payload, around.last_mut()) {
            (Payload::Version { encoding, .. }, _) => around.push(match encoding {
                Encoding::Module => Around::Module(Box::default()),
                Encoding::Component => Around::Component {
                    modules: Vec::new(),
                    links: Links::default(),
                },
            }),
            (Payload::End(_), Some(Around::Module(module))) => {
                match module.settle() {
                    Ok(module) => settled.push(module),
                    Err(why) => return Ok(Err(why)),
                }
                around.pop();
                if let Some(Around::Component { modules, .. }) = around.last_mut() {
                    modules.push(settled.len() - 1);
                }
            }
            (Payload::End(_), _) => drop(around.pop()),
            (_, Some(Around::Module(module))) => {
                module.read(&payload)?;
                if let ValidPayload::Func(function, body) = valid {
                    allocations = module.function(&function, &body, allocations)?;
                }
            }
            (_, Some(Around::Component { modules, links })) => {
                if let Err(why) = links.read(&payload, modules, &settled)? {
                    return Ok(Err(why));
                }
            }
            (_, None) => {}
        }
    }
    Ok(Ok(settled))
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
