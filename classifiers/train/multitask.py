"""The model: one encoder, one sentence vector, seven label scores, in one forward pass.

The vector is the mean over tokens, as the base was trained for search (Wang et al. 2024, multilingual E5). The
label heads look at the same tokens through their own attention pooling, so that what they need can be kept out
of the mean, which a distillation term holds near the untouched base.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import BertModel

from monitor.records import LABELS, LANGUAGES


class AttentionHeads(nn.Module):  # type: ignore[misc]
    """One learned query per label pools the tokens; a shared hidden layer; one weight vector per label."""

    def __init__(self, hidden: int, labels: int, inner: int = 192) -> None:
        super().__init__()
        self.query = nn.Parameter(torch.randn(hidden, labels) * 0.02)
        self.norm = nn.LayerNorm(hidden)
        self.inner = nn.Linear(hidden, inner)
        self.weight = nn.Parameter(torch.randn(labels, inner) * 0.02)
        self.bias = nn.Parameter(torch.zeros(labels))
        self.drop = nn.Dropout(0.1)

    def forward(self, tokens: Tensor, mask: Tensor, mean: Tensor) -> Tensor:
        """Return logits (n, labels) from tokens (n, t, hidden), mask (n, t, 1) and their mean (n, hidden)."""
        pooled = self.attention(tokens, mask) @ tokens
        features = F.gelu(self.inner(self.drop(self.norm(pooled + mean[:, None, :]))))
        return (features * self.weight).sum(-1) + self.bias

    def attention(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Return how much each label looks at each token, (n, labels, t), each row summing to one."""
        seen = (tokens @ self.query) + (mask - 1.0) * 1e4
        return torch.softmax(seen, dim=1).transpose(1, 2)


class LinearHeads(nn.Module):  # type: ignore[misc]
    """Logistic regressions on the normalised vector: the frozen-base baseline."""

    def __init__(self, hidden: int, labels: int) -> None:
        super().__init__()
        self.linear = nn.Linear(hidden, labels)

    def forward(self, tokens: Tensor, mask: Tensor, mean: Tensor) -> Tensor:
        return self.linear(F.normalize(mean, dim=-1))

    def attention(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Return the same weight for every token, (n, labels, t)."""
        return (mask / mask.sum(1, keepdim=True)).transpose(1, 2).expand(-1, self.linear.out_features, -1)


WORDED = LABELS[3:]
"""The labels that words help with: unreliable, hate, abuse, scam. What makes a claim check-worthy or harmful is its
subject, and the words of this year's subjects say little about the next (they lost on every shifted set)."""

PAIR_PLACES = 86_000
"""Hash places a language for neighbouring pieces: in int8 with the pieces 1.7 MB, which 45 MB a size leave room for."""


def pair_places(first: Any, second: Any) -> Any:
    """Return the hash places of neighbouring token ids, arrays or tensors of integers."""
    return (first * 31_337 + second * 7_919) % PAIR_PLACES


class Words(nn.Module):  # type: ignore[misc]
    """What words alone say, beside the encoder (the wide part of Cheng et al. 2016), each language by itself.

    A weight per piece and per pair of neighbours (in hash places) for the labels ``WORDED``. ``gate`` tells the
    language from the sentence vector; ``deep`` and ``worth`` (languages, worded labels) say how much the encoder's
    logits and the words' count there.
    """

    def __init__(self, hidden: int, vocabulary: int) -> None:
        super().__init__()
        languages, labels = len(LANGUAGES), len(WORDED)
        self.vocabulary = vocabulary
        self.gate = nn.Linear(hidden, languages)
        self.deep = nn.Parameter(torch.ones(languages, labels))
        self.worth = nn.Parameter(torch.zeros(languages, labels))
        self.pieces = nn.Embedding(languages * vocabulary, labels)
        self.pairs = nn.Embedding(languages * PAIR_PLACES, labels)
        nn.init.zeros_(self.pieces.weight)
        nn.init.zeros_(self.pairs.weight)

    def forward(self, ids: Tensor, mask: Tensor, vectors: Tensor, logits: Tensor) -> Tensor:
        """Return the logits (n, labels) of encoder and words together; ids and mask (n, t), vectors (n, hidden).

        A piece counts once however often it stands there, and long texts count no more than short ones.
        """
        lang = self.gate(vectors).argmax(dim=-1)
        seen = mask[:, :, None].to(logits.dtype)
        first, second = ids[:, :-1], ids[:, 1:]
        one, two = _once(ids, seen), _once(first * self.vocabulary + second, seen[:, 1:] * seen[:, :-1])
        pieces = self.pieces(lang[:, None] * self.vocabulary + ids)
        pairs = self.pairs(lang[:, None] * PAIR_PLACES + pair_places(first, second))
        said = ((pieces * one).sum(1) + (pairs * two).sum(1)) / (one.sum(1) + two.sum(1)).sqrt()
        # Not looked up by number: a table that is looked up would be rounded to int8.
        chosen = F.one_hot(lang, len(LANGUAGES))[:, :, None].to(logits.dtype)
        alone, worded = logits.split([logits.shape[1] - len(WORDED), len(WORDED)], dim=1)
        together = worded * (chosen * self.deep).sum(1) + said * (chosen * self.worth).sum(1)
        return torch.cat([alone, together], dim=1)


def _once(ids: Tensor, seen: Tensor) -> Tensor:
    """Return ``seen`` (n, t, 1) divided by how often each of ``ids`` (n, t) is seen in its row."""
    same = (ids[:, :, None] == ids[:, None, :]).to(seen.dtype)
    return seen / (same @ seen).clamp(min=1.0)


class Multitask(nn.Module):  # type: ignore[misc]
    """Encoder and heads. ``forward`` takes ids and mask (n, t) and gives vectors (n, hidden) and logits.

    ``words`` adds to the logits what words alone say; it is absent while the encoder is trained.
    """

    def __init__(self, encoder: BertModel, heads: nn.Module, words: Words | None = None) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = heads
        self.words = words

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        return self.explained(input_ids, attention_mask)[:2]

    def read(self, tokens: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return vectors and logits from the last layer's tokens."""
        mask = attention_mask[:, :, None].to(tokens.dtype)
        mean = (tokens * mask).sum(1) / mask.sum(1).clamp(min=1.0)
        return F.normalize(mean, dim=-1), self.heads(tokens, mask, mean)

    def explained(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return vectors, logits and the label heads' attention (n, labels, t)."""
        tokens = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask[:, :, None].to(tokens.dtype)
        vectors, logits = self.read(tokens, attention_mask)
        if self.words is not None:
            logits = self.words(input_ids, attention_mask, vectors, logits)
        return vectors, logits, self.heads.attention(tokens, mask)


def base_encoder(folder: Path) -> BertModel:
    """Return the untouched base in float32, without dropout, with eager attention (exports to plain ONNX)."""
    encoder = BertModel.from_pretrained(folder, add_pooling_layer=False, dtype=torch.float32)
    encoder.train(False)
    return encoder


def new_model(folder: Path) -> Multitask:
    """Return the base with fresh attention heads."""
    encoder = base_encoder(folder)
    return Multitask(encoder, AttentionHeads(encoder.config.hidden_size, len(LABELS)))


BRIDGE = -1
"""Stands in a list of layers for a bridge."""


class Bridge(nn.Module):  # type: ignore[misc]
    """Stands for layers left out: one affine step added to the tokens, called as a layer is (Din et al. 2023)."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.linear = nn.Linear(hidden, hidden)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, hidden_states: Tensor, *_: object, **__: object) -> Tensor:
        return hidden_states + self.linear(hidden_states)


def cut(model: Multitask, layers: Sequence[int]) -> None:
    """Keep only the encoder layers numbered ``layers``; ``BRIDGE`` puts a bridge that does nothing yet."""
    encoder = model.encoder
    size, old = encoder.config.hidden_size, encoder.encoder.layer
    encoder.encoder.layer = nn.ModuleList([Bridge(size) if i == BRIDGE else old[i] for i in layers])
    encoder.config.num_hidden_layers = len(layers)


def freeze_below(model: Multitask, layers: int) -> None:
    """Keep embeddings and the first ``layers`` layers as they are."""
    for module in (model.encoder.embeddings, *model.encoder.encoder.layer[:layers]):
        module.requires_grad_(False)


def label_loss(logits: Tensor, targets: Tensor, weights: Tensor, positive: Tensor) -> Tensor:
    """Binary cross-entropy over the known labels only; ``positive`` (labels,) weighs positives up."""
    each = F.binary_cross_entropy_with_logits(logits, targets, weight=weights, pos_weight=positive, reduction="sum")
    return each / len(logits)


def keep_loss(vectors: Tensor, base: Tensor, centre: Tensor) -> Tensor:
    """How far vectors moved from the base's: one minus the cosine after taking off the common part.

    E5 vectors all lie in one narrow cone, so the plain cosine hardly notices differences; ``centre`` (hidden,)
    is the mean base vector of the corpus.
    """
    return 1.0 - F.cosine_similarity(vectors - centre, base - centre, dim=-1).mean()


def pair_loss(queries: Tensor, passages: Tensor, temperature: float) -> Tensor:
    """InfoNCE in both directions: row i of ``queries`` belongs to row i of ``passages``."""
    scores = queries @ passages.T / temperature
    right = torch.arange(len(scores))
    return (F.cross_entropy(scores, right) + F.cross_entropy(scores.T, right)) / 2
