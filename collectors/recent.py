"""What a source showed lately: tells new from changed, and notices what has disappeared."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from collectors.values import dig, digest, raw_item
from monitor.records import RawItem

REMEMBERED = 200


class Recent:
    """The last 200 items of a source by external id, with a mark of their content. Lives in the cursor."""

    def __init__(self, cursor: Mapping[str, Any]) -> None:
        kept = dig(cursor, "recent")
        self._marks: dict[str, str] = dict(kept) if isinstance(kept, Mapping) else {}

    def fresh(self, items: Iterable[RawItem]) -> list[RawItem]:
        """Return the items that are unknown or have changed, each once, and remember them."""
        found = []
        for item in items:
            mark = digest(json.dumps(item.payload, sort_keys=True))[:12]
            if self._marks.pop(item.external_id, None) != mark:
                found.append(item)
            self._marks[item.external_id] = mark
        return found

    def known(self) -> list[str]:
        """Return the remembered ids, longest unseen first."""
        return list(self._marks)

    def marks_of(self, items: Iterable[RawItem]) -> dict[str, str]:
        """Return the marks of ``items`` that are remembered."""
        return {item.external_id: self._marks[item.external_id] for item in items if item.external_id in self._marks}

    def remember(self, marks: Mapping[str, str]) -> None:
        """Take ``marks`` as the latest of all."""
        for external_id in marks:
            self._marks.pop(external_id, None)
        self._marks |= marks

    def forget(self, external_id: str) -> None:
        self._marks.pop(external_id, None)

    def as_cursor(self) -> dict[str, str]:
        return dict(list(self._marks.items())[-REMEMBERED:])


def deletion(external_id: str, **more: Any) -> RawItem:
    """Return the raw item that says a post is gone at its source; it maps to a record with ``deleted``."""
    return raw_item(external_id, {"deleted": True, **more})
