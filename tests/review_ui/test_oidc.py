"""Signing in through a small, real OpenID Connect provider on loopback."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from monitor.context import Context
from monitor.models import Source
from monitor.settings import Oidc, Settings
from review_ui.app import create_app
from tests import builders
from tests.conftest import Clock
from tests.review_ui.browser import HOME, Browser, Page
from tests.servers import Request, Server, page, reply, serving

BACK = f"{HOME}/login/oidc/back"
KEY = RSAKey.generate_key(2048, {"kid": "one"})


@dataclass
class Provider:
    """Confirms whom the test says; ``change`` spoils the next token."""

    server: Server
    clock: Clock
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    change: dict[str, Any] = field(default_factory=dict)
    key: Any = field(default_factory=lambda: KEY)
    header: dict[str, str] = field(default_factory=lambda: {"alg": "RS256", "kid": "one"})

    def start(self) -> None:
        base = self.server.base
        found = {"issuer": base, "authorization_endpoint": f"{base}/authorize", "token_endpoint": f"{base}/token",
                 "jwks_uri": f"{base}/keys"}  # fmt: skip
        keys = {"keys": [KEY.as_dict(private=False)]}
        self.server.routes["/.well-known/openid-configuration"] = page(json.dumps(found), "application/json")
        self.server.routes["/keys"] = page(json.dumps(keys), "application/json")
        self.server.routes["/token"] = self._token

    def agree(self, url: str, **claims: Any) -> str:
        """Say yes at the provider's page: return the address it sends the browser back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert (asked["response_type"], asked["client_id"], asked["redirect_uri"]) == ("code", "desk", BACK)
        code = secrets.token_urlsafe(8)
        self.codes[code] = {**asked, "claims": json.dumps(claims)}
        return f"/login/oidc/back?state={asked['state']}&code={code}"

    def _token(self, request: Request, connection: socket.socket) -> None:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        asked = self.codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        right = asked is not None and challenge.decode() == asked["code_challenge"]
        if not right or form["client_secret"] != "between us" or form["redirect_uri"] != BACK or asked is None:
            reply(connection, 400, {"content-type": "application/json"}, b'{"error": "invalid_grant"}')
            return
        now = int(self.clock.now.timestamp())
        claims = {"iss": self.server.base, "aud": "desk", "sub": "1", "iat": now, "exp": now + 300,
                  "nonce": asked["nonce"], **json.loads(asked["claims"]), **self.change}  # fmt: skip
        token = jwt.encode(self.header, claims, self.key)
        reply(connection, 200, {"content-type": "application/json"}, json.dumps({"id_token": token}).encode())


@pytest.fixture
def provider(clock: Clock) -> Iterator[Provider]:
    with serving() as server:
        made = Provider(server, clock)
        made.start()
        yield made


@pytest.fixture
def browser(provider: Provider, context: Context) -> Browser:
    settings = Settings(oidc=Oidc(issuer=provider.server.base, client_id="desk", client_secret="between us",
                                  redirect=BACK, name="Larrin ID"))  # fmt: skip
    builders.make_person(context, "ann")
    return Browser(create_app(Context(settings, context.home, context.db, context.key, context.clock)))


def _way_there(browser: Browser, path: str = "/login/oidc") -> str:
    answer = browser.client.get(path, follow_redirects=False)
    assert answer.status_code == 303
    return str(answer.headers["location"])


def _sign_in(browser: Browser, provider: Provider, **claims: Any) -> Page:
    return browser.open(provider.agree(_way_there(browser), **claims))


def test_somebody_comes_in_through_the_service(browser: Browser, provider: Provider, source: Source) -> None:
    link = browser.open("/login?next=/sources").one('a[href^="/login/oidc"]')
    assert "Larrin ID" in link.get_text()
    back = provider.agree(_way_there(browser, str(link["href"])), preferred_username="Ann")
    page = browser.open(back)
    assert (page.status, page.path) == (200, "/sources")
    assert "R01" in page.one(".me").get_text()
    assert Browser(browser.client.app).open(back).status == 403  # type: ignore[arg-type]  # another browser


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "somebody else"}, {"iss": "https://other.example"}, {"nonce": "another"}, {"exp": 1},
        {"aud": ["desk", "other"]}, {"preferred_username": ""}, {"preferred_username": "nobody"},
    ],
    ids=str,
)  # fmt: skip
def test_a_wrong_token_lets_nobody_in(browser: Browser, provider: Provider, change: dict[str, Any]) -> None:
    provider.change = change
    page = _sign_in(browser, provider, preferred_username="ann")
    assert page.status == 403
    assert page.soup.select("[role=alert]")
    assert browser.open("/").path.startswith("/login")


def test_only_signatures_of_the_service_count(browser: Browser, provider: Provider) -> None:
    provider.key = RSAKey.generate_key(2048, {"kid": "one"})
    assert _sign_in(browser, provider, preferred_username="ann").status == 403
    provider.key, provider.header = OctKey.generate_key(256), {"alg": "HS256", "kid": "one"}
    assert _sign_in(browser, provider, preferred_username="ann").status == 403
    provider.key, provider.header = KEY, {"alg": "RS256", "kid": "one"}
    assert _sign_in(browser, provider, preferred_username="ann").status == 200


def test_the_way_back_belongs_to_the_way_there(browser: Browser, provider: Provider, clock: Clock) -> None:
    back = provider.agree(_way_there(browser), preferred_username="ann")
    assert browser.open(back.replace("state=", "state=%C3%A9")).status == 403
    assert browser.open("/login/oidc/back?error=access_denied").status == 403
    back = provider.agree(_way_there(browser), preferred_username="ann")
    clock.forward(minutes=11)
    assert browser.open(back).status == 403
    assert "did not confirm who you are" in browser.open(back).one("[role=alert]").get_text()


def test_a_service_that_does_not_answer_is_one_sentence(browser: Browser, provider: Provider) -> None:
    del provider.server.routes["/.well-known/openid-configuration"]
    page = browser.open("/login/oidc")
    assert (page.status, "did not" in page.one("[role=alert]").get_text()) == (403, True)


def test_without_a_service_there_is_no_such_page(context: Context) -> None:
    browser = Browser(create_app(context))
    assert browser.open("/login/oidc").status == 404
    assert not browser.open("/login").soup.select('a[href^="/login/oidc"]')
