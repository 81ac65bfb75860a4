import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.asking import ask, asking, echo

from raysys.serve.layers.bearer import BearerToken, scope_of
from raysys.serve.tokens import Keyring, add_token, digest, revoke_token

ONE = Keyring(digest("secret"))


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
    answer = ask(BearerToken(echo(), ONE), "/v1/models", headers=headers)
    assert answer.status_code == status
    if status == 401:
        assert answer.json()["error"]["code"] == "unauthorised"
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/", "/healthz"])
def test_page_and_probes_are_open(path: str):
    assert ask(BearerToken(echo(), ONE), path).status_code == 200


def test_without_a_token_everybody_may_come_in():
    assert ask(BearerToken(echo(), Keyring()), "/v1/jobs").json()["caller"] is None


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/v1/models", None),
        ("/v1/models/jobs", None),
        ("/openapi.json", None),
        ("/v1/models/gravel/samples", "sample"),
        ("/v1/models/gravel/tiles/3/0/0.png", "sample"),
        ("/v1/models/gravel/between", "sample"),
        ("/v1/models/gravel/segment", "upload"),
        ("/v1/descriptors", "upload"),
        ("/v1/jobs/3", "jobs"),
        ("/v1/syntheses", "jobs"),
        ("/metrics", "admin"),
        ("/v1/whatever", "admin"),
    ],
)
def test_every_path_has_its_scope(path: str, scope: str | None):
    assert scope_of(path) == scope


def test_a_token_is_good_for_its_scopes_until_its_end(tmp_path: Path):
    file, past = tmp_path / "tokens.yaml", datetime.now(UTC) - timedelta(seconds=1)
    ann = add_token(file, "ann", scopes=("sample",))
    bob = add_token(file, "bob", scopes=("sample",), expires=past)
    eve = add_token(file, "eve", scopes=("admin",))
    layer = BearerToken(echo(), Keyring(path=str(file)))

    def asked(token: str, path: str) -> tuple[int, str]:
        body = ask(layer, path, headers={"Authorization": f"Bearer {token}"})
        found = body.json()
        return body.status_code, found["error"]["message"] if "error" in found else found["caller"]

    assert asked(ann, "/v1/models/gravel/samples") == (200, "ann")
    assert asked(ann, "/v1/models") == (200, "ann")
    assert asked(ann, "/v1/jobs") == (403, "/v1/jobs needs a token for jobs, and that of ann is for sample")
    assert asked(eve, "/metrics") == (200, "eve")
    status, sentence = asked(bob, "/v1/models")
    assert (status, sentence.startswith("the token of bob ended at ")) == (401, True)
    revoke_token(file, "ann")
    layer.keys._looked -= 2  # two seconds later
    assert asked(ann, "/v1/models")[0] == 401
    assert asked(eve, "/v1/models") == (200, "eve")
    file.write_text("half a fi: [")
    layer.keys._looked -= 2
    assert asked(eve, "/v1/models") == (200, "eve")


def test_a_token_has_a_rate(tmp_path: Path):
    file = tmp_path / "tokens.yaml"
    headers = {"Authorization": f"Bearer {add_token(file, 'ann', scopes=('sample',), per_minute=3)}"}
    layer = BearerToken(echo(), Keyring(path=str(file)))

    async def four() -> list:
        return [await asking(layer, "/v1/models", headers=headers) for _ in range(4)]

    *good, refused = asyncio.run(four())
    assert [answer.status_code for answer in good] == [200] * 3
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_requests")
    assert 1 <= int(refused.headers["retry-after"]) <= 20
