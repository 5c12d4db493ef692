//! The state of a core module besides memories, and the functions that may change it.

use std::collections::{BTreeMap, BTreeSet};

use wasmparser::{
    ConstExpr, ElementItems, ExternalKind, FuncToValidate, FuncValidatorAllocations, FunctionBody,
    GlobalType, Operator, Payload, TypeRef, ValType, ValidatorResources,
};

use super::balance;

/// A core module that is being read.
#[derive(Default)]
pub(super) struct Module {
    /// Imported functions by module and name.
    imports: Vec<(String, String)>,
    /// The number of imported globals; they come before the others.
    imported_globals: usize,
    globals: Vec<GlobalType>,
    exported_globals: BTreeSet<u32>,
    memories: u32,
    /// Exported functions by name.
    exports: Vec<(String, u32)>,
    /// Functions that run at the start, or to which tables and references lead.
    roots: Vec<u32>,
    functions: Vec<Function>,
}

/// A function that is not imported.
#[derive(Default)]
struct Function {
    /// Functions that it calls or refers to.
    refers: Vec<u32>,
    /// A change of state that is neither memory nor a global, if it makes one.
    changes: Option<&'static str>,
    /// Globals that it sets.
    sets: BTreeSet<u32>,
    /// Globals that it may leave changed, with the difference where it is constant.
    unbalanced: BTreeMap<u32, Option<i32>>,
}

/// A function that adds a constant to a global.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift {
    pub(super) function: u32,
    pub(super) global: u32,
    pub(super) by: i32,
}

/// The summary of a module that can be forked by memory.
pub(super) struct ModuleSummary {
    /// Imported functions that may be called, by module and name.
    pub(super) called: BTreeSet<(String, String)>,
    /// Exported functions that shift a global and are not called inside the module.
    pub(super) shifts: BTreeMap<String, Shift>,
    /// Globals that are state and must be moved into a memory.
    pub(super) moved: BTreeSet<u32>,
    /// The types of all globals.
    pub(super) globals: Vec<GlobalType>,
    /// The number of memories.
    pub(super) memories: u32,
}

impl Module {
    /// Reads a part other than a function's body.
    pub(super) fn read(&mut self, payload: &Payload<'_>) -> wasmparser::Result<()> {
        match payload {
            Payload::ImportSection(imports) => {
                for import in imports.clone().into_imports() {
                    let import = import?;
                    match import.ty {
                        TypeRef::Func(_) | TypeRef::FuncExact(_) => {
                            let names = (import.module.to_owned(), import.name.to_owned());
                            self.imports.push(names);
                        }
                        TypeRef::Global(global) => {
                            self.globals.push(global);
                            self.imported_globals += 1;
                        }
                        TypeRef::Memory(_) => self.memories += 1,
                        TypeRef::Table(_) | TypeRef::Tag(_) => {}
                    }
                }
            }
            Payload::MemorySection(memories) => self.memories += memories.count(),
            Payload::GlobalSection(globals) => {
                for global in globals.clone() {
                    let global = global?;
                    self.globals.push(global.ty);
                    self.expression(&global.init_expr)?;
                }
            }
            Payload::TableSection(tables) => {
                for table in tables.clone() {
                    if let wasmparser::TableInit::Expr(expression) = table?.init {
                        self.expression(&expression)?;
                    }
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports.clone() {
                    let export = export?;
                    match export.kind {
                        ExternalKind::Func | ExternalKind::FuncExact => {
                            self.exports.push((export.name.to_owned(), export.index));
                        }
                        ExternalKind::Global => drop(self.exported_globals.insert(export.index)),
                        _ => {}
                    }
                }
            }
            Payload::StartSection { func, .. } => self.roots.push(*func),
            Payload::ElementSection(elements) => {
                for element in elements.clone() {
                    match element?.items {
                        ElementItems::Functions(functions) => {
                            for function in functions {
                                self.roots.push(function?);
                            }
                        }
                        ElementItems::Expressions(_, expressions) => {
                            for expression in expressions {
                                self.expression(&expression?)?;
                            }
                        }
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn expression(&mut self, expression: &ConstExpr<'_>) -> wasmparser::Result<()> {
        for operator in expression.get_operators_reader() {
            if let Operator::RefFunc { function_index } = operator? {
                self.roots.push(function_index);
            }
        }
        Ok(())
    }

    /// Reads the next function's body.
    pub(super) fn function(
        &mut self,
        function: &FuncToValidate<ValidatorResources>,
        body: &FunctionBody<'_>,
        mut allocations: FuncValidatorAllocations,
    ) -> wasmparser::Result<FuncValidatorAllocations> {
        let mut found = Function::default();
        for operator in body.get_operators_reader()? {
            found.read(&operator?);
        }
        for &global in &found.sets {
            let again = FuncToValidate {
                resources: function.resources.clone(),
                ..*function
            };
            let mut validator = again.into_validator(allocations);
            let shift = balance::shift(&mut validator, body, global)?;
            if shift != Some(0) {
                found.unbalanced.insert(global, shift);
            }
            allocations = validator.into_allocations();
        }
        self.functions.push(found);
        Ok(allocations)
    }

    /// Returns the summary of the whole module, or the reason why it cannot be forked by
    /// memory.
    pub(super) fn summarize(&self) -> Result<ModuleSummary, String> {
        let exported = self.exports.iter().map(|(_, index)| *index);
        let reached = self.reached(exported);
        let inside = self.reached_inside(&reached);
        let imports = self.imports.len();
        let mut moved = BTreeSet::new();
        let mut shifts = BTreeMap::new();
        let mut shared: BTreeSet<u32> = BTreeSet::new();
        for (own, function) in self.functions.iter().enumerate() {
            let index = own + imports;
            if !reached[index] {
                continue;
            }
            if let Some(change) = function.changes {
                return Err(change.to_owned());
            }
            let sets = function.sets.iter().copied();
            shared.extend(sets.filter(|&global| (global as usize) < self.imported_globals));
            let mut unmoved = function.unbalanced.iter().filter(|(global, _)| {
                let is_moved = self.can_be_moved(**global);
                moved.extend(is_moved.then_some(**global));
                !is_moved
            });
            let index = index as u32;
            match (unmoved.next(), unmoved.next()) {
                (None, _) => {}
                (Some((&global, &Some(by))), None) if !inside.contains(&index) => {
                    let names = self.exports.iter().filter(|(_, export)| *export == index);
                    let function = index;
                    let shift = Shift {
                        function,
                        global,
                        by,
                    };
                    shifts.extend(names.map(|(name, _)| (name.clone(), shift)));
                }
                _ => return Err(changes_a_global(index)),
            }
        }
        // Two imported globals could be the same one, which `balance` would not see.
        if shared.len() > 1 {
            return Err("its modules share several globals".into());
        }
        let called = self.imports.iter().zip(&reached);
        Ok(ModuleSummary {
            called: called
                .filter(|(_, reached)| **reached)
                .map(|(names, _)| names.clone())
                .collect(),
            shifts,
            moved,
            globals: self.globals.clone(),
            memories: self.memories,
        })
    }

    /// Returns whether a global is an integer that no other module uses.
    fn can_be_moved(&self, global: u32) -> bool {
        let ty = self.globals.get(global as usize);
        global as usize >= self.imported_globals
            && !self.exported_globals.contains(&global)
            && ty.is_some_and(|ty| matches!(ty.content_type, ValType::I32 | ValType::I64))
    }

    /// Returns one flag a function: whether it may run when these exports are called.
    fn reached(&self, exported: impl Iterator<Item = u32>) -> Vec<bool> {
        let mut reached = vec![false; self.imports.len() + self.functions.len()];
        let mut waiting: Vec<u32> = exported.chain(self.roots.iter().copied()).collect();
        while let Some(index) = waiting.pop() {
            let index = index as usize;
            // An index out of range is refused by the compiler.
            let Some(reached) = reached.get_mut(index) else {
                continue;
            };
            if std::mem::replace(reached, true) {
                continue;
            }
            if let Some(own) = index.checked_sub(self.imports.len()) {
                waiting.extend(&self.functions[own].refers);
            }
        }
        reached
    }

    /// Returns functions that may run without a call from outside the module.
    fn reached_inside(&self, reached: &[bool]) -> BTreeSet<u32> {
        let functions = self.functions.iter().zip(&reached[self.imports.len()..]);
        let running = functions.filter(|(_, reached)| **reached);
        let refers = running.flat_map(|(function, _)| &function.refers);
        refers.chain(&self.roots).copied().collect()
    }
}

impl Function {
    /// Notes the effect of an instruction.
    fn read(&mut self, operator: &Operator<'_>) {
        use Operator::{
            Call, DataDrop, ElemDrop, GlobalSet, RefFunc, ReturnCall, TableCopy, TableFill,
            TableGrow, TableInit, TableSet,
        };
        match operator {
            Call { function_index }
            | ReturnCall { function_index }
            | RefFunc { function_index } => self.refers.push(*function_index),
            GlobalSet { global_index } => drop(self.sets.insert(*global_index)),
            TableSet { .. }
            | TableGrow { .. }
            | TableFill { .. }
            | TableCopy { .. }
            | TableInit { .. } => self.changes = Some("it changes a table"),
            DataDrop { .. } | ElemDrop { .. } => self.changes = Some("it drops a segment"),
            _ => {}
        }
    }
}

/// Returns the message for a function that may leave a global changed.
pub(super) fn changes_a_global(function: u32) -> String {
    format!("function {function} may leave a global changed")
}
