"""Drawn samples as HTTP answers: every format, and the headers that all of them carry."""

import numpy as np
from fastapi import Response

from raysys.serve.encoding import MEDIA_TYPES, as_base64_png, encode
from raysys.serve.sampler import Drawn
from raysys.serve.schemas import SampleRequest, SampleResponse, curves_of, scalars_of


def answer_samples(name: str, request: SampleRequest, drawn: Drawn) -> Response:
    """Encode samples as `request.format` asks; every format carries seed, model and phase fraction as headers."""
    headers = {
        "X-Raysys-Seed": str(drawn.seed),
        "X-Raysys-Model": name,
        "X-Raysys-Phase-Fraction": f"{np.mean(drawn.phase_fractions):.6f}",
    }
    if request.format == "json":
        body = _sample_body(name, request, drawn).model_dump_json()
        return Response(body, media_type="application/json", headers=headers)
    arrays = _arrays(drawn) if request.format == "npz" else {}
    file_name = f"{name}-{drawn.seed}.{request.format}"
    headers["Content-Disposition"] = f'inline; filename="{file_name}"'
    content = encode(drawn.images, request.format, **arrays)
    return Response(content, media_type=MEDIA_TYPES[request.format], headers=headers)


def _sample_body(name: str, request: SampleRequest, drawn: Drawn) -> SampleResponse:
    found = drawn.measured
    return SampleResponse(
        model=name,
        seed=drawn.seed,
        n=len(drawn.images),
        shape=list(drawn.images.shape[1:]),
        condition=drawn.condition,
        phase_fractions=drawn.phase_fractions,
        descriptors={} if found.characterisation is None else curves_of(found.characterisation),
        scalars={} if found.characterisation is None else scalars_of(found.characterisation),
        error=found.error,
        note=found.note,
        images=as_base64_png(drawn.images) if request.include_images else None,
    )


def _arrays(drawn: Drawn) -> dict[str, np.ndarray]:
    """What an npz holds beside the images: `seeds`, `phase_fractions`, `S2_r` and `S2_values` of curves, numbers."""
    arrays = {
        "seeds": np.arange(drawn.seed, drawn.seed + len(drawn.images), dtype=np.int64),
        "phase_fractions": np.array(drawn.phase_fractions),
    } | {f"asked_{name}": np.array(values) for name, values in (drawn.condition or {}).items()}
    found = drawn.measured.characterisation
    if found is None:
        return arrays
    for name, curve in found.curves.items():
        arrays[f"{name}_r"] = np.asarray(curve.r)
        arrays[f"{name}_values"] = curve.values
    return arrays | {name: scalar.values for name, scalar in found.scalars.items()}
