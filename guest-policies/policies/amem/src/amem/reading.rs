//! The observation of one session: each turn is analysed, written and linked.

use memloom_sdk::bank::Query;
use memloom_sdk::host::Request;
use memloom_sdk::lexicon::Lexicon;
use memloom_sdk::lookup::vectors;
use memloom_sdk::policy::{HintedOperations, Report};
use memloom_sdk::speakers::Speakers;
use memloom_sdk::thoughts::spoken;
use memloom_sdk::types::{DemonstratedOperation, Error, Moment, Operation, Session, Turn};
use memloom_sdk::{Host, ReportCounter};

use crate::evolution::{EVOLVE, Evolution};
use crate::note::Note;
use crate::options::{Form, Options};
use crate::roles::{ANALYSER, EVOLVER, messages, short_messages};
use crate::verdict::{Verdict, demonstrated};
use crate::words::{Neighbourhood, Picked};
use crate::{analyser, evolver, prompts};

/// The observation of a session.
pub struct Reading<'a> {
    host: &'a mut dyn Host,
    options: &'a Options,
    lexicon: &'a Lexicon,
    speakers: &'a Speakers,
    /// The demonstrator's operations for the session's turns.
    hinted: Option<HintedOperations>,
    report: ReportCounter,
}

impl<'a> Reading<'a> {
    /// Returns an observation that has not begun. `hinted` has an operation for every turn.
    pub fn new(
        host: &'a mut dyn Host,
        options: &'a Options,
        lexicon: &'a Lexicon,
        speakers: &'a Speakers,
        hinted: Option<HintedOperations>,
    ) -> Self {
        Self {
            host,
            options,
            lexicon,
            speakers,
            hinted,
            report: ReportCounter::new(&["insert", EVOLVE]),
        }
    }

    /// Reads all turns that have words.
    ///
    /// # Errors
    /// If the model or the bank fails.
    pub fn session(mut self, session: Session) -> Result<Report, Error> {
        let at = Moment {
            session: session.index,
            time: session.time,
        };
        for turn in &session.turns {
            if !turn.text.trim().is_empty() {
                self.turn(&at, turn)?;
            }
        }
        Ok(self.report.report())
    }

    fn turn(&mut self, at: &Moment, turn: &Turn) -> Result<(), Error> {
        let mut note = Note::of_turn(turn);
        self.analyse(at, turn, &mut note)?;
        let vector = vectors(self.host, &[note.searched()])?.pop().flatten();
        let neighbours = self.neighbours(&note, vector.clone())?;
        let insertion = Operation::Insert(note.insertion(vector));
        let Some(id) = self.apply(at, insertion) else {
            return Ok(());
        };
        note.id = id;
        if neighbours.is_empty() {
            return Ok(());
        }
        let evolution = self.evolve(at, turn, &note, &neighbours)?;
        if !evolution.is_empty() {
            let operation = evolution.operation(self.host, &note)?;
            self.apply(at, operation);
        }
        Ok(())
    }

    /// Applies and counts an operation. Returns the id of the note; none if it was refused.
    fn apply(&mut self, at: &Moment, operation: Operation) -> Option<String> {
        let operations = [operation];
        self.report.operations(&operations);
        let results = self.host.apply(at, &operations);
        self.report.results(&results);
        results.into_iter().next()?.ok()
    }

    /// Looks up the nearest notes.
    fn neighbours(&mut self, note: &Note, vector: Option<Vec<f32>>) -> Result<Vec<Note>, Error> {
        let hits = self.host.retrieve(&Query {
            vector,
            ..Query::new(note.searched(), self.options.related)
        })?;
        Ok(hits.iter().map(|hit| Note::of_entry(&hit.entry)).collect())
    }

    /// Sets the fields of a note as the analyser says. They stay empty if its output is malformed.
    fn analyse(&mut self, at: &Moment, turn: &Turn, note: &mut Note) -> Result<(), Error> {
        match self.options.form {
            Form::Words => self.pick_keywords(at, turn, note),
            Form::Json => self.describe(at, note),
        }
    }

    fn describe(&mut self, at: &Moment, note: &mut Note) -> Result<(), Error> {
        let (options, lexicon) = (self.options, self.lexicon);
        let hinted = self.hinted.as_ref();
        let request = Request {
            grammar: options.constrained.then(|| analyser::schema(options)),
            demonstration: hinted.map(|_| analyser::demonstration(options, lexicon, note)),
            ..Request::new(
                ANALYSER,
                messages(prompts::analyser(options), analyser::prompt(note)),
                options.max_tokens,
            )
        };
        let output = self.output(&request)?;
        let Some(read) = analyser::parse(&output) else {
            self.report.malformed_output(at.session, ANALYSER, &output);
            return Ok(());
        };
        read.form.count(&mut self.report);
        note.keywords = read.keywords;
        note.context = read.context;
        note.tags = read.tags;
        Ok(())
    }

    /// Asks the analyser for keywords in words. A turn that the demonstrator does not keep has none.
    fn pick_keywords(&mut self, at: &Moment, turn: &Turn, note: &mut Note) -> Result<(), Error> {
        let picked = Picked::of_turn(self.speakers, &turn.text);
        if picked.is_empty() {
            return Ok(());
        }
        let demonstration = self
            .hint(turn)
            .map(|_| picked.demonstration(self.lexicon, false));
        let own = self.options.analyser_prompt.as_deref();
        let request = Request {
            grammar: Some(picked.grammar()),
            demonstration,
            ..Request::new(
                ANALYSER,
                short_messages(own, picked.prompt()),
                picked.most_words() + 1,
            )
        };
        let output = self.output(&request)?;
        match spoken(&output).and_then(|said| picked.parse(said)) {
            Some(keywords) => note.keywords = keywords,
            None => self.report.malformed_output(at.session, ANALYSER, &output),
        }
        Ok(())
    }

    /// Returns the change that the evolver makes; none if its output is malformed.
    fn evolve(
        &mut self,
        at: &Moment,
        turn: &Turn,
        note: &Note,
        neighbours: &[Note],
    ) -> Result<Evolution, Error> {
        let verdicts = self
            .hint(turn)
            .map(|hint| demonstrated(hint, note, neighbours));
        match self.options.form {
            Form::Words => self.judge(at, note, neighbours, verdicts),
            Form::Json => self.rewrite(at, note, neighbours, verdicts),
        }
    }

    fn rewrite(
        &mut self,
        at: &Moment,
        note: &Note,
        neighbours: &[Note],
        verdicts: Option<Vec<Verdict>>,
    ) -> Result<Evolution, Error> {
        let options = self.options;
        let ids: Vec<String> = neighbours.iter().map(|note| note.id.clone()).collect();
        let lines = self.host.render(&ids)?;
        let request = Request {
            grammar: options
                .constrained
                .then(|| evolver::schema(options, neighbours)),
            demonstration: verdicts
                .map(|verdicts| evolver::demonstration(options, note, &verdicts, neighbours)),
            ..Request::new(
                EVOLVER,
                messages(prompts::evolver(options), evolver::prompt(note, &lines)),
                options.max_tokens,
            )
        };
        let output = self.output(&request)?;
        let Some(read) = evolver::parse(&output, neighbours) else {
            self.report.malformed_output(at.session, EVOLVER, &output);
            return Ok(Evolution::default());
        };
        self.report.refused(read.refused);
        read.form.count(&mut self.report);
        Ok(read.evolution)
    }

    /// Asks the evolver for verdicts in words.
    fn judge(
        &mut self,
        at: &Moment,
        note: &Note,
        neighbours: &[Note],
        verdicts: Option<Vec<Verdict>>,
    ) -> Result<Evolution, Error> {
        let all = Neighbourhood::new(note, neighbours, self.speakers);
        let own = self.options.evolver_prompt.as_deref();
        let request = Request {
            grammar: Some(all.grammar()),
            demonstration: verdicts.map(|verdicts| all.output(&verdicts)),
            ..Request::new(
                EVOLVER,
                short_messages(own, all.prompt()),
                all.most_words() + 1,
            )
        };
        let output = self.output(&request)?;
        match spoken(&output).and_then(|said| all.parse(said)) {
            Some(verdicts) => Ok(Evolution::of(&verdicts, neighbours)),
            None => {
                self.report.malformed_output(at.session, EVOLVER, &output);
                Ok(Evolution::default())
            }
        }
    }

    fn output(&mut self, request: &Request) -> Result<String, Error> {
        self.report.step();
        Ok(self.host.generate(request)?.text)
    }

    /// Returns the demonstrator's operation for a turn; none without a demonstrator.
    fn hint(&self, turn: &Turn) -> Option<&DemonstratedOperation> {
        let hinted = self.hinted.as_ref()?;
        Some(hinted.get(&turn.id).unwrap_or(&DemonstratedOperation::Skip))
    }
}
