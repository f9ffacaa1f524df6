"""Sentences of our own for what no public set covers: Vietnamese claims and harm, Arabic scams, fair contrasts.

Every pattern is ours and invented; no post of a real person is in it. Hateful patterns exist only beside their
harmless twins (the group praised, the insult quoted and rejected), because a model that has seen only the hateful
half learns that naming a group is hate. Evaluation posts are written by other hands and never stand here.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path

from classifiers.normalise import prepare
from classifiers.train.data import Labels, Row
from monitor.records import LABELS
from monitor.text import fold

_YES, _NO = (1.0, 1.0), (0.0, 1.0)
_KINDS: Mapping[str, Labels] = {
    "hate": {"hate": _YES, "scam": _NO},
    "kind": {"hate": _NO, "abuse": _NO, "scam": _NO, "harmful": _NO, "unreliable": _NO},
    "counter": {"hate": _NO, "abuse": (0.0, 0.5), "scam": _NO, "harmful": _NO, "unreliable": _NO},
    "opinion": dict.fromkeys(LABELS, _NO),
    "medical": {"hate": _NO, "abuse": _NO, "scam": _NO, "harmful": _NO, "unreliable": _NO},
    "chat": dict.fromkeys(LABELS, _NO),
    "news": {"claim": _YES, "harmful": _NO, "unreliable": _NO, "hate": _NO, "abuse": _NO, "scam": _NO},
    "alarm": {"claim": _YES, "check_worthy": _YES, "harmful": _YES, "hate": _NO, "abuse": _NO, "scam": _NO},
    "scam": {"scam": _YES, "hate": _NO, "abuse": _NO},
    "notice": {"scam": _NO, "harmful": _NO, "hate": _NO, "abuse": _NO, "unreliable": _NO},
}

_WRITTEN = json.loads((Path(__file__).parent / "own.json").read_text(encoding="utf-8"))


HELD = "own_functional"
"""Source name of the patterns no training sees: they set the hate threshold the functional tests are read at."""


def own_rows(per_pattern: int = 6, seed: int = 7) -> list[Row]:
    """Return the patterns filled in, ``per_pattern`` times each at most, all for training."""
    return _filled(_WRITTEN["patterns"], "own", "train", per_pattern, seed)


def held_rows(per_pattern: int = 4, seed: int = 11) -> list[Row]:
    """Return other patterns of hate (16 a language) and of its harmless twins (20), never trained on, split dev."""
    return _filled(_WRITTEN["held"], HELD, "dev", per_pattern, seed)


def _filled(
    written: Mapping[str, Mapping[str, list[str]]], source: str, split: str, per_pattern: int, seed: int
) -> list[Row]:
    rng = random.Random(seed)  # noqa: S311 - repeatability, not secrecy
    rows: dict[str, Row] = {}
    for lang, kinds in written.items():
        for kind, patterns in kinds.items():
            for number, pattern in enumerate(patterns):
                for turn in range(per_pattern if "{" in pattern else 1):
                    text = prepare(pattern.format(**{k: rng.choice(v) for k, v in _WRITTEN["slots"][lang].items()}))
                    text = _styled(text, lang, rng)
                    name = f"{source}-{lang}-{kind}-{number}-{turn}"
                    rows.setdefault(text, Row(name, text, lang, source, split, _KINDS[kind], {"kind": kind}, text))
    return list(rows.values())


def _styled(text: str, lang: str, rng: random.Random) -> str:
    """Return ``text`` as people type: now and then shouting, without end mark, or Vietnamese without marks."""
    draw = rng.random()
    if lang == "vi" and draw < 0.25:
        return fold(text, strip_marks=True)
    if draw < 0.35:
        return text[:1].upper() + text[1:] + rng.choice((".", "!", "!!", " 😡", " 🙏"))
    return text
