"""Documentation that can not lie: what exists stands in it, and what stands in it exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from collectors.registry import KINDS
from monitor.cli import app
from monitor.jobs import JOBS
from monitor.records import LABELS
from monitor.settings import Settings

ROOT = Path(__file__).parent.parent
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "collectors/README.md",
]


def _text(*names: str) -> str:
    return "\n".join((ROOT / name).read_text(encoding="utf-8") for name in names)


def test_every_command_is_named() -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    assert [name for name in commands if f"`{name}`" not in _text("docs/operating.md")] == []


def test_every_named_command_exists() -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    text = _text("README.md", "docs/operating.md", "collectors/README.md")
    named = {
        one or other for one, other in re.findall(r"`claimwatch ([a-z]+)|^claimwatch ([a-z]+)", text, re.MULTILINE)
    }
    assert len(named) > 8
    assert named <= set(commands)


def test_the_list_of_commands_names_nothing_that_is_not_there() -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    listed = re.findall(r"`([a-z]+)`", _text("docs/operating.md").split("## All commands")[1])
    assert set(listed) == set(commands)


def test_every_job_is_described_with_its_interval() -> None:
    shown = dict(re.findall(r"^\| `(\w+)` \| (\d+ \w+) \|", _text("docs/operating.md"), re.MULTILINE))
    units = {"s": 1, "min": 60, "h": 3600}
    seconds = {job: int(text.split()[0]) * units[text.split()[1]] for job, text in shown.items()}
    assert seconds == {job.id: job.every_seconds for job in JOBS}


def test_every_kind_of_source_is_described() -> None:
    assert [kind for kind in KINDS if f"`{kind}`" not in _text("collectors/README.md")] == []


def test_every_label_is_explained() -> None:
    assert [label for label in LABELS if f"| {label} |" not in _text("classifiers/README.md")] == []


def test_retention_figures_are_the_defaults() -> None:
    text = _text("docs/operating.md")
    assert f"{Settings().keep.raw_days} days | `keep.raw_days`" in text
    assert f"{Settings().keep.post_days} days | `keep.post_days`" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_inside_the_repository_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_readme_opens_with_the_two_commands() -> None:
    opening = _text("README.md")[:1500]
    assert "make run" in opening
    assert "make test" in opening
