//! `memloom componentize`

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use wit_component::ComponentEncoder;

/// Turn a core module that was built against wit/ into a component.
#[derive(Args)]
pub(super) struct Componentize {
    /// The `.wasm` file that `cargo build --target wasm32-unknown-unknown` made of a `cdylib`.
    module: PathBuf,
    /// The component to write.
    component: PathBuf,
}

impl Componentize {
    pub(super) fn run(self) -> Result<()> {
        let Self { module, component } = self;
        let core =
            fs::read(&module).with_context(|| format!("cannot read {}", module.display()))?;
        let encoded = ComponentEncoder::default()
            .validate(true)
            .module(&core)
            .and_then(|encoder| encoder.encode())
            .with_context(|| {
                format!(
                    "cannot make a component of {}: build a `cdylib` that calls wit-bindgen's \
                     `export!` for wasm32-unknown-unknown",
                    module.display()
                )
            })?;
        fs::write(&component, encoded)
            .with_context(|| format!("cannot write {}", component.display()))
    }
}
