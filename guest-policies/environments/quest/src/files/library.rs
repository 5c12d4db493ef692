//! All questions and documents of the user's files.

use std::collections::{BTreeMap, BTreeSet};

use memloom_sdk::environment::{self, DataFile, LoadReport};
use memloom_sdk::generated::Split;
use memloom_sdk::random::Random;
use memloom_sdk::types::Error;
use memloom_search::{Index, best};

use super::lines::Line;
use super::{hotpot, lines};
use crate::corpus::Document;
use crate::episode::Open;
use crate::options::Options;
use crate::problem::Problem;
use crate::seed::{self, Place};

/// The most documents that are looked up for a question which has none of its own.
const LOOKED_UP: usize = 10;

/// The questions and documents of the user's files.
#[derive(Default)]
pub struct Library {
    /// The questions of each split, in the order of [`Split::ALL`].
    splits: [Vec<Entry>; 3],
    /// The documents, each once.
    documents: Vec<Document>,
    /// The words of all documents.
    index: Index,
}

/// A question, and the numbers of the documents that came with it.
struct Entry {
    problem: Problem,
    own: Vec<usize>,
}

/// The numbers of documents while files are read.
type Numbers = BTreeMap<Document, usize>;

impl Library {
    /// Reads files of both formats. Eight of ten questions are for training, one for validation
    /// and one for reports, as a hash of the question decides.
    ///
    /// # Errors
    /// `invalid`, naming the file and the place in it, or what is missing.
    pub fn read(files: &[DataFile]) -> Result<Self, Error> {
        let mut library = Self::default();
        let mut numbers = Numbers::new();
        for file in files {
            match file.bytes.trim_ascii_start().first() {
                Some(b'[') => library.add_hotpot(file, &mut numbers)?,
                Some(b'{') => library.add_lines(file, &mut numbers)?,
                _ => {
                    return Err(Error::Invalid(format!(
                        "{}: neither HotpotQA's list of questions nor JSON lines",
                        file.name
                    )));
                }
            }
        }
        let missing = |what: &str| Err(Error::Invalid(format!("quest: the files have no {what}")));
        if library.splits.iter().all(Vec::is_empty) {
            return missing("question: add a file of lines with `question` and `answers`");
        }
        if numbers.is_empty() {
            return missing("document: add a file of lines with `contents`");
        }
        let mut numbered: Vec<(Document, usize)> = numbers.into_iter().collect();
        numbered.sort_by_key(|(_, number)| *number);
        for (document, number) in numbered {
            library.index.add(number as u64, &document.searched());
            library.documents.push(document);
        }
        Ok(library)
    }

    fn add_hotpot(&mut self, file: &DataFile, numbers: &mut Numbers) -> Result<(), Error> {
        for (number, item) in (1..).zip(hotpot::read(file)?) {
            let documents = item.context.into_iter().map(|(title, sentences)| Document {
                title: title.trim().into(),
                text: sentences.concat().trim().into(),
            });
            let own = documents
                .map(|document| numbered(numbers, document))
                .collect();
            let problem = Problem::of_file(&item.question, vec![item.answer]);
            self.add(&format!("{}, question {number}", file.name), problem, own)?;
        }
        Ok(())
    }

    fn add_lines(&mut self, file: &DataFile, numbers: &mut Numbers) -> Result<(), Error> {
        for (number, line) in lines::read(file)? {
            match line {
                Line::Document(document) => drop(numbered(numbers, document)),
                Line::Question(question, answers) => {
                    let problem = Problem::of_file(&question, answers);
                    self.add(
                        &format!("{}, line {number}", file.name),
                        problem,
                        Vec::new(),
                    )?;
                }
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        at: &str,
        problem: Result<Problem, String>,
        own: Vec<usize>,
    ) -> Result<(), Error> {
        let problem = problem.map_err(|why| Error::Invalid(format!("{at}: {why}")))?;
        let path: Vec<u64> = problem.question.bytes().map(u64::from).collect();
        let split = match Random::derived(0, &path).below(10) {
            0..8 => Split::Train,
            8 => Split::Validation,
            _ => Split::HeldOut,
        };
        self.splits[split as usize].push(Entry { problem, own });
        Ok(())
    }

    /// Returns the splits, with episodes of `tasks` times `objectives` questions each; the last
    /// may have fewer.
    pub fn report(&self, options: &Options) -> LoadReport {
        let splits = Split::ALL.into_iter().zip(&self.splits);
        let splits = splits.map(|(split, entries)| environment::Split {
            name: split.name().into(),
            episodes: Some(entries.len().div_ceil(questions(options)) as u64),
        });
        LoadReport {
            splits: splits.collect(),
            warnings: Vec::new(),
        }
    }

    /// Returns an episode, cut to its first `horizon` sessions; 0 means all.
    ///
    /// # Errors
    /// `unknown` if there is no such episode.
    pub fn open(&self, options: &Options, place: Place, horizon: u32) -> Result<Open, Error> {
        let mut episodes = self.splits[place.split as usize].chunks(questions(options));
        let count = episodes.len();
        let index = usize::try_from(place.index).unwrap_or(usize::MAX);
        let entries = episodes.nth(index).ok_or_else(|| {
            let (split, index) = (place.split.name(), place.index);
            Error::Unknown(format!(
                "quest's split `{split}` has {count} episodes and none of index {index}"
            ))
        })?;
        let documents = self.documents(options, place, entries);
        let tasks = entries.chunks(options.objectives as usize);
        let tasks = tasks.map(|entries| entries.iter().map(|it| it.problem.clone()).collect());
        let most = if horizon == 0 {
            usize::MAX
        } else {
            horizon as usize
        };
        Ok(Open::new(place, documents, tasks.take(most).collect()))
    }

    /// Returns the documents of an episode in random order: those of its questions, and others as
    /// far as `documents` allows. All sessions count, whatever the horizon.
    fn documents(&self, options: &Options, place: Place, entries: &[Entry]) -> Vec<Document> {
        let mut random = seed::documents(options.seed, place);
        let mut others: Vec<usize> = (0..self.documents.len()).collect();
        random.shuffle(&mut others);
        let mut chosen: BTreeSet<usize> = BTreeSet::new();
        if options.documents as usize >= others.len() {
            chosen.extend(&others);
        } else {
            for entry in entries {
                match entry.own.is_empty() {
                    true => chosen.extend(self.looked_up(&entry.problem)),
                    false => chosen.extend(&entry.own),
                }
            }
        }
        let room = (options.documents as usize).saturating_sub(chosen.len());
        let further = others.iter().filter(|number| !chosen.contains(number));
        let further: Vec<usize> = further.take(room).copied().collect();
        chosen.extend(further);
        others.retain(|number| chosen.contains(number));
        let documents = others
            .into_iter()
            .map(|number| self.documents[number].clone());
        documents.collect()
    }

    /// Returns the numbers of the documents that have most words of a question and its answers.
    fn looked_up(&self, problem: &Problem) -> impl Iterator<Item = usize> {
        let words = format!("{} {}", problem.question, problem.answers.join(" "));
        let found = best(self.index.scores(&words).into_iter(), LOOKED_UP);
        found.into_iter().map(|(number, _)| number as usize)
    }
}

/// Returns the number of a document, the next one if it is new.
fn numbered(numbers: &mut Numbers, document: Document) -> usize {
    let next = numbers.len();
    *numbers.entry(document).or_insert(next)
}

/// Returns the number of questions of an episode.
fn questions(options: &Options) -> usize {
    options.tasks as usize * options.objectives as usize
}
