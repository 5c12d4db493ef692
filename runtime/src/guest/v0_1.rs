//! `memloom:agent@0.1.0`: the types that differ from the present ones, and the lookup of its
//! exports. All other types are the same in both versions.

use serde::Serialize;
use wasmtime::component::{ComponentNamedList, ComponentType, Instance, Lift, Lower, TypedFunc};
use wasmtime::{AsContextMut, Result, bail};

use crate::types::{self, Error, FinishReason, OperationSchema, Session};

/// Returns the name of an interface of this version.
pub(crate) fn interface_name(interface: &str) -> String {
    format!("memloom:agent/{interface}@0.1.0")
}

/// Returns an exported function of this version.
pub(super) fn function<P, R>(
    mut store: impl AsContextMut,
    instance: &Instance,
    interface: &str,
    name: &str,
) -> Result<TypedFunc<P, R>>
where
    P: ComponentNamedList + Lower,
    R: ComponentNamedList + Lift,
{
    let full = interface_name(interface);
    let within = instance.get_export_index(&mut store, None, &full);
    let index =
        within.and_then(|within| instance.get_export_index(&mut store, Some(&within), name));
    match index {
        Some(index) => instance.get_typed_func(&mut store, index),
        None => bail!("the component exports no function `{name}` in `{full}`"),
    }
}

#[derive(ComponentType, Lift, Lower)]
#[component(record)]
pub(crate) struct Task {
    index: u32,
    time: String,
    instruction: String,
}

#[derive(ComponentType, Lift, Lower)]
#[component(variant)]
pub(crate) enum SessionContent {
    #[component(name = "dialogue")]
    Dialogue(Session),
    #[component(name = "task")]
    Task(Task),
}

#[derive(ComponentType, Lift, Lower, Serialize)]
#[component(record)]
pub(crate) struct Observation {
    text: String,
    done: bool,
    reward: f32,
}

#[derive(ComponentType, Lift, Lower, Serialize)]
#[component(record)]
pub(crate) struct Insertion {
    text: String,
    speaker: String,
    evidence: Vec<String>,
    vector: Option<Vec<f32>>,
}

#[derive(ComponentType, Lift, Lower, Serialize)]
#[component(record)]
pub(crate) struct Revision {
    id: String,
    text: String,
    evidence: Vec<String>,
    vector: Option<Vec<f32>>,
}

#[derive(ComponentType, Lift, Lower, Serialize)]
#[component(record)]
pub(crate) struct CustomOperation {
    name: String,
    arguments: String,
}

#[derive(ComponentType, Lift, Lower, Serialize)]
#[component(variant)]
pub(crate) enum Operation {
    #[component(name = "insert")]
    Insert(Insertion),
    #[component(name = "update")]
    Update(Revision),
    #[component(name = "delete")]
    Delete(String),
    #[component(name = "custom")]
    Custom(CustomOperation),
}

#[derive(ComponentType, Lift, Lower)]
#[component(record)]
pub(crate) struct Query {
    text: String,
    vector: Option<Vec<f32>>,
    speaker: Option<String>,
    limit: u32,
    threshold: f32,
}

#[derive(ComponentType, Lift, Lower)]
#[component(record)]
pub(crate) struct Schema {
    name: String,
    description: String,
    operations: Vec<OperationSchema>,
    fields: Vec<String>,
}

#[derive(ComponentType, Lift, Lower)]
#[component(record)]
pub(crate) struct Message {
    role: String,
    content: String,
}

#[derive(ComponentType, Lift, Lower)]
#[component(record)]
pub(crate) struct Request {
    role: String,
    messages: Vec<Message>,
    #[component(name = "max-tokens")]
    max_tokens: u32,
    grammar: Option<String>,
    demonstration: Option<String>,
}

#[derive(ComponentType, Lift, Lower)]
#[component(record)]
pub(crate) struct Completion {
    text: String,
    finish: FinishReason,
}

impl From<SessionContent> for types::SessionContent {
    fn from(content: SessionContent) -> Self {
        match content {
            SessionContent::Dialogue(session) => Self::Dialogue(session),
            SessionContent::Task(task) => Self::Task(types::Task {
                index: task.index,
                time: task.time,
                instruction: task.instruction,
                actions: Vec::new(),
                steps: 0,
            }),
        }
    }
}

/// A policy of 0.1 sees neither the actions of a task nor its budget of steps.
impl From<types::SessionContent> for SessionContent {
    fn from(content: types::SessionContent) -> Self {
        match content {
            types::SessionContent::Dialogue(session) => Self::Dialogue(session),
            types::SessionContent::Task(task) => Self::Task(Task {
                index: task.index,
                time: task.time,
                instruction: task.instruction,
            }),
        }
    }
}

impl From<Observation> for types::Observation {
    fn from(seen: Observation) -> Self {
        Self {
            text: seen.text,
            done: seen.done,
            reward: seen.reward,
            actions: Vec::new(),
        }
    }
}

impl From<types::Observation> for Observation {
    fn from(seen: types::Observation) -> Self {
        Self {
            text: seen.text,
            done: seen.done,
            reward: seen.reward,
        }
    }
}

impl From<Operation> for types::Operation {
    fn from(operation: Operation) -> Self {
        match operation {
            Operation::Insert(new) => Self::Insert(types::Insertion {
                text: new.text,
                speaker: new.speaker,
                evidence: new.evidence,
                vector: new.vector,
                fields: Vec::new(),
            }),
            Operation::Update(new) => Self::Update(types::Revision {
                id: new.id,
                text: new.text,
                evidence: new.evidence,
                vector: new.vector,
                fields: Vec::new(),
            }),
            Operation::Delete(id) => Self::Delete(id),
            Operation::Custom(own) => Self::Custom(types::CustomOperation {
                name: own.name,
                arguments: own.arguments,
                vector: None,
            }),
        }
    }
}

/// A bank of 0.1 has no room for fields, and none for the vector of a custom operation, which
/// it could not search: the fields are refused, the vector is left out.
impl TryFrom<types::Operation> for Operation {
    type Error = Error;

    fn try_from(operation: types::Operation) -> std::result::Result<Self, Error> {
        Ok(match operation {
            types::Operation::Insert(new) => {
                check_fields(&new.fields)?;
                Self::Insert(Insertion {
                    text: new.text,
                    speaker: new.speaker,
                    evidence: new.evidence,
                    vector: new.vector,
                })
            }
            types::Operation::Update(new) => {
                check_fields(&new.fields)?;
                Self::Update(Revision {
                    id: new.id,
                    text: new.text,
                    evidence: new.evidence,
                    vector: new.vector,
                })
            }
            types::Operation::Delete(id) => Self::Delete(id),
            types::Operation::Custom(own) => Self::Custom(CustomOperation {
                name: own.name,
                arguments: own.arguments,
            }),
        })
    }
}

fn check_fields(fields: &[(String, String)]) -> std::result::Result<(), Error> {
    match fields.first() {
        None => Ok(()),
        Some((name, _)) => Err(Error::Unsupported(format!(
            "the field `{name}`: the bank is built against memloom:agent@0.1.0, where writes have \
             no fields"
        ))),
    }
}

/// Checks that options for a bank of 0.1 are none.
pub(super) fn no_options(options: &str, of_what: &str) -> std::result::Result<(), Error> {
    if matches!(options.trim(), "" | "{}") {
        return Ok(());
    }
    Err(Error::Unsupported(format!(
        "{of_what}: the bank is built against memloom:agent@0.1.0, where there are none"
    )))
}

impl TryFrom<types::Query> for Query {
    type Error = Error;

    fn try_from(query: types::Query) -> std::result::Result<Self, Error> {
        no_options(&query.options, "options of a query")?;
        Ok(Self {
            text: query.text,
            vector: query.vector,
            speaker: query.speaker,
            limit: query.limit,
            threshold: query.threshold,
        })
    }
}

impl From<Query> for types::Query {
    fn from(query: Query) -> Self {
        Self {
            text: query.text,
            vector: query.vector,
            speaker: query.speaker,
            limit: query.limit,
            threshold: query.threshold,
            options: String::new(),
        }
    }
}

impl From<Schema> for types::Schema {
    fn from(schema: Schema) -> Self {
        Self {
            name: schema.name,
            description: schema.description,
            operations: schema.operations,
            fields: schema.fields,
            query_options: String::new(),
        }
    }
}

impl From<types::Schema> for Schema {
    fn from(schema: types::Schema) -> Self {
        Self {
            name: schema.name,
            description: schema.description,
            operations: schema.operations,
            fields: schema.fields,
        }
    }
}

impl From<Request> for types::Request {
    fn from(request: Request) -> Self {
        let messages = request.messages.into_iter();
        Self {
            grammar: request.grammar,
            demonstration: request.demonstration,
            ..Self::new(
                request.role,
                messages
                    .map(|message| types::Message::new(message.role, message.content))
                    .collect(),
                request.max_tokens,
            )
        }
    }
}

impl Completion {
    /// Returns an output for a policy of 0.1, which can ask for no calls of tools.
    pub(crate) fn new(text: String, finish: FinishReason) -> Self {
        Self { text, finish }
    }
}
