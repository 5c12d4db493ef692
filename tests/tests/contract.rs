//! The contract in `wit/` and its frozen copies.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::path::Path;

/// The `.wit` files of a folder, by name.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "wit"))
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect()
}

#[test]
fn the_present_contract_is_the_frozen_one_of_its_version() {
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let present = files(&wit);
    let declared = present["types.wit"]
        .lines()
        .find_map(|line| line.strip_prefix("package memloom:agent@"))
        .and_then(|rest| rest.strip_suffix(';'))
        .expect("types.wit names the package and its version");
    let frozen = files(&wit.join(declared));
    assert!(!frozen.is_empty(), "wit/{declared} has no files");
    assert_eq!(present, frozen, "wit/ and wit/{declared} differ");
}
