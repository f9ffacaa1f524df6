"""Settings: one commented TOML file, every value checked, unknown keys refused by name.

Order: built-in default, then the file, then ``CLAIMWATCH_<SECTION>_<KEY>`` in the environment. Secrets may also come
from a file named by ``..._FILE``.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from monitor.errors import SettingsError


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("a time zone name such as Asia/Ho_Chi_Minh") from error
    return name


Size = Literal["claimwatch-12", "claimwatch-6"]
"""The shipped models; ``classifiers.weights_files`` knows where they are."""


def _no_size(name: str) -> str:
    if name in get_args(Size):
        raise ValueError(f"a Hugging Face classifier; a shipped model is chosen by size = '{name}'")
    return name


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Team(_Section):
    """Who the desk is."""

    name: str = Field("Our desk", max_length=100, description="Name shown on pages and reports.")
    zone: Annotated[str, AfterValidator(_zone)] = Field("UTC", description="Time zone of the team's week.")
    language: Literal["en", "vi", "ar"] = Field("en", description="Language of reports and of new accounts.")


class DatabaseSettings(_Section):
    """Where everything is kept."""

    url: str = Field(
        "sqlite:///claimwatch.db", description="sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/DB."
    )


class Web(_Section):
    """The pages."""

    host: str = Field("127.0.0.1", description="Address to listen on; keep it local unless TLS stands in front.")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on.")
    secure_cookies: bool = Field(False, description="Set to true when the desk is served over HTTPS.")
    address: str = Field(
        "", max_length=500, description="Address at which people reach the desk; links in mails begin with it."
    )


class Mail(_Section):
    """How mail goes out. Without a host nothing is sent and nothing is lost: it waits."""

    host: str = Field("", max_length=255, description="Mail server (SMTP) that takes our mail; empty: none is sent.")
    port: int = Field(587, ge=1, le=65535, description="Its port.")
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="starttls (port 587), tls (port 465), or none for a server on this machine."
    )
    username: str = Field("", max_length=255, description="Name to log in with; empty: no login.")
    password: str = Field("", max_length=500, repr=False, description="Its password; better from a file or variable.")
    sender: str = Field("", max_length=320, description="Address our mail comes from.")


class Collecting(_Section):
    """How sources are visited."""

    contact: str = Field(
        "", max_length=200, description="Mail address or page put in our agent name; needed for public sources."
    )
    per_host_seconds: float = Field(1.0, ge=0, le=3600, description="Shortest time between two requests to one host.")
    parallel: int = Field(4, ge=1, le=64, description="Sources fetched at the same time.")
    allow_private: list[str] = Field(
        default_factory=list, description="host[:port] of own servers on private addresses."
    )


class Model(_Section):
    """The text model."""

    kind: str = Field("encoder", description="Kind of model: 'encoder' (the shipped one) or 'huggingface'.")
    size: Size = Field("claimwatch-12", description="Shipped model: of twelve layers, or of six for busy desks.")
    folder: str = Field("", description="Folder of other weights; empty means those of the size.")
    workers: int = Field(2, ge=1, le=64, description="Texts read at the same time, each on one core.")
    model: Annotated[str, AfterValidator(_no_size)] = Field(
        "", description="For 'huggingface': folder or hub id of a text classifier on this machine."
    )
    labels: dict[str, str] = Field(default_factory=dict, description="For 'huggingface': its label -> our label.")
    use: Literal["beside", "instead"] = Field("beside", description="For 'huggingface': with the shipped one or alone.")


class Triage(_Section):
    """What enters the queue."""

    batch: int = Field(32, ge=1, le=512, description="Posts scored at a time.")
    queue_from: float = Field(20.0, ge=0, le=100, description="Priority from which a flagged story is queued.")
    story_days: int = Field(30, ge=1, le=365, description="Days after which a story takes no new posts.")


class Review(_Section):
    """How people work."""

    lease_minutes: int = Field(15, ge=1, le=240, description="Minutes a story stays with the person who opened it.")
    session_hours: int = Field(12, ge=1, le=168, description="Hours after which a login ends.")
    idle_minutes: int = Field(60, ge=5, le=1440, description="Minutes without a click after which a login ends.")
    exposure_cap: int = Field(60, ge=0, le=10_000, description="Hard texts a day, then calm ones follow; 0: none.")
    second_reader: bool = Field(True, description="Whether some decisions are read by a second person.")
    second_harm: float = Field(3, ge=0, le=10, description="Harm from which an accusing verdict is read again.")
    second_share: float = Field(0.05, ge=0, le=1, description="Share of all other decisions that is read again.")
    audit_sample: int = Field(
        10, ge=0, le=500, description="Stories a week the machine left out that people look at all the same; 0: none."
    )


class Surges(_Section):
    """Early warning."""

    per_week: int = Field(
        15, ge=0, le=500, description="Alarms the team sees in a week at most, until changed on the page."
    )
    mail_to: list[str] = Field(default_factory=list, description="Addresses that get a mail for each shown alarm.")


class Summary(_Section):
    """The weekly summary."""

    hour: int = Field(
        7, ge=0, le=23, description="Hour on Monday, team time, from which last week's summary is written."
    )
    look_hours: int = Field(24, ge=1, le=720, description="Hours within which a queued story should be looked at.")
    decide_hours: int = Field(48, ge=1, le=720, description="Hours within which a story looked at should be decided.")


class Oidc(_Section):
    """Signing in through another service (OpenID Connect); needs the extra 'oidc'."""

    issuer: str = Field("", max_length=300, description="Address of the service; empty means off.")
    client_id: str = Field("", max_length=200, description="Name of this desk at the service.")
    client_secret: str = Field("", max_length=300, description="Secret between both.")
    redirect: str = Field("", max_length=300, description="This desk's own address + /login/oidc/back, as registered.")
    claim: str = Field("preferred_username", max_length=60, description="Claim that names the login here.")
    name: str = Field("", max_length=60, description="What the service is called on the login page.")


class Publishing(_Section):
    """The desk's own fact-checks."""

    organisation: str = Field("", max_length=200, description="Who publishes; empty means the team's name.")
    website: str = Field("", max_length=300, description="Web page of the organisation.")
    address: str = Field(
        "", max_length=300, description="Where the world finds the published pages; empty means on this desk itself."
    )
    folder: str = Field("public", min_length=1, description="Folder of the published pages.")
    second_person: bool = Field(False, description="Somebody who did not write on it has to publish.")


class Tips(_Section):
    """What people outside may send in: texts to look at, nothing about themselves."""

    form: bool = Field(False, description="Whether the public form /tip is open; it needs no account.")
    per_hour: int = Field(60, ge=1, le=100_000, description="Tips taken in an hour, the form and the webhook apart.")
    per_address: int = Field(5, ge=1, le=1000, description="Tips one address may send by the form in an hour.")
    secret: str = Field("", max_length=200, description="Secret that signs tips sent to /tip/webhook; empty: closed.")


class Keeping(_Section):
    """How long things are kept. Decisions, responses and the audit log stay."""

    raw_days: int = Field(30, ge=1, le=3650, description="Days raw items are kept.")
    post_days: int = Field(365, ge=1, le=3650, description="Days the text of posts is kept; counts stay.")
    kinds: dict[str, Annotated[int, Field(ge=1, le=3650)]] = Field(
        default_factory=lambda: {"youtube": 30}, description="Fewer days for kinds of source whose terms ask for it."
    )


class SourceSettings(_Section):
    """One source written in the file; it is created on start if no source has this name."""

    name: str = Field(max_length=200)
    kind: str = Field(max_length=40)
    every_minutes: float = Field(15, ge=0.1, le=10080)
    options: dict[str, Any] = Field(default_factory=dict)


class Settings(_Section):
    """Everything in ``claimwatch.toml``."""

    team: Team = Team()
    database: DatabaseSettings = DatabaseSettings()
    web: Web = Web()
    mail: Mail = Mail()
    collect: Collecting = Collecting()
    model: Model = Model()
    triage: Triage = Triage()
    review: Review = Review()
    surges: Surges = Surges()
    summary: Summary = Summary()
    publishing: Publishing = Publishing()
    oidc: Oidc = Oidc()
    keep: Keeping = Keeping()
    tips: Tips = Tips()
    source: list[SourceSettings] = Field(default_factory=list)


def load(path: Path | None, environ: dict[str, str] | None = None) -> Settings:
    """Read settings from ``path`` (may be absent) and the environment. Raises ``SettingsError`` in one sentence."""
    data = _read(path) if path is not None and path.exists() else {}
    _overlay(data, dict(os.environ) if environ is None else environ)
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        raise SettingsError(_sentence(error, path)) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}.") from error
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from error


def _overlay(data: dict[str, Any], environ: dict[str, str]) -> None:
    for section, field in Settings.model_fields.items():
        if section == "source" or not isinstance(field.annotation, type):
            continue
        for key in field.annotation.model_fields:
            value = _from_environment(f"CLAIMWATCH_{section}_{key}".upper(), environ)
            if value is not None:
                data.setdefault(section, {})[key] = _parts(value) if key in _PARTED else value


_PARTED = ("allow_private", "labels", "mail_to")
"""Keys with several values: written ``a,b`` or ``a=b,c=d`` in the environment."""


def _parts(value: str) -> list[str] | dict[str, str]:
    parts = [part.strip() for part in value.split(",") if part.strip()]
    pairs = [part.partition("=") for part in parts]
    return {key: word for key, _, word in pairs} if parts and all(found for _, found, _ in pairs) else parts


def _from_environment(name: str, environ: dict[str, str]) -> str | None:
    if name in environ:
        return environ[name]
    file = environ.get(f"{name}_FILE")
    if file is None:
        return None
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{name}_FILE names {file}, which cannot be read: {error.strerror}.") from error


def _sentence(error: ValidationError, path: Path | None) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    where = f" in {path}" if path is not None else ""
    if first["type"] == "extra_forbidden":
        parent = ".".join(str(part) for part in first["loc"][:-1])
        allowed = ", ".join(sorted(_fields_at(first["loc"][:-1])))
        place = f"in [{parent}]" if parent else "at the top"
        return f"Unknown key '{key}'{where}: {place} these are allowed: {allowed}."
    return f"'{key}' is {first['input']!r}{where}, but must be: {first['msg'].removeprefix('Value error, ')}."


def _fields_at(loc: tuple[int | str, ...]) -> list[str]:
    model: Any = Settings
    for part in loc:
        if isinstance(part, int):
            model = SourceSettings
        elif part != "source":
            model = model.model_fields[part].annotation
    return list(model.model_fields)
