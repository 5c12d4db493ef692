//! The searcher, which writes what a search would bring.

use memloom_sdk::host::Request;
use memloom_sdk::thoughts::spoken;
use memloom_sdk::types::Error;

use crate::means::Means;
use crate::prompts;

/// The searcher's role.
pub const SEARCHER: &str = "searcher";

/// Returns what the searcher writes; empty if it is nothing but thoughts. One who fails is no answer:
/// the error ends the session.
///
/// # Errors
/// If the model fails.
pub fn search(means: &mut Means<'_>, query: &str) -> Result<String, Error> {
    let request = Request::new(
        SEARCHER,
        prompts::search(query),
        means.options.information_tokens,
    );
    means.report.step();
    let output = means.host.generate(&request)?.text;
    Ok(means.fitted(spoken(&output).unwrap_or_default()))
}
