"""What all commands share: finding the installation, reading and writing JSON lines, showing progress."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from classifiers.weights_files import SIZES
from monitor.acting import Desk
from monitor.errors import Invalid
from monitor.events import SYSTEM
from monitor.wiring import App, open_app

ConfigOption = Annotated[Path | None, typer.Option("--config", help="The claimwatch.toml to use.")]
OutOption = Annotated[Path | None, typer.Option("-o", "--out", help="File to write; standard output when absent.")]


SizeOption = Annotated[str, typer.Option(help=f"{' or '.join(SIZES)}, or a folder of weights; the first is meant.")]


@contextmanager
def installation(config: Path | None) -> Iterator[App]:
    """Open the installation with a current schema, and close it at the end."""
    app = open_app(config)
    try:
        app.context.db.require_current()
        yield app
    finally:
        app.close()


def system_desk(app: App) -> Desk:
    """Return the desk of whoever works at the command line of this machine."""
    return app.context.desk(SYSTEM)


def read_lines(name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (line number, object) of a JSONL file, or of standard input for ``-``."""
    with _opened(name) as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield number, _object(name, number, line)


@contextmanager
def _opened(name: str) -> Iterator[TextIO]:
    if name == "-":
        sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
        yield sys.stdin
        return
    try:
        with Path(name).open(encoding="utf-8") as file:
            yield file
    except OSError as error:
        raise Invalid(f"{name} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise Invalid(f"{name} is not UTF-8 text: {error.reason} at byte {error.start}.") from error


def _object(name: str, number: int, line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise Invalid(f"{name}, line {number} is not JSON: {error}.") from error
    if not isinstance(value, dict):
        raise Invalid(f"{name}, line {number} is not a JSON object.")
    return value


def field(name: str, number: int, row: dict[str, Any], key: str) -> str:
    """Return a field that must be there, as text."""
    value = row.get(key)
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise Invalid(f"{name}, line {number} has no text in '{key}'.")
    return str(value)


@contextmanager
def writer(out: Path | None) -> Iterator[TextIO]:
    """Yield where to write: a file, which only appears when it is complete, or standard output."""
    if out is None:
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
        yield sys.stdout
        return
    part = out.with_name(out.name + ".part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as file:
            yield file
        part.replace(out)
    except OSError as error:
        raise Invalid(f"{out} cannot be written: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)


def write_bytes(out: Path | None, body: bytes) -> None:
    """Write a file that is not text; it needs a name."""
    if out is None:
        raise Invalid("A PDF needs a file: name it with -o FILE.")
    try:
        out.write_bytes(body)
    except OSError as error:
        raise Invalid(f"{out} cannot be written: {error.strerror}.") from error


def write_line(file: TextIO, value: dict[str, Any]) -> None:
    """Write one JSON line."""
    file.write(json.dumps(value, ensure_ascii=False) + "\n")


@contextmanager
def progress(title: str, total: int) -> Iterator[Any]:
    """Yield a function to call with the number of things done: a bar on a terminal, plain lines elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _plain(title, total)
        return
    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done: bar.update(task, completed=done)


def _plain(title: str, total: int) -> Any:
    shown = 0

    def update(done: int) -> None:
        nonlocal shown
        tenth = done * 10 // max(1, total)
        if tenth > shown:
            shown = tenth
            print(f"{title}: {done} of {total}", file=sys.stderr, flush=True)

    return update
