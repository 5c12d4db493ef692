//! All questions of the user's files, by split.

use std::collections::BTreeSet;

use memloom_sdk::environment::{self, DataFile, LoadReport};
use memloom_sdk::generated::Split;
use memloom_sdk::random::Random;
use memloom_sdk::types::Error;

use super::hotpot::{self, Paragraph};
use super::lines;
use crate::options::Options;
use crate::seed::{self, Place};
use crate::text::{Category, Problem, Text};

/// The questions and paragraphs of the user's files.
pub struct Library {
    /// The questions of each split, in the order of [`Split::ALL`].
    splits: [Vec<Entry>; 3],
    /// The paragraphs of all questions.
    paragraphs: Vec<Paragraph>,
}

/// A question.
struct Entry {
    problem: Problem,
    source: Source,
}

/// The text of a question.
enum Source {
    /// The whole text.
    Whole(String),
    /// Paragraphs of its own, among which others are mixed: the first and the number.
    Own(usize, usize),
}

impl Library {
    /// Reads files of both formats. Eight of ten questions are for training, one for validation
    /// and one for reports, as a hash of the question decides.
    ///
    /// # Errors
    /// `invalid`, naming the file and the place in it.
    pub fn read(files: &[DataFile]) -> Result<Self, Error> {
        let mut library = Self {
            splits: Default::default(),
            paragraphs: Vec::new(),
        };
        for file in files {
            match file.bytes.trim_ascii_start().first() {
                Some(b'[') => library.add_hotpot(file)?,
                Some(b'{') => library.add_lines(file)?,
                _ => {
                    return Err(Error::Invalid(format!(
                        "{}: neither HotpotQA's list of questions nor MemAgent's JSON lines",
                        file.name
                    )));
                }
            }
        }
        Ok(library)
    }

    fn add_hotpot(&mut self, file: &DataFile) -> Result<(), Error> {
        for (number, item) in (1..).zip(hotpot::read(file)?) {
            let source = Source::Own(self.paragraphs.len(), item.context.len());
            self.paragraphs.extend(item.context);
            let problem = Problem::new(&item.question, vec![item.answer], Category::File);
            self.add(file, number, problem, source)?;
        }
        Ok(())
    }

    fn add_lines(&mut self, file: &DataFile) -> Result<(), Error> {
        for (number, item) in (1..).zip(lines::read(file)?) {
            let problem = Problem::new(&item.input, item.answers, Category::File);
            self.add(file, number, problem, Source::Whole(item.context))?;
        }
        Ok(())
    }

    fn add(
        &mut self,
        file: &DataFile,
        number: usize,
        problem: Result<Problem, String>,
        source: Source,
    ) -> Result<(), Error> {
        let problem = problem
            .map_err(|why| Error::Invalid(format!("{}, question {number}: {why}", file.name)))?;
        let path: Vec<u64> = problem.question.bytes().map(u64::from).collect();
        let split = match Random::derived(0, &path).below(10) {
            0..8 => Split::Train,
            8 => Split::Validation,
            _ => Split::HeldOut,
        };
        self.splits[split as usize].push(Entry { problem, source });
        Ok(())
    }

    /// Returns the splits, with episodes of `tasks` questions each; the last may have fewer.
    #[must_use]
    pub fn report(&self, options: &Options) -> LoadReport {
        let splits = Split::ALL.into_iter().zip(&self.splits);
        let splits = splits.map(|(split, entries)| environment::Split {
            name: split.name().into(),
            episodes: Some(entries.len().div_ceil(options.tasks as usize) as u64),
        });
        LoadReport {
            splits: splits.collect(),
            warnings: Vec::new(),
        }
    }

    /// Returns the texts of an episode, cut to its first `horizon` sessions; 0 means all.
    ///
    /// # Errors
    /// `unknown` if there is no such episode, `invalid` if a text is empty or has more sections
    /// than are allowed.
    pub fn texts(&self, options: &Options, place: Place, horizon: u32) -> Result<Vec<Text>, Error> {
        let mut episodes = self.splits[place.split as usize].chunks(options.tasks as usize);
        let count = episodes.len();
        let index = usize::try_from(place.index).unwrap_or(usize::MAX);
        let entries = episodes.nth(index).ok_or_else(|| {
            let (split, index) = (place.split.name(), place.index);
            Error::Unknown(format!(
                "scroll's split `{split}` has {count} episodes and none of index {index}"
            ))
        })?;
        let most = match horizon {
            0 => entries.len(),
            _ => horizon as usize,
        };
        let texts = (1..).zip(entries).take(most).map(|(session, entry)| {
            let mut random = seed::text(options.seed, place, session);
            let text = match &entry.source {
                Source::Whole(text) => text.clone(),
                Source::Own(first, count) => self.mixed(*first, *count, options, &mut random),
            };
            Text::new(entry.problem.clone(), &text, options)
        });
        texts.collect()
    }

    /// Returns a question's paragraphs among those of others, in random order.
    fn mixed(&self, first: usize, own: usize, options: &Options, random: &mut Random) -> String {
        let own = first..first + own;
        let mut others: Vec<usize> = (0..self.paragraphs.len()).collect();
        others.retain(|place| !own.contains(place));
        random.shuffle(&mut others);
        let mut titles = BTreeSet::new();
        let mut chosen: Vec<&Paragraph> = self.paragraphs[own].iter().collect();
        titles.extend(chosen.iter().map(|paragraph| &paragraph.0));
        for paragraph in others.into_iter().map(|place| &self.paragraphs[place]) {
            if chosen.len() >= options.documents as usize {
                break;
            }
            if titles.insert(&paragraph.0) {
                chosen.push(paragraph);
            }
        }
        random.shuffle(&mut chosen);
        let documents = (1..)
            .zip(chosen)
            .map(|(number, Paragraph(title, sentences))| {
                format!("Document {number}: {title}\n{}", sentences.concat().trim())
            });
        documents.collect::<Vec<_>>().join("\n\n")
    }
}
