"""A policy: asks the model for each turn whether to keep it, and answers with the
best entry for a question. The WIT files describe the functions."""

import json

from componentize_py_types import Err, Ok
from wit_world import exports
from wit_world.exports.policy import Description, Report
from wit_world.imports import bank, model
from wit_world.imports.bank import Query
from wit_world.imports.model import Message, Request
from wit_world.imports.types import (
    Answer, Error_Invalid, Error_Unsupported, Insertion, Moment, Operation_Insert,
    SessionContent_Dialogue, Turn,
)

# The only role.
ROLE = "keeper"
# The number of turns in one prompt. Each has a marker, t1 to t8.
CHUNK = 8
# The snapshot of a policy without state still names the policy.
SNAPSHOT = b"my-component 1"


def parse(output: str, turns: int) -> list[bool] | None:
    """Returns one flag a turn: whether an output keeps it. None if it cannot be parsed."""
    words = output.split()
    markers = [f"t{number}" for number in range(1, turns + 1)]
    if words[::2] != markers or len(words) != 2 * turns:
        return None
    verdicts = words[1::2]
    return [word == "keep" for word in verdicts] if set(verdicts) <= {"keep", "drop"} else None


def request(turns: list[Turn], hinted: set[str] | None) -> Request:
    numbered = list(enumerate(turns, 1))
    demonstration = None
    if hinted is not None:
        said = [f"t{number} {'keep' if turn.id in hinted else 'drop'}" for number, turn in numbered]
        demonstration = " ".join(said)
    return Request(
        role=ROLE,
        # A marker follows its turn.
        messages=[Message("user", "".join(f"{t.speaker}: {t.text} t{n}\n" for n, t in numbered))],
        max_tokens=2 * len(turns) + 1,
        grammar=" ".join(f"t{number} (keep | drop)" for number, _ in numbered),
        demonstration=demonstration,
    )


class Policy(exports.Policy):
    def describe(self) -> Description:
        markers = [f"t{number}" for number in range(1, CHUNK + 1)]
        return Description("my-component", "Keeps or drops each turn", [ROLE], ["keep", "drop", *markers])

    def configure(self, text: str, lexicon) -> None:
        try:
            options = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise Err(Error_Invalid(f"the options are not JSON: {error}"))
        if options != {}:
            raise Err(Error_Invalid("there are no options: give {}"))

    def observe(self, session, hints) -> Report:
        if not isinstance(session, SessionContent_Dialogue):
            raise Err(Error_Unsupported("it reads dialogue and does not act in tasks"))
        dialogue = session.value
        hinted = None if hints is None else {hint.turn for hint in hints}
        at = Moment(dialogue.index, dialogue.time)
        report = Report(steps=0, malformed=0, operations=[], refused=0)
        inserted = 0
        for start in range(0, len(dialogue.turns), CHUNK):
            turns = dialogue.turns[start : start + CHUNK]
            report.steps += 1
            try:
                said = model.generate(request(turns, hinted))
            except Err as error:
                raise Err(Error_Invalid(f"the model failed: {error.value}"))
            kept = parse(said.text, len(turns))
            if kept is None:
                report.malformed += 1
                continue
            operations = [
                Operation_Insert(Insertion(turn.text, turn.speaker, [turn.id], None))
                for turn, keep in zip(turns, kept)
                if keep
            ]
            inserted += len(operations)
            results = bank.apply(at, operations)
            report.refused += sum(not isinstance(result, Ok) for result in results)
        report.operations = [("insert", inserted)]
        return report

    def answer(self, question: str) -> Answer:
        hits = bank.retrieve(Query(question, None, None, 1, 0.0))
        if not hits:
            return Answer("", [])
        return Answer(hits[0].entry.text, hits[0].entry.evidence)


class State(exports.State):
    def snapshot(self) -> bytes:
        return SNAPSHOT

    def restore(self, bytes: bytes) -> None:
        if bytes != SNAPSHOT:
            raise Err(Error_Invalid("these bytes are no snapshot of this policy"))
