"""Every request has a number, a line in the log, and is counted."""

import json
import logging
import logging.handlers
import re
import secrets
import sys
import time
from datetime import UTC, datetime
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from raysys.serve.layers.bearer import CALLER
from raysys.serve.meters import Meters

HEADER = "X-Request-ID"  # also Serve's own, which gives one to every request and sends it back
GOOD = re.compile(r"[\w.:-]{1,128}")
STANDARD_OUTPUT = "-"


class Record:
    """ASGI layer around all others.

    Parameters
    ----------
    app
        What is recorded.
    meters
        Where requests are counted.
    log
        A file, to which a line of JSON is added for every request; "-" for standard output, None for no lines.
    """

    def __init__(self, app: ASGIApp, meters: Meters, log: str | None = None) -> None:
        self.app = app
        self.meters = meters
        self._log = None if log is None else _logger(log)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and write down what became of it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER)
        number = given if given and GOOD.fullmatch(given) else secrets.token_hex(8)
        answer = _Answer(send, None if given == number else number)
        began = time.perf_counter()
        try:
            await self.app(scope, receive, answer)
        finally:
            self._write(scope, number, answer, time.perf_counter() - began)

    def _write(self, scope: Scope, number: str, answer: "_Answer", seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "other")
        model = scope.get("path_params", {}).get("name", "") if answer.status < 400 else ""
        self.meters.requests.labels(route, scope["method"], str(answer.status), model).inc()
        self.meters.seconds.labels(route).observe(seconds)
        if self._log is None:
            return
        line: dict[str, Any] = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "id": number,
            "client": (scope.get("client") or ("",))[0],
            "caller": scope.get(CALLER),
            "method": scope["method"],
            "path": scope["path"][:300],
            "status": answer.status,
            "seconds": round(seconds, 4),
            "bytes": answer.sent,
        }
        self._log.info("%s", json.dumps({**line, **answer.about}))


class _Answer:
    """Passes an answer on, with the request's number, and remembers what it was."""

    def __init__(self, send: Send, number: str | None) -> None:
        self._send = send
        self._number = number
        self.status = 500  # of an answer that has never begun
        self.sent = 0
        self.about: dict[str, str] = {}

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            if self._number is not None:
                headers[HEADER] = self._number
            shown = {"model": "x-raysys-model", "seed": "x-raysys-seed", "etag": "etag"}
            self.about = {key: headers[name] for key, name in shown.items() if name in headers}
        self.sent += len(message.get("body", b""))
        await self._send(message)


def _logger(log: str) -> logging.Logger:
    """A logger that writes lines of their own, past Ray's handlers."""
    found = logging.Logger("raysys.requests", logging.INFO)
    # Watched: whoever rotates logs moves the file away, and expects a new one.
    handler = (
        logging.StreamHandler(sys.stdout)
        if log == STANDARD_OUTPUT
        else logging.handlers.WatchedFileHandler(log, encoding="utf-8", delay=True)
    )
    handler.setFormatter(logging.Formatter("%(message)s"))
    found.addHandler(handler)
    return found
