"""A base encoder small enough to train in a test, with the shipped tokenizer."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch
from transformers import BertConfig, BertModel

from classifiers.train.export import TOKENIZER_FILES
from classifiers.train.own import own_rows
from classifiers.weights_files import SHIPPED

ROWS = [r for r in own_rows() if r.lang == "en"][:240]


def small_base(folder: Path, layers: int = 2) -> Path:
    """Write an untrained encoder of ``layers`` and the shipped tokenizer into ``folder``; return it."""
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=54_573, hidden_size=32, num_hidden_layers=layers, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=512, pad_token_id=1,
    )  # fmt: skip
    encoder = BertModel(config, add_pooling_layer=False)
    with torch.no_grad():
        for part in encoder.parameters():  # equal tensors would be stored as one
            part += torch.randn_like(part) * 0.1
    encoder.save_pretrained(folder)
    for name in TOKENIZER_FILES:
        shutil.copyfile(SHIPPED / name, folder / name)
    return folder
