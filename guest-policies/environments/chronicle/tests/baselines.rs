//! tmp
#![allow(clippy::unwrap_used, reason = "tests")]
use bank_flat::Flat;
use environment_chronicle::Chronicle;
use environment_chronicle::kind::lexicon;
use memloom_guest::bank::{Bank, Query};
use memloom_guest::environment::Environment;
use memloom_guest::text::lower_words;
use memloom_guest::types::*;
use std::collections::BTreeMap;

struct Agent {
    bank: Flat,
    speakers: Vec<String>,
}
fn q(text: &str, speaker: &str, limit: u32) -> Query {
    Query { text: text.into(), vector: None, speaker: Some(speaker.into()), limit, threshold: 1e-6 }
}
impl Agent {
    fn observe(&mut self, s: &Session, hints: &[Hint]) {
        let at = Moment { session: s.index, time: s.time.clone() };
        let mut ops = vec![];
        for t in &s.turns {
            if !self.speakers.contains(&t.speaker) { self.speakers.push(t.speaker.clone()); }
            let Some(h) = hints.iter().find(|h| h.turn == t.id) else { continue };
            let insert = || Operation::Insert(Insertion { text: t.text.clone(), speaker: t.speaker.clone(), evidence: vec![t.id.clone()], vector: None });
            let rel = self.bank.retrieve(&q(&t.text, &t.speaker, 3)).unwrap();
            let find = |turn: &String| rel.iter().find(|h| h.entry.evidence.contains(turn)).map(|h| h.entry.id.clone());
            match &h.gesture {
                Gesture::Insert => ops.push(insert()),
                Gesture::Update(turn) => ops.push(match find(turn) {
                    Some(id) => Operation::Update(Revision { id, text: t.text.clone(), evidence: vec![t.id.clone()], vector: None }),
                    None => insert(),
                }),
                Gesture::Delete(turn) => if let Some(id) = find(turn) { ops.push(Operation::Delete(id)) },
                Gesture::Skip => {}
            }
        }
        self.bank.apply(at, ops);
    }
    fn read(&self, kind: &LexiconKind, query: &str, person: &str, value: Option<&str>) -> Option<(Hit2, String)> {
        let hits = self.bank.retrieve(&q(query, person, 2)).unwrap();
        let mut best: Option<(Hit2, String)> = None;
        for h in hits {
            let words = lower_words(&h.entry.text);
            let Some(i) = words.iter().position(|w| kind.values.contains(w)) else { continue };
            if let Some(v) = value { if !words.iter().any(|w| w == v) { continue } }
            let mut a = words[i].clone();
            if words.get(i + 1).is_some_and(|w| w.parse::<u32>().is_ok()) { a = format!("{a} {}", words[i + 1]); }
            let id: u32 = h.entry.id[1..].parse().unwrap();
            let key = (h.entry.last_session, id);
            if best.as_ref().is_none_or(|(b, _)| (b.0, b.1) < key) { best = Some(((key.0, key.1, h.entry.time.clone()), a)); }
        }
        best
    }
    fn answer(&self, question: &str) -> String {
        let lex = lexicon();
        let words = lower_words(question);
        let named = self.speakers.iter().find(|s| words.contains(&s.to_lowercase())).cloned();
        let kinds: Vec<&LexiconKind> = lex.iter().filter(|k| k.cues.iter().any(|c| words.contains(c))).collect();
        let cues = |k: &LexiconKind| { let mut c: Vec<String> = k.cues.iter().filter(|c| words.contains(c)).cloned().collect(); c.push(k.cues[0].clone()); c.join(" ") };
        if words[0] == "when" && words[1] == "did" {
            let (k, v) = lex.iter().filter(|k| k.name != "mentor").find_map(|k| k.values.iter().find(|v| words.contains(v)).map(|v| (k, v))).unwrap();
            return self.read(k, question, &named.unwrap(), Some(v)).map(|(h, _)| h.2).unwrap_or_default();
        }
        if let Some(name) = named {
            if kinds.len() == 1 { return self.read(kinds[0], &cues(kinds[0]), &name, None).map(|x| x.1).unwrap_or_default(); }
            let m = kinds.iter().find(|k| k.name == "mentor").unwrap();
            let k = kinds.iter().find(|k| k.name != "mentor").unwrap();
            let Some((_, who)) = self.read(m, &cues(m), &name, None) else { return String::new() };
            let who = self.speakers.iter().find(|s| s.to_lowercase() == who).cloned().unwrap_or_default();
            return self.read(k, &cues(k), &who, None).map(|x| x.1).unwrap_or_default();
        }
        let (k1, v) = lex.iter().filter(|k| k.name != "mentor").find_map(|k| k.values.iter().find(|v| words.contains(v)).map(|v| (k, v))).unwrap();
        let k2 = kinds.iter().find(|k| k.name != k1.name).unwrap();
        let mut best: Option<(Hit2, String)> = None;
        for s in &self.speakers {
            if let Some((h, a)) = self.read(k1, &cues(k1), s, None) && &a == v && best.as_ref().is_none_or(|(b, _)| b < &h) { best = Some((h, s.clone())); }
        }
        let Some((_, who)) = best else { return String::new() };
        self.read(k2, &cues(k2), &who, None).map(|x| x.1).unwrap_or_default()
    }
}
type Hit2 = (u32, u32, String);

fn run(how: &str, sessions: u32, episodes: u64, show: bool) {
    let mut env = Chronicle::default();
    env.load(vec![], "{}").unwrap();
    let (mut reward, mut ratio, mut qa, mut nq, mut bare) = (0.0, 0.0, 0.0, 0, 0);
    let mut cats: BTreeMap<String, (u32, f32)> = BTreeMap::new();
    for e in 0..episodes {
        env.open("held-out", e, sessions).unwrap();
        let mut agent = Agent { bank: Flat::default(), speakers: vec![] };
        let mut words = 0;
        for s in 1..=sessions {
            let SessionContent::Dialogue(session) = env.session(s).unwrap() else { panic!() };
            words += session.turns.iter().map(|t| memloom_guest::text::word_count(&t.text)).sum::<usize>();
            let base = match how { "insert-only" | "no-delete" => "expert", x => x };
            let mut hints = env.demonstrate(base, s, e).unwrap();
            if how == "insert-only" { hints.retain(|h| !matches!(h.gesture, Gesture::Delete(_))); for h in &mut hints { h.gesture = Gesture::Insert } }
            if how == "no-delete" { hints.retain(|h| !matches!(h.gesture, Gesture::Delete(_))); }
            agent.observe(&session, &hints);
        }
        let qs = env.questions().unwrap();
        let mut sum = 0.0;
        let mut covered = std::collections::BTreeSet::new();
        for q in &qs {
            let a = agent.answer(&q.text);
            let s = env.score(&q.id, &Answer { text: a.clone(), citations: vec![] }).unwrap();
            sum += s.reward;
            covered.extend(q.sessions.iter().copied());
            let c = cats.entry(q.category.clone()).or_default(); c.0 += 1; c.1 += s.reward;
            if show && s.reward < 1.0 && how == "expert" { println!("e{e} {} {:?} -> {a:?}", q.text, q.sessions); }
        }
        bare += sessions as usize - covered.len();
        let f = sum / qs.len() as f32;
        let w = agent.bank.stats().words as f32;
        let c = (w - 0.25 * words as f32).max(0.0) / words as f32;
        qa += f; nq += qs.len(); ratio += w / words as f32; reward += f - 0.5 * c;
    }
    let n = episodes as f32;
    print!("T={sessions:2} {how:12} reward {:.3} qa {:.3} ratio {:.3} questions {:.1} bare {:.4} |", reward / n, qa / n, ratio / n, nq as f32 / n, bare as f32 / n / sessions as f32);
    for (k, (c, s)) in cats { print!(" {k} {:.1}:{:.2}", c as f32 / n, s / c as f32); }
    println!();
}

#[test]
fn table() {
    for t in [8, 16, 32] {
        for how in ["expert", "no-delete", "insert-only", "demonstrator", "everything", "nothing"] { run(how, t, 60, true); }
    }
    let mut env = Chronicle::default();
    env.load(vec![], "{}").unwrap();
    env.open("train", 0, 8).unwrap();
    for s in 1..=8 { let SessionContent::Dialogue(x) = env.session(s).unwrap() else { panic!() }; println!("-- {}", x.time); for t in x.turns { println!("{} {}: {}", t.id, t.speaker, t.text); } }
    for q in env.questions().unwrap() { println!("{} [{}] {:?} {:?}", q.text, q.category, q.sessions, q.evidence); }
    // mix
    use environment_chronicle::story::Meaning;
    for t in [8, 16, 32] {
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new(); let mut words = 0; let mut n = 0;
        for e in 0..100 {
            let o = environment_chronicle::options::Options::default();
            let s = environment_chronicle::life::live(&o, &environment_chronicle::options::Address { split: environment_chronicle::names::Split::Train, index: e, sessions: t });
            for (_, l) in s.lines() { n += 1; words += lower_words(&l.text).len(); *counts.entry(match &l.meaning { Meaning::Fact(s, _) if s.kind == environment_chronicle::kind::Kind::Trip => "plan", Meaning::Fact(..) => "fact", Meaning::Change { correction: true, .. } => "correction", Meaning::Change { .. } => "change", Meaning::Cancellation { .. } => "cancel", Meaning::Lure(..) => "lure", Meaning::Ephemeral => "ephemeral", Meaning::Talk => "talk" }).or_default() += 1; }
        }
        println!("T={t} {:?} words/turn {:.2}", counts.iter().map(|(k, v)| (k, (*v as f32 / n as f32 * 1000.0).round() / 10.0)).collect::<Vec<_>>(), words as f32 / n as f32);
    }
}
