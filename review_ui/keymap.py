"""Single keys: what each does, and which key a person gave it instead. Commands are known by their usual key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monitor.errors import Invalid
from review_ui.desk_words import TRIAGE_KEYS, TRIAGES
from review_ui.language import N_

COMMANDS: Mapping[str, str] = {
    "j": N_("next"),
    "k": N_("previous"),
    "o": N_("open the story"),
    "c": N_("claim the story"),
    "l": N_("release the story"),
    **{key: TRIAGES[code] for code, key in TRIAGE_KEYS.items()},
    "b": N_("choose for a joint decision"),
    "a": N_("log a response"),
    "p": N_("show hidden text"),
    "z": N_("undo your last step (up to 20)"),
    "r": N_("show new stories"),
    "q": N_("back to the queue"),
    "/": N_("search"),
    "?": N_("this list"),
}
"""Usual key -> what it does."""


def changes(prefs: Mapping[str, Any]) -> dict[str, str]:
    """Return the commands whose key a person changed: usual key -> theirs."""
    kept = prefs.get("keymap")
    return {key: str(own) for key, own in kept.items() if key in COMMANDS} if isinstance(kept, Mapping) else {}


def checked(sent: Mapping[str, str]) -> dict[str, str]:
    """Return the changes in a form (usual key -> wanted key); raise ``Invalid`` for keys that clash or are none."""
    wanted = {key: sent.get(key, "").strip().lower() or key for key in COMMANDS}
    if any(len(own) != 1 or not own.isprintable() for own in wanted.values()):
        raise Invalid("A key is one letter, digit or sign.")
    if len(set(wanted.values())) != len(wanted):
        raise Invalid("Two commands cannot have the same key.")
    return {key: own for key, own in wanted.items() if own != key}
