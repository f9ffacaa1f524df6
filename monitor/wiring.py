"""Where the rooms meet: settings become a database, a polite client, collectors, a model and the pages.

Only this module and the command line see all of them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from classifiers.language import detect
from classifiers.registry import load_model
from classifiers.weights_files import FIRST, folder_of
from collectors.base import Collector
from collectors.registry import KINDS, collector_class, shown_options
from monitor import __version__, choosing
from monitor.comparing import calibration
from monitor.comparing.vectors import Centre
from monitor.context import Context, load_key
from monitor.db import Database
from monitor.desk import thresholds
from monitor.errors import Invalid, SettingsError, SetupError
from monitor.events import SYSTEM
from monitor.grouping.memory import StoryMemory
from monitor.http import PoliteClient
from monitor.matching.library import Library
from monitor.network.watching import WatchedClient
from monitor.pipeline import TextModel, Tools
from monitor.settings import Settings, load
from monitor.sources.visiting import Visits

log = logging.getLogger("claimwatch")

CONFIG_NAME = "claimwatch.toml"


class App:
    """One running installation. The model is loaded on first need and shared by all threads."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._lock = threading.Lock()
        self._tools: Tools | None = None

    @cached_property
    def client(self) -> PoliteClient:
        """The one door to the network."""
        collect = self.context.settings.collect
        return PoliteClient(
            agent_name(collect.contact),
            allow_private=frozenset(collect.allow_private),
            per_host_gap=collect.per_host_seconds,
        )

    @cached_property
    def visits(self) -> Visits:
        """The visits to sources that are under way."""
        return Visits(self.context.settings.collect.parallel)

    def open_source(self, kind: str, options: Mapping[str, Any]) -> tuple[Collector, WatchedClient]:
        """Return a collector with checked options, and the client it may use for one visit."""
        return make_collector(kind, options), WatchedClient(self.client)

    def model(self) -> Any:
        """Return the text model, loading it once."""
        return self.tools().model

    def tools(self) -> Tools:
        """Return the machine's parts, loading the model once."""
        with self._lock:
            if self._tools is None:
                self._tools = self._assemble(load_text_model(self.context.settings, self.context.home))
            return self._tools

    def use_model(self, model: TextModel) -> None:
        """Use a model that was loaded before."""
        self._tools = self._assemble(model)

    def _assemble(self, model: TextModel) -> Tools:
        name = f"{model.model_id}@{model.revision}"
        if said := calibration.borrowed(name):
            log.warning(said)
        posts, fact_checks = Centre.of(model, "query"), Centre.of(model, "passage")
        with self.context.writing() as session:
            rules = getattr(model, "thresholds", {})
            thresholds.remember_model(session, self.context.desk(SYSTEM), name, rules)
        memory = StoryMemory(name, self.context.settings.triage.story_days, posts)
        return Tools(model, detect, Library(name, posts, fact_checks), memory)

    def tools_if_loaded(self) -> Tools | None:
        """Return the machine's parts if the model is loaded already."""
        return self._tools

    def close(self) -> None:
        """End visits to sources, and close connections to the network and the database."""
        if "visits" in self.__dict__:
            self.visits.close()
        if "client" in self.__dict__:
            self.client.close()
        self.context.db.close()


def agent_name(contact: str) -> str:
    """Return how we name ourselves to public servers (RFC 9110, User-Agent), with a way to reach the desk."""
    return f"claimwatch/{__version__} (+{contact.strip()})" if contact.strip() else f"claimwatch/{__version__}"


def make_collector(kind: str, options: Mapping[str, Any]) -> Collector:
    """Return a collector of ``kind``; ``Invalid`` in one sentence when kind or options are wrong."""
    if kind not in KINDS:
        raise Invalid(f"There is no kind of source named '{kind}': choose one of {', '.join(sorted(KINDS))}.")
    found = collector_class(kind)
    try:
        return found(found.options_type.model_validate(dict(options)))
    except ValidationError as error:
        problems = error.errors()
        # A misspelt key also makes the right one "missing": the misspelling is what helps.
        first = next((problem for problem in problems if problem["type"] == "extra_forbidden"), problems[0])
        key = ".".join(str(part) for part in first["loc"]) or "options"
        allowed = ", ".join(sorted(found.options_type.model_fields))
        raise Invalid(
            f"Option '{key}' of a {kind} source is wrong: {first['msg']}; allowed options: {allowed}."
        ) from error


def check_source(kind: str, options: Mapping[str, Any]) -> Mapping[str, Any]:
    """Raise ``Invalid`` when kind or options of a source are wrong; return the options without their secrets."""
    make_collector(kind, options)
    return shown_options(kind, options)


def load_text_model(settings: Settings, home: Path | None = None) -> TextModel:
    """Load the configured model, or the one chosen for the installation in ``home`` by 'claimwatch model use'.

    ``SetupError`` in one sentence when weights are missing or changed.
    """
    choice = choosing.chosen(home)[0] if home is not None else None
    if choice is not None:
        found = load_model("encoder", folder_of(choice.folder or FIRST), settings.model.workers)
        choosing.check(choice, found.revision)
        return found
    chosen = settings.model
    folder = folder_of(chosen.folder or chosen.size)
    options = {"model": chosen.model, "labels": chosen.labels, "use": chosen.use} if chosen.kind != "encoder" else {}
    try:
        model: TextModel = load_model(chosen.kind, folder, chosen.workers, **options)
    except KeyError as error:
        raise SettingsError(f"model.kind is '{settings.model.kind}', which is not a known kind of model.") from error
    return model


def load_named(name: str, settings: Settings | None = None) -> TextModel:
    """Load a shipped size or a model folder by ``name`` (empty: as the settings say), the rest as set."""
    settings = settings or Settings()
    model = settings.model.model_copy(update={"folder": name} if name else {})
    return load_text_model(settings.model_copy(update={"model": model}))


def open_app(config: Path | None = None, *, create: bool = False) -> App:
    """Open the installation whose config is ``config`` (default: claimwatch.toml in this folder)."""
    path = (config or Path(CONFIG_NAME)).resolve()
    if not path.exists() and not create:
        raise SetupError(
            f"There is no {path.name} in {path.parent}: run 'claimwatch init' first, or name it by --config."
        )
    settings = load(path)
    home = path.parent
    database = Database(database_url(settings.database.url, home))
    return App(Context(settings, home, database, load_key(home, create=create)))


def database_url(url: str, home: Path) -> str:
    """Return ``url`` with a relative SQLite file placed in the installation's folder."""
    prefix = "sqlite:///"
    if not url.startswith(prefix) or url in (prefix, prefix + ":memory:"):
        return url
    return prefix + str((home / url.removeprefix(prefix)).resolve())
