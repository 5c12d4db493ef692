"""An environment: friends name the colours that they like, and change their minds.
The WIT files describe the functions."""

import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.environment import Description, Episode, LoadReport, Split
from wit_world.imports.types import (
    Answer, DemonstratedOperation_Insert, DemonstratedOperation_Update, Error_Invalid, Error_Unknown,
    Error_Unsupported, Hint, LexiconKind, Question, Score, Session, SessionContent_Dialogue, Turn,
)

# The format of snapshots. Change it whenever the saved values change.
FORMAT = "my-component 1"
SPLITS = ["train", "validation", "held-out"]
PEOPLE = ["Anna", "Ben", "Cleo"]
COLOURS = ["red", "blue", "green", "yellow", "white", "black"]
TALK = ["How are you?", "It rained all day.", "See you soon.", "I am tired."]
TURNS = 4
MOST = {"seed": 2**64 - 1, "index": 2**64 - 1, "sessions": 200}

# The whole state. Episodes are generated again from it: the same options and address
# give the same words.
options = {"seed": 1, "sessions": 8}
address: dict | None = None


class Random:
    """splitmix64: the same seed gives the same numbers everywhere."""

    MASK = 2**64 - 1

    def __init__(self, seed: int):
        self.state = seed & self.MASK

    def below(self, bound: int) -> int:
        self.state = (self.state + 0x9E3779B97F4A7C15) & self.MASK
        mixed = self.state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & self.MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & self.MASK
        return (mixed ^ (mixed >> 31)) % bound


def invalid(why: str) -> Err:
    return Err(Error_Invalid(why))


def checked(given: object, names: list[str]) -> dict:
    """Returns the numbers of an object, which must have no other names."""
    if not isinstance(given, dict):
        raise invalid("give an object, for instance {}")
    for name, value in given.items():
        if name not in names:
            raise invalid(f"there is no {name!r}; there are {names}")
        least = 1 if name == "sessions" else 0
        if type(value) is not int or not least <= value <= MOST[name]:
            raise invalid(f"{name!r} must be {least} to {MOST[name]}")
    return given


def parse(text: str | bytes) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise invalid(f"this is not JSON: {error}")


def story():
    """Returns the turns of each session with the operations of a perfect memory, and
    the last statement of each friend. Nothing depends on the number of sessions, so a
    longer episode begins with a shorter one."""
    if address is None:
        raise invalid("no episode is open")
    random = Random(options["seed"] ^ (address["index"] << 8) ^ SPLITS.index(address["split"]))
    sessions, likings = [], {}
    for session in range(1, address["sessions"] + 1):
        lines = []
        for number in range(1, TURNS + 1):
            person, id = PEOPLE[random.below(3)], f"D{session}:{number}"
            if random.below(2) == 0:
                lines.append((Turn(id, person, TALK[random.below(len(TALK))]), None))
                continue
            colour = COLOURS[random.below(len(COLOURS))]
            before = likings.get(person)
            if before:
                operation = DemonstratedOperation_Update(before["turn"])
            else:
                operation = DemonstratedOperation_Insert()
            heard = before["sessions"] if before else []
            likings[person] = {"colour": colour, "turn": id, "sessions": sorted({*heard, session})}
            lines.append((Turn(id, person, f"My favourite colour is {colour}."), operation))
        sessions.append(lines)
    return sessions, likings


def session_at(index: int) -> list:
    sessions, _ = story()
    if not 1 <= index <= len(sessions):
        raise Err(Error_Unknown(f"the episode has no session {index}"))
    return sessions[index - 1]


class Environment(exports.Environment):
    def describe(self) -> Description:
        return Description(
            "my-component",
            "Friends tell which colour they like, and change their minds.",
            ["colour"],
            [LexiconKind("colour", ["colour"], COLOURS)],
        )

    def load(self, files, text: str) -> LoadReport:
        global options, address
        if files:
            raise invalid(f"it has no input files: remove {files[0].name!r}")
        given = checked(parse(text), ["seed", "sessions"])
        options, address = {"seed": 1, "sessions": 8} | given, None
        return LoadReport([Split(name, None) for name in SPLITS], [])

    def open(self, split: str, index: int, horizon: int) -> Episode:
        global address
        if split not in SPLITS:
            raise Err(Error_Unknown(f"there is no split {split!r}; there are {SPLITS}"))
        numbers = {"index": index, "sessions": horizon or options["sessions"]}
        address = checked(numbers, ["index", "sessions"]) | {"split": split}
        return Episode(f"{split}/{index}", address["sessions"], PEOPLE)

    def get_session(self, index: int) -> SessionContent_Dialogue:
        turns = [turn for turn, _ in session_at(index)]
        return SessionContent_Dialogue(Session(index, f"day {index}", turns))

    def act(self, action: str):
        raise Err(Error_Unsupported("there is no task to act in"))

    def questions(self) -> list[Question]:
        _, likings = story()
        return [
            Question(person, f"Which colour does {person} like?", "colour", said["sessions"], [said["turn"]])
            for person, said in likings.items()
        ]

    def score(self, question: str, answer: Answer) -> Score:
        _, likings = story()
        if question not in likings:
            raise Err(Error_Unknown(f"{question!r} is not asked"))
        reward = float(answer.text.strip().lower() == likings[question]["colour"])
        return Score(reward, [("f1", reward)])

    def demonstrate(self, demonstrator: str, index: int, seed: int) -> list[Hint]:
        lines = session_at(index)
        random = Random(seed ^ index)
        match demonstrator:
            case "everything":
                return [Hint(turn.id, DemonstratedOperation_Insert()) for turn, _ in lines]
            case "nothing":
                return []
            case "expert":
                return [Hint(turn.id, operation) for turn, operation in lines if operation]
            case "demonstrator":
                # Inserts too much and never updates, so that rewards teach the rest.
                return [Hint(turn.id, DemonstratedOperation_Insert()) for turn, _ in lines if random.below(4)]
        raise Err(Error_Unknown(f"there is no demonstrator {demonstrator!r}"))


class State(exports.State):
    def snapshot(self) -> bytes:
        saved = {"format": FORMAT, "options": options, "address": address}
        return json.dumps(saved, sort_keys=True).encode()

    def restore(self, bytes: bytes) -> None:
        global options, address
        saved = parse(bytes)
        if not isinstance(saved, dict) or saved.get("format") != FORMAT:
            raise invalid("these bytes are no snapshot")
        read = checked(saved.get("options"), ["seed", "sessions"])
        where = saved.get("address")
        if where is not None:
            split = where.pop("split", None) if isinstance(where, dict) else None
            where = checked(where, ["index", "sessions"]) | {"split": split}
            if split not in SPLITS or len(where) != 3:
                raise invalid("the snapshot names no episode")
        if len(read) != 2:
            raise invalid("the snapshot lacks options")
        options, address = read, where
