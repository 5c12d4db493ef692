#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::PathBuf;

use super::*;

const MINIMAL: &str = r#"
    [run]
    out = "runs/x"
    [components]
    bank = "b.wasm"
    environment = "e.wasm"
    policy = "p.wasm"
    [[stage]]
    horizon = 8
    steps = 3
"#;

fn read(text: &str, settings: &[&str]) -> Result<RunFile> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.toml");
    std::fs::write(&path, text).unwrap();
    let settings: Vec<String> = settings.iter().map(|s| s.to_string()).collect();
    RunFile::read(&path, &settings)
}

fn complaint(text: &str, settings: &[&str]) -> String {
    format!("{:#}", read(text, settings).unwrap_err())
}

#[test]
fn a_resolved_file_reads_back_as_itself() {
    let file = read(MINIMAL, &[]).unwrap();
    let resolved = file.resolved().unwrap();
    let again = read(&resolved, &[]).unwrap();
    assert_eq!(resolved, again.resolved().unwrap());
    let adapted = read(MINIMAL, &["backbone.lora.rank=4"]).unwrap();
    let again = read(&adapted.resolved().unwrap(), &[]).unwrap();
    let served = "servers.judge={url=\"http://x/v1\", model=\"m\"}";
    let served = read(MINIMAL, &[served, "embedder.path=e"]).unwrap();
    let resolved = served.resolved().unwrap();
    let other = read(&resolved, &[]).unwrap();
    assert_eq!(resolved, other.resolved().unwrap());
    assert_eq!(other.servers[JUDGE].attempts, 5);
    let lora = again.backbone.lora.unwrap();
    assert_eq!((lora.rank, lora.alpha, lora.targets.len()), (4, 32.0, 7));
}

#[test]
fn settings_reach_sections_lists_and_strings() {
    let file = read(
        MINIMAL,
        &[
            "algorithm.rollouts=4",
            "stage.0.steps=9",
            "run.out=runs/y",
            "environment.options.seed=7",
        ],
    )
    .unwrap();
    assert_eq!(file.algorithm.rollouts, 4);
    assert_eq!(file.stages[0].steps, 9);
    assert_eq!(file.run.out, PathBuf::from("runs/y"));
    assert_eq!(file.environment.options["seed"].as_integer(), Some(7));
}

#[test]
fn a_file_that_extends_another_says_what_is_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text);
    write("base.toml", MINIMAL).unwrap();
    let over =
        "extends = \"base.toml\"\n[algorithm]\nrollouts = 4\n[[stage]]\nhorizon = 2\nsteps = 1\n";
    write("over.toml", over).unwrap();
    let file = RunFile::read(&folder.path().join("over.toml"), &[]).unwrap();
    assert_eq!((file.algorithm.rollouts, file.algorithm.rerolls), (4, 4));
    assert_eq!(file.components.bank, PathBuf::from("b.wasm"));
    assert_eq!((file.stages.len(), file.stages[0].horizon), (1, 2));

    let unset = |keys: &str| {
        let text = format!("extends = \"over.toml\"\nunset = {keys}\n");
        write("unset.toml", &text).unwrap();
        let read = RunFile::read(&folder.path().join("unset.toml"), &[]);
        read.map_err(|error| format!("{error:#}"))
    };
    let file = unset("[\"algorithm.rollouts\", \"stage\"]").unwrap();
    assert_eq!((file.algorithm.rollouts, file.stages.len()), (8, 0));
    let lost = unset("[\"algorithm.kl\"]").unwrap_err();
    assert!(
        lost.ends_with("unset names algorithm.kl, which the extended file does not set"),
        "{lost}"
    );
    assert!(
        unset("\"stage\"")
            .unwrap_err()
            .contains("must be a list of keys")
    );
    write("alone.toml", &format!("unset = [\"stage\"]\n{MINIMAL}")).unwrap();
    let alone = RunFile::read(&folder.path().join("alone.toml"), &[]);
    assert!(format!("{:#}", alone.unwrap_err()).contains("extends another"));

    write("circle.toml", "extends = \"circle.toml\"").unwrap();
    let circle = RunFile::read(&folder.path().join("circle.toml"), &[]);
    assert!(format!("{:#}", circle.unwrap_err()).contains("extend each other"));
    write("lost.toml", "extends = \"nowhere.toml\"").unwrap();
    let lost = RunFile::read(&folder.path().join("lost.toml"), &[]);
    assert!(format!("{:#}", lost.unwrap_err()).contains("nowhere.toml"));
}

#[test]
fn renamed_keys_are_refused_with_their_new_names() {
    for (setting, said) in [
        (
            "logo.kl=0.1",
            "--set logo.kl=0.1: logo.kl was renamed: use algorithm.kl",
        ),
        ("logo={}", "use algorithm"),
        ("logo={algorithm=\"ppo\"}", "use algorithm.name"),
        ("outside.rollouts.url=x", "use servers.sampler.url"),
        ("outside.judge={url=\"http://x\"}", "use servers.judge.url"),
        ("algorithm.name=group-in-group", "use \"gigpo\""),
    ] {
        let complaint = complaint(MINIMAL, &[setting]);
        assert!(complaint.ends_with(said), "{complaint}");
    }
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text);
    write("old.toml", &format!("{MINIMAL}\n[logo]\nrollouts = 4\n")).unwrap();
    write("over.toml", "extends = \"old.toml\"").unwrap();
    for name in ["old.toml", "over.toml"] {
        let refused = RunFile::read(&folder.path().join(name), &[]).unwrap_err();
        let said = "old.toml: logo.rollouts was renamed: use algorithm.rollouts";
        assert!(format!("{refused:#}").ends_with(said), "{refused:#}");
    }
    // A role or an option may have a name that a section had.
    read(
        MINIMAL,
        &["environment.options.logo=1", "algorithm.name=gigpo"],
    )
    .unwrap();
}

#[test]
fn a_curriculum_does_not_shrink() {
    let longer = |horizon: u32| {
        let text = format!("{MINIMAL}\n[[stage]]\nhorizon = {horizon}\nsteps = 1\n");
        read(&text, &[])
    };
    assert!(longer(16).is_ok() && longer(8).is_ok() && longer(0).is_ok());
    let shorter = format!("{:#}", longer(4).unwrap_err());
    assert!(
        shorter.contains("stage 2 has a shorter horizon (4)"),
        "{shorter}"
    );
}

#[test]
fn a_gate_has_a_bound_and_room() {
    let gated = |gate: &str| {
        let text = format!("{MINIMAL}\ngate = {gate}\n");
        read(&text, &[]).map_err(|error| format!("{error:#}"))
    };
    let file = gated(r#"{ metric = "m-fail", below = 0.1, most_steps = 9 }"#).unwrap();
    let gate = file.stages[0].gate.unwrap();
    assert!(gate.passes(0.09) && !gate.passes(0.1));
    let none = gated(r#"{ metric = "f1", most_steps = 9 }"#).unwrap_err();
    assert!(none.contains("needs `below` or `above`"), "{none}");
    let tight = gated(r#"{ metric = "f1", above = 0.5, most_steps = 1 }"#).unwrap_err();
    assert!(
        tight.contains("gate.most_steps must be at least the stage's steps (3), got 1"),
        "{tight}"
    );
}

#[test]
fn complaints_name_the_key() {
    assert!(complaint(MINIMAL, &["algorithm.rolouts=4"]).contains("rolouts"));
    assert!(
        complaint(MINIMAL, &["algorithm.rollouts=1"])
            .contains("algorithm.rollouts must be at least 2, got 1")
    );
    assert!(complaint(MINIMAL, &["stage.3.steps=1"]).contains("none at 3"));
    assert!(
        complaint(MINIMAL, &["algorithm.penalty=-1"])
            .contains("algorithm.penalty must be 0 or more, got -1")
    );
    assert!(
        complaint(MINIMAL, &["algorithm.kl=nan"])
            .contains("algorithm.kl must be 0 or more, got NaN")
    );
    assert!(
        complaint(MINIMAL, &["algorithm.rerolls=1"])
            .contains("algorithm.rerolls must be at least 2, got 1")
    );
    assert!(
        complaint(MINIMAL, &["algorithm.local_probability=1.5"])
            .contains("must be in [0, 1], got 1.5")
    );
    assert!(complaint(MINIMAL, &["algorithm.name=magic"]).contains("magic"));
    assert!(
        complaint(MINIMAL, &["stage.0.penalty=-1"])
            .contains("stage 1: penalty must be 0 or more, got -1")
    );
    assert!(complaint(MINIMAL, &["nonsense"]).contains("key=value"));
    assert!(complaint(MINIMAL, &["algorithm.charge=nobody"]).contains("nobody"));
    for (setting, said) in [
        ("rank=0", "backbone.lora.rank = 0"),
        ("alpha=0", "backbone.lora.alpha = 0"),
        ("alpha=nan", "backbone.lora.alpha = NaN"),
        ("dropout=1", "backbone.lora.dropout = 1"),
        ("dropout=-0.1", "backbone.lora.dropout = -0.1"),
        ("targets=[]", "backbone.lora.targets is empty"),
        (
            "targets=[\"lm_head\"]",
            "backbone.lora.targets names \"lm_head\"",
        ),
        ("ranks=3", "ranks"),
    ] {
        let complaint = complaint(MINIMAL, &[&format!("backbone.lora.{setting}")]);
        assert!(complaint.contains(said), "{complaint}");
    }
    assert!(complaint("run = 3", &[]).contains("run file"));
    assert!(complaint("[run", &[]).contains("is not TOML"));
}

#[test]
fn choices_that_exclude_each_other_are_named() {
    for (settings, part) in [
        (
            &["algorithm.before=expert"][..],
            "needs algorithm.name = \"local-grpo\"",
        ),
        (
            &[
                "algorithm.name=local-grpo",
                "algorithm.anchors=lowest-reward",
            ],
            "there are no rollouts to compare",
        ),
        (
            &[
                "algorithm.name=local-grpo",
                "algorithm.before=expert",
                "algorithm.reroll_from=chunk",
            ],
            "a demonstrator (expert) has none",
        ),
        (
            &["algorithm.name=local-grpo", "draw.share=0.5"],
            "needs rollouts of whole episodes",
        ),
        (&["algorithm.accepted=1.0"], "algorithm.credit = \"step\""),
        (
            &["algorithm.credit=step", "algorithm.judged=1.0"],
            "algorithm.judged needs a judge",
        ),
        (
            &["algorithm.call_cost={expert=-1.0}"],
            "algorithm.call_cost.expert must be 0 or more",
        ),
        (
            &["algorithm.most_steps=0"],
            "algorithm.most_steps must be at least 1",
        ),
        (
            &["algorithm.least_advantage=-1.0"],
            "algorithm.least_advantage must be 0 or more",
        ),
        (&["draw.share=1.5"], "draw.share must be in [0, 1], got 1.5"),
        (&["draw.low=0.9"], "no return lies between"),
        (
            &["intrinsic.exploit=1.0"],
            "intrinsic compares outputs by their vectors: name an embedder in [embedder] or [servers.embedder]",
        ),
        (
            &["intrinsic.explore=-1.0"],
            "intrinsic.explore must be 0 or more, got -1",
        ),
        (
            &["intrinsic.success=nan"],
            "intrinsic.success must be a number, got NaN",
        ),
        (
            &["intrinsic.window=0"],
            "intrinsic.window must be at least 1",
        ),
        (
            &["policy.variants=[{ share = 0.7, options = {} }, { share = 0.7, options = {} }]"],
            "they must not exceed 1",
        ),
        (
            &["policy.variants=[{ share = 0.0, options = {} }]"],
            "share must be in (0, 1], got 0",
        ),
        (
            &["evaluation.samples=0"],
            "evaluation.samples must be at least 1",
        ),
        (
            &["evaluation.top_p=0.0"],
            "evaluation.top_p must be in (0, 1], got 0",
        ),
        (
            &["evaluation.temperature=-1.0"],
            "evaluation.temperature must be 0 or more",
        ),
        (&["limits.fule=3"], "unknown field `fule`"),
    ] {
        let why = complaint(MINIMAL, settings);
        assert!(why.contains(part), "{settings:?}: {why}");
    }
    let shaped = read(
        MINIMAL,
        &["algorithm.credit=step", "algorithm.accepted=1.0"],
    )
    .unwrap();
    assert_eq!(shaped.algorithm.shaping(), Shaping::Accepted);
    assert_eq!(read(MINIMAL, &["limits.fuel=9"]).unwrap().limits.fuel, 9);
    let lone = read(MINIMAL, &["algorithm.name=local-grpo"]).unwrap();
    assert_eq!(
        (lone.algorithm.rollouts(), lone.algorithm.before()),
        (1, None)
    );
}

#[test]
fn what_pairs_replays_and_instructions_need_is_named() {
    for (settings, part) in [
        (
            &["algorithm.beta=0"][..],
            "algorithm.beta must be above 0, got 0",
        ),
        (
            &["algorithm.smoothing=0.5"],
            "algorithm.smoothing must be in [0, 0.5), got 0.5",
        ),
        (
            &["replay.share=1.0"],
            "replay.share trains on outputs of earlier policies: set algorithm.name = \"webrl\"",
        ),
        (
            &["replay.share=-1.0"],
            "replay.share must be 0 or more, got -1",
        ),
        (
            &["instructions.texts=[\"a\"]", "algorithm.name=reinforce++"],
            "instructions: reinforce++ compares over all episodes of a step",
        ),
        (
            &["instructions.texts=[\"a\"]", "algorithm.name=local-grpo"],
            "instructions needs rollouts of whole episodes",
        ),
        (
            &["instructions.texts=[\"a\"]", "policy.options.instruction=b"],
            "policy.options.instruction and instructions.texts both name an instruction",
        ),
        (
            &["instructions.texts=[\"a\", \"a\"]"],
            "instructions.texts has a text twice",
        ),
        (
            &["instructions.texts=[\" \"]"],
            "instructions.texts has an empty text",
        ),
        (
            &[
                "instructions.texts=[\"a\", \"b\"]",
                "instructions.population=1",
            ],
            "instructions.population is 1, and there are 2 texts",
        ),
        (
            &["instructions.texts=[\"a\"]", "instructions.momentum=1"],
            "instructions.momentum must be in [0, 1), got 1",
        ),
        (&["replay.low=0.95"], "no probability lies between"),
        (&["replay.rollouts=0"], "replay.rollouts must be at least 1"),
    ] {
        let why = complaint(MINIMAL, settings);
        assert!(why.contains(part), "{settings:?}: {why}");
    }
}

#[test]
fn losses_of_log_ratios_do_without_the_switches_of_the_clipped_objective() {
    let settings = [
        "algorithm.name=dpo",
        "algorithm.ratio=sequence",
        "algorithm.importance_cap=2.0",
    ];
    let objective = read(MINIMAL, &settings).unwrap().algorithm.objective();
    assert_eq!(objective, objective.linear());
    let clipped = read(MINIMAL, &settings[1..]).unwrap().algorithm.objective();
    assert_ne!(clipped, clipped.linear());
}

#[test]
fn the_first_instruction_is_the_policy_s_option_also_when_it_is_read_again() {
    let file = read(MINIMAL, &["instructions.texts=[\"a\", \"b\"]"]).unwrap();
    assert_eq!(file.policy.options["instruction"].as_str(), Some("a"));
    let again = read(&file.resolved().unwrap(), &[]).unwrap();
    assert_eq!(again.resolved().unwrap(), file.resolved().unwrap());
}
