import asyncio

import httpx
from starlette.types import Receive, Scope, Send
from support.asking import asking, echo

from raysys.serve.layers.admission import Admission


class Holding:
    """An application that answers none but probes until it is let."""

    def __init__(self) -> None:
        self.let = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != "/healthz":
            await self.let.wait()
        await echo()(scope, receive, send)


async def crowd(at_once: int, of_one: int) -> tuple[list[httpx.Response], httpx.Response, httpx.Response]:
    holding = Holding()
    layer = Admission(holding, at_once, of_one)
    first = [asyncio.create_task(asking(layer, "/v1/models")) for _ in range(2)]
    await asyncio.sleep(0.05)
    probe, refused = await asking(layer, "/healthz"), await asking(layer, "/v1/models")
    holding.let.set()
    return [*await asyncio.gather(*first), await asking(layer, "/v1/models")], probe, refused


def test_probes_are_answered_where_others_have_to_wait():
    for at_once, of_one, status, code in ((2, 9, 503, "busy"), (9, 2, 429, "too_many_requests")):
        answered, probe, refused = asyncio.run(crowd(at_once, of_one))
        assert [answer.status_code for answer in answered] == [200] * 3
        assert probe.status_code == 200
        assert (refused.status_code, refused.json()["error"]["code"]) == (status, code)
        assert refused.headers["retry-after"] == "1"
