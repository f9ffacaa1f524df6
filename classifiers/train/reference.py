"""The yardstick of the speed bench: ``transformers.pipeline`` on torch float32, an encoder shaped like ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from transformers import BertConfig, BertForSequenceClassification
from transformers import pipeline as make

BATCH = 32


def pipeline(tokenizer: Any, threads: int) -> Callable[[Sequence[str]], object]:
    """Return a function that classifies texts in batches of 32, sorted by length, on ``threads`` cores.

    Twelve layers, hidden 384, feed-forward 1536, our vocabulary; weights are random, which costs the same time.
    """
    torch.set_num_threads(threads)
    shape: dict[str, Any] = {
        "hidden_size": 384,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "intermediate_size": 1536,
    }
    model: Any = BertForSequenceClassification(BertConfig(vocab_size=len(tokenizer), **shape))
    model.train(False)
    read = make("text-classification", model=model, tokenizer=tokenizer, device="cpu", batch_size=BATCH)

    def run(texts: Sequence[str]) -> object:
        with torch.inference_mode():
            return read(sorted(texts, key=len), truncation=True, max_length=256)

    return run
