#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::*;
use crate::device::tested::Plain;
use crate::generation::tests::{alike, assert_alike, job, long_model, run};

/// Each job by itself.
fn alone(model: &Backbone<Plain>, jobs: &[Job]) -> Vec<Sample> {
    jobs.iter()
        .map(|job| run(model, std::slice::from_ref(job)).remove(0))
        .collect()
}

/// Jobs that begin in the given passes, or at once; samples in their order, how often a job
/// was put back, and how many pages there were in the end. The batch is checked after each
/// pass.
fn play(
    room: Room,
    model: &Backbone<Plain>,
    jobs: &[Job],
    passes: &[usize],
) -> (Vec<Sample>, usize, usize) {
    let mut batch = Batch::within(room, model.clone());
    let mut samples = vec![None; jobs.len()];
    let mut put_back = 0;
    for pass in 0.. {
        for (ticket, job) in jobs.iter().enumerate() {
            if passes.get(ticket).copied().unwrap_or(0) == pass {
                batch.begin(ticket, job.clone());
            }
        }
        let before: Vec<usize> = batch.members.iter().map(|member| member.ticket).collect();
        for (ticket, sample) in batch.step() {
            assert!(samples[ticket].replace(sample.unwrap()).is_none());
        }
        let waiting = |ticket: &&usize| batch.waiting.iter().any(|(other, _)| other == *ticket);
        put_back += before.iter().filter(waiting).count();
        check(&batch);
        if samples.iter().all(Option::is_some) {
            break;
        }
    }
    assert!(batch.step().is_empty());
    let samples = samples.into_iter().flatten().collect();
    (samples, put_back, batch.pages.total())
}

/// Every page is free or held by whom it should be.
fn check(batch: &Batch<Plain>) {
    let mut pages = batch.pages.clone();
    for (name, prompt) in &batch.prompts {
        let jobs = batch.members.iter().filter(|member| member.prompt == *name);
        assert_eq!(prompt.jobs, jobs.count());
        assert_eq!(batch.names[&prompt.tokens], *name);
        let slots: usize = prompt.table.parts().map(|part| part.len()).sum();
        assert_eq!(slots, prompt.tokens.len());
        assert!(prompt.jobs > 0 || prompt.read == slots);
        pages.release(&prompt.table);
    }
    for member in &batch.members {
        pages.release(&member.own);
    }
    assert_eq!(batch.names.len(), batch.prompts.len());
    assert_eq!(pages.spare(0), pages.total());
}

/// Room for so many pages, read in passes of so many tokens.
fn room(pages: usize, pass: usize) -> Room {
    Room {
        pass,
        cache: pages * PAGE,
    }
}

/// Jobs that end with any of the first `ends` of 50 words.
fn ending(jobs: Vec<Job>, ends: u32, max_tokens: usize) -> Vec<Job> {
    let ends: Arc<[u32]> = (0..ends).collect();
    let jobs = jobs.into_iter().map(|job| Job {
        ends: ends.clone(),
        max_tokens,
        ..job
    });
    jobs.collect()
}

#[test]
fn long_prompts_are_read_in_pieces_and_room_is_made() {
    let model = long_model();
    // More than a pass, more than the cache, together much more.
    let mut jobs = alike(0, 150, 5);
    jobs.extend(alike(90, 10, 3));
    jobs.extend(alike(0, 700, 1));
    jobs.push(jobs[0].clone());
    let alone = alone(&model, &jobs);
    let one_by_one: Vec<usize> = (0..jobs.len()).collect();
    for passes in [&[][..], &one_by_one] {
        let (samples, ..) = play(room(32, 64), &model, &jobs, passes);
        assert_alike(&samples, &alone);
    }
}

#[test]
fn jobs_that_find_no_room_are_put_back_and_say_the_same() {
    let model = long_model();
    let mut jobs = ending(alike(40, 9, 6), 0, 150);
    // Equal prompts, and one that does not fit by itself.
    jobs.push(Job {
        seed: 77,
        ..jobs[0].clone()
    });
    jobs.extend(ending(alike(0, 90, 1), 0, 400));
    let expected = alone(&model, &jobs);
    let (samples, put_back, total) = play(room(24, 64), &model, &jobs, &[]);
    assert_alike(&samples, &expected);
    assert!(put_back >= 3, "{put_back} were");
    // Only for the one that does not fit there are more.
    assert!(total > 24);
    // To the byte, from the same history.
    let again = play(room(24, 64), &model, &jobs, &[]);
    assert_eq!(again, (samples, put_back, total));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn whatever_the_room_jobs_say_the_same_and_the_bound_holds(
        jobs in prop::collection::vec((0usize..5, 1usize..60, 0usize..90, 0u32..4, 0usize..12), 1..10),
        pages in 13usize..40,
        pass in 1usize..100,
    ) {
        let model = long_model();
        let prompts = alike(20, 60, 5);
        let passes: Vec<usize> = jobs.iter().map(|(.., pass)| *pass).collect();
        let jobs: Vec<Job> = jobs
            .into_iter()
            .zip(0..)
            .flat_map(|((prompt, length, most, ends, _), seed)| {
                ending(vec![job(&prompts[prompt].prompt[..length], None, 1, seed)], ends, most)
            })
            .collect();
        let (samples, _, total) = play(room(pages, pass), &model, &jobs, &passes);
        prop_assert!(total <= pages);
        assert_alike(&samples, &alone(&model, &jobs));
    }
}

#[test]
fn long_limits_that_end_early_fit_side_by_side() {
    let model = long_model();
    let jobs = ending(alike(0, 40, 8), 25, 1900);
    // By their limits each of them would fill it.
    let mut batch = Batch::within(room(40, 1000), model);
    for (ticket, job) in jobs.into_iter().enumerate() {
        batch.begin(ticket, job);
    }
    let mut ended = batch.step();
    assert_eq!(
        (batch.members.len() + ended.len(), batch.waiting.len()),
        (8, 0)
    );
    while ended.len() < 8 {
        ended.extend(batch.step());
    }
    for (_, sample) in ended {
        assert_eq!(sample.unwrap().finish, FinishReason::Stop);
    }
}

#[test]
fn prompts_stay_until_their_room_helps_and_the_oldest_leave_first() {
    let model = long_model();
    let mut batch = Batch::within(room(20, 1000), model);
    let end = |batch: &mut Batch<Plain>, jobs: Vec<Job>| {
        jobs.into_iter().for_each(|job| batch.begin(0, job));
        while !batch.members.is_empty() || !batch.waiting.is_empty() {
            batch.step();
            check(batch);
        }
        batch.prompts.keys().copied().collect::<Vec<_>>()
    };
    // Prompts of four pages each.
    assert_eq!(end(&mut batch, alike(0, 60, 4)), [0, 1, 2, 3]);
    // The first is used again, and does not grow older.
    assert_eq!(end(&mut batch, alike(0, 60, 1)), [0, 1, 2, 3]);
    // Six pages and one to go on: four are free.
    let six = |member: usize| vec![alike(0, 90, 9).remove(member)];
    assert_eq!(end(&mut batch, six(8)), [0, 2, 3, 4]);
    // Two jobs that go on; what is left is not enough for a third one, whatever leaves.
    let long = |member: usize| ending(six(member), 0, 60).remove(0);
    batch.begin(0, long(5));
    batch.begin(1, long(6));
    batch.step();
    let present: Vec<usize> = batch.prompts.keys().copied().collect();
    batch.begin(2, alike(0, 200, 1).remove(0));
    batch.step();
    assert_eq!(batch.waiting.len(), 1);
    assert!(batch.prompts.keys().copied().eq(present));
}

#[test]
fn what_is_there_is_not_read_again() {
    let model = long_model();
    let jobs = alike(100, 10, 3);
    // Ten tokens a pass.
    let mut batch = Batch::within(room(100, 10), model.clone());
    let mut passes = |job: &Job| {
        batch.begin(
            0,
            Job {
                max_tokens: 1,
                ..job.clone()
            },
        );
        (1..).find(|_| !batch.step().is_empty()).unwrap()
    };
    assert_eq!(passes(&jobs[0]), 11);
    assert_eq!(passes(&jobs[1]), 1);
    assert_eq!(passes(&jobs[0]), 1);
    let beginning = |count: usize| job(&jobs[2].prompt[..count], None, 1, 0);
    assert_eq!(passes(&beginning(80)), 1);
    assert_eq!(passes(&beginning(7)), 1);
    // Those that come together wait for each other's tokens, not for each other.
    let mut batch = Batch::within(room(100, 1000), model);
    for (ticket, job) in jobs.iter().chain(&jobs).enumerate() {
        batch.begin(
            ticket,
            Job {
                max_tokens: 1,
                ..job.clone()
            },
        );
    }
    assert_eq!(batch.step().len(), 6);
}
