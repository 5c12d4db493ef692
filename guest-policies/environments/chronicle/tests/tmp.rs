//! tmp
#![allow(clippy::unwrap_used, reason = "tests")]
use bank_flat::Flat;
use environment_chronicle::Chronicle;
use memloom_guest::types::*;
use memloom_guest::{Environment, Policy, Rehearsal, State};
use policy_selector::Selector;
#[test]
fn wide() {
    for (opts, t, n) in [("{}", 1, 200), ("{}", 2, 200), ("{}", 4, 200), ("{}", 8, 1000), ("{}", 16, 400), ("{}", 32, 200), ("{}", 64, 60), ("{\"people\":2}", 16, 200), ("{\"people\":8}", 16, 100), ("{\"people\":5,\"turns\":16}", 16, 100), ("{\"turns\":20}", 32, 50), ("{\"turns\":1}", 32, 50), ("{\"turns\":64}", 32, 20)] {
        let (mut bad, mut qs, mut ss, mut empty) = (0, 0, 0, 0);
        for e in 0..n {
            let mut c = Chronicle::default();
            c.load(vec![], opts).unwrap();
            let split = ["train", "validation", "held-out"][e as usize % 3];
            c.open(split, e, t).unwrap();
            let mut host = Rehearsal::demonstrated(Flat::default());
            let mut s = Selector::default();
            s.configure("{}", c.describe().lexicon).unwrap();
            for i in 1..=t { let x = c.session(i).unwrap(); let h = c.demonstrate("expert", i, 0).unwrap(); s.observe(&mut host, x, Some(h)).unwrap(); }
            let q = c.questions().unwrap();
            if q.is_empty() { empty += 1; }
            for q in q { let a = s.answer(&mut host, &q.text).unwrap(); qs += 1; ss += q.sessions.len();
                if c.score(&q.id, &a).unwrap().reward < 1.0 { bad += 1; if bad < 6 { println!("{split}/{e} {} {:?} {:?}", q.text, a, q.sessions); for x in host.bank_entries() { println!("    {} {} {}", x.id, x.speaker, x.text); } } } }
            let snap = c.snapshot(); let mut d = Chronicle::default(); d.restore(&snap).unwrap(); assert_eq!(d.questions(), c.questions());
        }
        println!("{opts} T={t} wrong {bad} of {qs}, {:.1} questions/episode, {:.2} sessions/question, {:.2} questions/session empty {empty}", qs as f32 / n as f32, ss as f32 / qs as f32, ss as f32 / n as f32 / t as f32);
    }
    let mut c = Chronicle::default();
    c.load(vec![], "{}").unwrap();
    for t in [8, 32, 1000] { let i = std::time::Instant::now(); c.open("train", 3, t).unwrap(); println!("open {t}: {:?} snapshot {} bytes", i.elapsed(), c.snapshot().len()); }
}
trait E { fn bank_entries(&self) -> Vec<Entry>; }
impl E for Rehearsal<Flat> { fn bank_entries(&self) -> Vec<Entry> { use memloom_guest::Bank; self.bank.entries() } }
