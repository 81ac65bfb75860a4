from support.asking import ask, echo

from raysys.serve.layers.head import Head


def test_head_is_get_without_the_body():
    found, asked = (ask(Head(echo()), "/v1/models", method) for method in ("GET", "HEAD"))
    assert (asked.status_code, asked.content) == (200, b"")
    assert asked.headers["content-length"] == found.headers["content-length"] == str(len(found.content))
