//! Clients of servers that are down, slow, busy or broken, or send invalid replies.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::{Barrier, Mutex};

use memloom_runtime::Embedder;
use memloom_runtime::types::{FinishReason, Message};
use memloom_tests::server::{Reply, Server};
use memloom_trainer::clients::chat::{self, Wishes};
use memloom_trainer::clients::embeddings::ServedEmbedder;
use memloom_trainer::clients::{Client, Failure, Usage};
use memloom_trainer::config::ServerSection;
use serde_json::{Value, json};

fn settings(server: &str, more: &str) -> ServerSection {
    toml::from_str(&format!("url = \"{server}\"\nmodel = \"m\"\n{more}")).unwrap()
}

fn client(server: &str, more: &str) -> Client {
    Client::new("answerer", &settings(server, more), 1).unwrap()
}

fn to(server: &Server, more: &str) -> Client {
    client(&format!("{}/v1", server.url()), more)
}

fn say(client: &Client, text: &str) -> Result<String, Failure> {
    let wishes = Wishes::new(0.0, 20);
    let message = Message::new("user", text);
    chat::complete(client, &[message], wishes, |spoken| Ok(spoken.text))
}

fn complaint(client: &Client) -> String {
    say(client, "Hello?").unwrap_err().to_string()
}

type Says = fn() -> Reply;

/// Sends the replies in order, and repeats the last.
fn in_turn(replies: Vec<Says>) -> Server {
    Server::start(move |number, _| replies[number.min(replies.len() - 1)]())
}

fn status(status: u16) -> Reply {
    Reply::Status(status, &[], "out of order".into())
}

#[test]
fn a_question_is_put_as_openai_has_it_and_the_answer_read() {
    let server = in_turn(vec![|| Reply::chat("Rome")]);
    let client = to(
        &server,
        "prompt_price = 2.0\ncompletion_price = 10.0\nkey_env = \"CARGO_PKG_NAME\"",
    );
    assert_eq!(say(&client, "Where?").unwrap(), "Rome");
    let asked = server.asked().remove(0);
    assert_eq!(asked.path, "/v1/chat/completions");
    assert_eq!(asked.authorization, "Bearer memloom-trainer");
    let body = json!({
        "model": "m",
        "messages": [{"role": "user", "content": "Where?"}],
        "temperature": 0.0,
        "max_tokens": 20,
    });
    assert_eq!(asked.body, body);
    let usage = Usage {
        requests: 1,
        prompt_tokens: 10,
        completion_tokens: 5,
        cost: (10.0 * 2.0 + 5.0 * 10.0) / 1e6,
        ..Usage::default()
    };
    assert_eq!(client.take_usage(), usage);
    assert_eq!(client.take_usage(), Usage::default());
}

#[test]
fn an_answer_that_never_came_because_of_its_length_is_empty() {
    let reply = || {
        let choice = json!({"message": {"content": null}, "finish_reason": "length"});
        Reply::json(&json!({"choices": [choice]}))
    };
    let server = in_turn(vec![reply]);
    let finish = chat::complete(&to(&server, ""), &[], Wishes::new(0.0, 1), |spoken| {
        assert_eq!(spoken.text, "");
        Ok(spoken.finish)
    });
    assert_eq!(finish.unwrap(), FinishReason::Length);
}

#[test]
fn a_server_that_is_down_is_named_with_the_attempt() {
    let url = Server::nowhere();
    let complaint = complaint(&client(&url, "attempts = 2"));
    let start = format!("servers.answerer: {url}/chat/completions, attempt 2 of 2: ");
    assert!(complaint.starts_with(&start), "{complaint}");
    assert!(complaint.contains("refused"), "{complaint}");
}

#[test]
fn a_slow_server_is_given_up_after_the_timeout() {
    let server = Server::start(|_, _| Reply::Silence);
    let client = to(&server, "attempts = 2\ntimeout = 0.2");
    let complaint = complaint(&client);
    assert!(complaint.contains("attempt 2 of 2: timeout"), "{complaint}");
    assert_eq!(server.asked().len(), 2);
    assert_eq!(client.take_usage().failures, 1);
}

#[test]
fn what_may_pass_is_tried_again() {
    let server = in_turn(vec![
        || Reply::Status(429, &[("retry-after", "0")], String::new()),
        || status(408),
        || status(500),
        || Reply::CutOff(r#"{"choices": ["#.into()),
        || Reply::chat("Rome"),
    ]);
    let client = to(&server, "attempts = 5");
    assert_eq!(say(&client, "Where?").unwrap(), "Rome");
    let usage = client.take_usage();
    assert_eq!((usage.requests, usage.retries, usage.failures), (1, 4, 0));
    assert_eq!(server.asked().len(), 5);
}

#[test]
fn a_server_that_stays_busy_or_broken_is_given_up_in_its_own_words() {
    let server = in_turn(vec![|| status(503)]);
    let complaint = complaint(&to(&server, "attempts = 2"));
    let end = "attempt 2 of 2: 503 Service Unavailable: out of order";
    assert!(complaint.ends_with(end), "{complaint}");
}

#[test]
fn what_does_not_pass_is_not_tried_again() {
    for reply in [
        || status(400),
        || status(401),
        || Reply::Status(302, &[("location", "/v2")], String::new()),
        || Reply::Status(429, &[("retry-after", "86400")], String::new()),
    ] {
        let server = in_turn(vec![reply]);
        let complaint = complaint(&to(&server, ""));
        assert!(complaint.contains("attempt 1 of 5: "), "{complaint}");
        assert_eq!(server.asked().len(), 1);
    }
}

#[test]
fn a_connection_that_keeps_breaking_off_is_no_reply() {
    let server = in_turn(vec![|| Reply::CutOff(r#"{"choices": []}"#.into())]);
    let complaint = complaint(&to(&server, "attempts = 2"));
    assert!(complaint.contains("attempt 2 of 2: "), "{complaint}");
}

#[test]
fn rubbish_is_refused_at_once_and_quoted() {
    let replies: [(Says, &str); 2] = [
        (
            || Reply::Status(200, &[], "<html>Hello\n</html>".into()),
            "not a chat completion",
        ),
        (
            || Reply::json(&json!({"choices": [{"message": {"content": 7}}]})),
            "not a chat completion",
        ),
    ];
    for (reply, said) in replies {
        let server = in_turn(vec![reply]);
        let complaint = complaint(&to(&server, ""));
        assert!(complaint.contains("attempt 1 of 5: "), "{complaint}");
        assert!(complaint.contains(said), "{complaint}");
        assert!(!complaint.contains('\n'), "{complaint}");
    }
}

#[test]
fn a_reply_without_text_is_asked_for_again_and_quoted_in_the_end() {
    let replies: [(Says, &str); 7] = [
        (|| Reply::json(&json!({"id": 7})), "no choices: {\"id\":7}"),
        (|| Reply::json(&json!({"choices": null})), "no choices"),
        (|| Reply::json(&json!({"choices": []})), "no choices"),
        (|| Reply::json(&json!({"choices": [null]})), "no choices"),
        (
            || Reply::json(&json!({"choices": [{"message": {}}]})),
            "no content",
        ),
        (
            || Reply::json(&json!({"choices": [{"message": null}]})),
            "no content",
        ),
        (
            || {
                let thought = json!({"content": null, "reasoning_content": "Rome?"});
                Reply::json(&json!({"choices": [{"message": thought, "finish_reason": "stop"}]}))
            },
            "no content",
        ),
    ];
    for (reply, said) in replies {
        let server = in_turn(vec![reply, || Reply::chat("Rome")]);
        assert_eq!(say(&to(&server, ""), "Where?").unwrap(), "Rome", "{said}");
        let server = in_turn(vec![reply]);
        let client = to(&server, "attempts = 2");
        let complaint = complaint(&client);
        assert!(complaint.contains("attempt 2 of 2: "), "{complaint}");
        assert!(complaint.contains(said), "{complaint}");
        assert_eq!(client.take_usage().retries, 1);
    }
}

#[test]
fn an_error_in_a_reply_that_claims_success_is_one() {
    let passing: Says = || Reply::json(&json!({"error": {"code": 429, "message": "slow down"}}));
    let server = in_turn(vec![passing, || Reply::chat("Rome")]);
    let client = to(&server, "");
    assert_eq!(say(&client, "Where?").unwrap(), "Rome");
    assert_eq!(client.take_usage().retries, 1);

    let server = in_turn(vec![passing]);
    let complaint = complaint(&to(&server, "attempts = 2"));
    assert!(complaint.contains("attempt 2 of 2: 200 OK with an error: "));
    assert!(complaint.contains("slow down"), "{complaint}");

    let lasting: [Says; 2] = [
        || Reply::json(&json!({"error": {"code": "401", "message": "no such key"}})),
        || Reply::json(&json!({"object": "error", "code": 404, "message": "no such key"})),
    ];
    for reply in lasting {
        let server = in_turn(vec![reply]);
        let complaint = self::complaint(&to(&server, ""));
        assert!(complaint.contains("attempt 1 of 5: 200 OK with an error: "));
        assert!(complaint.contains("no such key"), "{complaint}");
        assert_eq!(server.asked().len(), 1);
    }
}

#[test]
fn what_is_thought_beside_the_text_is_left_out() {
    let reply = || {
        let message =
            json!({"reasoning_content": "Rome?", "reasoning": "Oslo?", "content": "Oslo"});
        Reply::json(&json!({"choices": [{"message": message, "finish_reason": "stop"}]}))
    };
    let server = in_turn(vec![reply]);
    assert_eq!(say(&to(&server, ""), "Where?").unwrap(), "Oslo");
}

#[test]
fn a_text_is_used_whatever_the_server_says_of_its_tokens() {
    let usages: [fn() -> Value; 5] = [
        || json!(null),
        || json!({}),
        || json!("much"),
        || json!({"prompt_tokens": 10.5, "completion_tokens": 5}),
        || json!({"prompt_tokens": "ten", "completion_tokens": null}),
    ];
    for usage in usages {
        let choice = json!({"message": {"content": "Rome"}});
        let body = json!({"choices": [choice], "usage": usage()});
        let server = Server::start(move |_, _| Reply::json(&body));
        let client = to(&server, "");
        assert_eq!(say(&client, "Where?").unwrap(), "Rome");
        assert_eq!(client.take_usage().unpriced, 0);
        let client = to(&server, "prompt_price = 1.0");
        assert_eq!(say(&client, "Where?").unwrap(), "Rome");
        let used = client.take_usage();
        assert_eq!((used.unpriced, used.failures, used.cost), (1, 0, 0.0));
    }
    let reply = || Reply::json(&json!({"choices": [{"message": {"content": "Rome"}}]}));
    let server = in_turn(vec![reply]);
    let client = to(&server, "completion_price = 1.0");
    assert_eq!(say(&client, "Where?").unwrap(), "Rome");
    assert_eq!(client.take_usage().unpriced, 1);

    let whole = || {
        let usage = json!({"prompt_tokens": 10.0, "completion_tokens": "5"});
        Reply::json(&json!({"choices": [{"message": {"content": "Rome"}}], "usage": usage}))
    };
    let server = in_turn(vec![whole]);
    let client = to(&server, "prompt_price = 1.0");
    assert_eq!(say(&client, "Where?").unwrap(), "Rome");
    let used = client.take_usage();
    assert_eq!((used.unpriced, used.prompt_tokens), (0, 10));
}

#[test]
fn a_request_has_the_keys_that_its_server_wants() {
    let server = in_turn(vec![|| Reply::chat("Rome")]);
    let wanted = "token_limit_name = \"max_completion_tokens\"\n\
        extra_body = {reasoning_effort = \"low\", chat_template_kwargs = {enable_thinking = false}}";
    assert_eq!(say(&to(&server, wanted), "Where?").unwrap(), "Rome");
    let body = json!({
        "model": "m",
        "messages": [{"role": "user", "content": "Where?"}],
        "temperature": 0.0,
        "max_completion_tokens": 20,
        "reasoning_effort": "low",
        "chat_template_kwargs": {"enable_thinking": false},
    });
    assert_eq!(server.asked().remove(0).body, body);
}

#[test]
fn a_key_is_wanted_and_never_repeated() {
    let unset = settings("http://localhost", "key_env = \"MEMLOOM_NO_SUCH_KEY\"");
    let complaint = format!("{:#}", Client::new("judge", &unset, 1).err().unwrap());
    assert!(complaint.contains("servers.judge.key_env"), "{complaint}");
    assert!(complaint.contains("MEMLOOM_NO_SUCH_KEY"), "{complaint}");

    let server = Server::start(|_, asked| {
        let text = format!("what is {}?", asked.authorization);
        Reply::Status(401, &[], text)
    });
    let client = to(&server, "key_env = \"CARGO_PKG_NAME\"");
    let complaint = self::complaint(&client);
    let end = "401 Unauthorized: what is Bearer [key]?";
    assert!(complaint.ends_with(end), "{complaint}");
}

#[test]
fn what_was_answered_is_there_when_the_server_talks_rubbish() {
    let folder = tempfile::tempdir().unwrap();
    let cache = format!("cache = \"{}\"\nattempts = 1", folder.path().display());
    let server = in_turn(vec![|| Reply::chat("Rome"), || Reply::json(&json!({}))]);
    let url = format!("{}/v1", server.url());
    assert_eq!(say(&client(&url, &cache), "Where?").unwrap(), "Rome");
    // Invalid replies are not cached.
    assert!(say(&client(&url, &cache), "When?").is_err());

    // From here on all replies are invalid.
    let client = client(&url, &cache);
    assert_eq!(say(&client, "Where?").unwrap(), "Rome");
    let usage = client.take_usage();
    assert_eq!((usage.cached, usage.prompt_tokens), (1, 0));
    assert!(say(&client, "When?").is_err());

    let kept = std::fs::read_dir(folder.path()).unwrap();
    let kept = kept.map(|entry| std::fs::read_dir(entry.unwrap().path()).unwrap());
    let kept: Vec<_> = kept.flatten().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(kept.len(), 1);
    std::fs::write(&kept[0], "Rome").unwrap();
    let complaint = say(&client, "Where?").unwrap_err();
    assert!(matches!(complaint, Failure::Cache { .. }), "{complaint}");
    let said = format!("{} is damaged: remove it", kept[0].display());
    assert!(complaint.to_string().contains(&said), "{complaint}");
}

#[test]
fn no_more_requests_are_under_way_than_are_allowed() {
    // The first three wait for each other, so that a fourth request would be counted.
    let meeting = Barrier::new(3);
    let server = Server::start(move |number, _| {
        if number < 3 {
            meeting.wait();
        }
        Reply::chat("Rome")
    });
    let client = to(&server, "concurrency = 3");
    let answers = Mutex::new(0);
    std::thread::scope(|scope| {
        for number in 0..20 {
            let (client, answers) = (&client, &answers);
            scope.spawn(move || {
                say(client, &number.to_string()).unwrap();
                *answers.lock().unwrap() += 1;
            });
        }
    });
    assert_eq!(*answers.lock().unwrap(), 20);
    assert_eq!(server.busiest(), 3);
}

fn embed(reply: impl Fn(&Value) -> Value + Send + Sync + 'static, texts: usize) -> Vec<Vec<f32>> {
    try_embed(reply, texts).unwrap()
}

fn try_embed(
    reply: impl Fn(&Value) -> Value + Send + Sync + 'static,
    texts: usize,
) -> Result<Vec<Vec<f32>>, String> {
    let server = Server::start(move |_, asked| {
        assert_eq!(asked.path, "/v1/embeddings");
        Reply::json(&reply(&asked.body["input"]))
    });
    let texts: Vec<String> = (0..texts).map(|number| number.to_string()).collect();
    let embedder = ServedEmbedder::new(to(&server, ""));
    embedder.embed(&texts).map_err(|error| error.to_string())
}

#[test]
fn embeddings_come_in_the_order_of_their_texts_and_in_portions() {
    let backwards = |input: &Value| {
        let texts = input.as_array().unwrap().iter().enumerate().rev();
        let item = |(index, text): (usize, &Value)| {
            let number: f32 = text.as_str().unwrap().parse().unwrap();
            json!({"index": index, "embedding": [number, 1.0]})
        };
        json!({"data": texts.map(item).collect::<Vec<_>>()})
    };
    let vectors = embed(backwards, 150);
    let expected: Vec<Vec<f32>> = (0..150u8).map(|n| vec![f32::from(n), 1.0]).collect();
    assert_eq!(vectors, expected);
    assert!(embed(backwards, 0).is_empty());
}

#[test]
fn embeddings_that_do_not_fit_their_texts_are_refused() {
    let replies = [
        (json!({"data": []}), "0 embeddings for 2 texts"),
        (
            json!({"data": [{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [1]}]}),
            "or not one for each",
        ),
        (
            json!({"data": [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": [1, 2]}]}),
            "of different lengths",
        ),
        (
            json!({"data": [{"index": 0, "embedding": []}, {"index": 1, "embedding": []}]}),
            "empty",
        ),
        (json!({"embeddings": []}), "not a list of embeddings"),
    ];
    for (reply, said) in replies {
        let complaint = try_embed(move |_| reply.clone(), 2).unwrap_err();
        assert!(complaint.contains(said), "{complaint}");
        assert!(complaint.contains("/v1/embeddings, attempt 1 of 5"));
    }
}
