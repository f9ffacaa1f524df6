"""Tables of figures: the same for the screen, the model card and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

Cell = str | int | float | None


@dataclass
class Table:
    """One titled table; ``note`` says on what it was measured and how to read it."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[Cell, ...]] = field(default_factory=list)
    note: str = ""

    def plain(self) -> dict[str, Any]:
        """Return the table as JSON-serialisable values."""
        return asdict(self)


def cell(value: Cell) -> str:
    """Return a cell as text: shares and scores with three digits, absent figures as a dash."""
    if value is None or value != value:
        return "-"
    if isinstance(value, float):
        return f"{value:.3f}".replace("0.", ".", 1) if 0 <= value < 1 else f"{value:.3f}"
    return str(value)


def markdown(table: Table) -> str:
    """Return the table in Markdown, its note below."""
    lines = [f"### {table.title}", "", _line(table.columns), "|" + "---|" * len(table.columns)]
    lines += [_line([cell(c) for c in row]) for row in table.rows]
    return "\n".join([*lines, "", *([table.note, ""] if table.note else [])])


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def screen(table: Table) -> str:
    """Return the table for a terminal, in columns."""
    grid = [list(table.columns), *[[cell(c) for c in row] for row in table.rows]]
    widths = [max(len(r[i]) for r in grid) for i in range(len(table.columns))]
    body = ["  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in grid]
    return "\n".join([table.title, *body, *([table.note] if table.note else []), ""])
