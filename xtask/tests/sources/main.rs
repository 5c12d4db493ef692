//! Rules about the sources that the compiler does not check.

#![allow(clippy::unwrap_used, reason = "tests")]

mod crate_tree;
mod docs;
mod imports;

use std::path::{Path, PathBuf};

/// Crates whose files import each other in one direction only, by their root files.
const WITHOUT_CIRCLES: [&str; 47] = [
    "examples/embed/src/main.rs",
    "guest-policies/banks/cases/src/lib.rs",
    "guest-policies/banks/flat/src/lib.rs",
    "guest-policies/banks/graph/src/lib.rs",
    "guest-policies/banks/notes/src/lib.rs",
    "guest-policies/banks/page/src/lib.rs",
    "guest-policies/banks/places/src/lib.rs",
    "guest-policies/banks/topics/src/lib.rs",
    "guest-policies/banks/tray/src/lib.rs",
    "guest-policies/banks/typed/src/lib.rs",
    "guest-policies/environments/blocks/src/lib.rs",
    "guest-policies/environments/chronicle/src/lib.rs",
    "guest-policies/environments/chunks/src/lib.rs",
    "guest-policies/environments/counsel/src/lib.rs",
    "guest-policies/environments/house/src/lib.rs",
    "guest-policies/environments/locomo/src/lib.rs",
    "guest-policies/environments/longmemeval/src/lib.rs",
    "guest-policies/environments/office/src/lib.rs",
    "guest-policies/environments/quest/src/lib.rs",
    "guest-policies/environments/scroll/src/lib.rs",
    "guest-policies/environments/sums/src/lib.rs",
    "guest-policies/json/src/lib.rs",
    "guest-policies/policies/amem/src/lib.rs",
    "guest-policies/policies/ariadne/src/lib.rs",
    "guest-policies/policies/casebook/src/lib.rs",
    "guest-policies/policies/delethink/src/lib.rs",
    "guest-policies/policies/hiagent/src/lib.rs",
    "guest-policies/policies/mem-alpha/src/lib.rs",
    "guest-policies/policies/mem1/src/lib.rs",
    "guest-policies/policies/memact/src/lib.rs",
    "guest-policies/policies/memagent/src/lib.rs",
    "guest-policies/policies/memory-r1/src/lib.rs",
    "guest-policies/policies/memory-r2/src/lib.rs",
    "guest-policies/policies/rafa/src/lib.rs",
    "guest-policies/policies/react/src/lib.rs",
    "guest-policies/policies/reflective/src/lib.rs",
    "guest-policies/policies/remem/src/lib.rs",
    "guest-policies/policies/router/src/lib.rs",
    "guest-policies/policies/selector/src/lib.rs",
    "guest-policies/records/src/lib.rs",
    "guest-policies/sdk/src/lib.rs",
    "guest-policies/search/src/lib.rs",
    "guest-policies/text/src/lib.rs",
    "runtime/src/lib.rs",
    "trainer/algorithm/src/lib.rs",
    "trainer/engine/src/lib.rs",
    "trainer/src/lib.rs",
];

/// Folders whose public docs do not open with a relative clause.
const PLAIN_DOCS: [&str; 8] = [
    "examples",
    "guest-policies",
    "runtime",
    "tests",
    "trainer/algorithm",
    "trainer/engine",
    "trainer/src",
    "xtask",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn files_do_not_import_each_other_in_circles() {
    let mut circles = Vec::new();
    for crate_root in WITHOUT_CIRCLES {
        circles.extend(imports::circles(&root(), crate_root));
    }
    assert!(circles.is_empty(), "{}", circles.join("\n"));
}

#[test]
fn docs_of_public_items_do_not_open_with_a_relative_clause() {
    let mut found = Vec::new();
    for folder in PLAIN_DOCS {
        found.extend(docs::relative_clauses(&root(), folder));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
