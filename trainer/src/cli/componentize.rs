//! `memloom componentize`: a core module that was built against `wit/` becomes a
//! component.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use wit_component::ComponentEncoder;

/// Writes the component of the core module `module` to `component`.
pub fn run(module: &Path, component: &Path) -> Result<()> {
    let core = fs::read(module).with_context(|| format!("cannot read {}", module.display()))?;
    let encoded = ComponentEncoder::default()
        .validate(true)
        .module(&core)
        .and_then(|encoder| encoder.encode())
        .with_context(|| {
            format!(
                "{} becomes no component: build a `cdylib` that calls wit-bindgen's `export!` for \
                 wasm32-unknown-unknown",
                module.display()
            )
        })?;
    fs::write(component, encoded).with_context(|| format!("cannot write {}", component.display()))
}
