#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// Bytes by which memories grow.
const STEP: usize = 16 * PAGE;
/// Bytes that they can have.
const MOST: usize = 8 * STEP;

/// A memory, and what it should hold.
struct Memory {
    regions: Vec<Arc<Region>>,
    below: Vec<Arc<Base>>,
    image: Option<Arc<Image>>,
    model: Vec<u8>,
}

impl Memory {
    fn new(length: usize) -> Self {
        let region = Region::reserve(length, MOST, PAGE).unwrap();
        Self {
            regions: vec![Arc::new(region)],
            below: Vec::new(),
            image: None,
            model: vec![0; length],
        }
    }

    fn of(kept: &(Arc<Image>, Vec<u8>)) -> Self {
        let (image, model) = kept;
        let mut memory = Self::new(image.lengths()[0]);
        // What a shell held before must not show through.
        memory.write(memory.model.len() - 1, 9);
        memory.take_on(image, model);
        memory
    }

    fn take_on(&mut self, image: &Arc<Image>, model: &[u8]) {
        self.below = image.map(&self.regions).unwrap();
        self.image = Some(image.clone());
        self.model = model.to_vec();
    }

    fn write(&mut self, at: usize, byte: u8) {
        self.regions[0].write(at, &[byte]);
        self.model[at] = byte;
    }

    fn grow(&mut self) {
        let length = self.model.len() + STEP;
        if length <= MOST {
            self.regions[0].grow_to(length).unwrap();
            self.model.resize(length, 0);
        }
    }

    fn keep(&mut self) -> (Arc<Image>, Vec<u8>) {
        let before = self.image.take();
        let image = Image::of(&self.regions, &mut self.below, before).unwrap();
        let image = Arc::new(image);
        self.image = Some(image.clone());
        (image, self.model.clone())
    }

    fn is_right(&self) -> bool {
        self.regions[0].bytes() == self.model
    }

    /// Pages that are not those of the file below.
    fn own(&self) -> usize {
        count(&PageMap::open().own(self.regions[0].bytes()))
    }
}

/// What happens to one of the memories that are there.
#[derive(Clone, Debug)]
enum Act {
    /// A byte at so many thousandths of the memory, often a zero.
    Write(usize, u8),
    /// The same byte all over some pages.
    Fill(usize, usize, u8),
    Read,
    Grow,
    /// Takes an image, which is kept or not.
    Keep(bool),
    /// Makes a memory of an image that is kept.
    Fork(usize),
    /// Puts the memory itself into that state, if it is as long.
    TakeOn(usize),
    Forget(usize),
    Drop,
}

fn act() -> impl Strategy<Value = (usize, Act)> {
    let byte = || prop_oneof![Just(0u8), any::<u8>()];
    let act = prop_oneof![
        8 => (0..1000usize, byte()).prop_map(|(at, byte)| Act::Write(at, byte)),
        2 => (0..1000usize, 1..20usize, byte()).prop_map(|(at, pages, byte)| Act::Fill(at, pages, byte)),
        1 => Just(Act::Read),
        1 => Just(Act::Grow),
        5 => any::<bool>().prop_map(Act::Keep),
        4 => (0..100usize).prop_map(Act::Fork),
        1 => (0..100usize).prop_map(Act::TakeOn),
        2 => (0..100usize).prop_map(Act::Forget),
        2 => Just(Act::Drop),
    ];
    (0..100usize, act)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn images_are_full_copies_whatever_their_histories(acts in prop::collection::vec(act(), 1..120)) {
        let mut memories = vec![Memory::new(2 * STEP)];
        let mut kept: Vec<(Arc<Image>, Vec<u8>)> = Vec::new();
        for (place, act) in acts {
            let place = place % memories.len();
            let memory = &mut memories[place];
            let chosen = |which: usize| kept.get(which % kept.len().max(1));
            match act {
                Act::Write(at, byte) => memory.write(memory.model.len() * at / 1000, byte),
                Act::Fill(at, pages, byte) => {
                    let start = memory.model.len() * at / 1000;
                    let end = memory.model.len().min(start + pages * PAGE);
                    (start..end).for_each(|at| memory.write(at, byte));
                }
                Act::Read => prop_assert!(memory.is_right()),
                Act::Grow => memory.grow(),
                Act::Keep(keeps) => {
                    let new = memory.keep();
                    if keeps {
                        kept.push(new);
                    }
                }
                Act::Fork(which) => memories.extend(chosen(which).map(Memory::of)),
                Act::TakeOn(which) => {
                    if let Some((image, model)) = chosen(which)
                        && image.lengths()[0] == memory.model.len()
                    {
                        memory.take_on(image, model);
                    }
                }
                Act::Forget(which) if !kept.is_empty() => {
                    drop(kept.swap_remove(which % kept.len()));
                }
                Act::Drop if memories.len() > 1 => drop(memories.swap_remove(place)),
                Act::Forget(_) | Act::Drop => {}
            }
        }
        for memory in &memories {
            prop_assert!(memory.is_right());
        }
        // Whoever still has the bases, and again once each is forked often.
        for _ in 0..3 {
            for kept in &kept {
                prop_assert!(Memory::of(kept).is_right());
            }
        }
        drop(memories);
        for kept in &kept {
            prop_assert!(Memory::of(kept).is_right());
        }
    }
}

/// A memory with something on each of so many pages, that lies over an image.
fn large(pages: usize) -> (Memory, Arc<Image>) {
    let mut memory = Memory::new(pages * PAGE);
    (0..pages).for_each(|page| memory.write(page * PAGE, 1));
    let (image, _) = memory.keep();
    (memory, image)
}

#[test]
fn a_base_that_nobody_else_has_is_written_on() {
    let (mut memory, image) = large(64);
    let base = Arc::as_ptr(&memory.below[0]);
    drop(image);
    for round in 2..5 {
        memory.write(5 * PAGE, round);
        assert_eq!(memory.own(), 1);
        let (image, _) = memory.keep();
        assert_eq!(Arc::as_ptr(&image.contents[0].base), base);
        assert!(image.contents[0].patch.is_empty());
        assert_eq!(memory.own(), 0);
        assert!(memory.is_right());
    }
}

#[test]
fn a_base_that_others_have_gets_a_patch_of_what_changed() {
    let (mut memory, first) = large(64);
    memory.write(5 * PAGE, 2);
    let (second, _) = memory.keep();
    memory.write(6 * PAGE, 2);
    let (third, _) = memory.keep();
    let numbers = |image: &Image| {
        let keys = image.contents[0].patch.keys().copied();
        keys.collect::<BTreeSet<usize>>()
    };
    assert_eq!(numbers(&first), [].into());
    assert_eq!(numbers(&second), [5].into());
    assert_eq!(numbers(&third), [5, 6].into());
    let page = |image: &Image| Arc::as_ptr(&image.contents[0].patch[&5]);
    assert_eq!(page(&second), page(&third));
}

#[test]
fn where_much_changed_there_is_a_new_base() {
    let (mut memory, first) = large(64);
    (0..20).for_each(|page| memory.write(page * PAGE, 2));
    let (second, _) = memory.keep();
    assert!(!Arc::ptr_eq(
        &first.contents[0].base,
        &second.contents[0].base
    ));
    assert!(second.contents[0].patch.is_empty());
    assert_eq!(memory.own(), 0);
}

#[test]
fn an_image_that_is_forked_often_gets_a_base_of_its_own() {
    let (mut memory, first) = large(64);
    memory.write(5 * PAGE, 2);
    memory.write(6 * PAGE, 2);
    let second = memory.keep();
    let forks: Vec<Memory> = (0..64).map(|_| Memory::of(&second)).collect();
    assert!(forks.iter().all(Memory::is_right));
    let over_first = |fork: &Memory| Arc::ptr_eq(&fork.below[0], &first.contents[0].base);
    assert!(over_first(&forks[0]) && !over_first(&forks[63]));
    assert_eq!((forks[0].own(), forks[63].own()), (2, 0));
}

#[test]
fn pages_of_zeros_cost_nothing() {
    let mut memory = Memory::new(MOST);
    memory.write(3 * PAGE, 1);
    memory.write(9 * PAGE, 0);
    let (image, _) = memory.keep();
    assert_eq!(image.contents[0].base.written(), 1);
}
