//! memloom's side of `cargo xtask clients`: queries a server of chat completions and a server of
//! embeddings at the given URLs, and prints the results as JSON.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use memloom_runtime::Embedder;
use memloom_runtime::types::Message;
use memloom_trainer::clients::chat::{self, Wishes};
use memloom_trainer::clients::embeddings::ServedEmbedder;
use memloom_trainer::clients::{Client, Judge};
use memloom_trainer::config::ServerSection;
use serde_json::{Value, json};

/// Number of prompts, and of texts to embed.
const COUNT: usize = 64;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = || {
        arguments
            .next()
            .context("usage: clients CHAT_URL EMBEDDINGS_URL CACHE")
    };
    let (speaks, embeds, cache) = (argument()?, argument()?, argument()?);
    let cache = Path::new(&cache);
    let found = json!({
        "chat": chats(&speaks, cache)?,
        "embeddings": embeddings(&embeds)?,
        "judge": verdicts(&speaks)?,
    });
    println!("{found}");
    Ok(())
}

fn settings(url: &str) -> ServerSection {
    ServerSection {
        prompt_price: 1.0,
        ..ServerSection::at(url, "tiny")
    }
}

/// Sends the same prompts from many threads: without a cache, with an empty one, from the cache.
fn chats(url: &str, cache: &Path) -> Result<Value> {
    let say = |client: &Client| -> Result<Vec<String>> {
        std::thread::scope(|scope| {
            let asked: Vec<_> = (0..COUNT)
                .map(|number| {
                    let content = format!("What is {number} and {number}?");
                    let messages = [Message::new("user", content)];
                    scope.spawn(move || {
                        chat::complete(client, &messages, Wishes::new(0.0, 16), |s| Ok(s.text))
                    })
                })
                .collect();
            let said = asked.into_iter().map(|asked| match asked.join() {
                Ok(said) => said.context("a completion"),
                Err(_) => anyhow::bail!("a thread has ended"),
            });
            said.collect()
        })
    };
    let plain = Client::new("answerer", &settings(url), 1)?;
    let first = say(&plain)?;
    let mut kept = settings(url);
    kept.cache = Some(cache.into());
    let kept = Client::new("answerer", &kept, 1)?;
    let second = say(&kept)?;
    kept.take_usage();
    ensure!(say(&kept)? == second, "the cache says something else");
    let differ = first.iter().zip(&second).filter(|(a, b)| a != b).count();
    Ok(json!({
        "usage": plain.take_usage(),
        "from_cache": kept.take_usage().cached,
        "differ_when_asked_again": differ,
    }))
}

/// Embeds texts together, and each alone.
fn embeddings(url: &str) -> Result<Value> {
    let embedder = ServedEmbedder::new(Client::new("embedder", &settings(url), 1)?);
    let texts: Vec<String> = (0..COUNT + 8)
        .map(|number| format!("Anna has {number} dogs"))
        .collect();
    let together = embedder.embed(&texts)?;
    let mut furthest = 0.0f32;
    for (text, vector) in texts.iter().zip(&together) {
        let alone = embedder.embed(std::slice::from_ref(text))?.remove(0);
        let pairs = alone.iter().zip(vector);
        furthest = pairs.fold(furthest, |most, (a, b)| most.max((a - b).abs()));
    }
    Ok(json!({
        "vectors": together.len(),
        "width": together[0].len(),
        "alone_diff": furthest,
    }))
}

/// Asks a random model for verdicts: each must be a failure, not a score.
fn verdicts(url: &str) -> Result<Value> {
    let judge = Judge::new(Client::new("judge", &settings(url), 1)?);
    let verdicts = (0..4).map(|number| {
        judge.label(
            "How many dogs has Anna?",
            std::iter::empty(),
            &number.to_string(),
        )
    });
    let refusals: Vec<String> = verdicts
        .filter_map(|verdict| verdict.err().map(|failure| failure.to_string()))
        .collect();
    let named = |refusal: &String| refusal.contains("attempt 1 of 5: the judge gives no verdict");
    Ok(json!({
        "asked": 4,
        "without_verdict": refusals.iter().filter(|refusal| named(refusal)).count(),
    }))
}
