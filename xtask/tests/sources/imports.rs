//! Circles of imports between the files of a crate.
//!
//! An import is an edge from its file to the file that defines the imported item. Re-exports
//! are followed to the definition, and are no edges themselves. Paths in code count too, if
//! they start with `crate`, `self`, `super`, or a module in scope.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::Visit;

use crate::crate_tree::{Crate, Module, read};

/// By file: the files that it imports from, each with one of the paths.
type Edges = BTreeMap<String, BTreeMap<String, String>>;

/// Returns a line for each circle of files in the crate with this root file.
pub fn circles(workspace: &Path, crate_root: &str) -> Vec<String> {
    let edges = edges(workspace, &read(&workspace.join(crate_root)));
    rings(&edges)
        .into_iter()
        .map(|ring| {
            let arrows = ring.iter().zip(ring.iter().cycle().skip(1));
            let arrows = arrows.map(|(from, to)| format!("{from} -> {to} ({})", edges[from][to]));
            format!("{crate_root}: {}", arrows.collect::<Vec<_>>().join(", "))
        })
        .collect()
}

fn edges(workspace: &Path, modules: &Crate) -> Edges {
    let shown = |file: &Path| {
        let relative = file.strip_prefix(workspace).unwrap_or(file);
        relative.display().to_string()
    };
    let mut edges = Edges::new();
    for (at, module) in modules {
        let mut paths: Vec<Vec<String>> = module
            .imports
            .iter()
            .filter(|import| !import.reexport)
            .map(|import| import.path.clone())
            .collect();
        let mut inline = Inline(Vec::new());
        module.items.iter().for_each(|item| inline.visit_item(item));
        paths.extend(inline.0);
        for path in paths {
            let Some(file) = definition(modules, at, &path, 0) else {
                continue;
            };
            if file != module.file {
                let to = edges.entry(shown(&module.file)).or_default();
                to.entry(shown(file)).or_insert_with(|| path.join("::"));
            }
        }
    }
    edges
}

/// Returns the file that defines what `path` names in the module at `from`; `None` for paths
/// into other crates.
fn definition<'a>(
    modules: &'a Crate,
    from: &[String],
    path: &[String],
    depth: usize,
) -> Option<&'a Path> {
    // Globs that import each other would be followed for ever.
    if depth > 16 {
        return None;
    }
    let mut at = from.to_vec();
    let mut rest = path;
    while let Some(first) = rest.first() {
        let module = modules.get(&at)?;
        let mut below = at.clone();
        below.push(first.clone());
        match first.as_str() {
            "crate" => at.clear(),
            "self" => {}
            "super" => drop(at.pop()?),
            _ if modules.contains_key(&below) => at = below,
            name if module.defined.iter().any(|own| own == name) => return Some(&module.file),
            name => return imported(modules, module, &at, name, &rest[1..], depth),
        }
        rest = &rest[1..];
    }
    modules.get(&at).map(|module| module.file.as_path())
}

/// Follows the imports of a module by a name, then the globs.
fn imported<'a>(
    modules: &'a Crate,
    module: &Module,
    at: &[String],
    name: &str,
    rest: &[String],
    depth: usize,
) -> Option<&'a Path> {
    let named = module.imports.iter().find(|import| import.name == name);
    if let Some(import) = named {
        // The path of an import of another crate may start with the name itself.
        if import.path.first().is_some_and(|first| first == name) {
            return None;
        }
        let path: Vec<String> = import.path.iter().chain(rest).cloned().collect();
        return definition(modules, at, &path, depth + 1);
    }
    let globs = module.imports.iter().filter(|import| import.name == "*");
    let mut found = globs.filter_map(|glob| {
        let name = [name.to_owned()];
        let path: Vec<String> = glob.path.iter().chain(&name).chain(rest).cloned().collect();
        definition(modules, at, &path, depth + 1)
    });
    found.next()
}

/// Paths of two or more segments in code.
struct Inline(Vec<Vec<String>>);

impl Visit<'_> for Inline {
    fn visit_path(&mut self, path: &syn::Path) {
        let segments = path.segments.iter();
        let segments: Vec<String> = segments.map(|part| part.ident.to_string()).collect();
        if segments.len() > 1 && path.leading_colon.is_none() {
            self.0.push(segments);
        }
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &syn::Macro) {
        self.visit_path(&call.path);
        tokens(call.tokens.clone(), &mut self.0);
    }

    fn visit_item_use(&mut self, line: &syn::ItemUse) {
        let mut imports = Vec::new();
        crate::crate_tree::flatten(&line.tree, &mut Vec::new(), false, &mut imports);
        self.0.extend(imports.into_iter().map(|import| import.path));
    }
}

/// Collects paths among the tokens of a macro call.
fn tokens(stream: TokenStream, paths: &mut Vec<Vec<String>>) {
    let mut path: Vec<String> = Vec::new();
    let mut colons = 0;
    for token in stream {
        match token {
            TokenTree::Ident(name) if colons == 2 => path.push(name.to_string()),
            TokenTree::Ident(name) => {
                paths.push(std::mem::replace(&mut path, vec![name.to_string()]));
            }
            TokenTree::Punct(mark) if mark.as_char() == ':' => {
                colons += 1;
                continue;
            }
            TokenTree::Group(group) => {
                paths.push(std::mem::take(&mut path));
                tokens(group.stream(), paths);
            }
            _ => paths.push(std::mem::take(&mut path)),
        }
        colons = 0;
    }
    paths.push(path);
    paths.retain(|path| path.len() > 1);
}

/// Returns a shortest circle through each set of files that reach each other.
fn rings(edges: &Edges) -> Vec<Vec<String>> {
    let mut covered = BTreeSet::new();
    let mut rings = Vec::new();
    for start in edges.keys() {
        if covered.contains(start) {
            continue;
        }
        if let Some(ring) = shortest_ring(edges, start) {
            covered.extend(ring.iter().cloned());
            rings.push(ring);
        }
    }
    rings
}

/// Returns the shortest way from a file back to itself.
fn shortest_ring(edges: &Edges, start: &str) -> Option<Vec<String>> {
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(file) = queue.pop_front() {
        for next in edges.get(file).into_iter().flat_map(BTreeMap::keys) {
            if next == start {
                let mut ring = vec![file.to_owned()];
                let mut at = file;
                while at != start {
                    at = came_from[at];
                    ring.push(at.to_owned());
                }
                ring.reverse();
                return Some(ring);
            }
            if !came_from.contains_key(next.as_str()) {
                came_from.insert(next, file);
                queue.push_back(next);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the circles of a crate of these files.
    fn of(files: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        circles(folder.path(), "lib.rs")
    }

    #[test]
    fn two_files_that_import_each_other_are_a_circle() {
        let found = of(&[
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "use crate::b::B; pub struct A;"),
            ("b.rs", "pub struct B; fn f() -> crate::a::A { todo!() }"),
        ]);
        assert_eq!(
            found,
            ["lib.rs: a.rs -> b.rs (crate::b::B), b.rs -> a.rs (crate::a::A)"]
        );
    }

    #[test]
    fn a_reexport_is_no_edge_and_leads_to_the_definition() {
        let found = of(&[
            ("lib.rs", "mod a;"),
            (
                "a/mod.rs",
                "mod b; mod c; pub use self::b::B; fn f() { c::g(); }",
            ),
            ("a/b.rs", "pub struct B;"),
            ("a/c.rs", "use super::B; pub fn g() {}"),
        ]);
        assert_eq!(found, [""; 0]);
    }

    #[test]
    fn a_child_that_uses_a_module_that_calls_it_is_a_circle() {
        let found = of(&[
            ("lib.rs", "mod a;"),
            (
                "a.rs",
                "mod b; pub const LIMIT: u32 = 1; fn f() { b::g(); }",
            ),
            ("a/b.rs", "use super::{LIMIT as MOST}; pub fn g() {}"),
        ]);
        assert_eq!(
            found,
            ["lib.rs: a.rs -> a/b.rs (b::g), a/b.rs -> a.rs (super::LIMIT)"]
        );
    }

    #[test]
    fn paths_in_macros_count_and_tests_do_not() {
        let a = "pub fn f() { assert!(crate::b::g(1) > 0); }";
        let files = |b| [("lib.rs", "mod a; mod b;"), ("a.rs", a), ("b.rs", b)];
        let tested = "pub fn g() {} #[cfg(test)] mod tests { use crate::a::f; }";
        assert_eq!(of(&files(tested)), [""; 0]);
        let circle = "pub fn g() { println!(\"{}\", super::a::f()); }";
        assert_eq!(of(&files(circle)).len(), 1);
    }

    #[test]
    fn files_whose_modules_a_macro_declares_count() {
        let found = of(&[
            ("lib.rs", "mod a; mod z;"),
            ("a/mod.rs", "list! { \"b\" => b::B }"),
            ("a/b.rs", "use crate::z::Z; pub struct B;"),
            ("z.rs", "use crate::a::b::B; pub struct Z;"),
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
    }

    #[test]
    fn a_grandchild_reaches_over_two_modules() {
        let found = of(&[
            ("lib.rs", "mod a; pub mod z;"),
            ("a/mod.rs", "mod b;"),
            ("a/b/mod.rs", "mod c;"),
            ("a/b/c.rs", "use super::super::super::z::Z; pub struct C;"),
            ("z.rs", "use crate::a::b::c::C; pub struct Z;"),
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
    }
}
