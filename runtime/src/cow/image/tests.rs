#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// Bytes by which memories grow.
const GROWTH: usize = 16 * PAGE;
/// Most bytes of a memory.
const MOST: usize = 8 * GROWTH;

/// A memory and its expected content.
struct ModelledMemory {
    memories: Vec<Arc<MappedMemory>>,
    backing: Vec<Arc<BackingFile>>,
    image: Option<Arc<MemoryImage>>,
    model: Vec<u8>,
}

impl ModelledMemory {
    fn new(length: usize) -> Self {
        let memory = MappedMemory::reserve(length, MOST, PAGE).unwrap();
        Self {
            memories: vec![Arc::new(memory)],
            backing: Vec::new(),
            image: None,
            model: vec![0; length],
        }
    }

    fn restored(kept: &(Arc<MemoryImage>, Vec<u8>)) -> Self {
        let (image, model) = kept;
        let mut memory = Self::new(image.lengths()[0]);
        // The former content must not show through.
        memory.write(memory.model.len() - 1, 9);
        memory.map_image(image, model);
        memory
    }

    fn map_image(&mut self, image: &Arc<MemoryImage>, model: &[u8]) {
        self.backing = image.map(&self.memories).unwrap();
        self.image = Some(image.clone());
        self.model = model.to_vec();
    }

    fn write(&mut self, at: usize, byte: u8) {
        self.memories[0].write(at, &[byte]);
        self.model[at] = byte;
    }

    fn grow(&mut self) {
        let length = self.model.len() + GROWTH;
        if length <= MOST {
            self.memories[0].grow_to(length).unwrap();
            self.model.resize(length, 0);
        }
    }

    fn keep(&mut self) -> (Arc<MemoryImage>, Vec<u8>) {
        let before = self.image.take();
        let image = MemoryImage::capture(&self.memories, &mut self.backing, before).unwrap();
        let image = Arc::new(image);
        self.image = Some(image.clone());
        (image, self.model.clone())
    }

    fn is_right(&self) -> bool {
        self.memories[0].bytes() == self.model
    }

    /// Returns the number of pages that differ from the mapped file.
    fn dirty(&self) -> usize {
        count(&PageMap::open().dirty(self.memories[0].bytes()))
    }
}

/// A step of a history of one of the memories.
#[derive(Clone, Debug)]
enum Action {
    /// Writes a byte at so many thousandths of the memory, often a zero.
    Write(usize, u8),
    /// Fills some pages with a byte.
    Fill(usize, usize, u8),
    Read,
    Grow,
    /// Captures an image, which is kept or not.
    Keep(bool),
    /// Makes a memory from a kept image.
    Fork(usize),
    /// Maps a kept image over the memory itself, if it is as long.
    MapImage(usize),
    Forget(usize),
    Drop,
}

fn action() -> impl Strategy<Value = (usize, Action)> {
    let byte = || prop_oneof![Just(0u8), any::<u8>()];
    let action = prop_oneof![
        8 => (0..1000usize, byte()).prop_map(|(at, byte)| Action::Write(at, byte)),
        2 => (0..1000usize, 1..20usize, byte()).prop_map(|(at, pages, byte)| Action::Fill(at, pages, byte)),
        1 => Just(Action::Read),
        1 => Just(Action::Grow),
        5 => any::<bool>().prop_map(Action::Keep),
        4 => (0..100usize).prop_map(Action::Fork),
        1 => (0..100usize).prop_map(Action::MapImage),
        2 => (0..100usize).prop_map(Action::Forget),
        2 => Just(Action::Drop),
    ];
    (0..100usize, action)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn images_are_full_copies_whatever_their_histories(actions in prop::collection::vec(action(), 1..120)) {
        let mut memories = vec![ModelledMemory::new(2 * GROWTH)];
        let mut kept: Vec<(Arc<MemoryImage>, Vec<u8>)> = Vec::new();
        for (index, action) in actions {
            let index = index % memories.len();
            let memory = &mut memories[index];
            let chosen = |which: usize| kept.get(which % kept.len().max(1));
            match action {
                Action::Write(at, byte) => memory.write(memory.model.len() * at / 1000, byte),
                Action::Fill(at, pages, byte) => {
                    let start = memory.model.len() * at / 1000;
                    let end = memory.model.len().min(start + pages * PAGE);
                    (start..end).for_each(|at| memory.write(at, byte));
                }
                Action::Read => prop_assert!(memory.is_right()),
                Action::Grow => memory.grow(),
                Action::Keep(keeps) => {
                    let new = memory.keep();
                    if keeps {
                        kept.push(new);
                    }
                }
                Action::Fork(which) => memories.extend(chosen(which).map(ModelledMemory::restored)),
                Action::MapImage(which) => {
                    if let Some((image, model)) = chosen(which)
                        && image.lengths()[0] == memory.model.len()
                    {
                        memory.map_image(image, model);
                    }
                }
                Action::Forget(which) if !kept.is_empty() => {
                    drop(kept.swap_remove(which % kept.len()));
                }
                Action::Drop if memories.len() > 1 => drop(memories.swap_remove(index)),
                Action::Forget(_) | Action::Drop => {}
            }
        }
        for memory in &memories {
            prop_assert!(memory.is_right());
        }
        // While the files have other users, and again after many forks of each.
        for _ in 0..3 {
            for kept in &kept {
                prop_assert!(ModelledMemory::restored(kept).is_right());
            }
        }
        drop(memories);
        for kept in &kept {
            prop_assert!(ModelledMemory::restored(kept).is_right());
        }
    }
}

/// Returns a memory with data on each of so many pages, and its image.
fn large(pages: usize) -> (ModelledMemory, Arc<MemoryImage>) {
    let mut memory = ModelledMemory::new(pages * PAGE);
    (0..pages).for_each(|page| memory.write(page * PAGE, 1));
    let (image, _) = memory.keep();
    (memory, image)
}

#[test]
fn a_file_without_other_users_is_written_on() {
    let (mut memory, image) = large(64);
    let file = Arc::as_ptr(&memory.backing[0]);
    drop(image);
    for round in 2..5 {
        memory.write(5 * PAGE, round);
        assert_eq!(memory.dirty(), 1);
        let (image, _) = memory.keep();
        assert_eq!(Arc::as_ptr(&image.contents[0].file), file);
        assert!(image.contents[0].patch.is_empty());
        assert_eq!(memory.dirty(), 0);
        assert!(memory.is_right());
    }
}

#[test]
fn a_file_with_other_users_gets_a_patch_of_the_changes() {
    let (mut memory, first) = large(64);
    memory.write(5 * PAGE, 2);
    let (second, _) = memory.keep();
    memory.write(6 * PAGE, 2);
    let (third, _) = memory.keep();
    let numbers = |image: &MemoryImage| {
        let keys = image.contents[0].patch.keys().copied();
        keys.collect::<BTreeSet<usize>>()
    };
    assert_eq!(numbers(&first), [].into());
    assert_eq!(numbers(&second), [5].into());
    assert_eq!(numbers(&third), [5, 6].into());
    let page = |image: &MemoryImage| Arc::as_ptr(&image.contents[0].patch[&5]);
    assert_eq!(page(&second), page(&third));
}

#[test]
fn many_changes_make_a_new_file() {
    let (mut memory, first) = large(64);
    (0..20).for_each(|page| memory.write(page * PAGE, 2));
    let (second, _) = memory.keep();
    assert!(!Arc::ptr_eq(
        &first.contents[0].file,
        &second.contents[0].file
    ));
    assert!(second.contents[0].patch.is_empty());
    assert_eq!(memory.dirty(), 0);
}

#[test]
fn an_image_that_is_forked_often_gets_a_merged_file() {
    let (mut memory, first) = large(64);
    memory.write(5 * PAGE, 2);
    memory.write(6 * PAGE, 2);
    let second = memory.keep();
    let forks: Vec<ModelledMemory> = (0..64).map(|_| ModelledMemory::restored(&second)).collect();
    assert!(forks.iter().all(ModelledMemory::is_right));
    let over_first = |fork: &ModelledMemory| Arc::ptr_eq(&fork.backing[0], &first.contents[0].file);
    assert!(over_first(&forks[0]) && !over_first(&forks[63]));
    assert_eq!((forks[0].dirty(), forks[63].dirty()), (2, 0));
}

#[test]
fn pages_of_zeros_cost_nothing() {
    let mut memory = ModelledMemory::new(MOST);
    memory.write(3 * PAGE, 1);
    memory.write(9 * PAGE, 0);
    let (image, _) = memory.keep();
    assert_eq!(image.contents[0].file.written(), 1);
}
