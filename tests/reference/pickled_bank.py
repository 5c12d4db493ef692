"""What it costs to branch a memory bank the reference implementation's way: pickle
its items and their float64 embeddings (1536 numbers each) to disk, and load them.

    python tests/reference/pickled_bank.py [ENTRIES]

Prints JSON: entries, bytes on disk, and microseconds (medians of 20) of writing,
reading, and both. Needs numpy. `cargo xtask bench runtime` runs it beside memloom's
forks.
"""

import json
import os
import pickle
import statistics
import sys
import tempfile
import time

import numpy

WIDTH = 1536  # text-embedding-3-small


def bank(entries: int) -> dict:
    random = numpy.random.default_rng(1)
    items = [
        {
            "id": f"m{number}",
            "content": f"person{number % 997} bought a clock, number {number}, in May",
            "speaker": "Ann",
            "dia_ids": [f"D1:{number}"],
            "session": 1,
            "timestamp": "3 May",
        }
        for number in range(1, entries + 1)
    ]
    return {"items": items, "embeddings": random.standard_normal((entries, WIDTH))}


def main() -> None:
    entries = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    memory = bank(entries)
    writing, reading = [], []
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "bank.pkl")
        for _ in range(20):
            start = time.perf_counter()
            with open(path, "wb") as file:
                pickle.dump(memory, file)
            written = time.perf_counter()
            with open(path, "rb") as file:
                branch = pickle.load(file)
            read = time.perf_counter()
            assert branch["items"][-1]["id"] == f"m{entries}"
            writing.append((written - start) * 1e6)
            reading.append((read - written) * 1e6)
        size = os.path.getsize(path)
    both = [w + r for w, r in zip(writing, reading)]
    found = {
        "entries": entries,
        "bytes": size,
        "write_us": statistics.median(writing),
        "read_us": statistics.median(reading),
        "branch_us": statistics.median(both),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
