"""Who asks, and whether it is allowed: bearer tokens with scopes, rates and an end."""

import math
import time
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Asked

from raysys.serve.layers.paths import OPEN, path_of
from raysys.serve.problems import problem
from raysys.serve.tokens import Keyring, Scope, Token

CALLER = "raysys.caller"  # in a request's scope: the name of its token
PER_MODEL: dict[str, Scope] = {"samples": "sample", "tiles": "sample", "between": "sample"}
FIRST: dict[str, Scope] = {"descriptors": "upload", "jobs": "jobs", "reconstructions": "jobs", "syntheses": "jobs"}


class BearerToken:
    """ASGI layer that answers 401 without a good token, 403 without its scope, and 429 above its rate.

    Parameters
    ----------
    app
        What it protects.
    keys
        The good tokens.
    """

    def __init__(self, app: ASGIApp, keys: Keyring) -> None:
        self.app = app
        self.keys = keys
        self._buckets: dict[tuple[str, float], Bucket] = {}

    async def __call__(self, scope: Asked, receive: Receive, send: Send) -> None:
        """Pass the request on, with the caller's name in it, or refuse."""
        if scope["type"] != "http" or path_of(scope) in OPEN or self.keys.is_open:
            await self.app(scope, receive, send)
            return
        token = self._token(Headers(scope=scope))
        refusal = self._refusal(token, path_of(scope))
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        assert token is not None  # or it was refused
        scope[CALLER] = token.name
        await self.app(scope, receive, send)

    def _token(self, headers: Headers) -> Token | None:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        return self.keys.find(token.strip()) if scheme.lower() == "bearer" else None

    def _refusal(self, token: Token | None, path: str) -> Response | None:
        """Why a request is not passed on; None if it is."""
        challenge = {"WWW-Authenticate": "Bearer"}
        if token is None:
            sentence = "this endpoint asks for a token; send it as 'Authorization: Bearer TOKEN'"
            return problem(401, "unauthorised", sentence, challenge)
        if token.is_expired:
            return problem(401, "unauthorised", f"the token of {token.name} ended at {token.expires}", challenge)
        wanted = scope_of(path)
        if not token.allows(wanted):
            sentence = f"{path} needs a token for {wanted}, and that of {token.name} is for {', '.join(token.scopes)}"
            return problem(403, "scope_missing", sentence)
        wait = self._wait(token)
        if wait:
            sentence = f"the token of {token.name} is for {token.per_minute:g} requests a minute; the next in {wait} s"
            return problem(429, "too_many_requests", sentence, {"Retry-After": str(wait)})
        return None

    def _wait(self, token: Token) -> int:
        """Whole seconds until the token's next request; 0 for now, which is then counted."""
        if token.per_minute is None:
            return 0
        full = Bucket(token.per_minute, max(1.0, token.per_minute), time.monotonic())
        return self._buckets.setdefault((token.sha256, token.per_minute), full).take()


@dataclass
class Bucket:
    """Requests that a token has left: so many a minute come back, up to a minute's."""

    per_minute: float
    left: float
    filled: float

    def take(self) -> int:
        """Take one, and return 0, or say in how many seconds there is one."""
        now = time.monotonic()
        # At least one: a token for half a request a minute has one every second minute.
        most = max(1.0, self.per_minute)
        self.left = min(most, self.left + (now - self.filled) * self.per_minute / 60)
        self.filled = now
        if self.left >= 1:
            self.left -= 1
            return 0
        return math.ceil((1 - self.left) * 60 / self.per_minute)


def scope_of(path: str) -> Scope | None:
    """What a token must be for, to ask for a path; None where any good one will do."""
    version, *parts = path.strip("/").split("/")
    if version == "metrics":
        return "admin"
    if version != "v1" or not parts or parts[0] == "models":
        # What a model is may be asked by all; of what it is asked to do, only samples are no uploads.
        return PER_MODEL.get(parts[2], "upload") if len(parts) > 2 else None
    return FIRST.get(parts[0], "admin")
