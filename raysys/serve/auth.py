"""An optional bearer token in front of the endpoint: Ray's own token does not cover Serve's HTTP port."""

import hashlib
import hmac

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from raysys.serve.problems import problem

# Probes carry no secrets, and the explorer page must load before it can ask its reader for the token.
OPEN_PATHS = frozenset({"/", "/healthz", "/readyz"})


def digest(token: str) -> str:
    """SHA-256 of a token: what travels to the replicas, so that no Ray table holds the token itself."""
    return hashlib.sha256(token.encode()).hexdigest()


class BearerToken:
    """ASGI middleware that answers 401 unless the request carries the token.

    Parameters
    ----------
    app
        What it protects.
    token_digest
        `digest(token)`; None lets everybody in.
    """

    def __init__(self, app: ASGIApp, token_digest: str | None) -> None:
        self.app = app
        self.token_digest = token_digest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 401."""
        open_to_all = scope["type"] != "http" or scope["path"].removeprefix(scope.get("root_path", "")) in OPEN_PATHS
        if open_to_all or self._allowed(Headers(scope=scope)):
            await self.app(scope, receive, send)
            return
        refusal = problem(
            401,
            "unauthorised",
            "this endpoint asks for a token; send it as 'Authorization: Bearer TOKEN'",
            {"WWW-Authenticate": "Bearer"},
        )
        await refusal(scope, receive, send)

    def _allowed(self, headers: Headers) -> bool:
        if self.token_digest is None:
            return True
        scheme, _, token = headers.get("authorization", "").partition(" ")
        # Digests have one length and are compared in constant time: the answer's delay says nothing about the token.
        return scheme.lower() == "bearer" and hmac.compare_digest(digest(token.strip()), self.token_digest)
