"""Losses and advantages of LoGo-GRPO and its rivals, step by step and token by
token: the values that memloom's own implementation is tested against.

Writes loss.json and advantages.json beside this file, the same bytes each time,
and then checks gradients against finite differences. See README.md.
"""

import json
import math
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

HERE = Path(__file__).parent
RATIOS = ["token", "step", "sequence"]
AGGREGATIONS = ["token-mean", "step-mean", "trajectory", "fixed-length"]
# Standard deviation of a token's log-ratio. A step's mean is narrower than its
# tokens, so these tokens lie wider apart for clipping to act on as many steps.
SPREAD = {"token": 0.3, "step": 0.6, "sequence": 0.3}
MOST_LOG_RATIO = 3.0
MOST_DIVERGENCE = 10.0
TINY = 1e-6

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)

Values = list[float]
Maybe = float | None


# ------------------------------------------------------------------- loss

@dataclass
class Minibatch:
    """Settings, then one entry a step, then one entry a token."""

    name: str
    ratio: str = "step"
    clip_low: float = 0.2
    clip_high: float = 0.2
    dual_clip: Maybe = 3.0
    aggregation: str = "step-mean"
    fixed_length: float = 4.0
    kl: float = 0.0
    kl_estimator: str = "k3"
    entropy: float = 0.0
    importance_cap: Maybe = None
    lengths: list[int] | None = None
    trajectories: list[int] | None = None
    advantages: Values | None = None
    logprobs: Values | None = None
    old: Values | None = None
    prox: Values | None = None
    reference: Values | None = None
    entropies: Values | None = None


def pooled(ratio: str, token: Any, step: list[Any]) -> Any:
    """The log-ratio that a token uses: its own, its step's mean or its step's sum."""
    if ratio == "token":
        return token
    if ratio == "step":
        return sum(step) / len(step)
    return sum(step)


def gain(batch: Minibatch, log_ratio: Tensor, advantage: float, acted: Counter) -> Tensor:
    """min(rho A, clip(rho) A), with the floor dual_clip A where A < 0."""
    rho = torch.exp(torch.clamp(log_ratio, max=MOST_LOG_RATIO))
    clipped = torch.clamp(rho, 1 - batch.clip_low, 1 + batch.clip_high)
    result = torch.minimum(rho * advantage, clipped * advantage)
    acted["clamp"] += log_ratio.item() > MOST_LOG_RATIO
    acted["clip"] += (clipped * advantage).item() < (rho * advantage).item()
    if batch.dual_clip is not None and advantage < 0:
        floor = torch.tensor(batch.dual_clip * advantage)
        acted["dual clip"] += result.item() < floor.item()
        result = torch.maximum(result, floor)
    return result


def importance(batch: Minibatch, apart: Values, token: int, acted: Counter) -> float:
    """min(exp(x), cap), x from log(prox / old): a number, so it has no gradient."""
    if batch.importance_cap is None:
        return 1.0
    weight = math.exp(pooled(batch.ratio, apart[token], apart))
    acted["cap"] += weight > batch.importance_cap
    return min(weight, batch.importance_cap)


def divergence(estimator: str, difference: Tensor, acted: Counter) -> Tensor:
    """Schulman's estimators, of d = log(reference / policy)."""
    acted["far"] += abs(difference.item()) > MOST_DIVERGENCE
    d = torch.clamp(difference, -MOST_DIVERGENCE, MOST_DIVERGENCE)
    if estimator == "k1":
        return -d
    if estimator == "k2":
        return d * d / 2
    return torch.exp(d) - d - 1


def mean(values: list[Any]) -> Any:
    return sum(values) / len(values)


def aggregated(batch: Minibatch, losses: list[list[Tensor]]) -> Tensor:
    """One number from the token losses of each step."""
    if batch.aggregation == "token-mean":
        return mean([token for step in losses for token in step])
    if batch.aggregation == "step-mean":
        return mean([mean(step) for step in losses])
    if batch.aggregation == "fixed-length":
        return mean([sum(step) / batch.fixed_length for step in losses])
    means = []
    for trajectory in sorted(set(batch.trajectories)):
        tokens = []
        for step, owner in zip(losses, batch.trajectories):
            if owner == trajectory:
                tokens.extend(step)
        means.append(mean(tokens))
    return mean(means)


def loss(batch: Minibatch, logprobs: Tensor, entropies: Tensor) -> tuple[Tensor, Counter]:
    """The loss, and at how many tokens each bound acted."""
    acted: Counter = Counter()
    base = batch.old if batch.importance_cap is None else batch.prox
    losses = []
    first = 0
    for length, advantage in zip(batch.lengths, batch.advantages):
        tokens = range(first, first + length)
        first += length
        log_ratios = [logprobs[t] - base[t] for t in tokens]
        apart = [] if batch.prox is None else [batch.prox[t] - batch.old[t] for t in tokens]
        step = []
        for place, t in enumerate(tokens):
            log_ratio = pooled(batch.ratio, log_ratios[place], log_ratios)
            weight = importance(batch, apart, place, acted)
            token = -weight * gain(batch, log_ratio, advantage, acted)
            if batch.kl > 0:
                difference = batch.reference[t] - logprobs[t]
                token = token + batch.kl * divergence(batch.kl_estimator, difference, acted)
            step.append(token - batch.entropy * entropies[t])
        losses.append(step)
    return aggregated(batch, losses), acted


def sampled(
    batch: Minibatch,
    attempt: int,
    spread: float | None = None,
    far: float = 0.5,
    sign: int | None = None,
    steps: int | None = None,
    longest: int = 6,
) -> Minibatch:
    """Fills in steps and tokens at random. `spread` is the standard deviation of
    log-ratios (SPREAD where None), `far` that of the difference from the
    reference; `sign` replaces the signs of the advantages."""
    # Each case has random numbers of its own, so that a new case changes no other.
    source = random.Random(f"{batch.name} {attempt}")
    spread = spread or SPREAD[batch.ratio]
    count = steps or source.randint(4, 8)
    lengths = [source.randint(1, longest) for _ in range(count)]
    tokens = sum(lengths)
    # Trajectories are not in order and not counted from 0: they are only names.
    owners = source.randint(2, 3)
    trajectories = [7 + 4 * (step % owners) for step in range(count)]
    source.shuffle(trajectories)
    advantages = [source.gauss(0, 1) for _ in range(count)]
    if sign is not None:
        advantages = [sign * abs(advantage) for advantage in advantages]

    def near(values: Values, width: float) -> Values:
        return [value + source.gauss(0, width) for value in values]

    logprobs = [-source.expovariate(1.0) for _ in range(tokens)]
    capped = batch.importance_cap is not None
    # The old log-probability lies around prox where there is one, so that the
    # base of the ratio and the importance weight differ.
    prox = near(logprobs, spread) if capped else None
    return replace(
        batch,
        lengths=lengths,
        trajectories=trajectories,
        advantages=advantages,
        logprobs=logprobs,
        prox=prox,
        old=near(prox if capped else logprobs, 0.8 if capped else spread),
        reference=near(logprobs, far) if batch.kl > 0 else None,
        entropies=[source.uniform(0.1, 2.0) for _ in range(tokens)],
    )


def exercised(batch: Minibatch, bounds: list[str], **how: Any) -> Minibatch:
    """The first draw in which every one of the bounds acts at a tenth of the tokens
    at least, but not at all of them, so that a case tests what its name says."""
    for attempt in range(1000):
        drawn = sampled(batch, attempt, **how)
        tokens = sum(drawn.lengths)
        _, acted = loss(drawn, torch.tensor(drawn.logprobs), torch.tensor(drawn.entropies))
        if all(tokens <= 10 * acted[bound] < 10 * tokens for bound in bounds):
            return drawn
    raise SystemExit(f"{batch.name}: no draw in which {bounds} act; change its sampling")


def minibatches() -> list[Minibatch]:
    cases: list[Minibatch] = []

    def add(batch: Minibatch, *bounds: str, **how: Any) -> None:
        cases.append(exercised(batch, list(bounds), **how))

    for ratio in RATIOS:
        for aggregation in AGGREGATIONS:
            add(Minibatch(f"{ratio}, {aggregation}", ratio, aggregation=aggregation), "clip")
        add(Minibatch(f"{ratio}, two bounds", ratio, 0.1, 0.3), "clip")
        add(Minibatch(f"{ratio}, no dual clip", ratio, dual_clip=None), "clip", spread=1.0)
        dual = Minibatch(f"{ratio}, dual clip", ratio, dual_clip=1.5)
        add(dual, "clip", "dual clip", spread=1.0)
        for estimator in ["k1", "k2", "k3"]:
            add(Minibatch(f"{ratio}, {estimator}", ratio, kl=0.1, kl_estimator=estimator), "clip")
        add(Minibatch(f"{ratio}, entropy", ratio, entropy=0.05), "clip")
        add(Minibatch(f"{ratio}, importance", ratio, importance_cap=2.0), "clip", "cap")
        everything = Minibatch(
            f"{ratio}, everything", ratio, 0.1, 0.3, 1.5,
            kl=0.1, entropy=0.05, importance_cap=2.0,
        )
        add(everything, "clip", "dual clip", "cap", spread=0.6)
        # A negative advantage without dual clip is bounded by the clamp alone.
        clamped = Minibatch(f"{ratio}, clamp of the log-ratio", ratio, dual_clip=None)
        add(clamped, "clamp", spread=4.0, sign=-1)
    for estimator in ["k1", "k2", "k3"]:
        distant = Minibatch(f"far from the reference, {estimator}", kl=0.1, kl_estimator=estimator)
        add(distant, "far", far=9.0)
    # Near 1 the ratio is not clipped, so that the only token has a gradient.
    add(Minibatch("one step of one token"), steps=1, longest=1, spread=0.05)
    add(Minibatch("advantages below 0"), "clip", sign=-1)
    add(Minibatch("advantages 0"), sign=0)
    add(Minibatch("advantages 0, penalties", kl=0.1, entropy=0.05), sign=0)
    return cases


def positive_zero(values: Values) -> Values:
    """Adding 0.0 turns -0.0 into 0.0, which is easier to read."""
    return [value + 0.0 for value in values]


def loss_case(batch: Minibatch) -> dict[str, Any]:
    logprobs = torch.tensor(batch.logprobs, requires_grad=True)
    entropies = torch.tensor(batch.entropies, requires_grad=True)
    value, _ = loss(batch, logprobs, entropies)
    value.backward()
    result = asdict(batch)
    result["advantages"] = positive_zero(batch.advantages)
    result["loss"] = value.item() + 0.0
    result["grad_logprobs"] = positive_zero(logprobs.grad.tolist())
    result["grad_entropies"] = positive_zero(entropies.grad.tolist())
    return result


# ------------------------------------------------------------- advantages

def unbiased_std(values: Values) -> float:
    centre = mean(values)
    return math.sqrt(sum((value - centre) ** 2 for value in values) / (len(values) - 1))


def z(values: Values, std: bool = True, leave_one_out: bool = False) -> Values | None:
    """(x - mean) / (std + 1e-6) and its variants; None where the group is masked."""
    if len(values) < 2:
        return None
    spread = unbiased_std(values)
    if spread <= TINY:
        return None
    result = []
    for i, value in enumerate(values):
        compared = [x for j, x in enumerate(values) if j != i] if leave_one_out else values
        difference = value - mean(compared)
        result.append(difference / (spread + TINY) if std else difference)
    return result


Table = list[list[Maybe]]


@dataclass
class Episode:
    """By rollout, then session; returns by rollout."""

    rewards: Table
    returns: Values
    names: list[list[str]]

    def rollouts(self) -> int:
        return len(self.rewards)

    def sessions(self) -> int:
        return len(self.rewards[0])


def trajectory(episode: Episode, std: bool, leave_one_out: bool) -> Table:
    group = z(episode.returns, std, leave_one_out)
    table: Table = []
    for i in range(episode.rollouts()):
        table.append([None if group is None else group[i]] * episode.sessions())
    return table


def by_session(episode: Episode, table: Table, std: bool, leave_one_out: bool) -> Table:
    result: Table = [[None] * episode.sessions() for _ in table]
    for s in range(episode.sessions()):
        column = [row[s] for row in table]
        # A session has a question for all rollouts or for none.
        group = None if None in column else z(column, std, leave_one_out)
        if group is not None:
            for i, advantage in enumerate(group):
                result[i][s] = advantage
    return result


def session(episode: Episode, std: bool, leave_one_out: bool) -> Table:
    return by_session(episode, episode.rewards, std, leave_one_out)


def suffixes(episode: Episode) -> Table:
    """u[i][s]: the mean reward from session s on; None where no question is left."""
    table: Table = []
    for rewards in episode.rewards:
        row: list[Maybe] = []
        for s in range(len(rewards)):
            left = [reward for reward in rewards[s:] if reward is not None]
            row.append(mean(left) if left else None)
        table.append(row)
    return table


def suffix(episode: Episode, std: bool, leave_one_out: bool) -> Table:
    return by_session(episode, suffixes(episode), std, leave_one_out)


def group_in_group(episode: Episode, std: bool, leave_one_out: bool) -> Table:
    """E[i] + S[i][s]; a masked part counts 0, and None where both are masked."""
    whole = z(episode.returns, std, leave_one_out)
    worth = suffixes(episode)
    result: Table = [[None] * episode.sessions() for _ in episode.rewards]
    for s in range(episode.sessions()):
        for i in range(episode.rollouts()):
            name = episode.names[i][s]
            alike = [j for j in range(episode.rollouts()) if episode.names[j][s] == name]
            values = [worth[j][s] for j in alike]
            group = None if None in values else z(values, std, leave_one_out)
            if whole is None and group is None:
                continue
            step = 0.0 if group is None else group[alike.index(i)]
            result[i][s] = (0.0 if whole is None else whole[i]) + step
    return result


Estimator = Callable[[Episode, bool, bool], Table]
ESTIMATORS: dict[str, Estimator] = {
    "trajectory": trajectory,
    "session": session,
    "suffix": suffix,
    "rloo": trajectory,
    "group-in-group": group_in_group,
}


def sampled_episode(source: random.Random, kind: str, gaps: bool) -> Episode:
    rollouts = source.randint(2, 8)
    sessions = source.randint(2 if gaps else 1, 6)

    def reward() -> float:
        if kind == "flat":
            return 0.7
        if kind == "ties":
            return source.choice([0.0, 0.5, 1.0])
        return source.random()

    # The last session has no question, so that some suffixes are empty.
    without = {sessions - 1, source.randrange(sessions)} if gaps else set()
    rewards: Table = []
    for _ in range(rollouts):
        rewards.append([None if s in without else reward() for s in range(sessions)])
    # All rollouts enter the first session in one state, and then drift apart.
    names = []
    for _ in range(rollouts):
        later = [f"{s}{source.choice('abc')}" for s in range(1, sessions)]
        names.append(["start", *later])
    return Episode(rewards, [reward() for _ in range(rollouts)], names)


def episode_cases() -> list[dict[str, Any]]:
    cases = []
    switches = [(std, loo) for std in [True, False] for loo in [False, True]]
    for estimator, function in ESTIMATORS.items():
        for std, leave_one_out in [(False, True)] if estimator == "rloo" else switches:
            for kind in ["real", "ties", "flat"]:
                for gaps in [False, True]:
                    source = random.Random(f"{estimator} {std} {leave_one_out} {kind} {gaps}")
                    episode = sampled_episode(source, kind, gaps)
                    cases.append({
                        "estimator": estimator,
                        "std": std,
                        "leave_one_out": leave_one_out,
                        **asdict(episode),
                        "advantages": function(episode, std, leave_one_out),
                    })
    # The two parts of group-in-group are masked separately: equal returns leave
    # the comparison by state, and distinct states leave that of the returns.
    for std, leave_one_out in switches:
        source = random.Random(f"group-in-group in parts {std} {leave_one_out}")
        episode = sampled_episode(source, "real", True)
        alone = [[f"{i}" for _ in names] for i, names in enumerate(episode.names)]
        for part in [
            replace(episode, returns=[0.25] * episode.rollouts()),
            replace(episode, names=alone),
        ]:
            cases.append({
                "estimator": "group-in-group",
                "std": std,
                "leave_one_out": leave_one_out,
                **asdict(part),
                "advantages": group_in_group(part, std, leave_one_out),
            })
    return cases


def reinforce_cases() -> list[dict[str, Any]]:
    """REINFORCE++: one group of all rollouts of all episodes."""
    cases = []
    for kind in ["real", "real", "real", "ties", "flat"]:
        source = random.Random(f"reinforce++ {len(cases)}")
        episodes = [sampled_episode(source, kind, False) for _ in range(source.randint(1, 3))]
        group = z([value for episode in episodes for value in episode.returns])
        advantages = []
        first = 0
        for episode in episodes:
            rows = []
            for i in range(episode.rollouts()):
                rows.append([None if group is None else group[first + i]] * episode.sessions())
            first += episode.rollouts()
            advantages.append(rows)
        cases.append({
            "estimator": "reinforce++",
            "returns": [episode.returns for episode in episodes],
            "sessions": [episode.sessions() for episode in episodes],
            "advantages": advantages,
        })
    return cases


def local_cases() -> list[dict[str, Any]]:
    cases = []
    source = random.Random("local")
    groups = [
        [source.random() for _ in range(4)],
        [source.random() for _ in range(8)],
        [0.0, 1.0],
        [0.5, 0.5, 1.0, 0.0, 0.5],
        [0.3, 0.3, 0.3],
        # A spread just below the bound is masked, one above it is not.
        [0.5, 0.5 + 1e-7, 0.5],
        [0.5, 0.5 + 1e-5, 0.5],
        [0.4],
    ]
    for std in [True, False]:
        for leave_one_out in [False, True]:
            for rewards in groups:
                cases.append({
                    "estimator": "local",
                    "std": std,
                    "leave_one_out": leave_one_out,
                    "rewards": rewards,
                    "advantages": z(rewards, std, leave_one_out),
                })
    return cases


def gae(rewards: list[Maybe], values: Values, gamma: float, lam: float) -> Values:
    """g_s = delta_s + gamma lambda g_{s+1}, delta_s = r_s + gamma v_{s+1} - v_s."""
    result = [0.0] * len(rewards)
    later = 0.0
    for s in reversed(range(len(rewards))):
        reward = 0.0 if rewards[s] is None else rewards[s]
        after = values[s + 1] if s + 1 < len(values) else 0.0
        delta = reward + gamma * after - values[s]
        later = delta + gamma * lam * later
        result[s] = later
    return result


def gae_cases() -> list[dict[str, Any]]:
    cases = []
    for gamma, lam in [(1.0, 1.0), (1.0, 0.95), (0.99, 0.95), (0.9, 0.0), (0.0, 0.5)]:
        for sessions in [1, 3, 6]:
            source = random.Random(f"gae {gamma} {lam} {sessions}")
            rewards: list[Maybe] = [source.random() for _ in range(sessions)]
            if sessions > 1:
                rewards[source.randrange(sessions)] = None
            values = [source.gauss(0.5, 0.5) for _ in range(sessions)]
            advantages = gae(rewards, values, gamma, lam)
            cases.append({
                "estimator": "gae",
                "rewards": rewards,
                "values": values,
                "gamma": gamma,
                "lambda": lam,
                "advantages": advantages,
                "returns": [g + v for g, v in zip(advantages, values)],
            })
    return cases


def whiten(values: Values) -> Values:
    """(g - mean) / (std + 1e-6). Nothing is masked: equal values become 0."""
    centre = mean(values)
    spread = unbiased_std(values)
    return [(value - centre) / (spread + TINY) for value in values]


def whiten_cases() -> list[dict[str, Any]]:
    source = random.Random("whiten")
    groups = [[source.gauss(0.2, width) for _ in range(n)]
              for n, width in [(2, 1.0), (6, 0.3), (24, 2.0)]]
    groups.append([0.25] * 4)
    return [{"estimator": "whiten", "values": group, "advantages": whiten(group)}
            for group in groups]


def value_loss(values: Tensor, old_values: Values, returns: Values, clip: float) -> Tensor:
    """mean of 0.5 max((v - R)^2, (old + clamp(v - old, -eps, eps) - R)^2)."""
    terms = []
    for i, (old, target) in enumerate(zip(old_values, returns)):
        moved = old + torch.clamp(values[i] - old, -clip, clip)
        terms.append(0.5 * torch.maximum((values[i] - target) ** 2, (moved - target) ** 2))
    return mean(terms)


def value_loss_cases() -> list[dict[str, Any]]:
    cases = []
    for clip in [0.05, 0.2, 10.0]:
        for count in [1, 5, 12]:
            source = random.Random(f"value-loss {clip} {count}")
            old_values = [source.gauss(0.5, 0.5) for _ in range(count)]
            start = [old + source.gauss(0, 0.3) for old in old_values]
            returns = [source.random() for _ in range(count)]
            values = torch.tensor(start, requires_grad=True)
            result = value_loss(values, old_values, returns, clip)
            result.backward()
            cases.append({
                "estimator": "value-loss",
                "values": start,
                "old_values": old_values,
                "returns": returns,
                "clip": clip,
                "loss": result.item(),
                "gradient": positive_zero(values.grad.tolist()),
            })
    return cases


# ------------------------------------------------------------ self-check

def pair_cases() -> list[dict[str, Any]]:
    """The first of the best against the first of the worst (RLHF Workflow)."""
    cases = []
    for rewards in [[0.1, 0.9, 0.9, 0.4], [0.5, 0.5], [1.0, 0.0], [0.2, 0.1, 0.1, 0.2], [0.4]]:
        best, worst = rewards.index(max(rewards)), rewards.index(min(rewards))
        signs = [float(i == best) - float(i == worst) for i in range(len(rewards))]
        cases.append({
            "estimator": "pair",
            "rewards": rewards,
            "advantages": signs if max(rewards) > min(rewards) else None,
        })
    return cases


def preference_cases() -> list[dict[str, Any]]:
    """The loss of a pair by the log-probabilities of its sides, and its gradient."""
    cases = []
    source = random.Random("preference")
    for beta, smoothing in [(0.1, 0.0), (0.1, 0.1), (0.5, 0.0), (2.0, 0.3)]:
        for _ in range(3):
            sides = torch.tensor([source.uniform(-9.0, 0.0) for _ in range(2)], requires_grad=True)
            reference = [source.uniform(-9.0, 0.0) for _ in range(2)]
            logits = beta * ((sides[0] - reference[0]) - (sides[1] - reference[1]))
            right = torch.nn.functional.logsigmoid(logits)
            wrong = torch.nn.functional.logsigmoid(-logits)
            value = -(1.0 - smoothing) * right - smoothing * wrong
            value.backward()
            cases.append({
                "estimator": "preference",
                "beta": beta,
                "smoothing": smoothing,
                "logprobs": sides.tolist(),
                "reference": reference,
                "loss": value.item(),
                "gradient": sides.grad.tolist(),
            })
    return cases


def slope(function: Callable[[Tensor], Tensor], at: Values, place: int) -> float:
    """Central difference."""
    step = 1e-6
    ends = []
    for move in [step, -step]:
        moved = list(at)
        moved[place] += move
        ends.append(function(torch.tensor(moved)).item())
    return (ends[0] - ends[1]) / (2 * step)


def worst_error(function: Callable[[Tensor], Tensor], at: Values, gradient: Values) -> float:
    """How far the gradient is from differences, against its largest entry."""
    size = max(1e-3, max(abs(value) for value in gradient))
    return max(abs(slope(function, at, i) - gradient[i]) for i in range(len(at))) / size


def check(
    batches: list[Minibatch], cases: list[dict[str, Any]], critic: list[dict[str, Any]]
) -> None:
    worst = 0.0
    for batch, case in zip(batches, cases, strict=True):
        logprobs = torch.tensor(batch.logprobs)
        entropies = torch.tensor(batch.entropies)

        def by_logprobs(x: Tensor) -> Tensor:
            return loss(batch, x, entropies)[0]

        def by_entropies(x: Tensor) -> Tensor:
            return loss(batch, logprobs, x)[0]

        worst = max(
            worst,
            worst_error(by_logprobs, batch.logprobs, case["grad_logprobs"]),
            worst_error(by_entropies, batch.entropies, case["grad_entropies"]),
        )
    for case in critic:
        inputs = (case["old_values"], case["returns"], case["clip"])
        worst = max(
            worst,
            worst_error(lambda x: value_loss(x, *inputs), case["values"], case["gradient"]),
        )
    print(f"gradients against differences: at worst {worst:.1e} of the largest entry")
    if worst > 1e-5:
        raise SystemExit("a gradient is wrong, or a case lies on a kink")


def write(name: str, cases: list[dict[str, Any]]) -> None:
    lines = ",\n".join(json.dumps(case, allow_nan=False) for case in cases)
    (HERE / name).write_text(f"[\n{lines}\n]\n")
    print(f"{name}: {len(cases)} cases, {(HERE / name).stat().st_size} bytes")


def main() -> None:
    batches = minibatches()
    losses = [loss_case(batch) for batch in batches]
    critic = value_loss_cases()
    write("loss.json", losses)
    write("advantages.json", [
        *episode_cases(), *reinforce_cases(), *local_cases(),
        *gae_cases(), *whiten_cases(), *critic,
        *pair_cases(), *preference_cases(),
    ])
    check(batches, losses, critic)


if __name__ == "__main__":
    main()
