"""Any Hugging Face text classifier, beside the shipped encoder or instead of it.

A folder with ``model.onnx`` (the layout Optimum writes) runs in ONNX Runtime; one with ``model.safetensors`` needs
torch, which the ``train`` extra brings. Pickled weights are refused: loading them can run code. Nothing is downloaded:
a hub id must already be in this machine's cache.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
import regex

from classifiers.base import Kind
from classifiers.encoder import DIMENSIONS, EncoderModel, named, open_session, unfit
from classifiers.labels import OTHER, Threshold, Thresholds, language_key, read_thresholds
from classifiers.normalise import looked_through, prepare
from classifiers.weights_files import sha256
from monitor.errors import SettingsError, SetupError
from monitor.records import LABELS, LANGUAGES, Prediction, Vector
from monitor.text import MAX_TEXT

log = logging.getLogger(__name__)

Floats = npt.NDArray[np.float32]
Use = Literal["beside", "instead"]

MOST_TOKENS = 512
WORDS_TRIED = 24
FLAG, ASK = 0.5, 0.35
"""Thresholds until the folder holds a ``thresholds.json`` or a desk's own decisions give better ones."""

_LEAST = 1e-6
_WORD = regex.compile(r"[\p{L}\p{N}\p{M}_#@'’]+")
_PINNED = ("*.json", "*.txt", "*.model", "model.onnx", "*.safetensors")


class Runs(Protocol):
    """A classifier ready to run: ids and mask (1, t) to logits (k,) and the last layer's tokens (t, h) or ``None``."""

    def __call__(self, ids: npt.NDArray[np.int64], mask: npt.NDArray[np.int64]) -> tuple[Floats, Floats | None]: ...


@dataclass(frozen=True)
class Mapped:
    """How a classifier's outputs become our labels: ``columns`` of outputs per label, each its own yes or no
    (``independent``) or one choice among all."""

    columns: Mapping[str, tuple[int, ...]]
    independent: bool

    def probabilities(self, logits: Floats) -> dict[str, float]:
        """Return per label the probability that one of its outputs holds, from logits (k,)."""
        wide = logits.astype(np.float64)
        if self.independent:
            each = 1 / (1 + np.exp(-np.clip(wide, -30, 30)))
            return {label: float(each[list(of)].max()) for label, of in self.columns.items()}
        each = np.exp(wide - wide.max())
        each /= each.sum()
        return {label: float(each[list(of)].sum()) for label, of in self.columns.items()}


def read_mapping(config: Mapping[str, Any], labels: Mapping[str, str]) -> Mapped:
    """Return the mapping of ``labels`` (theirs -> ours) for a ``config.json``; ``SettingsError`` when it is wrong."""
    theirs = {str(name): int(number) for number, name in dict(config.get("id2label") or {}).items()}
    if not labels:
        raise SettingsError(
            f"model.labels is empty: say which label of the model means which of ours, such as "
            f'labels = {{ "{next(iter(theirs), "LABEL_1")}" = "abuse" }}.'
        )
    columns: dict[str, tuple[int, ...]] = {}
    for their, our in labels.items():
        if our not in LABELS:
            raise SettingsError(f"model.labels maps to '{our}', which is none of {', '.join(LABELS)}.")
        if their not in theirs:
            raise SettingsError(f"model.labels names '{their}'; the model's labels are {', '.join(theirs)}.")
        columns[our] = (*columns.get(our, ()), theirs[their])
    kind = config.get("problem_type")
    return Mapped(columns, kind == "multi_label_classification" or len(theirs) == 1)


class HuggingFaceModel:
    """A classifier under our protocol (``classifiers.base.TextModel``).

    ``beside``: the shipped encoder gives the vectors and every label that is not mapped. ``instead``: the mapped labels
    are all there is, and vectors are means over the classifier's own tokens, brought to 384 numbers.
    """

    def __init__(
        self, run: Runs, tokenizer: Any, mapped: Mapped, name: str, revision: str,
        thresholds: Thresholds | None = None, encoder: EncoderModel | None = None,
    ) -> None:  # fmt: skip
        self.model_id, self.revision = name, revision
        self._run, self._tokenizer, self._mapped, self._encoder = run, tokenizer, mapped, encoder
        own = thresholds or {
            label: dict.fromkeys((*LANGUAGES, OTHER), Threshold(FLAG, ASK)) for label in mapped.columns
        }
        unused = dict.fromkeys((*LANGUAGES, OTHER), Threshold(0.995, 0.995, enabled=False))
        rest = encoder.thresholds if encoder else dict.fromkeys(LABELS, unused)
        self.thresholds: Thresholds = {lab: own[lab] if lab in mapped.columns else rest[lab] for lab in LABELS}
        self.labels = tuple(label for label in LABELS if encoder or label in mapped.columns)

    @classmethod
    def load(
        cls, folder: Path | None = None, workers: int = 1, *, model: str = "", labels: Mapping[str, str] | None = None,
        use: Use = "beside",
    ) -> HuggingFaceModel:  # fmt: skip
        """Return the classifier ``model`` (hub id or folder); ``folder`` is that of the encoder beside it.

        ``SetupError`` when it is not there or shows no tokens to stand ``instead``, ``SettingsError`` for a wrong
        mapping.
        """
        home = find(model)
        config = json.loads((home / "config.json").read_text(encoding="utf-8"))
        mapped = read_mapping(config, labels or {})
        run, shows_tokens = _runner(home)
        if use == "instead" and not shows_tokens:
            raise SetupError(f"The model {home} shows no tokens to make vectors of: set model.use to 'beside'.")
        encoder = EncoderModel.load(folder, workers) if use == "beside" else None
        own = home / "thresholds.json"
        thresholds = read_thresholds(own) if own.is_file() else None
        name, revision = Path(model).name, pins(home)
        if encoder is not None:
            name, revision = f"{encoder.model_id}+{name}"[:60], f"{encoder.revision[:8]}+{revision[:8]}"
        return cls(run, _tokenizer(home), mapped, name, revision, thresholds, encoder)

    def predict(self, texts: Sequence[str], langs: Sequence[str]) -> list[Prediction]:
        """Return one prediction per raw text; see ``classifiers.base.TextModel``."""
        if self._encoder is None:
            return [self._alone(text, lang) for text, lang in zip(texts, langs, strict=True)]
        found = self._encoder.predict(texts, langs)
        return [self._added(one, text, lang) for one, text, lang in zip(found, texts, langs, strict=True)]

    def encode(self, texts: Sequence[str], kind: Kind = "query") -> Vector:
        """Return L2-normalised vectors, float32 of shape (n, 384)."""
        if self._encoder is not None:
            return self._encoder.encode(texts, kind)
        found = [self._pass(prepare(text[:MAX_TEXT]))[1] for text in texts]
        return np.stack(found) if found else np.zeros((0, DIMENSIONS), np.float32)

    def logits(self, texts: Sequence[str]) -> Floats:
        """Return log odds, float32 of shape (n, 7) in the order of ``LABELS``; a label nobody scores has -30."""
        rest = self._encoder.logits(texts) if self._encoder else np.full((len(texts), len(LABELS)), -30.0, np.float32)
        for row, text in zip(rest, texts, strict=True):
            for label, odds in self._pass(prepare(text[:MAX_TEXT]))[0].items():
                row[LABELS.index(label)] = odds
        return rest

    def why(self, text: str, lang: str, label: str, k: int = 5) -> list[tuple[str, float]]:
        """Return up to ``k`` words with what the score of ``label`` loses when each is left out."""
        if unfit(text) or label not in self.labels:
            return []
        if label not in self._mapped.columns and self._encoder is not None:
            return self._encoder.why(text, lang, label, k)
        rule, text = self.thresholds[label][language_key(lang)], prepare(text[:MAX_TEXT])

        def score(shorter: str) -> float:
            return rule.score(self._pass(shorter)[0][label]) if shorter.strip() else 0.0

        spans, whole = [m.span() for m in _WORD.finditer(text)][:WORDS_TRIED], score(text)
        lost = [(text[a:b], whole - score(text[:a] + text[b:])) for a, b in spans]
        return sorted((w for w in lost if w[1] > 0), key=lambda w: -w[1])[:k]

    def _alone(self, text: str, lang: str) -> Prediction:
        outcome = unfit(text)
        if outcome:
            return Prediction(outcome)
        plain, disguises = looked_through(text[:MAX_TEXT])
        odds, vector = self._pass(plain)
        return replace(self._read(odds, {}, vector, lang), disguises=disguises)

    def _added(self, one: Prediction, text: str, lang: str) -> Prediction:
        if one.outcome != "ok":
            return one
        odds, _ = self._pass(prepare(text[:MAX_TEXT]))
        return replace(self._read(odds, one.scores, one.vector, lang), disguises=one.disguises)

    def _read(
        self, odds: Mapping[str, float], other: Mapping[str, float], vector: Vector | None, lang: str
    ) -> Prediction:
        if not all(np.isfinite(value) for value in odds.values()) or (
            vector is not None and not np.isfinite(vector).all()
        ):
            log.warning("the model gave NaN or infinity; the text is kept without scores")
            return Prediction("not_scored")
        rules = {label: self.thresholds[label][language_key(lang)] for label in self.labels}
        own = {label: rules[label].score(value) for label, value in odds.items()}
        scores = {label: own.get(label, other.get(label, 0.0)) for label in self.labels}
        flags, unsure = named(rules, scores)
        return Prediction("ok", scores, flags, unsure, vector)

    def _pass(self, text: str) -> tuple[dict[str, float], Vector]:
        """Return log odds per mapped label (of a long text's two ends the higher ones) and the vector of its start."""
        found = [self._window(part) for part in self._parts(text)]
        odds = {label: max(one[0][label] for one in found) for label in self._mapped.columns}
        return odds, found[0][1]

    def _parts(self, text: str) -> list[str]:
        """Return the text, or its first and last window when it is longer than the classifier reads."""
        most = min(int(self._tokenizer.model_max_length), MOST_TOKENS)
        found = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        inner = most - self._tokenizer.num_special_tokens_to_add()
        places = found["offset_mapping"]
        return [text] if len(places) <= inner else [text, text[places[-inner][0] :]]

    def _window(self, text: str) -> tuple[dict[str, float], Vector]:
        most = min(int(self._tokenizer.model_max_length), MOST_TOKENS)
        found = self._tokenizer(text, truncation=True, max_length=most)
        ids, mask = (np.asarray([found[key]], np.int64) for key in ("input_ids", "attention_mask"))
        logits, tokens = self._run(ids, mask)
        shares = self._mapped.probabilities(logits)
        odds = {label: _odds(share) for label, share in shares.items()}
        return odds, np.zeros(DIMENSIONS, np.float32) if tokens is None else brought_to(tokens.mean(axis=0))


def _odds(share: float) -> float:
    share = min(max(share, _LEAST), 1 - _LEAST) if np.isfinite(share) else share
    return float(np.log(share / (1 - share)))


def brought_to(vector: Floats, size: int = DIMENSIONS) -> Vector:
    """Return ``vector`` (h,) with ``size`` numbers and length one.

    Shorter ones are filled up with zeros, which changes no cosine; longer ones go through one fixed random projection,
    which nearly keeps them (Johnson & Lindenstrauss 1984).
    """
    if len(vector) > size:
        vector = vector @ np.random.default_rng(384).standard_normal((len(vector), size), dtype=np.float32)
    full = np.zeros(size, np.float32)
    full[: len(vector)] = vector
    length = float(np.linalg.norm(full))
    return full / length if length else full


def find(model: str) -> Path:
    """Return the folder of ``model``, a folder or a hub id in this machine's cache; ``SetupError`` if there is none."""
    if not model:
        raise SettingsError("model.kind is 'huggingface' but model.model is empty: name a folder or a hub id.")
    folder = Path(model)
    if not folder.is_dir():
        folder = _cached(model)
    if not (folder / "config.json").is_file():
        raise SetupError(f"The model folder {folder} has no config.json.")
    return folder


def _cached(model: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(model, local_files_only=True))
    except (HFValidationError, LocalEntryNotFoundError) as error:
        raise SetupError(
            f"The model {model} is neither a folder nor on this machine: fetch it once with 'hf download {model}'."
        ) from error


def pins(folder: Path) -> str:
    """Return a short hash over every file the model is made of: another file is another revision."""
    files = sorted({path for pattern in _PINNED for path in folder.glob(pattern)})
    whole = json.dumps([(path.name, sha256(path)) for path in files])
    return hashlib.sha256(whole.encode()).hexdigest()[:12]


def _tokenizer(folder: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False, use_fast=True)


def _runner(folder: Path) -> tuple[Runs, bool]:
    """Return what runs the folder's weights, and whether it shows the last layer's tokens."""
    if (folder / "model.onnx").is_file():
        return onnx_runner(folder / "model.onnx")
    if any(folder.glob("*.safetensors")):
        return _torch_runner(folder), True
    raise SetupError(
        f"The model folder {folder} has neither model.onnx nor safetensors weights; pickled ones are not loaded."
    )


def onnx_runner(path: Path) -> tuple[Runs, bool]:
    """Return a runner of an exported classifier: output ``logits``, and ``last_hidden_state`` where it was kept."""
    session = open_session(path)
    wanted, given = {i.name for i in session.get_inputs()}, [o.name for o in session.get_outputs()]
    if "logits" not in given:
        raise SetupError(f"The model {path} has no output 'logits': it is not a text classifier.")

    def run(ids: npt.NDArray[np.int64], mask: npt.NDArray[np.int64]) -> tuple[Floats, Floats | None]:
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        found = dict(zip(given, session.run(None, {k: v for k, v in feed.items() if k in wanted}), strict=True))
        tokens = found.get("last_hidden_state")
        return found["logits"][0].astype(np.float32), None if tokens is None else tokens[0].astype(np.float32)

    return run, "last_hidden_state" in given


def _torch_runner(folder: Path) -> Runs:
    try:
        import torch
        from transformers import AutoModelForSequenceClassification
    except ImportError as error:
        raise SetupError(
            f"The model {folder} needs torch: install claimwatch[train], or export it to ONNX with Optimum."
        ) from error
    load: Callable[..., Any] = AutoModelForSequenceClassification.from_pretrained
    model = load(str(folder), local_files_only=True, trust_remote_code=False, use_safetensors=True).eval()

    def run(ids: npt.NDArray[np.int64], mask: npt.NDArray[np.int64]) -> tuple[Floats, Floats | None]:
        with torch.inference_mode():
            found = model(
                input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask), output_hidden_states=True
            )
        return found.logits[0].float().numpy(), found.hidden_states[-1][0].float().numpy()

    return run
