//! The requests over HTTP. Bodies are JSON, there and back.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use memloom_runtime::Memory;
use memloom_runtime::types::{Answer, Entry, Turn};
use memloom_trainer::rollout::policy_model::Overflows;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::agents::{Agents, Resident};
use crate::problem::Problem;

/// Bytes of a request's body: some hundred pages of dialogue.
const BODY: usize = 1 << 20;
/// Characters of an agent's name, and of a snapshot's.
const NAME: usize = 64;

type Shared = State<Arc<Agents>>;
type Named<T> = Result<Path<T>, PathRejection>;
type Body<T> = Result<Json<T>, JsonRejection>;
type Reply<T> = Result<(StatusCode, Json<T>), Problem>;

/// All routes. More than `at_once` requests are turned away; `/health` is not.
pub fn all(agents: Arc<Agents>, at_once: usize) -> Router {
    let permits = Arc::new(Semaphore::new(at_once));
    Router::new()
        .route("/agents/{agent}", delete(forget))
        .route("/agents/{agent}/sessions/{session}", put(observe))
        .route("/agents/{agent}/questions", post(ask))
        .route("/agents/{agent}/entries", get(entries))
        .route("/agents/{agent}/snapshots", get(snapshots))
        .route("/agents/{agent}/snapshots/{name}", put(snapshot))
        .route("/agents/{agent}/snapshots/{name}/restore", post(restore))
        .route_layer(middleware::from_fn_with_state(permits, in_turn))
        .route("/health", get(health))
        .fallback(async |uri: Uri| Problem::not_found(format!("there is no {}", uri.path())))
        .method_not_allowed_fallback(async |method: Method, uri: Uri| {
            let what = format!("{} cannot be asked for with {method}", uri.path());
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, what)
        })
        .layer(DefaultBodyLimit::max(BODY))
        .with_state(agents)
}

/// Lets a request through where there is room, before its body is read.
async fn in_turn(
    State(permits): State<Arc<Semaphore>>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let _permit = permits.try_acquire().map_err(|_| {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many requests at once: try again later",
        )
    })?;
    Ok(next.run(request).await)
}

async fn health() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// A session as users hand it in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Session {
    time: String,
    turns: Vec<Said>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    /// The user's own, which answers cite; by default session and place: `D3:12`.
    id: Option<String>,
    speaker: String,
    text: String,
}

/// The result of observing a session.
#[derive(Serialize)]
struct Observed {
    steps: u32,
    malformed: u32,
    operations: BTreeMap<String, u32>,
    refused: u32,
    /// Prompts that did not fit the model's context, and outputs that it cut off.
    #[serde(flatten)]
    overflows: Overflows,
    /// The text that was not read, or not to its end, in words for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<String>,
    #[serde(flatten)]
    now: Now,
}

/// Returns the warning of a context that was too short.
fn warning(overflows: Overflows) -> Option<String> {
    let Overflows {
        context_overflows: lost,
        context_cuts: cut,
    } = overflows;
    (lost + cut > 0).then(|| {
        format!(
            "the model's context is too short for this session: {lost} prompts were not read, and {cut} outputs were cut off; what they held is not remembered: hand in shorter turns"
        )
    })
}

/// Which memory the agent has now.
#[derive(Serialize)]
struct Now {
    sessions: u32,
    memory: String,
}

impl From<&Memory> for Now {
    fn from(memory: &Memory) -> Self {
        Self {
            sessions: memory.sessions(),
            memory: memory.name(),
        }
    }
}

async fn observe(
    State(agents): Shared,
    path: Named<(String, u32)>,
    body: Body<Session>,
) -> Reply<Observed> {
    let Path((agent, session)) = path?;
    let Json(Session { time, turns }) = body?;
    check(&agent)?;
    let turns = turns.into_iter().zip(1..).map(|(said, place)| Turn {
        id: said.id.unwrap_or_else(|| format!("D{session}:{place}")),
        speaker: said.speaker,
        text: said.text,
    });
    let turns: Vec<Turn> = turns.collect();
    let observe = move |agent: &mut Resident| agent.observe(session, &time, turns);
    let (report, memory, overflows) = agents.with(&agent, observe).await?;
    let observed = Observed {
        steps: report.steps,
        malformed: report.malformed,
        operations: report.operations.into_iter().collect(),
        refused: report.refused,
        overflows,
        warning: warning(overflows),
        now: (&memory).into(),
    };
    Ok((StatusCode::CREATED, Json(observed)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    text: String,
}

async fn ask(State(agents): Shared, path: Named<String>, body: Body<Question>) -> Reply<Answer> {
    let (Path(agent), Json(question)) = (path?, body?);
    check(&agent)?;
    let answer = move |agent: &mut Resident| agent.answer(&question.text);
    let answer = agents.with(&agent, answer).await?;
    Ok((StatusCode::OK, Json(answer)))
}

#[derive(Serialize)]
struct Entries {
    #[serde(flatten)]
    now: Now,
    entries: Vec<Entry>,
}

async fn entries(State(agents): Shared, path: Named<String>) -> Reply<Entries> {
    let Path(agent) = path?;
    check(&agent)?;
    let (memory, entries) = agents.with(&agent, Resident::entries).await?;
    let now = (&memory).into();
    Ok((StatusCode::OK, Json(Entries { now, entries })))
}

async fn snapshots(State(agents): Shared, path: Named<String>) -> Reply<Value> {
    let Path(agent) = path?;
    check(&agent)?;
    let names = agents.with(&agent, Resident::snapshots).await?;
    Ok((StatusCode::OK, Json(json!({ "snapshots": names }))))
}

async fn snapshot(State(agents): Shared, path: Named<(String, String)>) -> Reply<Now> {
    let Path((agent, name)) = path?;
    check(&agent)?;
    check(&name)?;
    let keep = move |agent: &mut Resident| agent.snapshot(&name);
    let memory = agents.with(&agent, keep).await?;
    Ok((StatusCode::CREATED, Json((&memory).into())))
}

async fn restore(State(agents): Shared, path: Named<(String, String)>) -> Reply<Now> {
    let Path((agent, name)) = path?;
    check(&agent)?;
    check(&name)?;
    let restore = move |agent: &mut Resident| agent.restore(&name);
    let memory = agents.with(&agent, restore).await?;
    Ok((StatusCode::OK, Json((&memory).into())))
}

async fn forget(State(agents): Shared, path: Named<String>) -> Result<StatusCode, Problem> {
    let Path(agent) = path?;
    check(&agent)?;
    agents.with(&agent, Resident::forget).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Names are plain, so that they can be part of others.
fn check(name: &str) -> Result<(), Problem> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.@".contains(&byte);
    if (1..=NAME).contains(&name.len()) && name.bytes().all(plain) {
        return Ok(());
    }
    let what = format!("{name:?} is no name: 1 to {NAME} letters, digits and -_.@ are");
    Err(Problem::new(StatusCode::BAD_REQUEST, what))
}
