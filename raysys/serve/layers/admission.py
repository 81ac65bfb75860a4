"""How many requests are worked on at once, in all and of one caller; probes are always answered."""

from collections import Counter

from starlette.types import ASGIApp, Receive, Scope, Send

from raysys.serve.layers.paths import PROBES, path_of
from raysys.serve.problems import problem

# Short: what is in the way are other requests, and those end.
SOON = {"Retry-After": "1"}


class Admission:
    """ASGI layer that answers 503 where too many requests are on their way, and 429 where one caller has too many.

    Parameters
    ----------
    app
        What it protects.
    at_once, of_one_caller
        Requests that may be on their way; a caller is an address on the network.
    """

    def __init__(self, app: ASGIApp, at_once: int, of_one_caller: int) -> None:
        self.app = app
        self.at_once = at_once
        self.of_one_caller = of_one_caller
        self._on_their_way: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer at once that it has to wait."""
        if scope["type"] != "http" or path_of(scope) in PROBES:
            await self.app(scope, receive, send)
            return
        caller = (scope.get("client") or ("nobody",))[0]
        if self._on_their_way.total() >= self.at_once:
            refusal = problem(503, "busy", f"{self.at_once} requests are on their way here; try again shortly", SOON)
            await refusal(scope, receive, send)
        elif self._on_their_way[caller] >= self.of_one_caller:
            sentence = f"{self.of_one_caller} of your requests are on their way here; wait for one of them"
            await problem(429, "too_many_requests", sentence, SOON)(scope, receive, send)
        else:
            await self._counted(caller, scope, receive, send)

    async def _counted(self, caller: str, scope: Scope, receive: Receive, send: Send) -> None:
        self._on_their_way[caller] += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._on_their_way[caller] -= 1
            # A caller is forgotten with its last request: there are more addresses than memory.
            if not self._on_their_way[caller]:
                del self._on_their_way[caller]
