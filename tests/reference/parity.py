"""What Hugging Face's libraries say of small random models: the values that
memloom's loading, its logits, its greedy continuations, its tokens, its adapters, its
sentence encoders and its saved folders are held against.

    python tests/reference/parity.py make FOLDER
    python tests/reference/parity.py check FOLDER

`cargo xtask parity` runs both, with memloom's own turn between them. Needs torch,
transformers, tokenizers and peft from PyPI; FOLDER is thrown away afterwards.
"""

import json
import random
import sys
from pathlib import Path

import embedder
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

GREEDY = 64

# Name: (family, class of configuration, class of model, what is special, saving).
LLAMA_3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 256,
}
# Windows shorter than most prompts; layers of both types, with frequencies of their own.
GEMMA = dict(
    head_dim=32,
    query_pre_attn_scalar=24,
    sliding_window=20,
    layer_types=["sliding_attention", "sliding_attention", "full_attention"],
    tie_word_embeddings=True,
    rope_parameters={
        "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6},
        "sliding_attention": {"rope_type": "default", "rope_theta": 1e4},
    },
)
WINDOW = dict(use_sliding_window=True, sliding_window=40, max_window_layers=1)
SMALL = dict(
    vocab_size=487,
    hidden_size=64,
    intermediate_size=112,
    num_hidden_layers=3,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=4096,
    rms_norm_eps=1e-6,
    initializer_range=0.15,
)
CASES = {
    "qwen2-tied": ("qwen2", Qwen2Config, Qwen2ForCausalLM, dict(tie_word_embeddings=True, rope_theta=1e6), {}),
    "qwen2-one-key-head": ("qwen2", Qwen2Config, Qwen2ForCausalLM, dict(num_key_value_heads=1), {}),
    "qwen2-shards": ("qwen2", Qwen2Config, Qwen2ForCausalLM, {}, dict(max_shard_size="100KB")),
    "qwen2-bfloat16": ("qwen2", Qwen2Config, Qwen2ForCausalLM, {}, dict(dtype=torch.bfloat16)),
    "qwen2-window": ("qwen2", Qwen2Config, Qwen2ForCausalLM, WINDOW, {}),
    "qwen3-wide-heads": ("qwen3", Qwen3Config, Qwen3ForCausalLM, dict(head_dim=32, rope_theta=1e6), {}),
    "qwen3-tied": ("qwen3", Qwen3Config, Qwen3ForCausalLM, dict(head_dim=16, tie_word_embeddings=True), {}),
    "llama-scaled": ("llama", LlamaConfig, LlamaForCausalLM, dict(rope_theta=5e5, rope_scaling=LLAMA_3), {}),
    "llama-float16": ("llama", LlamaConfig, LlamaForCausalLM, dict(num_key_value_heads=4), dict(dtype=torch.float16)),
    "gemma3-two-windows": ("gemma3_text", Gemma3TextConfig, Gemma3ForCausalLM, GEMMA, {}),
    "gemma3-heads-of-256": (
        "gemma3_text", Gemma3TextConfig, Gemma3ForCausalLM,
        dict(num_key_value_heads=1, sliding_window=600, num_hidden_layers=6), dict(dtype=torch.bfloat16),
    ),
}
# Adapters to some of them.
ADAPTERS = {
    "qwen2-tied": dict(r=4, lora_alpha=6, target_modules="all-linear"),
    "qwen2-one-key-head": dict(r=8, lora_alpha=8, target_modules=["k_proj", "up_proj", "down_proj"], use_rslora=True),
    "qwen3-wide-heads": dict(r=3, lora_alpha=12, target_modules=["q_proj", "v_proj"], lora_dropout=0.1),
    "gemma3-two-windows": dict(r=4, lora_alpha=8, target_modules="all-linear"),
    "llama-scaled": dict(r=16, lora_alpha=16, target_modules=["o_proj", "gate_proj", "v_proj"]),
}


def randomise(model):
    """Biases and norms that are not the ones and zeros of a new model."""
    source = torch.Generator().manual_seed(7)
    for name, parameter in model.named_parameters():
        if parameter.dim() == 1:
            noise = torch.randn(parameter.shape, generator=source) * 0.2
            parameter.data += noise


def prompts():
    source = random.Random(11)
    vocabulary = SMALL["vocab_size"]
    lengths = [1, 2, 7, 33, 128, 700]
    return [[source.randrange(vocabulary) for _ in range(length)] for length in lengths]


def long_prompt():
    source = random.Random(12)
    return [source.randrange(SMALL["vocab_size"]) for _ in range(3000)]


def greedy(model, prompt):
    """Full passes, one token at a time: nothing but the logits decides."""
    tokens = list(prompt)
    with torch.no_grad():
        for _ in range(GREEDY):
            logits = model(torch.tensor([tokens])).logits[0, -1]
            tokens.append(int(logits.argmax()))
    return tokens[len(prompt):]


def last_logits(model, prompt):
    with torch.no_grad():
        return model(torch.tensor([prompt])).logits[0, -1].float().tolist()


def make_models(folder):
    for name, (family, config, kind, special, saving) in CASES.items():
        torch.manual_seed(sum(map(ord, name)))
        model = kind(config(**{**SMALL, **special})).eval()
        randomise(model)
        dtype = saving.get("dtype", torch.float32)
        where = folder / name
        model.to(dtype).save_pretrained(where, **{k: v for k, v in saving.items() if k != "dtype"})
        # What was stored, in 32 bits: 16 bits lose something on the way.
        model = AutoModelForCausalLM.from_pretrained(where, dtype=torch.float32).eval()
        asked = [*prompts(), long_prompt()]
        expected = {
            "family": family,
            "prompts": asked,
            "logits": [last_logits(model, prompt) for prompt in asked],
            "greedy_prompts": prompts()[1:4],
            "greedy": [greedy(model, prompt) for prompt in prompts()[1:4]],
        }
        if name in ADAPTERS:
            # Random on both sides: a new adapter would change nothing.
            settings = LoraConfig(task_type="CAUSAL_LM", init_lora_weights=False, **ADAPTERS[name])
            adapted = get_peft_model(model, settings).eval()
            adapted.save_pretrained(where / "adapter")
            expected["adapted_logits"] = [last_logits(adapted, prompt) for prompt in asked]
        (where / "expected.json").write_text(json.dumps(expected))
        print(name, file=sys.stderr)


# Templates in the manner of the two families.
CHAT_ML = """{%- if messages[0]['role'] == 'system' %}
    {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
{%- else %}
    {{- '<|im_start|>system\\nYou keep a memory.<|im_end|>\\n' }}
{%- endif %}
{%- set ns = namespace(last=messages|length - 1) %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
    {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {%- set content = message.content.split('</think>')[-1].lstrip('\\n') %}
        {{- '<|im_start|>assistant\\n' + content + '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}
"""
HEADERS = """{{- bos_token }}
{%- if not date_string is defined %}
    {%- if strftime_now is defined and false %}
        {%- set date_string = strftime_now("%d %b %Y") %}
    {%- else %}
        {%- set date_string = "26 Jul 2024" %}
    {%- endif %}
{%- endif %}
{%- for message in messages %}
    {%- if message.role not in ['system', 'user', 'assistant'] %}
        {{- raise_exception('unknown role ' ~ message.role) }}
    {%- endif %}
    {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' }}
    {%- if loop.first and message['role'] == 'system' %}
        {{- 'Today Date: ' + date_string + '\\n\\n' }}
    {%- endif %}
    {{- message['content'] | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
"""
QWEN_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|"
    r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
LLAMA_SPLIT = QWEN_SPLIT.replace(r"\p{N}|", r"\p{N}{1,3}|", 1)
CHATS = {
    "chat-ml": (QWEN_SPLIT, CHAT_ML, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], None, "<|im_end|>"),
    "headers": (
        LLAMA_SPLIT,
        HEADERS,
        ["<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
        "<|begin_of_text|>",
        "<|eot_id|>",
    ),
}
PIECES = [
    "hello", " world", "\n", "\n\n", "  ", "\t", "fn main() {", "}", "let x = 3.14;", "def f(a, b):\n    return a",
    "Ünal", "café", "naïve", "日本語", "中文字符", "한국어", "العربية", "שלום", "हिन्दी", "ไทย", "🙂", "👩‍👩‍👧", "🇳🇴",
    "1234567", "3,000", "$5", "50%", "don't", "I'LL", "we've", "\u0301e", "e\u0301", "\u200b", "\u00a0", "<b>", "</b>",
    "{\"facts\": [\"x\"]}", "[1, 2]", "\\n", "'", '"', "…", "—", "ﬁ", "İ", "ß", "ǅ", "\r\n", "a_b", "CamelCase",
]


def strings(count):
    source = random.Random(5)
    texts = ["", " ", "\n", "a", *PIECES]
    while len(texts) < count:
        texts.append("".join(source.choices(PIECES, k=source.randrange(1, 12))))
    return texts[:count]


def make_tokenizers(folder):
    texts = strings(1000)
    for name, (split, template, special, begin, end) in CHATS.items():
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Split(__import__("tokenizers").Regex(split), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ])
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=1200,
            special_tokens=special,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        tokenizer.train_from_iterator(texts, trainer)
        wrapped = PreTrainedTokenizerFast(
            tokenizer_object=tokenizer, bos_token=begin, eos_token=end, clean_up_tokenization_spaces=False
        )
        wrapped.chat_template = template
        where = folder / name
        wrapped.save_pretrained(where)
        wrapped = AutoTokenizer.from_pretrained(where)
        end_ids = [wrapped.convert_tokens_to_ids(end)]
        (where / "generation_config.json").write_text(json.dumps({"eos_token_id": end_ids}))
        source = random.Random(6)
        chats = []
        for text in texts:
            chat = []
            if source.random() < 0.5:
                chat.append({"role": "system", "content": source.choice(texts)})
            chat.append({"role": "user", "content": text})
            if source.random() < 0.3:
                chat.append({"role": "assistant", "content": source.choice(texts)})
                chat.append({"role": "user", "content": source.choice(texts)})
            rendered = wrapped.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
            ids = wrapped(rendered, add_special_tokens=False)["input_ids"]
            chats.append({"messages": chat, "ids": ids})
        (where / "expected.json").write_text(json.dumps({
            "texts": [{"text": text, "ids": wrapped(text, add_special_tokens=False)["input_ids"]} for text in texts],
            "chats": chats,
        }))
        print(name, file=sys.stderr)


ENCODERS = {
    "encoder-deep": dict(num_hidden_layers=6, hidden_size=48, num_attention_heads=12, intermediate_size=96),
    "encoder-first-token": dict(pooling="cls", normalises=False, num_attention_heads=1),
    "encoder-long": dict(max_position_embeddings=512, hidden_size=64, num_attention_heads=4, type_vocab_size=1),
    "encoder-float16": dict(dtype=torch.float16, hidden_act="gelu"),
}


def make_encoders(folder):
    for seed, (name, shape) in enumerate(ENCODERS.items()):
        embedder.make(folder / name, seed=seed, **shape)
        print(name, file=sys.stderr)


def check(folder):
    """The folders that memloom wrote give the logits that they were read with."""
    saved, adapters = [], []
    for name in CASES:
        where = folder / name
        expected = json.loads((where / "expected.json").read_text())

        def load(part):
            return AutoModelForCausalLM.from_pretrained(where / part, dtype=torch.float32).eval()

        def furthest(model, logits):
            pairs = zip(expected["prompts"], expected[logits])
            return max(abs(a - b) for prompt, row in pairs for a, b in zip(last_logits(model, prompt), row))

        saved.append(furthest(load("saved"), "logits"))
        if name in ADAPTERS:
            adapted = PeftModel.from_pretrained(load(""), where / "adapter-saved").eval()
            adapters.append(furthest(adapted, "adapted_logits"))
            adapters.append(furthest(load("merged"), "adapted_logits"))
    print(json.dumps({"saved_logit_diff": max(saved), "lora_logit_diff": max(adapters)}))


if __name__ == "__main__":
    _, command, folder = sys.argv
    folder = Path(folder)
    if command == "make":
        make_models(folder)
        make_tokenizers(folder)
        make_encoders(folder)
    else:
        check(folder)
