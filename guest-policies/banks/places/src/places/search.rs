//! The search of a history in chunks.

use memloom_records::Record;
use memloom_sdk::bank::Query;
use memloom_sdk::types::Error;
use memloom_search::best;

use super::Places;
use crate::chunks;
use crate::spot::Spot;

impl Places {
    /// Searches the wanted entries in two levels. Chunks are scored with all their entries.
    pub(super) fn in_chunks(
        &self,
        query: &Query,
        wanted: impl Fn(&Record<Spot>) -> bool,
    ) -> Result<Vec<(&Record<Spot>, f32)>, Error> {
        let all = Query {
            limit: u32::MAX,
            // Anything that is no number stays so, and is refused.
            threshold: query.threshold - f32::INFINITY,
            ..query.clone()
        };
        let found = self.records.search(&all, wanted)?;
        let records = self.records.all();
        let chunks = match &query.vector {
            Some(vector) => chunks::likenesses(vector, records, &self.options),
            None => {
                let index = || chunks::index(records, &self.options);
                let index = self.chunks.get_or_init(index);
                index.scores(&query.text).into_iter().collect()
            }
        };
        let scored = found.iter().filter_map(|&(record, score)| {
            let likeness = match &query.vector {
                Some(vector) => chunks::likeness(vector, record)?,
                None => score,
            };
            let chunk = chunks::number(record, &self.options);
            Some((record.number, chunk, likeness))
        });
        let scored: Vec<_> = scored.collect();
        let shares = chunks::probabilities(&chunks, &scored, self.options.top());
        let above = shares.into_iter().filter(|hit| hit.1 > query.threshold);
        let hits = best(above, query.limit as usize).into_iter();
        let with_record = |(number, share)| {
            let place = records.binary_search_by_key(&number, |record| record.number);
            place.ok().map(|place| (&records[place], share))
        };
        Ok(hits.filter_map(with_record).collect())
    }
}
