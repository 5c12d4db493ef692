"""TRL's GRPO loss and its gradient on small random models, that memloom's are held
against.

    python tests/reference/trl_loss.py make FOLDER
    python tests/reference/trl_loss.py check FOLDER

`cargo xtask parity` runs both, with memloom's own turn between them. Needs torch,
transformers and trl from PyPI; FOLDER is thrown away afterwards.
"""

import json
import sys
import tempfile
from pathlib import Path

import torch
from datasets import Dataset
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM
from trl import GRPOConfig, GRPOTrainer

VOCABULARY = 203
LONGEST = 24
SHAPE = dict(
    vocab_size=VOCABULARY,
    hidden_size=48,
    intermediate_size=80,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=256,
    initializer_range=0.15,
)
# Name: (what TRL is told, the same in memloom's words).
CASES = {
    "grpo": (
        dict(loss_type="grpo", beta=0.0, epsilon=0.2),
        dict(ratio="token", aggregation="step-mean", kl=0.0, estimator="k3", clip=[0.2, 0.2]),
    ),
    "grpo-divergence": (
        dict(loss_type="grpo", beta=0.04, epsilon=0.1, epsilon_high=0.3, temperature=0.7),
        dict(ratio="token", aggregation="step-mean", kl=0.04, estimator="k3-corrected", clip=[0.1, 0.3], temperature=0.7),
    ),
    "token-mean": (
        dict(loss_type="bnpo", beta=0.01, epsilon=0.2, use_bias_correction_kl=False),
        dict(ratio="token", aggregation="token-mean", kl=0.01, estimator="k3", clip=[0.2, 0.2]),
    ),
    "fixed-length": (
        dict(loss_type="dr_grpo", beta=0.0, epsilon=0.2),
        dict(ratio="token", aggregation="fixed-length", kl=0.0, estimator="k3", clip=[0.2, 0.2]),
    ),
    "step-ratio": (
        dict(loss_type="grpo", beta=0.02, epsilon=0.02, importance_sampling_level="sequence"),
        dict(ratio="step", aggregation="step-mean", kl=0.02, estimator="k3-corrected", clip=[0.02, 0.02]),
    ),
}


def batch(source):
    """Three prompts with four completions each, of many lengths."""
    def tokens(longest):
        length = int(torch.randint(1, longest + 1, (1,), generator=source))
        return torch.randint(3, VOCABULARY, (length,), generator=source).tolist()

    return [(tokens(40), [tokens(LONGEST) for _ in range(4)]) for _ in range(3)]


def padded(lists, left):
    longest = max(map(len, lists))
    ids, mask = torch.zeros(len(lists), longest, dtype=torch.long), torch.zeros(len(lists), longest, dtype=torch.long)
    for row, tokens in enumerate(lists):
        place = slice(longest - len(tokens), longest) if left else slice(0, len(tokens))
        ids[row, place] = torch.tensor(tokens)
        mask[row, place] = 1
    return ids, mask


def make(folder):
    for number, (name, (settings, own)) in enumerate(CASES.items()):
        torch.manual_seed(number)
        source = torch.Generator().manual_seed(100 + number)
        qwen = number % 2 == 1
        model = Qwen2ForCausalLM(Qwen2Config(**SHAPE)) if qwen else LlamaForCausalLM(LlamaConfig(**SHAPE))
        where = folder / name
        model.save_pretrained(where)
        model = type(model).from_pretrained(where)
        tokenizer = PreTrainedTokenizerFast(
            tokenizer_object=Tokenizer(models.WordLevel({str(i): i for i in range(VOCABULARY)}, unk_token="0")),
            pad_token="0",
            eos_token="1",
        )
        with tempfile.TemporaryDirectory() as output:
            trainer = GRPOTrainer(
                model=model,
                reward_funcs=lambda completions, **_: [0.0] * len(completions),
                args=GRPOConfig(
                    output_dir=output,
                    use_cpu=True,
                    bf16=False,
                    report_to="none",
                    gradient_checkpointing=False,
                    per_device_train_batch_size=12,
                    num_generations=4,
                    max_completion_length=LONGEST,
                    **settings,
                ),
                train_dataset=Dataset.from_list([{"prompt": "5"}] * 12),
                processing_class=tokenizer,
            )
        # Sets the number of accumulation steps, which a training loop would.
        trainer.current_gradient_accumulation_steps = 1
        model = trainer.model.train()
        groups = batch(source)
        prompts, prompt_mask = padded([prompt for prompt, completions in groups for _ in completions], left=True)
        completions, mask = padded([tokens for _, completions in groups for tokens in completions], left=False)
        with torch.no_grad():
            now, *_ = trainer._get_per_token_logps_and_entropies(
                model,
                torch.cat([prompts, completions], dim=1),
                torch.cat([prompt_mask, mask], dim=1),
                completions.shape[1],
            )
        # Policies of before, near and far: some ratios are clipped.
        noise = lambda: torch.randn(now.shape, generator=source) * 0.2
        old, reference = now + noise(), now + noise()
        advantages = torch.randn(12, generator=source)
        loss = trainer._compute_loss(model, {
            "prompt_ids": prompts,
            "prompt_mask": prompt_mask,
            "completion_ids": completions,
            "completion_mask": mask,
            "advantages": advantages,
            "old_per_token_logps": old,
            "ref_per_token_logps": reference,
        })
        model.zero_grad()
        loss.backward()
        gradients = {name: parameter.grad.contiguous() for name, parameter in model.named_parameters()}
        save_file(gradients, where / "trl.safetensors")
        flat = lambda values: [[float(x) for x, kept in zip(row, keep) if kept] for row, keep in zip(values, mask)]
        (where / "grpo.json").write_text(json.dumps({
            **own,
            "temperature": own.get("temperature", 1.0),
            "fixed_length": LONGEST,
            "groups": groups,
            "advantages": advantages.tolist(),
            "old": flat(old),
            "reference": flat(reference),
            "loss": float(loss),
        }))
        print(name, file=sys.stderr)


def check(folder):
    """The largest distance of a gradient that memloom wrote, over its length."""
    worst = 0.0
    for name in CASES:
        theirs = load_file(folder / name / "trl.safetensors")
        ours = load_file(folder / name / "gradient" / "model.safetensors")
        assert theirs.keys() <= ours.keys(), (name, theirs.keys() ^ ours.keys())
        distance = sum(float(((theirs[key] - ours[key]).double() ** 2).sum()) for key in theirs)
        length = sum(float((theirs[key].double() ** 2).sum()) for key in theirs)
        assert length > 0
        worst = max(worst, (distance / length) ** 0.5)
    print(json.dumps({"grpo_gradient_rel_diff": worst}))


if __name__ == "__main__":
    {"make": make, "check": check}[sys.argv[1]](Path(sys.argv[2]))
