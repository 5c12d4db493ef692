//! Finds a way to build for wasm32-unknown-unknown, and fetches what is missing.
//!
//! What is already on the machine comes before what must be fetched: the active
//! toolchain's own std, else Debian's compiler with the std that it can build
//! from source, else `rustup target add`, else Debian's packages by apt-get.

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::debian;
use crate::workspace::{self, output};

/// The triple that guests are built for.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Names the way to use, for machines where the automatic choice is wrong.
const CHOICE: &str = "MEMLOOM_WASM_STD";

/// Text on the choice in `cargo xtask setup --help`.
pub const HELP: &str = "\
Environment:
  MEMLOOM_WASM_STD  toolchain: the active toolchain's own std
                    rustup:    `rustup target add wasm32-unknown-unknown`
                    debian:    Debian's rustc-web, cargo-web and rust-web-src
                    By default: the first that works of toolchain, debian if
                    installed, rustup, debian by apt-get.";

/// Without a network rustup tries for minutes.
const RUSTUP_LIMIT: Duration = Duration::from_secs(120);

/// A way to build guests that works on this machine.
pub struct GuestBuild {
    std: Std,
    /// `rustc -vV` of the compiler that is used.
    version: String,
}

enum Std {
    /// The active toolchain has it.
    Toolchain,
    /// Debian's compiler builds it from source, linking with this program.
    Debian { linker: PathBuf },
}

impl GuestBuild {
    /// Returns the part of the toolchain that a component depends on beside its sources.
    pub fn fingerprint(&self) -> &str {
        &self.version
    }

    /// `cargo build` of a workspace for Wasm, in release, into the folder `target`.
    pub fn cargo(&self, folder: &Path, target: &Path) -> Command {
        let mut cargo = match &self.std {
            Std::Toolchain => workspace::cargo(),
            Std::Debian { .. } => debian::command(debian::CARGO),
        };
        cargo
            .current_dir(folder)
            .env("CARGO_TARGET_DIR", target)
            // Either would replace the flags in guest-policies/.cargo/config.toml.
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .args(["build", "--release", "--target", TARGET]);
        if let Some(home) = cargo_home() {
            // Panic messages name source files: a component must not depend on whose they are.
            let remap = format!("--remap-path-prefix={}=cargo", home.display());
            let flags = format!("target.{TARGET}.rustflags=[{remap:?}]");
            cargo.args(["--config", &flags]);
        }
        if let Std::Debian { linker } = &self.std {
            cargo
                .env("RUSTC", debian::RUSTC)
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
                .arg("-Zbuild-std=std,panic_abort");
        }
        cargo
    }
}

/// Returns the folder of cargo's sources of dependencies.
fn cargo_home() -> Option<PathBuf> {
    let set = env::var_os("CARGO_HOME").map(PathBuf::from);
    set.or_else(|| env::home_dir().map(|home| home.join(".cargo")))
}

/// Tries the ways that the machine allows, in order, until one works.
pub fn run() -> Result<GuestBuild> {
    let forced = forced(env::var(CHOICE).ok().as_deref())?;
    let plan = plan(forced, &Facts::gather()?);
    for step in plan {
        match step.take() {
            Ok(build) => {
                eprintln!("std for {TARGET}: {}", step.describe());
                return Ok(build);
            }
            Err(error) => eprintln!("std for {TARGET}: not {}: {error:#}", step.describe()),
        }
    }
    let packages = debian::PACKAGES.join(" ");
    bail!(
        "found no way to build for {TARGET}{}. Either run `rustup target add {TARGET}`, \
         or, on Debian, as root `apt-get install {packages}`; then try again",
        match forced {
            Some(way) => format!(" by the way that {CHOICE} names, `{}`", way.name()),
            None => String::new(),
        }
    )
}

/// A source of std, as [`CHOICE`] names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Toolchain,
    Rustup,
    Debian,
}

impl Way {
    const ALL: [Self; 3] = [Self::Toolchain, Self::Rustup, Self::Debian];

    fn name(self) -> &'static str {
        match self {
            Self::Toolchain => "toolchain",
            Self::Rustup => "rustup",
            Self::Debian => "debian",
        }
    }
}

/// The way that the environment asks for.
fn forced(choice: Option<&str>) -> Result<Option<Way>> {
    let Some(choice) = choice.filter(|choice| !choice.is_empty()) else {
        return Ok(None);
    };
    match Way::ALL.into_iter().find(|way| way.name() == choice) {
        Some(way) => Ok(Some(way)),
        None => bail!("{CHOICE} is `{choice}`: set it to toolchain, rustup or debian, or unset it"),
    }
}

/// Facts about the machine that decide the choice.
#[derive(Default)]
struct Facts {
    /// The active toolchain has std for the target.
    toolchain: bool,
    /// There is a rustup to ask.
    rustup: bool,
    /// Debian's compiler and its std's source are there and new enough.
    debian: bool,
    /// We may install Debian's packages.
    apt: bool,
}

impl Facts {
    fn gather() -> Result<Self> {
        Ok(Self {
            toolchain: toolchain_has_std()?,
            rustup: output(Command::new("rustup").arg("--version")).is_ok(),
            debian: debian::is_usable(),
            apt: output(Command::new("apt-get").arg("--version")).is_ok()
                && output(Command::new("id").arg("-u")).is_ok_and(|user| user == "0"),
        })
    }
}

/// One thing to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    UseToolchain,
    UseDebian,
    AddTarget,
    InstallDebian,
}

/// Returns the ways to try in order: local ones before downloads.
fn plan(forced: Option<Way>, facts: &Facts) -> Vec<Step> {
    [
        (Step::UseToolchain, Way::Toolchain, facts.toolchain),
        (Step::UseDebian, Way::Debian, facts.debian),
        (Step::AddTarget, Way::Rustup, facts.rustup),
        (Step::InstallDebian, Way::Debian, facts.apt && !facts.debian),
    ]
    .into_iter()
    .filter(|&(_, way, possible)| possible && forced.is_none_or(|forced| forced == way))
    .map(|(step, ..)| step)
    .collect()
}

impl Step {
    fn describe(self) -> &'static str {
        match self {
            Self::UseToolchain => "the active toolchain's own",
            Self::UseDebian => "built from source by Debian's compiler",
            Self::AddTarget => "added to the active toolchain by rustup",
            Self::InstallDebian => "built from source by Debian's compiler, installed by apt-get",
        }
    }

    fn take(self) -> Result<GuestBuild> {
        match self {
            Self::UseToolchain => {}
            Self::UseDebian => return use_debian(),
            Self::AddTarget => add_target()?,
            Self::InstallDebian => {
                debian::install(&debian::PACKAGES)?;
                return use_debian();
            }
        }
        Ok(GuestBuild {
            std: Std::Toolchain,
            version: output(Command::new("rustc").arg("-vV"))?,
        })
    }
}

fn toolchain_has_std() -> Result<bool> {
    let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]))
        .context("the active toolchain has no working rustc")?;
    Ok(Path::new(&sysroot)
        .join("lib/rustlib")
        .join(TARGET)
        .join("lib")
        .is_dir())
}

fn add_target() -> Result<()> {
    eprintln!(
        "asking rustup for {TARGET}, for at most {} s",
        RUSTUP_LIMIT.as_secs()
    );
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add", TARGET]).stdout(io::stderr());
    match status_within(&mut rustup, RUSTUP_LIMIT).context("cannot run rustup")? {
        None => bail!("rustup took longer than that"),
        Some(status) if !status.success() => bail!("rustup failed ({status})"),
        Some(_) if !toolchain_has_std()? => {
            bail!("rustup added it to a toolchain that `rustc` does not belong to")
        }
        Some(_) => Ok(()),
    }
}

/// The status of a command that ends within `limit`; one that does not is killed.
fn status_within(command: &mut Command, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let mut child = command.stdin(Stdio::null()).spawn()?;
    let end = Instant::now() + limit;
    while Instant::now() < end {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        sleep(Duration::from_millis(50));
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}

fn use_debian() -> Result<GuestBuild> {
    let version = output(debian::command(debian::RUSTC).arg("-vV"))?;
    Ok(GuestBuild {
        std: Std::Debian {
            linker: debian::linker()?,
        },
        version,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const EVERYTHING: Facts = Facts {
        toolchain: true,
        rustup: true,
        debian: true,
        apt: true,
    };

    #[test]
    fn what_is_here_comes_before_what_must_be_fetched() {
        assert_eq!(
            plan(None, &EVERYTHING),
            [Step::UseToolchain, Step::UseDebian, Step::AddTarget]
        );
    }

    #[test]
    fn a_fresh_machine_asks_rustup_and_then_debian() {
        let fresh = Facts {
            toolchain: false,
            debian: false,
            ..EVERYTHING
        };
        assert_eq!(plan(None, &fresh), [Step::AddTarget, Step::InstallDebian]);
    }

    #[test]
    fn a_machine_with_nothing_has_no_way() {
        assert_eq!(plan(None, &Facts::default()), []);
    }

    #[test]
    fn a_forced_way_is_the_only_one_that_is_tried() {
        for (way, steps) in [
            (Way::Toolchain, [Step::UseToolchain]),
            (Way::Rustup, [Step::AddTarget]),
            (Way::Debian, [Step::UseDebian]),
        ] {
            assert_eq!(plan(Some(way), &EVERYTHING), steps);
        }
    }

    #[test]
    fn a_forced_way_that_is_impossible_leaves_nothing_to_try() {
        let without = Facts {
            toolchain: false,
            ..EVERYTHING
        };
        assert_eq!(plan(Some(Way::Toolchain), &without), []);
    }

    #[test]
    fn an_unknown_choice_is_refused_by_name() {
        assert_eq!(forced(None).unwrap(), None);
        assert_eq!(forced(Some("")).unwrap(), None);
        assert_eq!(forced(Some("debian")).unwrap(), Some(Way::Debian));
        assert_eq!(
            forced(Some("magic")).unwrap_err().to_string(),
            "MEMLOOM_WASM_STD is `magic`: set it to toolchain, rustup or debian, or unset it"
        );
    }

    #[test]
    fn a_command_that_takes_too_long_is_killed() {
        let start = Instant::now();
        let limit = Duration::from_millis(100);
        let slow = status_within(Command::new("sleep").arg("30"), limit).unwrap();
        assert!(slow.is_none());
        assert!(start.elapsed() < Duration::from_secs(10));
        let quick = status_within(&mut Command::new("true"), Duration::from_secs(30)).unwrap();
        assert!(quick.unwrap().success());
    }
}
