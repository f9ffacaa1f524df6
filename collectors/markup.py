"""schema.org objects in a page: JSON-LD (also damaged) and microdata. Runs in the child process that may be killed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

MAX_OBJECTS = 200
_COMMENT = re.compile(
    r"<!--.*?-->|/\*.*?\*/|^\s*(?:<!--|-->|//[^\n]*)|(?:-->|//\s*\]\]>)\s*$", re.MULTILINE | re.DOTALL
)
_CONTROL = re.compile(r"[\x00-\x1f]+")
_TRAILING_COMMA = re.compile(r",\s*([}\]])")


def objects(root: Any) -> list[dict[str, Any]]:
    """Return all schema.org objects of a parsed page, nested ones apart as well, JSON-LD first."""
    found: list[dict[str, Any]] = []
    for script in root.iter("script"):
        if "ld+json" in (script.get("type") or "").lower():
            found += _flattened(_lenient(script.text or ""))
    found += [_microdata(node) for node in root.iter() if _is_top(node)]
    return found[:MAX_OBJECTS]


def of_type(found: list[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
    """Return the objects whose ``@type`` is, or holds, one of ``names``."""
    return [item for item in found if set(names) & set(_types(item))]


def _types(item: dict[str, Any]) -> list[str]:
    named = item.get("@type")
    return [str(name).rsplit("/", 1)[-1] for name in (named if isinstance(named, list) else [named])]


def _lenient(text: str) -> Any:
    """Return the JSON in ``text``; comments around it, control characters and last commas are forgiven."""
    for attempt in (
        text,
        _CONTROL.sub(" ", text),
        _TRAILING_COMMA.sub(r"\1", _CONTROL.sub(" ", _COMMENT.sub("", text))),
    ):
        try:
            return json.loads(attempt, parse_constant=lambda _: None)
        except (ValueError, RecursionError):
            continue
    return None


def _flattened(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if depth > 6:
        return
    if isinstance(value, list):
        for item in value[:MAX_OBJECTS]:
            yield from _flattened(item, depth + 1)
    elif isinstance(value, dict):
        if "@type" in value:
            yield value
        for name in ("@graph", "review", "mainEntity", "itemListElement", "item"):
            yield from _flattened(value.get(name), depth + 1)


def _is_top(node: Any) -> bool:
    return isinstance(node.tag, str) and node.get("itemscope") is not None and node.get("itemprop") is None


def _microdata(scope: Any, depth: int = 0) -> dict[str, Any]:
    """Return one microdata item (HTML standard 5.3) as the object it stands for."""
    found: dict[str, Any] = {"@type": (scope.get("itemtype") or "").rstrip("/").rsplit("/", 1)[-1]}
    waiting = list(scope)[::-1]
    while waiting and len(found) < 100:
        node = waiting.pop()
        if not isinstance(node.tag, str):
            continue
        nested = node.get("itemscope") is not None
        if (name := node.get("itemprop")) is not None:
            value = _microdata(node, depth + 1) if nested and depth < 4 else _value(node)
            found.setdefault(str(name).split(" ")[0], value)
        if not nested:
            waiting += list(node)[::-1]
    return found


def _value(node: Any) -> str:
    for name in ("content", "datetime", "href", "src"):
        if node.get(name) is not None:
            return str(node.get(name))[:5_000]
    return " ".join("".join(node.itertext()).split())[:5_000]
