//! The reference pages of the book, made from the code: keys, types and doc comments
//! from the source, defaults from a run file with all defaults filled in. The tests fail
//! if the committed pages differ; `cargo xtask docs` writes them.

mod markdown;
mod metrics;
mod run_file;
mod source;

use std::path::{Path, PathBuf};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Compares a page with the committed one, or writes it if `MEMLOOM_WRITE_DOCS` is set.
fn check(page: &str, text: &str) {
    let path = workspace().join("docs/src/reference").join(page);
    if std::env::var_os("MEMLOOM_WRITE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("docs is writable");
        std::fs::write(&path, text).expect("docs is writable");
        return;
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let mut lines = (1..).zip(
        text.lines()
            .zip(committed.lines().chain(std::iter::repeat(""))),
    );
    let different = lines.find(|(_, (now, then))| now != then);
    assert!(
        text == committed,
        "{} does not match the code: run `cargo xtask docs`. First difference (line, code, page): \
         {different:?}",
        path.display()
    );
}

#[test]
fn the_run_file_reference_matches_the_code() {
    check("run-file.md", &run_file::page());
}

#[test]
fn the_metrics_reference_matches_the_code() {
    check("metrics.md", &metrics::page());
}
