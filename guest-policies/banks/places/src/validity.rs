//! The check of a snapshot against the options.

use std::collections::BTreeMap;

use memloom_sdk::types::Error;

use crate::cache::Cache;
use crate::options::{Mode, Options};
use crate::spot::{Spots, held};

/// Checks that operations can leave these entries under these options.
///
/// # Errors
/// `invalid`, naming the limit that they are over, or the mode that they are not of.
pub fn check(records: &Spots, cache: &Cache, options: &Options) -> Result<(), Error> {
    let invalid = |why: String| Err(Error::Invalid(format!("places: the snapshot {why}")));
    let Options {
        mode,
        capacity,
        per_place,
        ..
    } = *options;
    let states = held(records);
    if states.len() > capacity {
        let held = states.len();
        return invalid(format!(
            "holds {held} entries, but `capacity` is {capacity}"
        ));
    }
    let all = records.all();
    let mut by_place: BTreeMap<&str, usize> = BTreeMap::new();
    for record in all.iter().filter(|record| record.data.may_go()) {
        *by_place.entry(&record.data.place).or_default() += 1;
    }
    let over = |most: usize| by_place.iter().find(|of| *of.1 > most);
    if let Some((place, held)) = per_place.and_then(over) {
        return invalid(format!(
            "holds {held} entries in {place:?}, more than `per_place`"
        ));
    }
    let fits = match mode {
        Mode::Cache => cache.fits(&states, capacity),
        Mode::Chunks => *cache == Cache::default(),
        Mode::Places => {
            *cache == Cache::default() && all.iter().all(|record| !record.data.place.is_empty())
        }
    };
    if !fits || all.iter().any(|record| record.text.is_empty()) {
        return invalid("has entries that the operations of this mode do not leave".into());
    }
    Ok(())
}
