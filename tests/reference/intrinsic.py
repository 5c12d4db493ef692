"""Intrinsic rewards of Memory-R+ (arXiv 2504.02273), computed a second time from the description,
with nothing but Python. Writes intrinsic.json beside this file, the same bytes each time:

    python3 tests/reference/intrinsic.py
"""

import json
import math
import random
from collections import deque
from pathlib import Path

SUCCESS = 1.0


def cosine(a, b):
    lengths = math.hypot(*a) * math.hypot(*b)
    return sum(x * y for x, y in zip(a, b)) / lengths if lengths else 0.0


class Memory:
    """Questions with tried work; the oldest question and the oldest work go first."""

    def __init__(self, case):
        self.case = case
        self.keys = {}
        self.work = {}

    def add(self, question, key, work):
        if question not in self.keys:
            self.keys[question] = key
            self.work[question] = deque(maxlen=self.case["values"])
        self.work[question].append(work)
        while len(self.keys) > self.case["questions"]:
            oldest = next(iter(self.keys))
            del self.keys[oldest], self.work[oldest]

    def near(self, key):
        # sorted is stable: of equally near questions, the older comes first.
        order = sorted(self.keys, key=lambda question: math.dist(self.keys[question], key))
        return [work for question in order[: self.case["neighbours"]] for work in self.work[question]]


def place(value, among):
    least, most = min(among), max(among)
    return (value - least) / (most - least) if most > least else None


class Trainer:
    def __init__(self, case):
        self.case = case
        self.good, self.bad = Memory(case), Memory(case)
        self.windows = {"exploit": deque(maxlen=case["window"]), "explore": deque(maxlen=case["window"])}

    def scale(self, kind, raw, groups):
        """Places of raw values in their window, which grows value by value, or in their group."""
        scaled = []
        for value, group in zip(raw, groups):
            if value is None:
                scaled.append(None)
            elif self.case["scale"] == "group":
                scaled.append(place(value, [v for v, g in zip(raw, groups) if g == group and v is not None]))
            else:
                self.windows[kind].append(value)
                scaled.append(place(value, self.windows[kind]))
        return scaled

    def step(self, trials):
        groups = [trial["group"] for trial in trials]
        distances, novelties = [], []
        begun = len(self.bad.keys) >= self.case["begin"]
        for trial in trials:
            good = self.good.near(trial["key"])
            centre = [sum(column) / len(good) for column in zip(*good)]
            distances.append(math.dist(centre, trial["work"]) if good else None)
            bad = self.bad.near(trial["key"]) if begun else []
            novelties.append(1 - max(cosine(work, trial["work"]) for work in bad) if bad else None)
        exploit = [0.0 if d is None else 1 - d for d in self.scale("exploit", distances, groups)]
        explore = [
            0.0 if not begun else 1.0 if raw is None else scaled or 0.0
            for raw, scaled in zip(novelties, self.scale("explore", novelties, groups))
        ]
        for trial in trials:
            memory = self.good if trial["reward"] >= SUCCESS else self.bad
            memory.add(trial["question"], trial["key"], trial["work"])
        return [self.case["exploit"] * a + self.case["explore"] * b for a, b in zip(exploit, explore)]


def cases():
    source = random.Random(11)
    # Numbers that are the same in single precision.
    vector = lambda: [source.randrange(-64, 65) / 64 for _ in range(3)]
    for number in range(12):
        case = {
            "exploit": source.choice([0.0, 0.5, 1.0]) if number else 1.0,
            "explore": source.choice([0.25, 1.0]),
            "neighbours": source.choice([1, 1, 2]),
            "values": source.choice([2, 100]),
            "questions": source.choice([3, 100]),
            "window": source.choice([5, 100]),
            "begin": source.choice([0, 2]),
            "scale": ["window", "group"][number % 2],
        }
        keys = {f"question {i}": vector() for i in range(5)}
        trainer = Trainer(case)
        steps = []
        for _ in range(6):
            trials = []
            for group in range(3):
                question = source.choice(list(keys))
                for _ in range(4):
                    reward = float(source.random() < 0.5)
                    trials.append(dict(question=question, key=keys[question], work=vector(), reward=reward, group=group))
            rewards = trainer.step(trials)
            steps.append([[*trial.values(), reward] for trial, reward in zip(trials, rewards)])
        yield {**case, "steps": steps}


def main():
    lines = ",\n".join(json.dumps(case, allow_nan=False) for case in cases())
    path = Path(__file__).parent / "intrinsic.json"
    path.write_text(f"[\n{lines}\n]\n")
    print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
