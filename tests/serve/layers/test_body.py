import asyncio

from support.asking import ask, echo

from raysys.serve.layers.body import BodyLimit


def test_bodies_up_to_the_limit_pass():
    answer = ask(BodyLimit(echo(), 100, 10), "/", content=b"x" * 100)
    assert (answer.status_code, answer.json()["length"]) == (200, 100)


def test_announced_and_unannounced_long_bodies_are_refused():
    async def chunks():
        for _ in range(11):
            yield b"x" * 10

    assert ask(BodyLimit(echo(), 100, 10), "/", content=b"x" * 101).json()["error"]["code"] == "too_large"
    assert ask(BodyLimit(echo(), 100, 10), "/", content=chunks()).status_code == 413


def test_half_a_body_is_waited_for_no_longer_than_allowed():
    sent = []

    async def half() -> None:
        arrived = iter([{"type": "http.request", "body": b"half", "more_body": True}])

        async def receive() -> dict:
            return next(arrived, None) or await asyncio.sleep(3600)

        async def send(message: dict) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": "/", "headers": [], "query_string": b""}
        await BodyLimit(echo(), 100, 0.05)(scope, receive, send)

    asyncio.run(asyncio.wait_for(half(), 20))
    assert sent[0]["status"] == 408
