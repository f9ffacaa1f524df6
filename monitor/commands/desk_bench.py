"""``claimwatch bench desk``: twenty analysts at a desk with very many posts, while more arrive.

Each analyst opens the queue (every third time under a lens), a story, decides it and searches, one request every 1.5
seconds: ten decisions a minute, more than the eight that people reach on known answers.

Three processes: the pages, the arrivals (50 posts a second are stored and counted; the model does not run), and the
analysts, who ask over HTTP as browsers do. Where Chromium and Playwright are installed, a real browser measures from
the key press to the visible result, while the others work.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from collectors.samples import sample_texts
from monitor.accounts import people
from monitor.commands.serving import listening
from monitor.context import Context, load_key
from monitor.db import Database
from monitor.errors import ClaimwatchError
from monitor.http import PoliteClient
from monitor.models import Person
from monitor.settings import Settings
from monitor.simulation import desk_rows
from monitor.store import people as people_store
from review_ui.app import create_app

ARRIVING = 50
"""Posts a second."""
THINK_SECONDS = 3.0
LANGUAGES = ("vi", "ar")
WORDS = ("dam", "water", "nước", "السد", "hospital vaccine", "free money", "river flood", "đập vỡ")

Times = dict[str, list[float]]


def bench_desk(posts: int = 20_000, seconds: float = 30, keep: Path | None = None) -> dict[str, Any]:
    """Return percentiles in milliseconds per kind of request, and how many failed.

    The database is made in ``keep`` and used again by the next run, else in a folder that goes with the run.
    """
    with tempfile.TemporaryDirectory(prefix="claimwatch-bench-") as folder:
        home = keep or Path(folder)
        home.mkdir(parents=True, exist_ok=True)
        context = _open(home)
        context.db.upgrade()
        found: dict[str, Any] = {}
        if not _count(context.db):
            texts, langs = sample_texts()
            begun = time.perf_counter()
            desk_rows.fill(context, posts, texts, langs)
            found["fill_seconds"] = round(time.perf_counter() - begun, 1)
        posts = _count(context.db)
        found["posts"] = posts
        found["database_mib"] = round((home / "claimwatch.db").stat().st_size / 2**20)
        with _child("pages", home) as (port, pages), _child("arrivals", home) as (_, arrivals):
            before = _cpu_seconds(pages.pid)
            found |= _measure(context, port, seconds)
            arrivals.terminate()
            # What the pages cost by themselves: on a busy machine the times above tell more of the others.
            spent = 1000 * (_cpu_seconds(pages.pid) - before)
            found["server_cpu_ms_per_request"] = round(spent / max(1, found["requests"]), 1)
            found["posts_arrived_per_second"] = round((_count(context.db) - posts) / found["seconds"], 1)
        context.db.close()
        return found


def _open(home: Path) -> Context:
    return Context(Settings(), home, Database(f"sqlite:///{home / 'claimwatch.db'}"), load_key(home, create=True))


def _count(database: Database) -> int:
    with database.engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT max(id) FROM post").scalar_one() or 0)


def _cpu_seconds(pid: int) -> float:
    """Return the processor time a process has used, or 0 where the system does not tell (not Linux)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _child(what: str, home: Path) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "monitor.commands.desk_bench", what, str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            yield int(child.stdout.readline() or 0), child
        finally:
            child.terminate()
            child.wait(timeout=30)


def _measure(context: Context, port: int, seconds: float) -> dict[str, Any]:
    base = f"http://127.0.0.1:{port}"
    cookies = _log_in(context)
    times: Times = defaultdict(list)
    errors: list[str] = []
    stop = threading.Event()
    staff = [
        threading.Thread(target=_work, args=(base, cookie, number, times, errors, stop))
        for number, cookie in enumerate(cookies)
    ]
    begun = time.perf_counter()
    for thread in staff:
        thread.start()
    try:
        keys = _press_keys(base, cookies[0], seconds)
        stop.wait(max(0.0, seconds - (time.perf_counter() - begun)))
    finally:
        stop.set()
        for thread in staff:
            thread.join()
    spent = time.perf_counter() - begun
    calls = sum(map(len, times.values()))
    times |= keys
    shown = {name: _percentiles(values) for name, values in sorted(times.items()) if values}
    load = [round(each, 1) for each in os.getloadavg()]
    return {
        "seconds": round(spent, 1), "requests": calls, "errors": len(errors), "first_error": "".join(errors[:1]),
        "load_average": load, **shown,
    }  # fmt: skip


def _percentiles(values: list[float]) -> str:
    ordered = sorted(values)

    def at(share: float) -> float:
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000

    return f"p50 {at(0.5):.0f} ms, p95 {at(0.95):.0f} ms, p99 {at(0.99):.0f} ms ({len(ordered)})"


def _log_in(context: Context) -> list[str]:
    """Open a session for each analyst, without the pages: the login is slow on purpose."""
    with context.writing() as session:
        staff = people_store.everyone(session)
        return [_session(session, context, person) for person in staff]


def _session(session: Any, context: Context, person: Person) -> str:
    _, token = people.log_in(
        session, context.key, context.clock(), login=person.login, right=True, address="bench", hours=12
    )
    return f"claimwatch={token}"


def _work(
    base: str, cookie: str, number: int, times: Times, errors: list[str], stop: threading.Event
) -> None:  # pragma: no cover - a thread
    """Look at the queue, open a story, decide it, search; then again."""
    client = PoliteClient("claimwatch-bench", allow_private=[base.removeprefix("http://")], per_host_gap=0,
                          per_host_parallel=64)  # fmt: skip
    token = people.form_token(cookie.partition("=")[2])
    stop.wait(number * THINK_SECONDS / desk_rows.ANALYSTS)
    turn = number
    while not stop.is_set():
        turn += 1
        kind, path = ("lens", f"/?lang={LANGUAGES[turn % 2]}&label=harmful") if turn % 3 == 0 else ("queue", "/")
        story = _ask(client, base, cookie, kind, path, times, errors).partition('id="story-')[2]
        story = [part.split('"')[0] for part in story.split('id="story-')][number % 40 if story else 0]
        stop.wait(THINK_SECONDS / 2)
        page = _ask(client, base, cookie, "story", f"/stories/{story}", times, errors)
        version = page.partition('name="version" value="')[2].split('"')[0]
        stop.wait(THINK_SECONDS / 2)
        form = {"form_token": token, "triage": "watch", "version": version, "then": "row"}
        _ask(client, base, cookie, "decide", f"/stories/{story}/decide", times, errors, form)
        stop.wait(THINK_SECONDS / 2)
        _ask(client, base, cookie, "search", "/search?q=" + WORDS[turn % len(WORDS)].replace(" ", "+"), times, errors)
        stop.wait(THINK_SECONDS / 2)
    client.close()


def _ask(
    client: PoliteClient, base: str, cookie: str, kind: str, path: str, times: Times, errors: list[str],
    form: dict[str, str] | None = None,
) -> str:  # fmt: skip
    headers = {"Cookie": cookie, "HX-Request": "true" if form else "false"}
    begun = time.perf_counter()
    try:
        if form is None:
            answer = client.get(base + path, headers=headers)
        else:  # somebody else may be quicker: that is an answer too
            answer = client.post(base + path, headers=headers, form=form, accept=(409,))
    except ClaimwatchError as error:
        errors.append(f"{kind} {path}: {error}")
        return ""
    times[kind].append(time.perf_counter() - begun)
    return answer.body.decode()


def _press_keys(base: str, cookie: str, seconds: float) -> Times:
    """Return seconds from key press to visible result in a real browser; nothing when none is installed."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return {}
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    arguments = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    name, _, value = cookie.partition("=")
    until = time.perf_counter() + seconds
    found: Times = {"key_move": [], "key_decide": []}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        visitor = browser.new_context(bypass_csp=True)  # waiting for a result is done by a script of ours
        visitor.add_cookies([{"name": name, "value": value, "url": base}])
        page = visitor.new_page()
        while time.perf_counter() < until:
            page.goto(base)
            page.evaluate(_WATCH)
            for key in "jwjwjwjwjw":
                page.keyboard.press(key)
                page.wait_for_function("window.benchDone", timeout=30_000)
                found["key_move" if key == "j" else "key_decide"].append(page.evaluate("window.benchDone") / 1000)
                page.evaluate("window.benchDone = 0")
                page.wait_for_timeout(200)
        browser.close()
    return found


_WATCH = """() => {
  let pressed = 0;
  window.benchDone = 0;
  const done = () => requestAnimationFrame(() => {
    if (pressed) window.benchDone = performance.now() - pressed;
    pressed = 0;
  });
  document.addEventListener("keydown", () => { pressed = performance.now(); }, true);
  const what = { subtree: true, childList: true, attributes: true, attributeFilter: ["class"] };
  new MutationObserver((changes) => {
    if (changes.some((one) => one.type === "childList" || one.target.matches?.(".row"))) done();
  }).observe(document.getElementById("main"), what);
}"""


def _pages(home: Path) -> None:
    context = _open(home)
    with listening("127.0.0.1", 0) as listener:
        print(listener.getsockname()[1], flush=True)
        server = uvicorn.Server(uvicorn.Config(create_app(context), log_level="error", ws="none", lifespan="off"))
        server.run(sockets=[listener])


def _arrivals(home: Path) -> None:
    context = _open(home)
    texts, _ = sample_texts()
    known = _count(context.db)  # a database that was kept has those of earlier runs
    print(0, flush=True)
    come, begun = 0, time.monotonic()
    while True:
        desk_rows.arrive(context.db, context.clock(), known + come + 1, ARRIVING, texts)
        come += ARRIVING
        time.sleep(max(0.0, begun + come / ARRIVING - time.monotonic()))


if __name__ == "__main__":
    {"pages": _pages, "arrivals": _arrivals}[sys.argv[1]](Path(sys.argv[2]))
