//! The form of outputs, what it costs to break it, and advisers who fail.

use memloom_sdk::environment::{DataFile, Description, Episode, LoadReport};
use memloom_sdk::types::{Observation, Question, Score};

use super::*;

#[test]
fn a_right_answer_is_paid_less_its_price_and_a_wrong_one_nothing() {
    let first = First::new(ASKED, 1);
    let wrong = "<think>hm</think><answer>nobody</answer>";
    for (outputs, success, route) in [
        (&[&*first.right()][..], 1.0, 1.0),
        (
            &[&first.ask(), &first.right()],
            1.0,
            0.4 + 0.6 * (1.0 - first.price / 10.0),
        ),
        (&[wrong], 0.0, 0.0),
        (&[&first.ask(), wrong], 0.0, 0.0),
    ] {
        let mut host = scripted(outputs, opened(ASKED, 1, 4));
        let report = live("{}", &mut host, 1).remove(0);
        assert_eq!((report.malformed, report.steps), (0, outputs.len() as u32));
        let metrics = metrics(&host, 1);
        assert_eq!(metrics["success"], success);
        assert!((metrics["route"] - route).abs() < 1e-6, "{metrics:?}");
    }
}

#[test]
fn broken_tags_with_the_right_answer_are_worth_minus_1() {
    let first = First::new(ASKED, 1);
    let broken = format!("<think>hm<answer>{}</answer>", first.gold);
    let mut host = scripted(&[&broken, &first.right()], opened(ASKED, 1, 4));
    let report = live("{}", &mut host, 1).remove(0);
    assert_eq!((report.malformed, report.steps), (1, 2));
    let metrics = metrics(&host, 1);
    assert_eq!((metrics["success"], metrics["route"]), (1.0, -1.0));
    assert_eq!(
        last(&host.requests[1]),
        "<information>\nThis is no action. Use ask ADVISER: RELATION of NAME or answer NAME.\n\
         </information>"
    );
}

#[test]
fn a_search_without_a_name_or_a_question_is_malformed_and_an_unknown_name_is_told() {
    let first = First::new(ASKED, 1);
    let empty = format!("{}:", first.adviser);
    for (search, malformed, route) in [
        (": x", 1, -1.0),
        (&*empty, 1, -1.0),
        ("NAME: QUESTION", 1, -1.0),
        ("nobody: x", 0, -1.0),
    ] {
        let output = format!("<think>hm</think><search>{search}</search>");
        let mut host = scripted(&[&output, &first.right()], opened(ASKED, 1, 4));
        let report = live("{}", &mut host, 1).remove(0);
        assert_eq!(report.malformed, malformed, "{search}");
        let metrics = metrics(&host, 1);
        assert_eq!((metrics["asked"], metrics["route"]), (0.0, route));
        if malformed == 0 {
            let told = "<information>\nThere is no such adviser.\n</information>";
            assert_eq!(last(&host.requests[1]), told);
        }
    }
}

#[test]
fn a_second_colon_belongs_to_the_question() {
    let first = First::new(ASKED, 1);
    let ask = first.ask().replace(": ", ": please: ");
    let mut host = scripted(&[&ask, &first.right()], opened(ASKED, 1, 4));
    let report = live("{}", &mut host, 1).remove(0);
    assert_eq!(report.malformed, 0);
    assert_eq!(metrics(&host, 1)["asked"], 1.0);
    let told = format!(
        "<information>\n{} says that the {} is ",
        first.adviser, first.question
    );
    assert!(last(&host.requests[1]).starts_with(&told));
}

/// Advisers whom nobody reaches.
struct Lost(Counsel);

impl Environment for Lost {
    fn act(&mut self, action: &str) -> Result<Observation, Error> {
        match action.starts_with("ask ") {
            true => Err(Error::Invalid("the server is lost".into())),
            false => self.0.act(action),
        }
    }

    fn session(&mut self, index: u32) -> Result<SessionContent, Error> {
        self.0.session(index)
    }

    fn describe(&self) -> Description {
        self.0.describe()
    }

    fn load(&mut self, files: Vec<DataFile>, options: &str) -> Result<LoadReport, Error> {
        self.0.load(files, options)
    }

    fn open(&mut self, split: &str, index: u64, horizon: u32) -> Result<Episode, Error> {
        self.0.open(split, index, horizon)
    }

    fn questions(&self) -> Result<Vec<Question>, Error> {
        self.0.questions()
    }

    fn score(&self, question: &str, answer: &Answer) -> Result<Score, Error> {
        self.0.score(question, answer)
    }

    fn demonstrate(&self, name: &str, index: u32, seed: u64) -> Result<Vec<Hint>, Error> {
        self.0.demonstrate(name, index, seed)
    }
}

#[test]
fn an_adviser_who_fails_ends_the_session_and_is_no_answer() {
    let first = First::new(ASKED, 1);
    let mut host = MockHost::scripted(Flat::default(), &[&first.ask(), &first.right()])
        .in_environment(Lost(opened(ASKED, 1, 4)));
    let failed = one(&mut configured("{}"), &mut host, 1);
    assert_eq!(failed, Err(Error::Invalid("the server is lost".into())));
    assert_eq!(host.requests.len(), 1);
    assert!(host.bank.entries().is_empty());
}

#[test]
fn a_model_that_fails_ends_the_session() {
    let failed = one(
        &mut configured("{}"),
        &mut scripted(&[], opened(ASKED, 1, 4)),
        1,
    );
    let why = "the script has no further output";
    assert_eq!(failed, Err(Error::Invalid(why.into())));
}

#[test]
fn after_the_last_search_only_an_answer_is_an_action() {
    let first = First::new(ASKED, 1);
    let ask = first.ask();
    let mut host = scripted(&[&ask, &ask], opened(ASKED, 1, 4));
    let report = live(r#"{"calls": 1}"#, &mut host, 1).remove(0);
    assert_eq!((report.steps, report.malformed), (2, 1));
    let shown = last(&host.requests[1]);
    assert!(
        shown.ends_with("\n</information>\nNow answer: no search is left."),
        "{shown}"
    );
    let metrics = metrics(&host, 1);
    assert_eq!((metrics["asked"], metrics["route"]), (1.0, -1.0));
}

#[test]
fn what_a_search_brings_is_cut_and_outputs_stay_whole() {
    let first = First::new(ASKED, 1);
    let mut host = scripted(&[&first.ask(), &first.right()], opened(ASKED, 1, 4));
    live(r#"{"information_tokens": 4}"#, &mut host, 1);
    let messages = &host.requests[1].messages;
    let told = format!("<information>\n{} says that\n</information>", first.adviser);
    assert_eq!(messages[3].content, told);
    assert_eq!(messages[2].content, first.ask());
    assert_eq!(host.requests[0].stop, ["</search>", "</answer>"]);
}
