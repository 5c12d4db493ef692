"""A small random model of the Llama family in llama.cpp's format, which cuts text into
bytes. What it says is noise, but it is really served.

    python tests/reference/tiny_gguf.py FILE

Needs gguf from PyPI; `cargo xtask clients` serves the file with llama.cpp's server.
"""

import sys

import gguf
import numpy as np

HIDDEN, INNER, LAYERS, HEADS, CONTEXT = 64, 96, 2, 4, 16384


def main(path):
    random = np.random.default_rng(3)
    control, byte, normal = gguf.TokenType.CONTROL, gguf.TokenType.BYTE, gguf.TokenType.NORMAL
    tokens = [("<unk>", gguf.TokenType.UNKNOWN), ("<s>", control), ("</s>", control)]
    tokens += [(f"<0x{number:02X}>", byte) for number in range(256)]
    tokens += [(f"{letter}", normal) for letter in "▁abcdefghijklmnopqrstuvwxyz"]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(HIDDEN)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(HIDDEN // HEADS)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    writer.add_tokenizer_model("llama")
    writer.add_token_list([text for text, _ in tokens])
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types([kind for _, kind in tokens])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)

    def matrix(name, *shape):
        values = random.normal(size=shape) * (1.0 if len(shape) == 1 else shape[-1] ** -0.5)
        writer.add_tensor(f"{name}.weight", values.astype(np.float32))

    matrix("token_embd", len(tokens), HIDDEN)
    matrix("output_norm", HIDDEN)
    matrix("output", len(tokens), HIDDEN)
    for layer in range(LAYERS):
        for name, shape in {
            "attn_norm": (HIDDEN,),
            "attn_q": (HIDDEN, HIDDEN),
            "attn_k": (HIDDEN, HIDDEN),
            "attn_v": (HIDDEN, HIDDEN),
            "attn_output": (HIDDEN, HIDDEN),
            "ffn_norm": (HIDDEN,),
            "ffn_gate": (INNER, HIDDEN),
            "ffn_up": (INNER, HIDDEN),
            "ffn_down": (HIDDEN, INNER),
        }.items():
            matrix(f"blk.{layer}.{name}", *shape)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main(sys.argv[1])
