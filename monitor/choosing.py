"""Which model folder this installation uses: chosen by one command, pinned by hash, taken back by another.

The choice stands in ``model.json`` beside the config. A chosen folder whose files changed is not loaded.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from monitor.errors import Invalid, SetupError

FILE = "model.json"
SHIPPED = "shipped"


@dataclass(frozen=True)
class Choice:
    """A shipped size by name (empty: the first), or a model folder and the revision it had when it was chosen.

    A size has no revision here: it may become better with the next release, and its manifest pins its files.
    """

    folder: str = ""
    revision: str = ""

    @property
    def words(self) -> str:
        return f"{self.folder or SHIPPED}" + (f" ({self.revision})" if self.revision else "")


def chosen(home: Path) -> tuple[Choice | None, Choice | None]:
    """Return the choice in force and the one before it; ``None`` where the config decides."""
    path = home / FILE
    if not path.exists():
        return None, None
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return _read(kept["now"]), _read(kept["before"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SetupError(f"{path} cannot be read: choose a model again with 'claimwatch model use'.") from error


def _read(kept: dict[str, str] | None) -> Choice | None:
    return Choice(**kept) if kept is not None else None


def choose(home: Path, choice: Choice | None) -> None:
    """Put ``choice`` in force; the present one can be taken back."""
    now, _ = chosen(home)
    _write(home, choice, now)


def back(home: Path) -> Choice | None:
    """Put the choice before this one in force again and return it; ``Invalid`` when nothing was ever chosen."""
    if not (home / FILE).exists():
        raise Invalid("No model was chosen here: the config decides.")
    now, before = chosen(home)
    _write(home, before, now)
    return before


def _write(home: Path, now: Choice | None, before: Choice | None) -> None:
    kept = {"now": asdict(now) if now else None, "before": asdict(before) if before else None}
    part = home / (FILE + ".part")
    try:
        part.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        part.replace(home / FILE)
    except OSError as error:
        raise SetupError(f"{home / FILE} cannot be written: {error.strerror}.") from error


def check(choice: Choice, revision: str) -> None:
    """Raise ``SetupError`` when the folder no longer holds what was chosen."""
    if choice.revision and revision != choice.revision:
        raise SetupError(
            f"The model in {choice.folder} is not the one that was chosen ({choice.revision}, now {revision}): "
            "go back with 'claimwatch model back', or choose it again."
        )
