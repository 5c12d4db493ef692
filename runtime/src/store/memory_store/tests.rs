#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use redb::ReadableTableMetadata;

use super::*;

fn memory(sessions: u32, bank: &[u8]) -> Memory {
    Memory::new(sessions, bank.to_vec(), b"policy".to_vec())
}

fn store() -> (tempfile::TempDir, MemoryStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = MemoryStore::open(folder.path().join("agents.redb")).unwrap();
    (folder, store)
}

/// Returns the number of states in the store.
fn states(store: &MemoryStore) -> u64 {
    let transaction = store.database.begin_read().unwrap();
    transaction.open_table(STATES).unwrap().len().unwrap()
}

#[test]
fn equal_states_are_stored_once_and_go_with_the_last_that_holds_them() {
    let (_folder, store) = store();
    store.save("ada", &memory(1, b"one")).unwrap();
    store.save("ben", &memory(2, b"one")).unwrap();
    assert_eq!(states(&store), 2);
    store.save("ada", &memory(3, b"other")).unwrap();
    assert_eq!(states(&store), 3);
    assert!(store.remove("ben").unwrap());
    assert!(!store.remove("ben").unwrap());
    assert_eq!(states(&store), 2);
    assert_eq!(store.load("ada").unwrap(), Some(memory(3, b"other")));
    // A memory of two equal states holds one of them twice.
    let twice = Memory::new(1, b"same".to_vec(), b"same".to_vec());
    store.save("ada", &twice).unwrap();
    assert_eq!(states(&store), 1);
    assert_eq!(store.load("ada").unwrap(), Some(twice));
    assert!(store.remove("ada").unwrap());
    assert_eq!(states(&store), 0);
}

#[test]
fn agents_are_listed_by_how_their_names_begin() {
    let (_folder, store) = store();
    for name in ["ben", "ada/monday", "ada", "adam", ""] {
        store.save(name, &memory(0, b"")).unwrap();
    }
    assert_eq!(store.agents("ada/").unwrap(), ["ada/monday"]);
    assert_eq!(store.agents("ada").unwrap(), ["ada", "ada/monday", "adam"]);
    assert_eq!(store.agents("").unwrap().len(), 5);
    assert!(store.agents("zoe").unwrap().is_empty());
}

#[derive(Clone, Debug)]
enum Change {
    Save(usize, u32, u8, u8),
    Remove(usize),
    Reopen,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// After any changes the store has the content of a map, and no other state.
    #[test]
    fn it_is_a_map_that_outlives_its_process(
        changes in prop::collection::vec(
            prop_oneof![
                6 => (0..3usize, any::<u32>(), 0..3u8, 0..3u8)
                    .prop_map(|(agent, sessions, bank, policy)| {
                        Change::Save(agent, sessions, bank, policy)
                    }),
                2 => (0..3usize).prop_map(Change::Remove),
                1 => Just(Change::Reopen),
            ],
            0..24,
        )
    ) {
        const AGENTS: [&str; 3] = ["ada", "ben", "zoe"];
        let (folder, mut store) = store();
        let mut map: BTreeMap<&str, Memory> = BTreeMap::new();
        for change in changes {
            match change {
                Change::Save(agent, sessions, bank, policy) => {
                    let memory = Memory::new(sessions, vec![bank; 9000], vec![policy; 9000]);
                    store.save(AGENTS[agent], &memory).unwrap();
                    map.insert(AGENTS[agent], memory);
                }
                Change::Remove(agent) => {
                    let was_there = map.remove(AGENTS[agent]).is_some();
                    prop_assert_eq!(store.remove(AGENTS[agent]).unwrap(), was_there);
                }
                Change::Reopen => {
                    drop(store);
                    store = MemoryStore::open(folder.path().join("agents.redb")).unwrap();
                }
            }
        }
        prop_assert_eq!(store.agents("").unwrap(), map.keys().copied().collect::<Vec<_>>());
        for agent in AGENTS {
            prop_assert_eq!(store.load(agent).unwrap(), map.get(agent).cloned());
        }
        let held: std::collections::BTreeSet<&[u8]> =
            map.values().flat_map(|memory| [memory.bank(), memory.policy()]).collect();
        prop_assert_eq!(states(&store), held.len() as u64);
    }
}

/// Returns the memories of a store, or the error.
fn read(path: &Path) -> Result<Vec<Option<Memory>>, String> {
    let load = || -> Result<_, Error> {
        let store = MemoryStore::open(path)?;
        ["ada", "ben"]
            .map(|agent| store.load(agent))
            .into_iter()
            .collect()
    };
    load().map_err(|error| error.to_string())
}

#[test]
fn a_damaged_file_is_refused_or_its_damage_is_where_nothing_is() {
    let (folder, store) = store();
    store.save("ada", &memory(1, &[7; 20_000])).unwrap();
    store.save("ben", &memory(2, b"a few bytes")).unwrap();
    drop(store);
    let path = folder.path().join("agents.redb");
    let whole = read(&path).unwrap();
    assert!(whole.iter().all(Option::is_some));
    let good = fs::read(&path).unwrap();
    // Bytes of the header one by one, then some of every page.
    let places = (0..512).chain((512..good.len()).step_by(509));
    let begin = format!("cannot open the store in {}: ", path.display());
    let mut refused = 0;
    for place in places {
        let mut bad = good.clone();
        bad[place] ^= 0x55;
        fs::write(&path, bad).unwrap();
        match read(&path) {
            Ok(found) => assert_eq!(found, whole, "byte {place}"),
            Err(why) => {
                refused += 1;
                assert!(why.starts_with(&begin), "byte {place}: {why}");
            }
        }
    }
    assert!(refused > 50, "{refused} refused");
    for length in [0, 1, 100, 4096, good.len() / 2, good.len() - 4096] {
        fs::write(&path, &good[..length]).unwrap();
        let why = read(&path).unwrap_err();
        assert!(why.starts_with(&begin), "{length} bytes: {why}");
    }
    fs::write(&path, &good).unwrap();
    assert_eq!(read(&path).unwrap(), whole);
}

#[test]
fn damage_within_a_whole_file_is_noticed() {
    let (_folder, store) = store();
    let damage = |change: &dyn Fn(&WriteTransaction)| {
        store.save("ada", &memory(1, b"one")).unwrap();
        let transaction = store.database.begin_write().unwrap();
        change(&transaction);
        transaction.commit().unwrap();
        store.load("ada").unwrap_err().to_string()
    };
    let path = store.path.display();
    let state = *blake3::hash(b"one").as_bytes();
    for (why, change) in [
        (
            "a state does not match its hash",
            &(|transaction: &WriteTransaction| {
                let mut states = transaction.open_table(STATES).unwrap();
                states.insert(state, &b"two"[..]).unwrap();
            }) as &dyn Fn(&WriteTransaction),
        ),
        ("a state is missing", &|transaction| {
            transaction
                .open_table(STATES)
                .unwrap()
                .remove(state)
                .unwrap();
        }),
        ("a memory does not match its checksum", &|transaction| {
            let mut memories = transaction.open_table(MEMORIES).unwrap();
            let (_, bank, policy, check) = memories.get("ada").unwrap().unwrap().value();
            memories.insert("ada", (2, bank, policy, check)).unwrap();
        }),
    ] {
        assert_eq!(
            damage(change),
            format!(
                "cannot load the memory of \"ada\" in {path}: the file is damaged ({why}); \
                 restore it from a copy"
            )
        );
        store.remove("ada").unwrap();
    }
}

#[test]
fn files_of_others_are_refused() {
    let refusal = |path: &Path| MemoryStore::open(path).err().unwrap().to_string();
    let (folder, store) = store();
    let path = folder.path().join("agents.redb");
    let head = format!("cannot open the store in {}: ", path.display());
    assert_eq!(refusal(&path), format!("{head}another process has it open"));

    let transaction = store.database.begin_write().unwrap();
    transaction
        .open_table(ABOUT)
        .unwrap()
        .insert("version", 7)
        .unwrap();
    transaction.commit().unwrap();
    drop(store);
    assert_eq!(
        refusal(&path),
        format!("{head}it has version 7, but this memloom reads 1")
    );

    fs::write(&path, "a text").unwrap();
    assert!(refusal(&path).starts_with(&head), "{}", refusal(&path));
    let folder = folder.path();
    let head = format!("cannot open the store in {}: ", folder.display());
    assert!(refusal(folder).starts_with(&head), "{}", refusal(folder));

    let other = folder.join("other.redb");
    drop(Database::create(&other).unwrap());
    let why = refusal(&other);
    assert!(why.contains("other.redb: "), "{why}");
}
