//! The rules and the scores, in a house of two rooms.

use crate::act::{Act, Reply};
use crate::asked::Asked;
use crate::goal::Goal;
use crate::house::{
    Direction, Fixture, House as Building, Place, Recipe, Room, Thing, ThingKind, Treatment, Use,
};
use crate::lived::Lived;
use crate::session::{Content, Needs, Session as Scripted, Task as ScriptedTask};
use crate::world::World;

/// The fixtures: a table, a box and a locker in the hall, a stove and a notice in the attic.
const TABLE: usize = 0;
const BOX: usize = 1;
const LOCKER: usize = 2;
const STOVE: usize = 3;
/// The things: six cups on the table, an egg in the box, two keys on the table, a soup.
const EGG: usize = 6;
const KEY: usize = 7;
const SOUP: usize = 9;

fn building() -> Building {
    let room = |name: &str, way: Direction, to: usize| {
        let mut ways = [None; 4];
        ways[way as usize] = Some(to);
        Room {
            name: name.into(),
            ways,
        }
    };
    let fixture = |name: &str, room: usize, used: Use| Fixture {
        name: name.into(),
        room,
        used,
    };
    let thing = |name: &str, kind: ThingKind, home: Place| Thing {
        name: name.into(),
        kind,
        home,
    };
    let on_table = Place::Fixture(TABLE);
    let mut things: Vec<Thing> = ["red", "blue", "green", "white", "old", "new"]
        .map(|quality| thing(&format!("{quality} cup"), ThingKind::Object, on_table))
        .into();
    things.extend([
        thing("big egg", ThingKind::Food, Place::Fixture(BOX)),
        thing("red key", ThingKind::Key(LOCKER), on_table),
        thing("blue key", ThingKind::Key(BOX), on_table),
        thing("hot soup", ThingKind::Product, Place::Away),
    ]);
    Building {
        rooms: vec![
            room("old hall", Direction::East, 1),
            room("new attic", Direction::West, 0),
        ],
        fixtures: vec![
            fixture("old hall table", 0, Use::Support),
            fixture("old hall box", 0, Use::Container),
            fixture("old hall locker", 0, Use::Locker),
            fixture("new attic stove", 1, Use::Device),
            fixture("new attic notice", 1, Use::Notice),
        ],
        things,
        recipes: vec![Recipe {
            product: SOUP,
            needs: vec![(EGG, Treatment::Cooked(STOVE))],
            meal: true,
            notice: 4,
        }],
    }
}

fn begun(house: &Building, goal: Goal, changes: Vec<(usize, Place)>) -> Lived {
    let session = Scripted {
        number: 1,
        changes,
        content: Content::Task(ScriptedTask {
            goal,
            start: 0,
            needs: Needs::new([1], &[]),
        }),
    };
    let mut lived = Lived::begin(house, &session, 1.5, World::new(house), None);
    lived.steps = 1000;
    lived
}

/// Does actions and checks what is seen of each.
fn script(lived: &mut Lived, house: &Building, lines: &[(&str, &str)]) {
    for (action, expected) in lines {
        let seen = lived.act(house, Act::parse(house, action));
        assert_eq!(seen.text, *expected, "{action}");
    }
}

#[test]
fn what_is_possible_is_done_and_what_is_not_says_why() {
    let house = building();
    let mut lived = begun(&house, Goal::Tour, vec![]);
    let lines = [
        ("look at me", "you do not understand that."),
        ("inventory", "you carry nothing."),
        ("go north", "there is no way."),
        ("go to new attic", "you do not know the way."),
        ("go to old hall", "you are there."),
        ("open old hall locker", "it is locked."),
        ("take big egg", "big egg is not here."),
        ("put red cup on old hall table", "you do not carry it."),
        (
            "Take the RED KEY from the old hall table!",
            "you carry red key.",
        ),
        ("take blue key from old hall box", "it is not there."),
        ("take blue key", "you carry blue key."),
        ("unlock old hall locker with blue key", "it does not fit."),
        (
            "unlock old hall locker with red key",
            "old hall locker is unlocked.",
        ),
        ("unlock old hall locker with red key", "it is not locked."),
        ("put blue key in old hall locker", "it is closed."),
        (
            "open old hall locker",
            "old hall locker is open. old hall locker is empty.",
        ),
        (
            "put blue key in old hall locker",
            "blue key is in old hall locker.",
        ),
        ("close old hall locker", "old hall locker is closed."),
        ("close old hall locker", "it is not open."),
        ("take blue key", "blue key is not here."),
        (
            "open old hall locker",
            "old hall locker is open. blue key is in old hall locker. blue key opens old hall box.",
        ),
        ("take red cup", "you carry red cup."),
        ("take blue cup", "you carry blue cup."),
        ("take green cup", "you carry green cup."),
        ("take white cup", "you carry white cup."),
        ("take old cup", "your hands are full."),
        ("take red cup", "you carry it."),
        ("answer red cup", "nobody asks you."),
        ("cut red cup", "it is no food."),
        ("eat red cup", "it is no meal."),
        ("craft red cup", "it has no recipe."),
        ("craft hot soup", "you do not carry what it needs."),
        ("read new attic notice", "it is not here."),
        (
            "go east",
            "new attic is east of old hall. you are in new attic. new attic has exits west. \
             new attic stove is here. new attic notice is here.",
        ),
        ("put red cup on new attic stove", "it holds nothing."),
        // The exits of the first room were told by the instruction.
        (
            "go to old hall",
            "old hall is west of new attic. you are in old hall. \
             old cup is on old hall table. new cup is on old hall table. old hall box is closed.",
        ),
    ];
    script(&mut lived, &house, &lines);
    assert!(lived.refused > 20);
}

#[test]
fn a_meal_is_worth_its_steps() {
    let house = building();
    let mut lived = begun(&house, Goal::Make(0), vec![]);
    script(
        &mut lived,
        &house,
        &[
            (
                "open old hall box",
                "old hall box is open. big egg is in old hall box.",
            ),
            ("take big egg", "you carry big egg."),
        ],
    );
    lived.act(&house, Act::Go(Direction::East));
    let mut spoiled = lived.clone();
    script(
        &mut spoiled,
        &house,
        &[
            ("cut big egg", "big egg is cut."),
            ("cook big egg with new attic stove", "it is not raw."),
            ("craft hot soup", "you do not carry what it needs."),
        ],
    );
    assert_eq!(spoiled.progress.share(), 0.0);
    script(
        &mut lived,
        &house,
        &[
            (
                "read new attic notice",
                "hot soup needs big egg cooked with new attic stove.",
            ),
            (
                "cook big egg with new attic stove",
                "big egg is cooked with new attic stove.",
            ),
            ("craft hot soup", "you carry hot soup."),
        ],
    );
    assert_eq!((lived.progress.done, lived.progress.total), (2, 3));
    script(
        &mut lived,
        &house,
        &[("eat hot soup", "you eat hot soup. the task is done.")],
    );
    let mut next = lived.world.clone();
    next.pass(&house);
    assert_eq!(next.places[EGG], Place::Fixture(BOX));
}

#[test]
fn a_wrong_place_takes_from_what_was_tidied() {
    let house = building();
    let untidy = vec![(0, 1), (1, 1)];
    let changes = vec![(0, Place::Floor(1)), (1, Place::Floor(1))];
    let mut lived = begun(&house, Goal::Tidy(untidy), changes);
    let mut share = |acts: &[Act]| {
        for act in acts {
            lived.act(&house, *act);
        }
        lived.progress.share()
    };
    let take = |thing: usize| Act::Take(thing, None);
    assert_eq!(share(&[Act::Go(Direction::East), take(0), take(1)]), 0.0);
    assert_eq!(share(&[Act::Go(Direction::West), Act::Put(0, TABLE)]), 0.5);
    assert_eq!(share(&[Act::Open(BOX), Act::Put(1, BOX)]), 0.0);
    assert_eq!(share(&[take(1), take(2), Act::Put(2, BOX)]), 0.0);
    assert_eq!(share(&[take(2), Act::Put(2, TABLE)]), 0.5);
    assert_eq!(share(&[Act::Put(1, TABLE)]), 1.0);
    assert!(lived.over);
}

#[test]
fn what_is_carried_at_the_end_is_laid_down() {
    let house = building();
    let mut lived = begun(&house, Goal::Tour, vec![]);
    script(
        &mut lived,
        &house,
        &[
            ("take red cup", "you carry red cup."),
            ("done", "red cup is in old hall. the task is over."),
        ],
    );
    assert_eq!(lived.world.places[0], Place::Floor(0));
}

#[test]
fn a_hunt_counts_keys_and_treasure() {
    let house = building();
    let goal = Goal::Hunt {
        treasure: 0,
        lockers: vec![(LOCKER, KEY)],
    };
    let mut lived = begun(&house, goal, vec![(0, Place::Fixture(LOCKER))]);
    for act in [
        Act::Take(KEY, None),
        Act::Unlock(LOCKER, KEY),
        Act::Open(LOCKER),
    ] {
        lived.act(&house, act);
        assert_eq!(lived.progress.share(), 0.5);
    }
    lived.act(&house, Act::Take(0, None));
    assert_eq!(lived.progress.share(), 1.0);
}

#[test]
fn an_answer_is_right_or_wrong_and_ends_the_task() {
    let house = building();
    for (asked, right, wrong) in [
        (Asked::Room(EGG), "answer old hall", "answer new attic"),
        (Asked::Taken(1), "answer nothing", "answer red cup"),
        (Asked::Rooms(1), "answer 1", "answer 2"),
    ] {
        let begun = begun(&house, Goal::Recall(asked), vec![]);
        let listed: Vec<String> = begun
            .possible(&house)
            .into_iter()
            .map(|act| act.text(&house))
            .collect();
        for (action, share) in [(right, 1.0), (wrong, 0.0)] {
            assert!(listed.iter().any(|text| text == action), "{action}");
            let mut lived = begun.clone();
            lived.act(&house, Act::parse(&house, action));
            assert!(lived.over && lived.progress.share() == share);
        }
    }
    let told = Act::parse(&house, "answer I do not know");
    assert_eq!(told, Act::Answer(Reply::Other));
}
