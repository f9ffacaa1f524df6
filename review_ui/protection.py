"""What every answer and every request must satisfy: headers, own-site forms, small bodies, own-path redirects."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 262_144
"""Bytes a form may have; the longest one holds a note of 10,000 characters and a few links."""

MAX_UPLOAD = 64 * 2**20
UPLOADS = frozenset({"/sources/import"})
"""Where files are sent to; their handlers ask who it is before they read anything."""

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "font-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "X-Frame-Options": "DENY",
}
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def harden(headers: MutableHeaders, *, https: bool) -> None:
    """Set the headers every response carries; nothing but our static files may be kept by a cache."""
    for name, value in _HEADERS.items():
        headers[name] = value
    if "cache-control" not in headers:
        headers["Cache-Control"] = "no-store"
    if https:
        headers["Strict-Transport-Security"] = "max-age=31536000"


def from_elsewhere(method: str, headers: Headers) -> bool:
    """Whether a browser says that another site sent this unsafe request (the rule of Go 1.25's CrossOriginProtection).

    ``Sec-Fetch-Site`` decides where it is sent; older browsers send ``Origin``, whose host must be ours. A request
    with neither comes from no browser; the token in the form still has to be right.
    """
    if method in _SAFE:
        return False
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none") or _foreign(headers, always=site == "none")
    return _foreign(headers, always=True)


def _foreign(headers: Headers, *, always: bool) -> bool:
    origin = headers.get("origin")
    return always and origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower()


def own_path(target: str | None) -> str:
    """Return ``target`` if it is a path on this desk, else ``/``: no scheme, no host, nothing a browser rewrites."""
    text = target or ""
    plain = text.isprintable() and text.isascii() and not set(text) & set("\\ ")
    if not plain or not text.startswith("/") or text.startswith("//") or len(text) > 500:
        return "/"
    parts = urlsplit(text)
    return text if not parts.scheme and not parts.netloc else "/"


class Protection:
    """ASGI middleware: refuses foreign and oversized requests, hardens every response."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self.app = app
        self.https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def hardened(message: Message) -> None:
            if message["type"] == "http.response.start":
                harden(MutableHeaders(scope=message), https=self.https)
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, hardened)
            return
        await self.app(scope, _Capped(receive, _most(scope)).receive, hardened)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if from_elsewhere(scope["method"], headers):
            return PlainTextResponse("This request came from another site and was refused.", 403)
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > _most(scope):
            return PlainTextResponse("This is too large to be a form of this desk.", 413)
        return None


def _most(scope: Scope) -> int:
    return MAX_UPLOAD if scope["path"] in UPLOADS else MAX_BODY


class _Capped:
    """A request body that ends after ``most`` bytes, whatever length was announced."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive, self._most = receive, most
        self._seen = 0

    async def receive(self) -> MutableMapping[str, Any]:
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        return {"type": "http.disconnect"} if self._seen > self._most else message
