//! What a function leaves of a mutable global: proves that it is as it was, or
//! something more or less.
//!
//! An abstract interpretation: a value is a global's value on entry plus a
//! constant, a constant, or unknown; where paths join, what differs is unknown.
//! That functions which are called do the same is part of the claim, so that it
//! holds for all of them by induction over the calls that return (a call that
//! traps ends the instance).

use std::collections::{BTreeMap, BTreeSet};

use wasmparser::{FuncValidator, FunctionBody, Operator, OperatorsReader, ValidatorResources};

/// What is known of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Value {
    Unknown,
    Constant(i32),
    /// What the global held on entry, plus so much.
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

/// What is known where a path stands.
#[derive(Clone)]
struct Path {
    /// Those that are not listed are unknown.
    locals: BTreeMap<u32, Value>,
    global: Value,
}

impl Path {
    fn set_local(&mut self, local: u32, value: Value) {
        match value {
            Unknown => self.locals.remove(&local),
            known => self.locals.insert(local, known),
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

/// A block, loop or branch that is not closed yet.
struct Label {
    /// Values on the stack below it.
    height: usize,
    /// Of a loop: what is known at its head.
    head: Option<Path>,
    /// Of a branch whose other side is still to come: what is known there.
    otherwise: Option<Path>,
    /// What is known behind it, of the paths that lead there so far.
    exit: Option<Path>,
}

/// What the function adds to the global, always the same; none where that cannot
/// be told.
pub(super) fn shift(
    validator: &mut FuncValidator<ValidatorResources>,
    body: &FunctionBody<'_>,
    watched: u32,
) -> wasmparser::Result<Option<i32>> {
    let Some(written) = loops(body)? else {
        // It sets no global.
        return Ok(Some(0));
    };
    let mut walk = Walk {
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
        path: Some(Path {
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
        if !walk.step(&operator, arity, height) {
            return Ok(None);
        }
    }
    // One that never returns leaves nothing changed.
    Ok(Some(walk.shift.unwrap_or(0)))
}

/// For every loop in order, the locals that are set inside; none where the
/// function sets no global at all.
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

struct Walk {
    watched: u32,
    /// For every loop in order, the locals that are set inside.
    written: Vec<BTreeSet<u32>>,
    /// What was added where the function returned so far.
    shift: Option<i32>,
    /// Loops that were entered.
    loops: usize,
    stack: Vec<Value>,
    labels: Vec<Label>,
    /// None where no path leads.
    path: Option<Path>,
}

impl Walk {
    /// Takes an operator in; `height` is the stack's behind it. False where the
    /// claim fails.
    fn step(&mut self, operator: &Operator<'_>, arity: Option<(u32, u32)>, height: usize) -> bool {
        match operator {
            Operator::End => return self.end(height),
            Operator::Else => {
                self.flow_out(0);
                let label = self.labels.last_mut().expect("validated: inside a branch");
                self.path = label.otherwise.take();
                let height_below = label.height;
                self.stack.truncate(height_below);
                self.stack.resize(height, Unknown);
                return true;
            }
            _ => {}
        }
        let Some(path) = &mut self.path else {
            // Nothing comes here, but what opens must be closed.
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
                results[0] = *path.locals.get(&local_index).unwrap_or(&Unknown);
            }
            Operator::LocalSet { local_index } => path.set_local(local_index, popped[0]),
            Operator::LocalTee { local_index } => {
                path.set_local(local_index, popped[0]);
                results[0] = popped[0];
            }
            Operator::GlobalGet { global_index } if global_index == self.watched => {
                results[0] = path.global;
            }
            Operator::GlobalSet { global_index } if global_index == self.watched => {
                path.global = popped[0];
            }
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                return self.open(operator, popped.len(), height);
            }
            Operator::Br { relative_depth } => {
                let fine = self.flow_out(relative_depth);
                self.path = None;
                return fine;
            }
            Operator::BrIf { relative_depth } => {
                self.stack.extend(results);
                return self.flow_out(relative_depth);
            }
            Operator::BrTable { ref targets } => {
                let Ok(depths) = targets.targets().collect::<wasmparser::Result<Vec<u32>>>() else {
                    return false;
                };
                let fine = depths
                    .into_iter()
                    .chain([targets.default()])
                    .all(|depth| self.flow_out(depth));
                self.path = None;
                return fine;
            }
            Operator::Return
            | Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. } => {
                let global = path.global;
                self.path = None;
                return self.leave(global);
            }
            Operator::Unreachable => {
                self.path = None;
                return true;
            }
            // Calls come back with the globals as they are, or not at all.
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
            if let Some(path) = &mut self.path {
                path.locals.retain(|local, _| !written.contains(local));
            }
            label.head = self.path.clone();
        } else if is_if {
            label.otherwise = self.path.clone();
        }
        self.labels.push(label);
        true
    }

    /// The path leads out of so many labels, or back to a loop's head.
    fn flow_out(&mut self, depth: u32) -> bool {
        let Some(path) = &self.path else {
            return true;
        };
        let Some(place) = self.labels.len().checked_sub(1 + depth as usize) else {
            return false;
        };
        let label = &mut self.labels[place];
        if let Some(head) = &label.head {
            // Locals that change on the way are unknown at the head already.
            return path.global == head.global;
        }
        match &mut label.exit {
            Some(exit) => exit.join(path),
            exit => *exit = Some(path.clone()),
        }
        let global = path.global;
        place > 0 || self.leave(global)
    }

    /// The function returns with this in the global; false where the claim fails.
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
        // A branch without another side goes on behind it.
        for path in [self.path.take(), label.otherwise.take()]
            .into_iter()
            .flatten()
        {
            match &mut label.exit {
                Some(exit) => exit.join(&path),
                exit => *exit = Some(path),
            }
        }
        self.stack.truncate(label.height);
        self.stack.resize(height, Unknown);
        self.path = label.exit;
        let global = self.path.as_ref().map(|path| path.global);
        let function_ends = self.labels.is_empty();
        !function_ends || global.is_none_or(|global| self.leave(global))
    }
}

fn opens(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::TryTable { .. }
    )
}

/// Control that is not followed here: exceptions, references, continuations.
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
