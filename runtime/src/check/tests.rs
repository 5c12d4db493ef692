#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::limits::Limits;
use crate::load::Sandbox;
use crate::testing;

fn check(bytes: &[u8]) -> Result<Report, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("odd.wasm");
    std::fs::write(&path, bytes).unwrap();
    let sandbox = Sandbox::new(Limits::default()).unwrap();
    Check::default().run(&sandbox, &path)
}

/// Returns the fault of the check `contract`, which must fail.
fn contract_fault(text: &str) -> Fault {
    let report = check(&wat::parse_str(text).unwrap()).unwrap();
    let [
        Finding {
            check,
            outcome: Outcome::Failed(fault),
            ..
        },
        ..,
    ] = report.findings.as_slice()
    else {
        panic!("{report}");
    };
    assert_eq!(check, "contract");
    assert!(!report.passed());
    fault.clone()
}

#[test]
fn another_version_of_the_contract_is_named() {
    let text = r#"(component (instance $i) (export "memloom:agent/bank@0.3.0" (instance $i)))"#;
    let fault = contract_fault(text);
    assert!(fault.what.contains("memloom:agent/bank@0.3.0"), "{fault:?}");
}

#[test]
fn a_forbidden_import_is_named() {
    let fault = contract_fault(
        r#"(component
            (import "wasi:random/random@0.2.0" (instance))
            (instance $i)
            (export "memloom:agent/bank@0.2.0" (instance $i))
            (export "memloom:agent/state@0.2.0" (instance $i)))"#,
    );
    assert!(fault.what.contains("wasi:random/random@0.2.0"), "{fault:?}");
}

#[test]
fn bytes_that_are_no_component_are_an_error() {
    let error = check(&testing::bank().module()).unwrap_err().to_string();
    assert!(error.contains("it is a core module"), "{error}");
}

#[test]
fn a_policy_is_not_checked_without_a_fixture() {
    let error = check(&testing::policy().build()).unwrap_err().to_string();
    assert_eq!(
        error,
        "odd: checking a policy needs a bank and an environment: pass --config RUN.toml"
    );
}

#[test]
fn a_report_survives_json() {
    let report = check(&testing::environment().build()).unwrap();
    let json = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
    assert!(json.contains(r#""outcome":"ok""#), "{json}");
    assert!(json.contains(r#""outcome":{"failed":{"at":"#), "{json}");
}
