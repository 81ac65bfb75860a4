"""Drawn samples as HTTP answers: every format, and the headers that all of them carry."""

import json
from typing import Any

import numpy as np
from fastapi import Response

from raysys.serve.drawing import Drawn
from raysys.serve.encoding import MEDIA_TYPES, as_base64_png, encode
from raysys.serve.measuring import PhaseNumbers
from raysys.serve.schemas import PhaseBody, SampleRequest, SampleResponse, curves_of, scalars_of
from raysys.stats import Characterisation

MOST_TAGS = 32
SUFFIXES = {"zarr": "zarr.zip"}


def answer_samples(name: str, request: SampleRequest, drawn: Drawn) -> Response:
    """Encode samples as `request.format` asks; every format carries seed, model and phase fractions as headers."""
    headers = {**sample_headers(name, drawn), **_fraction_headers(drawn)}
    if request.format == "json":
        body = _sample_body(name, request, drawn).model_dump_json()
        return Response(body, media_type="application/json", headers=headers)
    arrays = _arrays(drawn) if request.format == "npz" else {}
    file_name = f"{name}-{drawn.seed}.{SUFFIXES.get(request.format, request.format)}"
    # A browser shows it, and still knows the name when it is saved.
    headers["Content-Disposition"] = f'inline; filename="{file_name}"'
    facts = {"model": name, "seeds": list(drawn.seeds), "condition": drawn.condition}
    facts |= {} if drawn.tries is None else {"tries": drawn.tries}
    content = encode(
        drawn.images, drawn.form, request.format, request.slice, spacing=drawn.spacing, facts=facts, **arrays
    )
    return Response(content, media_type=MEDIA_TYPES[request.format], headers=headers)


def sample_headers(name: str, drawn: Drawn) -> dict[str, str]:
    """What answers of all formats say: model, seeds, and the tag by which a caller can ask whether it has changed."""
    headers = {"X-Raysys-Seed": str(drawn.seed), "X-Raysys-Model": name}
    if drawn.tries is not None:
        headers |= {"X-Raysys-Seeds": ",".join(map(str, drawn.seeds)), "X-Raysys-Tries": str(drawn.tries)}
    return headers | cache_headers(drawn.etag)


def cache_headers(etag: str | None) -> dict[str, str]:
    """An answer with a tag may be kept, if it is asked about before each use: a swap puts another model there."""
    return {"Cache-Control": "no-store"} if etag is None else {"ETag": etag, "Cache-Control": "private, no-cache"}


def unchanged(etag: str) -> Response:
    """What a caller with the right bytes is answered."""
    return Response(status_code=304, headers=cache_headers(etag))


def known_tags(header: str | None) -> tuple[str, ...]:
    """The tags of `If-None-Match`; a weak one is of the same answer, compressed on its way."""
    return tuple(tag.strip().removeprefix("W/") for tag in (header or "").split(",") if tag.strip())[:MOST_TAGS]


def _fraction_headers(drawn: Drawn) -> dict[str, str]:
    means = {name: f"{np.mean(found.fractions):.6f}" for name, found in drawn.phases.items()}
    if "phase" in means and drawn.form.kind != "labels":
        return {"X-Raysys-Phase-Fraction": means["phase"]}
    # In the order of the phases, without their names: a header has Latin letters only.
    return {"X-Raysys-Phase-Fractions": ",".join(means.values())} if means else {}


def _sample_body(name: str, request: SampleRequest, drawn: Drawn) -> SampleResponse:
    bodies = {phase: _phase_fields(found) for phase, found in drawn.phases.items()}
    labels = drawn.form.kind == "labels"
    # Where there is one phase its numbers stand at the top of the answer, and not below a name.
    whole = {} if labels else bodies.get("phase", {})
    return SampleResponse(
        **{
            "phase_fractions": [],
            "descriptors": {},
            "scalars": {},
            "error": {},
            "model": name,
            "seed": drawn.seed,
            "n": len(drawn.images),
            "kind": drawn.form.kind,
            "shape": list(drawn.form.shape),
            "condition": drawn.condition,
            "notices": list(drawn.notices),
            "seeds": list(drawn.seeds),
            "tries": drawn.tries,
            "phases": {phase: PhaseBody(**body) for phase, body in bodies.items()} if labels else {},
            "images": as_base64_png(drawn.images, drawn.form, request.slice) if request.include_images else None,
            **whole,
        }
    )


def _phase_fields(found: PhaseNumbers) -> dict[str, Any]:
    """The fields of `PhaseBody`, which an answer about binary or grey images has itself."""
    measured = found.measured.characterisation
    return {
        "phase_fractions": found.fractions,
        "descriptors": {} if measured is None else curves_of(measured),
        "scalars": {} if measured is None else scalars_of(measured),
        "error": found.measured.error,
        "places": found.measured.places,
        "note": found.measured.note,
    }


def _arrays(drawn: Drawn) -> dict[str, np.ndarray]:
    """What an npz holds beside the images: `seeds`, `phase_fractions`, `S2_r` and `S2_values` of curves, numbers.

    Of label images `phase_fractions` is (n, phases), and the others begin with the phase's number, as in `phase0_S2_r`.
    """
    arrays = {"seeds": np.array(drawn.seeds, np.int64)}
    # With a prefix, since a condition may be called as a descriptor or as `images`.
    arrays |= {f"asked_{name}": _asked(values) for name, values in (drawn.condition or {}).items()}
    fractions = [found.fractions for found in drawn.phases.values()]
    if drawn.form.kind != "labels":
        for found in drawn.phases.values():
            arrays |= {"phase_fractions": np.array(found.fractions)} | _measured_arrays(found)
        return arrays
    arrays |= {"phase_fractions": np.array(fractions).T, "phases": np.array(drawn.form.phases)}
    for number, found in enumerate(drawn.phases.values()):
        arrays |= {f"phase{number}_{name}": values for name, values in _measured_arrays(found).items()}
    return arrays


def _measured_arrays(found: PhaseNumbers) -> dict[str, np.ndarray]:
    """Curves and numbers, and `S2_place` (n,)."""
    placed = {f"{name}_place": np.array(values, float) for name, values in found.measured.places.items()}
    return curve_arrays(found.measured.characterisation) | placed


def curve_arrays(measured: Characterisation | None) -> dict[str, np.ndarray]:
    """Curves and numbers of a set as an npz holds them: `S2_r` (R,), `S2_values` (n, R), and numbers (n,)."""
    if measured is None:
        return {}
    arrays = {name: scalar.values for name, scalar in measured.scalars.items()}
    for name, curve in measured.curves.items():
        arrays |= {f"{name}_r": np.asarray(curve.r), f"{name}_values": curve.values}
    return arrays


def _asked(values: list[Any]) -> np.ndarray:
    """What was asked of each image; what varies over space is no array of numbers, and is told as the JSON it was."""
    plain = not any(isinstance(value, dict) for value in values)
    return np.array(values if plain else json.dumps(values))
