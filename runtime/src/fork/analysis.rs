//! Whether the linear memories of a component are all of its state, so that
//! they make a fork. Decided once, when it is loaded.
//!
//! A core module also has globals and tables. They are no state if every call
//! leaves them as it found them. Compiled code moves one global, the pointer to
//! its stack in memory, and moves it back; [`balance`] proves that function by
//! function, since a component that did not would carry secrets from one
//! rollout into the next.

mod balance;

use wasmparser::{
    CanonicalFunction, ComponentType, FuncToValidate, FuncValidatorAllocations, FunctionBody,
    Operator, Parser, Payload, TypeRef, ValidPayload, Validator, ValidatorResources,
};

/// Why a component's forks go through its exports.
///
/// None where its memories are all of its state. Costs about what validating
/// it does.
pub(crate) fn obstacle(component: &[u8]) -> Option<String> {
    // What cannot be read here is refused when it is compiled.
    look(component).unwrap_or_else(|error| Some(error.to_string()))
}

/// What encloses the part of a binary that is being read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    Component,
    Module,
}

fn look(component: &[u8]) -> wasmparser::Result<Option<String>> {
    let mut validator = Validator::new();
    let mut allocations = FuncValidatorAllocations::default();
    let mut around = Vec::new();
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload?;
        let nested = around.len() > 1;
        match &payload {
            Payload::Version { encoding, .. } => around.push(match encoding {
                wasmparser::Encoding::Module => Around::Module,
                wasmparser::Encoding::Component => Around::Component,
            }),
            Payload::End(_) => drop(around.pop()),
            Payload::ModuleSection { .. } if nested => {
                return Ok(Some("it has components with code inside".into()));
            }
            Payload::ImportSection(imports) => {
                // Two of them could be one, which `balance` would not see.
                let mut changing = 0;
                for import in imports.clone().into_imports() {
                    if let TypeRef::Global(global) = import?.ty {
                        changing += usize::from(global.mutable);
                    }
                }
                if changing > 1 {
                    return Ok(Some("its modules share several globals".into()));
                }
            }
            Payload::ComponentTypeSection(types) => {
                for item in types.clone() {
                    if matches!(item?, ComponentType::Resource { .. }) {
                        return Ok(Some("it defines resources, which have handles".into()));
                    }
                }
            }
            Payload::ComponentCanonicalSection(functions) => {
                for function in functions.clone() {
                    use CanonicalFunction::{Lift, Lower};
                    if nested || !matches!(function?, Lift { .. } | Lower { .. }) {
                        return Ok(Some("it calls more than plain functions".into()));
                    }
                }
            }
            _ => {}
        }
        if let ValidPayload::Func(function, body) = validator.payload(&payload)? {
            if let Some(why) = tables(&body)? {
                return Ok(Some(why));
            }
            let index = function.index;
            let (balanced, allocated) = balanced(function, &body, allocations)?;
            allocations = allocated;
            if !balanced {
                return Ok(Some(format!(
                    "its function {index} may change a global for good"
                )));
            }
        }
    }
    Ok(None)
}

fn balanced(
    function: FuncToValidate<ValidatorResources>,
    body: &FunctionBody<'_>,
    allocations: FuncValidatorAllocations,
) -> wasmparser::Result<(bool, FuncValidatorAllocations)> {
    let mut validator = function.into_validator(allocations);
    let balanced = balance::holds(&mut validator, body)?;
    Ok((balanced, validator.into_allocations()))
}

/// Whether a function changes what is not memory: tables and dropped segments.
fn tables(body: &FunctionBody<'_>) -> wasmparser::Result<Option<String>> {
    for operator in body.get_operators_reader()? {
        use Operator::{DataDrop, ElemDrop, TableCopy, TableFill, TableGrow, TableInit, TableSet};
        match operator? {
            TableSet { .. }
            | TableGrow { .. }
            | TableFill { .. }
            | TableCopy { .. }
            | TableInit { .. } => return Ok(Some("it changes a table".into())),
            DataDrop { .. } | ElemDrop { .. } => return Ok(Some("it drops a segment".into())),
            _ => {}
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
