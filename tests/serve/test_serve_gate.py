"""The two ASGI layers in front of the routes, by themselves."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from raysys.serve.auth import BearerToken, digest
from raysys.serve.body_limit import BodyLimit


async def _length(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


def _client(layer: object) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=layer), base_url="http://test")


def _app() -> Starlette:
    return Starlette(routes=[Route(path, _length, methods=["GET", "POST"]) for path in ("/", "/healthz", "/v1/models")])


async def _ask(layer: object, path: str, **options: object) -> httpx.Response:
    async with _client(layer) as client:
        return await client.post(path, **options)


def ask(layer: object, path: str, **options: object) -> httpx.Response:
    import asyncio

    return asyncio.run(_ask(layer, path, **options))


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Bearer secret", 200),
        ("bearer secret", 200),
        ("Bearer secre", 401),
        ("Bearer sécret".encode(), 401),
        ("Basic secret", 401),
        ("secret", 401),
        (None, 401),
    ],
)
def test_the_token_decides(header: str | bytes | None, status: int):
    headers = {} if header is None else {"Authorization": header}
    answer = ask(BearerToken(_app(), digest("secret")), "/v1/models", headers=headers)
    assert answer.status_code == status
    if status == 401:
        assert answer.json()["error"]["code"] == "unauthorised"
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/", "/healthz"])
def test_page_and_probes_are_open(path: str):
    assert ask(BearerToken(_app(), digest("secret")), path).status_code == 200


def test_without_a_token_everybody_may_come_in():
    assert ask(BearerToken(_app(), None), "/v1/models").status_code == 200


def test_bodies_up_to_the_limit_pass():
    answer = ask(BodyLimit(_app(), 100), "/", content=b"x" * 100)
    assert (answer.status_code, answer.text) == (200, "100")


def test_announced_and_unannounced_long_bodies_are_refused():
    async def chunks():
        for _ in range(11):
            yield b"x" * 10

    assert ask(BodyLimit(_app(), 100), "/", content=b"x" * 101).json()["error"]["code"] == "too_large"
    assert ask(BodyLimit(_app(), 100), "/", content=chunks()).status_code == 413
