//! How a component links its core modules, as far as two kinds of functions go
//! that may not be called by just anybody.
//!
//! One makes handles of resources, which would be state that is in none of the
//! memories. The host gives components no resources, so the first handle of all
//! would be made by `resource.new`. Tools that fill in for missing imports write
//! components that import it and never call it, and that is what is seen here.
//!
//! The other moves the pointer to the stack, for its results lie there, and a
//! second function that moves it back is its `post-return`. The runtime calls
//! both together, or the instance is not used again.

use std::collections::BTreeMap;

use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentAlias, ComponentExternalKind,
    ComponentOuterAliasKind, ComponentType, ComponentTypeRef, ExternalKind, Instance, Payload,
};

use super::module::{Settled, Shift};

/// What is known of a component's core functions and instances by index.
#[derive(Default)]
pub(super) struct Links {
    functions: Vec<Function>,
    /// Special functions by name.
    instances: Vec<BTreeMap<String, Function>>,
}

/// A core function.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Function {
    Plain,
    MakesHandles,
    /// Leaves a global changed in this core instance.
    Shifts(u32, Shift),
}

use Function::{MakesHandles, Plain, Shifts};

impl Links {
    /// Takes in a part of the component, whose core modules so far are
    /// `modules` of the `settled` ones. The error says what is in the way.
    pub(super) fn read(
        &mut self,
        payload: &Payload<'_>,
        modules: &[usize],
        settled: &[Settled],
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
                self.instance(&instance, modules, settled)
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
            _ => Err("it calls more than plain functions".into()),
        }
    }

    fn instance(
        &mut self,
        instance: &Instance<'_>,
        modules: &[usize],
        settled: &[Settled],
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
                    .and_then(|&place| settled.get(place))
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
                // What a module exports again counts as called.
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

    fn function(&self, index: u32) -> Function {
        let known = self.functions.get(index as usize);
        known.copied().unwrap_or(Plain)
    }

    fn is_plain(&self, index: u32) -> Result<(), String> {
        self.function(index).is_plain()
    }
}

impl Function {
    /// Whether everybody may call it.
    fn is_plain(self) -> Result<(), String> {
        match self {
            Plain => Ok(()),
            MakesHandles => Err("it makes resources, which have handles".into()),
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

/// What is wrong with a function that leaves a global changed.
pub(super) fn changes_a_global(function: u32) -> String {
    format!("its function {function} may change a global for good")
}

const PASSES_MODULES: &str = "it passes core modules around";

/// Reads items up to the first that is in the way.
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
