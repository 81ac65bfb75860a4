"""The routes of conditional models."""

import asyncio
from typing import Annotated

import numpy as np
from fastapi import FastAPI, Form, Response

from raysys.serve.answers import answer_samples
from raysys.serve.catalogue import Catalogue
from raysys.serve.conditions.schemas import (
    BetweenRequest,
    BetweenResponse,
    CodesForm,
    CodesRequest,
    CodesResponse,
    FollowForm,
    NearestBody,
)
from raysys.serve.drawing import Drawn
from raysys.serve.encoding import BYTES, MEDIA_TYPES, as_base64_png, encode
from raysys.serve.refused import RefusedError
from raysys.serve.schemas import Problem, SampleRequest, SampleResponse
from raysys.shapes import whole_numbers

MULTIPART = Form(media_type="multipart/form-data")
LACKING = {"model": Problem, "description": "The model does something else; the message says what."}


def add_condition_routes(app: FastAPI, catalogue: Catalogue) -> None:
    """Let codes be found, ways be drawn, and maps be followed."""

    @app.post("/v1/models/{name}/codes", summary="The codes of examples", responses={409: LACKING})
    async def find_codes(name: str, form: Annotated[CodesForm, MULTIPART]) -> CodesResponse:
        request, upload = CodesRequest(**form.model_dump(exclude={"image"})), await form.image.read()
        found = await catalogue.ask(name, "find_codes", upload, request)
        nearest = [None if one is None else NearestBody(name=one[0], distance=one[1]) for one in found.nearest]
        return CodesResponse(model=name, name=found.condition, codes=found.codes.tolist(), nearest=nearest)

    @app.post(
        "/v1/models/{name}/between",
        summary="Images on the way from one condition to another",
        response_class=Response,
        responses={200: {"model": BetweenResponse, "content": BYTES, "description": "As asked."}, 409: LACKING},
    )
    async def draw_between(name: str, request: BetweenRequest) -> Response:
        drawn, values = await catalogue.ask(name, "between", request)
        condition = (await catalogue.describe(name)).condition
        return await asyncio.to_thread(_answer, name, request, drawn, values, condition.name if condition else "")

    @app.post(
        "/v1/models/{name}/follow",
        summary="Samples that follow an uploaded map",
        response_class=Response,
        responses={200: {"model": SampleResponse, "content": BYTES, "description": "Samples as asked."}, 409: LACKING},
    )
    async def follow_map(name: str, form: Annotated[FollowForm, MULTIPART]) -> Response:
        request, upload = _samples(form), await form.map.read()
        drawn = await catalogue.ask(name, "follow", upload, request)
        return await asyncio.to_thread(answer_samples, name, request, drawn)


def _samples(form: FollowForm) -> SampleRequest:
    sides = None if form.size is None else whole_numbers(form.size)
    if form.size is not None and (sides is None or min(sides) < 1):
        raise RefusedError(f"size {form.size!r:.60}; allowed: one whole number, or rows and columns as 256x384")
    fields = form.model_dump(exclude={"map", "size"})
    size = None if sides is None else sides[0] if len(sides) == 1 else list(sides)
    return SampleRequest(**fields, size=size)


def _answer(name: str, request: BetweenRequest, drawn: Drawn, values: np.ndarray, condition: str) -> Response:
    headers = {"X-Raysys-Seed": str(drawn.seed), "X-Raysys-Model": name}
    if request.format == "json":
        body = BetweenResponse(
            model=name,
            seed=drawn.seed,
            n=len(drawn.images),
            shape=list(drawn.form.shape),
            condition={condition: values.tolist()},
            images=as_base64_png(drawn.images, drawn.form) if request.include_images else None,
        )
        return Response(body.model_dump_json(), media_type="application/json", headers=headers)
    # One seed for all, so that there are no `seeds` as of samples.
    arrays = {f"asked_{condition}": values, "seed": np.array(drawn.seed)} if request.format == "npz" else {}
    headers["Content-Disposition"] = f'inline; filename="{name}-between.{request.format}"'
    content = encode(drawn.images, drawn.form, request.format, spacing=drawn.spacing, **arrays)
    return Response(content, media_type=MEDIA_TYPES[request.format], headers=headers)
