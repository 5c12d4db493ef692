"""The published metrics of LongMemEval and MemoryAgentBench a second time, for fixed answers to the
questions of the miniatures: the environments `longmemeval` and `chunks` share no code with it.

    python tests/reference/benchmarks.py > tests/reference/benchmarks.json

Written from the formulas; needs nothing but Python. The environments' tests read the output, one
answer a line, and have the same values to the last digit of a 32-bit float.
"""

import json
import math
import re
import string
import sys
from collections import Counter
from pathlib import Path

ENVIRONMENTS = Path(__file__).parents[2] / "guest-policies" / "environments"
DEPTHS = {"longmemeval": (5, 10), "recsys": (1, 5, 10)}

# Answers to questions of the miniature, with sessions and turns (counted from 0) that are cited.
LONGMEMEVAL = [
    ("mini-user-1", "You called it Pepperwing.", [("answer_user_1", 0)]),
    ("mini-user-1", "Pepperwing", [("filler_01", 1), ("filler_02", 0), ("answer_user_1", 2)]),
    ("mini-user-2", "17 jars", [("filler_03", 0)]),
    ("mini-assistant-1", "The doorway stretch, then a slow roll.", [("answer_assistant_1", 1), ("filler_05", 0)]),
    ("mini-assistant-2", "the crooked ladle", []),
    ("mini-preference-1", "Lentils with ginger, in one pot.", [("answer_preference_1", 2)]),
    ("mini-multi-1", "You bought 5 plants.", [("answer_multi_1b", 2), ("filler_03", 0), ("answer_multi_1a", 0)]),
    ("mini-multi-1", "two", [("filler_03", 0), ("filler_03", 1), ("answer_multi_1a", 0)]),
    (
        "mini-multi-1",
        "3 + 2",
        [("answer_multi_1a", 1), ("filler_03", 0), ("filler_03", 1)]
        + [("answer_multi_1b", turn) for turn in range(3)]
        + [("answer_multi_1a", 0)],
    ),
    ("mini-multi-2_abs", "", [("answer_multi_2_abs_a", 0)]),
    ("mini-multi-2_abs", "I don't know.", []),
    ("mini-temporal-1", "12", [("answer_temporal_1a", 0), ("answer_temporal_1b", 0)]),
    ("mini-temporal-2", "The trip to Velm", [("answer_temporal_2b", 1), ("answer_temporal_2a", 1)]),
    ("mini-update-1", "It is in the blue watering can", [("answer_update_1b", 0)]),
    ("mini-update-2_abs", "24:10", [("answer_update_2_abs_b", 0)]),
]

# Answers to questions by source and number (counted from 0).
CHUNKS = [
    ("ruler_qa1_197K", 0, "It was begun by Idris Pell."),
    ("ruler_qa1_197K", 1, "40 minutes!"),
    ("ruler_qa1_197K", 2, "oak"),
    ("eventqa_65536", 0, "(2) She follows the dry canal"),
    ("eventqa_65536", 1, "She finds a door"),
    ("eventqa_65536", 1, "she finds a door; then she hears the water."),
    ("factconsolidation_sh_6k", 0, "Vim"),
    ("factconsolidation_sh_6k", 1, "Ralf Oster"),
    ("factconsolidation_sh_6k", 3, "It is the Tann."),
    ("factconsolidation_mh_6k", 1, "the Wend"),
    ("icl_trec_coarse_6600shot_balance", 0, "43"),
    ("icl_trec_coarse_6600shot_balance", 0, "label: 43"),
    ("icl_trec_coarse_6600shot_balance", 1, "Let me see.\nAnswer: 3\nIt asks why."),
    ("icl_trec_coarse_6600shot_balance", 2, "7 or 3"),
    ("recsys_redial_full", 0, "1. Nine Lemons\n2. Long Ferry (1999)\n3. Winter in Brask"),
    ("recsys_redial_full", 1, "Try these:\n1. The Tall Tailer\n2. Harbour Light"),
    ("recsys_redial_full", 1, "Winter, Harbour Lights, nine lemon, tall tailor"),
    ("detective_qa", 0, "B. The gardener"),
    ("detective_qa", 0, "The clay tells it.\nAnswer: b. the gardener"),
    ("detective_qa", 1, "In the cellar"),
    ("longmemeval_s*", 0, "With your niece Ottilie"),
    ("longmemeval_s*", 1, "Nine."),
]


def normalise(text):
    """Lower case, no ASCII punctuation, no articles, single spaces."""
    bare = "".join(letter for letter in text.lower() if letter not in string.punctuation)
    return " ".join(word for word in bare.split() if word not in ("a", "an", "the"))


def contains(answer, gold):
    return float(normalise(gold) in normalise(answer)) if normalise(gold) else float(not normalise(answer))


def exact(answer, gold):
    return float(normalise(answer) == normalise(gold))


def f1(answer, gold):
    answer, gold = normalise(answer).split(), normalise(gold).split()
    if not answer or not gold:
        return float(answer == gold)
    shared = sum((Counter(answer) & Counter(gold)).values())
    return 2 * shared / (len(answer) + len(gold))


def gain(relevances):
    """The first two ranks count in full, rank r from 2 on 1 / log2(r)."""
    return sum(value / math.log2(max(rank, 2)) for rank, value in enumerate(relevances, 1))


def retrieval(ranking, relevant, depth):
    first = ranking[:depth]
    ideal = [1.0] * min(depth, len(relevant))
    return {
        "recall-any": float(any(item in first for item in relevant)),
        "recall-all": float(all(item in first for item in relevant)),
        "ndcg": gain([float(item in relevant) for item in first]) / gain(ideal),
    }


def unique(items):
    return list(dict.fromkeys(items))


def longmemeval():
    text = (ENVIRONMENTS / "longmemeval" / "tests" / "miniature.json").read_text()
    instances = {instance["question_id"]: instance for instance in json.loads(text)}
    for question, answer, cited in LONGMEMEVAL:
        instance = instances[question]
        dates, ids = instance["haystack_dates"], instance["haystack_session_ids"]
        # Such dates are in order as texts are.
        order = sorted(range(len(dates)), key=lambda place: dates[place])
        number = {ids[place]: session for session, place in enumerate(order, 1)}
        turn_of = lambda session, turn: f"D{number[session]}:{turn + 1}"
        citations = [turn_of(session, turn) for session, turn in cited]
        abstains = question.endswith("_abs")
        gold = "" if abstains else str(instance["answer"])
        metrics = {"f1": f1(answer, gold), "contains": contains(answer, gold)}
        if not abstains:
            sessions = unique(session for session, _ in cited)
            wanted = instance["answer_session_ids"]
            metrics["recall"] = sum(session in sessions for session in wanted) / len(wanted)
            evidence = [
                turn_of(session, turn)
                for session, turns in zip(ids, instance["haystack_sessions"])
                for turn, said in enumerate(turns)
                if said.get("has_answer")
            ]
            for depth in DEPTHS["longmemeval"]:
                for prefix, ranking, relevant in (
                    ("", sessions, wanted),
                    ("turn-", unique(citations), evidence),
                ):
                    for name, value in retrieval(ranking, relevant, depth).items():
                        metrics[f"{prefix}{name}@{depth}"] = value
        yield {
            "environment": "longmemeval",
            "question": question,
            "answer": answer,
            "citations": citations,
            "reward": metrics["f1"],
            "metrics": metrics,
        }


def parsed(answer):
    """The line after `Answer:`, else the first one."""
    found = re.search("answer:(.*)", answer, re.IGNORECASE)
    return (found[1] if found else answer.split("\n")[0]).strip()


def distance(a, b):
    """Levenshtein's, by its recursion over prefixes."""
    table = [[i + j for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            same = table[i - 1][j - 1] + (a[i - 1] != b[j - 1])
            table[i][j] = min(same, table[i - 1][j] + 1, table[i][j - 1] + 1)
    return table[-1][-1]


def clean(text):
    return " ".join(re.sub(r"\([^()]*\)", "", text).split())


def films(answer, ids):
    names = json.loads((ENVIRONMENTS / "chunks" / "tests" / "entity2id.json").read_text())
    titles = {number: clean(re.sub("[_>-]", " ", name.split("/")[-1])) for name, number in names.items()}
    listed = answer.split("1.", 1)[1] if "1." in answer else answer.replace(",", "\n")
    items = [clean(re.sub(r"^\d+[.)]?\s*-?", "", item.strip())) for item in listed.split("\n")]
    nearest = lambda item: min(titles, key=lambda n: (distance(item.lower(), titles[n].lower()), n))
    found = [nearest(item) for item in items if item]
    shares = {depth: sum(int(one) in found[:depth] for one in ids) / len(ids) for depth in DEPTHS["recsys"]}
    return shares[5], {f"recall@{depth}": share for depth, share in shares.items()}


def chunks():
    text = (ENVIRONMENTS / "chunks" / "tests" / "memoryagentbench.jsonl").read_text()
    rows = {row["metadata"]["source"]: row for row in map(json.loads, text.splitlines())}
    for source, number, answer in CHUNKS:
        golds = rows[source]["answers"][number]
        metrics = {
            name: max(measure(answer, gold) for gold in golds)
            for name, measure in (("f1", f1), ("contains", contains), ("exact", exact))
        }
        if source.startswith("recsys"):
            reward, metrics = films(answer, golds)
        elif source.startswith("eventqa"):
            reward = float(all(gold.lower() in answer.lower() for gold in golds))
        elif source.startswith("icl"):
            reward = max(exact(parsed(answer), gold) for gold in golds)
        elif source.startswith("detective"):
            reward = max(metrics["exact"], *(exact(parsed(answer), gold) for gold in golds))
        else:
            reward = metrics["contains"]
        yield {
            "environment": "chunks",
            "source": source,
            "question": f"q{number + 1}",
            "answer": answer,
            "reward": reward,
            "metrics": metrics,
        }


if __name__ == "__main__":
    lines = [json.dumps(case) for case in [*longmemeval(), *chunks()]]
    sys.stdout.write("[\n" + ",\n".join(lines) + "\n]\n")
