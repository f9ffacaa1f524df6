"""Tables that people upload to be imported: kept in a folder of the installation, and not for long.

They hold names of authors, as exports do, so they go like raw items: after ``keep.raw_days``, or after a day when
nobody made a source of them.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from sqlmodel import Session, select

from monitor.context import Context
from monitor.errors import Invalid
from monitor.models import Source

ENDINGS = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".xlsx")
UNUSED = timedelta(days=1)
_NAME = re.compile(r"[0-9a-f]{32}")
_CHUNK = 2**20


def folder(context: Context) -> Path:
    return context.home / "imports"


def keep(context: Context, name: str, file: BinaryIO) -> str:
    """Store an uploaded table; return the key it is known by. ``name`` is only asked for its ending."""
    ending = Path(name).suffix.lower()
    if ending not in ENDINGS:
        raise Invalid(f"Only {', '.join(ENDINGS)} files can be imported.")
    key = secrets.token_hex(16)
    folder(context).mkdir(mode=0o700, exist_ok=True)
    part = folder(context) / f"{key}.part"
    with part.open("wb") as target:
        while chunk := file.read(_CHUNK):
            target.write(chunk)
    if not part.stat().st_size:
        part.unlink()
        raise Invalid("The file is empty.")
    part.rename(folder(context) / f"{key}{ending}")
    return key


def find(context: Context, key: str) -> Path | None:
    """Return the uploaded table of that key, or ``None``."""
    if not _NAME.fullmatch(key):
        return None
    return next((path for ending in ENDINGS if (path := folder(context) / f"{key}{ending}").is_file()), None)


def forget(session: Session, context: Context, now: datetime) -> int:
    """Delete uploads that are over their time and pause the sources that read them; return how many."""
    sources = session.exec(select(Source).where(Source.kind == "import")).all()
    users = {str(source.options.get("path")): source for source in sources}
    gone = 0
    for path, age in _ages(folder(context), now):
        source = users.get(str(path))
        if age < (UNUSED if source is None else timedelta(days=context.settings.keep.raw_days)):
            continue
        path.unlink(missing_ok=True)
        gone += 1
        if source is not None:
            source.enabled = False
            session.add(source)
    return gone


def _ages(inside: Path, now: datetime) -> Iterator[tuple[Path, timedelta]]:
    for path in sorted(inside.iterdir()) if inside.is_dir() else ():
        yield path, now - datetime.fromtimestamp(path.stat().st_mtime, UTC)
