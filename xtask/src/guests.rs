//! Builds the guests' workspace and turns each core module into a component.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use wit_component::{ComponentEncoder, DecodedWasm};

use crate::examples;
use crate::files::{absorb, absorb_path, file_name, replace, sorted};
use crate::setup::{self, TARGET};
use crate::workspace::{Workspace, succeed};

/// The folders of guest-policies that hold guests, and the interface of wit/ that
/// each exports, which is also how its package's name begins.
const KINDS: [(&str, &str); 3] = [
    ("banks", "bank"),
    ("environments", "environment"),
    ("policies", "policy"),
];

/// Choice of the guests to build.
#[derive(clap::Args, Default)]
pub struct Args {
    /// Build only these, for instance `flat`; by default all
    names: Vec<String>,
    /// Build even if nothing changed
    #[arg(long)]
    force: bool,
    /// Build the examples in Python and JavaScript too, with packages from PyPI and npm
    #[arg(long)]
    all: bool,
}

/// Builds `target/components/NAME.wasm` for all guests, or those that are named.
pub fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    build(workspace, args)?;
    if args.all {
        examples::build(workspace)?;
    }
    Ok(())
}

fn build(workspace: &Workspace, args: &Args) -> Result<()> {
    let guests = Guest::discover(&workspace.path("guest-policies"))?;
    let chosen = choose(&guests, &args.names)?;
    let build = setup::run()?;

    let components = workspace.path("target/components");
    let stamp = components.join("stamp");
    let wanted = fingerprint(workspace, build.fingerprint())?;
    if !args.force
        && args.names.is_empty()
        && fs::read_to_string(&stamp).is_ok_and(|found| found == wanted)
        && chosen
            .iter()
            .all(|guest| guest.component(&components).exists())
    {
        eprintln!("{} guests are up to date", chosen.len());
        return Ok(());
    }

    eprintln!(
        "building {} guests (up to three minutes the first time)",
        chosen.len()
    );
    fs::create_dir_all(&components)
        .with_context(|| format!("cannot create {}", components.display()))?;
    // From here on the components may be newer than what the stamp says.
    match fs::remove_file(&stamp) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot remove {}", stamp.display()));
        }
        _ => {}
    }
    let mut cargo = build.cargo(
        &workspace.path("guest-policies"),
        &workspace.path("target/guests"),
    );
    for guest in &chosen {
        cargo.args(["--package", &guest.package()]);
    }
    succeed(&mut cargo)?;

    let modules = workspace.path("target/guests").join(TARGET).join("release");
    let mut failed = 0;
    for guest in &chosen {
        match guest.componentize(&modules, &components) {
            Ok(size) => eprintln!("{:>8.1} KiB  {}.wasm", size as f64 / 1024.0, guest.name),
            Err(error) => {
                failed += 1;
                eprintln!("error: {error:#}");
            }
        }
    }
    if failed > 0 {
        bail!("{failed} of {} guests became no component", chosen.len());
    }
    if args.names.is_empty() {
        replace(&stamp, wanted.as_bytes())?;
    }
    Ok(())
}

/// A crate that becomes a component.
#[derive(Debug, PartialEq, Eq)]
struct Guest {
    /// The interface that it exports.
    interface: &'static str,
    /// Its folder's name, and its component's.
    name: String,
}

impl Guest {
    fn new(interface: &'static str, name: &str) -> Self {
        Self {
            interface,
            name: name.to_owned(),
        }
    }

    /// Its crate's name: what it is, then its name.
    fn package(&self) -> String {
        format!("{}-{}", self.interface, self.name)
    }

    /// All guests below `root`, in order of kind and name.
    fn discover(root: &Path) -> Result<Vec<Self>> {
        let mut guests: Vec<Self> = Vec::new();
        let mut kinds = BTreeMap::new();
        for (folder, interface) in KINDS {
            for path in sorted(&root.join(folder))? {
                if !path.join("Cargo.toml").exists() {
                    continue;
                }
                let name = file_name(&path)?;
                if let Some(other) = kinds.insert(name.clone(), folder) {
                    bail!(
                        "guest-policies has {other}/{name} and {folder}/{name}, \
                         and both would become {name}.wasm: rename one"
                    );
                }
                guests.push(Self::new(interface, &name));
            }
        }
        Ok(guests)
    }

    fn module(&self, modules: &Path) -> PathBuf {
        modules.join(format!("{}.wasm", self.package().replace('-', "_")))
    }

    fn component(&self, components: &Path) -> PathBuf {
        components.join(format!("{}.wasm", self.name))
    }

    /// Wraps the core module that cargo left and returns the component's bytes.
    fn componentize(&self, modules: &Path, components: &Path) -> Result<usize> {
        let module = self.module(modules);
        let core = fs::read(&module).with_context(|| {
            format!(
                "cargo built no {}: does {} say `crate-type = [\"cdylib\", \"rlib\"]`?",
                module.display(),
                self.package()
            )
        })?;
        let component = ComponentEncoder::default()
            .validate(true)
            .module(&core)
            .and_then(|encoder| encoder.encode())
            .with_context(|| format!("{} does not fit its world in wit/", self.package()))?;
        if !exports(&component, self.interface)? {
            bail!(
                "{0} exports no `{1}`: does it call `memloom_sdk::export_{1}!`?",
                self.package(),
                self.interface
            );
        }
        replace(&self.component(components), &component)?;
        Ok(component.len())
    }
}

/// Returns true if a component exports this interface of wit/, in any version.
fn exports(component: &[u8], interface: &str) -> Result<bool> {
    let DecodedWasm::Component(resolve, world) = wit_component::decode(component)? else {
        return Ok(false);
    };
    let wanted = format!("memloom:agent/{interface}@");
    Ok(resolve.worlds[world]
        .exports
        .keys()
        .any(|key| resolve.name_world_key(key).starts_with(&wanted)))
}

/// The guests that are named, or all.
fn choose<'a>(guests: &'a [Guest], names: &[String]) -> Result<Vec<&'a Guest>> {
    if names.is_empty() {
        return Ok(guests.iter().collect());
    }
    names
        .iter()
        .map(|name| {
            guests
                .iter()
                .find(|guest| guest.name == *name)
                .with_context(|| {
                    let all: Vec<&str> = guests.iter().map(|guest| guest.name.as_str()).collect();
                    format!("there is no guest `{name}`; there are {}", all.join(", "))
                })
        })
        .collect()
}

/// A name for all that the components are made from: the guests' sources, the
/// contract, the compiler, and the encoder, whose version is in the lock file.
fn fingerprint(workspace: &Workspace, compiler: &str) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    absorb(&mut hasher, compiler.as_bytes());
    for source in ["guest-policies", "wit", "Cargo.lock"] {
        absorb_path(&mut hasher, &workspace.path(source), source)?;
    }
    Ok(hasher.finalize().to_hex().to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::process;

    use super::*;

    /// A folder that is removed at the end of a test.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("xtask-{}-{name}", process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.0.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn fingerprint(&self) -> String {
            fingerprint(&Workspace::at(&self.0), "rustc 1.95").unwrap()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    #[test]
    fn a_component_is_called_by_its_folder_and_built_from_its_crate() {
        let guest = Guest::new("policy", "memory-r2");
        assert_eq!(guest.package(), "policy-memory-r2");
        assert_eq!(
            guest.module(Path::new("m")),
            Path::new("m/policy_memory_r2.wasm")
        );
        assert_eq!(
            guest.component(Path::new("c")),
            Path::new("c/memory-r2.wasm")
        );
    }

    #[test]
    fn guests_are_the_folders_with_a_manifest() {
        let root = Folder::new("discover");
        root.write("policies/selector/Cargo.toml", "");
        root.write("banks/flat/Cargo.toml", "");
        root.write("banks/notes/README.md", "");
        root.write("guest/Cargo.toml", "");
        let expected = [Guest::new("bank", "flat"), Guest::new("policy", "selector")];
        assert_eq!(Guest::discover(&root.0).unwrap(), expected);
    }

    #[test]
    fn a_module_that_exports_nothing_becomes_no_component() {
        let root = Folder::new("empty");
        // The shortest module there is: magic and version.
        root.write("bank_void.wasm", "\0asm\u{1}\0\0\0");
        let error = Guest::new("bank", "void").componentize(&root.0, &root.0);
        assert_eq!(
            error.unwrap_err().to_string(),
            "bank-void exports no `bank`: does it call `memloom_sdk::export_bank!`?"
        );
    }

    #[test]
    fn two_guests_of_one_name_are_refused() {
        let root = Folder::new("twins");
        root.write("banks/flat/Cargo.toml", "");
        root.write("policies/flat/Cargo.toml", "");
        assert_eq!(
            Guest::discover(&root.0).unwrap_err().to_string(),
            "guest-policies has banks/flat and policies/flat, \
             and both would become flat.wasm: rename one"
        );
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let guests = [Guest::new("bank", "flat"), Guest::new("policy", "selector")];
        assert_eq!(choose(&guests, &[]).unwrap().len(), 2);
        assert_eq!(choose(&guests, &["selector".into()]).unwrap(), [&guests[1]]);
        assert_eq!(
            choose(&guests, &["flat-bank".into()])
                .unwrap_err()
                .to_string(),
            "there is no guest `flat-bank`; there are flat, selector"
        );
    }

    #[test]
    fn any_change_of_the_sources_changes_the_fingerprint() {
        let root = Folder::new("fingerprint");
        root.write("guest-policies/banks/flat/src/lib.rs", "one");
        root.write("wit/bank.wit", "interface");
        root.write("Cargo.lock", "");
        let mut seen = vec![root.fingerprint()];
        assert_eq!(root.fingerprint(), seen[0]);
        for (path, text) in [
            ("guest-policies/banks/flat/src/lib.rs", "two"),
            ("guest-policies/banks/flat/src/new.rs", ""),
            ("guest-policies/.cargo/config.toml", "[build]"),
            ("wit/bank.wit", "interface bank"),
            ("Cargo.lock", "wit-component"),
        ] {
            root.write(path, text);
            let changed = root.fingerprint();
            assert!(!seen.contains(&changed), "{path}");
            seen.push(changed);
        }
        let other = fingerprint(&Workspace::at(&root.0), "rustc 1.96").unwrap();
        assert!(!seen.contains(&other));
    }

    #[test]
    fn a_file_that_is_replaced_leaves_nothing_beside_it() {
        let root = Folder::new("replace");
        let path = root.0.join("flat.wasm");
        replace(&path, b"old").unwrap();
        replace(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(sorted(&root.0).unwrap(), [path]);
    }
}
