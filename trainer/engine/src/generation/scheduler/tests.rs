#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::*;
use crate::device::tested::Plain;
use crate::generation::tests::{alike, assert_alike, long_model, request, run};

/// Runs each request by itself.
fn alone(model: &Backbone<Plain>, requests: &[Request]) -> Vec<Sample> {
    requests
        .iter()
        .map(|request| run(model, std::slice::from_ref(request)).remove(0))
        .collect()
}

/// Submits each request at its pass, or at once. Returns the samples in order, the number of
/// preemptions, and the number of pages at the end. Checks the scheduler after each pass.
fn play(
    budget: Budget,
    model: &Backbone<Plain>,
    requests: &[Request],
    passes: &[usize],
) -> (Vec<Sample>, usize, usize) {
    let mut scheduler = Scheduler::with_budget(budget, model.clone());
    let mut samples = vec![None; requests.len()];
    let mut put_back = 0;
    for pass in 0.. {
        for (id, request) in requests.iter().enumerate() {
            if passes.get(id).copied().unwrap_or(0) == pass {
                scheduler.submit(id, request.clone());
            }
        }
        let before: Vec<usize> = scheduler.active.iter().map(|member| member.id).collect();
        for (id, sample) in scheduler.step() {
            assert!(samples[id].replace(sample.unwrap()).is_none());
        }
        let waiting = |id: &&usize| scheduler.waiting.iter().any(|(other, _)| other == *id);
        put_back += before.iter().filter(waiting).count();
        check(&scheduler);
        if samples.iter().all(Option::is_some) {
            break;
        }
    }
    assert!(scheduler.step().is_empty());
    let samples = samples.into_iter().flatten().collect();
    (samples, put_back, scheduler.pages.total())
}

/// Checks that every page is free or held by its prompt or request.
fn check(scheduler: &Scheduler<Plain>) {
    let mut pages = scheduler.pages.clone();
    for (key, prompt) in &scheduler.prompts {
        let requests = scheduler
            .active
            .iter()
            .filter(|member| member.prompt == *key);
        assert_eq!(prompt.requests, requests.count());
        assert_eq!(scheduler.by_tokens[&prompt.tokens], *key);
        let slots: usize = prompt.table.ranges().map(|part| part.len()).sum();
        assert_eq!(slots, prompt.tokens.len());
        assert!(prompt.requests > 0 || prompt.read == slots);
        pages.release(&prompt.table);
    }
    for member in &scheduler.active {
        pages.release(&member.table);
    }
    assert_eq!(scheduler.by_tokens.len(), scheduler.prompts.len());
    assert_eq!(pages.available(0), pages.total());
}

/// Returns a budget of `pages` pages and `pass_tokens` prompt tokens per pass.
fn budget(pages: usize, pass_tokens: usize) -> Budget {
    Budget {
        pass_tokens,
        cache_tokens: pages * PAGE_SIZE,
        draft_tokens: BUDGET.draft_tokens,
    }
}

/// Makes requests end with any of the first `ends` of 50 tokens.
fn ending(requests: Vec<Request>, ends: u32, max_tokens: usize) -> Vec<Request> {
    let ends: Arc<[u32]> = (0..ends).collect();
    let requests = requests.into_iter().map(|request| Request {
        ends: ends.clone(),
        max_tokens,
        ..request
    });
    requests.collect()
}

#[test]
fn long_prompts_are_prefilled_in_pieces_and_idle_prompts_evicted() {
    let model = long_model();
    // Prompts longer than a pass, longer than the cache, and together much longer.
    let mut requests = alike(0, 150, 5);
    requests.extend(alike(90, 10, 3));
    requests.extend(alike(0, 700, 1));
    requests.push(requests[0].clone());
    let alone = alone(&model, &requests);
    let one_by_one: Vec<usize> = (0..requests.len()).collect();
    for passes in [&[][..], &one_by_one] {
        let (samples, ..) = play(budget(32, 64), &model, &requests, passes);
        assert_alike(&samples, &alone);
    }
}

#[test]
fn preempted_requests_give_the_same_samples() {
    let model = long_model();
    let mut requests = ending(alike(40, 9, 6), 0, 150);
    // Equal prompts, and one that does not fit the cache by itself.
    requests.push(Request {
        seed: 77,
        ..requests[0].clone()
    });
    requests.extend(ending(alike(0, 90, 1), 0, 400));
    let expected = alone(&model, &requests);
    let (samples, put_back, total) = play(budget(24, 64), &model, &requests, &[]);
    assert_alike(&samples, &expected);
    assert!(put_back >= 3, "{put_back} were");
    // Only the request that is alone exceeds the budget.
    assert!(total > 24);
    // The same history gives the same bytes.
    let again = play(budget(24, 64), &model, &requests, &[]);
    assert_eq!(again, (samples, put_back, total));
}

/// Runs requests with a budget of drafts. Returns the samples and the number of passes.
fn drafted(model: &Backbone<Plain>, requests: &[Request], tokens: usize) -> (Vec<Sample>, u64) {
    let budget = Budget {
        draft_tokens: tokens,
        ..BUDGET
    };
    let mut scheduler = Scheduler::with_budget(budget, model.clone());
    for (id, request) in requests.iter().enumerate() {
        scheduler.submit(id, request.clone());
    }
    let mut ended = Vec::new();
    while ended.len() < requests.len() {
        ended.extend(scheduler.step());
        check(&scheduler);
    }
    ended.sort_by_key(|(id, _)| *id);
    let samples = ended.into_iter().map(|(_, sample)| sample.unwrap());
    (samples.collect(), scheduler.passes)
}

#[test]
fn drafts_save_passes_and_do_not_change_samples() {
    let model = long_model();
    // Greedy samples of a random model repeat themselves.
    let requests = ending(alike(0, 40, 5), 0, 90);
    let greedy = requests.into_iter().map(|request| Request {
        temperature: 0.0,
        ..request
    });
    let mut requests: Vec<Request> = greedy.collect();
    requests.extend(ending(alike(30, 40, 3), 4, 60));
    let (expected, passes) = drafted(&model, &requests, 0);
    assert_eq!(passes, 90);
    for tokens in [8, 30, 64] {
        let (samples, passes) = drafted(&model, &requests, tokens);
        assert_alike(&samples, &expected);
        assert!(passes < 75, "{passes} passes with {tokens} tokens");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn budgets_are_kept_and_do_not_change_samples(
        requests in prop::collection::vec((0usize..5, 1usize..60, 0usize..90, 0u32..4, 0usize..12), 1..10),
        pages in 13usize..40,
        pass in 1usize..100,
    ) {
        let model = long_model();
        let prompts = alike(20, 60, 5);
        let passes: Vec<usize> = requests.iter().map(|(.., pass)| *pass).collect();
        let requests: Vec<Request> = requests
            .into_iter()
            .zip(0..)
            .flat_map(|((prompt, length, most, ends, _), seed)| {
                ending(vec![request(&prompts[prompt].prompt[..length], None, 1, seed)], ends, most)
            })
            .collect();
        let (samples, _, total) = play(budget(pages, pass), &model, &requests, &passes);
        prop_assert!(total <= pages);
        assert_alike(&samples, &alone(&model, &requests));
    }
}

#[test]
fn requests_that_end_before_their_limit_run_side_by_side() {
    let model = long_model();
    let requests = ending(alike(0, 40, 8), 25, 1900);
    // Each of them would fill the cache if it reached its limit.
    let mut scheduler = Scheduler::with_budget(budget(40, 1000), model);
    for (id, request) in requests.into_iter().enumerate() {
        scheduler.submit(id, request);
    }
    let mut ended = scheduler.step();
    assert_eq!(
        (
            scheduler.active.len() + ended.len(),
            scheduler.waiting.len()
        ),
        (8, 0)
    );
    while ended.len() < 8 {
        ended.extend(scheduler.step());
    }
    for (_, sample) in ended {
        assert_eq!(sample.unwrap().finish, FinishReason::Stop);
    }
}

#[test]
fn idle_prompts_are_evicted_when_that_helps_and_the_oldest_first() {
    let model = long_model();
    let mut scheduler = Scheduler::with_budget(budget(20, 1000), model);
    let end = |scheduler: &mut Scheduler<Plain>, requests: Vec<Request>| {
        requests
            .into_iter()
            .for_each(|request| scheduler.submit(0, request));
        while !scheduler.active.is_empty() || !scheduler.waiting.is_empty() {
            scheduler.step();
            check(scheduler);
        }
        scheduler.prompts.keys().copied().collect::<Vec<_>>()
    };
    // Prompts of four pages each.
    assert_eq!(end(&mut scheduler, alike(0, 60, 4)), [0, 1, 2, 3]);
    // The first prompt is used again, so it is no longer the oldest.
    assert_eq!(end(&mut scheduler, alike(0, 60, 1)), [0, 1, 2, 3]);
    // Six pages and one to generate in; four are free.
    let six = |member: usize| vec![alike(0, 90, 9).remove(member)];
    assert_eq!(end(&mut scheduler, six(8)), [0, 2, 3, 4]);
    // Two requests keep generating; evicting every idle prompt would not make room for a third.
    let long = |member: usize| ending(six(member), 0, 60).remove(0);
    scheduler.submit(0, long(5));
    scheduler.submit(1, long(6));
    scheduler.step();
    let present: Vec<usize> = scheduler.prompts.keys().copied().collect();
    scheduler.submit(2, alike(0, 200, 1).remove(0));
    scheduler.step();
    assert_eq!(scheduler.waiting.len(), 1);
    assert!(scheduler.prompts.keys().copied().eq(present));
}

#[test]
fn cached_tokens_are_not_computed_again() {
    let model = long_model();
    let requests = alike(100, 10, 3);
    // Ten tokens per pass.
    let mut scheduler = Scheduler::with_budget(budget(100, 10), model.clone());
    let mut passes = |request: &Request| {
        scheduler.submit(
            0,
            Request {
                max_tokens: 1,
                ..request.clone()
            },
        );
        (1..).find(|_| !scheduler.step().is_empty()).unwrap()
    };
    assert_eq!(passes(&requests[0]), 11);
    assert_eq!(passes(&requests[1]), 1);
    assert_eq!(passes(&requests[0]), 1);
    let beginning = |count: usize| request(&requests[2].prompt[..count], None, 1, 0);
    assert_eq!(passes(&beginning(80)), 1);
    assert_eq!(passes(&beginning(7)), 1);
    // Requests that arrive together wait for shared tokens, but not for each other.
    let mut scheduler = Scheduler::with_budget(budget(100, 1000), model);
    for (id, request) in requests.iter().chain(&requests).enumerate() {
        scheduler.submit(
            id,
            Request {
                max_tokens: 1,
                ..request.clone()
            },
        );
    }
    assert_eq!(scheduler.step().len(), 6);
}
