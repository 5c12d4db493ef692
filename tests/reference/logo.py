"""The losses and advantages of LoGo-GRPO and its rivals, written as plainly as
possible: the values that memloom's own implementation is tested against.

    python3 -m venv /tmp/reference && /tmp/reference/bin/pip install torch
    /tmp/reference/bin/python tests/reference/logo.py

writes loss.json and advantages.json beside this file; the same bytes each time.
"""

import json
import random
from pathlib import Path

import torch

HERE = Path(__file__).parent
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)

RATIOS = ["token", "step", "sequence"]
AGGREGATIONS = ["token-mean", "step-mean", "trajectory", "fixed-length"]


# ---------------------------------------------------------------- the loss

def loss_of(case, logprobs, entropies):
    """The loss of a minibatch; logprobs and entropies are flat over its tokens."""
    spans, at = [], 0
    for length in case["lengths"]:
        spans.append(range(at, at + length))
        at += length
    base = case["prox"] if case["importance_cap"] is not None else case["old"]
    token_losses = [None] * at
    for step, span in enumerate(spans):
        advantage = case["advantages"][step]
        differences = [logprobs[t] - base[t] for t in span]
        for place, t in enumerate(span):
            if case["ratio"] == "token":
                log_ratio = differences[place]
            elif case["ratio"] == "step":
                log_ratio = sum(differences) / len(differences)
            else:
                log_ratio = sum(differences)
            ratio = torch.exp(torch.clamp(log_ratio, max=3.0))
            clipped = torch.clamp(ratio, 1 - case["clip_low"], 1 + case["clip_high"])
            gain = torch.minimum(ratio * advantage, clipped * advantage)
            if case["dual_clip"] is not None and advantage < 0:
                gain = torch.maximum(gain, torch.tensor(case["dual_clip"] * advantage))
            weight = 1.0
            if case["importance_cap"] is not None:
                apart = [case["prox"][u] - case["old"][u] for u in span]
                if case["ratio"] == "token":
                    log_weight = apart[place]
                elif case["ratio"] == "step":
                    log_weight = sum(apart) / len(apart)
                else:
                    log_weight = sum(apart)
                weight = min(float(torch.exp(torch.tensor(log_weight))), case["importance_cap"])
            loss = -weight * gain - case["entropy"] * entropies[t]
            if case["kl"] > 0:
                d = torch.clamp(case["reference"][t] - logprobs[t], -10.0, 10.0)
                divergence = {
                    "k1": -d,
                    "k2": d * d / 2,
                    "k3": torch.exp(d) - d - 1,
                }[case["kl_estimator"]]
                loss = loss + case["kl"] * divergence
            token_losses[t] = loss
    if case["aggregation"] == "token-mean":
        return sum(token_losses) / at
    if case["aggregation"] == "step-mean":
        means = [sum(token_losses[t] for t in span) / len(span) for span in spans]
        return sum(means) / len(means)
    if case["aggregation"] == "fixed-length":
        sums = [sum(token_losses[t] for t in span) / case["fixed_length"] for span in spans]
        return sum(sums) / len(sums)
    trajectories = {}
    for span, trajectory in zip(spans, case["trajectories"]):
        trajectories.setdefault(trajectory, []).extend(token_losses[t] for t in span)
    means = [sum(losses) / len(losses) for losses in trajectories.values()]
    return sum(means) / len(means)


def loss_case(source, name, spread=0.3, steps=6, longest=6, **switches):
    lengths = [source.randint(1, longest) for _ in range(steps)]
    tokens = sum(lengths)
    case = {
        "name": name,
        "ratio": "step",
        "clip_low": 0.2,
        "clip_high": 0.2,
        "dual_clip": 3.0,
        "aggregation": "step-mean",
        "fixed_length": 5.0,
        "kl": 0.0,
        "kl_estimator": "k3",
        "entropy": 0.0,
        "importance_cap": None,
    }
    case.update(switches)
    case["lengths"] = lengths
    case["trajectories"] = sorted(source.randint(0, 2) for _ in range(steps))
    sign = case.pop("sign", None)
    advantages = [source.gauss(0, 1) for _ in range(steps)]
    if sign is not None:
        advantages = [sign * abs(advantage) for advantage in advantages]
    case["advantages"] = advantages
    far = case.pop("far", 1.0)
    case["logprobs"] = [-abs(source.gauss(1, 1)) for _ in range(tokens)]
    near = lambda width: [x + source.gauss(0, width) for x in case["logprobs"]]
    case["old"] = near(spread)
    case["prox"] = near(spread) if case["importance_cap"] is not None else None
    case["reference"] = near(0.5 * far) if case["kl"] > 0 else None
    case["entropies"] = [abs(source.gauss(1, 0.5)) for _ in range(tokens)]
    logprobs = torch.tensor(case["logprobs"], requires_grad=True)
    entropies = torch.tensor(case["entropies"], requires_grad=True)
    loss = loss_of(case, logprobs, entropies)
    loss.backward()
    case["loss"] = loss.item()
    case["grad_logprobs"] = logprobs.grad.tolist()
    case["grad_entropies"] = (
        [0.0] * tokens if entropies.grad is None else entropies.grad.tolist()
    )
    return case


def loss_cases():
    source = random.Random(1)
    cases = []
    add = lambda name, **switches: cases.append(loss_case(source, name, **switches))
    for ratio in RATIOS:
        for aggregation in AGGREGATIONS:
            add(f"{ratio}, {aggregation}", ratio=ratio, aggregation=aggregation)
        add(f"{ratio}, two bounds", ratio=ratio, clip_low=0.1, clip_high=0.3)
        add(f"{ratio}, no dual clip", ratio=ratio, dual_clip=None, spread=1.0)
        add(f"{ratio}, dual clip acts", ratio=ratio, dual_clip=1.5, spread=1.5, sign=-1)
        for estimator in ["k1", "k2", "k3"]:
            add(f"{ratio}, {estimator}", ratio=ratio, kl=0.1, kl_estimator=estimator)
        add(f"{ratio}, entropy", ratio=ratio, entropy=0.05)
        add(f"{ratio}, importance", ratio=ratio, importance_cap=1.2, spread=0.6)
        add(f"{ratio}, the clamp acts", ratio=ratio, spread=4.0, sign=1, clip_high=30.0)
        add(
            f"{ratio}, everything", ratio=ratio, aggregation="trajectory", clip_high=0.3,
            kl=0.1, entropy=0.05, importance_cap=1.5, spread=0.5,
        )
    add("far from the reference", kl=0.1, far=30.0)
    add("one token", steps=1, longest=1)
    add("nothing to gain", sign=0.0)
    return cases


# ---------------------------------------------------------- the advantages

def mean_of(values):
    return sum(values) / len(values)


def std_of(values):
    mean = mean_of(values)
    return (sum((x - mean) ** 2 for x in values) / (len(values) - 1)) ** 0.5


def z(values, std=True, leave_one_out=False):
    """A group's advantages; None where it says nothing about its members."""
    if len(values) < 2 or std_of(values) <= 1e-6:
        return None
    advantages = []
    for place, value in enumerate(values):
        others = values[:place] + values[place + 1:] if leave_one_out else values
        difference = value - mean_of(others)
        advantages.append(difference / (std_of(values) + 1e-6) if std else difference)
    return advantages


def suffixes(rewards):
    result = []
    for start in range(len(rewards)):
        later = [r for r in rewards[start:] if r is not None]
        result.append(mean_of(later) if later else None)
    return result


def by_session(table, std, leave_one_out):
    sessions = len(table[0])
    result = [[None] * sessions for _ in table]
    for session in range(sessions):
        column = [row[session] for row in table]
        if any(value is None for value in column):
            continue
        advantages = z(column, std, leave_one_out)
        for rollout in range(len(table)):
            result[rollout][session] = advantages and advantages[rollout]
    return result


def trajectory(returns, sessions, std, leave_one_out):
    advantages = z(returns, std, leave_one_out)
    return [[advantages and advantages[i]] * sessions for i in range(len(returns))]


def group_in_group(case):
    sessions = len(case["rewards"][0])
    episode = z(case["returns"], case["std"], case["leave_one_out"])
    table = [suffixes(row) for row in case["rewards"]]
    result = []
    for rollout, names in enumerate(case["names"]):
        row = []
        for session in range(sessions):
            same = [j for j, other in enumerate(case["names"]) if other[session] == names[session]]
            values = [table[j][session] for j in same]
            step = None
            if all(value is not None for value in values):
                advantages = z(values, case["std"], case["leave_one_out"])
                step = advantages and advantages[same.index(rollout)]
            if episode is None and step is None:
                row.append(None)
            else:
                row.append((episode[rollout] if episode else 0.0) + (step or 0.0))
        result.append(row)
    return result


def advantage_cases():
    source = random.Random(2)
    cases = []
    for std in [True, False]:
        for leave_one_out in [True, False]:
            for shape in [(4, 3), (8, 6), (2, 1), (5, 4), (3, 2)]:
                rollouts, sessions = shape
                missing = {s for s in range(sessions) if source.random() < 0.25}
                flat = source.random() < 0.2
                reward = lambda: 0.5 if flat else round(source.random(), source.choice([1, 6]))
                rewards = [
                    [None if s in missing else reward() for s in range(sessions)]
                    for _ in range(rollouts)
                ]
                returns = [reward() for _ in range(rollouts)]
                names = [[f"{s}{source.choice('ab')}" for s in range(sessions)] for _ in range(rollouts)]
                shared = {"std": std, "leave_one_out": leave_one_out, "rewards": rewards, "returns": returns, "names": names}
                switches = (std, leave_one_out)
                for estimator, advantages in [
                    ("trajectory", trajectory(returns, sessions, *switches)),
                    ("session", by_session(rewards, *switches)),
                    ("suffix", by_session([suffixes(row) for row in rewards], *switches)),
                    ("rloo", trajectory(returns, sessions, False, True)),
                    ("group-in-group", group_in_group(shared)),
                ]:
                    cases.append({"estimator": estimator, **shared, "advantages": advantages})
    for _ in range(4):
        shapes = [(source.randint(2, 4), source.randint(1, 3)) for _ in range(source.randint(1, 3))]
        returns = [[source.random() for _ in range(n)] for n, _ in shapes]
        advantages = z([value for episode in returns for value in episode])
        rest = iter(advantages)
        cases.append({
            "estimator": "reinforce++",
            "returns": returns,
            "sessions": [sessions for _, sessions in shapes],
            "advantages": [
                [[value] * sessions for value in [next(rest) for _ in range(n)]]
                for n, sessions in shapes
            ],
        })
    return cases


def write(name, cases):
    lines = ",\n".join(json.dumps(case) for case in cases)
    (HERE / name).write_text(f"[\n{lines}\n]\n")
    print(f"{name}: {len(cases)} cases")


if __name__ == "__main__":
    write("loss.json", loss_cases())
    write("advantages.json", advantage_cases())
