"""What flatmates tell each other, and what is asked about it in the end.

An episode is a function of seed, split, index and number of sessions; a longer
one begins with a shorter one. No clock and no `random`: componentize-py would
freeze the seed of the machine that builds.
"""

from dataclasses import dataclass, field

PEOPLE = {
    "train": ["Anna", "Ben", "Cleo", "David", "Eva", "Felix", "Greta", "Hugo"],
    "validation": ["Iris", "Jonas", "Kira", "Luca", "Mona", "Nils"],
    "held-out": ["Olga", "Pablo", "Rosa", "Simon", "Tilda", "Umar"],
}
APPOINTMENTS = ["dentist", "optician", "barber", "mechanic", "plumber"]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
GROCERIES = ["eggs", "apples", "lemons", "candles", "onions"]
NUMBERS = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
ITEMS = APPOINTMENTS + GROCERIES
CATEGORIES = ["standing", "changed", "cancelled"]

# No sentence of talk names an item or a value; a lure names both and is no errand.
SENTENCES = {
    ("appointment", "set"): ["I see the {item} on {value}.", "The {item} expects me on {value}."],
    ("appointment", "change"): ["The {item} moved me to {value}.", "I see the {item} on {value} instead."],
    ("appointment", "cancel"): ["I cancelled the {item}.", "There will be no {item} for me."],
    ("appointment", "lure"): ["The {item} is closed on {value}.", "My cousin saw the {item} on {value}."],
    ("grocery", "set"): ["Please buy {value} {item} for me.", "I need {value} {item}."],
    ("grocery", "change"): ["Make that {value} {item} for me.", "I need {value} {item} instead."],
    ("grocery", "cancel"): ["I need no {item} any more.", "Forget about my {item}."],
    ("grocery", "lure"): ["That old recipe took {value} {item}.", "At the market {value} {item} were rotten."],
}
TALK = [
    "How did you sleep?",
    "What a lovely morning.",
    "I am so tired today.",
    "The kitchen looks great.",
    "Thanks for doing the dishes.",
    "Somebody left the light on.",
    "Your music was nice last night.",
    "See you this evening.",
]
# How often a line is a lure or talk; else it is an errand.
LURE, IDLE = 0.2, 0.35


class Random:
    """splitmix64: the same seed gives the same numbers everywhere."""

    MASK = (1 << 64) - 1

    def __init__(self, *path: int):
        self.state = 0
        for step in path:
            self.state = self.bits() ^ (step & self.MASK)

    def bits(self) -> int:
        self.state = (self.state + 0x9E3779B97F4A7C15) & self.MASK
        mixed = self.state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & self.MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & self.MASK
        return mixed ^ (mixed >> 31)

    def chance(self, probability: float) -> bool:
        return self.bits() < probability * 2.0**64

    def pick(self, items):
        return items[self.bits() % len(items)]


@dataclass
class Line:
    """A turn and what it means."""

    id: str
    speaker: str
    text: str
    # set, change, cancel, lure or talk
    meaning: str
    # For change and cancel: the turn that said so before.
    before: str = ""


@dataclass
class Errand:
    """What was said of one thing that one person has to do."""

    value: str = ""
    # The turn that holds; none where nothing is to be done.
    turn: str = ""
    meaning: str = ""
    # Sessions in which it was spoken of, truly or not.
    sessions: list[int] = field(default_factory=list)


@dataclass
class Story:
    people: list[str]
    # Lines by session: `sessions[s - 1]`.
    sessions: list[list[Line]]
    errands: dict[tuple[str, str], Errand]


def kind(item: str) -> str:
    return "appointment" if item in APPOINTMENTS else "grocery"


def values(item: str) -> list[str]:
    return DAYS if item in APPOINTMENTS else NUMBERS


def tell(seed: int, split: str, index: int, sessions: int, turns: int) -> Story:
    """The episode at this address."""
    random = Random(seed, list(PEOPLE).index(split), index)
    pool = list(PEOPLE[split])
    people = [pool.pop(random.bits() % len(pool)) for _ in range(3)]
    story = Story(people, [], {})
    for session in range(1, sessions + 1):
        lines = [line(random, story, session, turn) for turn in range(1, turns + 1)]
        story.sessions.append(lines)
    return story


def line(random: Random, story: Story, session: int, turn: int) -> Line:
    id, speaker, item = f"D{session}:{turn}", random.pick(story.people), random.pick(ITEMS)
    if random.chance(IDLE):
        return Line(id, speaker, random.pick(TALK), "talk")
    errand = story.errands.setdefault((speaker, item), Errand())
    errand.sessions.append(session)
    value = random.pick([value for value in values(item) if value != errand.value])
    before = errand.turn
    if random.chance(LURE):
        meaning = "lure"
    elif before and random.chance(0.35):
        meaning, errand.value, errand.turn = "cancel", "", ""
    else:
        meaning = "change" if before else "set"
        errand.value, errand.turn = value, id
    if meaning != "lure":
        errand.meaning = meaning
    sentence = random.pick(SENTENCES[kind(item), meaning])
    return Line(id, speaker, sentence.format(item=item, value=value), meaning, before)


def question(person: str, item: str) -> str:
    if item in APPOINTMENTS:
        return f"On which day does {person} see the {item}?"
    return f"How many {item} does {person} need?"


def category(errand: Errand) -> str:
    if not errand.turn:
        return "cancelled"
    return "changed" if errand.meaning == "change" else "standing"


def demonstrated_operation(demonstrator: str, line: Line, random: Random) -> str | None:
    """What a demonstrator does with a turn: insert, update, delete, skip, or nothing."""
    right = {"set": "insert", "change": "update", "cancel": "delete"}.get(line.meaning)
    if demonstrator == "everything":
        return "insert"
    if demonstrator == "nothing":
        return None
    if demonstrator == "expert":
        return right
    # The demonstrator overlooks errands, falls for lures and shies from rewriting:
    # enough to learn the form from, and reward has to teach the rest.
    kept = {"set": 0.8, "change": 0.8, "cancel": 0.6, "lure": 0.5, "talk": 0.2}
    if not random.chance(kept[line.meaning]):
        return None
    return right if right and random.chance(0.4) else "insert"
