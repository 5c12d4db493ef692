//! The user's files and the places of their instances. Texts stay in the files: an instance is
//! read again when its episode is opened, so that a file costs no more memory than its size.

use std::collections::BTreeSet;

use memloom_sdk::environment::DataFile;
use memloom_sdk::generated::Split;
use memloom_sdk::items::{Item, items};
use memloom_sdk::types::Error;

use crate::episode::Episode;
use crate::faults::Faults;
use crate::history::History;
use crate::moment::Moment;
use crate::options::Options;
use crate::published::{Named, Published};

/// Files and episodes.
#[derive(Default)]
pub struct Library {
    files: Vec<DataFile>,
    options: Options,
    /// The instances of each episode, by split.
    splits: [Vec<Vec<Place>>; 3],
}

/// The place of an instance.
struct Place {
    file: usize,
    item: Item,
}

/// The times of an instance.
struct Times {
    id: String,
    asked: Option<Moment>,
    sessions: Vec<Option<Moment>>,
}

impl Library {
    /// Reads files and groups their instances to episodes. Returns the faults beside them.
    ///
    /// # Errors
    /// `invalid` if a file is not JSON, a history is incomplete, an id is there twice, or no
    /// instance can be used.
    pub fn new(files: Vec<DataFile>, options: Options) -> Result<(Self, Vec<String>), Error> {
        let mut faults = Faults::default();
        let mut seen = BTreeSet::new();
        let mut splits: [Vec<(Place, Times)>; 3] = Default::default();
        for (number, file) in files.iter().enumerate() {
            for item in items(file)? {
                let Some(history) = history(file, &item, &options, &mut faults)? else {
                    continue;
                };
                if !seen.insert(history.id.clone()) {
                    return Err(Error::Invalid(format!(
                        "longmemeval's files have {} twice: give each question once",
                        history.id
                    )));
                }
                let moments = history.sittings.iter().map(|sitting| sitting.moment);
                let times = Times {
                    asked: history.asked,
                    sessions: moments.collect(),
                    id: history.id,
                };
                let place = Place { file: number, item };
                splits[options.split.split_of(&times.id) as usize].push((place, times));
            }
        }
        if seen.is_empty() {
            let mut reasons = faults.lines().into_iter();
            let why = reasons.next().map(|line| format!(": {line}"));
            return Err(Error::Invalid(format!(
                "longmemeval has no instance of its data{}; name the published file, such as \
                 longmemeval_s.json",
                why.unwrap_or_default()
            )));
        }
        let splits = splits.map(|mut instances| {
            let mut episodes = Vec::new();
            while !instances.is_empty() {
                let rest = instances.split_off(instances.len().min(options.merge as usize));
                let (places, times): (Vec<Place>, Vec<Times>) = instances.into_iter().unzip();
                faults.early.extend(early(&times));
                episodes.push(places);
                instances = rest;
            }
            episodes
        });
        let library = Self {
            files,
            options,
            splits,
        };
        Ok((library, faults.lines()))
    }

    /// Returns the number of a split's episodes.
    #[must_use]
    pub fn episodes(&self, split: Split) -> usize {
        self.splits[split as usize].len()
    }

    /// Reads an episode.
    ///
    /// # Errors
    /// `unknown` if the split has none of this index.
    pub fn episode(&self, split: Split, index: u64) -> Result<Episode, Error> {
        let places = usize::try_from(index).ok();
        let places = places.and_then(|index| self.splits[split as usize].get(index));
        let places = places.ok_or_else(|| {
            let (name, count) = (split.name(), self.episodes(split));
            Error::Unknown(format!(
                "longmemeval's split `{name}` has {count} episodes and none of index {index}"
            ))
        })?;
        let mut histories = Vec::new();
        for Place { file, item } in places {
            let mut known = Faults::default();
            let file = &self.files[*file];
            histories.extend(history(file, item, &self.options, &mut known)?);
        }
        Ok(Episode::new(histories))
    }
}

/// Reads an instance. None if its question is not asked for, or if it cannot be used.
fn history<'a>(
    file: &'a DataFile,
    item: &Item,
    options: &Options,
    faults: &mut Faults,
) -> Result<Option<History<'a>>, Error> {
    let published: Published<'a> = match item.read(&file.bytes) {
        Ok(published) => published,
        Err(why) => {
            let named: Option<Named> = item.read(&file.bytes).ok();
            let id = named.and_then(|named| named.question_id);
            let id = id.unwrap_or_else(|| "an instance".into());
            faults
                .unreadable
                .push(format!("{id} ({}, {why})", file.name));
            return Ok(None);
        }
    };
    match published
        .question_id
        .clone()
        .filter(|id| !id.trim().is_empty())
    {
        Some(id) => History::new(id, published, options, faults),
        None => {
            let (name, line) = (&file.name, item.line);
            faults.unnamed.push(format!("{name}, line {line}"));
            Ok(None)
        }
    }
}

/// Returns the questions of an episode that are asked before some of its sessions, each with
/// their number.
fn early(episode: &[Times]) -> Vec<String> {
    let sessions = || episode.iter().flat_map(|times| &times.sessions).flatten();
    let questions = episode.iter().filter_map(|times| {
        let asked = times.asked?;
        let later = sessions().filter(|&&moment| moment > asked).count();
        (later > 0).then(|| format!("{} (by {later})", times.id))
    });
    questions.collect()
}
