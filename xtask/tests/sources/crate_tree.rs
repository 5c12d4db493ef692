//! The modules of a crate, read from its sources. Code that is compiled for tests only is left
//! out.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, Item, Meta, Token, UseTree, Visibility, punctuated::Punctuated};

/// A crate's modules by path; the root has the empty path.
pub type Crate = BTreeMap<Vec<String>, Module>;

/// A module.
#[derive(Default)]
pub struct Module {
    /// The file that the module's items are in.
    pub file: PathBuf,
    /// Items, without those for tests.
    pub items: Vec<Item>,
    /// Names of items other than modules and imports.
    pub defined: Vec<String>,
    /// Imports and re-exports.
    pub imports: Vec<Import>,
}

/// One name that a `use` line brings into a module.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// The imported path.
    pub path: Vec<String>,
    /// The name in the module; `*` for a glob.
    pub name: String,
    /// True for `pub use` in any form.
    pub reexport: bool,
}

/// Reads the crate whose root is the file `root`.
pub fn read(root: &Path) -> Crate {
    let mut modules = Crate::new();
    let folder = root.parent().unwrap().to_owned();
    add_file(&mut modules, Vec::new(), root, &folder);
    modules
}

/// Adds a file's module. `folder` holds the files of its child modules.
fn add_file(modules: &mut Crate, path: Vec<String>, file: &Path, folder: &Path) {
    let text = fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let parsed = syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    add_items(modules, path, file, folder, parsed.items);
}

fn add_items(modules: &mut Crate, path: Vec<String>, file: &Path, folder: &Path, items: Vec<Item>) {
    let mut module = Module {
        file: file.to_owned(),
        ..Module::default()
    };
    for item in items {
        if attributes(&item).iter().any(is_test) {
            continue;
        }
        match item {
            Item::Mod(child) => {
                let name = child.ident.to_string();
                let mut below = path.clone();
                below.push(name.clone());
                match child.content {
                    Some((_, items)) => {
                        add_items(modules, below, file, &folder.join(name), items);
                    }
                    None => {
                        let alone = folder.join(format!("{name}.rs"));
                        let within = folder.join(&name).join("mod.rs");
                        let child = if alone.exists() { alone } else { within };
                        add_file(modules, below, &child, &folder.join(name));
                    }
                }
                continue;
            }
            // A macro may declare modules: `algorithms! { "name" => file::Type }`.
            Item::Macro(ref call) if call.ident.is_none() => {
                for name in identifiers(call.mac.tokens.clone()) {
                    let child = folder.join(format!("{name}.rs"));
                    let below = path.iter().chain([&name]).cloned().collect();
                    if child.exists() && !modules.contains_key(&below) {
                        add_file(modules, below, &child, &folder.join(name));
                    }
                }
            }
            Item::Use(line) => {
                let reexport = !matches!(line.vis, Visibility::Inherited);
                flatten(&line.tree, &mut Vec::new(), reexport, &mut module.imports);
                continue;
            }
            _ => {}
        }
        module.defined.extend(name(&item));
        module.items.push(item);
    }
    modules.insert(path, module);
}

/// Returns the identifiers among tokens.
fn identifiers(stream: TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    for token in stream {
        match token {
            TokenTree::Ident(name) => found.push(name.to_string()),
            TokenTree::Group(group) => found.extend(identifiers(group.stream())),
            _ => {}
        }
    }
    found
}

/// Lists the names that a `use` tree imports.
pub fn flatten(
    tree: &UseTree,
    prefix: &mut Vec<String>,
    reexport: bool,
    imports: &mut Vec<Import>,
) {
    let mut add = |last: Option<String>, name: String| {
        imports.push(Import {
            path: prefix.iter().cloned().chain(last).collect(),
            name,
            reexport,
        });
    };
    match tree {
        UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            flatten(&path.tree, prefix, reexport, imports);
            prefix.pop();
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, prefix, reexport, imports);
            }
        }
        UseTree::Name(name) if name.ident == "self" => {
            add(None, prefix.last().cloned().unwrap_or_default());
        }
        UseTree::Name(name) => add(Some(name.ident.to_string()), name.ident.to_string()),
        UseTree::Rename(name) => {
            let last = (name.ident != "self").then(|| name.ident.to_string());
            add(last, name.rename.to_string());
        }
        UseTree::Glob(_) => add(None, "*".into()),
    }
}

/// Returns true for an attribute that leaves an item to tests.
fn is_test(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else {
        return attribute.path().is_ident("test");
    };
    list.path.is_ident("cfg") && list.parse_args().is_ok_and(|meta| requires_test(&meta))
}

fn requires_test(condition: &Meta) -> bool {
    let Meta::List(list) = condition else {
        return condition.path().is_ident("test");
    };
    let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
    let mut parts = parts.into_iter().flatten();
    if list.path.is_ident("all") {
        parts.any(|part| requires_test(&part))
    } else {
        list.path.is_ident("any") && parts.all(|part| requires_test(&part))
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Returns the name that an item defines.
fn name(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_trees_renames_and_globs_are_listed_by_name() {
        let line: syn::ItemUse =
            syn::parse_str("use super::super::a::{self, b::{C, D as E}, f::*};").unwrap();
        let mut imports = Vec::new();
        flatten(&line.tree, &mut Vec::new(), false, &mut imports);
        let listed: Vec<(String, &str)> = imports
            .iter()
            .map(|import| (import.path.join("::"), import.name.as_str()))
            .collect();
        let expected = [
            ("super::super::a", "a"),
            ("super::super::a::b::C", "C"),
            ("super::super::a::b::D", "E"),
            ("super::super::a::f", "*"),
        ];
        assert_eq!(listed, expected.map(|(path, name)| (path.to_owned(), name)));
    }

    #[test]
    fn only_conditions_that_require_tests_are_left_out() {
        let condition = |text: &str| requires_test(&syn::parse_str(text).unwrap());
        assert!(condition("test"));
        assert!(condition("all(test, unix)"));
        assert!(!condition("any(test, feature = \"cuda\")"));
        assert!(!condition("not(test)"));
    }
}
