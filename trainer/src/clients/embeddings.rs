//! Embeddings of texts.

use memloom_runtime::{Embedder, ModelError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clients::http::{Client, Reply, Unusable};
use crate::clients::usage::tokens;

/// Most texts in a request.
const TEXTS: usize = 64;

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    input: &'a [String],
    encoding_format: &'static str,
}

#[derive(Deserialize)]
struct Response {
    data: Vec<Item>,
    usage: Option<Value>,
}

#[derive(Deserialize)]
struct Item {
    index: usize,
    embedding: Vec<f32>,
}

/// An embedder on a server.
pub struct ServedEmbedder(pub(super) Client);

impl ServedEmbedder {
    /// Creates an embedder that sends requests through a client.
    pub fn new(client: Client) -> Self {
        Self(client)
    }
}

impl Embedder for ServedEmbedder {
    fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        let mut vectors = Vec::with_capacity(texts.len());
        for texts in texts.chunks(TEXTS) {
            let request = Request {
                model: &self.0.settings().model,
                input: texts,
                encoding_format: "float",
            };
            let read = |bytes: &[u8]| read(bytes, texts.len());
            vectors.extend(self.0.ask("/embeddings", &request, read)?);
        }
        Ok(vectors)
    }
}

fn read(bytes: &[u8], texts: usize) -> Result<Reply<Vec<Vec<f32>>>, Unusable> {
    let mut response: Response = serde_json::from_slice(bytes)
        .map_err(|error| format!("the reply is not a list of embeddings ({error})"))?;
    response.data.sort_by_key(|item| item.index);
    if !response.data.iter().map(|item| item.index).eq(0..texts) {
        return Err(Unusable::from(format!(
            "the reply has {} embeddings for {texts} texts, or not one for each",
            response.data.len()
        )));
    }
    let vectors = response.data.into_iter().map(|item| item.embedding);
    let value: Vec<Vec<f32>> = vectors.collect();
    let sound = |vector: &Vec<f32>| {
        !vector.is_empty() && vector.iter().all(|x| x.is_finite()) && vector.len() == value[0].len()
    };
    if !value.iter().all(sound) {
        let why = "the reply's embeddings are empty, not finite or of different lengths";
        return Err(Unusable::from(why.to_owned()));
    }
    Ok(Reply {
        tokens: response.usage.and_then(|usage| tokens(&usage, false)),
        value: Ok(value),
    })
}
