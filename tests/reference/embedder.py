"""A small random sentence encoder of the BERT family, and what transformers makes of
some texts with it: what `src/embed` is held against.

    pip install torch transformers
    python tests/reference/embedder.py trainer/engine/src/sentence_encoder/fixtures/tiny-bert

`cargo xtask parity` makes several in other shapes by `make` below.
"""

import json
import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel

TEXTS = [
    "Anna lives in Rome.",
    "anna LIVES in rome",
    "Ben: Where is the dog? The dog is in the garden!",
    "",
    "née in Paris, 12 May",
    "日本 🙂 Anna",
    "Anna and Ben " * 30,
    "a",
]
WORDS = "anna ben lives in rome paris where is the dog garden and may ##s ##n ##e ##a ne a b d g i l m o p r t w 1 2 . , : ? !"


def tokenizer():
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words = {word: number for number, word in enumerate([*special, *WORDS.split()])}
    made = Tokenizer(models.WordPiece(words, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", words["[SEP]"]), ("[CLS]", words["[CLS]"]))
    # As published folders have it: memloom pads and cuts for itself.
    made.enable_padding(length=16)
    made.enable_truncation(7)
    return made


def make(folder, seed=3, pooling="mean", normalises=True, dtype=torch.float32, **shape):
    folder.mkdir(parents=True, exist_ok=True)
    words = tokenizer()
    settings = dict(
        vocab_size=words.get_vocab_size(),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=24,
        max_position_embeddings=40,
        initializer_range=0.4,
    )
    torch.manual_seed(seed)
    model = BertModel(BertConfig(**{**settings, **shape})).eval()
    for parameter in model.parameters():
        if parameter.dim() == 1:
            parameter.data += torch.randn(parameter.shape) * 0.2
    model.to(dtype).save_pretrained(folder)
    model = BertModel.from_pretrained(folder, dtype=torch.float32).eval()
    words.save(str(folder / "tokenizer.json"))
    modes = {"mean": "pooling_mode_mean_tokens", "cls": "pooling_mode_cls_token"}
    (folder / "1_Pooling").mkdir(exist_ok=True)
    (folder / "1_Pooling/config.json").write_text(
        json.dumps({name: mode == pooling for mode, name in modes.items()}) + "\n"
    )
    kinds = ["Transformer", "Pooling", *(["Normalize"] if normalises else [])]
    (folder / "modules.json").write_text(
        json.dumps([{"type": f"sentence_transformers.models.{kind}"} for kind in kinds]) + "\n"
    )
    words.no_padding()
    words.enable_truncation(model.config.max_position_embeddings)
    vectors = []
    for text in TEXTS:
        ids = torch.tensor([words.encode(text).ids])
        with torch.no_grad():
            hidden = model(ids).last_hidden_state[0]
        vector = hidden.mean(dim=0) if pooling == "mean" else hidden[0]
        if normalises:
            vector = torch.nn.functional.normalize(vector, dim=0)
        vectors.append(vector.tolist())
    (folder / "expected.json").write_text(json.dumps({"texts": TEXTS, "vectors": vectors}) + "\n")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
