"""PyTorch's and transformers' side of `cargo xtask bench trainer` and `cargo xtask bench pretrained`.

    python tests/reference/speed.py make FOLDER
    python tests/reference/speed.py train FOLDER --batch 16 --tokens 256 --steps 10
    python tests/reference/speed.py generate FOLDER --batch 16 --prompt 256 --tokens 64

With `--precision bfloat16`, training is in autocast beside float32 weights, and generation has
weights in bfloat16.

`make` writes random models: one of 4.2 million parameters, one with the shape of
Qwen2.5-0.5B. The others print one JSON object. Needs torch and transformers from PyPI;
FOLDER is thrown away afterwards.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

THREADS = 2


def token(member, place, words):
    """As memloom's side has it: 32 bits are enough."""
    return (member * 7919 + place * 104_729 + 13) % words


def make(options):
    torch.manual_seed(1)
    small = LlamaConfig(
        vocab_size=2048,
        hidden_size=256,
        intermediate_size=688,
        num_hidden_layers=4,
        num_attention_heads=8,
        num_key_value_heads=8,
        max_position_embeddings=1024,
    )
    LlamaForCausalLM(small).save_pretrained(options.folder / "small")
    half = Qwen2Config(
        vocab_size=151_936,
        hidden_size=896,
        intermediate_size=4864,
        num_hidden_layers=24,
        num_attention_heads=14,
        num_key_value_heads=2,
        max_position_embeddings=32_768,
        rope_theta=1e6,
        tie_word_embeddings=True,
    )
    Qwen2ForCausalLM(half).save_pretrained(options.folder / "half-b")


def train(options):
    model = AutoModelForCausalLM.from_pretrained(options.folder, dtype=torch.float32).train()
    words = model.config.vocab_size
    ids = torch.tensor([[token(m, p, words) for p in range(options.tokens)] for m in range(options.batch)])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.01)
    seconds = []
    for _ in range(options.steps):
        began = time.perf_counter()
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.precision == "bfloat16"):
            logits = model(ids, use_cache=False).logits[:, :-1]
            loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        seconds.append(time.perf_counter() - began)
    return {"tokens_per_second": ids.numel() / statistics.median(seconds[1:])}


def generate(options):
    dtype = getattr(torch, options.precision)
    model = AutoModelForCausalLM.from_pretrained(options.folder, dtype=dtype).eval()
    words = model.config.vocab_size
    # A group's prompt is the same for all.
    ids = torch.tensor([[token(1000, p, words) for p in range(options.prompt)]] * options.batch)
    began = time.perf_counter()
    with torch.inference_mode():
        said = model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            do_sample=True,
            top_k=0,
            min_new_tokens=options.tokens,
            max_new_tokens=options.tokens,
            pad_token_id=0,
        )
    seconds = time.perf_counter() - began
    tokens = said[:, options.prompt:].numel()
    return {"tokens": tokens, "seconds": seconds, "tokens_per_second": tokens / seconds}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["make", "train", "generate"])
    parser.add_argument("folder", type=Path)
    for name in ["batch", "tokens", "steps", "prompt"]:
        parser.add_argument(f"--{name}", type=int)
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    options = parser.parse_args()
    torch.set_num_threads(THREADS)
    found = {"make": make, "train": train, "generate": generate}[options.what](options)
    if found:
        print(json.dumps(found))
