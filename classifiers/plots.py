"""Small drawings for the model card, plain SVG: promised against found shares, and right and wrong flags."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from classifiers.suite_scores import Spread

_SIDE, _LEFT, _TOP = 200, 44, 34
_INK = {"en": "#1b5e8c", "vi": "#b3541e", "ar": "#3f7d20"}
_DASH = {"en": "none", "vi": "6 3", "ar": "2 3"}
_CELLS = ("not flagged, rightly", "flagged, wrongly", "missed", "flagged, rightly")


def draw(label: str, found: Sequence[Spread]) -> str:
    """Return the drawing of one label: a calibration curve per language, and a grid of flags per language."""
    width = _LEFT + _SIDE + 40 + 150 * len(found)
    body = [_axes(), *(_curve(one) for one in found)]
    body += [_grid(one, _LEFT + _SIDE + 50 + 150 * number) for number, one in enumerate(found)]
    title = f"{label}: score against share found, and flags at the threshold"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 290" width="{width}" height="290" role="img" '
        f'font-family="sans-serif" font-size="11"><title>{escape(title)}</title>'
        f'<rect width="100%" height="100%" fill="#ffffff"/>{"".join(body)}</svg>\n'
    )


def write(spreads: Sequence[Spread], to: Path) -> dict[str, str]:
    """Write one file per label; return label -> file name."""
    to.mkdir(parents=True, exist_ok=True)
    names = {}
    for label in dict.fromkeys(one.label for one in spreads):
        names[label] = f"{label}.svg"
        drawing = draw(label, [one for one in spreads if one.label == label])
        (to / names[label]).write_text(drawing, encoding="utf-8")
    return names


def _at(x: float, y: float) -> tuple[float, float]:
    """Return the place of (score, share), both 0 to 1, in the drawing."""
    return round(_LEFT + _SIDE * x, 1), round(_TOP + _SIDE * (1 - y), 1)


def _axes() -> str:
    (left, bottom), (right, top) = _at(0, 0), _at(1, 1)
    parts = [
        f'<rect x="{left}" y="{top}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="#777777"/>',
        f'<line x1="{left}" y1="{bottom}" x2="{right}" y2="{top}" stroke="#bbbbbb"/>',
        _text(left + _SIDE / 2, bottom + 32, "score", "middle"), _text(left, top - 10, "share that carries the label"),
    ]  # fmt: skip
    for tick in (0.0, 0.5, 1.0):
        x, y = _at(tick, tick)
        parts += [_text(x, bottom + 15, f"{tick:.1f}", "middle"), _text(left - 6, y + 4, f"{tick:.1f}", "end")]
    return "".join(parts)


def _curve(one: Spread) -> str:
    ink = _INK[one.lang]
    places = [_at(promised, share) for promised, share, _ in one.curve]
    line = " ".join(f"{x},{y}" for x, y in places)
    points = "".join(f'<circle cx="{x}" cy="{y}" r="2.5" fill="{ink}"/>' for x, y in places)
    dash = _DASH[one.lang]
    return (
        f'<polyline points="{line}" fill="none" stroke="{ink}" stroke-width="1.5" stroke-dasharray="{dash}"/>{points}'
    )


def _grid(one: Spread, left: float) -> str:
    """Return four shaded cells: rows are the truth, columns what the model says."""
    ink, cells = _INK[one.lang], one.confusion
    parts = [
        _text(left, _TOP - 10, f"{one.lang}: {len(one.true)} posts", ink=ink),
        f'<line x1="{left}" y1="{_TOP - 4}" x2="{left + 60}" y2="{_TOP - 4}" stroke="{ink}" stroke-width="1.5" '
        f'stroke-dasharray="{_DASH[one.lang]}"/>',
    ]
    for number, (count, words) in enumerate(zip(cells, _CELLS, strict=True)):
        row, column = divmod(number, 2)
        x, y = left + 68 * column, _TOP + 8 + 100 * row
        shade = 0.05 + 0.35 * count / (sum(cells[2 * row : 2 * row + 2]) or 1)
        first, second = words.split(", ") if ", " in words else (words, "")
        parts += [
            f'<rect x="{x}" y="{y}" width="64" height="92" fill="{ink}" fill-opacity="{shade:.2f}" stroke="{ink}"/>',
            _text(x + 32, y + 34, str(count), "middle", size=14),
            _text(x + 32, y + 58, first, "middle", size=9), _text(x + 32, y + 70, second, "middle", size=9),
        ]  # fmt: skip
    return "".join(parts)


def _text(x: float, y: float, words: str, anchor: str = "start", ink: str = "#222222", size: int = 11) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{ink}" font-size="{size}">{escape(words)}</text>'
