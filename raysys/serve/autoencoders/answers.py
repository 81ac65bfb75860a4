"""Latents, autoencodings and interpolations as HTTP answers: every format, and the headers that all carry."""

from typing import Any

import numpy as np
from fastapi import Response
from pydantic import BaseModel

from raysys.serve.answers import curve_arrays
from raysys.serve.autoencoders.coding import Autoencoded, Encoded, Interpolated
from raysys.serve.autoencoders.images import Given
from raysys.serve.autoencoders.schemas import (
    AutoencodeRequest,
    AutoencodeResponse,
    ChannelBody,
    EncodeRequest,
    EncodeResponse,
    InterpolateRequest,
    InterpolateResponse,
    MeasuredBody,
    StepsBody,
    UploadRequest,
    fractions,
)
from raysys.serve.encoding import MEDIA_TYPES, as_base64_png, as_npz
from raysys.serve.encoding import encode as encode_images
from raysys.serve.refused import RefusedError
from raysys.serve.schemas import numbers, scalars_of

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
    latents, shares = found.latents, fractions(found.given.images, found.given.form)
    headers = _headers(name, shares)
    channels = {"mean": latents.mean, "std": latents.std, "min": latents.min, "max": latents.max}
    # All axes but the channels'.
    over = (0, *range(2, latents.ndim))
    measured: Arrays = {key: work(axis=over) for key, work in channels.items()}
    training = {"training_mean": found.training_mean, "training_std": found.training_std}
    measured |= {key: values for key, values in training.items() if values is not None}
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
            ChannelBody(**dict.fromkeys(training) | {key: values[channel] for key, values in measured.items()})
            for channel in range(latents.shape[1])
        ],
        latents=latents.ravel().tolist(),
    )
    return _json(body, headers)


def answer_autoencoded(name: str, request: AutoencodeRequest, found: Autoencoded) -> Response:
    """Autoencodings as `request.format` asks; a few numbers of both are headers."""
    form = found.given.form
    originals = fractions(found.given.images, form)
    headers = _headers(name, fractions(found.images, form))
    if originals:
        headers["X-Raysys-Original-Phase-Fraction"] = f"{np.mean(originals):.6f}"
    for title, key in IN_HEADERS.items():
        values = found.spatial_errors.get(key)
        if values is not None and np.isfinite(values).all():
            headers[f"X-Raysys-{title}"] = f"{values.mean():.6g}"
    if request.format == "json":
        return _json(_autoencode_body(name, request, found), headers)
    arrays = _autoencode_arrays(found) if request.format == "npz" else {}
    content = encode_images(found.images, form, request.format, **arrays)
    return _file(content, name, "autoencoding", request.format, headers)


def answer_interpolated(name: str, request: InterpolateRequest, found: Interpolated) -> Response:
    """The images in order as `request.format` asks; their phase fractions are a header."""
    form = found.given[0].form
    shares = fractions(found.images, form)
    headers = _headers(name, shares)
    if shares:
        headers["X-Raysys-Phase-Fractions"] = ",".join(f"{share:.6f}" for share in shares)
    originals = [share for one in found.given for share in fractions(one.images, form)]
    if request.format != "json":
        arrays = {"phase_fractions": np.array(shares), "original_phase_fractions": np.array(originals)}
        arrays = arrays | curve_arrays(found.measured) if request.format == "npz" else {}
        content = encode_images(found.images, form, request.format, **arrays)
        return _file(content, name, "interpolation", request.format, headers)
    measured = found.measured
    body = InterpolateResponse(
        **_upload_facts(name, request, found.given[0]) | {"n": len(found.images)},
        original_phase_fractions=originals,
        phase_fractions=shares,
        descriptors={} if measured is None else {key: StepsBody.of(curve) for key, curve in measured.curves.items()},
        scalars={} if measured is None else scalars_of(measured),
        note=found.note,
        images=as_base64_png(found.images, form) if request.include_images else None,
    )
    return _json(body, headers)


def _autoencode_body(name: str, request: AutoencodeRequest, found: Autoencoded) -> AutoencodeResponse:
    originals, form, shown = found.given.images, found.given.form, request.include_images
    return AutoencodeResponse(
        **_upload_facts(name, request, found.given),
        original=MeasuredBody.of(originals, form, found.original),
        autoencoding=MeasuredBody.of(found.images, form, found.autoencoding),
        error=found.error,
        spatial_errors={key: numbers(values) for key, values in found.spatial_errors.items()},
        sharpness={key: numbers(values) for key, values in found.sharpness.items()},
        note=found.note,
        images=as_base64_png(found.images, form) if shown else None,
        originals=as_base64_png(originals, form) if shown else None,
    )


def _autoencode_arrays(found: Autoencoded) -> Arrays:
    """What an npz holds beside the images; an error under its own name, a curve as `S2_r` and `S2_values`."""
    arrays = {
        "originals": found.given.images,
        "phase_fractions": np.array(fractions(found.images, found.given.form)),
        "original_phase_fractions": np.array(fractions(found.given.images, found.given.form)),
    }
    arrays |= found.spatial_errors | found.sharpness | curve_arrays(found.autoencoding)
    return arrays | {f"original_{key}": values for key, values in curve_arrays(found.original).items()}


def _upload_facts(name: str, request: UploadRequest, given: Given) -> dict[str, Any]:
    """The fields of `UploadBody`."""
    return {
        "model": name,
        "n": len(given.images),
        "shape": list(given.shape),
        "uploaded_shape": list(given.uploaded_shape),
        "phase": request.phase or "bright",
        "threshold": given.threshold,
    }


def _headers(name: str, shares: list[float]) -> dict[str, str]:
    fraction = {"X-Raysys-Phase-Fraction": f"{np.mean(shares):.6f}"} if shares else {}
    return {"X-Raysys-Model": name, **fraction}


def _json(body: BaseModel, headers: dict[str, str]) -> Response:
    return Response(body.model_dump_json(), media_type="application/json", headers=headers)


def _file(content: bytes, name: str, what: str, format_: str, headers: dict[str, str]) -> Response:
    headers = headers | {"Content-Disposition": f'inline; filename="{name}-{what}.{format_}"'}
    return Response(content, media_type=MEDIA_TYPES[format_], headers=headers)
