"""Stops reading a request's body where the limit is, in bytes and in seconds, before anything parses it."""

import asyncio

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from raysys.serve.problems import problem

# Whoever has not sent a body in time has half a request on the line; no other can follow it there.
CLOSING = {"Connection": "close"}


class BodyLimit:
    """ASGI layer that answers 413 for bodies of more than `max_bytes`, announced or not, and 408 for slow ones.

    Parameters
    ----------
    app
        What it protects.
    max_bytes, seconds
        How large a body may be, and how long it may take to arrive.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, seconds: float) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a counting `receive`, or answer 413."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        # What says its length is refused unread; what says none, or lies, is counted on its way.
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdigit() and int(announced) > self.max_bytes:
            await problem(413, "too_large", self._sentence())(scope, receive, send)
            return
        await self.app(scope, self._counting(receive), send)

    def _counting(self, receive: Receive) -> Receive:
        received, whole = 0, False
        end = asyncio.get_running_loop().time() + self.seconds

        async def counted() -> Message:
            nonlocal received, whole
            # After the body this is asked as well, until the caller hangs up: a wait that may last.
            message = await receive() if whole else await self._in_time(receive, end)
            received += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if received > self.max_bytes:
                # FastAPI lets HTTPException through and turns anything else raised here into a 400.
                raise HTTPException(413, self._sentence())
            return message

        return counted

    async def _in_time(self, receive: Receive, end: float) -> Message:
        try:
            async with asyncio.timeout_at(end):
                return await receive()
        except TimeoutError:
            raise HTTPException(
                408, f"the body has not arrived within {self.seconds:g} s; send it whole, or in less", CLOSING
            ) from None

    def _sentence(self) -> str:
        return f"the body is larger than the {self.max_bytes} bytes that this endpoint allows"
