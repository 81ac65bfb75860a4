"""Files of a job that come in pieces: an answer may end before the file does."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from raysys.errors import RaysysError
from raysys.serve.connection import Connection
from raysys.serve.jobs.client import RemoteJob

CONTENT = np.random.default_rng(0).bytes(10_000)
SHA = hashlib.sha256(CONTENT).hexdigest()


class Cutting(BaseHTTPRequestHandler):
    """Ends every answer after `most` bytes, as an endpoint does after its time."""

    most = 4_000

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        self.wfile.write(CONTENT[start : start + self.most])

    def log_message(self, *said: object) -> None:
        pass


@pytest.fixture
def job(request: pytest.FixtureRequest) -> Iterator[RemoteJob]:
    handler = type("Handler", (Cutting,), {"most": getattr(request, "param", 4_000)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    file = {"name": "made.npy", "url": "/made.npy", "bytes": len(CONTENT), "sha256": SHA}
    yield RemoteJob(Connection(f"http://127.0.0.1:{server.server_port}"), {"id": "1", "files": [file]})
    server.shutdown()
    server.server_close()


def test_a_download_that_is_cut_goes_on(job: RemoteJob, tmp_path: Path):
    (path,) = job.download(tmp_path)
    assert path.read_bytes() == CONTENT
    assert [one.name for one in tmp_path.iterdir()] == ["made.npy"]


@pytest.mark.parametrize("job", [0], indirect=True)
def test_what_has_come_is_kept_where_no_more_comes(job: RemoteJob, tmp_path: Path):
    (tmp_path / "made.npy.part").write_bytes(CONTENT[:5_000])
    with pytest.raises(RaysysError, match=r"made.npy of job 1 ended too early; what has come is kept"):
        job.download(tmp_path)
    assert (tmp_path / "made.npy.part").read_bytes() == CONTENT[:5_000]
