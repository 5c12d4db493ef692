//! `memloom chat`: conversations that are piped into it.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

use memloom_tests::server::{Asked, Reply, Server};
use memloom_tests::{TinyRun, component, memloom, refusal};
use serde_json::{Value, json};

/// Pipes lines into a conversation.
fn chat(subject: &Path, columns: &str, arguments: &[&str], script: &str) -> Output {
    let mut command = memloom();
    command.arg("chat").arg(subject).args(arguments);
    command.env("COLUMNS", columns).env_remove("NO_COLOR");
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    // A refused conversation reads no line.
    let _ = child.stdin.take().unwrap().write_all(script.as_bytes());
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "it failed:\n{errors}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Returns the lines after the greeting.
fn lines(output: &Output) -> Vec<String> {
    let text = said(output);
    let lines = text.lines().skip_while(|line| !line.ends_with("commands."));
    lines.skip(1).map(str::to_owned).collect()
}

/// A model that notes what is said, corrects what it knows about where somebody lives, and
/// forgets what is taken back.
fn secretary(asked: &Asked) -> Reply {
    let messages = asked.body["messages"].as_array().unwrap();
    let last = messages.last().unwrap()["content"].as_str().unwrap();
    let input: Value = serde_json::from_str(&last[last.find("{\"").unwrap()..]).unwrap();
    if let Some(turns) = input["turns"].as_array() {
        let facts: Vec<Value> = turns
            .iter()
            .filter(|turn| turn["text"] != "Nice weather!")
            .map(|turn| json!({"speaker": turn["speaker"], "dia_id": turn["dia_id"], "fact": turn["text"]}))
            .collect();
        return Reply::chat(&json!({ "facts": facts }).to_string());
    }
    if let Some(facts) = input["facts"].as_array() {
        let memories = input["memories"].as_array().unwrap();
        let known = |word: &str| {
            let about = memories
                .iter()
                .find(|memory| memory["content"].as_str().unwrap().contains(word));
            about.map(|memory| memory["memory_id"].clone())
        };
        let operations: Vec<Value> = facts
            .iter()
            .map(|fact| {
                let text = fact["fact"].as_str().unwrap();
                match (known("live"), known("Cuba")) {
                    (Some(id), _) if text.contains("live") => {
                        json!({"operation": "UPDATE", "memory_id": id, "content": text, "dia_id": fact["dia_id"]})
                    }
                    (_, Some(id)) if text.contains("Cuba") => {
                        json!({"operation": "DELETE", "memory_id": id})
                    }
                    _ => {
                        json!({"operation": "INSERT", "speaker": fact["speaker"], "content": text, "dia_id": fact["dia_id"]})
                    }
                }
            })
            .collect();
        return Reply::chat(&json!({ "operations": operations }).to_string());
    }
    let people = input["people"].to_string();
    let place = ["Porto", "Lisbon"]
        .into_iter()
        .find(|place| people.contains(place));
    Reply::chat(&format!("<answer>{}</answer>", place.unwrap_or_default()))
}

/// A run of `memory-r2`, whose weights exist, with all roles on a server.
fn served(server: &Server) -> (TinyRun, Vec<String>) {
    let mut run = TinyRun::new();
    run.settings = [
        &format!("components.policy=\"{}\"", component("memory-r2").display()),
        "policy.options={max_chunks=1, max_tokens=32, answer_tokens=8}",
        "tokenizer.kind=bytes",
        "tokenizer.vocabulary=900",
        "backbone.context=6000",
        "stage=[{horizon=1, steps=1}]",
        "evaluation.horizon=1",
        "warm_start.steps=1",
        "warm_start.checks=0",
    ]
    .map(str::to_owned)
    .into();
    run.finish(&[]);
    let roles = ["extractor", "manager", "answerer"].map(|role| {
        format!(
            "servers.{role}={{url=\"{}/v1\", model=\"m\", attempts=1}}",
            server.url()
        )
    });
    let settings = roles
        .iter()
        .flat_map(|role| ["--set".to_owned(), role.clone()]);
    let settings = settings.chain(["--name", "Ann", "--date", "3 May 2026"].map(str::to_owned));
    let settings = settings.collect();
    (run, settings)
}

#[test]
fn a_person_sees_what_is_written_changed_and_deleted_and_undoes_and_forks() {
    let server = Server::start(|_, asked| secretary(asked));
    let (run, settings) = served(&server);
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    let talk = |script: &str| chat(&run.out(), "40", &settings, script);

    let first = "I live in Lisbon near the old river.\nI have booked a trip to Cuba.\nNice weather!\n/session\n";
    let output = talk(&format!(
        "{first}/ask Where does Ann live?\n/memory\n/date 9 May 2026\nI live in Porto now, not in Lisbon.\nI have called off Cuba.\n/session\n/ask\nWhere does Ann live?\n/memory\n/undo\n/memory\n/undo\n/undo\n"
    ));
    let shown = lines(&output);
    let expected = [
        "session 1, 3 May 2026, 3 lines",
        "+ m1  I live in Lisbon near the old",
        "      river.",
        "+ m2  I have booked a trip to Cuba.",
        "2 outputs",
        "= Lisbon",
        "  from D1:1",
        "  m1  I live in Lisbon near the old",
        "      river.",
        "      (Ann, 3 May 2026)",
        "  m2  I have booked a trip to Cuba.",
        "      (Ann, 3 May 2026)",
        "session 2, 9 May 2026, 2 lines",
        "~ m1  I live in Porto now, not in",
        "      Lisbon.",
        "      (was: I live in Lisbon near the",
        "      old river.)",
        "- m2  I have booked a trip to Cuba.",
        "2 outputs",
        "= Porto",
        "  from D1:1 D2:1",
        "  m1  I live in Porto now, not in",
        "      Lisbon.",
        "      (Ann, 9 May 2026)",
        "session 2 undone (2 lines); 2 entries in",
        "the memory",
        "  m1  I live in Lisbon near the old",
        "      river.",
        "      (Ann, 3 May 2026)",
        "  m2  I have booked a trip to Cuba.",
        "      (Ann, 3 May 2026)",
        "session 1 undone (3 lines); 0 entries in",
        "the memory",
        "! there is nothing to undo",
    ];
    assert_eq!(shown, expected);
    assert!(said(&output).lines().all(|line| line.chars().count() <= 40));
    assert!(!said(&output).contains('\x1b'), "a pipe gets no colours");

    // A fork changes nothing of its parent, and begins with its memory and unread lines.
    let output = talk(&format!(
        "{first}I live in Porto.\n/fork\n/session\n/memory\n/switch 1\n/memory\n/forks\n/undo\n/switch 2\n/undo\n/memory\n/switch 3\n"
    ));
    let shown = lines(&output);
    let entry = |text: &str| [format!("  m1  {text}")];
    let expected = [
        "fork 2 of 1, 2 entries in the memory:",
        "/switch 1 goes back",
        "session 2, 3 May 2026, 1 line",
        "~ m1  I live in Porto.",
        "      (was: I live in Lisbon near the",
        "      old river.)",
        "2 outputs",
        &entry("I live in Porto.")[0],
        "      (Ann, 3 May 2026)",
        "  m2  I have booked a trip to Cuba.",
        "      (Ann, 3 May 2026)",
        "fork 1, 2 entries in the memory",
        "  m1  I live in Lisbon near the old",
        "      river.",
        "      (Ann, 3 May 2026)",
        "  m2  I have booked a trip to Cuba.",
        "      (Ann, 3 May 2026)",
        "* 1  1 session, 2 entries, 1 line unread",
        "  2  of 1, 2 sessions, 2 entries",
        "1 line dropped",
        "fork 2, 2 entries in the memory",
        "session 2 undone (1 line); 2 entries in",
        "the memory",
        "  m1  I live in Lisbon near the old",
        "      river.",
        "      (Ann, 3 May 2026)",
        "  m2  I have booked a trip to Cuba.",
        "      (Ann, 3 May 2026)",
        "! there is no fork 3: /forks lists them",
    ];
    assert_eq!(shown[5..], expected);
}

#[test]
fn a_failing_model_leaves_the_agent_as_it_was() {
    let server = Server::start(|_, asked| match asked.body.to_string() {
        text if text.contains("poison") => Reply::Status(400, &[], "no".into()),
        _ => secretary(asked),
    });
    let (run, settings) = served(&server);
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    let script = "I live in Lisbon.\n/session\nI own poison.\n/session\n/memory\n/ask poison?\n/undo\nI live in Porto.\n/session\n/sesion\n/session\nunread\n";
    let output = chat(&run.out(), "400", &settings, script);
    let shown = lines(&output);
    assert!(
        shown[4].starts_with("! the session was not read, and its lines are kept: "),
        "{shown:#?}"
    );
    assert!(shown[4].contains("400"), "{shown:#?}");
    assert_eq!(
        shown[5..7],
        ["  m1  I live in Lisbon.", "      (Ann, 3 May 2026)"]
    );
    assert!(
        shown[7].starts_with("! the question was not answered: "),
        "{shown:#?}"
    );
    assert_eq!(
        shown[8..],
        [
            "1 line dropped",
            "session 2, 3 May 2026, 1 line",
            "~ m1  I live in Porto.",
            "      (was: I live in Lisbon.)",
            "2 outputs",
            "! there is no command /sesion: /help lists them",
            "! the session has no lines yet",
            "not read: 1 line of the last session, which no /session ended",
        ]
    );
}

#[test]
fn the_agent_of_a_small_run_is_talked_to_by_folder_and_by_file() {
    let run = TinyRun::new();
    run.finish(&[]);
    let script = "I live in Rome.\nI drive a red Suzuki.\n/as Ben\nI work as a carpenter.\n/session\n/memory\nI live in Oslo.\n/session\n/undo\n/memory\n/ask Where does User live?\n";
    let output = chat(&run.out(), "80", &["--date", "3 May 2026"], script);
    let shown = lines(&output);
    assert_eq!(shown[0], "session 1, 3 May 2026, 3 lines");
    // The shown insertions are the memory, and it is the same after the undone session.
    let added: Vec<&str> = shown
        .iter()
        .filter_map(|line| line.strip_prefix("+ "))
        .collect();
    let undone = shown
        .iter()
        .position(|line| line.starts_with("session 2 undone"))
        .unwrap();
    let listed = |lines: &[String]| -> Vec<String> {
        let entries = lines.iter().filter(|line| line.starts_with("  m"));
        entries.map(|line| line.trim().to_owned()).collect()
    };
    let (before, after) = (listed(&shown[..undone]), listed(&shown[undone..]));
    assert_eq!(before, after, "{shown:#?}");
    assert!(
        before.iter().all(|entry| added.contains(&entry.as_str())),
        "{shown:#?}"
    );
    // The same seed and weights do the same.
    let file = run.folder.path().join("run.toml");
    let again = chat(&file, "80", &["--date", "3 May 2026"], script);
    assert_eq!(lines(&again), shown);
    // A model needs no run. A model of words does not read the prompts of memory-r2.
    let model = chat(
        &run.out().join("final"),
        "80",
        &[],
        "/memory\n/quit\n/memory\n",
    );
    assert_eq!(lines(&model), ["the memory is empty"]);
}

#[test]
fn what_cannot_be_talked_to_is_refused_in_one_line() {
    let run = TinyRun::new();
    let empty = run.folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    for (subject, arguments, why) in [
        (
            &empty,
            &[][..],
            "is neither a run's folder (with run.toml) nor a model's (with config.json)",
        ),
        (&empty.join("no.toml"), &[], "cannot read the run file"),
        (
            &run.folder.path().join("run.toml"),
            &[],
            "/out/final: has the run ended? Name others with --weights",
        ),
        (
            &run.folder.path().join("run.toml"),
            &["--weights", "nowhere"],
            "nowhere",
        ),
    ] {
        let refused = refusal(&chat(subject, "80", arguments, "hello\n"));
        assert!(refused.contains(why), "{refused}");
    }
}
