//! Whether a component can be compiled in reasonable time and memory, judged
//! before it is.
//!
//! The compiler's work on most code grows as the code does. What it finds hard
//! is much that is alive where control flow meets, above all inside of loops: a
//! file of 20 KiB can take it minutes and gigabytes. A function's *tangle* is
//! this: for each block and each branch, the variables and operands there times
//! the square of one and the loops around it; and a hundred times that
//! from where blocks take operands, which compilers to WebAssembly hardly ever have
//! them do.

use wasmparser::{
    BlockType, FuncToValidate, FuncValidatorAllocations, FunctionBody, Operator, Parser, Payload,
    ValidPayload, Validator, ValidatorResources, WasmFeatures,
};

use crate::limits::Limits;

/// Components inside of components: tools nest a few, and some of what reads them
/// takes time that grows as the square of it.
const DEEPEST: u32 = 100;

/// Why this component is not worth compiling. What is no valid one is left to
/// the compiler, which says better what is wrong with it.
pub(super) fn check(component: &[u8], features: WasmFeatures, limits: &Limits) -> Option<String> {
    look(component, features, limits).unwrap_or(None)
}

fn look(
    component: &[u8],
    features: WasmFeatures,
    limits: &Limits,
) -> wasmparser::Result<Option<String>> {
    let mut validator = Validator::new_with_features(features);
    let mut allocations = FuncValidatorAllocations::default();
    let (mut code, mut tangle) = (0, 0_u64);
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
        let (own, allocated) = tangle_of(function, &body, allocations)?;
        allocations = allocated;
        code += bytes;
        tangle = tangle.saturating_add(own);
        let excess = excess("function_bytes", bytes, limits.function_bytes)
            .or_else(|| excess("function_tangle", own, limits.function_tangle))
            .map(|why| format!("its function {index} has {why}"))
            .or_else(|| {
                excess("code_bytes", code, limits.code_bytes)
                    .or_else(|| excess("code_tangle", tangle, limits.code_tangle))
                    .map(|why| format!("its code has {why}"))
            });
        if excess.is_some() {
            return Ok(excess);
        }
    }
    Ok(None)
}

fn excess(name: &str, value: u64, limit: u64) -> Option<String> {
    (value > limit).then(|| format!("{value}, where the limit {name} allows {limit}"))
}

fn tangle_of(
    function: FuncToValidate<ValidatorResources>,
    body: &FunctionBody<'_>,
    allocations: FuncValidatorAllocations,
) -> wasmparser::Result<(u64, FuncValidatorAllocations)> {
    let mut validator = function.into_validator(allocations);
    let mut reader = body.get_binary_reader();
    validator.read_locals(&mut reader)?;
    let mut code = body.get_operators_reader()?;
    let mut tangle = 0_u64;
    // Of the blocks around: whether they are loops.
    let mut blocks = vec![false];
    let mut loops = 1_u64;
    let mut handing = 1;
    while !code.eof() {
        let (operator, offset) = code.read_with_offset()?;
        if let Operator::Loop { blockty } | Operator::Block { blockty } | Operator::If { blockty } =
            &operator
            && let BlockType::FuncType(_) = blockty
        {
            handing = 100;
        }
        let meetings = match &operator {
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
        if meetings > 0 {
            let alive = validator.len_locals() + validator.operand_stack_height();
            tangle = tangle.saturating_add(meetings * handing * u64::from(alive) * loops * loops);
        }
        validator.op(offset, &operator)?;
    }
    Ok((tangle, validator.into_allocations()))
}
