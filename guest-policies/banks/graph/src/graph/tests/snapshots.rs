//! Snapshots, and random operations against a model of the bank.

use super::*;
use memloom_sdk::random::Random;

#[test]
fn a_restored_graph_is_the_same_and_goes_on_in_the_same_way() {
    let mut bank = chain();
    let recipe = r#"{"item": "planks", "makes": 4, "needs": {"log": 1}}"#;
    let more = vec![
        episode("x", &["g1", "g3"]),
        Operation::custom("recipe", recipe),
        Operation::Delete("g1".into()),
    ];
    apply(&mut bank, more);
    let mut restored = Graph::default();
    restored.restore(&bank.snapshot()).unwrap();
    assert_eq!(restored.entries(), bank.entries());
    assert_eq!(restored.snapshot(), bank.snapshot());
    for bank in [&mut bank, &mut restored] {
        assert_eq!(apply(bank, vec![link(["a", "by", "b"])]), ["g6"]);
        assert_eq!(found(bank, "", r#"{"seeds": {"a": 2}}"#), ["g6", "g2"]);
    }
    assert_eq!(restored.snapshot(), bank.snapshot());
}

#[test]
fn a_snapshot_that_no_operations_leave_changes_nothing() {
    let mut bank = chain();
    let before = bank.snapshot();
    let mut without_session = chain();
    without_session.instances.remove(&1);
    let mut of_no_session = chain();
    of_no_session.instances.entry(1).or_default().clear();
    let with = |node: Node, text: &str| {
        let mut bank = chain();
        let insertion = Insertion::new(text, "", vec![]);
        bank.nodes.add(&at(1), insertion, node).unwrap();
        bank.instances.entry(4).or_default().insert(1);
        bank.snapshot()
    };
    let triple = Triple::new(&["a", "by", "b"].map(String::from), "link").unwrap();
    for bytes in [
        before[..before.len() - 1].to_vec(),
        b"nonsense".to_vec(),
        without_session.snapshot(),
        of_no_session.snapshot(),
        with(Node::Triple(triple.clone()), "a, by, b"),
        with(Node::Triple(triple), "another text"),
        with(Node::Episode(vec![4]), "x"),
        with(Node::Episode(vec![2, 1]), "x"),
    ] {
        assert!(bank.restore(&bytes).is_err());
        assert_eq!(bank.snapshot(), before);
    }
}

/// A model of the bank: its triples as (number, text).
#[derive(Default)]
struct Model {
    triples: Vec<(usize, String)>,
    last: usize,
}

impl Model {
    fn place(&self, text: &str) -> Option<usize> {
        self.triples.iter().position(|(_, other)| other == text)
    }

    fn link(&mut self, text: &str) {
        if self.place(text).is_none() {
            self.last += 1;
            self.triples.push((self.last, text.into()));
        }
    }

    fn replace(&mut self, old: &str, new: &str) -> bool {
        match self.place(old) {
            None => false,
            Some(place) => {
                if old != new {
                    self.triples.remove(place);
                }
                self.link(new);
                true
            }
        }
    }
}

#[test]
fn random_operations_leave_what_a_model_of_the_bank_has() {
    let mut random = Random::new(3);
    for _ in 0..50 {
        let (mut bank, mut model) = (Graph::default(), Model::default());
        for _ in 0..40 {
            let mut end = || *random.pick(&["a", "b", "c"]).unwrap();
            let [one, other] = [[end(), "by", end()], [end(), "by", end()]];
            let number = random.below(6) as usize;
            let (operation, expected) = match random.below(3) {
                0 => {
                    model.link(&one.join(", "));
                    (link(one), true)
                }
                1 => (
                    replace(one, other),
                    model.replace(&one.join(", "), &other.join(", ")),
                ),
                _ => {
                    let place = model.triples.iter().position(|(other, _)| *other == number);
                    place.map(|place| model.triples.remove(place));
                    (Operation::Delete(format!("g{number}")), place.is_some())
                }
            };
            let done = bank.apply(at(1), vec![operation]).remove(0).is_ok();
            assert_eq!(done, expected);
            let entries = bank.entries().into_iter();
            let shown: Vec<(String, String)> = entries.map(|e| (e.id, e.text)).collect();
            let expected = model
                .triples
                .iter()
                .map(|(n, text)| (format!("g{n}"), text.clone()));
            assert_eq!(shown, expected.collect::<Vec<_>>());
            let at_a = model.triples.iter().filter(|(_, text)| {
                let ends: Vec<&str> = text.split(", ").collect();
                ends[0] == "a" || ends[2] == "a"
            });
            let at_a: Vec<String> = at_a.map(|(n, _)| format!("g{n}")).collect();
            bank.configure(r#"{"top": 9}"#).unwrap();
            assert_eq!(found(&bank, "", r#"{"seeds": ["a"]}"#), at_a);
            let mut restored = Graph::default();
            restored.restore(&bank.snapshot()).unwrap();
            assert_eq!(restored.snapshot(), bank.snapshot());
        }
    }
}
