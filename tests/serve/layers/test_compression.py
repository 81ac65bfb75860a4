import asyncio
import gzip

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from support.asking import asking

from raysys.serve.layers.compression import Compression

LONG = b"[" + b"0.5, " * 1000 + b"1]"


def answering(media: str, body: bytes) -> Compression:
    async def answer(request: Request) -> Response:
        return Response(body, media_type=media, headers={"ETag": '"tag"'})

    return Compression(Starlette(routes=[Route("/", answer)]))


@pytest.mark.parametrize(
    ("media", "body", "taken", "compressed"),
    [
        ("application/json", LONG, "gzip, br", True),
        ("text/html", LONG, "gzip", True),
        ("application/json", LONG, "identity", False),
        ("application/json", b"[]", "gzip", False),
        ("image/png", LONG, "gzip", False),
    ],
)
def test_long_text_is_compressed_for_whoever_takes_it(media: str, body: bytes, taken: str, compressed: bool):
    answer = asyncio.run(asking(answering(media, body), "/", "GET", headers={"Accept-Encoding": taken}))
    assert answer.content == body  # the client has unpacked it
    assert (answer.headers.get("content-encoding") == "gzip") == compressed
    assert answer.headers["etag"] == ('W/"tag"' if compressed else '"tag"')
    sent = int(answer.headers["content-length"])
    assert sent == (len(gzip.compress(body, 5, mtime=0)) if compressed else len(body))
