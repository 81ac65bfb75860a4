"""Latents, reconstructions and interpolations as HTTP answers: every format, and the headers that all carry."""

from typing import Any

import numpy as np
from fastapi import Response
from pydantic import BaseModel

from raysys.serve.autoencoders.images import Given
from raysys.serve.autoencoders.reconstruction import Encoded, Interpolated, Reconstructed
from raysys.serve.autoencoders.schemas import (
    ChannelBody,
    EncodeRequest,
    EncodeResponse,
    InterpolateRequest,
    InterpolateResponse,
    MeasuredBody,
    ReconstructRequest,
    ReconstructResponse,
    StepsBody,
    UploadRequest,
    fractions,
)
from raysys.serve.encoding import MEDIA_TYPES, as_base64_png, as_npz
from raysys.serve.encoding import encode as encode_images
from raysys.serve.problems import RefusedError
from raysys.serve.schemas import numbers, scalars_of
from raysys.stats import Characterisation

MAX_JSON_LATENTS = 2**18  # numbers; as text about 5 MB
IN_HEADERS = {"S2-Relative-Error": "s2_relative", "Pixel-Error": "pixel_error"}

Arrays = dict[str, np.ndarray]


def answer_encoded(name: str, request: EncodeRequest, found: Encoded) -> Response:
    """Latents as json or npz.

    Raises
    ------
    RefusedError
        If there are too many of them for json.
    """
    latents, shares = found.latents, fractions(found.given.images)
    headers = _headers(name, shares)
    channels = {"mean": latents.mean, "std": latents.std, "min": latents.min, "max": latents.max}
    over = (0, *range(2, latents.ndim))
    measured: Arrays = {key: work(axis=over) for key, work in channels.items()}
    measured |= {"training_mean": found.training_mean, "training_std": found.training_std}
    if request.format == "npz":
        arrays = {f"channel_{key}": values for key, values in measured.items()}
        content = as_npz(latents=latents, phase_fractions=np.array(shares), **arrays)
        return _file(content, name, "latents", "npz", headers)
    if latents.size > MAX_JSON_LATENTS:
        raise RefusedError(
            f"these are {latents.size} latent values; allowed in json: up to {MAX_JSON_LATENTS}, so ask for format npz"
        )
    body = EncodeResponse(
        **_upload_facts(name, request, found.given),
        phase_fractions=shares,
        cell=found.cell,
        latent_shape=list(latents.shape[1:]),
        channels=[
            ChannelBody(**{key: values[channel] for key, values in measured.items()})
            for channel in range(latents.shape[1])
        ],
        latents=latents.ravel().tolist(),
    )
    return _json(body, headers)


def answer_reconstructed(name: str, request: ReconstructRequest, found: Reconstructed) -> Response:
    """Reconstructions as `request.format` asks; a few numbers of both are headers."""
    shares = fractions(found.images)
    headers = _headers(name, shares)
    headers["X-Raysys-Original-Phase-Fraction"] = f"{np.mean(fractions(found.given.images)):.6f}"
    for title, key in IN_HEADERS.items():
        values = found.spatial_errors.get(key)
        if values is not None and np.isfinite(values).all():
            headers[f"X-Raysys-{title}"] = f"{values.mean():.6g}"
    if request.format == "json":
        return _json(_reconstruct_body(name, request, found), headers)
    arrays = _reconstruct_arrays(found) if request.format == "npz" else {}
    content = encode_images(found.images, request.format, **arrays)
    return _file(content, name, "reconstruction", request.format, headers)


def answer_interpolated(name: str, request: InterpolateRequest, found: Interpolated) -> Response:
    """The images in order as `request.format` asks; their phase fractions are a header."""
    shares = fractions(found.images)
    headers = _headers(name, shares) | {"X-Raysys-Phase-Fractions": ",".join(f"{share:.6f}" for share in shares)}
    originals = [share for one in found.given for share in fractions(one.images)]
    if request.format != "json":
        arrays = {"phase_fractions": np.array(shares), "original_phase_fractions": np.array(originals)}
        arrays = arrays | _curves(found.measured) if request.format == "npz" else {}
        content = encode_images(found.images, request.format, **arrays)
        return _file(content, name, "interpolation", request.format, headers)
    measured = found.measured
    body = InterpolateResponse(
        **_upload_facts(name, request, found.given[0]) | {"n": len(found.images)},
        original_phase_fractions=originals,
        phase_fractions=shares,
        descriptors={} if measured is None else {key: StepsBody.of(curve) for key, curve in measured.curves.items()},
        scalars={} if measured is None else scalars_of(measured),
        note=found.note,
        images=as_base64_png(found.images) if request.include_images else None,
    )
    return _json(body, headers)


def _reconstruct_body(name: str, request: ReconstructRequest, found: Reconstructed) -> ReconstructResponse:
    originals, shown = found.given.images, request.include_images
    return ReconstructResponse(
        **_upload_facts(name, request, found.given),
        original=MeasuredBody.of(originals, found.original),
        reconstruction=MeasuredBody.of(found.images, found.reconstruction),
        error=found.error,
        spatial_errors={key: numbers(values) for key, values in found.spatial_errors.items()},
        sharpness={key: numbers(values) for key, values in found.sharpness.items()},
        note=found.note,
        images=as_base64_png(found.images) if shown else None,
        originals=as_base64_png(originals) if shown else None,
    )


def _reconstruct_arrays(found: Reconstructed) -> Arrays:
    """What an npz holds beside the images; an error under its own name, a curve as `S2_r` and `S2_values`."""
    arrays = {
        "originals": found.given.images,
        "phase_fractions": np.array(fractions(found.images)),
        "original_phase_fractions": np.array(fractions(found.given.images)),
    }
    arrays |= found.spatial_errors | found.sharpness | _curves(found.reconstruction)
    return arrays | {f"original_{key}": values for key, values in _curves(found.original).items()}


def _curves(measured: Characterisation | None) -> Arrays:
    if measured is None:
        return {}
    arrays = {name: scalar.values for name, scalar in measured.scalars.items()}
    for name, curve in measured.curves.items():
        arrays |= {f"{name}_r": np.asarray(curve.r), f"{name}_values": curve.values}
    return arrays


def _upload_facts(name: str, request: UploadRequest, given: Given) -> dict[str, Any]:
    """The fields of `UploadBody`."""
    return {
        "model": name,
        "n": len(given.images),
        "shape": list(given.images.shape[1:]),
        "uploaded_shape": list(given.uploaded_shape),
        "phase": request.phase,
        "threshold": given.threshold,
    }


def _headers(name: str, shares: list[float]) -> dict[str, str]:
    return {"X-Raysys-Model": name, "X-Raysys-Phase-Fraction": f"{np.mean(shares):.6f}"}


def _json(body: BaseModel, headers: dict[str, str]) -> Response:
    return Response(body.model_dump_json(), media_type="application/json", headers=headers)


def _file(content: bytes, name: str, what: str, format_: str, headers: dict[str, str]) -> Response:
    headers = headers | {"Content-Disposition": f'inline; filename="{name}-{what}.{format_}"'}
    return Response(content, media_type=MEDIA_TYPES[format_], headers=headers)
