"""Text goes out compressed to whoever takes it; images have formats that are compressed already."""

import asyncio
import gzip

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LEAST = 1000  # bytes; below it a header more is as long as what is saved
LEVEL = 5
TEXT = ("application/json", "text/html", "text/css", "text/javascript", "application/javascript")


class Compression:
    """ASGI layer that sends whole bodies of text as gzip."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        taken = scope["type"] == "http" and "gzip" in Headers(scope=scope).get("accept-encoding", "")
        await self.app(scope, receive, _Sending(send) if taken else send)


class _Sending:
    """Holds the start of an answer back until its body is known, if it is text."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_text(message):
            self._start = message
            return
        if self._start is not None and message["type"] == "http.response.body":
            start, self._start = self._start, None
            body = message.get("body", b"")
            if not message.get("more_body", False) and len(body) >= LEAST:
                # A page of megabytes takes long enough for others to wait.
                message = {**message, "body": await asyncio.to_thread(gzip.compress, body, LEVEL, mtime=0)}
                _told(start, len(message["body"]))
            await self._send(start)
        await self._send(message)


def _is_text(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    return headers.get("content-type", "").startswith(TEXT) and "content-encoding" not in headers


def _told(start: Message, length: int) -> None:
    headers = MutableHeaders(scope=start)
    headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(length)
    headers.add_vary_header("Accept-Encoding")
    if headers.get("etag", "W/").startswith('"'):
        headers["ETag"] = f"W/{headers['etag']}"  # other bytes than those of the same tag without compression
