"""Our verdicts in the words of other systems, for exports; and theirs in ours.

Check and iVerify: the statuses their own code lists. Meta: the ratings of its fact-checking programme
(transparency.fb.com, content ratings fact-checkers use), which has none for what is unproven.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CHECK: Mapping[str, str] = MappingProxyType(
    {
        "false": "False",
        "altered": "False",
        "misleading": "Misleading",
        "partly_false": "Misleading",
        "missing_context": "Misleading",
        "unproven": "Inconclusive",
        "mostly_true": "Verified",
        "true": "Verified",
        "satire": "Out of scope",
    }
)
IVERIFY: Mapping[str, str] = MappingProxyType(
    {
        "false": "False",
        "altered": "False",
        "misleading": "Misleading",
        "partly_false": "Partly false",
        "missing_context": "Misleading",
        "unproven": "Inconclusive",
        "mostly_true": "True",
        "true": "True",
        "satire": "Out of scope",
    }
)
META: Mapping[str, str] = MappingProxyType(
    {
        "false": "False",
        "altered": "Altered",
        "misleading": "Missing context",
        "partly_false": "Partly false",
        "missing_context": "Missing context",
        "unproven": "",
        "mostly_true": "True",
        "true": "True",
        "satire": "Satire",
    }
)
SYSTEMS: Mapping[str, Mapping[str, str]] = MappingProxyType({"check": CHECK, "iverify": IVERIFY, "meta": META})

_THEIRS = MappingProxyType(
    {
        "false": "false", "altered": "altered", "misleading": "misleading", "partly false": "partly_false",
        "missing context": "missing_context", "inconclusive": "unproven", "disputed": "unproven", "verified": "true",
        "true": "true", "satire": "satire",
    }
)  # fmt: skip


def elsewhere(verdict: str | None) -> dict[str, str]:
    """Return system -> its word for a verdict; empty words where there is no verdict or no word."""
    return {system: words[verdict] if verdict else "" for system, words in SYSTEMS.items()}


def ours(label: str) -> str:
    """Return our verdict for another system's word; what has none is ``unproven``, never dropped."""
    return _THEIRS.get(" ".join(label.lower().replace("_", " ").split()), "unproven")
