"""Asking an endpoint of `raysys serve` from Python: arrays in, arrays out, and its refusals as one sentence.

The only HTTP client of raysys. It needs numpy and the standard library, and neither Ray, torch nor MLflow, so that a
notebook elsewhere can use it:

    endpoint = Endpoint("http://127.0.0.1:8000")
    images = endpoint.sample("gravel", 4, seed=7, size=256)
"""

from __future__ import annotations

import io
import json
import secrets
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from raysys.errors import RaysysError
from raysys.serve.connection import Connection, Fields, array, body_of, form, npy, plain
from raysys.serve.jobs.client import RemoteJob

SUFFIXES = (".png", ".tif", ".npy", ".npz", ".json")
Size = int | Sequence[int] | None


@dataclass(frozen=True)
class Endpoint(Connection):
    """An endpoint of `raysys serve`; see `Connection` for its parameters: url, token, timeout, retries.

    Every method raises RaysysError if nothing answers at the address, or if the endpoint refuses; the endpoint's own
    sentence is passed on, and says what is allowed.
    """

    def health(self) -> bool:
        """Whether the endpoint's process answers."""
        return self.alive("healthz")

    def ready(self) -> bool:
        """Whether every model is loaded and answers."""
        return self.alive("readyz")

    def models(self) -> list[dict[str, Any]]:
        """What is served: of each model its `name`, its `abilities`, the form of its images and what it can be asked.

        The fields are those of `GET /v1/models`.
        """
        found: list[dict[str, Any]] = json.loads(self.get("v1/models"))["models"]
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
        request |= {"periodic": periodic, "grey": grey, "raw": raw, "format": "npy"}
        images: np.ndarray = array(self.ask(name, "samples", body=body_of(request)))
        return images

    def save_sample(self, path: str | Path, name: str, n: int = 1, *, seed: int = 0, **request: object) -> Path:
        """Write images to a .png, .tif, .npy, .npz or .json, as they come: memory does not grow with them.

        `request` are the fields of a request for samples, such as `size`, `condition` or `descriptors`.
        """
        target = Path(path)
        if target.suffix.lower() not in SUFFIXES:
            raise RaysysError(f"{target}: unknown format; allowed: {', '.join(SUFFIXES)}")
        body = body_of({"n": n, "seed": seed, **request, "format": target.suffix.lower()[1:]})
        self.save(f"{_path(name)}/samples", target, body)
        return target

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
            asked["condition"] = json.dumps(condition, default=plain)
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
        body, media = form(fields | {"r_max": r_max}, {"image": npy(images)})
        measured: dict[str, Any] = json.loads(self.call("v1/descriptors", body, media))
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
        body, media = form({"format": "npy"}, {"image": npy(images)})
        labels: np.ndarray = array(self.ask(name, "segment", body=body, media=media))
        return labels

    def classify(self, name: str, images: np.ndarray) -> np.ndarray:
        """How likely each class is, float64 (N, classes), of images (N, H, W), uint8 in {0, 1} or floats in [0, 1].

        `model` tells the names of the classes.
        """
        body, media = form({"values": _said(images)}, {"image": npy(images)})
        return np.array(json.loads(self.ask(name, "classify", body=body, media=media))["probabilities"])

    def codes(self, name: str, images: np.ndarray) -> np.ndarray:
        """Codes float32 (N, values) of examples (N, *spatial), of models that know textures by codes."""
        body, media = form({}, {"image": npy(images)})
        return np.array(json.loads(self.ask(name, "codes", body=body, media=media))["codes"], np.float32)

    def between(
        self, name: str, first: object, second: object, steps: int = 8, *, seed: int = 0, size: Size = None
    ) -> np.ndarray:
        """Images (steps, *size) of one seed on the way between two conditions, each a value, a code or a name."""
        request = {"first": first, "second": second, "steps": steps, "seed": seed, "size": size, "format": "npy"}
        images: np.ndarray = array(self.ask(name, "between", body=body_of(request)))
        return images

    def follow(self, name: str, drawn: np.ndarray, n: int = 1, *, seed: int = 0, size: Size = None) -> np.ndarray:
        """Images that follow a map (H, W) or (channels, H, W) of what is asked for; of the map's size by default."""
        sides = None if size is None else "x".join(map(str, np.atleast_1d(size)))
        fields = {"n": n, "seed": seed, "size": sides, "format": "npy"}
        body, media = form(fields, {"map": npy(drawn)})
        images: np.ndarray = array(self.ask(name, "follow", body=body, media=media))
        return images

    def reconstruct(self, given: np.ndarray | str | Path, **fields: object) -> RemoteJob:
        """Begin reconstructions of images (N, H, W), or of a file: an image, or a characterisation of `raysys stats`.

        `fields` are those of `POST /v1/reconstructions`: target, shape, chains, seed, ...
        """
        content = npy(given) if isinstance(given, np.ndarray) else Path(given).read_bytes()
        saved = not isinstance(given, np.ndarray) and Path(given).suffix.lower() == ".npz"
        return self._begin("reconstructions", *form(fields, {"characterisation" if saved else "image": content}))

    def synthesise(
        self, exemplar: np.ndarray | str | Path, *, maps: Mapping[str, str | Path] = {}, **fields: object
    ) -> RemoteJob:
        """Begin pictures of the texture of an exemplar, an array or a file.

        `maps` are files by the names that `POST /v1/syntheses` gives them, such as progression; `fields` its others:
        size, method, preset, variations, seed, tile, kind.
        """
        content = npy(exemplar) if isinstance(exemplar, np.ndarray) else Path(exemplar).read_bytes()
        files = {"exemplar": content} | {name: Path(path).read_bytes() for name, path in (maps or {}).items()}
        return self._begin("syntheses", *form(fields, files))

    def sample_large(self, name: str, **fields: object) -> RemoteJob:
        """Begin samples larger than a request may have; `fields` are n, seed, size, condition, ..., and format."""
        return self._begin("jobs/samples", body_of({"model": name, **fields}), "application/json")

    def jobs(self) -> list[RemoteJob]:
        """One's own jobs, the newest first."""
        return [RemoteJob(self, facts) for facts in json.loads(self.get("v1/jobs"))["jobs"]]

    def job(self, number: str) -> RemoteJob:
        """A job by its id."""
        return RemoteJob(self, json.loads(self.get(f"v1/jobs/{urllib.parse.quote(number, safe='')}")))

    def _begin(self, route: str, body: bytes, media: str) -> RemoteJob:
        # With a key, so that a request that is sent again is not another job.
        key = {"Idempotency-Key": secrets.token_hex(16)}
        return RemoteJob(self, json.loads(self.call(f"v1/{route}", body, media, **key)))

    def ask(self, name: str, what: str = "", *, body: bytes | None = None, media: str = "application/json") -> bytes:
        """The answer of `/v1/models/NAME/WHAT` as it comes; GET without a body."""
        path = f"{_path(name)}{what and f'/{what}'}"
        return self.get(path) if body is None else self.call(path, body, media)

    def _upload(self, name: str, route: str, fields: Fields, **images: np.ndarray) -> Any:
        files = {key: npy(image) for key, image in images.items()}
        body, media = form({**fields, "values": _said(*images.values())}, files)
        return array(self.ask(name, route, body=body, media=media))


def _path(name: str) -> str:
    return f"v1/models/{urllib.parse.quote(name, safe='')}"


def _said(*images: np.ndarray) -> str:
    """What the values of images are: by default an endpoint gives a model what it was trained on, and segments grey."""
    return "grey" if any(image.dtype.kind == "f" for image in images) else "binary"
