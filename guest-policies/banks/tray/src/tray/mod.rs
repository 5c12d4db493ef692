//! The bank: operations, retrieval, state.

use std::collections::BTreeSet;

use memloom_records::{Memory, Record, Records, no_fields};
use memloom_sdk::bank::{Hit, Query, Schema, Stats};
use memloom_sdk::state::Format;
use memloom_sdk::types::{CustomOperation, Entry, Error, Insertion, Moment, Operation, Revision};
use memloom_sdk::{Bank, State};

use crate::group::{Groups, Place};
use crate::operations::{Close, Fold, Open, arguments};
use crate::query::{Kind, QueryOptions};
use crate::schema::{FIELDS, schema};

/// The bank.
#[derive(Default)]
pub struct Tray {
    groups: Groups,
    records: Handles,
}

type Handles = Records<Place, 'h'>;

const FORMAT: Format = Format {
    component: "tray",
    version: 1,
};

impl Tray {
    /// Adds a record, also if there is an equal one: two calls can have one result.
    fn insert(&mut self, at: &Moment, insertion: Insertion) -> Result<String, Error> {
        no_fields("tray", &insertion.fields)?;
        let text = trimmed(&insertion.text, "insert")?;
        let place = Place {
            is_summary: false,
            group: self.groups.open(),
        };
        self.records.add(at, Insertion { text, ..insertion }, place)
    }

    fn update(&mut self, at: &Moment, revision: Revision) -> Result<String, Error> {
        self.records.get(&revision.id)?;
        no_fields("tray", &revision.fields)?;
        let text = trimmed(&revision.text, &format!("update of {}", revision.id))?;
        self.records.update(at, Revision { text, ..revision })
    }

    fn delete(&mut self, id: String) -> Result<String, Error> {
        self.records.delete(&id)?;
        Ok(id)
    }

    fn custom(&mut self, at: &Moment, custom: CustomOperation) -> Result<String, Error> {
        let CustomOperation {
            name,
            arguments: json,
            vector,
        } = custom;
        match &*name {
            "fold" => self.fold(at, arguments(&name, &json)?, vector),
            "open-group" => {
                let Open { title } = arguments(&name, &json)?;
                Ok(self.groups.begin(&title)?.to_string())
            }
            "close-group" => {
                let Close { summary } = arguments(&name, &json)?;
                let summary = trimmed(&summary, &name)?;
                self.records.check_vector(vector.as_deref())?;
                let group = self.groups.end()?;
                let of_group = |record: &&Record<Place>| record.data.group == group;
                let of_group = self.records.all().iter().filter(of_group);
                let evidence = of_group.flat_map(|record| record.evidence.clone());
                let evidence = evidence.collect();
                self.summary(at, summary, evidence, vector, group)
            }
            _ => Err(Error::Unsupported(format!(
                "the tray has no operation {name:?}"
            ))),
        }
    }

    /// Replaces records by a summary with the evidence of all. After an error nothing has changed.
    fn fold(
        &mut self,
        at: &Moment,
        Fold { ids, summary }: Fold,
        vector: Option<Vec<f32>>,
    ) -> Result<String, Error> {
        let summary = trimmed(&summary, "fold")?;
        self.records.check_vector(vector.as_deref())?;
        let ids: BTreeSet<String> = ids.into_iter().collect();
        let mut folded: Vec<&Record<Place>> = ids
            .iter()
            .map(|id| self.records.get(id))
            .collect::<Result<_, _>>()?;
        if folded.is_empty() {
            return Err(Error::Invalid("fold: `ids` is empty".into()));
        }
        folded.sort_by_key(|record| record.number);
        let evidence = folded.iter().flat_map(|record| record.evidence.clone());
        let evidence = evidence.collect();
        for id in &ids {
            self.records.delete(id)?;
        }
        self.summary(at, summary, evidence, vector, self.groups.open())
    }

    fn summary(
        &mut self,
        at: &Moment,
        text: String,
        evidence: Vec<String>,
        vector: Option<Vec<f32>>,
        group: u32,
    ) -> Result<String, Error> {
        let insertion = Insertion {
            vector,
            ..Insertion::new(text, "", evidence)
        };
        let place = Place {
            is_summary: true,
            group,
        };
        self.records.add(at, insertion, place)
    }

    fn entry(&self, record: &Record<Place>) -> Entry {
        let Place { is_summary, group } = record.data;
        let kind = if is_summary { "summary" } else { "record" };
        let title = self.groups.title(group);
        let number = match group {
            0 => String::new(),
            group => group.to_string(),
        };
        let values = [kind.into(), number, title.into()];
        let fields = FIELDS.map(String::from).into_iter().zip(values);
        record.entry(Handles::id(record), fields.collect())
    }
}

/// Returns a text without space around it. It may have several lines.
fn trimmed(text: &str, operation: &str) -> Result<String, Error> {
    match text.trim() {
        "" => Err(Error::Invalid(format!("{operation}: the text is empty"))),
        text => Ok(text.into()),
    }
}

impl Bank for Tray {
    fn schema(&self) -> Schema {
        schema()
    }

    fn apply(&mut self, at: Moment, operations: Vec<Operation>) -> Vec<Result<String, Error>> {
        let mut one = |operation| match operation {
            Operation::Insert(insertion) => self.insert(&at, insertion),
            Operation::Update(revision) => self.update(&at, revision),
            Operation::Delete(id) => self.delete(id),
            Operation::Custom(custom) => self.custom(&at, custom),
        };
        operations.into_iter().map(&mut one).collect()
    }

    /// Searches as [`Records::search`] does, in a group or among one kind if the options say so.
    fn retrieve(&self, query: &Query) -> Result<Vec<Hit>, Error> {
        let QueryOptions { group, kind } = QueryOptions::parse(&query.options)?;
        let wanted = |record: &Record<Place>| {
            group.is_none_or(|group| record.data.group == group)
                && kind.is_none_or(|kind| record.data.is_summary == (kind == Kind::Summary))
        };
        let found = self.records.search(query, wanted)?.into_iter();
        let hit = |(record, score)| Hit {
            entry: self.entry(record),
            score,
        };
        Ok(found.map(hit).collect())
    }

    fn entries(&self) -> Vec<Entry> {
        let records = self.records.all().iter();
        records.map(|record| self.entry(record)).collect()
    }

    fn render(&self, ids: &[String]) -> Result<String, Error> {
        self.records.lines(ids)
    }

    fn stats(&self) -> Stats {
        self.records.stats()
    }
}

impl State for Tray {
    fn snapshot(&self) -> Vec<u8> {
        FORMAT.save(&(&self.groups, self.records.memory()))
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let (groups, memory): (Groups, Memory<Place>) = FORMAT.load(bytes)?;
        let records: Handles = Records::restored("tray", memory)?;
        let mut all = records.all().iter();
        if !groups.is_valid() || all.any(|record| record.data.group > groups.count()) {
            return Err(Error::Invalid(
                "tray: the snapshot has groups that no operations leave".into(),
            ));
        }
        (self.groups, self.records) = (groups, records);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
