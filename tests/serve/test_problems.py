"""Every error as an answer."""

import pytest
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict
from ray.exceptions import RayTaskError
from support.asking import ask

from raysys.errors import RaysysError
from raysys.serve.problems import install_handlers
from raysys.serve.refused import RefusedError


@pytest.mark.parametrize(
    ("error", "status", "code", "words"),
    [
        (RaysysError("too wide"), 422, "invalid_request", "too wide"),
        (RefusedError("who?", 404, "unknown_model"), 404, "unknown_model", "who?"),
        (RefusedError("not \ud800"), 422, "invalid_request", r"not \ud800"),
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


def test_a_sentence_has_bytes_wherever_it_is_made():
    assert str(RaysysError("no file caf\udce9")) == r"no file caf\udce9"
    assert RefusedError("\ud800").args[0] == r"\ud800"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")
    n: int = 1


def test_what_was_sent_does_not_come_back_by_the_megabyte():
    app = FastAPI()
    install_handlers(app)

    @app.post("/strict")
    async def strict(request: _Strict) -> None: ...

    @app.post("/quoting")
    async def quoting() -> None:
        raise RaysysError("condition " + "x" * 10**7)

    for answer in (
        ask(app, "/strict", json={"k" * 10**6: 1}),
        ask(app, "/strict", json={f"field-{number}": 1 for number in range(5000)}),
        ask(app, "/quoting"),
        ask(app, "/" + "p" * 50_000),
    ):
        assert 400 <= answer.status_code < 500
        assert len(answer.content) < 3000
    assert "and 4990 more" in ask(app, "/strict", json={f"field-{number}": 1 for number in range(5000)}).text
