"""Segmentations and classifications as HTTP answers."""

import numpy as np
from fastapi import Response

from raysys.form import Form
from raysys.serve.classes.recognition import Classified, Segmented
from raysys.serve.classes.schemas import ClassifyResponse, SegmentRequest, SegmentResponse
from raysys.serve.encoding import MEDIA_TYPES, as_base64_png, encode
from raysys.serve.schemas import phase_summaries


def answer_segmented(name: str, request: SegmentRequest, found: Segmented) -> Response:
    """Label images as `request.format` asks; the classes' mean shares are a header, in the order of their numbers."""
    form = Form("labels", found.labels.shape[1:], found.classes)
    shares = found.shares
    headers = {
        "X-Raysys-Model": name,
        "X-Raysys-Phase-Fractions": ",".join(f"{share:.6f}" for share in shares.mean(axis=0)),
    }
    if request.format == "json":
        body = SegmentResponse(
            model=name,
            n=len(found.labels),
            shape=list(form.shape),
            classes=phase_summaries(found.classes),
            shares=shares.tolist(),
            images=as_base64_png(found.labels, form) if request.include_images else None,
        )
        return Response(body.model_dump_json(), media_type="application/json", headers=headers)
    arrays = {"shares": shares, "classes": np.array(found.classes)} if request.format == "npz" else {}
    headers["Content-Disposition"] = f'inline; filename="{name}-segmentation.{request.format}"'
    content = encode(found.labels, form, request.format, **arrays)
    return Response(content, media_type=MEDIA_TYPES[request.format], headers=headers)


def answer_classified(name: str, found: Classified) -> ClassifyResponse:
    """Names and probabilities."""
    return ClassifyResponse(
        model=name,
        n=len(found.probabilities),
        shape=list(found.shape),
        threshold=found.threshold,
        classes=list(found.classes),
        likeliest=[found.classes[number] for number in found.probabilities.argmax(1)],
        probabilities=found.probabilities.tolist(),
    )
