//! Openings of doc comments. A doc opens with a verb or a noun phrase, not with a relative
//! clause.

use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::Visit;
use syn::{Attribute, Expr, ExprLit, Lit, Meta, Visibility};

const OPENINGS: [&str; 6] = ["What", "Who", "Whose", "Whether", "How", "Where"];

/// Returns a line for each public item below a folder whose doc opens with a relative clause.
pub fn relative_clauses(workspace: &Path, folder: &str) -> Vec<String> {
    let mut files = Vec::new();
    sources(&workspace.join(folder), &mut files);
    assert!(!files.is_empty(), "no sources in {folder}");
    let mut found = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let parsed = syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let relative = file.strip_prefix(workspace).unwrap_or(&file);
        let lines = openings(&parsed).into_iter();
        found.extend(lines.map(|line| format!("{}: {line}", relative.display())));
    }
    found
}

fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            // Builds below a crate's folder are no sources.
            if !path.ends_with("target") {
                sources(&path, files);
            }
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    files.sort();
}

fn openings(file: &syn::File) -> Vec<String> {
    let mut docs = Docs(Vec::new());
    docs.check(true, &file.attrs);
    docs.visit_file(file);
    docs.0
}

/// The docs found so far that open with a relative clause.
struct Docs(Vec<String>);

impl Docs {
    fn check(&mut self, public: bool, attributes: &[Attribute]) {
        let Some(line) = attributes.iter().find_map(doc) else {
            return;
        };
        let line = line.trim();
        let first = line.split(|letter: char| !letter.is_alphabetic()).next();
        if public && first.is_some_and(|word| OPENINGS.contains(&word)) {
            self.0.push(line.to_owned());
        }
    }
}

/// Returns the text of a doc attribute.
fn doc(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else {
        return None;
    };
    match &pair.value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) if pair.path.is_ident("doc") => Some(text.value()),
        _ => None,
    }
}

fn public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Checks items by their own visibility.
macro_rules! visit_items {
    ($($visit:ident: $item:ident),* $(,)?) => {
        $(fn $visit(&mut self, item: &syn::$item) {
            self.check(public(&item.vis), &item.attrs);
            syn::visit::$visit(self, item);
        })*
    };
}

/// Checks parts that are as public as what they are part of.
macro_rules! visit_parts {
    ($($visit:ident: $item:ident),* $(,)?) => {
        $(fn $visit(&mut self, item: &syn::$item) {
            self.check(true, &item.attrs);
            syn::visit::$visit(self, item);
        })*
    };
}

impl Visit<'_> for Docs {
    visit_items! {
        visit_field: Field,
        visit_impl_item_const: ImplItemConst,
        visit_impl_item_fn: ImplItemFn,
        visit_item_const: ItemConst,
        visit_item_fn: ItemFn,
        visit_item_mod: ItemMod,
        visit_item_static: ItemStatic,
        visit_item_struct: ItemStruct,
        visit_item_type: ItemType,
        visit_item_union: ItemUnion,
        visit_item_use: ItemUse,
    }

    visit_parts! {
        visit_trait_item_const: TraitItemConst,
        visit_trait_item_fn: TraitItemFn,
        visit_trait_item_type: TraitItemType,
        visit_variant: Variant,
    }

    fn visit_item_enum(&mut self, item: &syn::ItemEnum) {
        self.check(public(&item.vis), &item.attrs);
        if public(&item.vis) {
            syn::visit::visit_item_enum(self, item);
        }
    }

    fn visit_item_trait(&mut self, item: &syn::ItemTrait) {
        self.check(public(&item.vis), &item.attrs);
        if public(&item.vis) {
            syn::visit::visit_item_trait(self, item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_docs_of_public_items_that_open_with_a_relative_clause_are_found() {
        let file = syn::parse_str(
            "//! How it works.
            /// Whether it runs.
            pub fn a() {}
            /// Whether it runs.
            fn b() {}
            /// Whatever runs.
            pub struct C {
                /// Where it is.
                pub place: u32,
                /// Who it is.
                name: u32,
            }
            /// A choice.
            pub enum D {
                /// What it was.
                Past,
            }
            enum E {
                /// What it was.
                Past,
            }
            impl C {
                /// Whose it is.
                pub fn owner(&self) {}
            }",
        )
        .unwrap();
        assert_eq!(
            openings(&file),
            [
                "How it works.",
                "Whether it runs.",
                "Where it is.",
                "What it was.",
                "Whose it is."
            ]
        );
    }
}
