"""Drawing pictures, in a child process: the drawing engine is large, and a picture must never hold up a page.

The child loads only Vega-Altair and vl-convert, with the fonts that travel with the project, and reads no network. It
serves one request after the other and ends by itself when nothing was asked for a minute.
"""

from __future__ import annotations

import atexit
import base64
import json
import logging
import select
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from monitor.reports.charts import NAMES, data

log = logging.getLogger("claimwatch.reports")

FONTS = Path(__file__).parent.parent / "fonts"
SECONDS = 120
"""Longest time for one answer; a slow machine with much else to do needs a few to load the engine."""

IDLE_SECONDS = 60

Form = Literal["svg", "png"]


class DrawingFailed(Exception):
    """The child is not there, does not answer or could not draw. Pictures are left out then."""


class _Child:
    """The drawing process: started at the first request, again when it has ended. Not thread-safe."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def ask(self, wanted: str) -> list[str]:
        """Return the drawn pictures, each as base64."""
        for fresh in (False, True):
            process = self._running(fresh)
            try:
                assert process.stdin is not None
                process.stdin.write(wanted + "\n")
                process.stdin.flush()
                answer = self._answer(process)
            except OSError:
                continue
            if answer:
                found: dict[str, Any] = json.loads(answer)
                if "error" in found:
                    raise DrawingFailed(found["error"])
                return list(found["pictures"])
        raise DrawingFailed("the drawing process ended without an answer")

    def _running(self, fresh: bool) -> subprocess.Popen[str]:
        if fresh or self._process is None or self._process.poll() is not None:
            self.stop()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "monitor.reports.drawing"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8",
            )  # fmt: skip
        return self._process

    def _answer(self, process: subprocess.Popen[str]) -> str:
        assert process.stdout is not None
        if not select.select([process.stdout], [], [], SECONDS)[0]:
            self.stop()
            raise DrawingFailed(f"nothing was drawn within {SECONDS} seconds")
        return process.stdout.readline()

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue  # what was not sent is not needed any more


_child = _Child()
_one_at_a_time = threading.Lock()
atexit.register(_child.stop)


def pictures(payload: dict[str, Any], lang: str, form: Form, names: Sequence[str] = NAMES) -> Mapping[str, bytes]:
    """Return name -> picture of a summary in one language: SVG, or PNG fit for print.

    Empty when they can not be drawn: a summary without pictures still has every number.
    """
    asked = json.dumps([data(payload, lang, name) for name in names], sort_keys=True, ensure_ascii=False)
    try:
        with _one_at_a_time:  # who asks for the same pictures meanwhile finds them drawn
            return dict(zip(names, _drawn(asked, form), strict=True))
    except (DrawingFailed, OSError, ValueError) as error:
        log.error("the charts could not be drawn: %s", error)
        return {}


@lru_cache(maxsize=32)
def _drawn(asked: str, form: Form) -> tuple[bytes, ...]:
    wanted = json.dumps({"charts": json.loads(asked), "form": form})
    return tuple(base64.b64decode(one) for one in _child.ask(wanted))


def _serve() -> None:
    """Answer requests on standard input, one line each, until there is none for a while."""
    import vl_convert

    vl_convert.register_font_directory(str(FONTS))
    while select.select([sys.stdin], [], [], IDLE_SECONDS)[0]:
        line = sys.stdin.readline()
        if not line:
            return
        answer: dict[str, Any]
        try:
            asked = json.loads(line)
            answer = {"pictures": [_draw(vl_convert, chart, asked["form"]) for chart in asked["charts"]]}
        except Exception as error:  # noqa: BLE001 (told to the parent, which says so in the log)
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


def _draw(engine: Any, chart: dict[str, Any], form: Form) -> str:
    from monitor.reports.chart_specs import spec

    found = spec(chart)
    if form == "svg":
        made = engine.vegalite_to_svg(found, allowed_base_urls=[]).encode()
    else:
        made = engine.vegalite_to_png(found, scale=3, allowed_base_urls=[])
    return base64.b64encode(made).decode()


if __name__ == "__main__":
    _serve()
