//! Compile complexity: a bound on the compiler's work, checked before compilation.
//!
//! The compiler's work on most code grows with the code. The hard case is many live
//! values where control flow meets, above all inside loops: a file of 20 KiB can
//! take minutes and gigabytes. The *complexity* of a function is the sum, over its
//! blocks and branches, of (locals + stack operands) × (1 + loop depth)². Once a
//! block takes operands, which compilers to WebAssembly hardly ever emit, the
//! following terms count a hundredfold.

use wasmparser::{
    BlockType, FuncToValidate, FuncValidatorAllocations, FunctionBody, Operator, Parser, Payload,
    ValidPayload, Validator, ValidatorResources, WasmFeatures,
};

use crate::limits::Limits;

/// The deepest nesting of components. Tools nest a few, and some readers take time
/// quadratic in the depth.
const DEEPEST: u32 = 100;

/// Returns the reason why a component is too complex to compile, if it is. An invalid
/// component passes: the compiler has the better message.
pub(super) fn check(component: &[u8], features: WasmFeatures, limits: &Limits) -> Option<String> {
    measure(component, features, limits).unwrap_or(None)
}

fn measure(
    component: &[u8],
    features: WasmFeatures,
    limits: &Limits,
) -> wasmparser::Result<Option<String>> {
    let mut validator = Validator::new_with_features(features);
    let mut allocations = FuncValidatorAllocations::default();
    let (mut code, mut complexity) = (0, 0_u64);
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload?;
        match payload {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            _ => {}
        }
        if depth > DEEPEST {
            return Ok(Some(format!(
                "its parts are nested more than {DEEPEST} deep"
            )));
        }
        let ValidPayload::Func(function, body) = validator.payload(&payload)? else {
            continue;
        };
        let index = function.index;
        let bytes = body.range().len() as u64;
        let (own, allocated) = complexity_of(function, &body, allocations)?;
        allocations = allocated;
        code += bytes;
        complexity = complexity.saturating_add(own);
        let excess = excess("function_bytes", bytes, limits.function_bytes)
            .or_else(|| excess("function_complexity", own, limits.function_complexity))
            .map(|why| format!("function {index}: {why}"))
            .or_else(|| {
                excess("code_bytes", code, limits.code_bytes)
                    .or_else(|| excess("code_complexity", complexity, limits.code_complexity))
                    .map(|why| format!("all functions: {why}"))
            });
        if excess.is_some() {
            return Ok(excess);
        }
    }
    Ok(None)
}

/// Returns a message for a value above its limit.
fn excess(name: &str, value: u64, limit: u64) -> Option<String> {
    (value > limit).then(|| format!("{name} is {value}, but `Limits::{name}` allows {limit}"))
}

fn complexity_of(
    function: FuncToValidate<ValidatorResources>,
    body: &FunctionBody<'_>,
    allocations: FuncValidatorAllocations,
) -> wasmparser::Result<(u64, FuncValidatorAllocations)> {
    let mut validator = function.into_validator(allocations);
    let mut reader = body.get_binary_reader();
    validator.read_locals(&mut reader)?;
    let mut code = body.get_operators_reader()?;
    let mut complexity = 0_u64;
    // One flag for each open block: whether it is a loop.
    let mut blocks = vec![false];
    let mut loops = 1_u64;
    let mut factor = 1;
    while !code.eof() {
        let (operator, offset) = code.read_with_offset()?;
        if let Operator::Loop { blockty } | Operator::Block { blockty } | Operator::If { blockty } =
            &operator
            && let BlockType::FuncType(_) = blockty
        {
            factor = 100;
        }
        let branches = match &operator {
            Operator::Loop { .. } => {
                blocks.push(true);
                loops += 1;
                1
            }
            Operator::Block { .. } | Operator::If { .. } => {
                blocks.push(false);
                1
            }
            Operator::End => {
                loops -= u64::from(blocks.pop() == Some(true));
                0
            }
            Operator::Br { .. } | Operator::BrIf { .. } => 1,
            Operator::BrTable { targets } => u64::from(targets.len()),
            _ => 0,
        };
        if branches > 0 {
            let live = validator.len_locals() + validator.operand_stack_height();
            complexity =
                complexity.saturating_add(branches * factor * u64::from(live) * loops * loops);
        }
        validator.op(offset, &operator)?;
    }
    Ok((complexity, validator.into_allocations()))
}
