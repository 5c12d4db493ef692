//! The service as its users meet it: a process, and HTTP.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::LazyLock;
use std::thread;

use memloom_tests::TinyRun;
use serde_json::{Value, json};

/// A run whose weights the tests serve.
static RUN: LazyLock<TinyRun> = LazyLock::new(|| {
    let run = TinyRun::new();
    run.finish(&[]);
    run
});

struct Service {
    process: Child,
    said: BufReader<ChildStdout>,
    address: String,
}

fn command(memories: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_embed"));
    command
        .arg(RUN.folder.path().join("run.toml"))
        .arg("--memories")
        .arg(memories);
    command
}

impl Service {
    fn start(memories: &Path, arguments: &[&str]) -> Self {
        let mut process = command(memories)
            .args(["--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap();
        Self {
            address: address.to_owned(),
            process,
            said,
        }
    }

    /// A request as it is on the wire; status and body of the response.
    fn send(&self, head: &str, body: &[u8]) -> (u16, Value) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = body.len();
        let head = format!("{head} HTTP/1.1\r\nhost: embed\r\nconnection: close\r\n");
        let rest = format!("content-type: application/json\r\ncontent-length: {length}\r\n\r\n");
        // One that is refused early need not be read to its end.
        let _ = stream.write_all(&[head.as_bytes(), rest.as_bytes(), body].concat());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let body = match body {
            "" => Value::Null,
            body => serde_json::from_str(body).unwrap_or_else(|_| panic!("no JSON: {answer}")),
        };
        (status, body)
    }

    fn ask(&self, head: &str, body: &Value) -> (u16, Value) {
        self.send(head, body.to_string().as_bytes())
    }

    fn get(&self, path: &str) -> (u16, Value) {
        self.send(&format!("GET {path}"), b"")
    }

    /// Has an agent observe a session of three turns.
    fn observe(&self, agent: &str, session: u32) -> (u16, Value) {
        let turns = [
            ("Ada", "I live in Oslo now."),
            ("Ben", "My sister plays chess."),
            ("Ada", "I work as a baker."),
        ];
        let turns = turns.map(|(speaker, text)| json!({ "speaker": speaker, "text": text }));
        self.ask(
            &format!("PUT /agents/{agent}/sessions/{session}"),
            &json!({ "time": format!("{session} May 2026"), "turns": turns }),
        )
    }

    fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        let sent = Command::new("kill").args([name, &id]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn memories() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("memories.redb");
    (folder, path)
}

#[test]
fn what_was_observed_outlives_the_process_however_it_ends() {
    let (_folder, memories) = memories();
    let service = Service::start(&memories, &[]);
    assert_eq!(service.get("/health"), (200, json!({ "status": "ok" })));
    for session in 1..=3 {
        let (status, observed) = service.observe("ada", session);
        assert_eq!(status, 201, "{observed}");
        assert_eq!(observed["sessions"], session);
        assert_eq!(observed["memory"].as_str().unwrap().len(), 64);
    }
    assert_eq!(service.observe("ben", 1).0, 201);
    let ada = service.get("/agents/ada/entries");
    assert_eq!((ada.0, &ada.1["sessions"]), (200, &json!(3)));
    let question = json!({ "text": "Where does Ada live?" });
    let answer = service.ask("POST /agents/ada/questions", &question);
    assert_eq!(answer.0, 200);
    assert!(answer.1["text"].is_string() && answer.1["citations"].is_array());

    service.signal("-KILL");
    drop(service);
    let mut service = Service::start(&memories, &[]);
    assert_eq!(service.get("/agents/ada/entries"), ada);
    assert_eq!(service.ask("POST /agents/ada/questions", &question), answer);
    assert_eq!(service.get("/agents/ben/entries").1["sessions"], 1);

    // Told to end, it answers what it has begun, and ends well.
    service.signal("-TERM");
    assert!(service.process.wait().unwrap().success());
    let mut rest = String::new();
    service.said.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
}

#[test]
fn a_session_is_observed_once_however_often_it_is_sent() {
    let (_folder, memories) = memories();
    let service = Service::start(&memories, &[]);
    let statuses: Vec<u16> = thread::scope(|scope| {
        let send = || scope.spawn(|| service.observe("ada", 1).0);
        let sent: Vec<_> = (0..8).map(|_| send()).collect();
        sent.into_iter().map(|sent| sent.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1);
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 7);
    for session in [0, 1, 3] {
        let error = "ada has observed 1 sessions: the next is session 2";
        assert_eq!(
            service.observe("ada", session),
            (409, json!({ "error": error }))
        );
    }
}

#[test]
fn a_snapshot_is_gone_back_to_and_a_user_is_forgotten() {
    let (_folder, memories) = memories();
    // With one seat, agents come and go between any two requests.
    let service = Service::start(&memories, &["--live", "1"]);
    let (_, first) = service.observe("ada", 1);
    service.observe("ben", 1);
    let kept = service.ask("PUT /agents/ada/snapshots/monday", &json!(null));
    let monday = json!({ "sessions": 1, "memory": first["memory"] });
    assert_eq!(kept, (201, monday.clone()));
    let before = service.get("/agents/ada/entries");
    let (_, second) = service.observe("ada", 2);
    assert_ne!(second["memory"], first["memory"]);

    let back = service.ask("POST /agents/ada/snapshots/monday/restore", &json!(null));
    assert_eq!(back, (200, monday));
    assert_eq!(service.get("/agents/ada/entries"), before);
    // The same session leads to the same memory again.
    assert_eq!(service.observe("ada", 2), (201, second));
    let names = json!({ "snapshots": ["monday"] });
    assert_eq!(service.get("/agents/ada/snapshots"), (200, names));
    let nothing = service.ask("POST /agents/ada/snapshots/tuesday/restore", &json!(null));
    assert_eq!(
        nothing,
        (404, json!({ "error": "ada has no snapshot tuesday" }))
    );

    assert_eq!(service.send("DELETE /agents/ada", b""), (204, Value::Null));
    let gone = json!({ "error": "ada has observed no session yet" });
    assert_eq!(service.get("/agents/ada/entries"), (404, gone.clone()));
    assert_eq!(service.send("DELETE /agents/ada", b""), (404, gone));
    let none = json!({ "snapshots": [] });
    assert_eq!(service.get("/agents/ada/snapshots"), (200, none));
    assert_eq!(service.get("/agents/ben/entries").0, 200);
    assert_eq!(service.observe("ada", 1), (201, first));
}

#[test]
fn what_cannot_be_done_is_an_error_in_json_and_harms_nothing() {
    let (_folder, memories) = memories();
    let service = Service::start(&memories, &[]);
    service.observe("ada", 1);
    let before = service.get("/agents/ada/entries");
    let session = "PUT /agents/ada/sessions/2";
    let long = json!({ "time": "a ".repeat(1 << 20), "turns": [] }).to_string();
    let cases: [(&str, &[u8], u16, &str); 9] = [
        ("GET /nowhere", b"", 404, "there is no /nowhere"),
        (
            "GET /agents/ada/questions",
            b"",
            405,
            "/agents/ada/questions cannot be asked for with GET",
        ),
        ("GET /agents/a%20b/entries", b"", 400, "\"a b\" is no name"),
        (
            "GET /agents/zoe/entries",
            b"",
            404,
            "zoe has observed no session yet",
        ),
        ("PUT /agents/ada/sessions/two", b"", 400, "Invalid URL"),
        (session, b"{", 400, "Failed to parse"),
        (session, br#"{"time": "now"}"#, 422, "missing field `turns`"),
        (
            session,
            br#"{"time": "", "turns": [], "secret": 1}"#,
            422,
            "unknown field `secret`",
        ),
        (session, long.as_bytes(), 413, "length limit"),
    ];
    for (head, body, expected, why) in cases {
        let (status, answer) = service.send(head, body);
        assert_eq!(status, expected, "{head}: {answer}");
        let error = answer["error"].as_str().unwrap();
        assert!(error.contains(why), "{head}: {error}");
    }
    assert_eq!(service.get("/agents/ada/entries"), before);
    // A turn that the model's context has no room for is not read, which counts as
    // an output that cannot be used and is said; the agent goes on.
    let turn = json!({ "speaker": "Ada", "text": "river ".repeat(20_000) });
    let (status, answer) = service.ask(session, &json!({ "time": "now", "turns": [turn] }));
    assert_eq!((status, &answer["malformed"]), (201, &json!(1)), "{answer}");
    assert_eq!(answer["context_overflows"], 1, "{answer}");
    let warning = answer["warning"].as_str().unwrap();
    assert!(warning.contains("1 prompts were not read"), "{warning}");
    assert_eq!(
        service.get("/agents/ada/entries").1["entries"],
        before.1["entries"]
    );
    let (status, answer) = service.observe("ada", 3);
    assert_eq!((status, &answer["context_overflows"]), (201, &json!(0)));
    assert!(answer.get("warning").is_none(), "{answer}");
}

#[test]
fn more_requests_than_there_is_room_for_are_turned_away_and_health_is_not() {
    let (_folder, memories) = memories();
    let service = Service::start(&memories, &["--requests", "0"]);
    let (status, answer) = service.observe("ada", 1);
    assert_eq!(status, 503);
    assert_eq!(
        answer["error"],
        "too many requests at once: try again later"
    );
    assert_eq!(service.get("/health").0, 200);
}

#[test]
fn what_it_cannot_serve_is_one_line_at_the_start() {
    let (folder, memories) = memories();
    let refusal = |memories: &Path, arguments: &[&str]| {
        let output = command(memories).args(arguments).output().unwrap();
        memloom_tests::refusal(&output)
    };
    std::fs::write(&memories, "no store").unwrap();
    let path = memories.display();
    assert!(
        refusal(&memories, &[]).starts_with(&format!("error: cannot open the store in {path}: "))
    );
    let free = folder.path().join("free.redb");
    let nowhere = refusal(&free, &["--weights", "nowhere"]);
    assert!(nowhere.contains("nowhere"), "{nowhere}");
    let service = Service::start(&free, &[]);
    let expected = format!(
        "error: cannot open the store in {}: another process has it open",
        free.display()
    );
    assert_eq!(refusal(&free, &[]), expected);
    let listening = refusal(
        &folder.path().join("other.redb"),
        &["--listen", &service.address],
    );
    assert!(
        listening.starts_with("error: cannot listen on "),
        "{listening}"
    );
}
