"""The routes of autoencoder models: uploads in, one call to the replica that holds the model, answers out."""

import asyncio
from typing import Annotated, Any

from fastapi import FastAPI, Form, Response
from pydantic import BaseModel

from raysys.serve.autoencoders.answers import answer_encoded, answer_interpolated, answer_reconstructed
from raysys.serve.autoencoders.schemas import (
    EncodeForm,
    EncodeRequest,
    EncodeResponse,
    InterpolateForm,
    InterpolateRequest,
    InterpolateResponse,
    ReconstructForm,
    ReconstructRequest,
    ReconstructResponse,
)
from raysys.serve.catalogue import Catalogue
from raysys.serve.encoding import BYTES, MEDIA_TYPES
from raysys.serve.schemas import Problem

MULTIPART = Form(media_type="multipart/form-data")
NPZ: dict[str, Any] = {MEDIA_TYPES["npz"]: BYTES[MEDIA_TYPES["npz"]]}


def add_autoencoder_routes(app: FastAPI, catalogue: Catalogue) -> None:
    """Let uploads be encoded, reconstructed and interpolated."""

    @app.post(
        "/v1/models/{name}/encode",
        summary="Latents of an uploaded image",
        response_class=Response,
        responses=_answers(EncodeResponse, NPZ, "Latents with their channels' statistics."),
    )
    async def encode_image(name: str, form: Annotated[EncodeForm, MULTIPART]) -> Response:
        request, upload = EncodeRequest(**_settings(form)), await form.image.read()
        found = await catalogue.within_time(catalogue.sampler(name).encode.remote(upload, request))
        return await asyncio.to_thread(answer_encoded, name, request, found)

    @app.post(
        "/v1/models/{name}/reconstruct",
        summary="An uploaded image encoded and decoded, with statistics of both",
        response_class=Response,
        responses=_answers(ReconstructResponse, BYTES, "Reconstructions as asked."),
    )
    async def reconstruct_image(name: str, form: Annotated[ReconstructForm, MULTIPART]) -> Response:
        request, upload = ReconstructRequest(**_settings(form)), await form.image.read()
        found = await catalogue.within_time(catalogue.sampler(name).reconstruct.remote(upload, request))
        return await asyncio.to_thread(answer_reconstructed, name, request, found)

    @app.post(
        "/v1/models/{name}/interpolate",
        summary="Images on the line between the latents of two uploads",
        response_class=Response,
        responses=_answers(InterpolateResponse, BYTES, "Images in order, as asked."),
    )
    async def interpolate_images(name: str, form: Annotated[InterpolateForm, MULTIPART]) -> Response:
        request, uploads = InterpolateRequest(**_settings(form)), [await form.first.read(), await form.second.read()]
        found = await catalogue.within_time(catalogue.sampler(name).interpolate.remote(uploads, request))
        return await asyncio.to_thread(answer_interpolated, name, request, found)


def _settings(form: BaseModel) -> dict[str, Any]:
    """The fields of a form that are no files."""
    return form.model_dump(exclude={"image", "first", "second"})


def _answers(model: type[BaseModel], content: dict[str, Any], description: str) -> dict[int | str, dict[str, Any]]:
    return {
        200: {"model": model, "content": content, "description": description},
        409: {"model": Problem, "description": "The model makes images but encodes none."},
    }
