"""Asking an endpoint of `raysys serve`: requests out, bytes back, and its refusals as one sentence."""

from __future__ import annotations

import json
import secrets
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass

from raysys.errors import RaysysError

SECONDS_TO_ANSWER = 300


@dataclass(frozen=True)
class Endpoint:
    """An endpoint's address and its bearer token."""

    url: str
    token: str | None = None

    def ask(self, name: str, what: str = "", *, body: bytes | None = None, media: str = "application/json") -> bytes:
        """The answer of `/v1/models/NAME/WHAT`; GET without a body.

        Raises
        ------
        RaysysError
            If nothing answers, or the endpoint refuses; its own sentence is passed on.
        """
        if not self.url.startswith(("http://", "https://")):
            raise RaysysError(f"--url {self.url}: an endpoint's address begins with http:// or https://")
        headers = {"Content-Type": media} | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        address = f"{self.url.rstrip('/')}/v1/models/{urllib.parse.quote(name, safe='')}{what and f'/{what}'}"
        question = urllib.request.Request(address, data=body, headers=headers)
        try:
            with urllib.request.urlopen(question, timeout=SECONDS_TO_ANSWER) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            raise RaysysError(f"{self.url} refused: {_message(error)}") from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise RaysysError(
                f"no endpoint of raysys answers at {self.url} ({reason}); start one with raysys serve"
            ) from None


def form(fields: dict[str, object], files: dict[str, bytes]) -> tuple[bytes, str]:
    """The multipart body of fields and files, and its media type."""
    mark = secrets.token_hex(16)
    parts = [(f'name="{name}"', str(value).encode()) for name, value in fields.items()]
    parts += [(f'name="{name}"; filename="{name}"', content) for name, content in files.items()]
    head = f"--{mark}\r\nContent-Disposition: form-data; "
    body = b"".join(f"{head}{what}\r\n\r\n".encode() + content + b"\r\n" for what, content in parts)
    return body + f"--{mark}--\r\n".encode(), f"multipart/form-data; boundary={mark}"


def _message(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(error.read())["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP status {error.code}"
