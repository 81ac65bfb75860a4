"""Stops reading a request's body where the limit is, before anything parses it or writes it to disk."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from raysys.serve.problems import problem


class BodyLimit:
    """ASGI middleware that answers 413 for bodies of more than `max_bytes`, announced or not."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

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
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.max_bytes:
                # FastAPI lets HTTPException through and turns anything else raised here into a 400.
                raise HTTPException(413, self._sentence())
            return message

        return counted

    def _sentence(self) -> str:
        return f"the body is larger than the {self.max_bytes} bytes that this endpoint allows"
