"""Asking an endpoint of `raysys serve` from Python: arrays in, arrays out, and its refusals as one sentence.

The only HTTP client of raysys. It needs numpy and the standard library, and neither Ray, torch nor MLflow, so that a
notebook elsewhere can use it:

    endpoint = Endpoint("http://127.0.0.1:8000")
    images = endpoint.sample("gravel", 4, seed=7, size=256)
"""

from __future__ import annotations

import http.client
import io
import json
import secrets
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from raysys.errors import RaysysError

# An endpoint gives up after `Limits.timeout_s`, 120 s by default, and says so: that sentence should be the one heard.
SECONDS_TO_ANSWER = 300.0
SECONDS_TO_LIVE = 10.0  # a probe that takes longer is an answer too

Fields = Mapping[str, object]


@dataclass(frozen=True)
class Endpoint:
    """An endpoint of `raysys serve`.

    Every method raises RaysysError if nothing answers at the address, or if the endpoint refuses; the endpoint's own
    sentence is passed on, and says what is allowed.

    Attributes
    ----------
    url
        Where it listens, such as `http://127.0.0.1:8000`.
    token
        The bearer token, where it asks for one.
    timeout
        Seconds until an answer is given up.
    """

    url: str
    token: str | None = None
    timeout: float = SECONDS_TO_ANSWER

    def health(self) -> bool:
        """Whether the endpoint's process answers."""
        return self._alive("healthz")

    def ready(self) -> bool:
        """Whether every model is loaded and answers."""
        return self._alive("readyz")

    def models(self) -> list[dict[str, Any]]:
        """What is served: of each model its `name`, its `abilities`, the form of its images and what it can be asked.

        The fields are those of `GET /v1/models`.
        """
        found: list[dict[str, Any]] = json.loads(self._get("v1/models"))["models"]
        return found

    def model(self, name: str) -> dict[str, Any]:
        """One model: the fields of `models`, its card, and the statistics of its reference images."""
        facts: dict[str, Any] = json.loads(self.ask(name))
        return facts

    def sample(
        self,
        name: str,
        n: int = 1,
        *,
        seed: int = 0,
        size: int | Sequence[int] | None = None,
        origin: Sequence[int] | None = None,
        condition: object = None,
        periodic: bool = False,
        grey: bool = False,
        raw: bool = False,
    ) -> np.ndarray:
        """Draw images, bit for bit those of `raysys.models.load(...).sample` with the same arguments.

        Parameters
        ----------
        name
            Under which the model is served.
        n, seed, size, origin, condition, periodic, grey, raw
            As of `raysys.models.GenerativeModel.sample`; a condition is written {name: value}.

        Returns
        -------
        (n, *size) uint8 for binary and label images, float32 in [0, 1] for grey ones; (n, *size, 3) for colour
        """
        request = {"n": n, "seed": seed, "size": size, "origin": origin, "condition": condition}
        request |= {"periodic": periodic, "grey": grey, "raw": raw}
        # What is None is not sent: the endpoint's own default is meant.
        body = {key: value for key, value in request.items() if value is not None} | {"format": "npy"}
        images: np.ndarray = _array(self.ask(name, "samples", body=json.dumps(body, default=_plain).encode()))
        return images

    def tile(self, name: str, z: int, x: int, y: int, *, seed: int = 0, condition: object = None) -> np.ndarray:
        """One tile of the endless image of a seed as it is shown, uint8 (256, 256), or (256, 256, 3) for colour.

        Parameters
        ----------
        name
            Under which the model is served.
        z, x, y
            Zoom, 3 for every pixel and one less for twice the length; tiles to the right and down from the origin.
        seed, condition
            As of `sample`. Tiles of label images hold the numbers of the phases, others 0 to 255.
        """
        from PIL import Image  # only here, so that whoever asks for arrays needs no Pillow

        asked: dict[str, object] = {"seed": seed}
        if condition is not None:
            asked["condition"] = json.dumps(condition, default=_plain)
        content = self.ask(name, f"tiles/{z}/{x}/{y}.png?{urllib.parse.urlencode(asked)}")
        return np.asarray(Image.open(io.BytesIO(content)))

    def descriptors(
        self,
        images: np.ndarray,
        descriptors: Sequence[str] = ("S2", "L"),
        *,
        phase: str | int | None = None,
        threshold: float | None = None,
        boundary: str = "open",
        r_max: int | None = None,
    ) -> dict[str, Any]:
        """Measure images.

        Parameters
        ----------
        images
            (N, H, W), of two values or grey, which are segmented; or labels.
        descriptors
            Names as of `raysys.stats.characterise`.
        phase, threshold
            Which side is the phase of interest, bright by default, and the value above which a pixel is bright, Otsu's
            by default; or the number of a phase of labels. Images of a few values need a phase.
        boundary, r_max
            As of `raysys.stats.characterise`.

        Returns
        -------
        The fields of `POST /v1/descriptors`; under `descriptors` the curves by name, each with float64 arrays `r`,
        `mean`, `low` and `high`, NaN where not sampled
        """
        fields = {"descriptors": list(descriptors), "phase": phase, "threshold": threshold, "boundary": boundary}
        body, media = form(fields | {"r_max": r_max}, {"image": _npy(images)})
        measured: dict[str, Any] = json.loads(self._call("v1/descriptors", body, media))
        for curve in measured["descriptors"].values():
            curve |= {key: np.array(curve[key], float) for key in ("r", "mean", "low", "high")}
        return measured

    def encode(self, name: str, images: np.ndarray) -> np.ndarray:
        """Latents float32 (N, channels, *points) of images (N, *spatial), whose values are taken as they are."""
        latents: np.ndarray = self._upload(name, "encode", {"format": "npz"}, image=images)["latents"]
        return latents

    def autoencode(self, name: str, images: np.ndarray, *, grey: bool = False) -> np.ndarray:
        """Images decoded from their own latents; `grey` returns the values before a binary model's threshold."""
        found: np.ndarray = self._upload(name, "autoencode", {"format": "npy", "grey": grey}, image=images)
        return found

    def interpolate(
        self, name: str, first: np.ndarray, second: np.ndarray, steps: int = 8, *, grey: bool = False
    ) -> np.ndarray:
        """Images (steps, *spatial) on the way between the latents of two images (*spatial), both ends included."""
        fields = {"format": "npy", "grey": grey, "steps": steps}
        found: np.ndarray = self._upload(name, "interpolate", fields, first=first[None], second=second[None])
        return found

    def segment(self, name: str, images: np.ndarray) -> np.ndarray:
        """Class numbers uint8 (N, H, W) of every pixel of images (N, H, W), stored values of any type."""
        body, media = form({"format": "npy"}, {"image": _npy(images)})
        labels: np.ndarray = _array(self.ask(name, "segment", body=body, media=media))
        return labels

    def classify(self, name: str, images: np.ndarray) -> np.ndarray:
        """How likely each class is, float64 (N, classes), of images (N, H, W), uint8 in {0, 1} or floats in [0, 1].

        `model` tells the names of the classes.
        """
        body, media = form({"values": _said(images)}, {"image": _npy(images)})
        return np.array(json.loads(self.ask(name, "classify", body=body, media=media))["probabilities"])

    def ask(self, name: str, what: str = "", *, body: bytes | None = None, media: str = "application/json") -> bytes:
        """The answer of `/v1/models/NAME/WHAT` as it comes; GET without a body."""
        path = f"v1/models/{urllib.parse.quote(name, safe='')}{what and f'/{what}'}"
        return self._get(path) if body is None else self._call(path, body, media)

    def _upload(self, name: str, route: str, fields: Fields, **images: np.ndarray) -> Any:
        files = {key: _npy(image) for key, image in images.items()}
        body, media = form({**fields, "values": _said(*images.values())}, files)
        return _array(self.ask(name, route, body=body, media=media))

    def _alive(self, path: str) -> bool:
        try:
            self._call(path, None, "", seconds=min(self.timeout, SECONDS_TO_LIVE))
        except RaysysError:
            return False
        return True

    def _get(self, path: str) -> bytes:
        return self._call(path, None, "application/json")

    def _call(self, path: str, body: bytes | None, media: str, seconds: float | None = None) -> bytes:
        # urllib opens file:// as well, which nobody means here.
        if not self.url.startswith(("http://", "https://")):
            raise RaysysError(f"{self.url}: an endpoint's address begins with http:// or https://")
        headers = {"Content-Type": media} | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        question = urllib.request.Request(f"{self.url.rstrip('/')}/{path}", data=body, headers=headers)
        try:
            with urllib.request.urlopen(question, timeout=seconds or self.timeout) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            raise RaysysError(f"{self.url} refused: {_message(error)}") from None
        # Before OSError, which it is one of.
        except TimeoutError:
            raise RaysysError(
                f"{self.url} has not answered within {seconds or self.timeout:g} s; ask for fewer pixels, or wait "
                "longer with a larger timeout"
            ) from None
        except (OSError, ValueError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise RaysysError(
                f"no endpoint of raysys answers at {self.url} ({reason}); start one with raysys serve"
            ) from None


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


def _npy(images: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, images, allow_pickle=False)
    return stream.getvalue()


def _said(*images: np.ndarray) -> str:
    """What the values of images are: by default an endpoint gives a model what it was trained on, and segments grey."""
    return "grey" if any(image.dtype.kind == "f" for image in images) else "binary"


def _array(content: bytes) -> Any:
    """The array of an .npy, or the arrays of an .npz by name; nothing is unpickled."""
    return np.load(io.BytesIO(content), allow_pickle=False)


def _plain(value: object) -> object:
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
