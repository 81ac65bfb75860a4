"""Only requests that name this endpoint, and pages that belong to it: no page elsewhere reaches it through a browser.

A page of another site may let its own name point to 127.0.0.1 and read what is served there (DNS rebinding). A browser
then still sends that name as the host, which is none of ours.
"""

import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from raysys.serve.problems import problem

ANY = "*"
# What a page of an allowed origin may send and see.
ASKED = "Authorization, Content-Type, If-None-Match, Accept, X-Request-ID, Idempotency-Key, Range, If-Range"
SHOWN = "*"
SECONDS = "600"


def own_names(host: str) -> frozenset[str]:
    """Names under which an endpoint that listens at `host` is asked for without being told of more."""
    return frozenset({host, "localhost", socket.gethostname(), socket.getfqdn()}) - {"0.0.0.0", "::"}


class Hosts:
    """ASGI layer that answers 421 where another host is meant, and 403 to pages of origins that are not allowed.

    Parameters
    ----------
    app
        What it protects.
    hosts
        Names that requests may give; addresses in numbers are always allowed, since no name leads to them.
    origins
        Addresses of pages elsewhere that may ask, such as `https://lab.example`; they are answered with CORS headers.
        "*" allows all.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str], origins: Iterable[str] = ()) -> None:
        self.app = app
        self.hosts = frozenset(name.lower() for name in hosts)
        self.origins = frozenset(origin.rstrip("/").lower() for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, answer a browser's question whether it may ask, or refuse."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._is_ours(host):
            sentence = f"host {host!r:.80} is not served here; whoever runs the endpoint allows it with --allow-host"
            await problem(421, "unknown_host", sentence)(scope, receive, send)
        elif origin is None or urlsplit(origin).netloc.lower() == host.lower():
            await self.app(scope, receive, send)
        elif not {ANY, origin.lower()} & self.origins:
            sentence = f"pages of {origin!r:.80} may not ask here; whoever runs the endpoint allows it: --allow-origin"
            await problem(403, "origin_not_allowed", sentence)(scope, receive, send)
        elif scope["method"] == "OPTIONS":
            allowed = {"Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, DELETE"}
            allowed |= {"Access-Control-Allow-Headers": ASKED, "Access-Control-Max-Age": SECONDS}
            await Response(status_code=204, headers=allowed | _granted(origin))(scope, receive, send)
        else:
            await self.app(scope, receive, _adding(send, _granted(origin)))

    def _is_ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return ANY in self.hosts or name in self.hosts or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _granted(origin: str) -> dict[str, str]:
    return {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": SHOWN, "Vary": "Origin"}


def _adding(send: Send, more: dict[str, str]) -> Send:
    async def added(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in more.items():
                headers.add_vary_header(value) if name == "Vary" else headers.append(name, value)
        await send(message)

    return added
