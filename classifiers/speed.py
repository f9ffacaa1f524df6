"""How fast the shipped sizes read posts, beside what ``transformers.pipeline`` does with torch in float32."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from itertools import pairwise
from statistics import median
from time import perf_counter
from typing import Any

from classifiers.encoder import EncoderModel
from classifiers.evalrows import fairness_posts, label_posts
from classifiers.train.data import share
from classifiers.weights_files import FIRST, SECOND, folder_of, shipped_sizes

ROUNDS = 5
POSTS = 128
LONG, MIXED = "about 40 tokens", "mixed length"
TORCH = "torch float32"
NO_TORCH = "not measured: torch is not installed (claimwatch[train] brings it)"

MUSTS = {FIRST: (2.0, 150.0), SECOND: (4.0, 270.0)}
"""Per size: how many times as fast as torch on long posts, and posts a second of mixed length; both two at once."""

Reads = Callable[[], object]


def bench_model(workers: Sequence[int] = (1, 2), rounds: int = ROUNDS, count: int = POSTS) -> dict[str, Any]:
    """Return posts per second of every shipped size (lowest and median of ``rounds``), beside torch where it is there.

    Posts of about 40 tokens and of mixed length; cleaning, undoing disguises and tokenising are in it. torch reads the
    same posts in batches of 32, sorted by length, with an encoder shaped like the first size: its speed does not
    depend on the weights. All take turns, so that a busy moment of the machine hits each of them.
    """
    sizes = shipped_sizes()
    first = EncoderModel.load(folder_of(sizes[0]))
    sets = {LONG: long_posts(first, count), MIXED: mixed_posts(first, count)}
    found: dict[str, Any] = {"posts": count, "rounds": rounds}
    for number in workers:
        models = [EncoderModel.load(folder_of(name), number) for name in sizes]
        found |= {model.model_id: f"revision {model.revision}" for model in models}
        for name, texts in sets.items():
            found[f"{name}: mean tokens"] = round(sum(map(len, _ids(first, texts))) / len(texts), 1)
            readers = {model.model_id: _reader(model, texts) for model in models} | _torch(first, texts, number)
            speeds = paced(readers, len(texts), rounds)
            for who, words in told(speeds, name, number).items():
                found[f"{name}, {number} at once: {who}"] = words
    return found


def _reader(model: EncoderModel, texts: Sequence[str]) -> Reads:
    return lambda: model.predict(texts, ["en"] * len(texts))


def _torch(model: EncoderModel, texts: Sequence[str], threads: int) -> dict[str, Reads]:
    if find_spec("torch") is None:
        return {}
    from classifiers.train.reference import pipeline

    read = pipeline(model.tokenizer, threads)
    return {TORCH: lambda: read(texts)}


def paced(readers: Mapping[str, Reads], count: int, rounds: int) -> dict[str, list[float]]:
    """Return posts per second in every round; the readers take turns within a round."""
    for read in readers.values():
        read()  # warm: allocations and the first look at every shape
    speeds: dict[str, list[float]] = {name: [] for name in readers}
    for _ in range(rounds):
        for name, read in readers.items():
            started = perf_counter()
            read()
            speeds[name].append(count / (perf_counter() - started))
    return speeds


def told(speeds: Mapping[str, Sequence[float]], posts: str, number: int) -> dict[str, str]:
    """Return a line per reader: its speed, how it stands to torch, and what it must reach two at once."""
    torch = median(speeds[TORCH]) if TORCH in speeds else None
    found = {}
    for name, own in speeds.items():
        words = [f"median {median(own):.0f}, lowest {min(own):.0f} posts a second"]
        times, per_second = MUSTS.get(name, (0.0, 0.0)) if number == 2 else (0.0, 0.0)
        if torch is not None and name != TORCH:
            words.append(f"{median(own) / torch:.2f} times as fast as torch")
            if posts == LONG and times:
                words.append(_must(median(own) / torch, times))
        if posts == MIXED and per_second:
            words.append(_must(median(own), per_second))
        found[name] = "; ".join(words)
    return found if torch is not None else found | {TORCH: NO_TORCH}


def _must(value: float, must: float) -> str:
    return f"must {must:g}: {'reached' if value >= must else 'not reached'}"


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
