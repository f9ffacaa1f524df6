"""The shipped model at run time: one forward pass gives the sentence vector and the scores of all labels.

ONNX Runtime in int8, tokenised by ``transformers``, without torch. Every text is its own batch: dynamic int8
scales activations over the whole batch, so company would change a text's score, and small batches lose little on
one thread because they stay in the cache.
"""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import regex

from classifiers.base import Kind
from classifiers.labels import Threshold, Thresholds, language_key, read_thresholds
from classifiers.normalise import looked_through, prepare
from classifiers.weights_files import SHIPPED, verified
from monitor.errors import SetupError
from monitor.records import LABELS, Prediction, Vector
from monitor.text import MAX_TEXT, clean, has_words

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

log = logging.getLogger(__name__)

DIMENSIONS = 384
WINDOW = 256
"""Tokens read at once. Of a longer text the first and the last window are read, so padding hides nothing."""

_SHORTEST = 2
_NOISE = regex.compile(r"[\p{Cc}\p{Co}\p{Cn}\ufffd]")
_WORDS = regex.compile(r"[\p{L}\p{N}\p{M}_#@'’]+")

Logits = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Pass:
    """One forward pass: ``vector`` (384,), ``logits`` (7,), ``attention`` (7, tokens) of the label heads."""

    vector: Vector
    logits: Logits
    attention: npt.NDArray[np.float32] | None = None


class EncoderModel:
    """``claimwatch-12``, or another folder of the same shape. Thread-safe after loading."""

    labels = LABELS

    def __init__(
        self, session: Any, tokenizer: PreTrainedTokenizerFast, thresholds: Thresholds, name: str, revision: str,
        workers: int = 1,
    ) -> None:  # fmt: skip
        self.model_id = name
        self.revision = revision
        self.thresholds = thresholds
        self._session = session
        self._tokenizer = tokenizer
        self._outputs = [o.name for o in session.get_outputs()]
        self._pool = ThreadPoolExecutor(workers) if workers > 1 else None

    @property
    def tokenizer(self) -> PreTrainedTokenizerFast:
        """The tokenizer, for models that share it."""
        return self._tokenizer

    @classmethod
    def load(cls, folder: Path | None = None, workers: int = 1) -> EncoderModel:
        """Return the model in ``folder`` (the shipped one if none), every file checked against its pin.

        ``workers`` passes run at once, each on one thread. ``SetupError`` when a file is missing or changed.
        """
        folder = folder or SHIPPED
        name, revision = verified(folder)
        session, tokenizer = open_session(folder / "model.onnx"), _tokenizer(folder)
        return cls(session, tokenizer, read_thresholds(folder / "thresholds.json"), name, revision, workers)

    def predict(self, texts: Sequence[str], langs: Sequence[str]) -> list[Prediction]:
        """Return one prediction per raw text; see ``classifiers.base.TextModel``."""
        outcomes = [unfit(text) for text in texts]
        seen = {i: looked_through(texts[i][:MAX_TEXT]) for i, outcome in enumerate(outcomes) if outcome is None}
        passes = dict(zip(seen, self._passes([text for text, _ in seen.values()], "query"), strict=True))
        return [
            Prediction(outcome) if outcome else replace(self._read(passes[i], lang), disguises=seen[i][1])
            for i, (outcome, lang) in enumerate(zip(outcomes, langs, strict=True))
        ]

    def encode(self, texts: Sequence[str], kind: Kind = "query") -> Vector:
        """Return L2-normalised vectors, float32 of shape (n, 384)."""
        found = [p.vector for p in self._passes([prepare(t[:MAX_TEXT]) for t in texts], kind)]
        return np.stack(found) if found else np.zeros((0, DIMENSIONS), np.float32)

    def logits(self, texts: Sequence[str]) -> Logits:
        """Return uncalibrated outputs, float32 of shape (n, 7) in the order of ``LABELS``."""
        found = [p.logits for p in self._passes([prepare(t[:MAX_TEXT]) for t in texts], "query")]
        return np.stack(found) if found else np.zeros((0, len(LABELS)), np.float32)

    def why(self, text: str, lang: str, label: str, k: int = 5) -> list[tuple[str, float]]:
        """Return up to ``k`` words with what the score of ``label`` loses when each is left out.

        The label's attention names the candidates, leaving each out and scoring again decides (occlusion, as
        in Zeiler & Fergus 2014), so the answer is the model's own behaviour.
        """
        if unfit(text):
            return []
        threshold = self.thresholds[label][language_key(lang)]
        text, number = prepare(text[:MAX_TEXT]), LABELS.index(label)
        whole = self._passes([text], "query")[0]
        spans = self._candidates(text, whole.attention, number, k + 2)
        without = self._passes([text[:a] + text[b:] for a, b in spans], "query")
        score = threshold.score(float(whole.logits[number]))
        lost = [
            (text[a:b], score - threshold.score(float(one.logits[number])))
            for (a, b), one in zip(spans, without, strict=True)
        ]
        return sorted((w for w in lost if w[1] > 0), key=lambda w: -w[1])[:k]

    def _candidates(
        self, text: str, attention: npt.NDArray[np.float32] | None, label: int, most: int
    ) -> list[tuple[int, int]]:
        """Return the spans of the words the label's head attends to, at most ``most``."""
        spans = [m.span() for m in _WORDS.finditer(text)]
        if len(spans) <= most or attention is None:
            return spans[:most]
        prefix = "query: "
        found = self._tokenizer(prefix + text, truncation=True, max_length=WINDOW, return_offsets_mapping=True)
        weight = np.zeros(len(text) + 1)
        for (a, b), w in zip(found["offset_mapping"], attention[label], strict=True):
            weight[max(a - len(prefix), 0) : max(b - len(prefix), 0)] += float(w) / max(b - a, 1)
        return sorted(spans, key=lambda s: -weight[s[0] : s[1]].sum())[:most]

    def _passes(self, texts: Sequence[str], kind: Kind) -> list[Pass]:
        """Return one pass per prepared text; of two windows the higher logits and the first vector count."""
        if not texts:
            return []
        ids = self._tokenizer([f"{kind}: {t}" for t in texts], add_special_tokens=False, verbose=False)["input_ids"]
        windows = [_windows(one, self._tokenizer.bos_token_id, self._tokenizer.eos_token_id) for one in ids]
        flat = [w for ws in windows for w in ws]
        done = iter(self._pool.map(self._run, flat) if self._pool else map(self._run, flat))
        return [_joined([next(done) for _ in ws]) for ws in windows]

    def _run(self, ids: Sequence[int]) -> Pass:
        tokens = np.asarray([ids], dtype=np.int64)
        found = self._session.run(None, {"input_ids": tokens, "attention_mask": np.ones_like(tokens)})
        named = dict(zip(self._outputs, found, strict=True))
        attention = named.get("attention")
        return Pass(named["vector"][0], named["logits"][0], None if attention is None else attention[0])

    def _read(self, one: Pass, lang: str) -> Prediction:
        if not (np.isfinite(one.logits).all() and np.isfinite(one.vector).all()):
            log.warning("the model gave NaN or infinity; the text is kept without scores")
            return Prediction("not_scored")
        key = language_key(lang)
        rules = {label: self.thresholds[label][key] for label in LABELS}
        scores = {label: rules[label].score(float(x)) for label, x in zip(LABELS, one.logits, strict=True)}
        return Prediction("ok", scores, *named(rules, scores), one.vector)


def named(rules: Mapping[str, Threshold], scores: Mapping[str, float]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the labels that are flagged, and those in the band that asks for a person."""
    used = {label: rule for label, rule in rules.items() if rule.enabled}
    flags = tuple(label for label, rule in used.items() if scores[label] >= rule.flag)
    return flags, tuple(label for label, rule in used.items() if rule.unsure <= scores[label] < rule.flag)


def unfit(text: str) -> str | None:
    """Return the outcome of a text without anything to read, ``None`` for one that can be scored."""
    start = clean(text[:MAX_TEXT])
    if not start.strip():
        return "empty"
    if len(_NOISE.findall(start)) > max(2, math.ceil(len(start) * 0.1)) + start.count("\n"):
        return "not_scored"
    if not has_words(start) or len(start.strip()) < _SHORTEST:
        return "too_short"
    return None


def _windows(ids: Sequence[int], first: int, last: int) -> list[list[int]]:
    inner = WINDOW - 2
    parts = [ids] if len(ids) <= inner else [ids[:inner], ids[-inner:]]
    return [[first, *part, last] for part in parts]


def _joined(parts: Sequence[Pass]) -> Pass:
    if len(parts) == 1:
        return parts[0]
    return Pass(parts[0].vector, np.max([p.logits for p in parts], axis=0), parts[0].attention)


def open_session(path: Path) -> Any:
    """Return the ONNX file ready to run on one thread; ``SetupError`` when it is no model."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        # From bytes: a model that names outside files then finds none.
        return onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    except onnxruntime.capi.onnxruntime_pybind11_state.InvalidProtobuf as error:
        raise SetupError(f"The model file {path} cannot be read; reinstall Claimwatch.") from error


def _tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    # Without torch the library warns that models are unavailable; ours runs without it.
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
    from transformers import PreTrainedTokenizerFast

    loaded: PreTrainedTokenizerFast = PreTrainedTokenizerFast.from_pretrained(str(folder), local_files_only=True)
    return loaded
