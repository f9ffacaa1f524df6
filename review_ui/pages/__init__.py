"""One module per page. Handlers read the form, call one use-case or read, and render."""

from __future__ import annotations

from review_ui.pages import (
    audit,
    bulk,
    exports,
    factchecks,
    handing,
    health,
    help,
    letters,
    login,
    outside,
    programs,
    publications,
    queue,
    readings,
    recipients,
    reports,
    responses,
    search,
    settings,
    sources,
    steps,
    story,
    surges,
    thresholds,
    tip,
    weights,
)

ROUTERS = tuple(
    module.router
    for module in (
        login,
        queue,
        story,
        readings,
        handing,
        outside,
        steps,
        responses,
        bulk,
        search,
        surges,
        sources,
        factchecks,
        publications,
        reports,
        recipients,
        letters,
        settings,
        weights,
        programs,
        thresholds,
        exports,
        audit,
        help,
        health,
        tip,
    )
)
