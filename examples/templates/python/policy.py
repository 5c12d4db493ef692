"""A policy: asks the model for each turn whether to keep it, answers with the best entry
for a question, and lets the model choose among the actions of a task. The WIT files
describe the functions."""

import json

from componentize_py_types import Err, Ok
from wit_world import exports
from wit_world.exports.policy import Description, Report
from wit_world.imports import acting, bank, model
from wit_world.imports.bank import Hit, Query
from wit_world.imports.model import Message, Request
from wit_world.imports.types import (
    Answer, Error_Invalid, Error_Unsupported, Hint, Insertion, Moment, Operation_Insert, Session,
    SessionContent_Dialogue, Task, Turn,
)

# The only role.
ROLE = "keeper"
# The number of turns or actions in one prompt. Each turn has a marker, t1 to t8, each action
# one of a1 to a8.
CHUNK = 8
# The most entries in the prompt of a task.
RECALLED = 24
# The most actions in a task that does not end by itself.
MOST_ACTIONS = 100
# The snapshot of a policy without state still names the policy.
SNAPSHOT = b"my-component 1"


def ask(prompt: str, grammar: str, words: int, demonstration: str | None) -> str:
    """Asks the model for an output of a grammar with this many words. The demonstration is
    a demonstrator's output."""
    request = Request(
        role=ROLE,
        messages=[Message("user", prompt, [])],
        tools=[],
        max_tokens=words + 1,
        grammar=grammar,
        stop=[],
        temperature=None,
        demonstration=demonstration,
    )
    try:
        return model.generate(request).text
    except Err as error:
        raise Err(Error_Invalid(f"the model failed: {error.value}"))


def parse(output: str, turns: int) -> list[bool] | None:
    """Returns one flag a turn: whether an output keeps it. None if it cannot be parsed."""
    words = output.split()
    markers = [f"t{number}" for number in range(1, turns + 1)]
    if words[::2] != markers or len(words) != 2 * turns:
        return None
    verdicts = words[1::2]
    return [word == "keep" for word in verdicts] if set(verdicts) <= {"keep", "drop"} else None


def choose_turns(turns: list[Turn], hinted: set[str] | None) -> list[bool] | None:
    """Lets the model keep or drop each turn."""
    numbered = list(enumerate(turns, 1))
    demonstration = None
    if hinted is not None:
        said = [f"t{number} {'keep' if turn.id in hinted else 'drop'}" for number, turn in numbered]
        demonstration = " ".join(said)
    # A marker follows its turn.
    prompt = "".join(f"{turn.speaker}: {turn.text} t{number}\n" for number, turn in numbered)
    grammar = " ".join(f"t{number} (keep | drop)" for number, _ in numbered)
    return parse(ask(prompt, grammar, 2 * len(turns), demonstration), len(turns))


def read(session: Session, hints: list[Hint] | None) -> Report:
    hinted = None if hints is None else {hint.turn for hint in hints}
    at = Moment(session.index, session.time)
    report = Report(steps=0, malformed=0, operations=[], refused=0)
    inserted = 0
    for start in range(0, len(session.turns), CHUNK):
        turns = session.turns[start : start + CHUNK]
        report.steps += 1
        kept = choose_turns(turns, hinted)
        if kept is None:
            report.malformed += 1
            continue
        operations = [
            Operation_Insert(Insertion(turn.text, turn.speaker, [turn.id], None, []))
            for turn, keep in zip(turns, kept)
            if keep
        ]
        inserted += len(operations)
        results = bank.apply(at, operations)
        report.refused += sum(not isinstance(result, Ok) for result in results)
    report.operations = [("insert", inserted)]
    return report


def choose_action(story: str, actions: list[str]) -> str | None:
    """Lets the model choose an action. None if the output names none."""
    marked = {f"a{number}": action for number, action in enumerate(actions, 1)}
    advised = acting.advise()
    demonstration = next((marker for marker, action in marked.items() if action == advised), None)
    lines = "".join(f"{action} {marker}\n" for marker, action in marked.items())
    said = ask(story + lines, f"({' | '.join(marked)})", 1, demonstration)
    return marked.get(said.strip())


def act(task: Task) -> Report:
    """Acts until the task is over. The prompt has the best entries, the instruction, what
    was done so far, and the actions."""
    report = Report(steps=0, malformed=0, operations=[], refused=0)
    known = [hit.entry for hit in best(task.instruction, RECALLED)]
    story = "".join(f"{entry.speaker}: {entry.text}\n" for entry in known) + f"{task.instruction}\n"
    actions = task.actions
    for _ in range(MOST_ACTIONS):
        if not actions:
            raise Err(Error_Unsupported("it acts only where actions are listed"))
        report.steps += 1
        action = choose_action(story, actions[:CHUNK])
        if action is None:
            report.malformed += 1
            action = actions[0]
        seen = acting.act(action)
        if seen.done:
            break
        story += f"> {action}\n{seen.text}\n"
        actions = seen.actions
    return report


def best(text: str, limit: int) -> list[Hit]:
    return bank.retrieve(Query(text, None, None, limit, 0.0, ""))


class Policy(exports.Policy):
    def describe(self) -> Description:
        markers = [f"{letter}{number}" for letter in "ta" for number in range(1, CHUNK + 1)]
        summary = "Keeps or drops each turn, and chooses listed actions"
        return Description("my-component", summary, [ROLE], ["keep", "drop", *markers])

    def configure(self, text: str, lexicon) -> None:
        try:
            options = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise Err(Error_Invalid(f"the options are not JSON: {error}"))
        if options != {}:
            raise Err(Error_Invalid("there are no options: give {}"))

    def observe(self, session, hints) -> Report:
        if isinstance(session, SessionContent_Dialogue):
            return read(session.value, hints)
        return act(session.value)

    def answer(self, question: str) -> Answer:
        hits = best(question, 1)
        if not hits:
            return Answer("", [])
        return Answer(hits[0].entry.text, hits[0].entry.evidence)


class State(exports.State):
    def snapshot(self) -> bytes:
        return SNAPSHOT

    def restore(self, bytes: bytes) -> None:
        if bytes != SNAPSHOT:
            raise Err(Error_Invalid("these bytes are no snapshot of this policy"))
