//! The records of a task in the bank, and the calls that change them.

use memloom_sdk::types::{Entry, Error, Moment, Operation};
use memloom_sdk::{Host, ReportCounter};

use crate::call::Call;
use crate::options::Options;

/// The bank's operation that folds records.
const FOLD: &str = "fold";

/// The effect of a call.
pub enum Effect {
    /// The task is over.
    Done,
    /// A record, or a summary in the place of some.
    Recorded,
    /// Nothing but the reason why not.
    Refused(String),
}

/// The means of a task: bank, environment and counts.
pub struct Records<'a> {
    /// The host.
    pub host: &'a mut dyn Host,
    /// The options.
    pub options: &'a Options,
    /// The session.
    pub at: Moment,
    /// The counts.
    pub report: &'a mut ReportCounter,
}

impl Records<'_> {
    /// Checks that the bank can fold, if records may be folded.
    ///
    /// # Errors
    /// `unsupported`, naming the bank.
    pub fn check_bank(&mut self) -> Result<(), Error> {
        let schema = self.host.schema();
        let can_fold = schema.operations.iter().any(|it| it.name == FOLD);
        if can_fold || !self.options.fold {
            return Ok(());
        }
        Err(Error::Unsupported(format!(
            "memact folds records, and the bank {} has no operation `{FOLD}`: use tray, or set \
             `fold` to false",
            schema.name
        )))
    }

    /// Returns all records in order.
    pub fn all(&mut self) -> Vec<Entry> {
        self.host.entries()
    }

    /// Returns the records as the bank renders them.
    ///
    /// # Errors
    /// If the bank fails.
    pub fn rendered(&mut self) -> Result<String, Error> {
        let ids: Vec<String> = self.all().into_iter().map(|entry| entry.id).collect();
        self.host.render(&ids)
    }

    /// Removes all records.
    pub fn clear(&mut self) {
        let ids = self.all().into_iter().map(|entry| entry.id);
        let operations: Vec<Operation> = ids.map(Operation::Delete).collect();
        for _ in &operations {
            self.report.operation("delete");
        }
        if !operations.is_empty() {
            self.report.results(&self.host.apply(&self.at, &operations));
        }
    }

    /// Carries out a call. Where the context is full, no search is.
    ///
    /// # Errors
    /// If the session is not a task.
    pub fn carry_out(&mut self, call: &Call, is_full: bool) -> Result<Effect, Error> {
        match call {
            Call::Search(_) if is_full => Ok(self.refused("search: the context is full".into())),
            Call::Search(words) => self.act(&format!("search: {words}")),
            Call::Fold { .. } if !self.options.fold => {
                Ok(self.refused("fold: there is no such call".into()))
            }
            Call::Fold { memory, ids } => Ok(self.fold(memory, ids)),
            Call::Answer(answers) => {
                // A semicolon within an answer would part it.
                let answers: Vec<String> = answers.iter().map(|it| it.replace(';', ",")).collect();
                self.act(&format!("answer: {}", answers.join("; ")))
            }
        }
    }

    /// Counts a call that is not carried out.
    pub fn refused(&mut self, why: String) -> Effect {
        self.report.refused(1);
        Effect::Refused(why)
    }

    fn fold(&mut self, memory: &str, ids: &[String]) -> Effect {
        let arguments = serde_json::json!({"ids": ids, "summary": memory}).to_string();
        self.report.operation(FOLD);
        let results = self
            .host
            .apply(&self.at, &[Operation::custom(FOLD, arguments)]);
        match results.into_iter().next() {
            Some(Err(Error::Invalid(why) | Error::Unknown(why) | Error::Unsupported(why))) => {
                self.refused(why)
            }
            _ => Effect::Recorded,
        }
    }

    /// Acts in the task, and notes action and result as a record. What the environment refuses is
    /// an act that changes nothing.
    ///
    /// # Errors
    /// If the session is not a task.
    pub fn act(&mut self, action: &str) -> Result<Effect, Error> {
        self.report.operation("act");
        let seen = match self.host.act(action) {
            Ok(seen) => seen,
            Err(Error::Invalid(why) | Error::Unknown(why)) => return Ok(Effect::Refused(why)),
            Err(error) => return Err(error),
        };
        if seen.done {
            return Ok(Effect::Done);
        }
        let (text, most) = (seen.text.trim(), self.options.result_tokens);
        let result = match self.host.count(text) > most {
            true => self.host.cut(text, 0, most),
            false => text.into(),
        };
        let record = Operation::insert(format!("{action}\n{result}"), "", documents(&result));
        self.report.operation("insert");
        self.report.results(&self.host.apply(&self.at, &[record]));
        Ok(Effect::Recorded)
    }
}

/// Returns the documents of a result, `Doc 17`, from its lines that begin so: a record's evidence.
fn documents(result: &str) -> Vec<String> {
    let number = |line: &str| {
        let number = line.strip_prefix("Doc ")?.split([' ', ':', '(']).next()?;
        number.parse::<u32>().ok()
    };
    let numbers = result.lines().filter_map(number);
    numbers.map(|number| format!("Doc {number}")).collect()
}
