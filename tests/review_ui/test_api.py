"""The JSON interface: the use-cases and checks of the pages, one shape of errors, keys with scopes, all in the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jsonschema
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from monitor.accounts import people, tokens
from monitor.context import Context
from monitor.models import Alarm, ApiToken, Event, Person, Source, Story, Webhook
from monitor.store import outbox
from monitor.vocabulary import ROLES, may
from review_ui.api import callers
from review_ui.app import create_app
from tests import builders
from tests.conftest import Clock
from tests.review_ui.browser import HOME, Browser
from tests.review_ui.conftest import Someone
from tests.review_ui.test_routes import HEADERS

EVIDENCE = ["https://water.example/report"]
ERROR = {
    "type": "object",
    "required": ["error"],
    "additionalProperties": False,
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "additionalProperties": False,
            "properties": {"code": {"pattern": "^[a-z_]+$"}, "message": {"type": "string", "pattern": r"^.+\S$"}},
        }
    },
}


@dataclass
class Program:
    """A program with a key."""

    client: TestClient
    secret: str

    def ask(self, method: str, path: str, body: Any = None, status: int | None = None) -> Any:
        answer = self.client.request(
            method, f"/api/v1{path}", json=body, headers={"Authorization": f"Bearer {self.secret}"}
        )
        if status is not None:
            assert answer.status_code == status, answer.text
        if answer.status_code >= 400:
            jsonschema.validate(answer.json(), ERROR)
        return answer.json()

    def status(self, method: str, path: str, body: Any = None) -> int:
        answer = self.client.request(
            method, f"/api/v1{path}", json=body, headers={"Authorization": f"Bearer {self.secret}"}
        )
        return answer.status_code


def key_for(context: Context, person: Person, *scopes: str, days: int = 30) -> tuple[int, str]:
    with context.writing() as session:
        token, secret = tokens.make(
            session, context.desk(people.actor(person)), name="A program", scopes=scopes or ["read"], days=days
        )
        return token.id or 0, secret


def program(app: FastAPI, context: Context, login: str, *scopes: str, role: str = "analyst") -> Program:
    _, secret = key_for(context, builders.make_person(context, login, role), *scopes)
    return Program(TestClient(app, base_url=HOME, raise_server_exceptions=False), secret)


@pytest.fixture
def ann(app: FastAPI, context: Context) -> Program:
    return program(app, context, "ann", "read", "review", "publish")


@pytest.fixture
def bob(app: FastAPI, context: Context) -> Program:
    return program(app, context, "bob", "read", "review")


def test_a_story_from_queue_to_published_fact_check(
    ann: Program, bob: Program, context: Context, app: FastAPI, story: Story
) -> None:
    builders.make_match(context, story, builders.make_fact_check(context))
    queue = ann.ask("GET", "/queue", status=200)
    assert [item["id"] for item in queue["items"]] == [1]
    assert ann.ask("POST", "/stories/1/decide", {"triage": "watch", "version": 1}, 409)["error"]["code"] == "conflict"
    held = ann.ask("POST", "/stories/1/claim", status=200)
    assert held["held_by"] == "R01"
    assert "held by R01" in bob.ask("POST", "/stories/1/claim", status=409)["error"]["message"]
    bob.ask("POST", "/stories/1/decide", {"triage": "watch", "version": held["version"]}, 409)
    decision = {"triage": "check", "verdict": "false", "version": held["version"]}
    assert "at least one link" in ann.ask("POST", "/stories/1/decide", decision, 422)["error"]["message"]
    match = ann.ask("POST", "/matches/1", {"right": True}, 200)["matches"][0]
    assert (match["state"], match["fact_check"]["verdict"]) == ("confirmed", "false")
    decided = ann.ask("POST", "/stories/1/decide", {**decision, "evidence": EVIDENCE}, 200)
    assert (decided["verdict"], decided["decisions"][0]["by"]) == ("false", "R01")
    made = ann.ask("POST", "/publications", {"story_id": 1}, 201)
    text = {"claim": "The Tarn Dam burst.", "title": "No, the dam stands", "explanation": "It stands."}
    saved = ann.ask("PUT", "/publications/1", {"version": made["version"], "verdict": "false",
                    "evidence": EVIDENCE, "texts": {"en": text, "ar": text}}, 200)  # fmt: skip
    assert saved["problems"] == []
    shown = ann.ask("POST", "/publications/1/publish", {"version": saved["version"]}, 200)
    address = shown["addresses"]["ar"].removeprefix("http://127.0.0.1:8000")
    assert Browser(app).open(address).status == 200
    ann.ask("POST", "/publications/1/withdraw", {"version": shown["version"], "notes": {"en": "Wrong."}}, 200)
    assert len(ann.ask("GET", "/stories/1", status=200)["responses"]) == 2


def test_responses_outcomes_follow_ups_and_undo(ann: Program, story: Story, clock: Clock) -> None:
    made = ann.ask("POST", "/stories/1/responses", {"action": "prebunk", "follow_up_at": "2026-11-19T08:00:00Z"}, 201)
    assert made["by"] == "R01"
    wrong = ann.ask("POST", "/stories/1/responses", {"action": "platform_reported", "link": "https://x.example"}, 422)
    assert "names the rule" in wrong["error"]["message"]
    assert ann.ask("GET", "/responses/due", status=200)["items"] == []
    clock.forward(days=1)
    assert [item["id"] for item in ann.ask("GET", "/responses/due", status=200)["items"]] == [made["id"]]
    ann.ask("POST", "/responses/1/follow-up", {"follow_up_at": "2026-11-30T08:00:00Z"}, 200)
    assert ann.ask("GET", "/responses/due", status=200)["items"] == []
    assert ann.ask("POST", "/responses/1/outcome", {"outcome": "acknowledged"}, 200)["outcome"] == "acknowledged"
    assert ann.ask("POST", "/undo", status=200) == {"kind": "response", "story_id": 1}
    assert "nothing left" in ann.ask("POST", "/undo", status=422)["error"]["message"]


def test_stories_are_merged_and_split(ann: Program, context: Context, source: Source) -> None:
    for text in ("The dam burst", "The dam has burst"):
        builders.make_story(context, source, [text, f"{text}!"])
    merged = ann.ask("POST", "/stories/2/merge", {"into": 1, "reason": "the same claim"}, 200)
    assert (merged["id"], merged["post_count"]) == (1, 4)
    assert ann.ask("GET", "/stories/2", status=200)["merged_into"] == 1
    posts = ann.ask("GET", "/stories/1/posts?limit=3", status=200)
    assert (len(posts["items"]), posts["next"]) == (3, str(posts["items"][-1]["id"]))
    rest = ann.ask("GET", f"/stories/1/posts?limit=3&after={posts['next']}", status=200)
    assert (len(rest["items"]), rest["next"]) == (1, None)
    split = ann.ask("POST", "/stories/1/split", {"posts": [rest["items"][0]["id"]], "reason": "another claim"}, 201)
    assert split["post_count"] == 2, "with its copy"


def test_lists_are_paged_by_keyset(ann: Program, context: Context, source: Source) -> None:
    for number in range(7):
        builders.make_story(context, source, [f"Dam number {number}"], priority=50.0 if number % 2 else 50.5)
        builders.make_fact_check(context, f"Dam number {number}")
    for path in ("/queue?", "/search?q=dam&", "/search?q=dam&kind=fact_check&", "/factchecks?", "/factchecks?q=dam&"):
        seen: list[Any] = []
        after = ""
        while True:
            page = ann.ask("GET", f"{path}limit=3{after}", status=200)
            seen += [item.get("id") or (item["story"] or item["fact_check"])["id"] for item in page["items"]]
            if page["next"] is None:
                break
            after = f"&after={page['next']}"
        assert len(seen) == len(set(seen)) == 7, path
    assert "next" in ann.ask("GET", "/queue?after=x", status=422)["error"]["message"]


def test_every_lens_of_the_queue_is_there(ann: Program, context: Context, source: Source) -> None:
    builders.make_story(context, source, ["Asked about"], request_count=2, lang="ar", flags=["scam"])
    builders.make_story(context, source, ["Nobody asked"])
    for lens in ("tips=true", "lang=ar", "label=scam", "mine=true", "escalated=true", "reader=true", "alarm=true",
                 "source=1", "platform=mastodon", "status=all", "age=new"):  # fmt: skip
        found = [item["id"] for item in ann.ask("GET", f"/queue?{lens}", status=200)["items"]]
        wide = ("source=1", "platform=mastodon", "status=all", "age=new")
        narrow = ("tips=true", "lang=ar", "label=scam")
        assert sorted(found) == ([1, 2] if lens in wide else [1] if lens in narrow else []), lens
    assert "state" in ann.ask("GET", "/queue?age=ancient", status=422)["error"]["message"]


def test_alarms_are_listed_and_answered(ann: Program, context: Context, story: Story) -> None:
    now = context.clock()
    with context.writing() as session:
        session.add(Alarm(story_id=story.id or 0, number=1, kind="new", raised_at=now, window_hours=6, observed=40,
                          expected=3.0, upper=9.0, authors=30, posts=40, score=4.0, rank=8.0, shown=True,
                          shown_at=now, over_at=now))  # fmt: skip
    alarm = ann.ask("GET", "/alarms", status=200)["items"][0]
    assert (alarm["story_id"], alarm["state"], alarm["observed"]) == (1, "new", 40)
    said = ann.ask("POST", f"/alarms/{alarm['id']}/state", {"state": "known", "was": "new"}, 200)
    assert said["state"] == "known"
    ann.ask("POST", f"/alarms/{alarm['id']}/state", {"state": "known", "was": "new"}, 409)


def test_handles_do_not_go_out(ann: Program, context: Context, source: Source) -> None:
    builders.make_story(context, source, ["Ask @jane.doe about it"])
    assert ann.ask("GET", "/stories/1/posts", status=200)["items"][0]["text"] == "Ask @… about it"
    assert "author_key" not in str(ann.ask("GET", "/stories/1/posts"))


def test_a_second_reader_sees_nothing_of_the_decision(ann: Program, bob: Program, story: Story) -> None:
    held = ann.ask("POST", "/stories/1/claim", status=200)
    ann.ask("POST", "/stories/1/decide",
            {"triage": "check", "verdict": "false", "version": held["version"], "evidence": EVIDENCE}, 200)  # fmt: skip
    blind = bob.ask("GET", "/stories/1", status=200)
    assert (blind["blind"], blind["verdict"], blind["decisions"], blind["scores"]) == (True, None, [], {})
    row = bob.ask("GET", "/queue?status=decided", status=200)["items"][0]
    assert (row["blind"], row["verdict"], row["why"]) == (True, None, [])
    assert ann.ask("GET", "/stories/1", status=200)["verdict"] == "false"


READS = ("/me", "/queue", "/stories/1", "/stories/1/posts", "/responses/due", "/factchecks", "/search?q=dam",
         "/sources", "/reports", "/publications", "/openapi.json")  # fmt: skip
RULES: dict[tuple[str, str], tuple[str, str, str, Any]] = {
    ("GET", "/me"): ("read", "viewer", "/me", None),
    ("GET", "/queue"): ("read", "viewer", "/queue", None),
    ("GET", "/responses/due"): ("read", "viewer", "/responses/due", None),
    ("GET", "/stories/{story_id}"): ("read", "viewer", "/stories/1", None),
    ("GET", "/stories/{story_id}/posts"): ("read", "viewer", "/stories/1/posts", None),
    ("GET", "/factchecks"): ("read", "viewer", "/factchecks", None),
    ("GET", "/search"): ("read", "viewer", "/search?q=dam", None),
    ("GET", "/sources"): ("read", "viewer", "/sources", None),
    ("GET", "/alarms"): ("read", "viewer", "/alarms", None),
    ("POST", "/alarms/{alarm_id}/state"): ("review", "analyst", "/alarms/9/state", {"state": "known", "was": "new"}),
    ("GET", "/reports"): ("read", "viewer", "/reports", None),
    ("GET", "/reports/{week}"): ("read", "viewer", "/reports/2026-W46", None),
    ("GET", "/publications"): ("read", "viewer", "/publications", None),
    ("GET", "/publications/{publication_id}"): ("read", "viewer", "/publications/9", None),
    ("GET", "/openapi.json"): ("read", "viewer", "/openapi.json", None),
    ("GET", "/log"): ("admin", "supervisor", "/log", None),
    ("POST", "/stories/{story_id}/claim"): ("review", "analyst", "/stories/1/claim", None),
    ("POST", "/stories/{story_id}/release"): ("review", "analyst", "/stories/1/release", None),
    ("POST", "/stories/{story_id}/take-over"): ("review", "analyst", "/stories/1/take-over", {"reason": ""}),
    ("POST", "/stories/{story_id}/decide"): ("review", "analyst", "/stories/1/decide", {"triage": "?", "version": 1}),
    ("POST", "/stories/{story_id}/responses"): ("review", "analyst", "/stories/1/responses", {"action": "?"}),
    ("POST", "/stories/{story_id}/merge"): ("review", "analyst", "/stories/1/merge", {"into": 1, "reason": "x"}),
    ("POST", "/stories/{story_id}/split"): ("review", "analyst", "/stories/1/split", {"posts": [99], "reason": "x"}),
    ("POST", "/responses/{response_id}/outcome"): ("review", "analyst", "/responses/9/outcome", {"outcome": "?"}),
    ("POST", "/responses/{response_id}/follow-up"): (
        "review", "analyst", "/responses/9/follow-up", {"follow_up_at": None},
    ),
    ("POST", "/matches/{match_id}"): ("review", "analyst", "/matches/9", {"right": True}),
    ("POST", "/undo"): ("review", "analyst", "/undo", None),
    ("POST", "/publications"): ("publish", "analyst", "/publications", {"story_id": 9}),
    ("PUT", "/publications/{publication_id}"): ("publish", "analyst", "/publications/9", {"version": 1}),
    ("POST", "/publications/{publication_id}/publish"): (
        "publish", "analyst", "/publications/9/publish", {"version": 1},
    ),
    ("POST", "/publications/{publication_id}/withdraw"): (
        "publish", "analyst", "/publications/9/withdraw", {"version": 1, "notes": {}},
    ),
    ("POST", "/sources/{source_id}/pause"): ("admin", "supervisor", "/sources/9/pause", None),
    ("POST", "/sources/{source_id}/resume"): ("admin", "supervisor", "/sources/9/resume", None),
    ("POST", "/sources/{source_id}/check"): ("admin", "supervisor", "/sources/9/check", None),
}  # fmt: skip
"""(method, route) -> (scope, least role, an address, a body)."""


@pytest.fixture(scope="module")
def desk(module_context: Context) -> FastAPI:
    builders.make_story(module_context, builders.make_source(module_context))
    builders.make_report(module_context)
    return create_app(module_context)


@pytest.fixture(scope="module")
def keys(desk: FastAPI, module_context: Context) -> dict[str, dict[str, Program]]:
    """Role -> scope (or ``all``) -> a program that holds it."""
    client = TestClient(desk, base_url=HOME, raise_server_exceptions=False)
    found: dict[str, dict[str, Program]] = {}
    for role in ROLES:
        person = builders.make_person(module_context, f"the-{role}", role)
        for scope, least in tokens.SCOPES.items():
            if may(role, least):
                found.setdefault(role, {})[scope] = Program(client, key_for(module_context, person, scope)[1])
    return found


def test_every_route_is_declared(desk: FastAPI) -> None:
    api = next(route.app for route in desk.routes if isinstance(route, Mount) and route.path == "/api/v1")
    routes = {
        (method, str(found.path))
        for found in iter_route_contexts(api.routes)  # type: ignore[attr-defined]
        if isinstance(found.original_route, Route)
        for method in found.methods or ()
        if method != "HEAD"
    }
    assert routes == set(RULES)


@pytest.mark.parametrize(("method", "route"), RULES)
def test_scopes_and_roles_decide(desk: FastAPI, keys: dict[str, dict[str, Program]], method: str, route: str) -> None:
    scope, least, path, body = RULES[method, route]
    nobody = Program(TestClient(desk, base_url=HOME, raise_server_exceptions=False), "")
    nobody.ask(method, path, body, 401)
    for role, programs in keys.items():
        for held, one in programs.items():
            status = one.status(method, path, body)
            if held == scope and may(role, least):
                assert status in (200, 404, 409, 422), (role, held)
            else:
                assert status == 403, (role, held)


def test_a_browser_may_read_but_not_change(someone: Someone, story: Story, app: FastAPI) -> None:
    browser = someone("ann")
    for path in READS:
        assert browser.client.get(f"/api/v1{path}").status_code == 200, path
    token = str(browser.open("/stories/1").one('[name="form_token"]')["value"])
    answer = browser.client.post("/api/v1/stories/1/claim", headers={"X-Form-Token": token})
    assert answer.status_code == 401
    assert Browser(app).client.get("/api/v1/openapi.json").status_code == 401
    hardened = Browser(app).client.get("/api/v1/no-such-thing").headers
    assert {name: hardened.get(name) for name in HEADERS} == HEADERS


def test_errors_have_one_shape(ann: Program, app: FastAPI, story: Story) -> None:
    for method, path, body, status in (
        ("GET", "/no/such/thing", None, 404), ("GET", "/stories/999", None, 404), ("GET", "/stories/x", None, 422),
        ("DELETE", "/stories/1", None, 405), ("POST", "/stories/1/decide", {"triage": "watch"}, 422),
        ("POST", "/stories/1/decide", {"triage": "watch", "version": 1, "person_id": 3}, 422),
        ("GET", "/queue?status=nonsense", None, 422), ("GET", "/log", None, 403),
        ("POST", "/stories/1/take-over", {"reason": " "}, 422),
    ):  # fmt: skip
        ann.ask(method, path, body, status)
    raw = TestClient(app, base_url=HOME, raise_server_exceptions=False)
    answer = raw.post("/api/v1/undo", content=b"{", headers={"Authorization": f"Bearer {ann.secret}"})
    assert answer.status_code in (200, 422)
    jsonschema.validate(raw.get("/api/v1/me").json(), ERROR)


def test_every_call_is_in_the_log_with_its_key(ann: Program, context: Context, story: Story) -> None:
    ann.ask("GET", "/queue", status=200)
    ann.ask("GET", "/stories/999", status=404)
    ann.ask("GET", "/log", status=403)
    with context.reading() as session:
        calls = session.exec(select(Event).where(Event.action == "api.call").order_by(col(Event.seq))).all()
        key = session.exec(select(ApiToken)).one()
    assert [(e.subject, e.actor, e.details["path"], e.details["status"]) for e in calls] == [
        ("token:1", "R01", "/api/v1/queue", 200), ("token:1", "R01", "/api/v1/stories/999", 404),
        ("token:1", "R01", "/api/v1/log", 403),
    ]  # fmt: skip
    assert key.used_at is not None
    assert ann.secret not in str([event.details for event in calls])
    assert key.token_hash != ann.secret


def test_a_key_ends(app: FastAPI, context: Context, clock: Clock, source: Source) -> None:
    one = program(app, context, "ann")
    assert one.status("GET", "/me") == 200
    clock.forward(days=29, hours=23)
    assert one.status("GET", "/me") == 200
    clock.forward(hours=1)
    assert one.status("GET", "/me") == 401
    two = program(app, context, "bob")
    with context.writing() as session:
        bob = session.exec(select(Person).where(Person.login == "bob")).one()
        tokens.revoke(session, context.desk(people.actor(bob)), 2)
    assert two.status("GET", "/me") == 401
    three = program(app, context, "cem")
    with context.writing() as session:
        cem = session.exec(select(Person).where(Person.login == "cem")).one()
        people.disable(session, context.key, clock.now, people.actor(cem), cem)
    assert three.status("GET", "/me") == 401


def test_guessing_and_flooding_are_slowed_down(app: FastAPI, ann: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callers, "TRIES", 3)
    monkeypatch.setattr(callers, "CALLS_A_MINUTE", 5)
    guesser = Program(ann.client, "cw_guess")
    assert [guesser.status("GET", "/me") for _ in range(4)] == [401, 401, 401, 429]
    assert [ann.status("GET", "/me") for _ in range(6)] == [200] * 5 + [429], "a right key still gets in"


def test_the_description_is_that_of_the_interface(ann: Program, story: Story) -> None:
    described = ann.ask("GET", "/openapi.json", status=200)
    assert described["openapi"].startswith("3.")
    paths = {(method.upper(), path) for path, methods in described["paths"].items() for method in methods}
    assert paths == set(RULES) - {("GET", "/openapi.json")}
    assert described["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    for path in ("/queue", "/stories/1", "/stories/1/posts", "/me"):
        route = path.replace("/1", "/{story_id}")
        schema = described["paths"][route]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        whole = {**schema, "components": described["components"]}
        jsonschema.validate(ann.ask("GET", path, status=200), whole)


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=20),
    st.lists(st.text(max_size=5), max_size=3), st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_nothing_that_is_sent_breaks_it(keys: dict[str, dict[str, Program]], data: st.DataObject) -> None:
    """Whatever stands in path, query and body: an answer, or one sentence; never a fault of our own."""
    (method, route), (scope, _, _, body) = data.draw(st.sampled_from(list(RULES.items())))
    number = st.one_of(st.integers(-5, 2**70).map(str), st.text(alphabet="a1-%é", min_size=1, max_size=6))
    path = "/".join(
        data.draw(number).replace("%", "%25") if part.startswith("{") else part for part in route.split("/")
    )
    query = data.draw(st.dictionaries(st.sampled_from(["q", "after", "limit", "status", "source", "until", "lang"]),
                                      st.text(max_size=12), max_size=3))  # fmt: skip
    fields = [*(body or {}), "extra", "evidence", "texts", "follow_up_at", "notes"]
    sent = data.draw(st.one_of(st.none(), VALUES, st.dictionaries(st.sampled_from(fields), VALUES, max_size=4)))
    one = keys["admin"][scope]
    answer = one.client.request(
        method, f"/api/v1{path}", params=query, json=sent, headers={"Authorization": f"Bearer {one.secret}"}
    )
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400 and answer.status_code != 429:
        jsonschema.validate(answer.json(), ERROR)


def test_keys_and_webhooks_on_the_settings_page(context: Context, someone: Someone, app: FastAPI, story: Story) -> None:
    vic = someone("vic", "viewer")
    page = vic.open("/settings/programs")
    assert [box["value"] for box in page.soup.select('[name="scope"]')] == ["read"]
    page = page.submit("/settings/tokens", name="My <b>script</b>", days="30")
    secret = page.one(".good code").get_text()
    one = Program(TestClient(app, base_url=HOME), secret)
    assert one.ask("GET", "/me", status=200)["scopes"] == ["read"]
    token = str(page.one('[name="form_token"]')["value"])
    refused = vic.post("/settings/tokens", {"form_token": token, "name": "x", "scope": "review", "days": "30"})
    assert refused.status == 403
    assert vic.open("/settings/programs").submit("/settings/tokens/1/revoke").path == "/settings/programs?said=revoked"
    one.ask("GET", "/me", status=401)
    ada = someone("ada", "admin")
    page = ada.open("/settings/programs").submit("/settings/webhooks", name="Chat", url="http://10.0.0.1/x")
    assert page.status == 422
    fields = {"form_token": str(page.one('[name="form_token"]')["value"]), "name": "Chat",
              "url": "https://chat.example/hook"}  # fmt: skip
    page = ada.post("/settings/webhooks", [*fields.items(), ("topic", "story.decided"), ("topic", "response.logged")])
    assert page.one(".good code").get_text().startswith("whsec_")
    page = ada.open("/stories/1").submit("/stories/1/responses", action="prebunk")
    page.submit("/stories/1/decide", triage="not_relevant")
    page = ada.open("/settings/programs").submit("/settings/webhooks/1/test")
    with context.reading() as session:
        sent = session.exec(select(outbox.Outbox).order_by("id")).all()
        assert [row.payload["type"] for row in sent] == ["response.logged", "story.decided", "test"]
        assert sent[1].payload["data"]["triage"] == "not_relevant"
    page = page.submit("/settings/webhooks/1/pause")
    ada.open("/stories/1").submit("/stories/1/responses", action="prebunk")
    page = ada.open("/settings/programs").submit("/settings/webhooks/1/resume")
    page.submit("/settings/webhooks/1/remove")
    with context.reading() as session:
        assert len(session.exec(select(outbox.Outbox)).all()) == 3
        assert session.exec(select(Webhook)).all() == []
