//! What a core module has besides memories, and which of its functions may
//! change that.

use std::collections::{BTreeMap, BTreeSet};

use wasmparser::{
    ConstExpr, ElementItems, ExternalKind, FuncToValidate, FuncValidatorAllocations, FunctionBody,
    GlobalType, Operator, Payload, TypeRef, ValType, ValidatorResources,
};

use super::balance;
use super::links::changes_a_global;

/// A core module while it is read.
#[derive(Default)]
pub(super) struct Module {
    /// The functions that it imports, by module and name.
    imports: Vec<(String, String)>,
    /// How many globals it imports; they come before its own.
    imported_globals: usize,
    globals: Vec<GlobalType>,
    exported_globals: BTreeSet<u32>,
    memories: u32,
    /// The functions that it exports.
    exports: Vec<(String, u32)>,
    /// Functions that run when it starts, or that tables and references lead to.
    roots: Vec<u32>,
    functions: Vec<Function>,
}

/// A function that is no import.
#[derive(Default)]
struct Function {
    /// Functions that it calls or makes references to.
    refers: Vec<u32>,
    /// What it changes that is neither memory nor a global.
    changes: Option<&'static str>,
    /// Globals that it sets.
    sets: BTreeSet<u32>,
    /// Those that it leaves changed, and by how much where that is always the same.
    unbalanced: BTreeMap<u32, Option<i32>>,
}

/// A function adds something to a global and leaves it at that.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift {
    pub(super) function: u32,
    pub(super) global: u32,
    pub(super) by: i32,
}

/// What was found out of a module that stands in nobody's way.
pub(super) struct Settled {
    /// Imported functions that may be called, by module and name.
    pub(super) called: BTreeSet<(String, String)>,
    /// Exported functions that nobody calls inside, and that shift a global.
    pub(super) shifts: BTreeMap<String, Shift>,
    /// Globals that are state, to be moved into a memory.
    pub(super) moved: BTreeSet<u32>,
    /// Types of its globals.
    pub(super) globals: Vec<GlobalType>,
    /// How many memories it has.
    pub(super) memories: u32,
}

impl Module {
    /// Takes in a part that is no function.
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

    /// Takes in the next function.
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

    /// What was found out once all is read, or what is in the way.
    pub(super) fn settle(&self) -> Result<Settled, String> {
        let exported = self.exports.iter().map(|(_, index)| *index);
        let reached = self.reached(exported);
        let inside = self.reached_inside(&reached);
        let imports = self.imports.len();
        let mut moved = BTreeSet::new();
        let mut shifts = BTreeMap::new();
        let mut shared: BTreeSet<u32> = BTreeSet::new();
        for (number, function) in self.functions.iter().enumerate() {
            let index = number + imports;
            if !reached[index] {
                continue;
            }
            if let Some(change) = function.changes {
                return Err(change.to_owned());
            }
            let sets = function.sets.iter().copied();
            shared.extend(sets.filter(|&global| (global as usize) < self.imported_globals));
            let mut left = function.unbalanced.iter().filter(|(global, _)| {
                let is_moved = self.can_be_moved(**global);
                moved.extend(is_moved.then_some(**global));
                !is_moved
            });
            let index = index as u32;
            match (left.next(), left.next()) {
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
        // Two of them could be one, which `balance` would not see.
        if shared.len() > 1 {
            return Err("its modules share several globals".into());
        }
        let called = self.imports.iter().zip(&reached);
        Ok(Settled {
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

    /// Whether nobody else knows a global, and it is an integer.
    fn can_be_moved(&self, global: u32) -> bool {
        let ty = self.globals.get(global as usize);
        global as usize >= self.imported_globals
            && !self.exported_globals.contains(&global)
            && ty.is_some_and(|ty| matches!(ty.content_type, ValType::I32 | ValType::I64))
    }

    /// Of every function whether it may ever run, if others run these.
    fn reached(&self, exported: impl Iterator<Item = u32>) -> Vec<bool> {
        let mut reached = vec![false; self.imports.len() + self.functions.len()];
        let mut waiting: Vec<u32> = exported.chain(self.roots.iter().copied()).collect();
        while let Some(index) = waiting.pop() {
            let index = index as usize;
            // A function that is not there is found out when it is compiled.
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

    /// Functions that may run for another reason than that others call them.
    fn reached_inside(&self, reached: &[bool]) -> BTreeSet<u32> {
        let functions = self.functions.iter().zip(&reached[self.imports.len()..]);
        let running = functions.filter(|(_, reached)| **reached);
        let refers = running.flat_map(|(function, _)| &function.refers);
        refers.chain(&self.roots).copied().collect()
    }
}

impl Function {
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
