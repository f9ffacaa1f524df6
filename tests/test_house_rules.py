"""The rooms and their doors: who may import whom, how long things may be. Read from the code itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("monitor", "collectors", "classifiers", "review_ui")
SHARED = {"monitor", "monitor.records", "monitor.errors", "monitor.text"}
MAX_LINES = 300
MAX_FUNCTION = 60
NETWORK = {
    "httpx",
    "httpcore",
    "requests",
    "aiohttp",
    "urllib.request",
    "http.client",
    "websockets",
    "socket",
    "smtplib",
}


def _files(room: str) -> list[Path]:
    return sorted(path for path in (ROOT / room).rglob("*.py") if "migrations/versions" not in path.as_posix())


def _name(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")


def _imports(path: Path) -> Iterator[tuple[str, int]]:
    """Yield (module, line) for every import, also those inside functions; type-checking ones are left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def _sees_all(module: str) -> bool:
    return module in ("monitor.wiring", "monitor.cli") or module.startswith("monitor.commands")


def _breaches(room: str, allowed_rooms: set[str], shared_only: bool) -> list[str]:
    found = []
    for path in _files(room):
        if _sees_all(_name(path)):
            continue
        for module, line in _imports(path):
            other = module.split(".")[0]
            if other not in ROOMS or other == room:
                continue
            part = ".".join(module.split(".")[:2])
            if other not in allowed_rooms or (shared_only and part not in SHARED):
                found.append(f"{path.relative_to(ROOT)}:{line} imports {module}")
    return found


def test_collectors_see_records_errors_and_text_only() -> None:
    assert _breaches("collectors", {"monitor"}, shared_only=True) == []


def test_classifiers_see_records_errors_and_text_only() -> None:
    assert _breaches("classifiers", {"monitor"}, shared_only=True) == []


def test_the_core_sees_no_collector_no_model_no_page() -> None:
    assert _breaches("monitor", set(), shared_only=False) == []


def test_pages_see_the_core_only() -> None:
    assert _breaches("review_ui", {"monitor"}, shared_only=False) == []


def test_pages_never_see_the_machine() -> None:
    machine = (
        "monitor.pipeline",
        "monitor.http",
        "monitor.sources.collecting",
        "monitor.wiring",
        "monitor.grouping.stories",
    )
    found = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in _files("review_ui")
        for module, line in _imports(path)
        if module.startswith(machine)
    ]
    assert found == []


def test_one_door_to_the_network() -> None:
    doors = {
        "monitor/http.py",
        "monitor/network/answers.py",
        "monitor/network/addresses.py",
        "monitor/network/websocket.py",
        "monitor/sending/mail.py",
        "monitor/commands/serving.py",
    }
    found = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for room in ROOMS
        for path in _files(room)
        if path.relative_to(ROOT).as_posix() not in doors
        for module, line in _imports(path)
        if any(module == name or module.startswith(name + ".") for name in NETWORK)
    ]
    assert found == []


def test_models_and_collectors_never_see_the_database() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for room in ("collectors", "classifiers")
        for path in _files(room)
        for module, line in _imports(path)
        if module.split(".")[0] in ("sqlalchemy", "sqlmodel", "sqlite3", "pysqlite3", "psycopg")
    ]
    assert found == []


def test_the_runtime_never_needs_torch() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for room in ROOMS
        for path in _files(room)
        if not path.relative_to(ROOT).as_posix().startswith("classifiers/train/")
        and path.relative_to(ROOT).as_posix() != "classifiers/huggingface.py"
        for module, line in _imports(path)
        if module.split(".")[0] == "torch"
    ]
    assert found == []


@pytest.mark.parametrize("room", ROOMS)
def test_modules_are_small(room: str) -> None:
    long = {}
    for path in _files(room):
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        is_data = path.name.endswith(("_text.py", "_words.py", "_lexicon.py"))
        if len(lines) > MAX_LINES and not is_data and path.name != "models.py":
            long[path.relative_to(ROOT).as_posix()] = len(lines)
    assert long == {}


@pytest.mark.parametrize("room", ROOMS)
def test_functions_are_small(room: str) -> None:
    long = []
    for path in _files(room):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > MAX_FUNCTION:
                    long.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name} has {length} lines")
    assert long == []


@pytest.mark.parametrize("room", ROOMS)
def test_every_module_says_what_it_is(room: str) -> None:
    silent = [
        path.relative_to(ROOT).as_posix()
        for path in _files(room)
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_sql_lives_in_the_stores() -> None:
    """Queries of pages would be untestable and slow in ways nobody sees."""
    found = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in _files("review_ui")
        for module, line in _imports(path)
        if (module.startswith("sqlalchemy") and not module.startswith("sqlalchemy.exc"))
        or module in ("sqlmodel.select", "sqlmodel.col")
    ]
    assert found == []


def test_nothing_is_swallowed_in_silence() -> None:
    found = []
    for room in ROOMS:
        for path in _files(room):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ExceptHandler) and node.type is None:
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno} catches everything")
                elif isinstance(node, ast.ExceptHandler) and isinstance(node.body[0], ast.Pass):
                    kind = ast.unparse(node.type) if node.type else ""
                    if kind in ("Exception", "BaseException"):
                        found.append(f"{path.relative_to(ROOT)}:{node.lineno} swallows {kind}")
    assert found == []


def test_no_category_for_opinion_exists() -> None:
    """Opinion, criticism, satire and protest are never a label, a flag or a reason to be queued."""
    from monitor.ranking.priority import DEFAULT_WEIGHTS, HARM_FLAGS
    from monitor.records import LABELS

    words = re.compile("opinion|critic|satir|protest|politic|govern|party|stance", re.IGNORECASE)
    assert [name for name in {*LABELS, *DEFAULT_WEIGHTS, *HARM_FLAGS} if words.search(name)] == []


def test_no_table_describes_a_person_who_posts() -> None:
    """Authors exist as a keyed pseudonym on a post; there is no table, name or count about them."""
    from sqlmodel import SQLModel

    import monitor.models

    assert monitor.models
    columns = {f"{table.name}.{column.name}" for table in SQLModel.metadata.tables.values() for column in table.columns}
    assert {name for name in columns if "author" in name} == {
        "post.author_key",
        "story.author_count",
        "alarm.authors",
    }
    assert not [table for table in SQLModel.metadata.tables if "author" in table or "profile" in table]


def test_lists_go_on_after_a_key_never_after_a_number_of_rows() -> None:
    """OFFSET reads what it skips: at a million posts a late page takes a hundred times as long as the first."""
    found = [
        path.relative_to(ROOT).as_posix()
        for room in ("monitor", "review_ui")
        for path in _files(room)
        if re.search(r"\.offset\(|\bOFFSET\b", path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_folders_of_the_core_import_each_other_one_way() -> None:
    arrows: dict[str, set[str]] = {}
    for path in _files("monitor"):
        here = path.relative_to(ROOT / "monitor").parts
        if len(here) < 2 or here[0] == "commands":
            continue
        for module, _ in _imports(path):
            room, *there = module.split(".")
            if room == "monitor" and there and there[0] != here[0] and (ROOT / "monitor" / there[0]).is_dir():
                arrows.setdefault(here[0], set()).add(there[0])
    assert {"grouping", "desk"} <= arrows.keys()
    TopologicalSorter(arrows).prepare()  # raises CycleError, which names the ring
