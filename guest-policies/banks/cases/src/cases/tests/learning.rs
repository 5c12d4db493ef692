//! Values that are learnt, and draws by value.

use super::*;

const LOGISTIC: &str = r#"{"q": "logistic"}"#;
const BY_VALUE: &str = r#"{"by": "value"}"#;

fn learning() -> Cases {
    let mut bank = Cases::default();
    bank.configure(LOGISTIC).unwrap();
    let operations = vec![
        tried("find the lamp", "go east", "failure"),
        tried("find the lamp", "go west", "success"),
        tried("find the red lamp", "ask Ben", "unknown"),
    ];
    bank.apply(at(1), operations);
    bank
}

#[test]
fn every_case_is_worth_one_half_until_a_use_teaches_otherwise() {
    let mut bank = learning();
    let half = ["c1", "c2", "c3"].map(|id| (id.to_string(), 0.5));
    assert_eq!(find(&bank, "lamp", BY_VALUE), half);
    for _ in 0..40 {
        let uses = vec![
            outcome(&["c2"], 1.0, "find a lamp"),
            outcome(&["c1"], 0.0, "find a lamp"),
        ];
        bank.apply(at(2), uses);
    }
    let found = find(&bank, "find the lamp", BY_VALUE);
    assert_eq!(ids(&found), ["c2", "c3", "c1"]);
    assert!(found[0].1 > 0.7 && found[2].1 < 0.3, "{found:?}");
    // The learnt weights hold for a case that nobody has used, too.
    bank.apply(
        at(3),
        vec![tried("find a blue lamp", "go north", "success")],
    );
    let of_new = find(&bank, "blue", BY_VALUE);
    assert!(of_new[0].1 > 0.6, "{of_new:?}");
}

#[test]
fn a_use_that_is_refused_teaches_nothing() {
    let mut bank = learning();
    let before = bank.snapshot();
    let results = bank.apply(
        at(2),
        vec![outcome(&["c1", "c9"], 1.0, ""), outcome(&["c1"], 2.0, "")],
    );
    assert!(results.iter().all(Result::is_err));
    assert_eq!(bank.snapshot(), before);
}

#[test]
fn what_was_learnt_is_restored_and_each_form_reads_its_own_snapshots() {
    let mut bank = learning();
    bank.apply(at(2), vec![outcome(&["c1"], 0.25, "find rice")]);
    let bytes = bank.snapshot();
    let mut restored = learning();
    restored.restore(&bytes).unwrap();
    assert_eq!(restored.snapshot(), bytes);
    assert_eq!(
        find(&restored, "lamp", BY_VALUE),
        find(&bank, "lamp", BY_VALUE)
    );
    let mut kernel = errands();
    let before = kernel.snapshot();
    let why = "cases: this is a snapshot of \"cases with learnt values\"";
    assert_eq!(kernel.restore(&bytes), Err(Error::Invalid(why.into())));
    assert_eq!(kernel.snapshot(), before);
    let why = "cases with learnt values: this is a snapshot of \"cases\"";
    assert_eq!(restored.restore(&before), Err(Error::Invalid(why.into())));
    assert_eq!(restored.snapshot(), bytes);
}

/// Returns the first cases of a draw among all.
fn drawn(bank: &Cases, draw: u32, limit: u32) -> Vec<String> {
    let query = Query {
        options: format!(r#"{{"by": "value", "draw": {draw}}}"#),
        ..Query::new("lamp rice", limit)
    };
    let hits = bank.retrieve(&query).unwrap().into_iter();
    hits.map(|hit| hit.entry.id).collect()
}

#[test]
fn a_draw_follows_from_its_number_and_prefers_what_helped() {
    let bank = errands();
    let mut of_success = 0;
    for draw in 0..50 {
        let found = drawn(&bank, draw, 1);
        assert_eq!(found, drawn(&bank, draw, 1));
        of_success += u32::from(found == ["c2"]);
        // The best comes first however they were drawn, and the failure is worth nothing.
        assert_eq!(drawn(&bank, draw, 9), ["c2", "c3"]);
    }
    // The success is worth 1 and the other case 0.5: with α = 0.1 it is drawn in all but 0.7 %.
    assert!(of_success >= 48, "{of_success}");
}

#[test]
fn a_draw_at_a_high_temperature_takes_any_case() {
    let mut bank = errands();
    bank.configure(r#"{"alpha": 100}"#).unwrap();
    let of_rice = (0..50).filter(|&draw| drawn(&bank, draw, 1) == ["c3"]);
    let of_rice = of_rice.count();
    assert!((15..=35).contains(&of_rice), "{of_rice}");
}
