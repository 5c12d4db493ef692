//! The user's files and the places of their rows. Texts stay in the files: a row is read again
//! when its episode is opened.

use std::collections::{BTreeMap, BTreeSet};

use memloom_sdk::environment::DataFile;
use memloom_sdk::generated::Split;
use memloom_sdk::items::{Item, items};
use memloom_sdk::types::{Error, Question};

use crate::chunking::chunks;
use crate::episode::{Asked, Episode, Line, turn_id};
use crate::evidence::{Passage, having};
use crate::films::Films;
use crate::options::Options;
use crate::row::{self, Content, Qa, Row, Text};
use crate::scorer::Scorer;
use crate::source::{DEFAULT_INSTRUCTION, Family, OTHER};
use crate::warnings::Faults;

/// Files and rows.
#[derive(Default)]
pub struct Library {
    files: Vec<DataFile>,
    options: Options,
    films: Films,
    /// The rows of each split.
    splits: [Vec<Place>; 3],
}

/// The place of a row.
struct Place {
    file: usize,
    item: Item,
    source: String,
    id: String,
}

const PARQUET: &[u8] = b"PAR1";

impl Library {
    /// Reads files. Returns the faults beside them.
    ///
    /// # Errors
    /// `invalid` if a file or row cannot be read, or the names of films are missing; `unknown` if
    /// an option names a source that no row has.
    pub fn new(files: Vec<DataFile>, options: Options) -> Result<(Self, Vec<String>), Error> {
        let mut faults = Faults::default();
        let mut films = BTreeMap::new();
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let mut splits: [Vec<Place>; 3] = Default::default();
        for (number, file) in files.iter().enumerate() {
            let name = &file.name;
            if file.bytes.starts_with(PARQUET) {
                return Err(Error::Invalid(format!(
                    "{name}: is a Parquet file; convert it to JSON Lines as the README of `chunks` \
                     says"
                )));
            }
            for item in items(file)? {
                let refused = |why: String| Error::Invalid(format!("{name}, {why}"));
                let published = match row::read(&item, &file.bytes).map_err(refused)? {
                    Content::Row(row) => row,
                    Content::Films(more) => {
                        films.extend(more);
                        continue;
                    }
                };
                let source = published.source();
                let count = counts.entry(source.clone()).or_default();
                let id = format!("{source}/{count}");
                *count += 1;
                if !options.reads(&source) {
                    continue;
                }
                let line = item.line;
                let row = published
                    .check()
                    .map_err(|why| refused(format!("line {line}: {id} {why}")))?;
                faults.note(name, &source, &id, &row);
                if row.text.is_blank() || row.qas.iter().all(unusable) {
                    faults.empty.push(id);
                    continue;
                }
                splits[split(&options, &source, &id) as usize].push(Place {
                    file: number,
                    item,
                    source,
                    id,
                });
            }
        }
        check_sources(&options, &counts)?;
        let mut rows = splits.iter().flatten();
        let needs_films = |place: &&Place| {
            Family::of(&place.source).is_some_and(|family| family.scorer == Scorer::Films)
        };
        if let (Some(place), true) = (rows.find(needs_films), films.is_empty()) {
            return Err(Error::Invalid(format!(
                "chunks needs entity2id.json, the names of films, for `{}`: name the file, or \
                 leave the source out of `sources`",
                place.source
            )));
        }
        if splits.iter().all(Vec::is_empty) {
            return Err(Error::Invalid(
                "chunks has no row of its data: name a JSON Lines file of MemoryAgentBench or \
                 Mem-alpha, or set `world` to \"conflicts\" or \"labels\""
                    .into(),
            ));
        }
        let library = Self {
            files,
            options,
            films: Films::new(films),
            splits,
        };
        Ok((library, faults.lines()))
    }

    /// Returns the number of a split's episodes.
    #[must_use]
    pub fn episodes(&self, split: Split) -> usize {
        self.splits[split as usize].len()
    }

    /// Reads an episode, cut to its first `horizon` sessions; 0 means all.
    ///
    /// # Errors
    /// `unknown` if the split has none of this index.
    pub fn episode(&self, split: Split, index: u64, horizon: u32) -> Result<Episode, Error> {
        let places = &self.splits[split as usize];
        let place = usize::try_from(index).ok();
        let place = place.and_then(|index| places.get(index)).ok_or_else(|| {
            let (name, count) = (split.name(), places.len());
            Error::Unknown(format!(
                "chunks's split `{name}` has {count} episodes and none of index {index}"
            ))
        })?;
        let refused = |why: String| Error::Invalid(format!("{}: {why}", place.id));
        let bytes = &self.files[place.file].bytes;
        let row = match row::read(&place.item, bytes).map_err(refused)? {
            Content::Row(row) => row.check().map_err(refused)?,
            Content::Films(_) => return Err(refused("is no row".into())),
        };
        Ok(self.build(place, row, horizon))
    }

    fn build(&self, place: &Place, row: Row, horizon: u32) -> Episode {
        let mut chunks = text(&row.text, &self.options);
        let last = match horizon {
            0 => chunks.len() as u32,
            _ => horizon.min(chunks.len() as u32),
        };
        let passages: Vec<Passage> = chunks.iter().map(|chunk| Passage::new(chunk)).collect();
        let family = Family::of(&place.source);
        let scorer = match family.map_or(Scorer::Contains, |family| family.scorer) {
            Scorer::Label if self.options.flexible => Scorer::FlexibleLabel,
            scorer => scorer,
        };
        let category = family.map_or_else(|| OTHER.into(), |family| family.category(&place.source));
        let instruction = family.map_or(DEFAULT_INSTRUCTION, |family| family.instruction);
        let most = self.options.questions.unwrap_or(u32::MAX) as usize;
        let mut asked = Vec::new();
        for (number, qa) in (1..).zip(row.qas).take(most) {
            let having = match scorer {
                Scorer::Films => having(&passages, &self.films.titles(&qa.candidates)),
                _ => having(&passages, &qa.candidates),
            };
            let Some((sessions, evidence)) = point(having, passages.len() as u32, last) else {
                continue;
            };
            if unusable(&qa) {
                continue;
            }
            asked.push(Asked {
                question: Question {
                    id: format!("q{number}"),
                    text: format!("{instruction}\n\n{}", qa.question),
                    category: category.clone(),
                    sessions,
                    evidence,
                },
                candidates: qa.candidates,
                scorer,
                points: row.points.clone(),
            });
        }
        chunks.truncate(last as usize);
        let sittings = chunks.into_iter().map(|chunk| vec![Line::new(chunk)]);
        Episode {
            id: place.id.clone(),
            sittings: sittings.collect(),
            asked,
            films: match scorer {
                Scorer::Films => self.films.clone(),
                _ => Films::default(),
            },
        }
    }
}

/// Returns the sessions that a question is about within a horizon, and its evidence, from the
/// sessions that have an answer. None if it cannot be asked yet.
fn point(having: Vec<u32>, all: u32, last: u32) -> Option<(Vec<u32>, Vec<String>)> {
    if having.is_empty() {
        return (last == all).then(|| ((1..=all).collect(), Vec::new()));
    }
    let within: Vec<u32> = having.into_iter().filter(|&one| one <= last).collect();
    let evidence = within.iter().map(|&one| turn_id(one, 1)).collect();
    (!within.is_empty()).then_some((within, evidence))
}

fn unusable(qa: &Qa) -> bool {
    qa.question.trim().is_empty() || qa.candidates.is_empty()
}

/// Returns the chunks of a row. None is blank.
fn text<'a>(text: &'a Text, options: &Options) -> Vec<&'a str> {
    match text {
        Text::Whole(text) => chunks(text, options.chunk_words()),
        Text::Chunks(chunks) => chunks.iter().map(String::as_str).collect(),
    }
}

fn split(options: &Options, source: &str, id: &str) -> Split {
    let named = |names: &[String]| names.iter().any(|name| name == source);
    match () {
        () if named(&options.train) => Split::Train,
        () if named(&options.validation) => Split::Validation,
        () => options.split.split_of(id),
    }
}

fn check_sources(options: &Options, counts: &BTreeMap<String, usize>) -> Result<(), Error> {
    let lists = [
        ("sources", options.sources.as_deref().unwrap_or_default()),
        ("train", options.train.as_slice()),
        ("validation", options.validation.as_slice()),
    ];
    for (option, names) in lists {
        if let Some(name) = names.iter().find(|name| !counts.contains_key(*name)) {
            let there: BTreeSet<&str> = counts.keys().map(String::as_str).collect();
            let there = there.into_iter().collect::<Vec<_>>().join(", ");
            return Err(Error::Unknown(format!(
                "chunks's `{option}` has `{name}`, but the files have {there}"
            )));
        }
    }
    Ok(())
}
