"""Small GGUF files, and what other implementations read from them: the fixtures of the engine's
tests of GGUF.

    python tests/reference/gguf_files.py trainer/engine/src

Needs gguf, torch, transformers and sentencepiece from PyPI. It writes

- gguf/fixtures/blocks.gguf: random blocks of every quantisation, and beside them the values that
  the package `gguf` reads from them;
- model/gguf/fixtures/*.gguf and logits.json: random models in the order of rows of llama.cpp, and
  the logits that `transformers` gives for the same weights in its own order;
- tokenizer/gguf/fixtures/*: tokenizers that SentencePiece trains on this repository's README, and
  the tokens that it gives texts.
"""

import json
import sys
from pathlib import Path

import gguf
import numpy as np
import sentencepiece
import torch
from transformers import (
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    LlamaConfig,
    LlamaForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

TYPES = ["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K"]
# Where a block has 16-bit floats. In random bytes these would often be no numbers.
SCALES = {
    "F16": [0], "BF16": [0], "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0],
    "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208],
}


def write(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def blocks(path):
    random = np.random.default_rng(17)
    writer = gguf.GGUFWriter(path, "blocks")
    for name in TYPES:
        kind = gguf.GGMLQuantizationType[name]
        values, size = gguf.GGML_QUANT_SIZES[kind]
        count = 512 // values
        if name == "F32":
            data = random.normal(size=(count, 1)).astype(np.float32).view(np.uint8)
        else:
            data = random.integers(0, 256, size=(count, size), dtype=np.uint8)
            for at in SCALES[name]:
                scale = random.normal(size=(count, 1)).astype(np.float16)
                data[:, at : at + 2] = scale.view(np.uint8)
        data = data.reshape(2, -1)
        expected = gguf.quants.dequantize(data, kind)
        assert np.isfinite(expected).all() and expected.shape == (2, 256), name
        writer.add_tensor(name, data, raw_dtype=kind)
        writer.add_tensor(f"{name}.expected", expected.astype(np.float32))
    write(writer)


SHAPE = dict(
    hidden_size=32,
    intermediate_size=48,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=16384,
    initializer_range=0.2,
    bos_token_id=None,
    eos_token_id=None,
)
LLAMA_3 = dict(
    rope_type="llama3", rope_theta=5e5, factor=32.0, low_freq_factor=1.0, high_freq_factor=4.0,
    original_max_position_embeddings=8192,
)
# Every sixth layer sees all tokens. llama.cpp scales scores by the width of a head.
GEMMA = dict(
    rms_norm_eps=1e-6, head_dim=16, query_pre_attn_scalar=16, num_hidden_layers=6, sliding_window=7,
    rope_parameters={
        "full_attention": dict(rope_type="linear", factor=8.0, rope_theta=1e6),
        "sliding_attention": dict(rope_type="default", rope_theta=1e4),
    },
)
MODELS = {
    "llama": (LlamaConfig, LlamaForCausalLM, dict(rms_norm_eps=1e-5, rope_parameters=LLAMA_3), "smollm", "F16"),
    "qwen2": (Qwen2Config, Qwen2ForCausalLM, dict(rms_norm_eps=1e-6, tie_word_embeddings=True), "qwen2", "BF16"),
    "qwen3": (Qwen3Config, Qwen3ForCausalLM, dict(rms_norm_eps=1e-6, head_dim=16), "llama-bpe", "F16"),
    "gemma3": (Gemma3TextConfig, Gemma3ForCausalLM, GEMMA, "gpt-2", "F16"),
}
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
NAMES = {
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
GEMMA_NAMES = {
    **NAMES,
    "post_attention_layernorm": "post_attention_norm",
    "pre_feedforward_layernorm": "ffn_norm",
    "post_feedforward_layernorm": "post_ffw_norm",
}


def byte_letters():
    """The characters that byte-level BPE writes bytes with, by byte."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters, extra = {}, 256
    for byte in range(256):
        letters[byte] = chr(byte if byte in plain else extra)
        extra += byte not in plain
    return [letters[byte] for byte in range(256)]


def add_tokenizer(writer, pre):
    merges = ["h e", "l l", "Ġ w", "he ll", "hell o", "o r", "1 2", "12 3"]
    control = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokens = control + byte_letters() + [merge.replace(" ", "") for merge in merges]
    kinds = [gguf.TokenType.CONTROL] * 3 + [gguf.TokenType.NORMAL] * (len(tokens) - 3)
    # The end of the embedding has no tokens.
    tokens += ["[PAD0]", "[PAD1]"]
    kinds += [gguf.TokenType.UNUSED] * 2
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(0)
    writer.add_chat_template(TEMPLATE)
    return len(tokens)


def paired(rows, heads):
    """llama.cpp's order of the rows of queries and keys."""
    return rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def model(folder, name):
    config, kind, special, pre, dtype = MODELS[name]
    writer = gguf.GGUFWriter(folder / f"{name}.gguf", name)
    rows = add_tokenizer(writer, pre)
    torch.manual_seed(sum(map(ord, name)))
    made = kind(config(vocab_size=rows, **{**SHAPE, **special})).eval()
    stored = {"F16": torch.float16, "BF16": torch.bfloat16}[dtype]
    for parameter in made.parameters():
        if parameter.dim() == 1:
            parameter.data += torch.randn(parameter.shape) * 0.2
        else:
            parameter.data = parameter.data.to(stored).float()
    config = made.config
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    rope = config.rope_parameters
    writer.add_rope_freq_base(rope.get("full_attention", rope)["rope_theta"])
    if name == "gemma3":
        writer.add_sliding_window(config.sliding_window)
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(rope["full_attention"]["factor"])
    if name in ("qwen3", "gemma3"):
        writer.add_key_length(config.head_dim)
        writer.add_value_length(config.head_dim)
    if name == "llama":
        rotary = made.model.rotary_emb
        width = config.hidden_size // config.num_attention_heads
        plain = 1.0 / 5e5 ** (torch.arange(0, width, 2).float() / width)
        writer.add_tensor("rope_freqs.weight", (plain / rotary.inv_freq).float().numpy())
    for theirs, tensor in made.state_dict().items():
        if theirs == "lm_head.weight" and config.tie_word_embeddings:
            continue
        values = tensor.numpy()
        top = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight"}
        if theirs.startswith("model.layers."):
            _, _, layer, rest = theirs.split(".", 3)
            part, ending = rest.rsplit(".", 1)
            names = GEMMA_NAMES if name == "gemma3" else NAMES
            ours = f"blk.{layer}.{names[part]}.{ending}"
            if name == "llama" and part[-6:] in ("q_proj", "k_proj"):
                heads = config.num_attention_heads if part[-6:] == "q_proj" else config.num_key_value_heads
                values = paired(values, heads)
        else:
            ours = top.get(theirs, "output.weight")
        if values.ndim == 1:
            # llama.cpp stores 1 + w.
            values = values + np.float32(name == "gemma3")
            writer.add_tensor(ours, values)
        else:
            kind = gguf.GGMLQuantizationType[dtype]
            writer.add_tensor(ours, gguf.quants.quantize(values, kind), raw_dtype=kind)
    write(writer)
    random = np.random.default_rng(5)
    tokens = random.integers(0, rows, size=60).tolist()
    with torch.no_grad():
        logits = made(torch.tensor([tokens])).logits[0, -1]
    return {"tokens": tokens, "logits": [round(float(logit), 6) for logit in logits]}


PIECES = [
    "hello", " world", "\n", "  ", "\t", "Memory", "café", "日本語", "🙂", "1234", "3.14", "don't", "a_b", "▁", "reward",
    " the", " bank", "agents", "\u0301e", "ß", " ", "x", "Wasm", "LoGo-GRPO", "{", "}", "**", "`cargo`",
]


def sentences(folder, name, prefix):
    random = np.random.default_rng(9)
    text = Path(__file__).parents[2] / "README.md"
    options = dict(
        model_type="bpe", vocab_size=700, byte_fallback=True, normalization_rule_name="identity",
        remove_extra_whitespaces=False, add_dummy_prefix=prefix, split_digits=True,
        user_defined_symbols=["<start>"], num_threads=1, minloglevel=2,
    )
    made = folder / f"{name}.model"
    sentencepiece.SentencePieceTrainer.train(input=str(text), model_prefix=str(made.with_suffix("")), **options)
    spoken = sentencepiece.SentencePieceProcessor(model_file=str(made))
    made.unlink()
    made.with_suffix(".vocab").unlink()
    kinds = {
        "is_unknown": gguf.TokenType.UNKNOWN, "is_control": gguf.TokenType.CONTROL,
        "is_unused": gguf.TokenType.UNUSED, "is_byte": gguf.TokenType.BYTE,
    }
    count = spoken.vocab_size()
    types = []
    for id in range(count):
        found = [kind for asked, kind in kinds.items() if getattr(spoken, asked)(id)]
        user = spoken.id_to_piece(id) == "<start>"
        types.append(gguf.TokenType.USER_DEFINED if user else (found or [gguf.TokenType.NORMAL])[0])
    writer = gguf.GGUFWriter(folder / f"{name}.gguf", "llama")
    writer.add_tokenizer_model("llama")
    writer.add_token_list([spoken.id_to_piece(id) for id in range(count)])
    writer.add_token_scores([spoken.get_score(id) for id in range(count)])
    writer.add_token_types(types)
    writer.add_bos_token_id(spoken.bos_id())
    writer.add_eos_token_id(spoken.eos_id())
    writer.add_unk_token_id(spoken.unk_id())
    writer.add_add_space_prefix(prefix)
    writer.add_chat_template(TEMPLATE.replace("<|im_start|>", "<start>").replace("<|im_end|>", "</s>"))
    write(writer)
    texts = [*PIECES, *("".join(random.choice(PIECES, size=random.integers(2, 9))) for _ in range(200))]
    # SentencePiece reads its own sign for a space as a space.
    texts = [text for text in texts if "▁" not in text]
    cases = [{"text": text, "ids": spoken.encode(text)} for text in texts]
    (folder / f"{name}.json").write_text(json.dumps(cases, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sources = Path(sys.argv[1])
    (sources / "gguf/fixtures").mkdir(exist_ok=True)
    blocks(sources / "gguf/fixtures/blocks.gguf")
    folder = sources / "model/gguf/fixtures"
    folder.mkdir(exist_ok=True)
    logits = {name: model(folder, name) for name in MODELS}
    (folder / "logits.json").write_text(json.dumps(logits) + "\n")
    folder = sources / "tokenizer/gguf/fixtures"
    folder.mkdir(exist_ok=True)
    for name, prefix in [("prefixed", True), ("plain", False)]:
        sentences(folder, name, prefix)
