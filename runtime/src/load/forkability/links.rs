//! The links between a component's core modules, followed for two kinds of special
//! functions that only certain callers may call.
//!
//! The first makes handles of resources, which are state outside the memories. The
//! host gives components no resources, so the first handle can only come from
//! `resource.new`. Some tools write components that import it and never call it;
//! such components pass.
//!
//! The second leaves the stack pointer moved, since its results lie on the stack,
//! and its `post-return` function moves the pointer back. The runtime calls both, or
//! does not use the instance again.

use std::collections::BTreeMap;

use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentAlias, ComponentExternalKind,
    ComponentOuterAliasKind, ComponentType, ComponentTypeRef, ExternalKind, Instance, Payload,
};

use super::module::{ModuleSummary, Shift, changes_a_global};

/// A component's core functions and core instances by index.
#[derive(Default)]
pub(super) struct Links {
    functions: Vec<CoreFunction>,
    /// Special functions of each instance by name.
    instances: Vec<BTreeMap<String, CoreFunction>>,
}

/// A core function.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CoreFunction {
    Plain,
    MakesHandles,
    /// Leaves a global of this core instance shifted.
    Shifts(u32, Shift),
}

use CoreFunction::{MakesHandles, Plain, Shifts};

impl Links {
    /// Reads a part of the component, whose core modules so far are those of `summaries`
    /// with the indices `modules`. The error says why it cannot be forked by memory.
    pub(super) fn read(
        &mut self,
        payload: &Payload<'_>,
        modules: &[usize],
        summaries: &[ModuleSummary],
    ) -> wasmparser::Result<Result<(), String>> {
        match payload {
            Payload::ComponentImportSection(imports) => each(imports, |import| match import.ty {
                ComponentTypeRef::Module(_) => Err(PASSES_MODULES.into()),
                _ => Ok(()),
            }),
            Payload::ComponentTypeSection(types) => each(types, |ty| match ty {
                ComponentType::Resource {
                    dtor: Some(function),
                    ..
                } => self.is_plain(function),
                _ => Ok(()),
            }),
            Payload::ComponentAliasSection(aliases) => each(aliases, |alias| self.alias(&alias)),
            Payload::ComponentCanonicalSection(functions) => {
                each(functions, |function| self.canonical(&function))
            }
            Payload::InstanceSection(instances) => each(instances, |instance| {
                self.instance(&instance, modules, summaries)
            }),
            _ => Ok(Ok(())),
        }
    }

    fn alias(&mut self, alias: &ComponentAlias<'_>) -> Result<(), String> {
        match alias {
            ComponentAlias::CoreInstanceExport {
                kind: ExternalKind::Func | ExternalKind::FuncExact,
                instance_index,
                name,
            } => {
                let instance = self.instances.get(*instance_index as usize);
                let special = instance.and_then(|names| names.get(*name));
                self.functions.push(special.copied().unwrap_or(Plain));
                Ok(())
            }
            ComponentAlias::InstanceExport {
                kind: ComponentExternalKind::Module,
                ..
            }
            | ComponentAlias::Outer {
                kind: ComponentOuterAliasKind::CoreModule,
                ..
            } => Err(PASSES_MODULES.into()),
            _ => Ok(()),
        }
    }

    fn canonical(&mut self, function: &CanonicalFunction) -> Result<(), String> {
        match function {
            CanonicalFunction::Lift {
                core_func_index,
                options,
                ..
            } => {
                let lifted = self.function(*core_func_index);
                let mut moved_back = false;
                for option in options {
                    match *option {
                        CanonicalOption::PostReturn(index) => {
                            moved_back = lifted.is_moved_back_by(self.function(index));
                            if !moved_back {
                                self.is_plain(index)?;
                            }
                        }
                        CanonicalOption::Realloc(index) | CanonicalOption::Callback(index) => {
                            self.is_plain(index)?;
                        }
                        _ => {}
                    }
                }
                if moved_back {
                    Ok(())
                } else {
                    lifted.is_plain()
                }
            }
            CanonicalFunction::Lower { options, .. } => {
                self.functions.push(Plain);
                options.iter().try_for_each(|option| match *option {
                    CanonicalOption::Realloc(index) => self.is_plain(index),
                    _ => Ok(()),
                })
            }
            CanonicalFunction::ResourceNew { .. } => {
                self.functions.push(MakesHandles);
                Ok(())
            }
            CanonicalFunction::ResourceDrop { .. } | CanonicalFunction::ResourceRep { .. } => {
                self.functions.push(Plain);
                Ok(())
            }
            _ => Err("it uses asynchronous or other special functions".into()),
        }
    }

    fn instance(
        &mut self,
        instance: &Instance<'_>,
        modules: &[usize],
        summaries: &[ModuleSummary],
    ) -> Result<(), String> {
        let special = match instance {
            Instance::FromExports(exports) => exports
                .iter()
                .filter(|export| {
                    matches!(export.kind, ExternalKind::Func | ExternalKind::FuncExact)
                })
                .map(|export| (export.name.to_owned(), self.function(export.index)))
                .filter(|(_, function)| *function != Plain)
                .collect(),
            Instance::Instantiate { module_index, args } => {
                let module = modules.get(*module_index as usize);
                let module = module
                    .and_then(|&index| summaries.get(index))
                    .ok_or(PASSES_MODULES)?;
                for arg in args {
                    let given = self.instances.get(arg.index as usize);
                    for (name, function) in given.into_iter().flatten() {
                        let called = (arg.name.to_owned(), name.clone());
                        if module.called.contains(&called) {
                            function.is_plain()?;
                        }
                    }
                }
                // An import that a module exports again counts as called.
                let here = self.instances.len() as u32;
                let shifts = module.shifts.iter();
                shifts
                    .map(|(name, shift)| (name.clone(), Shifts(here, *shift)))
                    .collect()
            }
        };
        self.instances.push(special);
        Ok(())
    }

    fn function(&self, index: u32) -> CoreFunction {
        let function = self.functions.get(index as usize);
        function.copied().unwrap_or(Plain)
    }

    fn is_plain(&self, index: u32) -> Result<(), String> {
        self.function(index).is_plain()
    }
}

impl CoreFunction {
    /// Checks that any caller may call it.
    fn is_plain(self) -> Result<(), String> {
        match self {
            Plain => Ok(()),
            MakesHandles => Err("it makes handles of resources".into()),
            Shifts(_, Shift { function, .. }) => Err(changes_a_global(function)),
        }
    }

    fn is_moved_back_by(self, other: Self) -> bool {
        match (self, other) {
            (Shifts(here, a), Shifts(there, b)) => {
                here == there && a.global == b.global && a.by.wrapping_add(b.by) == 0
            }
            _ => false,
        }
    }
}

const PASSES_MODULES: &str = "it imports, exports or aliases core modules";

/// Reads items up to the first error.
fn each<'a, T: wasmparser::FromReader<'a>>(
    items: &wasmparser::SectionLimited<'a, T>,
    mut read: impl FnMut(T) -> Result<(), String>,
) -> wasmparser::Result<Result<(), String>> {
    for item in items.clone() {
        if let Err(why) = read(item?) {
            return Ok(Err(why));
        }
    }
    Ok(Ok(()))
}
