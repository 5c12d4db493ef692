//! The documents of an episode, and the search among them.

use memloom_search::{Index, best};
use serde::{Deserialize, Serialize, Serializer};

/// A document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Document {
    /// The title; empty if it has none.
    pub title: String,
    /// The text.
    pub text: String,
}

impl Document {
    /// Returns what is searched.
    pub fn searched(&self) -> String {
        format!("{} {}", self.title, self.text)
    }
}

/// The documents of an episode. A snapshot holds them without the index.
#[derive(Deserialize)]
#[serde(from = "Vec<Document>")]
pub struct Corpus {
    documents: Vec<Document>,
    index: Index,
}

impl From<Vec<Document>> for Corpus {
    fn from(documents: Vec<Document>) -> Self {
        let mut index = Index::default();
        for (number, document) in (0..).zip(&documents) {
            index.add(number, &document.searched());
        }
        Self { documents, index }
    }
}

impl Serialize for Corpus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.documents.serialize(serializer)
    }
}

impl Corpus {
    /// Returns the document of a number, counted from 0.
    pub fn document(&self, number: u32) -> Option<&Document> {
        self.documents.get(number as usize)
    }

    /// Returns the numbers of the documents that fit a search best (BM25 over title and text), at
    /// most `top`, best first.
    pub fn search(&self, words: &str, top: u32) -> Vec<u32> {
        let found = best(self.index.scores(words).into_iter(), top as usize);
        found.into_iter().map(|(number, _)| number as u32).collect()
    }

    /// Returns a document as it is shown, with its number counted from 1, so that what was read can
    /// be told apart.
    pub fn shown(&self, number: u32) -> String {
        let Some(Document { title, text }) = self.document(number) else {
            return String::new();
        };
        let head = match title.as_str() {
            "" => String::new(),
            title => format!(" ({title})"),
        };
        format!("Doc {}{head}\n{text}", number + 1)
    }
}
