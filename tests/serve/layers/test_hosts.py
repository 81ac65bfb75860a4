import pytest
from support.asking import ask, echo

from raysys.serve.layers.hosts import Hosts, own_names

HERE = "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8000", 200),
        ("LOCALHOST", 200),
        ("127.0.0.1:8000", 200),
        ("[::1]:8000", 200),
        ("192.168.3.4", 200),
        ("lab.example", 200),
        ("elsewhere.example", 421),
        ("localhost.elsewhere.example", 421),
        ("127.0.0.1.elsewhere.example", 421),
        ("", 421),
        ("[", 421),
    ],
)
def test_only_its_own_names_reach_it(host: str, status: int):
    layer = Hosts(echo(), own_names("127.0.0.1") | {"Lab.example"})
    answer = ask(layer, "/v1/models", headers={"Host": host})
    assert answer.status_code == status
    if status == 421:
        assert "--allow-host" in answer.json()["error"]["message"]
    assert ask(Hosts(echo(), ["*"]), "/", headers={"Host": "elsewhere.example"}).status_code == 200


def test_pages_elsewhere_ask_only_where_they_are_allowed():
    allowed = {"Host": "127.0.0.1:8000", "Origin": "https://lab.example"}
    layer = Hosts(echo(), ["localhost"], ["https://lab.example/"])
    answer = ask(layer, "/v1/models", headers=allowed)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "https://lab.example")
    assert "Origin" in answer.headers["vary"]
    before = ask(layer, "/v1/models", "OPTIONS", headers=allowed | {"Access-Control-Request-Method": "POST"})
    assert (before.status_code, "Authorization" in before.headers["access-control-allow-headers"]) == (204, True)
    own = ask(layer, "/v1/models", headers={"Host": "127.0.0.1:8000", "Origin": HERE})
    assert (own.status_code, "access-control-allow-origin" in own.headers) == (200, False)
    for origin in ("https://elsewhere.example", "null", "http://127.0.0.1:9000"):
        refused = ask(layer, "/v1/models", headers=allowed | {"Origin": origin})
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "origin_not_allowed")
    assert ask(Hosts(echo(), ["*"], ["*"]), "/", headers={"Origin": "https://any.example"}).status_code == 200
