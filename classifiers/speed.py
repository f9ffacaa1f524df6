"""How fast the shipped model reads posts, beside what ``transformers.pipeline`` does with torch in float32."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from itertools import pairwise
from statistics import median
from time import perf_counter
from typing import Any

from classifiers.encoder import EncoderModel
from classifiers.evalrows import fairness_posts, label_posts
from classifiers.train.data import share

ROUNDS = 5
POSTS = 128
NO_TORCH = "not measured: torch is not installed (claimwatch[train] brings it)"


def bench_model(workers: Sequence[int] = (1, 2), rounds: int = ROUNDS, count: int = POSTS) -> dict[str, Any]:
    """Return posts per second (lowest and median of ``rounds``) on posts of about 40 tokens and of mixed length.

    Cleaning, undoing disguises and tokenising are in it. torch reads the same posts in batches of 32, sorted by
    length, with an encoder of the same shape: its speed does not depend on the weights.
    """
    shipped = EncoderModel.load()
    sets = {"about 40 tokens": long_posts(shipped, count), "mixed length": mixed_posts(shipped, count)}
    found: dict[str, Any] = {"model": f"{shipped.model_id}@{shipped.revision}", "posts": count, "rounds": rounds}
    for name, texts in sets.items():
        found[f"{name}: mean tokens"] = round(sum(map(len, _ids(shipped, texts))) / len(texts), 1)
        for number in workers:
            model = EncoderModel.load(workers=number)
            speed = _speeds(lambda m=model, t=texts: m.predict(t, ["en"] * len(t)), len(texts), rounds)  # type: ignore[misc]
            found[f"{name}: int8, {number} at once"] = _words(speed)
            found[f"{name}: torch float32, {number} at once"] = _torch(shipped, texts, number, rounds, speed)
    return found


def _torch(shipped: EncoderModel, texts: Sequence[str], threads: int, rounds: int, ours: Sequence[float]) -> str:
    if find_spec("torch") is None:
        return NO_TORCH
    from classifiers.train.reference import pipeline

    read = pipeline(shipped.tokenizer, threads)
    theirs = _speeds(lambda: read(texts), len(texts), rounds)
    return f"{_words(theirs)}; int8 is {median(ours) / median(theirs):.2f} times as fast"


def _speeds(read: Callable[[], object], count: int, rounds: int) -> list[float]:
    read()  # warm: allocations and the first look at every shape
    speeds = []
    for _ in range(rounds):
        started = perf_counter()
        read()
        speeds.append(count / (perf_counter() - started))
    return speeds


def _words(speeds: Sequence[float]) -> str:
    return f"median {median(speeds):.0f}, lowest {min(speeds):.0f} posts a second"


def _ids(model: EncoderModel, texts: Sequence[str]) -> list[list[int]]:
    found: list[list[int]] = model.tokenizer(list(texts))["input_ids"]
    return found


def _posts() -> list[str]:
    posts = [*label_posts(), *(p for p in fairness_posts() if "template" not in p.meta)]
    return [p.text for p in sorted(posts, key=lambda p: share(p.id, "speed"))]


def long_posts(model: EncoderModel, count: int) -> list[str]:
    """Return posts of 30 to 50 tokens; two short ones are joined where there are not enough."""
    texts = _posts()
    joined = [*texts, *(f"{a} {b}" for a, b in pairwise(texts))]
    return [t for t, ids in zip(joined, _ids(model, joined), strict=True) if 30 <= len(ids) <= 50][:count]


def mixed_posts(model: EncoderModel, count: int, mean: float = 25.0) -> list[str]:
    """Return posts as they come, long ones left out or put in so that the mean stays at ``mean`` tokens."""
    kept: list[str] = []
    total = 0
    texts = _posts()
    for text, ids in zip(texts, _ids(model, texts), strict=True):
        if len(kept) < count and (len(ids) <= mean) != (total < mean * len(kept)):
            kept.append(text)
            total += len(ids)
    return kept
