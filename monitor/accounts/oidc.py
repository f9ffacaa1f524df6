"""Signing in through another service (OpenID Connect, code flow with PKCE). Accounts are still made here.

The service says who somebody is; which account that is, and what it may do, the desk decides: the claim
``oidc.claim`` must name a login that exists and is open. Needs the extra ``oidc`` (joserfc checks signatures).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from monitor.errors import ClaimwatchError, NotAllowed, SetupError
from monitor.http import PoliteClient
from monitor.settings import Oidc

VALID = timedelta(minutes=10)
"""How long somebody may take at the other service."""

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
"""Signatures that are taken: those with a public key only."""

_SKEW = 60
_REFUSED = "The sign-in service did not confirm who you are: try again."


@dataclass(frozen=True)
class Begun:
    """Where the browser goes, and what it must bring back (a signed cookie)."""

    url: str
    cookie: str


class SignIn:
    """One service. Each call asks it anew for its addresses and keys: logins are rare."""

    def __init__(self, settings: Oidc, allow_private: list[str]) -> None:
        self._settings = settings
        own = urlsplit(settings.issuer).netloc  # whoever runs the desk named it
        self._client = PoliteClient("claimwatch", allow_private=[*allow_private, own], per_host_gap=0, max_bytes=2**20)

    def begin(self, key: bytes, now: datetime, target: str) -> Begun:
        """Return the way to the service; ``target`` is where to go afterwards."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        challenge = _b64(hashlib.sha256(verifier.encode()).digest())
        values = {
            "response_type": "code", "client_id": self._settings.client_id, "redirect_uri": self._settings.redirect,
            "scope": "openid profile email", "state": state, "nonce": nonce, "code_challenge": challenge,
            "code_challenge_method": "S256",
        }  # fmt: skip
        there = self._place("authorization_endpoint")
        held = {"state": state, "nonce": nonce, "verifier": verifier, "target": target,
                "until": (now + VALID).timestamp()}  # fmt: skip
        return Begun(there + ("&" if "?" in there else "?") + urlencode(values), _sealed(key, held))

    def finish(self, key: bytes, now: datetime, cookie: str, state: str, code: str) -> tuple[str, str]:
        """Return (login, where to go) for what the browser brought back; ``NotAllowed`` when anything is wrong."""
        held = _opened(key, cookie)
        if held is None or held["until"] < now.timestamp() or not _same(held["state"], state) or not code:
            raise NotAllowed(_REFUSED)
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self._settings.redirect,
            "code_verifier": held["verifier"], "client_id": self._settings.client_id,
            "client_secret": self._settings.client_secret,
        }  # fmt: skip
        try:
            answer = self._client.post(self._place("token_endpoint"), form=form).json()
            claims = self._claims(str(answer["id_token"]), now, held["nonce"])
        except (ClaimwatchError, KeyError, TypeError) as error:
            raise NotAllowed(_REFUSED) from error
        return self._login(claims), str(held["target"])

    def _claims(self, token: str, now: datetime, nonce: str) -> Mapping[str, Any]:
        try:
            from joserfc import jwt
            from joserfc.errors import JoseError
            from joserfc.jwk import KeySet
        except ImportError as error:
            raise SetupError(
                "Signing in through another service needs the extra: pip install 'claimwatch[oidc]'."
            ) from error
        try:
            keys = KeySet.import_key_set(self._client.get(self._place("jwks_uri")).json())
            claims: dict[str, Any] = dict(jwt.decode(token, keys, algorithms=ALGORITHMS).claims)
        except (JoseError, ValueError) as error:
            raise NotAllowed(_REFUSED) from error
        audience = claims.get("aud")
        meant = audience if isinstance(audience, list) else [audience]
        moment = now.timestamp()
        expires = claims.get("exp")
        right = (
            claims.get("iss") == self._settings.issuer
            and self._settings.client_id in meant
            and (len(meant) == 1 or claims.get("azp") == self._settings.client_id)
            and isinstance(expires, int | float)
            and expires > moment - _SKEW
            and isinstance(claims.get("nonce"), str)
            and _same(claims["nonce"], nonce)
        )
        if not right:
            raise NotAllowed(_REFUSED)
        return claims

    def _login(self, claims: Mapping[str, Any]) -> str:
        name = claims.get(self._settings.claim)
        if not isinstance(name, str) or not name.strip():
            raise NotAllowed(_REFUSED)
        if self._settings.claim == "email" and claims.get("email_verified") is not True:
            raise NotAllowed(_REFUSED)
        return name.strip().lower()

    def _place(self, name: str) -> str:
        found = self._client.get(self._settings.issuer.rstrip("/") + "/.well-known/openid-configuration").json()
        if not isinstance(found, Mapping) or found.get("issuer") != self._settings.issuer:
            raise NotAllowed(_REFUSED)
        place = found.get(name)
        if not isinstance(place, str):
            raise NotAllowed(_REFUSED)
        return place

    def close(self) -> None:
        self._client.close()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def _b64(body: bytes) -> str:
    return base64.urlsafe_b64encode(body).rstrip(b"=").decode()


def _sealed(key: bytes, held: Mapping[str, Any]) -> str:
    body = base64.urlsafe_b64encode(json.dumps(held).encode()).decode()
    return f"{body}.{_mark(key, body)}"


def _opened(key: bytes, cookie: str) -> dict[str, Any] | None:
    body, _, mark = cookie.partition(".")
    if not hmac.compare_digest(mark.encode(), _mark(key, body).encode()):
        return None
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body))
    return found


def _mark(key: bytes, body: str) -> str:
    return hmac.new(key, f"oidc:{body}".encode(), hashlib.sha256).hexdigest()
