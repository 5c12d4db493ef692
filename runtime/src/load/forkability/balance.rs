//! Proofs that a function leaves a mutable global unchanged, or shifted by a constant.
//!
//! The proof is an abstract interpretation. A value is the global's value on entry
//! plus a constant, a constant, or unknown; where paths join, differing values
//! become unknown. The proof assumes that called functions leave the global
//! unchanged. So it holds for all functions by induction over the calls that return;
//! a call that traps ends the instance.

use std::collections::{BTreeMap, BTreeSet};

use wasmparser::{FuncValidator, FunctionBody, Operator, OperatorsReader, ValidatorResources};

/// The abstract value of a stack operand, a local or the global.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Value {
    Unknown,
    Constant(i32),
    /// The global's value on entry plus a constant.
    Entry(i32),
}

use Value::{Constant, Entry, Unknown};

impl Value {
    fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Constant(a), Constant(b)) => Constant(a.wrapping_add(b)),
            (Entry(a), Constant(b)) | (Constant(b), Entry(a)) => Entry(a.wrapping_add(b)),
            _ => Unknown,
        }
    }

    fn minus(self, other: Self) -> Self {
        match other {
            Constant(b) => self.plus(Constant(b.wrapping_neg())),
            _ => Unknown,
        }
    }
}

/// The abstract state at one point of the code.
#[derive(Clone)]
struct AbstractState {
    /// Locals with a known value.
    locals: BTreeMap<u32, Value>,
    global: Value,
}

impl AbstractState {
    fn set_local(&mut self, local: u32, value: Value) {
        match value {
            Unknown => self.locals.remove(&local),
            value => self.locals.insert(local, value),
        };
    }

    fn join(&mut self, other: &Self) {
        self.locals
            .retain(|local, value| other.locals.get(local) == Some(value));
        if self.global != other.global {
            self.global = Unknown;
        }
    }
}

/// An open block, loop or branch.
struct Label {
    /// The number of operands on the stack below it.
    height: usize,
    /// The state at the head, for a loop.
    head: Option<AbstractState>,
    /// The state at the start of `else`, for a branch whose `else` has not come yet.
    otherwise: Option<AbstractState>,
    /// The joined state of the paths that have left it so far.
    exit: Option<AbstractState>,
}

/// Returns the constant that a function adds to the watched global; none if there
/// is no proof.
pub(super) fn shift(
    validator: &mut FuncValidator<ValidatorResources>,
    body: &FunctionBody<'_>,
    watched: u32,
) -> wasmparser::Result<Option<i32>> {
    let Some(written) = loops(body)? else {
        // It sets no global.
        return Ok(Some(0));
    };
    let mut interpreter = Interpreter {
        watched,
        written,
        shift: None,
        loops: 0,
        stack: Vec::new(),
        labels: vec![Label {
            height: 0,
            head: None,
            otherwise: None,
            exit: None,
        }],
        state: Some(AbstractState {
            locals: BTreeMap::new(),
            global: Entry(0),
        }),
    };
    let mut reader = body.get_binary_reader();
    validator.read_locals(&mut reader)?;
    for operator in OperatorsReader::new(reader).into_iter_with_offsets() {
        let (operator, at) = operator?;
        let arity = operator.operator_arity(&validator.visitor(at));
        validator.op(at, &operator)?;
        let height = validator.operand_stack_height() as usize;
        if !interpreter.apply(&operator, arity, height) {
            return Ok(None);
        }
    }
    // A function that never returns changes nothing.
    Ok(Some(interpreter.shift.unwrap_or(0)))
}

/// Returns the locals that are set inside each loop, in order; none if the function
/// sets no global.
fn loops(body: &FunctionBody<'_>) -> wasmparser::Result<Option<Vec<BTreeSet<u32>>>> {
    let mut loops: Vec<BTreeSet<u32>> = Vec::new();
    let mut open: Vec<Option<usize>> = vec![None];
    let mut sets_global = false;
    for operator in body.get_operators_reader()? {
        match operator? {
            Operator::Loop { .. } => {
                open.push(Some(loops.len()));
                loops.push(BTreeSet::new());
            }
            Operator::Block { .. } | Operator::If { .. } | Operator::TryTable { .. } => {
                open.push(None);
            }
            Operator::End => drop(open.pop()),
            Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                for &outer in open.iter().flatten() {
                    loops[outer].insert(local_index);
                }
            }
            Operator::GlobalSet { .. } => sets_global = true,
            _ => {}
        }
    }
    Ok(sets_global.then_some(loops))
}

/// The interpretation of one function.
struct Interpreter {
    watched: u32,
    /// The locals that are set inside each loop, in order.
    written: Vec<BTreeSet<u32>>,
    /// The shift at the returns so far.
    shift: Option<i32>,
    /// The number of loops so far.
    loops: usize,
    stack: Vec<Value>,
    labels: Vec<Label>,
    /// None in unreachable code.
    state: Option<AbstractState>,
}

impl Interpreter {
    /// Applies an instruction, after which the stack has `height` operands. Returns
    /// false if the proof fails.
    fn apply(&mut self, operator: &Operator<'_>, arity: Option<(u32, u32)>, height: usize) -> bool {
        match operator {
            Operator::End => return self.end(height),
            Operator::Else => {
                self.flow_out(0);
                let label = self.labels.last_mut().expect("validated: inside a branch");
                self.state = label.otherwise.take();
                let height_below = label.height;
                self.stack.truncate(height_below);
                self.stack.resize(height, Unknown);
                return true;
            }
            _ => {}
        }
        let Some(state) = &mut self.state else {
            // Unreachable code changes nothing, but its blocks must be closed.
            if opens(operator) {
                self.loops += usize::from(matches!(operator, Operator::Loop { .. }));
                self.labels.push(Label {
                    height: self.stack.len(),
                    head: None,
                    otherwise: None,
                    exit: None,
                });
            }
            return true;
        };
        let (pops, pushes) =
            arity.map_or((0, 0), |(pops, pushes)| (pops as usize, pushes as usize));
        let keep = self.stack.len().saturating_sub(pops);
        let popped = self.stack.split_off(keep);
        let mut results = vec![Unknown; pushes];
        match *operator {
            Operator::I32Const { value } => results[0] = Constant(value),
            Operator::I32Add => results[0] = popped[0].plus(popped[1]),
            Operator::I32Sub => results[0] = popped[0].minus(popped[1]),
            Operator::LocalGet { local_index } => {
                results[0] = *state.locals.get(&local_index).unwrap_or(&Unknown);
            }
            Operator::LocalSet { local_index } => state.set_local(local_index, popped[0]),
            Operator::LocalTee { local_index } => {
                state.set_local(local_index, popped[0]);
                results[0] = popped[0];
            }
            Operator::GlobalGet { global_index } if global_index == self.watched => {
                results[0] = state.global;
            }
            Operator::GlobalSet { global_index } if global_index == self.watched => {
                state.global = popped[0];
            }
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                return self.open(operator, popped.len(), height);
            }
            Operator::Br { relative_depth } => {
                let holds = self.flow_out(relative_depth);
                self.state = None;
                return holds;
            }
            Operator::BrIf { relative_depth } => {
                self.stack.extend(results);
                return self.flow_out(relative_depth);
            }
            Operator::BrTable { ref targets } => {
                let Ok(depths) = targets.targets().collect::<wasmparser::Result<Vec<u32>>>() else {
                    return false;
                };
                let holds = depths
                    .into_iter()
                    .chain([targets.default()])
                    .all(|depth| self.flow_out(depth));
                self.state = None;
                return holds;
            }
            Operator::Return
            | Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. } => {
                let global = state.global;
                self.state = None;
                return self.leave(global);
            }
            Operator::Unreachable => {
                self.state = None;
                return true;
            }
            // Calls return with the globals unchanged, or not at all.
            _ if arity.is_some() && !branches(operator) => {}
            _ => return false,
        }
        self.stack.extend(results);
        true
    }

    fn open(&mut self, operator: &Operator<'_>, popped: usize, height: usize) -> bool {
        let is_if = matches!(operator, Operator::If { .. });
        let below = self.stack.len();
        debug_assert!(popped >= usize::from(is_if));
        self.stack.resize(height, Unknown);
        let mut label = Label {
            height: below,
            head: None,
            otherwise: None,
            exit: None,
        };
        if matches!(operator, Operator::Loop { .. }) {
            let written = &self.written[self.loops];
            self.loops += 1;
            if let Some(state) = &mut self.state {
                state.locals.retain(|local, _| !written.contains(local));
            }
            label.head = self.state.clone();
        } else if is_if {
            label.otherwise = self.state.clone();
        }
        self.labels.push(label);
        true
    }

    /// Follows a branch out of so many labels, or back to a loop's head.
    fn flow_out(&mut self, depth: u32) -> bool {
        let Some(state) = &self.state else {
            return true;
        };
        let Some(target) = self.labels.len().checked_sub(1 + depth as usize) else {
            return false;
        };
        let label = &mut self.labels[target];
        if let Some(head) = &label.head {
            // Locals that change inside the loop are unknown at its head already.
            return state.global == head.global;
        }
        match &mut label.exit {
            Some(exit) => exit.join(state),
            exit => *exit = Some(state.clone()),
        }
        let global = state.global;
        target > 0 || self.leave(global)
    }

    /// Notes a return with this value in the global. Returns false if the proof fails.
    fn leave(&mut self, global: Value) -> bool {
        match global {
            Entry(by) => *self.shift.get_or_insert(by) == by,
            _ => false,
        }
    }

    fn end(&mut self, height: usize) -> bool {
        let Some(mut label) = self.labels.pop() else {
            return false;
        };
        // A branch without `else` continues behind it.
        for state in [self.state.take(), label.otherwise.take()]
            .into_iter()
            .flatten()
        {
            match &mut label.exit {
                Some(exit) => exit.join(&state),
                exit => *exit = Some(state),
            }
        }
        self.stack.truncate(label.height);
        self.stack.resize(height, Unknown);
        self.state = label.exit;
        let global = self.state.as_ref().map(|state| state.global);
        let function_ends = self.labels.is_empty();
        !function_ends || global.is_none_or(|global| self.leave(global))
    }
}

/// Returns whether an instruction opens a block.
fn opens(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::TryTable { .. }
    )
}

/// Returns whether an instruction is control flow that the proof does not cover:
/// exceptions, references, continuations.
fn branches(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::TryTable { .. }
            | Operator::Throw { .. }
            | Operator::ThrowRef
            | Operator::BrOnNull { .. }
            | Operator::BrOnNonNull { .. }
            | Operator::BrOnCast { .. }
            | Operator::BrOnCastFail { .. }
            | Operator::ReturnCallRef { .. }
            | Operator::Resume { .. }
            | Operator::ResumeThrow { .. }
            | Operator::Suspend { .. }
            | Operator::Switch { .. }
    )
}
