"""The retrieval study a second time: `memloom study retrieval` shares no code with it.

    pip install torch transformers
    memloom study retrieval examples/studies/retrieval.toml --data DATA --json > RESULT
    python tests/reference/retrieval.py DATA models/all-MiniLM-L6-v2 RESULT

Vectors are means over `transformers`' last hidden states, BM25 is written from the formula. Prints
recall in % beside memloom's, and fails where they are more than 0.2 apart. DATA is a file in the
form of `locomo10.json`, without corrections. `--named` puts the speaker's name before each text.
"""

import argparse
import json
import math
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

import torch
from transformers import AutoModel, AutoTokenizer

CATEGORIES = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop", 5: "adversarial"}
STOP_WORDS = set(
    "a an and are as at be but by d did do does for from had has have he her him his i if in is it its ll m me my of on"
    " or our re s she so t that the their them then there these they this to us ve was we were what when where which"
    " who whom whose why will with would you your yours".split()
)


def words(text):
    return [word for word in re.findall(r"\w+", text.lower()) if word not in STOP_WORDS]


def encoder(folder):
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    longest = json.loads((folder / "sentence_bert_config.json").read_text())["max_seq_length"]

    def embed(texts):
        vectors = []
        for at in range(0, len(texts), 32):
            batch = tokenizer(
                texts[at : at + 32], padding=True, truncation=True, max_length=longest, return_tensors="pt"
            )
            with torch.inference_mode():
                hidden = model(**batch).last_hidden_state
            mask = batch["attention_mask"].unsqueeze(-1)
            vectors.append((hidden * mask).sum(1) / mask.sum(1))
        return torch.nn.functional.normalize(torch.cat(vectors), dim=-1)

    return embed


class Bm25:
    def __init__(self, texts, k=1.2, b=0.75):
        self.counts = [Counter(words(text)) for text in texts]
        self.having = Counter(word for count in self.counts for word in count)
        lengths = [sum(count.values()) for count in self.counts]
        mean = sum(lengths) / len(lengths)
        self.k, self.discounts = k, [k * (1 - b + b * length / mean) for length in lengths]

    def ranking(self, query):
        """The texts with any of the words, best first."""

        def score(text):
            count, discount = self.counts[text], self.discounts[text]
            return sum(
                math.log(1 + (len(self.counts) - self.having[word] + 0.5) / (self.having[word] + 0.5))
                * count[word]
                * (self.k + 1)
                / (count[word] + discount)
                for word in set(words(query)) & count.keys()
            )

        scores = {text: score(text) for text in range(len(self.counts))}
        return sorted((text for text in scores if scores[text] > 0), key=lambda text: -scores[text])


def fused(rankings):
    sums = Counter()
    for ranking in rankings:
        for rank, text in enumerate(ranking, 1):
            sums[text] += 1 / (60 + rank)
    return sorted(sums, key=lambda text: -sums[text])


def turns(conversation):
    sessions = (key for key in conversation if re.fullmatch(r"session_\d+", key))
    for session in sorted(sessions, key=lambda key: int(key[8:])):
        for turn in conversation[session]:
            photo = f" [shares a photo: {turn['blip_caption']}]" if turn.get("blip_caption") else ""
            yield turn["dia_id"], turn["speaker"], " ".join((turn["text"] + photo).split())


def main():
    parser = argparse.ArgumentParser()
    for name in ["data", "model", "result"]:
        parser.add_argument(name, type=Path)
    parser.add_argument("--named", action="store_true")
    options = parser.parse_args()
    embed = encoder(options.model)
    found = defaultdict(list)
    for published in json.loads(options.data.read_text()):
        # The bank keeps one entry of a text that a speaker says twice.
        entries = defaultdict(set)
        for turn, speaker, text in turns(published["conversation"]):
            entries[speaker, f"{speaker}: {text}" if options.named else text].add(turn)
        ids, texts = list(entries.values()), [text for _, text in entries]
        known, vectors, index = set().union(*ids), embed(texts), Bm25(texts)
        questions = embed([qa["question"] for qa in published["qa"]])
        for qa, question in zip(published["qa"], questions):
            named = re.findall(r"D:?(\d+):(\d+)", " ".join(qa["evidence"]))
            evidence = {f"D{int(session)}:{int(turn)}" for session, turn in named} & known
            category = CATEGORIES[qa["category"]]
            if not evidence or (category != "adversarial" and "answer" not in qa):
                continue
            by_words = index.ranking(qa["question"])
            by_vector = (vectors @ question).sort(descending=True, stable=True).indices.tolist()
            rankings = {"bm25": by_words, "cosine": by_vector, "fused": fused([by_vector, by_words])}
            for name, ranking in rankings.items():
                best = set().union(*(ids[text] for text in ranking[:10]))
                for part in ["all", category]:
                    found[part, name].append(len(evidence & best) / len(evidence))
    apart = []
    for row in json.loads(options.result.read_text())["recall"]:
        for name in ["bm25", "cosine", "fused"]:
            recall = found[row["category"], name]
            here, there = 100 * sum(recall) / len(recall), 100 * row[name]["value"]
            print(f"{row['category']:<12} {name:<7} {len(recall):>5} {here:7.2f} {there:7.2f}")
            if abs(here - there) > 0.2 or len(recall) != row["questions"]:
                apart.append(f"{row['category']} {name}")
    if apart and not options.named:
        sys.exit(f"differ: {', '.join(apart)}")


if __name__ == "__main__":
    main()
