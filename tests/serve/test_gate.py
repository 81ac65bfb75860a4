"""The layers in front of and around the routes, by themselves."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI
from ray.exceptions import RayTaskError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from raysys.errors import RaysysError
from raysys.serve.auth import BearerToken, digest
from raysys.serve.body_limit import BodyLimit
from raysys.serve.problems import RefusedError, install_handlers


async def _length(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


def _app() -> Starlette:
    return Starlette(routes=[Route(path, _length, methods=["GET", "POST"]) for path in ("/", "/healthz", "/v1/models")])


def ask(layer: object, path: str, **options: object) -> httpx.Response:
    async def asking() -> httpx.Response:
        transport = httpx.ASGITransport(app=layer, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.post(path, **options)

    return asyncio.run(asking())


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


@pytest.mark.parametrize(
    ("error", "status", "code", "words"),
    [
        (RaysysError("too wide"), 422, "invalid_request", "too wide"),
        (RefusedError("who?", 404, "unknown_model"), 404, "unknown_model", "who?"),
        (TimeoutError(), 504, "timeout", "fewer pixels"),
        (KeyError("/secret/path"), 500, "internal", "KeyError"),
    ],
)
@pytest.mark.parametrize("remote", [False, True])
def test_every_error_becomes_a_problem(error: Exception, status: int, code: str, words: str, remote: bool):
    app = FastAPI()
    install_handlers(app)

    @app.post("/")
    async def fail() -> None:
        raise RayTaskError("sample", "a long remote traceback", error).as_instanceof_cause() if remote else error

    answer = ask(app, "/")
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == code
    assert words in answer.json()["error"]["message"]
    assert not {"traceback", "/secret/path"} & set(answer.text.split())
