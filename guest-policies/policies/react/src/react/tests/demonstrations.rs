//! Demonstrations, over several banks.

use super::*;

#[test]
fn demonstrations_follow_the_advice_in_every_form_and_bank() {
    fn through<B: Bank>(bank: B, options: &str) -> (u32, Vec<Entry>, Vec<Request>) {
        let mut host = MockHost::demonstrated(bank).in_environment(Boxes::new(70, 68, true));
        host.demonstrator = Some(("expert", 1));
        let reports = live(&mut configured(options), &mut host);
        let malformed = reports.iter().map(|r| r.malformed + r.refused).sum();
        assert_eq!(brought(&host), 1.0);
        (malformed, host.bank.entries(), host.requests)
    }
    for constrained in ["true", "false"] {
        for notes in ["none", "lessons", "observations"] {
            let options = format!(r#"{{"constrained": {constrained}, "notes": "{notes}"}}"#);
            let (malformed, flat, requests) = through(Flat::default(), &options);
            assert_eq!(malformed, 0);
            assert_eq!(flat.is_empty(), notes == "none");
            assert!(
                requests
                    .iter()
                    .all(|request| request.demonstration.is_some())
            );
            let actor = requests
                .iter()
                .rfind(|request| request.role == "actor")
                .unwrap();
            let said = actor.demonstration.as_deref().unwrap();
            assert_eq!(
                said,
                if constrained == "true" {
                    "a4"
                } else {
                    "action: open box 68"
                }
            );

            let (malformed, cases, _) = through(Cases::default(), &options);
            assert_eq!(malformed, 0);
            assert_eq!(cases.len(), if notes == "none" { 0 } else { 2 });
            if let Some(last) = cases.last() {
                assert_eq!(last.text, "bring the key .");
                let fields: Vec<&str> = last.fields.iter().map(|(_, v)| v.as_str()).collect();
                assert!(fields[0].ends_with("open box 68"), "{fields:?}");
                assert_eq!(fields[1..], ["success", "", "", "1", "", "1", "1"]);
            }
        }
    }
}

#[test]
fn a_case_of_an_earlier_task_is_shown_in_the_next() {
    let mut host = MockHost::demonstrated(Cases::default()).in_environment(Boxes::new(3, 2, true));
    host.demonstrator = Some(("expert", 1));
    let options = r#"{"constrained": true, "notes": "observations", "query": {"by": "value"}}"#;
    let mut policy = configured(options);
    live(&mut policy, &mut host);
    one(&mut policy, &mut host, 2);
    let last = prompt(host.requests.last().unwrap());
    assert!(
        last.contains("notes :\nbring the key . : open box 2\n"),
        "{last}"
    );
    assert_eq!(
        host.bank.entries()[1].fields[6],
        ("uses".into(), "2".into())
    );

    let mut policy = configured(r#"{"query": {"by": "luck"}}"#);
    let content = host.environment.as_mut().unwrap().session(2).unwrap();
    let Err(Error::Invalid(why)) = policy.observe(&mut host, content, None) else {
        panic!("accepted");
    };
    assert!(why.contains("luck"), "{why}");
}
