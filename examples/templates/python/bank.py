"""A memory bank: entries in order of insertion, found by the words that they share
with a query. The WIT files describe the functions."""

import json
import re
from dataclasses import asdict

from componentize_py_types import Err, Ok
from wit_world import exports
from wit_world.exports.bank import Hit, OperationSchema, Query, Schema, Stats
from wit_world.imports.types import (
    Entry, Error_Invalid, Error_Unknown, Error_Unsupported, Moment, Operation,
    Operation_Delete, Operation_Insert, Operation_Update,
)

# The format of snapshots. Change it whenever the saved values change.
FORMAT = "my-component 1"

# The whole state: the last number of an entry, and the entries.
last = 0
entries: list[Entry] = []


def words(text: str) -> list[str]:
    """Runs of letters, digits and _, in lower case."""
    return re.findall(r"\w+", text.lower())


def one_line(text: str) -> str:
    line = " ".join(text.split())
    if not line:
        raise Err(Error_Invalid("the text is empty"))
    return line


def entry_of(id: str) -> Entry:
    for entry in entries:
        if entry.id == id:
            return entry
    raise Err(Error_Unknown(f"no entry has the id {id!r}"))


def no_options(whose: str, text: str) -> None:
    """Refuses options, of which there are none: the only valid JSON object is an empty one."""
    try:
        options = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Err(Error_Invalid(f"the options of the {whose} are not JSON: {error}"))
    if options != {}:
        raise Err(Error_Invalid(f"the {whose} has no options: give {{}}"))


def no_fields(fields: list[tuple[str, str]]) -> None:
    """Refuses fields, of which the entries have none."""
    if fields:
        raise Err(Error_Invalid(f"entries have no field {fields[0][0]!r}"))


def apply_one(at: Moment, operation: Operation) -> str:
    global last
    match operation:
        case Operation_Insert(new):
            text = one_line(new.text)
            no_fields(new.fields)
            last += 1
            id = f"m{last}"
            entries.append(Entry(id, text, new.speaker, at.time, at.session, at.session, new.evidence, []))
            return id
        case Operation_Update(new):
            entry, text = entry_of(new.id), one_line(new.text)
            no_fields(new.fields)
            entry.text = text
            entry.time, entry.last_session = at.time, at.session
            entry.evidence += [turn for turn in new.evidence if turn not in entry.evidence]
            return entry.id
        case Operation_Delete(id):
            entries.remove(entry_of(id))
            return id
        case _:
            raise Err(Error_Unsupported(f"there is no operation {operation.value.name!r}"))


def schema_of(name: str, description: str, *arguments: str) -> OperationSchema:
    properties = {argument: {"type": "string"} for argument in arguments}
    return OperationSchema(name, description, json.dumps({"type": "object", "properties": properties}))


class Bank(exports.Bank):
    def configure(self, options: str) -> None:
        no_options("bank", options)

    def get_schema(self) -> Schema:
        operations = [
            schema_of("insert", "Note a fact.", "text"),
            schema_of("update", "Rewrite a fact.", "id", "text"),
            schema_of("delete", "Forget a fact.", "id"),
        ]
        return Schema("my-component", "A list of facts", operations, [], "")

    def apply(self, at: Moment, operations: list[Operation]):
        results = []
        for operation in operations:
            try:
                results.append(Ok(apply_one(at, operation)))
            except Err as error:
                results.append(error)
        return results

    def retrieve(self, query: Query) -> list[Hit]:
        """An entry's score is the share of the query's words that it has."""
        if query.options:
            no_options("query", query.options)
        wanted = set(words(query.text))
        hits = []
        for entry in entries:
            if query.speaker is not None and query.speaker != entry.speaker:
                continue
            score = len(wanted & set(words(entry.text))) / max(len(wanted), 1)
            if score > query.threshold:
                hits.append(Hit(entry, score))
        # Stable: ties stay in order of insertion.
        hits.sort(key=lambda hit: -hit.score)
        return hits[: query.limit]

    def entries(self) -> list[Entry]:
        return entries

    def render(self, ids: list[str]) -> str:
        found = [entry_of(id) for id in ids]
        return "".join(f"[{e.id}] {e.speaker} ({e.time}): {e.text}\n" for e in found)

    def end_session(self, at: Moment) -> None:
        pass

    def get_stats(self) -> Stats:
        return Stats(len(entries), sum(len(words(entry.text)) for entry in entries))


class State(exports.State):
    def snapshot(self) -> bytes:
        saved = {"format": FORMAT, "last": last, "entries": [asdict(entry) for entry in entries]}
        return json.dumps(saved).encode()

    def restore(self, bytes: bytes) -> None:
        global last, entries
        try:
            saved = json.loads(bytes)
            if saved["format"] != FORMAT:
                raise ValueError(f"the format is not {FORMAT}")
            number = saved["last"]
            read = [Entry(**entry) for entry in saved["entries"]]
            if type(number) is not int or not all(map(sound, read)):
                raise ValueError("a field is of another type")
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise Err(Error_Invalid(f"these bytes are not a snapshot: {error}"))
        last, entries = number, read


def sound(entry: Entry) -> bool:
    """Returns whether the fields of a parsed entry have the right types."""
    texts = [entry.id, entry.text, entry.speaker, entry.time]
    if not isinstance(entry.evidence, list) or entry.fields != []:
        return False
    numbers = [entry.first_session, entry.last_session]
    return all(type(text) is str for text in texts + entry.evidence) and all(
        type(number) is int and 0 <= number < 2**32 for number in numbers
    )
