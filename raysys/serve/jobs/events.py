"""How a job moves on, as server-sent events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from raysys.serve.jobs.record import ENDED
from raysys.serve.jobs.schemas import JobBody

LOOKED = 0.5  # seconds between looks
KEPT_ALIVE = 15.0  # seconds after which a proxy on the way may take silence for an end


async def events(ask: Callable[[], Awaitable[JobBody]], seconds: float) -> AsyncIterator[str]:
    """The job each time that it has moved on, until it is over or `seconds` are; who reads on asks anew.

    The event's name is the job's state, its data the job as `GET /v1/jobs/{id}` answers it.
    """
    until, spoken, before = time.monotonic() + seconds, time.monotonic(), ""
    # A browser asks again after so many milliseconds.
    yield "retry: 1000\n\n"
    while time.monotonic() < until:
        body = await ask()
        told = body.model_dump_json()
        if told != before:
            yield f"event: {body.state}\ndata: {told}\n\n"
            before, spoken = told, time.monotonic()
        elif time.monotonic() - spoken > KEPT_ALIVE:
            yield ": still there\n\n"
            spoken = time.monotonic()
        if body.state in ENDED:
            return
        await asyncio.sleep(LOOKED)
