//! Reports about runs: one self-contained HTML page, and TensorBoard event files.

pub(crate) mod axis;
mod chart;
mod chart_catalogue;
mod comparison;
pub(crate) mod html;
mod jsonl;
mod page;
mod run_folder;
mod samples;
mod tensorboard;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use self::run_folder::Run;
use crate::run::atomic_fs::write_file;

/// Colours of the palette, chosen to be told apart by colour-blind readers too.
const MOST_RUNS: usize = 8;

/// Writes a page about runs and returns its path, by default `report.html` in the folder of
/// the only run. Rewrites the runs' event files too.
///
/// # Errors
/// Fails on a folder that is not a run's or is damaged, on several runs without `out`, and on
/// more than eight runs.
pub fn write(folders: &[PathBuf], out: Option<PathBuf>) -> Result<PathBuf> {
    let out = match (folders, out) {
        (_, Some(out)) => out,
        ([one], None) => one.join("report.html"),
        _ => anyhow::bail!("a report about several runs needs --out FILE"),
    };
    ensure!(
        folders.len() <= MOST_RUNS,
        "{} runs: a report shows at most {MOST_RUNS}, since it has no more distinct colours",
        folders.len()
    );
    let mut runs = folders
        .iter()
        .map(|folder| Run::read(folder))
        .collect::<Result<Vec<Run>>>()?;
    for run in &runs {
        tensorboard::write(&run.folder, &run.points)?;
    }
    name_apart(&mut runs);
    write_file(&out, page::html(&runs).as_bytes())?;
    Ok(out)
}

/// Writes a run's metrics as a TensorBoard event file.
///
/// # Errors
/// Fails if the run's JSON lines cannot be read or the event file cannot be written.
pub fn write_events(folder: &Path) -> Result<()> {
    let (points, _) = jsonl::read(folder)?;
    tensorboard::write(folder, &points).context("cannot write the TensorBoard event file")
}

/// Renames runs whose folders have the same name to their paths.
fn name_apart(runs: &mut [Run]) {
    let names: Vec<String> = runs.iter().map(|run| run.name.clone()).collect();
    for run in runs {
        if names.iter().filter(|name| **name == run.name).count() > 1 {
            run.name = run.folder.display().to_string();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_runs_need_a_place_for_their_report() {
        let error = write(&["a".into(), "b".into()], None).expect_err("refused");
        assert_eq!(
            error.to_string(),
            "a report about several runs needs --out FILE"
        );
        let many = vec![PathBuf::from("a"); 9];
        let error = write(&many, Some("x".into())).expect_err("refused");
        assert!(error.to_string().starts_with("9 runs: "), "{error}");
    }
}
