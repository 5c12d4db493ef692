"""An environment: friends name the colours that they like, and change their minds. Every
fourth session is a task: to say which colour one of them likes. The WIT files describe
the functions."""

import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.environment import Description, Episode, LoadReport, Split
from wit_world.imports.types import (
    Answer, DemonstratedOperation_Insert, DemonstratedOperation_Update, Error_Invalid, Error_Unknown,
    Error_Unsupported, Hint, LexiconKind, Observation, Question, Score, Session, SessionContent_Dialogue,
    SessionContent_Task, Task, Turn,
)

# The format of snapshots. Change it whenever the saved values change.
FORMAT = "my-component 1"
SPLITS = ["train", "validation", "held-out"]
DEMONSTRATORS = ["everything", "nothing", "demonstrator", "expert"]
PEOPLE = ["Anna", "Ben", "Cleo"]
COLOURS = ["red", "blue", "green", "yellow", "white", "black"]
TALK = ["How are you?", "It rained all day.", "See you soon.", "I am tired."]
TURNS = 4
TASK_EVERY = 4
# The number of actions after which a task ends.
STEPS = 2
MOST = {"seed": 2**64 - 1, "index": 2**64 - 1, "sessions": 200}

# The whole state. Episodes are generated again from options and address: the same ones
# give the same words.
options = {"seed": 1, "sessions": 8}
address: dict | None = None
# The task session that was read last, and the number of actions that are left in it.
reading: tuple[int, int] | None = None
# The colour that was said first in each task.
said: dict[int, str] = {}


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
    """Returns the turns of each session with the operations of a perfect memory, the last
    statement of each friend, and the tasks by session, each with the statement that is
    wanted. Nothing depends on the number of sessions, so a longer episode begins with a
    shorter one."""
    if address is None:
        raise invalid("no episode is open")
    random = Random(options["seed"] ^ (address["index"] << 8) ^ SPLITS.index(address["split"]))
    sessions, likings, tasks = [], {}, {}
    for session in range(1, address["sessions"] + 1):
        lines = []
        sessions.append(lines)
        if session % TASK_EVERY == 0 and likings:
            tasks[session] = list(likings.values())[random.below(len(likings))]
            continue
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
            sessions_heard = sorted({*heard, session})
            likings[person] = {"person": person, "colour": colour, "turn": id, "sessions": sessions_heard}
            lines.append((Turn(id, person, f"My favourite colour is {colour}."), operation))
    return sessions, likings, tasks


def session_at(index: int) -> list:
    sessions, _, _ = story()
    if not 1 <= index <= len(sessions):
        raise Err(Error_Unknown(f"the episode has no session {index}"))
    return sessions[index - 1]


def task() -> tuple[int, int, str]:
    """Returns the task that was read last: its session, the actions that are left, and the
    colour that is wanted."""
    _, _, tasks = story()
    if reading is None or reading[0] not in tasks:
        raise Err(Error_Unsupported("the session that was read last is no task"))
    session, left = reading
    if left == 0:
        raise invalid("the task is over")
    return session, left, tasks[session]["colour"]


def check_demonstrator(name: str) -> None:
    if name not in DEMONSTRATORS:
        raise Err(Error_Unknown(f"there is no demonstrator {name!r}; there are {DEMONSTRATORS}"))


class Environment(exports.Environment):
    def describe(self) -> Description:
        return Description(
            "my-component",
            "Friends tell which colour they like, and change their minds.",
            ["colour", "task"],
            [LexiconKind("colour", ["colour"], COLOURS)],
        )

    def load(self, files, text: str) -> LoadReport:
        global options, address, reading, said
        if files:
            raise invalid(f"it has no input files: remove {files[0].name!r}")
        given = checked(parse(text), ["seed", "sessions"])
        options, address, reading, said = {"seed": 1, "sessions": 8} | given, None, None, {}
        return LoadReport([Split(name, None) for name in SPLITS], [])

    def open(self, split: str, index: int, horizon: int) -> Episode:
        global address, reading, said
        if split not in SPLITS:
            raise Err(Error_Unknown(f"there is no split {split!r}; there are {SPLITS}"))
        numbers = {"index": index, "sessions": horizon or options["sessions"]}
        address = checked(numbers, ["index", "sessions"]) | {"split": split}
        reading, said = None, {}
        return Episode(f"{split}/{index}", address["sessions"], PEOPLE)

    def get_session(self, index: int) -> SessionContent_Dialogue | SessionContent_Task:
        global reading
        turns, time = [turn for turn, _ in session_at(index)], f"day {index}"
        _, _, tasks = story()
        if index not in tasks:
            reading = None
            return SessionContent_Dialogue(Session(index, time, turns))
        reading = index, STEPS
        instruction = f"Say the favourite colour of {tasks[index]['person']}."
        return SessionContent_Task(Task(index, time, instruction, COLOURS, STEPS))

    def act(self, action: str) -> Observation:
        global reading
        session, left, colour = task()
        if action not in COLOURS:
            raise invalid(f"there is no action {action!r}; there are {COLOURS}")
        if left == STEPS:
            said[session] = action
        right = action == colour
        left = 0 if right else left - 1
        reading = session, left
        return Observation("Yes." if right else "No.", left == 0, float(right), COLOURS if left else [])

    def advise(self, demonstrator: str, seed: int) -> str:
        session, left, colour = task()
        check_demonstrator(demonstrator)
        random = Random(seed ^ session ^ (left << 32))
        if demonstrator == "nothing":
            return COLOURS[0]
        if demonstrator == "demonstrator" and random.below(4) == 0:
            # Guesses now and then, so that rewards teach the rest.
            return COLOURS[random.below(len(COLOURS))]
        return colour

    def questions(self) -> list[Question]:
        _, likings, tasks = story()
        asked = [
            Question(person, f"Which colour does {person} like?", "colour", liking["sessions"], [liking["turn"]])
            for person, liking in likings.items()
        ]
        # A question without text is not asked: `score` says what the task came to.
        silent = [
            Question(f"task-{session}", "", "task", [*liking["sessions"], session], [])
            for session, liking in tasks.items()
        ]
        return asked + silent

    def score(self, question: str, answer: Answer) -> Score:
        _, likings, tasks = story()
        silent = {f"task-{session}": session for session in tasks}
        if question in likings:
            right = answer.text.strip().lower() == likings[question]["colour"]
        elif question in silent:
            session = silent[question]
            right = said.get(session) == tasks[session]["colour"]
        else:
            raise Err(Error_Unknown(f"{question!r} is not asked"))
        return Score(float(right), [("f1", float(right))])

    def rubric(self, question: str) -> str | None:
        return None

    def demonstrate(self, demonstrator: str, index: int, seed: int) -> list[Hint]:
        lines = session_at(index)
        check_demonstrator(demonstrator)
        random = Random(seed ^ index)
        match demonstrator:
            case "everything":
                return [Hint(turn.id, DemonstratedOperation_Insert()) for turn, _ in lines]
            case "nothing":
                return []
            case "expert":
                return [Hint(turn.id, operation) for turn, operation in lines if operation]
        # Inserts too much and never updates, so that rewards teach the rest.
        return [Hint(turn.id, DemonstratedOperation_Insert()) for turn, _ in lines if random.below(4)]


class State(exports.State):
    def snapshot(self) -> bytes:
        saved = {
            "format": FORMAT, "options": options, "address": address,
            "reading": reading, "said": sorted(said.items()),
        }
        return json.dumps(saved, sort_keys=True).encode()

    def restore(self, bytes: bytes) -> None:
        global options, address, reading, said
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
        task, colours = saved.get("reading"), saved.get("said")
        if task is not None and not (pair(task, int, int) and 0 <= task[1] <= STEPS):
            raise invalid("the snapshot names no task")
        if not isinstance(colours, list) or not all(pair(colour, int, str) for colour in colours):
            raise invalid("the snapshot lacks what was said")
        options, address, reading, said = read, where, task and tuple(task), dict(colours)


def pair(value: object, first: type, second: type) -> bool:
    """Returns whether a parsed value is a pair of these types."""
    return isinstance(value, list) and [type(part) for part in value] == [first, second]
