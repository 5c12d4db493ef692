//! The bank: operations, retrieval, state.

mod search;

use std::collections::{BTreeMap, BTreeSet};

use memloom_records::{Memory, Record, Records, no_fields, one_line};
use memloom_sdk::bank::{Hit, Query, Schema, Stats};
use memloom_sdk::state::Format;
use memloom_sdk::types::{CustomOperation, Entry, Error, Insertion, Moment, Operation};
use memloom_sdk::{Bank, State};

use crate::ends::Ends;
use crate::node::{Node, Triple};
use crate::operations::{Link, Made, Observed, Replace, arguments};
use crate::options::Options;
use crate::plan::{Recipes, circle};
use crate::schema::schema;

/// The bank.
#[derive(Default)]
pub struct Graph {
    options: Options,
    nodes: Nodes,
    /// The sessions that wrote each entry, by its number.
    instances: Instances,
    /// The triples at each node, which follow from the entries.
    ends: Ends,
}

type Nodes = Records<Node, 'g'>;
type Instances = BTreeMap<u64, BTreeSet<u32>>;

const FORMAT: Format = Format {
    component: "graph",
    version: 1,
};

impl Graph {
    /// Adds an entry, or evidence to one that is there already. Observations are never the same.
    fn write(&mut self, at: &Moment, insertion: Insertion, node: Node) -> Result<String, Error> {
        let ends = node.triple().map(|triple| triple.ends().map(String::from));
        let id = match node {
            Node::Episode(_) => self.nodes.add(at, insertion, node)?,
            Node::Triple(_) | Node::Recipe(_) => self.nodes.insert(at, insertion, node)?,
        };
        let number = self.nodes.get(&id)?.number;
        if let Some([subject, object]) = &ends {
            self.ends.add(number, [subject, object]);
        }
        self.instances.entry(number).or_default().insert(at.session);
        Ok(id)
    }

    fn link(
        &mut self,
        at: &Moment,
        triple: Triple,
        evidence: Vec<String>,
        vector: Option<Vec<f32>>,
    ) -> Result<String, Error> {
        let insertion = Insertion {
            vector,
            ..Insertion::new(triple.text(), "", evidence)
        };
        self.write(at, insertion, Node::Triple(triple))
    }

    /// Puts a triple in the place of another. After an error nothing has changed.
    fn replace(
        &mut self,
        at: &Moment,
        replace: Replace,
        vector: Option<Vec<f32>>,
    ) -> Result<String, Error> {
        let old = Triple::new(&replace.old, "replace")?;
        let new = Triple::new(&replace.new, "replace")?;
        self.nodes.check_vector(vector.as_deref())?;
        let Some(old_id) = self.id_of(&old) else {
            return Err(Error::Unknown(format!(
                "replace: the graph has no triple \"{}\"",
                old.text()
            )));
        };
        if old != new {
            self.delete(&old_id)?;
        }
        self.link(at, new, replace.evidence, vector)
    }

    /// Returns the id of a triple that is in the graph.
    fn id_of(&self, triple: &Triple) -> Option<String> {
        let [subject, _] = triple.ends();
        let same = |number: &u64| {
            let record = self.record(*number)?;
            (record.data.triple() == Some(triple)).then_some(record)
        };
        self.ends.at(subject)?.iter().find_map(same).map(Nodes::id)
    }

    fn record(&self, number: u64) -> Option<&Record<Node>> {
        let all = self.nodes.all();
        let place = all.binary_search_by_key(&number, |record| record.number);
        place.ok().map(|place| &all[place])
    }

    fn episode(
        &mut self,
        at: &Moment,
        observed: Observed,
        vector: Option<Vec<f32>>,
    ) -> Result<String, Error> {
        let triples = self.numbers(&observed.triples, "episode")?;
        let insertion = Insertion {
            vector,
            ..Insertion::new(one_line(&observed.text, "episode")?, "", observed.evidence)
        };
        let triples = triples.into_iter().collect();
        self.write(at, insertion, Node::Episode(triples))
    }

    /// Returns the numbers of triples.
    fn numbers(&self, ids: &[String], asked_by: &str) -> Result<BTreeSet<u64>, Error> {
        let number = |id: &String| {
            let record = self.nodes.get(id)?;
            match record.data {
                Node::Triple(_) => Ok(record.number),
                Node::Episode(_) | Node::Recipe(_) => Err(Error::Invalid(format!(
                    "{asked_by}: the entry {id:?} is no triple"
                ))),
            }
        };
        ids.iter().map(number).collect()
    }

    /// Notes a recipe, in the place of the item's former one.
    fn recipe(
        &mut self,
        at: &Moment,
        made: Made,
        vector: Option<Vec<f32>>,
    ) -> Result<String, Error> {
        let recipe = made.recipe()?;
        self.nodes.check_vector(vector.as_deref())?;
        let mut recipes = self.recipes();
        let former = recipes.insert(&recipe.item, &recipe);
        if let Some(circle) = circle(&recipes, &recipe.item) {
            return Err(Error::Invalid(format!("recipe: {circle}: a circle")));
        }
        let former = former.filter(|former| **former != recipe).cloned();
        let is_former = |record: &&Record<Node>| matches!((&record.data, &former), (Node::Recipe(it), Some(former)) if it == former);
        if let Some(record) = self.nodes.all().iter().find(is_former) {
            self.delete(&Nodes::id(record))?;
        }
        let insertion = Insertion {
            vector,
            ..Insertion::new(recipe.text(), "", made.evidence)
        };
        self.write(at, insertion, Node::Recipe(recipe))
    }

    fn recipes(&self) -> Recipes<'_> {
        let all = self.nodes.all().iter();
        let recipes = all.filter_map(|record| match &record.data {
            Node::Recipe(recipe) => Some((&*recipe.item, recipe)),
            Node::Triple(_) | Node::Episode(_) => None,
        });
        recipes.collect()
    }

    fn delete(&mut self, id: &str) -> Result<(), Error> {
        let record = self.nodes.delete(id)?;
        self.instances.remove(&record.number);
        if let Some(triple) = record.data.triple() {
            self.ends.remove(record.number, triple.ends());
        }
        Ok(())
    }

    fn custom(&mut self, at: &Moment, custom: CustomOperation) -> Result<String, Error> {
        let CustomOperation {
            name,
            arguments: json,
            vector,
        } = custom;
        match &*name {
            "link" => {
                let link: Link = arguments(&name, &json)?;
                let parts = [link.subject, link.relation, link.object];
                self.link(at, Triple::new(&parts, &name)?, link.evidence, vector)
            }
            "replace" => self.replace(at, arguments(&name, &json)?, vector),
            "episode" => self.episode(at, arguments(&name, &json)?, vector),
            "recipe" => self.recipe(at, arguments(&name, &json)?, vector),
            _ => Err(Error::Unsupported(format!(
                "the graph bank has no operation {name:?}"
            ))),
        }
    }

    fn entry(&self, record: &Record<Node>) -> Entry {
        let sessions = self.instances.get(&record.number).into_iter().flatten();
        let sessions: Vec<String> = sessions.map(u32::to_string).collect();
        let mut fields = record.data.fields();
        fields.push(("instances".into(), sessions.join(" ")));
        record.entry(Nodes::id(record), fields)
    }
}

impl Bank for Graph {
    fn configure(&mut self, options: &str) -> Result<(), Error> {
        self.options = Options::parse(options)?;
        Ok(())
    }

    fn schema(&self) -> Schema {
        schema()
    }

    fn apply(&mut self, at: Moment, operations: Vec<Operation>) -> Vec<Result<String, Error>> {
        let mut one = |operation| match operation {
            Operation::Insert(insertion) => {
                no_fields("graph", &insertion.fields)?;
                let text = one_line(&insertion.text, "insert")?;
                self.write(&at, Insertion { text, ..insertion }, Node::Episode(vec![]))
            }
            Operation::Update(revision) => Err(Error::Unsupported(format!(
                "update of {}: the graph bank rewrites no entry: apply replace to a triple",
                revision.id
            ))),
            Operation::Delete(id) => self.delete(&id).map(|()| id),
            Operation::Custom(custom) => self.custom(&at, custom),
        };
        operations.into_iter().map(&mut one).collect()
    }

    fn retrieve(&self, query: &Query) -> Result<Vec<Hit>, Error> {
        self.search(query)
    }

    fn entries(&self) -> Vec<Entry> {
        let all = self.nodes.all().iter();
        all.map(|record| self.entry(record)).collect()
    }

    fn render(&self, ids: &[String]) -> Result<String, Error> {
        self.nodes.lines(ids)
    }

    fn stats(&self) -> Stats {
        self.nodes.stats()
    }
}

impl State for Graph {
    fn snapshot(&self) -> Vec<u8> {
        FORMAT.save(&(&self.instances, self.nodes.memory()))
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let (instances, memory): (Instances, Memory<Node>) = FORMAT.load(bytes)?;
        let mut restored = Self {
            options: self.options.clone(),
            nodes: Records::restored("graph", memory)?,
            instances,
            ends: Ends::default(),
        };
        if !restored.is_valid() {
            return Err(Error::Invalid(
                "graph: the snapshot has entries that no operations leave".into(),
            ));
        }
        for record in restored.nodes.all() {
            if let Some(triple) = record.data.triple() {
                restored.ends.add(record.number, triple.ends());
            }
        }
        *self = restored;
        Ok(())
    }
}

impl Graph {
    /// Returns whether operations can leave these entries: each has the text of its content and a
    /// session, no triple or recipe is there twice, and recipes have no circle.
    fn is_valid(&self) -> bool {
        let all = self.nodes.all();
        let fits = |record: &Record<Node>| match &record.data {
            Node::Triple(_) => has_its_text(record),
            Node::Recipe(recipe) => recipe.makes > 0 && has_its_text(record),
            Node::Episode(triples) => {
                let is_triple = |number: &u64| {
                    let other = self.record(*number);
                    *number < record.number
                        && other.is_none_or(|other| other.data.triple().is_some())
                };
                triples.is_sorted_by(|a, b| a < b) && triples.iter().all(is_triple)
            }
        };
        let count = |is_it: fn(&Node) -> bool| all.iter().filter(|it| is_it(&it.data)).count();
        let triples: BTreeSet<_> = all.iter().filter_map(|it| it.data.triple()).collect();
        let recipes = self.recipes();
        all.iter().all(fits)
            && all
                .iter()
                .map(|record| &record.number)
                .eq(self.instances.keys())
            && self.instances.values().all(|sessions| !sessions.is_empty())
            && triples.len() == count(|node| node.triple().is_some())
            && recipes.len() == count(|node| matches!(node, Node::Recipe(_)))
            && recipes.keys().all(|item| circle(&recipes, item).is_none())
    }
}

fn has_its_text(record: &Record<Node>) -> bool {
    record.data.text().is_some_and(|text| text == record.text)
}

#[cfg(test)]
mod tests;
