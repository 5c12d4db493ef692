"""`errands`: flatmates plan appointments and shopping, and change their minds."""

import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.environment import Description, Episode, LoadReport, Split
from wit_world.imports.types import (
    Answer, DemonstratedOperation_Delete, DemonstratedOperation_Insert, DemonstratedOperation_Update,
    Error_Invalid, Error_Unknown, Error_Unsupported, Hint, LexiconKind, Question, Score, Session,
    SessionContent_Dialogue, Turn,
)

import story

# The options, their defaults, and the most that each may be.
DEFAULTS = {"seed": 1, "sessions": 8, "turns": 8}
MOST = {"seed": 2**64 - 1, "sessions": 200, "turns": 32}
DEMONSTRATORS = ["everything", "nothing", "demonstrator", "expert"]

# The whole state: an episode is told again from where it was opened.
options = dict(DEFAULTS)
opened: dict | None = None
told: story.Story | None = None


def invalid(why: str) -> Err:
    return Err(Error_Invalid(f"errands: {why}"))


def unknown(what: str) -> Err:
    return Err(Error_Unknown(f"errands: {what}"))


def within(names: dict, given: object) -> dict:
    """The numbers that an object gives, each checked; others by default."""
    if not isinstance(given, dict):
        raise invalid("give an object, for instance {}")
    for name, value in given.items():
        if name not in names:
            raise invalid(f"there is no `{name}`; there are {', '.join(names)}")
        least = 0 if name in ("seed", "index") else 1
        if type(value) is not int or not least <= value <= MOST.get(name, 2**64 - 1):
            raise invalid(f"`{name}` must be {least} to {MOST.get(name, 2**64 - 1)}")
    return names | given


def parse(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise invalid(f"this is not JSON: {error}")


def start(address: dict) -> story.Story:
    return story.tell(
        options["seed"], address["split"], address["index"], address["sessions"], options["turns"]
    )


def the_story() -> story.Story:
    if told is None:
        raise invalid("no episode is open: call `open` first")
    return told


def the_session(index: int) -> list[story.Line]:
    sessions = the_story().sessions
    if not 1 <= index <= len(sessions):
        raise unknown(f"the episode has no session {index}: it has 1 to {len(sessions)}")
    return sessions[index - 1]


class Environment(exports.Environment):
    def describe(self) -> Description:
        return Description(
            name="errands",
            summary="Flatmates plan appointments and shopping, change and cancel them.",
            categories=story.CATEGORIES,
            lexicon=[
                LexiconKind(item, [item], [value.lower() for value in story.values(item)])
                for item in story.ITEMS
            ],
        )

    def load(self, files, text: str) -> LoadReport:
        global options, opened, told
        if files:
            raise invalid(f"it reads no file: remove `{files[0].name}`")
        options, opened, told = within(DEFAULTS, parse(text)), None, None
        return LoadReport([Split(name, None) for name in story.PEOPLE], [])

    def open(self, split: str, index: int, horizon: int) -> Episode:
        global opened, told
        if split not in story.PEOPLE:
            raise unknown(f"there is no split `{split}`; there are {', '.join(story.PEOPLE)}")
        if horizon > MOST["sessions"]:
            raise invalid(f"an episode has at most {MOST['sessions']} sessions")
        address = {"split": split, "index": index, "sessions": horizon or options["sessions"]}
        told = start(address)
        opened = address
        return Episode(f"{split}/{index}", address["sessions"], told.people)

    def get_session(self, index: int) -> SessionContent_Dialogue:
        turns = [Turn(line.id, line.speaker, line.text) for line in the_session(index)]
        return SessionContent_Dialogue(Session(index, f"week {index}", turns))

    def act(self, action: str):
        raise Err(Error_Unsupported("errands: there is no task to act in"))

    def advise(self, demonstrator: str, seed: int) -> str:
        raise Err(Error_Unsupported("errands: there is no task to advise on"))

    def questions(self) -> list[Question]:
        return [
            Question(
                id=f"{person}/{item}",
                text=story.question(person, item),
                category=story.category(errand),
                sessions=sorted(set(errand.sessions)),
                evidence=[errand.turn] if errand.turn else [],
            )
            for (person, item), errand in the_story().errands.items()
        ]

    def score(self, question: str, answer: Answer) -> Score:
        person, _, item = question.partition("/")
        errand = the_story().errands.get((person, item))
        if errand is None:
            raise unknown(f"the episode asks no question `{question}`")
        right = float(answer.text.strip().lower() == errand.value.lower())
        return Score(right, [("f1", right)])

    def rubric(self, question: str) -> str | None:
        return None

    def demonstrate(self, demonstrator: str, index: int, seed: int) -> list[Hint]:
        lines = the_session(index)
        if demonstrator not in DEMONSTRATORS:
            raise unknown(f"there is no demonstrator `{demonstrator}`; there are {DEMONSTRATORS}")
        random = story.Random(seed, opened["index"], index)
        hints = []
        for line in lines:
            match story.demonstrated_operation(demonstrator, line, random):
                case "insert":
                    hints.append(Hint(line.id, DemonstratedOperation_Insert()))
                case "update":
                    hints.append(Hint(line.id, DemonstratedOperation_Update(line.before)))
                case "delete":
                    hints.append(Hint(line.id, DemonstratedOperation_Delete(line.before)))
        return hints


FORMAT = "errands 1"


class State(exports.State):
    def snapshot(self) -> bytes:
        state = {"format": FORMAT, "options": options, "opened": opened}
        return json.dumps(state, sort_keys=True).encode()

    def restore(self, bytes: bytes) -> None:
        global options, opened, told
        try:
            state = json.loads(bytes)
        except (ValueError, RecursionError):
            raise invalid("these bytes are no snapshot")
        if not isinstance(state, dict) or state.get("format") != FORMAT:
            raise invalid(f"these bytes are no snapshot of the format {FORMAT}")
        before = options, opened, told
        try:
            options = within(DEFAULTS, state.get("options"))
            opened, told = None, None
            if (address := state.get("opened")) is not None:
                if not isinstance(address, dict) or address.get("split") not in story.PEOPLE:
                    raise invalid("the snapshot names no split")
                split = {"split": address.pop("split")}
                numbers = within({"index": 0, "sessions": options["sessions"]}, address)
                opened = split | numbers
                told = start(opened)
        except Err:
            options, opened, told = before
            raise
