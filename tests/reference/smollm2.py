"""What transformers and the package `gguf` say of SmolLM2-135M-Instruct, as `cargo xtask weights
smollm2` makes it from a GGUF file.

    python tests/reference/smollm2.py fixture MODEL > tests/reference/smollm2.json
    python tests/reference/smollm2.py make FOLDER MODEL
    python tests/reference/smollm2.py check FOLDER GGUF

The whole-system tests read the fixture. `cargo xtask parity` runs the other two around memloom's
own turn, which is that of the models of parity.py in the same folder. Needs torch, transformers
and gguf from PyPI.
"""

import json
import os
import sys
from pathlib import Path

import torch
from parity import GREEDY, PIECES, last_logits, strings
from transformers import AutoModelForCausalLM, AutoTokenizer

# The tokens of each chat whose logits the fixture has: the most probable.
TOP = 16

QUESTIONS = [
    "What is the capital of France?",
    "Write a haiku about rain.",
    "Explain in one sentence why the sky is blue.",
    "List three things to take on a hike.",
    "My sister Anna moved to Lisbon in May 2021. When did she move?",
    "Translate 'good morning' to Spanish.",
    "What is 17 + 25?",
    "def add(a, b):\n    return a - b\n\nFind the bug.",
    "Give me a JSON object with the keys name and age.",
    "Who wrote Don Quixote?",
    "Summarise: the meeting was moved from Monday, 3 June to Thursday, 6 June, because Tom is ill.",
    "I have a dog called Rex and a cat called Mia. What is the cat's name?",
    "Suggest a title for a story about a lighthouse.",
    "Is 91 a prime number?",
]
SYSTEM = "You keep a memory of what people tell you. Answer with one short sentence."
TALKS = [
    ["Hi! I am Jo, and I work as a nurse.", "Nice to meet you, Jo!", "What do I do for a living?"],
    ["Ünal likes café crème, naïve art and 日本語.", "Noted.", "What does Ünal like?"],
    ["My flight leaves at 14:35 on 2023-07-09.", "I will remember that.", "When does my flight leave?"],
]


def chats():
    """20 chats: questions, the first three once more after a system message, and longer talks."""
    said = [[{"role": "user", "content": question}] for question in QUESTIONS]
    said += [[{"role": "system", "content": SYSTEM}, *chat] for chat in said[:3]]
    for talk in TALKS:
        roles = ["user", "assistant", "user"]
        said.append([{"role": role, "content": content} for role, content in zip(roles, talk)])
    assert len(said) == 20
    return said


def load(folder):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def prompt(tokenizer, chat):
    text = tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
    return tokenizer(text, add_special_tokens=False)["input_ids"]


def greedy(model, tokens):
    """The most probable token each time, end tokens too."""
    said, cache = [], None
    fed = torch.tensor([tokens])
    with torch.no_grad():
        for _ in range(GREEDY):
            out = model(fed, past_key_values=cache, use_cache=True)
            cache = out.past_key_values
            said.append(int(out.logits[0, -1].argmax()))
            fed = torch.tensor([said[-1:]])
    return said


def fixture(folder):
    model, tokenizer = load(folder), AutoTokenizer.from_pretrained(folder)
    cases = []
    for chat in chats():
        tokens = prompt(tokenizer, chat)
        logits = torch.tensor(last_logits(model, tokens)).topk(TOP)
        cases.append({
            "messages": chat,
            "tokens": tokens,
            "likeliest": logits.indices.tolist(),
            "logits": [round(value, 5) for value in logits.values.tolist()],
            "greedy": greedy(model, tokens),
        })
    print("[\n" + ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases) + "\n]")


def make(folder, source):
    model, tokenizer = load(source), AutoTokenizer.from_pretrained(source)
    asked = [prompt(tokenizer, chat) for chat in chats()]
    long = tokenizer(" ".join(strings(400)), add_special_tokens=False)["input_ids"][:2000]
    where = folder / "smollm2"
    where.mkdir()
    for name in os.listdir(source):
        (where / name).symlink_to((source / name).resolve())
    (where / "expected.json").write_text(json.dumps({
        "family": "smollm2",
        "prompts": [*asked[:6], long],
        "logits": [last_logits(model, tokens) for tokens in [*asked[:6], long]],
        "greedy_prompts": asked,
        "greedy": [greedy(model, tokens) for tokens in asked],
    }))
    words = folder / "smollm2-words"
    words.mkdir()
    for name in ["tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "generation_config.json"]:
        (words / name).symlink_to((source / name).resolve())
    texts = strings(2000)
    talks = chats() + [[{"role": "user", "content": text}] for text in [*PIECES, *texts[-200:]]]
    (words / "expected.json").write_text(json.dumps({
        "texts": [{"text": text, "ids": tokenizer(text, add_special_tokens=False)["input_ids"]} for text in texts],
        "chats": [{"messages": chat, "ids": prompt(tokenizer, chat)} for chat in talks],
    }))


def check(folder, file):
    """Counts the weights that differ by a bit from the package's, and compares what memloom saved."""
    import gguf
    import numpy as np
    from safetensors.numpy import load_file

    names = {
        "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj",
        "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
        "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
    }
    top = {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight"}
    ours = load_file(folder / "smollm2" / "model.safetensors")
    differing = 0
    for tensor in gguf.GGUFReader(file).tensors:
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        name = top.get(tensor.name)
        if name is None:
            _, layer, part, _ = tensor.name.split(".")
            name = f"model.layers.{layer}.{names[part]}.weight"
            if part in ("attn_q", "attn_k"):
                # llama.cpp interleaves the two halves of each head of 64.
                values = values.reshape(-1, 32, 2, 576).swapaxes(1, 2).reshape(values.shape)
        differing += int((ours.pop(name).view(np.uint32) != values.astype(np.float32).view(np.uint32)).sum())
    assert not ours, sorted(ours)
    print(json.dumps({"gguf_weight_mismatches": differing}))


if __name__ == "__main__":
    verb, *paths = sys.argv[1:]
    {"fixture": fixture, "make": make, "check": check}[verb](*map(Path, paths))
