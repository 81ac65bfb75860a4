"""Questions to an endpoint over HTTP, with the standard library: asked again where that is safe, streamed to disk."""

from __future__ import annotations

import http.client
import io
import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from raysys.errors import RaysysError
from raysys.files import written_aside

# An endpoint gives up after `Limits.timeout_s`, 120 s by default, and says so: that sentence should be the one heard.
SECONDS_TO_ANSWER = 300.0
SECONDS_TO_LIVE = 10.0  # a probe that takes longer is an answer too
RETRIES = 4
# Of 503, and of a replica that was lost on the way.
AGAIN = (502, 503)
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0  # seconds; twice as long each time
CHUNK = 2**20

Fields = Mapping[str, object]


@dataclass(frozen=True)
class Connection:
    """Where an endpoint listens, and how it is asked.

    Attributes
    ----------
    url
        Such as `http://127.0.0.1:8000`.
    token
        The bearer token, where it asks for one.
    timeout
        Seconds until an answer is given up.
    retries
        How often a question is asked again where the endpoint was busy, or the connection was lost. Answers depend on
        the question alone, seed and all, so that the second is the one that the first would have been; jobs carry a
        key, by which the endpoint knows them again.
    """

    url: str
    token: str | None = None
    timeout: float = SECONDS_TO_ANSWER
    retries: int = RETRIES

    def alive(self, path: str) -> bool:
        """Whether a probe is answered well, and soon."""
        try:
            with self._opened(path, None, {}, min(self.timeout, SECONDS_TO_LIVE)):
                return True
        except (RaysysError, urllib.error.HTTPError, *LOST):
            return False

    def get(self, path: str) -> bytes:
        """The answer to a question without a body."""
        return self.call(path, None, "application/json")

    def call(self, path: str, body: bytes | None, media: str, *, method: str | None = None, **headers: str) -> bytes:
        """The answer to a question, whole; RaysysError where it is refused, or nothing answers."""
        with self.asked(path, body, {"Content-Type": media, **headers}, method) as answer:
            try:
                return bytes(answer.read())
            except LOST as error:
                raise RaysysError(f"{self.url} ended its answer too early ({error}); ask again") from None

    def save(self, path: str, target: Path, body: bytes | None = None, media: str = "application/json") -> None:
        """Write an answer to a file, a piece in memory at a time; the file appears when it is complete."""
        with self.asked(path, body, {"Content-Type": media}) as answer, written_aside(target) as aside:
            with aside.open("wb") as file:
                copied = _copy(answer, file)
            # A connection that is closed too early looks like an end.
            announced = answer.headers.get("Content-Length")
            if announced is not None and int(announced) != copied:
                raise RaysysError(f"{self.url} sent {copied} of {announced} bytes of {path}; ask again")

    @contextmanager
    def asked(
        self, path: str, body: bytes | None, headers: Mapping[str, str], method: str | None = None
    ) -> Iterator[http.client.HTTPResponse]:
        """The answer, still to be read; asked for again where that is safe and the first try was in vain."""
        for left in range(self.retries, -1, -1):
            try:
                answer = self._opened(path, body, headers, self.timeout, method)
            except urllib.error.HTTPError as error:
                if error.code not in AGAIN or not left:
                    raise RaysysError(f"{self.url} refused: {_message(error)}") from None
                time.sleep(self._wait(left, error.headers.get("Retry-After")))
            # Before OSError, which it is one of.
            except TimeoutError:
                raise RaysysError(
                    f"{self.url} has not answered within {self.timeout:g} s; ask for fewer pixels, or wait longer "
                    "with a larger timeout"
                ) from None
            except LOST as error:
                reason = getattr(error, "reason", error)
                if isinstance(reason, TimeoutError) or not (_is_lost(reason) and left):
                    raise self._silent(reason) from None
                time.sleep(self._wait(left, None))
            else:
                with answer:
                    yield answer
                return

    def _silent(self, reason: object) -> RaysysError:
        return RaysysError(f"no endpoint of raysys answers at {self.url} ({reason}); start one with raysys serve")

    def _wait(self, left: int, told: str | None) -> float:
        """Seconds until the next try: as many as the endpoint says, or twice those before."""
        if told is not None and told.isdigit():
            return min(LONGEST_WAIT, float(told))
        return min(LONGEST_WAIT, FIRST_WAIT * 2 ** (self.retries - left))

    def _opened(
        self, path: str, body: bytes | None, headers: Mapping[str, str], seconds: float, method: str | None = None
    ) -> http.client.HTTPResponse:
        # urllib opens file:// as well, which nobody means here.
        if not self.url.startswith(("http://", "https://")):
            raise RaysysError(f"{self.url}: an endpoint's address begins with http:// or https://")
        all_headers = dict(headers) | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        address = f"{self.url.rstrip('/')}/{path}"
        question = urllib.request.Request(address, data=body, headers=all_headers, method=method)
        found: http.client.HTTPResponse = urllib.request.urlopen(question, timeout=seconds)
        return found


LOST = (OSError, ValueError, http.client.HTTPException)


def _is_lost(reason: object) -> bool:
    """Whether there was a connection, which ended without an answer: where nothing listens nothing is waited for."""
    return isinstance(reason, ConnectionResetError | BrokenPipeError | http.client.RemoteDisconnected)


def _copy(source: IO[bytes] | http.client.HTTPResponse, target: IO[bytes]) -> int:
    copied = 0
    while chunk := source.read(CHUNK):
        target.write(chunk)
        copied += len(chunk)
    return copied


def form(fields: Fields, files: Mapping[str, bytes]) -> tuple[bytes, str]:
    """The multipart body of fields and files, and its media type; a list is a field that is repeated, None is none."""
    # Random, as it must stand in none of the files.
    mark = secrets.token_hex(16)
    parts = []
    for name, value in fields.items():
        for item in value if isinstance(value, list) else [] if value is None else [value]:
            parts.append((f'name="{name}"', str(item).encode()))
    parts += [(f'name="{name}"; filename="{name}"', content) for name, content in files.items()]
    head = f"--{mark}\r\nContent-Disposition: form-data; "
    body = b"".join(f"{head}{what}\r\n\r\n".encode() + content + b"\r\n" for what, content in parts)
    return body + f"--{mark}--\r\n".encode(), f"multipart/form-data; boundary={mark}"


def npy(images: np.ndarray) -> bytes:
    """An array as an upload."""
    stream = io.BytesIO()
    np.save(stream, images, allow_pickle=False)
    return stream.getvalue()


def array(content: bytes) -> Any:
    """The array of an .npy, or the arrays of an .npz by name; nothing is unpickled."""
    return np.load(io.BytesIO(content), allow_pickle=False)


def body_of(fields: Fields) -> bytes:
    """Fields as JSON; what is None is not sent: the endpoint's own default is meant."""
    return json.dumps({key: value for key, value in fields.items() if value is not None}, default=plain).encode()


def plain(value: object) -> object:
    """Arrays and numpy's numbers as JSON has them."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be sent to an endpoint")


def _message(error: urllib.error.HTTPError) -> str:
    try:
        # A proxy on the way answers in its own words, mostly HTML.
        return str(json.loads(error.read())["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP status {error.code}"
