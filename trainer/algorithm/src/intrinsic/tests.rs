#![allow(clippy::unwrap_used, reason = "tests")]
use super::*;

const SETTINGS: Settings = Settings {
    exploit: 1.0,
    explore: 0.0,
    neighbours: 1,
    values: 100,
    questions: 10_000,
    window: 100,
    begin: 0,
    success: 1.0,
    scale: Scale::Window,
};

const EXPLORE: Settings = Settings {
    exploit: 0.0,
    explore: 1.0,
    ..SETTINGS
};

fn trial(work: [f32; 2], reward: f64) -> Trial {
    Trial {
        question: "How many?".into(),
        key: vec![1.0, 0.0],
        work: work.into(),
        reward,
        group: 0,
    }
}

/// Memories that hold some work, and the distances of a run so far.
fn remembered(trials: &[Trial], distances: &[f64], novelties: &[f64]) -> Intrinsic {
    let mut memory = Intrinsic::default();
    memory.rewards(&SETTINGS, trials);
    Intrinsic {
        distances: distances.iter().copied().collect(),
        novelties: novelties.iter().copied().collect(),
        ..memory
    }
}

fn near(value: f64, expected: f64) -> bool {
    (value - expected).abs() < 5e-5
}

#[test]
fn work_near_to_successes_is_paid_by_its_distance_from_their_mean() {
    let successes = [trial([1.0, 0.0], 1.0), trial([0.0, 1.0], 1.0)];
    let mut memory = remembered(&successes, &[0.2, 0.9], &[]);
    let reward = memory.rewards(&SETTINGS, &[trial([1.0, 0.0], 1.0)])[0];
    assert!(
        near(memory.distances[2], 0.5_f64.sqrt()),
        "{:?}",
        memory.distances
    );
    assert!(near(reward, 0.2756), "{reward}");
}

#[test]
fn work_unlike_failures_is_paid_by_its_novelty() {
    let mut memory = remembered(&[trial([1.0, 0.0], 0.0)], &[], &[0.0, 0.5]);
    let reward = memory.rewards(&EXPLORE, &[trial([1.0, 1.0], 0.0)])[0];
    assert!(near(memory.novelties[2], 0.2929), "{:?}", memory.novelties);
    assert!(near(reward, 0.5858), "{reward}");
}

#[test]
fn the_same_failure_again_is_not_new() {
    let mut memory = remembered(&[trial([1.0, 0.0], 0.0)], &[], &[0.5]);
    let rewards = memory.rewards(&EXPLORE, &[trial([1.0, 0.0], 0.0)]);
    assert_eq!(rewards, [0.0]);
}

#[test]
fn equal_distances_pay_nothing() {
    let known = [trial([1.0, 0.0], 1.0), trial([1.0, 0.0], 0.0)];
    for scale in [Scale::Window, Scale::Group] {
        let both = Settings {
            explore: 1.0,
            scale,
            ..SETTINGS
        };
        let mut memory = remembered(&known, &[], &[]);
        let same = [trial([0.0, 1.0], 0.0), trial([0.0, 1.0], 0.0)];
        assert_eq!(memory.rewards(&both, &same), [0.0, 0.0], "{scale:?}");
    }
}

#[test]
fn failures_pay_from_a_number_of_questions_on() {
    let later = Settings {
        begin: 2,
        ..EXPLORE
    };
    let mut memory = remembered(&[trial([1.0, 0.0], 0.0)], &[], &[0.0, 1.0]);
    assert_eq!(memory.rewards(&later, &[trial([0.0, 1.0], 1.0)]), [0.0]);
    let other = Trial {
        question: "How much?".into(),
        ..trial([1.0, 0.0], 0.0)
    };
    assert_eq!(memory.rewards(&later, &[other]), [0.0]);
    assert_eq!(memory.rewards(&later, &[trial([0.0, 1.0], 1.0)]), [1.0]);
}

#[test]
fn an_empty_memory_pays_for_novelty_alone() {
    let trials = [trial([1.0, 0.0], 0.0)];
    assert_eq!(Intrinsic::default().rewards(&SETTINGS, &trials), [0.0]);
    assert_eq!(Intrinsic::default().rewards(&EXPLORE, &trials), [1.0]);
}

#[test]
fn no_trial_of_a_step_meets_another() {
    let trials = [trial([1.0, 0.0], 0.0), trial([1.0, 0.0], 0.0)];
    assert_eq!(Intrinsic::default().rewards(&EXPLORE, &trials), [1.0, 1.0]);
}

#[test]
fn the_oldest_question_goes_and_the_others_keep_their_work() {
    let few = Settings {
        questions: 10,
        values: 2,
        ..SETTINGS
    };
    let asked = |number: u8, work: f32| Trial {
        question: format!("{number}?"),
        key: vec![f32::from(number), 0.0],
        work: vec![work, 0.0],
        reward: 1.0,
        group: 0,
    };
    let mut memory = Intrinsic::default();
    for number in 0..11 {
        memory.rewards(&few, &[asked(number, f32::from(number))]);
    }
    let kept: Vec<_> = memory.succeeded.0.iter().map(|it| &it.question).collect();
    assert_eq!(kept.len(), 10);
    assert!(!kept.contains(&&"0?".to_owned()));
    for known in &memory.succeeded.0 {
        assert_eq!(known.work, std::slice::from_ref(&known.key));
    }
    memory.rewards(&few, &[asked(5, 50.0), asked(5, 51.0)]);
    let five = memory.succeeded.0.iter().find(|it| it.question == "5?");
    assert_eq!(five.unwrap().work, [[50.0, 0.0], [51.0, 0.0]]);
}

#[test]
fn a_memory_that_was_written_and_read_goes_on_alike() {
    let trials = [trial([1.0, 0.0], 1.0), trial([0.5, 0.25], 0.0)];
    let mut memory = remembered(&trials, &[0.2], &[0.3]);
    assert_eq!(
        (memory.width(), Intrinsic::default().width()),
        (Some(2), None)
    );
    let text = serde_json::to_string(&memory).unwrap();
    let mut read: Intrinsic = serde_json::from_str(&text).unwrap();
    assert_eq!(read, memory);
    let next = [trial([0.0, 1.0], 0.0)];
    assert_eq!(
        read.rewards(&EXPLORE, &next),
        memory.rewards(&EXPLORE, &next)
    );
}

/// Question, key, work, reward, group and expected reward of a trial.
type Expected = (String, Vec<f32>, Vec<f32>, f64, usize, f64);

/// Settings and steps of trials, by tests/reference/intrinsic.py.
#[derive(Deserialize)]
struct Case {
    exploit: f64,
    explore: f64,
    neighbours: usize,
    values: usize,
    questions: usize,
    window: usize,
    begin: usize,
    scale: Scale,
    steps: Vec<Vec<Expected>>,
}

#[test]
fn rewards_equal_the_reference() {
    let text = include_str!("../../../../tests/reference/intrinsic.json");
    let cases: Vec<Case> = serde_json::from_str(text).unwrap();
    assert!(cases.len() >= 8);
    for (number, case) in cases.iter().enumerate() {
        let settings = Settings {
            exploit: case.exploit,
            explore: case.explore,
            neighbours: case.neighbours,
            values: case.values,
            questions: case.questions,
            window: case.window,
            begin: case.begin,
            success: 1.0,
            scale: case.scale,
        };
        let mut memory = Intrinsic::default();
        for step in &case.steps {
            let trials = step
                .iter()
                .map(|(question, key, work, reward, group, _)| Trial {
                    question: question.clone(),
                    key: key.clone(),
                    work: work.clone(),
                    reward: *reward,
                    group: *group,
                });
            let given = memory.rewards(&settings, &trials.collect::<Vec<_>>());
            for (given, (.., expected)) in given.iter().zip(step) {
                assert!(
                    (given - expected).abs() < 1e-9,
                    "case {number}: {given}, {expected}"
                );
            }
        }
    }
}
