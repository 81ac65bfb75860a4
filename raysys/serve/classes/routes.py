"""The routes of models that know classes: an upload in, one call to the replica that holds the model, an answer out."""

import asyncio
from typing import Annotated

from fastapi import FastAPI, Form, Response

from raysys.serve.catalogue import Catalogue
from raysys.serve.classes.answers import answer_classified, answer_segmented
from raysys.serve.classes.schemas import (
    ClassifyForm,
    ClassifyRequest,
    ClassifyResponse,
    SegmentForm,
    SegmentRequest,
    SegmentResponse,
)
from raysys.serve.encoding import BYTES
from raysys.serve.schemas import Problem

MULTIPART = Form(media_type="multipart/form-data")
LACKING = {"model": Problem, "description": "The model does something else; the message says what."}


def add_class_routes(app: FastAPI, catalogue: Catalogue) -> None:
    """Let uploads be segmented and classified."""

    @app.post(
        "/v1/models/{name}/segment",
        summary="The class of every pixel of an uploaded image",
        response_class=Response,
        responses={
            200: {"model": SegmentResponse, "content": BYTES, "description": "Label images as asked."},
            409: LACKING,
        },
    )
    async def segment_image(name: str, form: Annotated[SegmentForm, MULTIPART]) -> Response:
        request, upload = SegmentRequest(**form.model_dump(exclude={"image"})), await form.image.read()
        found = await catalogue.ask(name, "segment", upload, request)
        return await asyncio.to_thread(answer_segmented, name, request, found)

    @app.post(
        "/v1/models/{name}/classify",
        summary="The class of an uploaded image",
        responses={409: LACKING},
    )
    async def classify_image(name: str, form: Annotated[ClassifyForm, MULTIPART]) -> ClassifyResponse:
        request, upload = ClassifyRequest(**form.model_dump(exclude={"image"})), await form.image.read()
        found = await catalogue.ask(name, "classify", upload, request)
        return answer_classified(name, found)
