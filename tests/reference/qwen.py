"""The decoder of trainer/engine in numpy, written from the equations.

Makes trainer/engine/src/model/fixtures/qwen.json, which the tests of trainer/engine/src/model/weights read:

    pip install numpy
    python3 tests/reference/qwen.py > trainer/engine/src/model/fixtures/qwen.json

Weights follow from a formula that both sides compute, under Hugging Face's
names and in its orientation ([outputs, inputs]).
"""

import json

import numpy as np


def shapes(config):
    hidden, intermediate = config["hidden_size"], config["intermediate_size"]
    width = hidden // config["num_attention_heads"]
    keys = config["num_key_value_heads"] * width
    yield "model.embed_tokens.weight", (config["vocab_size"], hidden)
    for layer in range(config["num_hidden_layers"]):
        prefix = f"model.layers.{layer}."
        yield prefix + "input_layernorm.weight", (hidden,)
        yield prefix + "self_attn.q_proj.weight", (hidden, hidden)
        yield prefix + "self_attn.k_proj.weight", (keys, hidden)
        yield prefix + "self_attn.v_proj.weight", (keys, hidden)
        yield prefix + "self_attn.o_proj.weight", (hidden, hidden)
        yield prefix + "post_attention_layernorm.weight", (hidden,)
        yield prefix + "mlp.gate_proj.weight", (intermediate, hidden)
        yield prefix + "mlp.up_proj.weight", (intermediate, hidden)
        yield prefix + "mlp.down_proj.weight", (hidden, intermediate)
    yield "model.norm.weight", (hidden,)
    if not config["tie_word_embeddings"]:
        yield "lm_head.weight", (config["vocab_size"], hidden)


def weights(config):
    made = {}
    for number, (name, shape) in enumerate(shapes(config)):
        wave = np.sin(1.0 + 0.37 * np.arange(np.prod(shape)) ** 1.1 + 1.3 * number)
        made[name] = (0.4 * wave + (1.0 if len(shape) == 1 else 0.0)).reshape(shape)
    return made


def norm(x, weight, epsilon):
    return x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + epsilon) * weight


def turn(x, theta):
    """x: [tokens, width]; pairs (i, i + width / 2) turn by position * theta^(-2i / width)."""
    tokens, width = x.shape
    half = width // 2
    angle = np.outer(np.arange(tokens), theta ** (-2.0 * np.arange(half) / width))
    a, b = x[:, :half], x[:, half:]
    return np.concatenate(
        [a * np.cos(angle) - b * np.sin(angle), b * np.cos(angle) + a * np.sin(angle)], axis=1
    )


def attend(q, k, v):
    tokens, width = q.shape
    scores = q @ k.T / np.sqrt(width)
    scores[np.triu_indices(tokens, 1)] = -np.inf
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True) @ v


def logits(config, w, tokens):
    heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
    width = config["hidden_size"] // heads
    theta, epsilon = config["rope_theta"], config["rms_norm_eps"]
    x = w["model.embed_tokens.weight"][tokens]
    for layer in range(config["num_hidden_layers"]):
        def of(name):
            return w[f"model.layers.{layer}.{name}.weight"]
        h = norm(x, of("input_layernorm"), epsilon)
        q, k, v = (h @ of(f"self_attn.{part}_proj").T for part in "qkv")
        columns = lambda matrix, head: matrix[:, head * width : (head + 1) * width]
        outs = []
        for head in range(heads):
            kv = head // (heads // kv_heads)
            outs.append(
                attend(turn(columns(q, head), theta), turn(columns(k, kv), theta), columns(v, kv))
            )
        x = x + np.concatenate(outs, axis=1) @ of("self_attn.o_proj").T
        h = norm(x, of("post_attention_layernorm"), epsilon)
        gate, up = h @ of("mlp.gate_proj").T, h @ of("mlp.up_proj").T
        x = x + (gate / (1 + np.exp(-gate)) * up) @ of("mlp.down_proj").T
    x = norm(x, w["model.norm.weight"], epsilon)
    return x @ w.get("lm_head.weight", w["model.embed_tokens.weight"]).T


def case(heads, kv_heads, tied):
    config = {
        "vocab_size": 11,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "intermediate_size": 20,
        "rope_theta": 50.0,
        "rms_norm_eps": 1e-5,
        "tie_word_embeddings": tied,
        "max_position_embeddings": 16,
    }
    tokens = [3, 1, 4, 1, 5, 9, 2, 6]
    values = logits(config, weights(config), tokens)
    return {"config": config, "tokens": tokens, "logits": np.round(values, 6).tolist()}


print(json.dumps([case(4, 2, True), case(8, 8, False)]))
