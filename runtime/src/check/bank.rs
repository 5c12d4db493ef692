//! Checks of memory banks.

use std::collections::BTreeSet;

use memloom_text::words::word_count;

use super::generators::{NO_OBJECTS, RandomStream, SCRIPTS, excerpt, huge};
use super::report::{Costs, Fault, Suite, lenient, outcome_text, refused, survived};
use super::state::{self, Subject};
use crate::bank::{Bank, BankComponent};
use crate::error::Error;
use crate::types::{Entry, Error as Refusal, Insertion, Moment, Operation, Query, Schema};

/// Runs all checks of a bank.
pub(crate) fn run(suite: &mut Suite, loaded: Result<BankComponent, Error>) {
    let Some(component) = suite.contract(loaded) else {
        return;
    };
    let new = || component.instantiate().map_err(Fault::from);
    let mut costs = Costs::default();
    suite.require(
        "limits",
        "a thousand entries under the default limits",
        || limits(&mut new()?, &mut costs),
    );
    suite.costs(costs);
    let schema = suite.require(
        "schema",
        "name, operations, arguments as JSON schema",
        || schema(&new()?.schema()?),
    );
    let seed = suite.seed();
    suite.check(
        "operations",
        "each has its effect; a bad one fails alone",
        || operations(&mut new()?, &mut RandomStream::new(seed, "operations")),
    );
    suite.check(
        "retrieval",
        "best first, within limit, speaker and threshold",
        || retrieval(&mut new()?, &mut RandomStream::new(seed, "retrieval")),
    );
    suite.check("unicode", "every script is kept unchanged", || {
        unicode(&mut new()?)
    });
    let names = schema.unwrap_or_default();
    suite.check(
        "bad-arguments",
        "invalid ones are refused and do not trap",
        || {
            bad_options(&component)?;
            bad_arguments(&mut new()?, &names)
        },
    );
    state::run(suite, || {
        let subject = BankSubject {
            component: component.clone(),
            bank: new()?,
        };
        let random = RandomStream::new(seed, "bank");
        Ok((
            subject,
            BankDriver {
                random,
                ids: Vec::new(),
                session: 1,
                custom: names.clone(),
            },
        ))
    });
}

fn bad_options(component: &BankComponent) -> Result<(), Fault> {
    for options in NO_OBJECTS.into_iter().filter(|options| !options.is_empty()) {
        let bank = component.clone().with_options(options).instantiate();
        refused(format!("configure({options:?})"), bank)?;
    }
    Ok(())
}

fn at(session: u32) -> Moment {
    Moment {
        session,
        time: format!("day {session}"),
    }
}

/// Returns a query for ten entries.
fn best(text: &str) -> Query {
    Query::new(text, 10)
}

/// Returns whether two texts are equal up to white space, which a bank may collapse.
fn alike(one: &str, other: &str) -> bool {
    one.split_whitespace().eq(other.split_whitespace())
}

fn limits(bank: &mut Bank, costs: &mut Costs) -> Result<(), Fault> {
    let mut random = RandomStream::new(0, "limits");
    let mut ids = Vec::new();
    for session in 1..=20 {
        let batch: Vec<Operation> = (0..50)
            .map(|turn| {
                let text = format!("{} number {session} {turn}", random.sentence(8));
                Operation::insert(text, random.speaker(), vec![format!("D{session}:{turn}")])
            })
            .collect();
        let result = bank.apply(&at(session), &batch);
        let results = costs.note("apply", bank.instance.used(), result)?;
        ids.extend(results.into_iter().flatten().flatten());
        let result = bank.end_session(&at(session));
        costs.note("end-session", bank.instance.used(), result)?;
        let result = bank.retrieve(&best(&random.sentence(4)));
        costs.note("retrieve", bank.instance.used(), result)?;
    }
    let result = bank.schema();
    costs.note("get-schema", bank.instance.used(), result)?;
    let result = bank.entries();
    costs.note("entries", bank.instance.used(), result)?;
    let result = bank.render(&ids);
    costs.note("render", bank.instance.used(), result)?;
    let result = bank.stats();
    costs.note("get-stats", bank.instance.used(), result)?;
    let result = bank.snapshot();
    let state = costs
        .note("snapshot", bank.instance.used(), result)?
        .unwrap_or_default();
    let result = bank.restore(&state);
    costs
        .note("restore", bank.instance.used(), result)
        .map(drop)
}

/// Checks the schema. Returns the names of the bank's custom operations.
fn schema(schema: &Schema) -> Result<Vec<String>, Fault> {
    let fault = |what: String, advice: &str| Err(Fault::new("get-schema", what, advice));
    if schema.name.trim().is_empty() {
        return fault("the name is empty".into(), "give the bank a name");
    }
    let mut names = BTreeSet::new();
    for operation in &schema.operations {
        if operation.name.trim().is_empty() || !names.insert(&*operation.name) {
            let what = format!(
                "an operation's name, {:?}, is empty or not unique",
                operation.name
            );
            return fault(what, "give each operation a unique name");
        }
        let arguments = serde_json::from_str::<serde_json::Value>(&operation.arguments);
        if !arguments.is_ok_and(|arguments| arguments.is_object()) {
            let what = format!("the arguments of {} are no JSON object", operation.name);
            return fault(what, "describe them by a JSON schema");
        }
    }
    let usual = ["insert", "update", "delete"];
    if !usual.iter().any(|name| names.contains(name)) {
        let what = "it lists none of insert, update and delete".to_owned();
        return fault(what, "list the operations that `apply` accepts");
    }
    let custom = names.into_iter().filter(|name| !usual.contains(name));
    Ok(custom.map(str::to_owned).collect())
}

fn find<'a>(entries: &'a [Entry], id: &str, after: &str) -> Result<&'a Entry, Fault> {
    entries.iter().find(|entry| entry.id == id).ok_or_else(|| {
        let what = format!("no entry has the id {id:?} that `apply` returned");
        Fault::new(
            format!("entries after {after}"),
            what,
            "return the id of the written entry",
        )
    })
}

/// Inserts, updates and deletes entries, and checks the entries after each.
fn operations(bank: &mut Bank, random: &mut RandomStream) -> Result<(), Fault> {
    let mut ids: Vec<String> = Vec::new();
    let fault = |at: &str, what: String, advice: &str| Err(Fault::new(at, what, advice));
    for session in 1..=12 {
        let text = format!("{} {session}", random.sentence(6));
        let (speaker, turn) = (random.speaker(), format!("D{session}:1"));
        if let Ok(id) = &bank.apply(
            &at(session),
            &[Operation::insert(&text, speaker, vec![turn.clone()])],
        )?[0]
        {
            let entries = bank.entries()?;
            let entry = find(&entries, id, "an insert")?;
            let written = alike(&entry.text, &text)
                && alike(&entry.speaker, speaker)
                && entry.evidence.contains(&turn)
                && (entry.first_session, entry.last_session) == (session, session)
                && entry.time == at(session).time;
            if !written {
                let what =
                    format!("insert of {text:?} by {speaker} in session {session} left {entry:?}");
                return fault(
                    "entries after an insert",
                    what,
                    "keep text, speaker, evidence, sessions and time",
                );
            }
            if entries.last().is_none_or(|last| last.id != *id) {
                let what = format!("the new entry {id:?} is not the last");
                return fault("entries", what, "list entries in order of insertion");
            }
            ids.push(id.clone());
        }
        if session % 3 == 0 && !ids.is_empty() {
            let id = ids[random.below(ids.len())].clone();
            ids.extend(batch(bank, random, session, &id)?);
        }
        if session % 4 == 0 && ids.len() > 1 {
            let id = ids.remove(random.below(ids.len()));
            let results = bank.apply(&at(session), &[Operation::Delete(id.clone())])?;
            if results[0].is_ok() && bank.entries()?.iter().any(|entry| entry.id == id) {
                let what = format!("the entry {id:?} is still there");
                return fault("entries after a delete", what, "remove the entry");
            }
        }
    }
    consistent(bank)
}

/// Applies a valid operation on each side of one that must fail. Returns the id of the inserted entry;
/// none if the bank is full.
fn batch(
    bank: &mut Bank,
    random: &mut RandomStream,
    session: u32,
    id: &str,
) -> Result<Option<String>, Fault> {
    let fault = |at: &str, what: String, advice: &str| Err(Fault::new(at, what, advice));
    let (text, turn) = (
        format!("{} anew {session}", random.sentence(5)),
        format!("D{session}:2"),
    );
    let last = Operation::insert(
        format!("last of session {session}"),
        "Ben",
        vec![turn.clone()],
    );
    let before = find(&bank.entries()?, id, "an insert")?.clone();
    let results = bank.apply(
        &at(session),
        &[
            Operation::update(id, &text, vec![turn.clone()]),
            Operation::update("no such entry", "text", vec![turn.clone()]),
            last.clone(),
        ],
    )?;
    if results[1].is_ok() {
        let at = "apply(update of \"no such entry\")";
        return fault(at, "was accepted".into(), "refuse it as unknown");
    }
    let entries = bank.entries()?;
    if results[0].is_ok() {
        let entry = find(&entries, id, "an update")?;
        let supported = before.evidence.iter().chain([&turn]);
        let rewritten = alike(&entry.text, &text)
            && supported
                .into_iter()
                .all(|turn| entry.evidence.contains(turn))
            && (entry.first_session, entry.last_session) == (before.first_session, session)
            && entry.time == at(session).time;
        if !rewritten {
            let what =
                format!("update of {before:?} to {text:?} in session {session} left {entry:?}");
            let advice = "rewrite text, last session and time, and add to the evidence";
            return fault("entries after an update", what, advice);
        }
    }
    match &results[2] {
        Ok(id) => Ok(Some(find(&entries, id, "an insert")?.id.clone())),
        // A bank that is full, such as one of a single page, refuses it alone as well.
        Err(_) if bank.apply(&at(session), &[last])?[0].is_err() => Ok(None),
        Err(refusal) => {
            let what = format!("an insert after a bad operation was refused: {refusal:?}");
            fault("apply", what, "let a bad operation fail alone")
        }
    }
}

/// Checks that entries, sizes and rendered lines agree.
fn consistent(bank: &mut Bank) -> Result<(), Fault> {
    let entries = bank.entries()?;
    let ids: BTreeSet<&str> = entries.iter().map(|entry| &*entry.id).collect();
    if ids.len() < entries.len() {
        return Err(Fault::new(
            "entries",
            "two entries have the same id",
            "give each entry a unique id",
        ));
    }
    let stats = bank.stats()?;
    let counted = |count: fn(&str) -> u64| entries.iter().map(|e| count(&e.text)).sum::<u64>();
    // A bank may know where words end that nothing parts, or not.
    let words = counted(runs);
    let fits = [words, counted(|text| word_count(text) as u64)].contains(&stats.words);
    if stats.entries as usize != entries.len() || !fits {
        let what = format!(
            "{} entries and {} words instead of {} and {words}",
            stats.entries,
            stats.words,
            entries.len()
        );
        return Err(Fault::new(
            "get-stats",
            what,
            "count entries, and runs of letters, digits and _",
        ));
    }
    let ids: Vec<String> = entries.iter().map(|entry| entry.id.clone()).collect();
    let lines = bank.render(&ids)?.lines().count();
    if lines != entries.len() {
        let what = format!("{lines} lines for {} entries", entries.len());
        return Err(Fault::new("render", what, "write each entry as one line"));
    }
    Ok(())
}

/// Runs of letters, digits and `_`.
fn runs(text: &str) -> u64 {
    let parts = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    parts.filter(|part| !part.is_empty()).count() as u64
}

fn retrieval(bank: &mut Bank, random: &mut RandomStream) -> Result<(), Fault> {
    for session in 1..=30 {
        let text = format!("{} {session}", random.sentence(6));
        lenient(bank.apply(
            &at(session),
            &[Operation::insert(
                text,
                random.speaker(),
                vec!["D1:1".into()],
            )],
        ))?;
    }
    let entries = bank.entries()?;
    let before = bank.snapshot()?;
    let fault = |at: &str, what: String, advice: &str| Err(Fault::new(at, what, advice));
    if let Some(entry) = entries.first()
        && bank.retrieve(&best(&entry.text))?.is_empty()
    {
        let what = format!("nothing for {:?}, the text of an entry", entry.text);
        return fault("retrieve", what, "find entries by their words");
    }
    for _ in 0..40 {
        let mut query = best(&random.sentence(3));
        query.limit = random.below(8) as u32;
        query.speaker = (random.below(2) == 0).then(|| random.speaker().to_owned());
        query.threshold = [0.0, 0.5, 2.0][random.below(3)];
        let at = format!(
            "retrieve({:?}, speaker {:?}, limit {}, threshold {})",
            query.text, query.speaker, query.limit, query.threshold
        );
        let hits = bank.retrieve(&query)?;
        let mut last = None;
        for hit in &hits {
            let Some(index) = entries.iter().position(|entry| *entry == hit.entry) else {
                let what = format!("found {:?}, which is not an entry", hit.entry);
                return fault(&at, what, "return entries as `entries` does");
            };
            if query
                .speaker
                .as_ref()
                .is_some_and(|speaker| !alike(speaker, &hit.entry.speaker))
            {
                let what = format!("found an entry of {:?}", hit.entry.speaker);
                return fault(&at, what, "return only entries of the requested speaker");
            }
            if !hit.score.is_finite() || hit.score <= query.threshold {
                let what = format!("found an entry with the score {}", hit.score);
                return fault(&at, what, "return finite scores above the threshold");
            }
            if last.is_some_and(|(score, before)| {
                hit.score > score || (hit.score == score && index < before)
            }) {
                let what = format!("the score {} follows {:?}", hit.score, last);
                return fault(&at, what, "sort by score, ties in order of insertion");
            }
            last = Some((hit.score, index));
        }
    }
    if bank.snapshot()? != before {
        return fault(
            "retrieve",
            "changed the state".into(),
            "only `apply` and `end-session` may change it",
        );
    }
    Ok(())
}

fn unicode(bank: &mut Bank) -> Result<(), Fault> {
    for (session, text) in (1..).zip(SCRIPTS) {
        let call = format!("apply(insert {})", excerpt(text));
        let result = survived(
            call.clone(),
            bank.apply(
                &at(session),
                &[Operation::insert(text, text, vec![text.to_owned()])],
            ),
        )?;
        // A bank may refuse a text, but not change it.
        let Some(Ok(id)) = result.and_then(|results| results.into_iter().next()) else {
            continue;
        };
        let entries = bank.entries()?;
        let entry = find(&entries, &id, "an insert")?;
        if !alike(&entry.text, text) || !alike(&entry.speaker, text) || entry.evidence != [text] {
            let what = format!("left {entry:?}");
            return Err(Fault::new(
                call,
                what,
                "keep texts unchanged, in any script",
            ));
        }
        survived(
            format!("retrieve({})", excerpt(text)),
            bank.retrieve(&best(text)),
        )?;
        bank.render(&[id])?;
    }
    Ok(())
}

fn bad_arguments(bank: &mut Bank, custom: &[String]) -> Result<(), Fault> {
    lenient(bank.apply(
        &at(1),
        &[Operation::insert(
            "Anna lives in Oslo",
            "Anna",
            vec!["D1:1".into()],
        )],
    ))?;
    let huge = huge();
    for id in ["", "no such entry", "m\0", SCRIPTS[1], &huge] {
        let id = id.to_owned();
        for (name, operation) in [
            (
                "update",
                Operation::update(&id, "text", vec!["D1:1".into()]),
            ),
            ("delete", Operation::Delete(id.clone())),
        ] {
            let call = format!("apply({name} of {})", excerpt(&id));
            let results = survived(call.clone(), bank.apply(&at(1), &[operation]))?;
            if results.is_some_and(|results| results[0].is_ok()) {
                return Err(Fault::new(call, "was accepted", "refuse it as unknown"));
            }
        }
        let call = format!("render({})", excerpt(&id));
        if !matches!(
            refused(call.clone(), bank.render(&[id]))?,
            Refusal::Unknown(_)
        ) {
            return Err(Fault::new(
                call,
                "was not refused as unknown",
                "refuse unknown ids as unknown",
            ));
        }
    }
    let invalid = NO_OBJECTS
        .iter()
        .flat_map(|arguments| custom.iter().map(move |name| (&**name, *arguments)));
    for (name, arguments) in invalid.chain([("no such operation", "{}"), ("", "")]) {
        let call = format!("apply(custom {name:?} with {arguments:?})");
        let results = survived(
            call.clone(),
            bank.apply(&at(1), &[Operation::custom(name, arguments)]),
        )?;
        if results.is_some_and(|results| results[0].is_ok()) {
            return Err(Fault::new(
                call,
                "was accepted",
                "refuse it as unsupported or invalid",
            ));
        }
    }
    let vectors = [
        None,
        Some(vec![]),
        Some(vec![f32::NAN; 3]),
        Some(vec![f32::INFINITY]),
        Some(vec![0.0; 4]),
    ];
    for (session, text) in [(0, ""), (u32::MAX, " \n\t "), (2, &*huge)] {
        for vector in &vectors {
            let operation = Operation::Insert(Insertion {
                vector: vector.clone(),
                fields: vec![(text.into(), text.into()); 2],
                ..Insertion::new(text, text, vec![text.into(); 2])
            });
            let call = format!("apply(insert {} with the vector {vector:?})", excerpt(text));
            survived(call, bank.apply(&at(session), &[operation]))?;
            for threshold in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                let query = Query {
                    vector: vector.clone(),
                    speaker: Some(text.into()),
                    threshold,
                    options: text.into(),
                    ..Query::new(text, u32::MAX)
                };
                let call = format!("retrieve({}, threshold {threshold})", excerpt(text));
                survived(call, bank.retrieve(&query))?;
            }
        }
    }
    survived("apply of nothing".into(), bank.apply(&at(3), &[]))?;
    survived("render of nothing".into(), bank.render(&[]))?;
    survived("end-session(session 0)".into(), bank.end_session(&at(0)))?;
    Ok(())
}

struct BankSubject {
    component: BankComponent,
    bank: Bank,
}

#[derive(Clone)]
struct BankDriver {
    random: RandomStream,
    ids: Vec<String>,
    session: u32,
    custom: Vec<String>,
}

impl BankDriver {
    fn id(&mut self) -> String {
        match self.ids.len() {
            0 => "m1".into(),
            count => self.ids[self.random.below(count)].clone(),
        }
    }

    fn operation(&mut self) -> Operation {
        let text = match self.random.below(6) {
            0 => self.random.script().to_owned(),
            words => self.random.sentence(2 + 2 * words),
        };
        let turn = format!("D{}:{}", self.session, self.random.below(12));
        match self.random.below(8) {
            0..4 => Operation::insert(text, self.random.speaker(), vec![turn]),
            4 | 5 => Operation::update(self.id(), text, vec![turn]),
            6 if !self.custom.is_empty() => {
                let name: &String = self.random.pick(&self.custom);
                Operation::custom(name, "{}")
            }
            _ => Operation::Delete(self.id()),
        }
    }
}

impl Subject for BankSubject {
    type Driver = BankDriver;

    fn call(&mut self, driver: &mut BankDriver) -> Result<String, Error> {
        let bank = &mut self.bank;
        match driver.random.below(10) {
            0..5 => {
                let count = 1 + driver.random.below(3);
                let batch: Vec<Operation> = (0..count).map(|_| driver.operation()).collect();
                let results = bank.apply(&at(driver.session), &batch);
                driver
                    .ids
                    .extend(results.iter().flatten().flatten().cloned());
                outcome_text(results)
            }
            5 => {
                let text = driver.random.sentence(3);
                outcome_text(bank.retrieve(&best(&text)))
            }
            6 => {
                let ids = [driver.id()];
                outcome_text(bank.render(&ids))
            }
            7 => outcome_text(bank.entries()),
            8 => outcome_text(bank.stats()),
            _ => {
                driver.session += 1;
                outcome_text(bank.end_session(&at(driver.session - 1)))
            }
        }
    }

    fn snapshot(&mut self) -> Result<Vec<u8>, Error> {
        self.bank.snapshot()
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), Error> {
        self.bank.restore(state)
    }

    fn fresh(&mut self) -> Result<Self, Error> {
        let component = self.component.clone();
        Ok(Self {
            bank: component.instantiate()?,
            component,
        })
    }

    fn fork(&mut self) -> Result<Self, Error> {
        let component = self.component.clone();
        Ok(Self {
            bank: self.bank.fork()?,
            component,
        })
    }
}
