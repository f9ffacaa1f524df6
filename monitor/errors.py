"""Every error this project raises on purpose.

Two facts decide what happens next: ``permanent`` (trying again cannot help) and ``retry_after`` (seconds the
other side asked us to wait). Errors are caught at four edges only: a source's run, a batch item, a job and a
web handler.
"""

from __future__ import annotations


class ClaimwatchError(Exception):
    """Base class. The message is one sentence for the person who can do something about it.

    ``outcome`` is the word counted and shown for the attempt that failed.
    """

    outcome = "failed"
    permanent = False

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class SettingsError(ClaimwatchError):
    """The configuration names a wrong key or value."""

    outcome = "bad_settings"
    permanent = True


class SetupError(ClaimwatchError):
    """The machine lacks something: a free port, a writable folder, the weights, a readable database."""

    outcome = "bad_setup"
    permanent = True


class SourceBusy(ClaimwatchError):
    """The source asked us to slow down, was slow itself or had a passing fault."""

    outcome = "source_busy"


class SourceGone(ClaimwatchError):
    """The source no longer exists or never allowed us in (404, 410, 401, 403). ``for_good``: it said so (410)."""

    outcome = "source_gone"
    permanent = True
    for_good = False


class PageChanged(ClaimwatchError):
    """The source answered with something of another shape than it used to."""

    outcome = "page_changed"


class FetchRefused(ClaimwatchError):
    """Our own rules forbid the request: a private address, a strange port, robots.txt."""

    outcome = "refused"
    permanent = True


class Unmappable(ClaimwatchError):
    """One raw item could not be turned into a post; it is kept for replay."""

    outcome = "unmapped"
    permanent = True


class NotDelivered(ClaimwatchError):
    """A mail or webhook call did not arrive. ``server`` is true when the mail server as a whole cannot be used."""

    outcome = "not_delivered"

    def __init__(self, message: str, *, permanent: bool = False, server: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.server = server


class NotAllowed(ClaimwatchError):
    """The person may not do this (role, second reader, not theirs)."""

    outcome = "not_allowed"
    permanent = True


class Conflict(ClaimwatchError):
    """Somebody else was first: a held story, a changed status, a stale form."""

    outcome = "conflict"


class Invalid(ClaimwatchError):
    """What a person or program sent is incomplete or wrong."""

    outcome = "invalid"
    permanent = True
