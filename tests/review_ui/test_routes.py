"""Who may do what: every route is declared here, and a new one without a row fails.

``least`` is the lowest role that gets in; everybody below is turned away, and nothing changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Route

from monitor.commands.source_desk import SourceDesk
from monitor.context import Context
from monitor.store import pages
from monitor.vocabulary import ROLES
from monitor.wiring import App
from review_ui.app import create_app
from tests import builders
from tests.review_ui.browser import Browser

ANYONE = "anyone"


@dataclass(frozen=True)
class Rule:
    """One route: who gets in, an address to try it at, and what the answer is for those who may."""

    least: str
    path: str
    status: int = 200


RULES = {
    ("GET", "/login"): Rule(ANYONE, "/login"),
    ("POST", "/login"): Rule(ANYONE, "/login", 403),
    ("GET", "/login/oidc"): Rule(ANYONE, "/login/oidc", 404),
    ("GET", "/login/oidc/back"): Rule(ANYONE, "/login/oidc/back", 404),
    ("GET", "/healthz"): Rule(ANYONE, "/healthz"),
    ("GET", "/readyz"): Rule(ANYONE, "/readyz"),
    ("GET", "/reports.css"): Rule(ANYONE, "/reports.css"),
    ("GET", "/tip"): Rule(ANYONE, "/tip"),
    ("POST", "/tip"): Rule(ANYONE, "/tip", 422),
    ("POST", "/tip/webhook"): Rule(ANYONE, "/tip/webhook", 403),
    ("POST", "/logout"): Rule("viewer", "/logout", 303),
    ("GET", "/"): Rule("viewer", "/"),
    ("GET", "/queue/new"): Rule("viewer", "/queue/new?since=2026-11-18T09:00:00%2B00:00"),
    ("GET", "/stories/{story_id}"): Rule("viewer", "/stories/1"),
    ("POST", "/stories/{story_id}/claim"): Rule("analyst", "/stories/1/claim", 303),
    ("POST", "/stories/{story_id}/release"): Rule("analyst", "/stories/1/release", 409),
    ("POST", "/stories/{story_id}/take-over"): Rule("analyst", "/stories/1/take-over", 422),
    ("POST", "/stories/{story_id}/decide"): Rule("analyst", "/stories/1/decide", 422),
    ("POST", "/stories/{story_id}/responses"): Rule("analyst", "/stories/1/responses", 422),
    ("POST", "/stories/{story_id}/responses/again"): Rule("analyst", "/stories/1/responses/again", 422),
    ("POST", "/responses/{response_id}/follow-up"): Rule("analyst", "/responses/999/follow-up", 404),
    ("GET", "/due"): Rule("viewer", "/due"),
    ("GET", "/exports"): Rule("supervisor", "/exports"),
    ("POST", "/exports/{what}"): Rule("supervisor", "/exports/decisions"),
    ("POST", "/readings/{reading_id}"): Rule("analyst", "/readings/999", 404),
    ("POST", "/readings/{reading_id}/take"): Rule("analyst", "/readings/999/take", 404),
    ("POST", "/readings/{reading_id}/release"): Rule("analyst", "/readings/999/release", 404),
    ("POST", "/stories/{story_id}/open-all"): Rule("analyst", "/stories/1/open-all", 303),
    ("POST", "/matches/{match_id}"): Rule("analyst", "/matches/1", 422),
    ("POST", "/responses/{response_id}/outcome"): Rule("analyst", "/responses/999/outcome", 404),
    ("POST", "/undo"): Rule("analyst", "/undo", 422),
    ("POST", "/bulk"): Rule("analyst", "/bulk", 422),
    ("POST", "/bulk/decide"): Rule("analyst", "/bulk/decide", 422),
    ("GET", "/search"): Rule("viewer", "/search?q=dam"),
    ("GET", "/surges"): Rule("viewer", "/surges"),
    ("POST", "/surges/{alarm_id}/state"): Rule("analyst", "/surges/999/state", 404),
    ("POST", "/surges/budget"): Rule("supervisor", "/surges/budget", 422),
    ("GET", "/sources"): Rule("viewer", "/sources"),
    ("GET", "/sources/new"): Rule("supervisor", "/sources/new?kind=feed"),
    ("POST", "/sources/new"): Rule("supervisor", "/sources/new", 422),
    ("GET", "/sources/import"): Rule("supervisor", "/sources/import"),
    ("POST", "/sources/import"): Rule("supervisor", "/sources/import", 422),
    ("GET", "/sources/import/{key}"): Rule("supervisor", "/sources/import/0", 404),
    ("POST", "/sources/import/{key}"): Rule("supervisor", "/sources/import/0", 404),
    ("POST", "/sources/{source_id}/pause"): Rule("supervisor", "/sources/1/pause", 303),
    ("POST", "/sources/{source_id}/resume"): Rule("supervisor", "/sources/1/resume", 303),
    ("POST", "/sources/{source_id}/check"): Rule("supervisor", "/sources/1/check", 303),
    ("POST", "/sources/{source_id}/remove"): Rule("supervisor", "/sources/1/remove", 409),
    ("GET", "/factchecks"): Rule("viewer", "/factchecks"),
    ("GET", "/publications"): Rule("viewer", "/publications"),
    ("POST", "/stories/{story_id}/publication"): Rule("analyst", "/stories/999/publication", 404),
    ("GET", "/publications/{publication_id}"): Rule("viewer", "/publications/999", 404),
    ("POST", "/publications/{publication_id}"): Rule("analyst", "/publications/999", 404),
    ("GET", "/publications/{publication_id}/preview/{lang}"): Rule("viewer", "/publications/999/preview/en", 404),
    ("POST", "/publications/{publication_id}/publish"): Rule("analyst", "/publications/999/publish", 404),
    ("POST", "/publications/{publication_id}/withdraw"): Rule("analyst", "/publications/999/withdraw", 404),
    ("GET", "/reports"): Rule("viewer", "/reports"),
    ("GET", "/reports/public/{year}"): Rule("viewer", "/reports/public/2026"),
    ("GET", "/reports/public/{year}/{form}"): Rule("viewer", "/reports/public/2026/csv"),
    ("GET", "/reports/days"): Rule("viewer", "/reports/days?from=2026-11-01&to=2026-11-10", 303),
    ("GET", "/reports/{week}"): Rule("viewer", "/reports/2026-W46"),
    ("GET", "/reports/{week}/numbers/{number:path}"): Rule("viewer", "/reports/2026-W46/numbers/in.posts"),
    ("GET", "/reports/{week}/{form}"): Rule("viewer", "/reports/2026-W46/csv"),
    ("POST", "/stories/{story_id}/hold"): Rule("analyst", "/stories/1/hold", 409),
    ("POST", "/stories/{story_id}/assign"): Rule("analyst", "/stories/1/assign", 422),
    ("POST", "/stories/{story_id}/merge"): Rule("analyst", "/stories/1/merge", 422),
    ("POST", "/stories/{story_id}/split"): Rule("analyst", "/stories/1/split", 422),
    ("POST", "/stories/{story_id}/experts"): Rule("analyst", "/stories/1/experts", 422),
    ("POST", "/experts/{ask_id}/withdraw"): Rule("analyst", "/experts/999/withdraw", 404),
    ("GET", "/ask/{link}"): Rule(ANYONE, "/ask/1-2-3", 403),
    ("POST", "/ask/{link}"): Rule(ANYONE, "/ask/1-2-3", 403),
    ("POST", "/lenses"): Rule("viewer", "/lenses", 422),
    ("POST", "/lenses/{lens_id}/remove"): Rule("viewer", "/lenses/999/remove", 422),
    ("GET", "/settings/keys"): Rule("viewer", "/settings/keys"),
    ("POST", "/settings/keys"): Rule("viewer", "/settings/keys", 303),
    ("GET", "/settings/code"): Rule("viewer", "/settings/code"),
    ("POST", "/settings/code/on"): Rule("viewer", "/settings/code/on", 422),
    ("POST", "/settings/code/off"): Rule("viewer", "/settings/code/off", 422),
    ("GET", "/settings/sessions"): Rule("viewer", "/settings/sessions"),
    ("POST", "/settings/sessions/end"): Rule("viewer", "/settings/sessions/end", 422),
    ("POST", "/login/code"): Rule(ANYONE, "/login/code", 403),
    ("POST", "/settings/people/{person_id}/enable"): Rule("admin", "/settings/people/999/enable", 404),
    ("POST", "/settings/people/{person_id}/role"): Rule("admin", "/settings/people/999/role", 404),
    ("POST", "/settings/people/{person_id}/code-off"): Rule("admin", "/settings/people/999/code-off", 404),
    ("POST", "/stories/{story_id}/pass"): Rule("analyst", "/stories/1/pass", 422),
    ("POST", "/exposure"): Rule("viewer", "/exposure", 422),
    ("GET", "/stories/{story_id}/history"): Rule("viewer", "/stories/1/history"),
    ("GET", "/steps"): Rule("analyst", "/steps"),
    ("GET", "/weights"): Rule("supervisor", "/weights"),
    ("POST", "/weights"): Rule("supervisor", "/weights"),
    ("GET", "/reports/{week}/charts/{name}.svg"): Rule("viewer", "/reports/2026-W46/charts/flow.svg"),
    ("GET", "/r/{token}/charts/{name}.svg"): Rule(ANYONE, "/r/reader.2026-W46.1.1.forged/charts/flow.svg", 403),
    ("POST", "/reports/{week}/answers"): Rule("supervisor", "/reports/2026-W46/answers", 422),
    ("GET", "/recipients"): Rule("supervisor", "/recipients"),
    ("POST", "/recipients"): Rule("supervisor", "/recipients", 422),
    ("POST", "/recipients/{recipient_id}/{step}"): Rule("supervisor", "/recipients/999/pause", 404),
    ("GET", "/r/{token}"): Rule(ANYONE, "/r/reader.2026-W46.1.1.forged", 403),
    ("POST", "/r/{token}"): Rule(ANYONE, "/r/reader.2026-W46.1.1.forged", 403),
    ("GET", "/fetch/{token}"): Rule(ANYONE, "/fetch/fetch.2026-W46.1.1.forged", 403),
    ("GET", "/thresholds"): Rule("supervisor", "/thresholds"),
    ("POST", "/thresholds"): Rule("supervisor", "/thresholds", 422),
    ("POST", "/thresholds/reset"): Rule("supervisor", "/thresholds/reset", 303),
    ("GET", "/settings"): Rule("viewer", "/settings"),
    ("POST", "/settings/preferences"): Rule("viewer", "/settings/preferences", 422),
    ("GET", "/settings/password"): Rule("viewer", "/settings/password"),
    ("POST", "/settings/password"): Rule("viewer", "/settings/password", 422),
    ("POST", "/settings/people"): Rule("admin", "/settings/people", 422),
    ("POST", "/settings/people/{person_id}/password"): Rule("admin", "/settings/people/999/password", 404),
    ("POST", "/settings/people/{person_id}/disable"): Rule("admin", "/settings/people/999/disable", 404),
    ("POST", "/settings/mail/test"): Rule("admin", "/settings/mail/test", 422),
    ("GET", "/settings/programs"): Rule("viewer", "/settings/programs"),
    ("POST", "/settings/tokens"): Rule("viewer", "/settings/tokens", 422),
    ("POST", "/settings/tokens/{token_id}/revoke"): Rule("viewer", "/settings/tokens/999/revoke", 422),
    ("POST", "/settings/webhooks"): Rule("admin", "/settings/webhooks", 422),
    ("POST", "/settings/webhooks/{hook_id}/{deed}"): Rule("admin", "/settings/webhooks/999/test", 404),
    ("GET", "/audit"): Rule("supervisor", "/audit"),
    ("GET", "/help"): Rule("viewer", "/help"),
}
UNSAFE = [rule for rule in RULES if rule[0] == "POST"]
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "object-src 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}


@pytest.fixture(scope="module")
def desk(module_context: Context) -> FastAPI:
    source = builders.make_source(module_context)
    story = builders.make_story(module_context, source)
    builders.make_match(module_context, story, builders.make_fact_check(module_context))
    builders.make_report(module_context)
    for role in ROLES:
        builders.make_person(module_context, f"the-{role}", role)
    return create_app(module_context, SourceDesk(App(module_context)))


@pytest.fixture(scope="module")
def browsers(desk: FastAPI) -> dict[str, Browser]:
    found = {role: Browser(desk) for role in ROLES}
    for role, browser in found.items():
        assert browser.log_in(f"the-{role}").status == 200
    return found


def _routes(app: FastAPI) -> set[tuple[str, str]]:
    return {
        (method, str(found.path))
        for found in iter_route_contexts(app.routes)
        if isinstance(found.original_route, Route)
        for method in found.methods or ()
        if method != "HEAD"
    }


def _ask(browser: Browser, method: str, path: str, token: str = "", **headers: str) -> int:
    body = f"form_token={token}".encode() if method == "POST" else None
    kind = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    answer = browser.client.request(method, path, content=body, headers={**kind, **headers}, follow_redirects=False)
    return answer.status_code


def _token(browser: Browser) -> str:
    return str(browser.open("/help").one('input[name="form_token"]')["value"])


def test_every_route_is_declared(desk: FastAPI) -> None:
    assert _routes(desk) == set(RULES)


@pytest.mark.parametrize(("method", "route"), RULES)
def test_nobody_gets_in_without_a_login(desk: FastAPI, method: str, route: str) -> None:
    rule = RULES[method, route]
    status = _ask(Browser(desk), method, rule.path)
    assert status == (rule.status if rule.least == ANYONE else 303 if method == "GET" else 401)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("method", "route"), [rule for rule in RULES if rule != ("POST", "/logout")])
def test_each_role_gets_where_it_may(browsers: dict[str, Browser], method: str, route: str, role: str) -> None:
    rule = RULES[method, route]
    may = rule.least == ANYONE or ROLES.index(role) >= ROLES.index(rule.least)
    status = _ask(browsers[role], method, rule.path, _token(browsers[role]))
    if route == "/login" and method == "GET":
        assert status == 303, "those who are logged in are sent on"
    elif route == "/stories/{story_id}/claim" and may:
        assert status in (303, 409), "the first one holds it"
    elif route in ("/stories/{story_id}/release", "/stories/{story_id}/decide") and may:
        assert status in (303, 409, 422)
    else:
        assert status == (rule.status if may else 403)


@pytest.mark.parametrize(("method", "route"), UNSAFE)
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none", "Origin": "https://evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
    ids=lambda headers: "-".join(headers.values()),
)
def test_other_sites_cannot_send_forms(
    browsers: dict[str, Browser], method: str, route: str, headers: dict[str, str]
) -> None:
    path = RULES[method, route].path
    assert _ask(browsers["admin"], method, path, _token(browsers["admin"]), **headers) == 403


@pytest.mark.parametrize(("method", "route"), [rule for rule in UNSAFE if rule[1] != "/login"])
@pytest.mark.parametrize("token", ["", "0" * 32])
def test_a_form_needs_the_token_of_its_session(
    browsers: dict[str, Browser], module_context: Context, method: str, route: str, token: str
) -> None:
    with module_context.reading() as session:
        before = pages.events_page(session, None, 1)[0].seq
    path = RULES[method, route].path
    assert _ask(browsers["admin"], method, path, token) in (403, 422)
    with module_context.reading() as session:
        assert pages.events_page(session, None, 1)[0].seq == before


def test_the_own_pages_may_send_forms(browsers: dict[str, Browser]) -> None:
    browser = browsers["supervisor"]
    own = {"Sec-Fetch-Site": "same-origin", "Origin": "http://desk.test"}
    assert _ask(browser, "POST", "/sources/1/check", _token(browser), **own) == 303


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(browsers: dict[str, Browser], method: str) -> None:
    assert browsers["admin"].client.request(method, "/sources/1/pause").status_code == 405
    override = {"X-HTTP-Method-Override": "POST"}
    assert browsers["admin"].client.get("/sources/1/pause", headers=override).status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/", "/login", "/healthz", "/no-such-page", "/static/app.css", "/static/no-such.css", "/stories/999",
        "/stories/one", "/queue/new?since=2026-11-18T09:00:00%2B00:00", "/docs", "/openapi.json",
        "/reports/2026-W46/csv",
    ],
)  # fmt: skip
@pytest.mark.parametrize("role", [None, "admin"])
def test_every_answer_is_hardened(desk: FastAPI, browsers: dict[str, Browser], path: str, role: str | None) -> None:
    browser = browsers[role] if role else Browser(desk)
    answer = browser.client.get(path, follow_redirects=False)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    kept = path == "/static/app.css"
    assert ("no-store" in answer.headers["cache-control"]) is not kept
    if path in ("/docs", "/openapi.json", "/no-such-page"):
        assert answer.status_code == 404


def test_a_failing_page_is_hardened_and_says_little(module_context: Context) -> None:
    app = create_app(module_context)

    @app.get("/fails")
    def fails() -> None:
        raise RuntimeError("secret inner workings")

    answer = Browser(app).client.get("/fails")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


def test_large_bodies_are_refused(browsers: dict[str, Browser]) -> None:
    client = browsers["analyst"].client
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.post("/undo", content=b"note=" + b"x" * 400_000, headers=form).status_code == 413

    def pieces():  # type: ignore[no-untyped-def]
        for _ in range(40):
            yield b"x" * 10_000

    assert client.post("/undo", content=pieces(), headers=form).status_code >= 400


def test_extra_fields_give_no_rights(browsers: dict[str, Browser], module_context: Context) -> None:
    browser = browsers["viewer"]
    fields = {"form_token": _token(browser), "locale": "en", "keys": "true", "role": "admin", "person_id": "4"}
    assert browser.post("/settings/preferences", fields).status == 200
    assert browser.open("/audit").status == 403
