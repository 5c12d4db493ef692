//! `memloom check`: the components of this repository pass, and a component with one mistake fails
//! only the check of that mistake.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::process::Command;

use memloom_tests::{build_for_wasm, component, example, memloom, project, root};
use serde_json::Value;

fn check(component: &Path) -> Command {
    let mut check = memloom();
    check.arg("check").arg(component);
    check
}

/// Names of checks by result.
fn outcomes(report: &Value, outcome: &str) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .filter(|finding| {
            finding["outcome"] == outcome || finding["outcome"].get(outcome).is_some()
        })
        .map(|finding| finding["check"].as_str().unwrap().to_owned())
        .collect()
}

#[track_caller]
fn assert_passes(check: &mut Command) {
    let output = check.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(
        said.lines().filter(|line| line.starts_with("ok ")).count() > 9,
        "{said}"
    );
}

#[test]
fn our_own_components_pass_whatever_the_seed() {
    for name in ["flat", "chronicle", "selector", "memory-r2"] {
        for seed in ["1", "2", "3"] {
            assert_passes(check(&component(name)).args(["--seed", seed]));
        }
    }
}

#[test]
fn policies_that_act_in_an_environment_s_own_words_pass() {
    for (policy, run) in [
        ("react", "house"),
        ("memagent", "scroll"),
        ("hiagent", "blocks"),
        ("remem", "stream"),
        ("amem", "amem"),
        ("reflective", "reflective"),
        ("ariadne", "ariadne"),
        ("router", "router"),
        ("casebook", "casebook"),
    ] {
        let config = root().join(format!("examples/runs/{run}.toml"));
        let mut check = check(&component(policy));
        assert_passes(check.current_dir(root()).arg("--config").arg(config));
    }
}

/// Returns three made-up conversations of two sessions.
fn conversations() -> String {
    let one = |name: &str| {
        serde_json::json!({"sample_id": name, "conversation": {
            "speaker_a": "Ann", "speaker_b": "Bo",
            "session_1_date_time": "1:56 pm on 8 May, 2023",
            "session_1": [
                {"speaker": "Ann", "dia_id": "D1:1", "text": "I adopted a dog named Rex."},
                {"speaker": "Bo", "dia_id": "D1:2", "text": "Nice! How are you?"}],
            "session_2_date_time": "2:00 pm on 9 June, 2023",
            "session_2": [
                {"speaker": "Bo", "dia_id": "D2:1", "text": "I moved to Köln."}],
        }, "qa": [
            {"question": "What is Ann's dog called?", "answer": "Rex", "evidence": ["D1:1"], "category": 4},
            {"question": "Where does Bo live?", "answer": "Köln", "evidence": ["D2:1"], "category": 1},
        ]})
    };
    serde_json::to_string(&["c1", "c2", "c3"].map(one)).unwrap()
}

#[test]
fn an_environment_with_data_passes_with_it_and_says_so_without() {
    let folder = tempfile::tempdir().unwrap();
    let (data, config) = (
        folder.path().join("data.json"),
        folder.path().join("run.toml"),
    );
    std::fs::write(&data, conversations()).unwrap();
    let text = r#"
[run]
out = "nowhere"
[components]
bank = "a"
environment = "b"
policy = "c"
[environment.options]
train = ["c1"]
validation = ["c2"]
held-out = ["c3"]
"#;
    std::fs::write(&config, text).unwrap();
    let mut sound = check(&component("locomo"));
    assert_passes(sound.arg("--config").arg(&config).arg("--data").arg(&data));

    let output = check(&component("locomo")).arg("--json").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(outcomes(&report, "failed"), ["load"]);
    assert!(outcomes(&report, "not-run").len() > 9);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.starts_with("error: 12 of 13 checks failed"), "{said}");
}

#[test]
fn examples_in_other_languages_pass() {
    for path in ["errands", "ledger"]
        .iter()
        .filter_map(|name| example(name))
    {
        assert_passes(&mut check(&path));
    }
}

#[test]
fn a_report_is_narrow_and_the_same_every_time() {
    let said = || check(&component("chronicle")).output().unwrap().stdout;
    let report = said();
    assert_eq!(report, said());
    let report = String::from_utf8(report).unwrap();
    assert!(
        report.lines().all(|line| line.chars().count() < 80),
        "{report}"
    );
}

/// A mistake: the kind of component, the check that must fail, and the replacements in the
/// template.
type Mistake = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

const BOMB: &str = "std::hint::black_box(vec![1u8; 1 << 29]);";
const NO_SNAPSHOT: (&str, &str) = (
    r#".map_err(|error| Error::Invalid(format!("these bytes are not a snapshot: {error}")))?"#,
    r#".expect("a snapshot")"#,
);

/// Mistakes that an author could make in a project of `memloom new`.
const MISTAKES: &[Mistake] = &[
    (
        "bank",
        "limits",
        &[(
            "fn end_session(_at: Moment) {}",
            "fn end_session(_at: Moment) { BOMB }",
        )],
    ),
    (
        "bank",
        "schema",
        &[(
            r#"r#"{"type":"object","properties":{"id":{"type":"string"}}}"#,
            r#"r#"an id"#,
        )],
    ),
    (
        "bank",
        "operations",
        &[("entry.last_session = at.session;", "")],
    ),
    (
        "bank",
        "operations",
        &[(
            "self.entries.push(Entry {",
            "self.entries.insert(0, Entry {",
        )],
    ),
    (
        "bank",
        "operations",
        &[(
            "if !entry.evidence.contains(&turn) {",
            "entry.evidence.clear();\n{",
        )],
    ),
    (
        "bank",
        "operations",
        &[(
            "words(&entry.text).count() as u64",
            "entry.text.len() as u64",
        )],
    ),
    (
        "bank",
        "retrieval",
        &[("b.score.total_cmp(&a.score)", "a.score.total_cmp(&b.score)")],
    ),
    (
        "bank",
        "retrieval",
        &[("wanted.len().max(1) as f32", "0.0")],
    ),
    (
        "bank",
        "retrieval",
        &[("hits.truncate(query.limit as usize);", "hits.truncate(10);")],
    ),
    (
        "bank",
        "unicode",
        &[(
            "Ok(line)",
            "Ok(line.replace(|c: char| !c.is_ascii(), \"?\"))",
        )],
    ),
    (
        "bank",
        "bad-arguments",
        &[(
            "let place = self.entries.iter()",
            "assert!(!id.is_empty());\nlet place = self.entries.iter()",
        )],
    ),
    (
        "bank",
        "state",
        &[("last: u64,", "#[serde(skip)]\nlast: u64,")],
    ),
    ("bank", "bad-snapshots", &[NO_SNAPSHOT]),
    (
        "environment",
        "load",
        &[(
            "SPLITS.iter().map(split).collect()",
            "SPLITS.iter().take(0).map(split).collect()",
        )],
    ),
    (
        "environment",
        "limits",
        &[(
            "let mut random = Random(saved",
            "BOMB\nlet mut random = Random(saved",
        )],
    ),
    (
        "environment",
        "description",
        &[(
            r#"categories: vec!["colour".into(), "task".into()]"#,
            r#"categories: vec!["colour".into(), "task".into(), "task".into()]"#,
        )],
    ),
    (
        "environment",
        "episodes",
        &[(
            "(open.index << 8)",
            "(open.index << 8) ^ u64::from(open.sessions)",
        )],
    ),
    (
        "environment",
        "questions",
        &[(
            "evidence: vec![liking.turn]",
            r#"evidence: vec!["D99:1".into()]"#,
        )],
    ),
    (
        "environment",
        "scores",
        &[(
            "Ok(Score {\n            reward,",
            "Ok(Score {\n            reward: reward - 0.5,",
        )],
    ),
    (
        "environment",
        "demonstrators",
        &[(
            "DemonstratedOperation::Update(before)",
            "DemonstratedOperation::Update(format!(\"{before}0\"))",
        )],
    ),
    (
        "environment",
        "demonstrators",
        &[(
            r#""nothing" => None"#,
            r#""nothing" => Some(DemonstratedOperation::Insert)"#,
        )],
    ),
    (
        "environment",
        "unicode",
        &[(
            "let asked = story.likings.get(",
            "assert!(question.is_ascii());\nlet asked = story.likings.get(",
        )],
    ),
    (
        "environment",
        "bad-arguments",
        &[(
            "found.ok_or_else(|| Error::Unknown(format!(\"the episode has no session {index}\")))",
            "Ok(found.expect(\"a session\"))",
        )],
    ),
    (
        "environment",
        "state",
        &[(
            "SAVED.set(read);",
            "SAVED.with_borrow_mut(|saved| (saved.reading, saved.said) = (read.reading, read.said));",
        )],
    ),
    ("environment", "bad-snapshots", &[NO_SNAPSHOT]),
    (
        "environment",
        "acting",
        &[("check_demonstrator(&demonstrator)?;", "")],
    ),
    (
        "environment",
        "acting",
        &[("let done = reading.left == 0;", "let done = false;")],
    ),
    (
        "policy",
        "description",
        &[(
            "roles: vec![ROLE.into()]",
            "roles: vec![ROLE.into(), ROLE.into()]",
        )],
    ),
    (
        "policy",
        "configure",
        &[(
            "None => Ok(())",
            "None => Err(Error::Invalid(\"no\".into()))",
        )],
    ),
    (
        "policy",
        "limits",
        &[("let mut inserted = 0;", "let mut inserted = 0;\nBOMB")],
    ),
    (
        "policy",
        "answers",
        &[(
            "citations: hit.entry.evidence",
            "citations: vec![\"D0:0\".into()]",
        )],
    ),
    (
        "policy",
        "state",
        &[
            (
                "struct Component;",
                "struct Component;\nstatic SEEN: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);",
            ),
            (
                "report.steps += 1;",
                "report.steps += SEEN.fetch_add(1, std::sync::atomic::Ordering::Relaxed);",
            ),
        ],
    ),
    (
        "policy",
        "bad-snapshots",
        &[(
            "if bytes == SNAPSHOT {",
            "assert_eq!(bytes, SNAPSHOT);\nif true {",
        )],
    ),
    (
        "policy",
        "requests",
        &[("role: ROLE.into()", "role: \"other\".into()")],
    ),
    (
        "policy",
        "requests",
        &[(r#"["keep", "drop"]"#, r#"["keep", "dropped"]"#)],
    ),
    (
        "policy",
        "model-output",
        &[(
            "let Some(kept) = parse(",
            "assert!(!said.is_empty());\nlet Some(kept) = parse(",
        )],
    ),
    (
        "policy",
        "unicode",
        &[(
            "let lines = turns.iter().zip(1..);",
            "assert!(turns.iter().all(|turn| turn.text.is_ascii()));\nlet lines = turns.iter().zip(1..);",
        )],
    ),
    (
        "policy",
        "bad-arguments",
        &[(
            "let mut inserted = 0;",
            "assert!(!session.turns.is_empty());\nlet mut inserted = 0;",
        )],
    ),
];

/// Writes the projects of all mistakes into one workspace, so that shared dependencies are
/// compiled once.
fn write_mistakes(folder: &Path) -> Vec<String> {
    let names: Vec<String> = (0..MISTAKES.len())
        .map(|place| format!("mistake-{place}"))
        .collect();
    for ((kind, check, changes), name) in MISTAKES.iter().zip(&names) {
        let project = project(folder, kind, name, "rust");
        let change = |file: &str, from: &str, to: &str| {
            let path = project.join(file);
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(
                text.contains(from),
                "{kind}, {check}: no {from:?} in the template"
            );
            std::fs::write(path, text.replacen(from, to, 1)).unwrap();
        };
        for (from, to) in *changes {
            change("src/lib.rs", from, &to.replace("BOMB", BOMB));
        }
        // Members of one workspace need libraries of different names.
        change(
            "Cargo.toml",
            "name = \"component\"",
            &format!("name = \"{}\"", name.replace('-', "_")),
        );
        let manifest = std::fs::read_to_string(project.join("Cargo.toml")).unwrap();
        let member = manifest.split("[profile.release]").next().unwrap();
        std::fs::write(project.join("Cargo.toml"), member).unwrap();
        std::fs::copy(project.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    }
    let manifest = "[workspace]\nresolver = \"3\"\nmembers = [\"mistake-*\"]\n\
                    [profile.release]\npanic = \"abort\"\nopt-level = 1\n";
    std::fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    names
}

#[test]
fn a_mistake_fails_its_own_check_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let names = write_mistakes(folder.path());
    let modules = build_for_wasm(folder.path());
    for ((kind, wanted, _), name) in MISTAKES.iter().zip(&names) {
        let component = folder.path().join(format!("{name}.wasm"));
        let module = modules.join(format!("{}.wasm", name.replace('-', "_")));
        let made = memloom()
            .arg("componentize")
            .args([&module, &component])
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        let output = check(&component).arg("--json").output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(1),
            "{kind}, {wanted}: nothing was found"
        );
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(outcomes(&report, "failed"), [*wanted], "{kind}: {report:#}");
    }
}
